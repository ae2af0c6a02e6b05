"""Noise in words: what of a word may be written otherwise, and which words are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple, TypeVar

import regex

from harness import Perturbation, Rewrite, Sentence

# Letters with their marks, and the apostrophes and hyphens inside a word; no digits.
LETTERS = regex.compile(r"[\p{L}\p{M}\p{Cf}'’ʼ׳״\-‐‑]+")
# The combining class of the dot that makes another letter of an Indic one.
NUKTA = 7
LETTER = regex.compile(r"\p{L}")
# Words that are remembered with their slips, and how long they are at most.
_REMEMBERED, _LENGTH = 50_000, 40

_Item = TypeVar("_Item")


class Slip(NamedTuple):
    """What may become of a word in one place.

    Attributes:
        start: where the characters begin that are replaced.
        end: where they end.
        options: what may stand there instead, one of them drawn.
    """

    start: int
    end: int
    options: Sequence[str]


class WordNoise(Perturbation):
    """Disturbs a share of the words that it can disturb, at least one, each by one of its slips.

    Attributes:
        punctuation: whether punctuation marks are disturbed like words.
    """

    family = "noise"
    keeps_meaning = True
    intensity = 0.2
    punctuation = False

    def __init__(self) -> None:
        self._known: dict[str, _Words] = {}

    def rewrite(self, sentence: Sentence, rng: Random, intensity: float) -> Rewrite:
        known = self._known.get(sentence.language)
        if known is None:
            known = self._known[sentence.language] = _Words(self, sentence.language)
        forms = sentence.forms
        places = range(len(forms)) if self.punctuation else sentence.words
        found = [(index, slips) for index in places if (slips := known[forms[index]])]
        if not found:
            return Rewrite.unchanged(sentence)
        texts = {}
        for index, slips in drawn(found, intensity, rng):
            texts[index] = self.disturbed(forms[index], pick(slips, rng), sentence.language, rng)
        return Rewrite.replace(sentence, texts)

    def able(self, word: str) -> bool:
        """Say whether a word is one that is disturbed at all: letters only."""
        return LETTERS.fullmatch(word) is not None

    def slips(self, word: str, language: str) -> Sequence[Slip]:
        """Return what may become of a word; each option makes it another one."""
        raise NotImplementedError

    def disturbed(self, word: str, slip: Slip, language: str, rng: Random) -> str:
        """Return the word after one of its slips."""
        start, end, options = slip
        return f"{word[:start]}{pick(options, rng)}{word[end:]}"


class _Words(dict[str, Sequence[Slip]]):
    """The slips of the words of one language, worked out when a word is first met."""

    def __init__(self, noise: WordNoise, language: str) -> None:
        super().__init__()
        self.noise, self.language = noise, language

    def __missing__(self, word: str) -> Sequence[Slip]:
        found = self.noise.slips(word, self.language) if self.noise.able(word) else ()
        if len(word) <= _LENGTH:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[word] = found
        return found


def share(count: int, intensity: float) -> int:
    """Return how many of `count` are disturbed: their share, rounded half up, and at least one."""
    return min(count, max(1, int(intensity * count + 0.5)))


def drawn(items: list[_Item], intensity: float, rng: Random) -> Iterator[_Item]:
    """Draw a share of the items, one after another, so that a higher intensity goes on where a lower one ends.

    What is done with an item may draw from `rng` before the next one is asked for. `items` is reordered.
    """
    count = len(items)
    for place in range(share(count, intensity)):
        other = place + int(rng.random() * (count - place))
        items[place], items[other] = items[other], items[place]
        yield items[place]


def pick(options: Sequence[_Item], rng: Random) -> _Item:
    """Return one of the options, each as likely as another."""
    return options[int(rng.random() * len(options))]
