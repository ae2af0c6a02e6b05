"""Noise of typing: a neighbouring key, letters exchanged, left out, doubled, put in or taken for others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from itertools import pairwise
from typing import Any
from unicodedata import combining

from harness_plugins.perturbations import hangul, kana
from harness_plugins.perturbations.keyboards import layouts, neighbours, served, vowel_mark
from harness_plugins.perturbations.looks import Homoglyphs, Ocr
from harness_plugins.perturbations.memory import Memory
from harness_plugins.perturbations.misspellings import Misspellings
from harness_plugins.perturbations.pinyin import Pinyin
from harness_plugins.perturbations.signs import Emoji, Punctuation, Spaces, Url
from harness_plugins.perturbations.speech import Asr
from harness_plugins.perturbations.spelling import Case, Lowercase, NoDiacritics, Unicode, Uppercase
from harness_plugins.perturbations.tables import read_table
from harness_plugins.perturbations.word_noise import LETTER, NUKTA, Slip, WordNoise

from harness import Perturbation, graphemes, hookimpl
from harness.text.writing import base, lower, script, spaced, upper

# Scripts whose marks belong to their letter: another letter does not take them over.
_MARKED_LETTERS = ("Latin", "Greek", "Cyrillic")
_LETTER = LETTER.match
# No segmenter finds their words: what is disturbed is a syllable.
SYLLABLES = frozenset({"km", "lo", "my"})
HAN = "Chinese characters are chosen from a list, not typed: another character is no slip of a key"


class _Typo(WordNoise):
    """A typo in one grapheme cluster of a word of two or more; of a syllable where no words are known."""

    def __init__(self) -> None:
        super().__init__()
        self._clusters: dict[str, Memory[Sequence[Slip]]] = {}

    def slips(self, word: str, language: str) -> Sequence[Slip]:
        clusters = graphemes(word)
        enough = len(clusters) > 1 or base(language) in SYLLABLES
        return self.places(clusters, language) if enough else ()

    def places(self, clusters: Sequence[str], language: str) -> list[Slip]:
        """Return what may become of a word given in grapheme clusters."""
        known = self._clusters.get(language)
        if known is None:
            known = self._clusters[language] = Memory(lambda cluster: self.inside(cluster, language))
        found, start = [], 0
        for cluster in clusters:
            found += [Slip(start + left, start + right, options) for left, right, options in known[cluster]]
            start += len(cluster)
        return found

    def inside(self, cluster: str, language: str) -> Sequence[Slip]:
        """Return what may become of a grapheme cluster in a word, or stand after it."""
        raise NotImplementedError


class Keyboard(_Typo):
    """A letter replaced by one on a neighbouring key of the language's layout, its capital kept.

    In Hangul a letter of a syllable, where a syllable comes of it; of kana the consonant or vowel of their romaji,
    where a kana comes of it; in scripts whose vowels are marks a consonant, the marks kept, or a vowel mark.

    Das ist ein schöner Tag.  ->  Das ist ein schöner Tah.
    """

    name = "keyboard"
    version = "2"
    description = "a neighbouring key hit instead of the right one"
    reference = (
        "layouts of nlpaug (Ma 2019) and of keyboards.yaml; Belinkov and Bisk 2018 (arXiv 1711.02173), key"
    )

    def __init__(self) -> None:
        super().__init__()
        self.languages = served()

    def options(self) -> Mapping[str, Any]:
        return {"nlpaug": version("nlpaug") if layouts() else None}

    def unserved(self, language: str) -> str | None:
        if neighbours(language):
            return None
        if layouts() is None:
            return f"{self.full_name} reads nlpaug's keyboard layouts, and nlpaug is not installed"
        if base(language) == "zh":
            return f"{self.full_name} has no keyboard layout for {language}, which is typed in pinyin: noise.pinyin"
        return f"{self.full_name} has no keyboard layout for {language}"

    def inside(self, cluster: str, language: str) -> Sequence[Slip]:
        table = neighbours(language)
        if len(cluster) > 1:
            return _marked_misses(cluster, table)
        if hangul.is_syllable(cluster):
            keys = hangul.retyped(cluster, lambda letter: table.get(letter, ()))
        elif base(language) == "ja" and kana.is_kana(cluster):
            keys = kana.retyped(cluster, lambda letter: table.get(letter, ()))
        elif cluster in table:
            keys = table[cluster]
        else:
            keys = _upper(table.get(lower(cluster, language), ()), language)
        return [Slip(0, 1, keys)] if keys else []


def _marked_misses(cluster: str, table: Mapping[str, tuple[str, ...]]) -> list[Slip]:
    """Return the key slips in a letter with marks: another letter under the marks, another vowel mark."""
    if script(cluster[0]) in _MARKED_LETTERS:
        return []
    alone = cluster[0] in table and combining(cluster[1]) != NUKTA
    found = [Slip(0, 1, table[cluster[0]])] if alone else []
    marks = [place for place, character in enumerate(cluster) if place and vowel_mark(character)]
    if len(marks) == 1 and cluster[marks[0]] in table:
        found.append(Slip(marks[0], marks[0] + 1, table[cluster[marks[0]]]))
    return found


class _OfWords(_Typo):
    def unserved(self, language: str) -> str | None:
        if base(language) in SYLLABLES:
            return f"{self.full_name} does not serve {language}, whose words no segmenter here finds"
        return super().unserved(language)


class Swap(_OfWords):
    """Two neighbouring grapheme clusters of a word exchanged; capitals keep their place.

    Das ist ein schöner Tag.  ->  Das ist ein shcöner Tag.
    """

    name = "swap"
    version = "2"
    description = "two neighbouring characters exchanged"
    reference = "Belinkov and Bisk 2018 (arXiv 1711.02173), swap"

    def places(self, clusters: Sequence[str], language: str) -> list[Slip]:
        found, start = [], 0
        for left, right in pairwise(clusters):
            if _LETTER(left) and _LETTER(right) and left.lower() != right.lower():
                end = start + len(left) + len(right)
                cased = left[0].isupper() == right[0].isupper()
                pair = (left, right) if cased else _recased(left, right, language)
                found.append(Slip(start, end, ("".join(reversed(pair)),)))
            start += len(left)
        return found


class Drop(_OfWords):
    """A letter left out; of words of two letters only where words are written without spaces.

    Where vowels are marks, of a syllable with one its vowel mark; of a Hangul syllable its last consonant, if any.

    Das ist ein schöner Tag.  ->  Das ist ein schönr Tag.
    """

    name = "drop"
    description = "a character left out"
    reference = "Karpukhin et al. 2019 (arXiv 1902.01509), deletion"

    def places(self, clusters: Sequence[str], language: str) -> list[Slip]:
        if len(clusters) < 3 and spaced(language):
            return []
        found = super().places(clusters, language)
        return found if len(found) > 1 else []

    def inside(self, cluster: str, language: str) -> Sequence[Slip]:
        if not _LETTER(cluster):
            return ()
        if hangul.is_syllable(cluster) and hangul.letters(cluster)[2]:
            first, vowel, _ = hangul.letters(cluster)
            return [Slip(0, 1, (hangul.syllable(first, vowel, "") or "",))]
        marks = [place for place, character in enumerate(cluster) if place and vowel_mark(character)]
        if len(marks) == 1:
            return [Slip(marks[0], marks[0] + 1, ("",))]
        return [Slip(0, len(cluster), ("",))]


class Repeat(_Typo):
    """A letter of a word doubled, as by a key held too long; of a Hangul syllable the last letter.

    Das ist ein schöner Tag.  ->  Das ist ein schööner Tag.
    """

    name = "repeat"
    description = "a character doubled"
    reference = "Karpukhin et al. 2019 (arXiv 1902.01509), insertion; MulTypo 2025 (arXiv 2510.09536)"

    def inside(self, cluster: str, language: str) -> Sequence[Slip]:
        if not _LETTER(cluster):
            return ()
        if hangul.is_syllable(cluster):
            return [Slip(1, 1, (hangul.keys(cluster)[-1],))]
        if len(cluster) > 1 and script(cluster[0]) not in _MARKED_LETTERS:
            return [Slip(0, 0, (cluster[0],))]
        return [Slip(len(cluster), len(cluster), (cluster,))]


class _FromAlphabet(_Typo):
    def __init__(self) -> None:
        super().__init__()
        self.languages = tuple(sorted({*_alphabets(), "ja", "ko"}))

    def unserved(self, language: str) -> str | None:
        if base(language) == "zh":
            return f"{self.full_name} does not serve {language}: {HAN}"
        return super().unserved(base(language))


class Insert(_FromAlphabet):
    """A letter of the language's alphabet put into a word, or at its end; a capital in a word of capitals.

    Das ist ein schöner Tag.  ->  Das ist ein schökner Tag.
    """

    name = "insert"
    description = "a letter put in"
    reference = "Karpukhin et al. 2019 (arXiv 1902.01509), insertion; letters of Unicode CLDR"

    def places(self, clusters: Sequence[str], language: str) -> list[Slip]:
        found = super().places(clusters, language)
        if all(cluster[0].isupper() for cluster in clusters):
            return [Slip(start, end, _upper(letters, language)) for start, end, letters in found]
        return found

    def inside(self, cluster: str, language: str) -> Sequence[Slip]:
        letters = _beside(cluster, language) if _LETTER(cluster) else ()
        return [Slip(len(cluster), len(cluster), letters)] if letters else ()


class Replace(_FromAlphabet):
    """A letter replaced by another of the language's alphabet, its capital kept; marks that write vowels stay.

    Das ist ein schöner Tag.  ->  Das ist ein schömer Tag.
    """

    name = "replace"
    description = "a letter taken for any other"
    reference = "Karpukhin et al. 2019 (arXiv 1902.01509), substitution; letters of Unicode CLDR"

    def inside(self, cluster: str, language: str) -> Sequence[Slip]:
        if not _LETTER(cluster):
            return ()
        whole = len(cluster) == 1 or script(cluster[0]) in _MARKED_LETTERS
        if not whole and combining(cluster[1]) == NUKTA:
            return ()
        others = _others(cluster if whole else cluster[0], language)
        return [Slip(0, len(cluster) if whole else 1, others)] if others else ()


def _recased(left: str, right: str, language: str) -> tuple[str, str]:
    """Return two clusters, each with the other's case."""
    cased = [
        (upper if other[0].isupper() else lower)(each[0], language) + each[1:]
        for each, other in ((left, right), (right, left))
    ]
    return cased[0], cased[1]


