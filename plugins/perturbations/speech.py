"""Noise of speech recognition: no capitals, no punctuation, numbers in words."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import regex
from harness_plugins.perturbations.signs import droppable, rewritten
from harness_plugins.perturbations.spelling import lowercase
from harness_plugins.perturbations.spoken import cardinal, said
from harness_plugins.perturbations.word_noise import drawn

from harness import Perturbation, Rewrite, Sentence
from harness.text.writing import base

_HYPHEN = regex.compile(r"[-‐‑]")
_ABBREVIATED = regex.compile(r"\p{L}(?:\.\p{L})+")
_WHOLE = regex.compile(r"[0-9][0-9,]*")
_CURRENCIES = {"$": "dollar", "€": "euro", "£": "pound"}
_NAMES = {"%": "percent", "&": "and"}
_SCALES = frozenset({"hundred", "thousand", "million", "billion", "trillion"})


class Asr(Perturbation):
    """The sentence as a speech recogniser writes it: small letters, no punctuation; English numbers in words.

    In other languages numbers stay as they are. A lower intensity does so with a share of the tokens.

    In 1987, Anna paid $25 at 10:30!  ->  in nineteen eighty seven anna paid twenty five dollars at ten thirty
    """

    name, family, keeps_meaning = "asr", "noise", True
    intensity = 1.0
    description = "small letters, no punctuation, English numbers in words"
    reference = "NoiseQA (Ravichander et al. 2021, arXiv 2102.08345), speech recognition"

    def rewrite(self, sentence: Sentence, rng: Random, intensity: float) -> Rewrite:
        changes = list(_changes(sentence))
        if not changes or not sentence.words:
            return Rewrite.unchanged(sentence)
        changed: dict[int, str] = {}
        for each in drawn(changes, intensity, rng):
            changed.update(each)
        return rewritten(sentence, changed)


def _changes(sentence: Sentence) -> Iterator[dict[int, str]]:
    """Yield the tokens that change together, with what becomes of them; "" where one is not said."""
    english = base(sentence.language) == "en"
    for index, token in enumerate(sentence.tokens):
        if token.is_word:
            found = _word(sentence, index, english)
        elif english and (token.text in _NAMES or _minus(sentence, index)):
            found = {index: _NAMES.get(token.text, "minus")}
        else:
            found = {index: ""} if droppable(sentence, index) else {}
        if any(sentence.tokens[place].text != new for place, new in found.items()):
            yield found


def _word(sentence: Sentence, index: int, english: bool) -> dict[int, str]:
    text = sentence.tokens[index].text
    if not english:
        return {index: lowercase(text, sentence.language)}
    if text.isalpha() and text.isascii():
        return {index: text.lower()}
    spoken = said(text)
    if spoken is None:
        return {index: _spelt(text)}
    sign = sentence.tokens[index - 1].text if index and not sentence.gaps[index] else ""
    if sign not in _CURRENCIES:
        return {index: spoken}
    following = sentence.tokens[index + 1].text if index + 1 < len(sentence) else ""
    if not _WHOLE.fullmatch(text) or following.lower() in _SCALES:
        return {}
    amount = cardinal(int(text.replace(",", "")))
    return {index - 1: "", index: f"{amount} {_CURRENCIES[sign]}{'' if amount == 'one' else 's'}"}


def _spelt(text: str) -> str:
    """Return an English word in small letters, its parts apart: well known, ten year old, u s."""
    if _ABBREVIATED.fullmatch(text):
        return text.lower().replace(".", " ")
    parts = _HYPHEN.split(text)
    if len(parts) > 1 and all(parts) and sum(any(map(str.isdigit, part)) for part in parts) <= 1:
        return " ".join(said(part) or part.lower() for part in parts)
    return text.lower()


def _minus(sentence: Sentence, index: int) -> bool:
    """Say whether a dash is the sign of the number after it."""
    if (
        sentence.tokens[index].text not in ("-", "−")
        or index + 1 == len(sentence)
        or sentence.gaps[index + 1]
    ):
        return False
    return said(sentence.tokens[index + 1].text) is not None and (index == 0 or sentence.gaps[index] != "")
