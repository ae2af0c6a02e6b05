"""Code-switching: words replaced by their translations from a bilingual lexicon."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import regex
from harness_plugins.perturbations.lexicons import Lexicons, Pairs

from harness import Perturbation, Rewrite, Sentence, Token, graphemes
from harness.text.casing import capitalised
from harness.text.writing import NOUNS_CAPITALISED, base, lower, spaced, unspaced_letter, upper

if TYPE_CHECKING:
    from harness.perturbation import Resources

_CODE = regex.compile(r"[a-z]{2,3}")
_LETTER_OR_DIGIT = regex.compile(r"[\p{L}\p{N}]")
_LONGEST = 8


class _Place(NamedTuple):
    """A stretch of a token that the lexicon knows, half-open, and its small form."""

    token: int
    start: int
    end: int
    word: str


class CodeSwitch(Perturbation):
    """Words replaced by their translation into another language, whatever their sense; their capitals are kept.

    ``adversarial.code-switch:de`` switches to German, the name alone for each word to one of the languages of the
    lexicons that are given. In Chinese and Japanese the longest words that a lexicon knows are taken; in Thai those
    of the text's own words that are in none of its longer ones.
    Intensity is the share of the words that have a translation, at least one.

        The dog saw a cat.  ->  The Hund saw a cat.
    """

    name = "code-switch"
    version = "2"
    family = "adversarial"
    keeps_meaning = True
    needs = ("lexicon",)
    takes = "the code of the language to switch to"
    intensity = 0.3
    description = "words replaced by their translations (--lexicon)"
    reference = "CoSDA-ML: Qin et al. 2020 (arXiv 2006.06402); Tan and Joty 2021 (arXiv 2103.09593)"

    def __init__(self, target: str = "", lexicons: Lexicons | None = None) -> None:
        self.target, self.lexicons = target, lexicons
        self._read: dict[tuple[str, str], Pairs] = {}
        if target:
            self.name = f"code-switch:{target}"
            self.description = f"words replaced by their translations into {target} (--lexicon)"

    def of(self, parameter: str) -> CodeSwitch:
        if not _CODE.fullmatch(parameter):
            raise ValueError(f"'{parameter}' is no code of a language: write adversarial.code-switch:de, say")
        return CodeSwitch(parameter, self.lexicons)

    def given(self, resources: Resources) -> CodeSwitch:
        if resources.lexicon is None:
            return self
        return CodeSwitch(self.target, Lexicons(resources.lexicon))

    def options(self) -> Mapping[str, Any]:
        return {"lexicon": dict(self.lexicons.digests(self.target)) if self.lexicons else None}

    def unserved(self, language: str) -> str | None:
        if self.lexicons is None or self._targets(language):
            return None
        if self.target == base(language):
            return f"the texts are in {language} already"
        pair = f"{language} and {self.target or 'another language'}"
        return f"{self.lexicons.path} holds no lexicon of {pair}"

    def rewrite(self, sentence: Sentence, rng: Random, intensity: float) -> Rewrite:
        tables = {
            target: self._pairs(sentence.language, target) for target in self._targets(sentence.language)
        }
        places = [
            place for index in sentence.words for place in _places(sentence, index, list(tables.values()))
        ]
        if not places:
            return Rewrite.unchanged(sentence)
        rng.shuffle(places)
        drawn: dict[int, list[tuple[_Place, str]]] = {}
        for place in places[: min(len(places), max(1, int(intensity * len(places) + 0.5)))]:
            target = rng.choice([each for each, pairs in tables.items() if place.word in pairs])
            translation = rng.choice(tables[target][place.word])
            cased = _cased(sentence, place, translation, target)
            drawn.setdefault(place.token, []).append((place, cased))
        texts = {index: _switched(sentence.tokens[index], found) for index, found in drawn.items()}
        return _spaced_out(Rewrite.replace(sentence, texts))

    def _targets(self, language: str) -> tuple[str, ...]:
        found = self.lexicons.targets(language) if self.lexicons else ()
        return tuple(each for each in found if self.target in ("", each))

    def _pairs(self, language: str, target: str) -> Pairs:
        key = (base(language), target)
        if key not in self._read:
            assert self.lexicons is not None
            self._read[key] = self.lexicons.pairs(*key)
        return self._read[key]


def _places(sentence: Sentence, index: int, tables: Sequence[Pairs]) -> Iterator[_Place]:
    """Yield the words of a token that have a translation: the token itself, or the longest in it."""
    token = sentence.tokens[index]
    if spaced(sentence.language) or not unspaced_letter(token.text[0]):
        word = "".join(lower(character, sentence.language) for character in token.text)
        if any(word in pairs for pairs in tables):
            yield _Place(index, 0, len(token.text), word)
        return
    if base(sentence.language) == "th":
        # letters of an alphabet: what is found inside a token is seldom a word of it
        if any(token.text in pairs for pairs in tables) and not _is_part(sentence, index, tables):
            yield _Place(index, 0, len(token.text), token.text)
        return
    clusters = graphemes(token.text)
    start = position = 0
    while start < len(clusters):
        for size in range(min(_LONGEST, len(clusters) - start), 0, -1):
            word = "".join(clusters[start : start + size])
            # one sign in a longer token is more often a part of a word than a word
            if (size > 1 or len(clusters) == 1) and any(word in pairs for pairs in tables):
                yield _Place(index, position, position + len(word), word)
                break
        else:
            size = 1
        position += sum(map(len, clusters[start : start + size]))
        start += size


def _is_part(sentence: Sentence, index: int, tables: Sequence[Pairs]) -> bool:
    """Say whether a token makes a longer word with the one before it or behind it."""
    forms, gaps = sentence.forms, sentence.gaps
    return any(
        not gaps[second] and forms[second - 1] + forms[second] in pairs
        for second in (index, index + 1)
        if 0 < second < len(forms)
        for pairs in tables
    )


def _cased(sentence: Sentence, place: _Place, translation: str, target: str) -> str:
    """Return a translation in the capitals of the word that it stands for."""
    text = sentence.tokens[place.token].text
    if len(text) > 1 and text.isupper():
        return "".join(upper(character, target) for character in translation)
    first = place.token == sentence.words[0]
    noun = base(sentence.language) in NOUNS_CAPITALISED and target not in NOUNS_CAPITALISED
    if text[0].isupper() and (first or not noun):
        return capitalised(translation, target)
    return translation


def _switched(token: Token, found: Sequence[tuple[_Place, str]]) -> str:
    """Return a token's text with translations in their places, blanks between words that need them."""
    parts, end = [], 0
    for place, translation in sorted(found):
        parts += [token.text[end : place.start], translation]
        end = place.end
    pieces = [part for part in [*parts, token.text[end:]] if part]
    joints = (" " if _apart(left, right) else "" for left, right in pairwise(pieces))
    return pieces[0] + "".join(joint + piece for joint, piece in zip(joints, pieces[1:], strict=True))


def _spaced_out(rewrite: Rewrite) -> Rewrite:
    """Put a blank between two words of a script with blanks that meet where the text's language has none."""
    if spaced(rewrite.sentence.language):
        return rewrite
    gaps = list(rewrite.gaps)
    for slot, (left, right) in enumerate(pairwise(rewrite.pieces), start=1):
        if not gaps[slot] and _apart(left.text, right.text):
            gaps[slot] = " "
    return replace(rewrite, gaps=tuple(gaps))


def _apart(left: str, right: str) -> bool:
    ends = (left[-1], right[0])
    return all(_LETTER_OR_DIGIT.match(each) and not unspaced_letter(each) for each in ends)