@cache
def _upper(letters: tuple[str, ...], language: str) -> tuple[str, ...]:
    return tuple(upper(letter, language) for letter in letters)


@cache
def _alphabets() -> Mapping[str, str]:
    found: dict[str, str] = read_table("alphabets.yaml")
    return found


@cache
def _beside(cluster: str, language: str) -> tuple[str, ...]:
    """Return the letters that may be typed too many after a cluster: of its own script; () where none are known."""
    code = base(language)
    if code == "ko":
        return (*hangul.CONSONANTS, *hangul.VOWELS) if hangul.is_syllable(cluster) else ()
    letters = _kana_like(cluster) if code == "ja" else tuple(_alphabets().get(code, ()))
    return letters if letters and script(cluster) == script(letters[0]) else ()


@cache
def _others(letter: str, language: str) -> tuple[str, ...]:
    """Return the letters that a letter may be taken for, cased like it; () where its script is another."""
    if base(language) == "ko" and hangul.is_syllable(letter):
        return hangul.retyped(letter, _same_kind)
    small = lower(letter, language) if len(letter) == 1 else letter
    letters = tuple(each for each in _beside(letter, language) if each != small)
    return _upper(letters, language) if letter[0] != lower(letter[0], language) else letters


def _same_kind(letter: str) -> Sequence[str]:
    return hangul.CONSONANTS if letter in hangul.CONSONANTS else hangul.VOWELS


_HIRAGANA = tuple(
    "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわん"
)
_KATAKANA = tuple(chr(ord(each) + 0x60) for each in _HIRAGANA)


def _kana_like(cluster: str) -> tuple[str, ...]:
    return {"Hiragana": _HIRAGANA, "Katakana": _KATAKANA}.get(script(cluster) or "", ())


@hookimpl
def harness_perturbations() -> Sequence[Perturbation]:
    typing = [Keyboard(), Pinyin(), Swap(), Drop(), Repeat(), Insert(), Replace()]
    writing = [Ocr(), Homoglyphs(), NoDiacritics(), Case(), Lowercase(), Uppercase(), Unicode()]
    return [*typing, *writing, Punctuation(), Spaces(), Emoji(), Url(), Asr(), Misspellings()]
