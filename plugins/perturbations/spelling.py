"""Noise of spelling: no diacritics, other capitals, the same text in other characters of Unicode."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from random import Random

import regex
from harness_plugins.perturbations.memory import Memory
from harness_plugins.perturbations.word_noise import Slip, WordNoise, pick

from harness import Rewrite, Sentence, graphemes
from harness.text.tokens import is_word
from harness.text.writing import DOTTED_I, base

_LATIN = (
    "af az de en es et eu fi fr ht hu it lt nl pl pt qu ro tl tr vi wo yo "
    "bs ca cs cy da eo ga gl hr ig is lv nb nn no sk sl sq sv"
)
_LATIN_MARKS = regex.compile(r"(?<=[\p{Script=Latin}\p{Script=Greek}]\p{M}*)[\u0300-\u036f]")
# Letters with a stroke have no mark that could be taken from them; the dotless i is written i.
_STROKES = str.maketrans("đĐłŁøØı", "dDlLoOi")
_DIACRITICS = {
    **dict.fromkeys([*_LATIN.split(), "el"], _LATIN_MARKS),
    # Stress, and the dots of ё; й is a letter of its own.
    "ru": regex.compile(r"[\u0300\u0301]|(?<=[еЕ])\u0308"),
    "bg": regex.compile(r"[\u0300\u0301]"),
    "uk": regex.compile(r"\u0301"),
    # Harakat and the small alef; hamza and madda belong to their letters.
    **dict.fromkeys(["ar", "fa", "ur"], regex.compile(r"[\u064b-\u0652\u0670]")),
    "he": regex.compile(r"[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]"),
}
_CASED = regex.compile(
    r"(?=[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Armenian}])[\p{Lu}\p{Ll}\p{Lt}]"
)
_CASELESS = "am ar as bn fa gu he hi ja ka km kn ko lo ml mr my ne or pa ps si ta te th ur zh"
# Between two consonants without a vowel; in Malayalam and Bengali, and after ra, a joiner makes another letter.
_HALF = regex.compile(r"(?<=[^रર][\u094d\u0acd])(?=\p{L})")
_APART = regex.compile(r"(?<=[\u09cd\u0a4d\u0b4d\u0bcd\u0c4d\u0ccd])(?=\p{L})")
_JOINERS = regex.compile(r"(?<=\p{L}\p{M}*)[\u200c\u200d](?=\p{L})")
_QUOTES = str.maketrans("‘’‚“”„", "'''\"\"\"")


class NoDiacritics(WordNoise):
    """Words without their diacritics; of Vietnamese and Greek all marks, of Arabic harakat, of Hebrew niqqud.

    Das ist ein schöner Tag.  ->  Das ist ein schoner Tag.
    """

    name = "no-diacritics"
    intensity = 1.0
    description = "diacritics left out"
    reference = "Náplava et al. 2021 (arXiv 2105.13428), text typed without diacritics"
    languages = tuple(sorted(_DIACRITICS))

    def unserved(self, language: str) -> str | None:
        if base(language) not in _DIACRITICS:
            return f"{self.full_name} does not serve {language}, written without diacritics or with marks for vowels"
        return None

    def able(self, word: str) -> bool:
        return not word.isascii()

    def slips(self, word: str, language: str) -> Sequence[Slip]:
        if base(language) not in _DIACRITICS:
            return ()
        plain = bare(word, base(language))
        same = plain == unicodedata.normalize("NFC", word) or not plain
        return () if same else [Slip(0, len(word), (plain,))]


def bare(word: str, code: str) -> str:
    """Return a word without its diacritics."""
    marks = _DIACRITICS[code]
    stripped = marks.sub("", unicodedata.normalize("NFD", word))
    if marks is _LATIN_MARKS:
        stripped = stripped.translate(_STROKES)
    return unicodedata.normalize("NFC", stripped)


class _Cased(WordNoise):
    """Words written with other capitals."""

    ways: tuple[str, ...]

    def unserved(self, language: str) -> str | None:
        if base(language) in _CASELESS.split():
            return f"{self.full_name} does not serve {language}, whose script has no capitals"
        return None

    def able(self, word: str) -> bool:
        return _CASED.search(word) is not None

    def slips(self, word: str, language: str) -> Sequence[Slip]:
        made = {"lower": lowercase(word, language), "upper": uppercase(word, language)}
        ways = [way for way in self.ways if made.get(way) != word]
        return [Slip(0, len(word), (made.get(way, ""),)) for way in ways]

    def disturbed(self, word: str, slip: Slip, language: str, rng: Random) -> str:
        return slip.options[0] or _random_case(word, language, rng)


class Case(_Cased):
    """Words in small letters, in capitals, or in both at random; Turkish and Azerbaijani i and ı keep their dots.

    Das ist ein schöner Tag.  ->  Das IST ein schöner tAG.
    """

    name = "case"
    description = "words in small letters, in capitals, or in both at random"
    reference = "NL-Augmenter (Dhole et al. 2021, arXiv 2112.02721), change of case"
    ways = ("lower", "upper", "random")


class Lowercase(_Cased):
    """Words in small letters.

    Das ist ein schöner Tag.  ->  das ist ein schöner tag.
    """

    name = "lowercase"
    intensity = 1.0
    description = "words in small letters"
    reference = "HELM (Liang et al. 2022, arXiv 2211.09110), lowercase"
    ways = ("lower",)


class Uppercase(_Cased):
    """Words in capitals; Greek capitals have no accents.

    Das ist ein schöner Tag.  ->  DAS IST EIN SCHÖNER TAG.
    """

    name = "uppercase"
    intensity = 1.0
    description = "words in capitals"
    reference = "NL-Augmenter (Dhole et al. 2021, arXiv 2112.02721), change of case"
    ways = ("upper",)


def lowercase(word: str, language: str) -> str:
    """Return a word in the small letters of its language."""
    if base(language) in DOTTED_I:
        word = word.replace("I\u0307", "i").replace("İ", "i").replace("I", "ı")
    return _only_cased(word, word.lower())


def uppercase(word: str, language: str) -> str:
    """Return a word in the capitals of its language."""
    if base(language) in DOTTED_I:
        word = word.replace("i", "İ")
    if base(language) == "el" and word != "ή":
        word = unicodedata.normalize("NFC", unicodedata.normalize("NFD", word).replace("\u0301", ""))
    return _only_cased(word, word.upper())


def _only_cased(word: str, other: str) -> str:
    """Return `other`, or the word itself where letters beside the cased ones (Georgian, ⓐ) would change."""
    if word.isascii():
        return other
    before, after = graphemes(word), graphemes(other)
    if len(before) != len(after):
        return other
    return "".join(
        new if old == new or _CASED.search(old) else old for old, new in zip(before, after, strict=True)
    )


def _random_case(word: str, language: str, rng: Random) -> str:
    """Return a word with each letter in small or as a capital, by chance, and other than it is."""
    clusters = graphemes(word)
    both = [_both_cases(each, language) for each in clusters]
    made = [pair[int(rng.random() * 2)] for pair in both]
    if "".join(made) == word:
        place = pick([place for place, pair in enumerate(both) if pair[0] != pair[1]], rng)
        made[place] = next(each for each in both[place] if each != clusters[place])
    return "".join(made)


@cache
def _both_cases(cluster: str, language: str) -> tuple[str, str]:
    return lowercase(cluster, language), uppercase(cluster, language)


class Unicode(WordNoise):
    """The same text in other characters: decomposed, in full or half width, in presentation forms, with or without
    joiners, with straight quotation marks or full-width signs.

    Das ist ein schöner Tag.  ->  Ｄａｓ ist ein scho¨ner Tag.  (ö as o and a combining mark)
    """

    name = "unicode"
    description = "the same text in other characters of Unicode"
    reference = (
        "Unicode Standard Annex 15 and its compatibility characters; Boucher et al. 2022 (arXiv 2106.09898)"
    )

    def unserved(self, language: str) -> str | None:
        if base(language) == "ka":
            return f"{self.full_name} does not serve {language}: Unicode has its letters once"
        return None

    def rewrite(self, sentence: Sentence, rng: Random, intensity: float) -> Rewrite:
        # Of the signs as great a share as of the words.
        seed, varied = rng.random(), _VARIED_SIGN
        texts = self.texts(sentence, rng, intensity)
        if True in [varied[form] for form in sentence.forms]:
            texts |= self.texts(sentence, Random(seed), intensity, words=False)
        return Rewrite.replace(sentence, texts) if texts else Rewrite.unchanged(sentence)

    def able(self, word: str) -> bool:
        return True

    def slips(self, word: str, language: str) -> Sequence[Slip]:
        made = sorted(_variants(word) - {word})
        return [Slip(0, len(word), (each,)) for each in made]


def _variants(token: str) -> set[str]:
    """Return other encodings of a token."""
    found = {unicodedata.normalize("NFD", token), unicodedata.normalize("NFC", token)}
    found.add(token.replace("\u0e33", "\u0e4d\u0e32").replace("\u0eb3", "\u0ecd\u0eb2"))
    found.add(token.translate(_QUOTES))
    if token.isascii():
        if token.isalnum():
            found.add(token.translate(_FULL_WIDTH))
        return found | ({token.replace("'", "’")} if token[:1].isalpha() else set())
    found.add(token.translate(_HALF_WIDTH))
    found.add("".join(_half_kana(each) for each in token))
    found.add(_presented(token))
    found.add(_JOINERS.sub("", token))
    found.add(_APART.sub("\u200c", _HALF.sub("\u200d", token)))
    return found


_VARIED_SIGN = Memory(lambda form: not is_word(form) and bool(_variants(form) - {form}))

_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_HALF_WIDTH = {full: half for half, full in _FULL_WIDTH.items()}


@cache
def _half_kana(character: str) -> str:
    """Return a katakana in half width, its voicing mark apart; any other character as it is."""
    parts = [_half_widths().get(part, "") for part in unicodedata.normalize("NFD", character)]
    return "".join(parts) if all(parts) else character


@cache
def _half_widths() -> Mapping[str, str]:
    kana = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0xFF66, 0xFF9E)}
    return kana | {"\u3099": "ﾞ", "\u309a": "ﾟ"}


@cache
def _forms() -> Mapping[tuple[str, str], str]:
    """Return the Arabic presentation form of each letter and place in its word (initial, medial ...)."""
    found: dict[tuple[str, str], str] = {}
    for code in (*range(0xFB50, 0xFBB2), *range(0xFBD3, 0xFC00), *range(0xFE80, 0xFEFD)):
        place, _, letters = unicodedata.decomposition(chr(code)).partition(" ")
        if letters and " " not in letters:
            found.setdefault((chr(int(letters, 16)), place), chr(code))
    return found


def _presented(token: str) -> str:
    """Return Arabic letters in the forms that they take in a word; without ligatures."""
    forms = _forms()
    made, joined = [], False
    characters = list(token)
    for place, character in enumerate(characters):
        if (character, "<isolated>") not in forms:
            joined = joined and unicodedata.category(character) == "Mn"
            made.append(character)
            continue
        after = next((each for each in characters[place + 1 :] if unicodedata.category(each) != "Mn"), "")
        before = joined and (character, "<final>") in forms
        onward = (character, "<initial>") in forms and (after, "<final>") in forms
        name = {(False, False): "isolated", (False, True): "initial", (True, False): "final"}
        wanted = name.get((before, onward), "medial")
        made.append(forms.get((character, f"<{wanted}>"), character))
        joined = onward
    return "".join(made)
