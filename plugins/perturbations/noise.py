"""Noise of typing: a neighbouring key, two characters exchanged."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import regex

from harness import Perturbation, Rewrite, Sentence, graphemes, hookimpl
from harness.text.writing import base, lower, upper

# Letters with their marks, and the apostrophes and hyphens inside a word; no digits.
_LETTERS = regex.compile(r"[\p{L}\p{M}\p{Cf}'’ʼ׳״\-‐‑]+")
_LETTER = regex.compile(r"\p{L}")


class _Typos(Perturbation):
    """Disturbs a share of the words, at least one, each in one place; words without letters stay."""

    family = "noise"
    keeps_meaning = True
    intensity = 0.2

    def rewrite(self, sentence: Sentence, rng: Random, intensity: float) -> Rewrite:
        places = {}
        for index in sentence.words:
            text = sentence.tokens[index].text
            if _LETTERS.fullmatch(text):
                clusters = graphemes(text)
                found = self.places(clusters, sentence.language) if len(clusters) > 1 else []
                if found:
                    places[index] = (clusters, found)
        if not places:
            return Rewrite.unchanged(sentence)
        drawn = list(places)
        rng.shuffle(drawn)
        # The words of a lower intensity are among those of a higher one, with the same typos.
        texts = {}
        for index in drawn[: min(len(drawn), max(1, int(intensity * len(drawn) + 0.5)))]:
            clusters, found = places[index]
            texts[index] = self.typo(clusters, rng.choice(found), sentence.language, rng)
        return Rewrite.replace(sentence, texts)

    def places(self, clusters: Sequence[str], language: str) -> list[int]:
        """Return where in a word, given in grapheme clusters, the typo can be made."""
        raise NotImplementedError

    def typo(self, clusters: Sequence[str], place: int, language: str, rng: Random) -> str:
        """Return the word with the typo at `place`."""
        raise NotImplementedError


class Keyboard(_Typos):
    """A letter replaced by one on a neighbouring key of the language's layout, its capital kept.

    Das ist ein schöner Tag.  ->  Das ist ein schöner Tah.
    """

    name = "keyboard"
    description = "a neighbouring key hit instead of the right one"
    reference = "layouts of nlpaug (Ma 2019); Belinkov and Bisk 2018 (arXiv 1711.02173), key"

    def __init__(self) -> None:
        folder = _layouts()
        self.languages = tuple(sorted(path.stem for path in folder.glob("*.json"))) if folder else ()

    def options(self) -> Mapping[str, Any]:
        return {"nlpaug": version("nlpaug") if _layouts() else None}

    def unserved(self, language: str) -> str | None:
        if _layouts() is None:
            return f"{self.full_name} reads nlpaug's keyboard layouts, and nlpaug is not installed"
        if not neighbours(language):
            return f"{self.full_name} has no keyboard layout for {language}"
        return None

    def places(self, clusters: Sequence[str], language: str) -> list[int]:
        table = neighbours(language)
        return [place for place, cluster in enumerate(clusters) if _small(cluster, language) in table]

    def typo(self, clusters: Sequence[str], place: int, language: str, rng: Random) -> str:
        small = _small(clusters[place], language)
        key = rng.choice(neighbours(language)[small])
        hit = key if clusters[place] == small else upper(key, language)
        return "".join((*clusters[:place], hit, *clusters[place + 1 :]))


class Swap(_Typos):
    """Two neighbouring grapheme clusters of a word exchanged; capitals keep their place.

    Das ist ein schöner Tag.  ->  Das ist ein shcöner Tag.
    """

    name = "swap"
    description = "two neighbouring characters exchanged"
    reference = "Belinkov and Bisk 2018 (arXiv 1711.02173), swap"

    def places(self, clusters: Sequence[str], language: str) -> list[int]:
        return [
            place
            for place, (left, right) in enumerate(pairwise(clusters))
            if left.lower() != right.lower() and _LETTER.match(left) and _LETTER.match(right)
        ]

    def typo(self, clusters: Sequence[str], place: int, language: str, rng: Random) -> str:
        left, right = clusters[place + 1], clusters[place]
        if right[0].isupper() != left[0].isupper():
            left, right = _cased_like(left, right, language), _cased_like(right, left, language)
        return "".join((*clusters[:place], left, right, *clusters[place + 2 :]))


def _small(cluster: str, language: str) -> str:
    return lower(cluster, language) if len(cluster) == 1 else cluster


def _cased_like(cluster: str, other: str, language: str) -> str:
    cased = (upper if other[0].isupper() else lower)(cluster[0], language)
    return cased + cluster[1:]


@cache
def neighbours(language: str) -> Mapping[str, tuple[str, ...]]:
    """Return the letters on the keys around each letter of a language's layout; empty without a layout.

    Read from nlpaug's data without importing it, which would import torch.
    """
    folder = _layouts()
    path = folder / f"{base(language)}.json" if folder else None
    if path is None or not path.is_file():
        return {}
    table = json.loads(path.read_text(encoding="utf-8"))
    found = {}
    for key, around in table.items():
        letters = sorted({other for other in around if _key(other) and other != key})
        if _key(key) and letters:
            found[key] = tuple(letters)
    return found


def _key(character: str) -> bool:
    return len(character) == 1 and character.isalpha() and character == character.lower()


@cache
def _layouts() -> Path | None:
    spec = find_spec("nlpaug")
    return Path(spec.origin).parent / "res" / "char" / "keyboard" if spec and spec.origin else None


@hookimpl
def harness_perturbations() -> Sequence[Perturbation]:
    return [Keyboard(), Swap()]
