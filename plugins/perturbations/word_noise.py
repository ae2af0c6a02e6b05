"""Noise in words: what of a word may be written otherwise, and which words are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, NamedTuple, TypeVar

import regex
from harness_plugins.perturbations.memory import Memory

from harness import Perturbation, Rewrite, Sentence
from harness.text.tokens import is_word

# Letters with their marks, and the apostrophes and hyphens inside a word; no digits.
LETTERS = regex.compile(r"[\p{L}\p{M}\p{Cf}'’ʼ׳״\-‐‑]+")
# The combining class of the dot that makes another letter of an Indic one.
NUKTA = 7
LETTER = regex.compile(r"\p{L}")
_REMEMBERED_AS = ("_known", "_clusters")

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
    """Disturbs a share of the words that it can disturb, at least one, each by one of its slips."""

    family = "noise"
    keeps_meaning = True
    intensity = 0.2

    def __init__(self) -> None:
        self._known: dict[tuple[str, bool], Memory[Sequence[Slip]]] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Leave behind what is remembered: a copy, in another process or of other resources, begins anew."""
        return {name: {} if name in _REMEMBERED_AS else value for name, value in vars(self).items()}

    def rewrite(self, sentence: Sentence, rng: Random, intensity: float) -> Rewrite:
        texts = self.texts(sentence, rng, intensity)
        return Rewrite.replace(sentence, texts) if texts else Rewrite.unchanged(sentence)

    def reword(self, sentence: Sentence, places: Sequence[int], rng: Random) -> dict[int, str]:
        language, made = self.written(sentence), {}
        for place in places:
            form = sentence.forms[place]
            slips = self._found(form, language) if is_word(form) else ()
            if slips:
                made[place] = self.disturbed(form, pick(slips, rng), language, rng)
        return made

    def texts(self, sentence: Sentence, rng: Random, intensity: float, words: bool = True) -> dict[int, str]:
        """Return new texts for a share of the words that can be disturbed, or of the tokens that are none."""
        language, forms = self.written(sentence), sentence.forms
        known = self._known.get((language, words))
        if known is None:
            known = self._known[language, words] = Memory(
                lambda form: self._found(form, language) if is_word(form) == words else ()
            )
        found = [(index, slips) for index, form in enumerate(forms) if (slips := known[form])]
        made: dict[int, str] = {}
        if not found:
            return made
        disturbed = self.disturbed
        for index, slips in drawn(found, intensity, rng):
            made[index] = disturbed(forms[index], slips[int(rng.random() * len(slips))], language, rng)
        return made

    def written(self, sentence: Sentence) -> str:
        """Return the language that a sentence's words are disturbed in, with its script where that matters."""
        return sentence.language

    def _found(self, word: str, language: str) -> Sequence[Slip]:
        return self.slips(word, language) if self.able(word) else ()

    def able(self, word: str) -> bool:
        """Say whether a word is one that is disturbed at all: letters only."""
        return LETTERS.fullmatch(word) is not None

    def slips(self, word: str, language: str) -> Sequence[Slip]:
        """Return what may become of a word; each option makes it another one."""
        raise NotImplementedError

    def disturbed(self, word: str, slip: Slip, language: str, rng: Random) -> str:
        """Return the word after one of its slips."""
        start, end, options = slip
        return word[:start] + options[int(rng.random() * len(options))] + word[end:]


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
