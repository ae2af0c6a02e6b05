"""Noise of speech recognition: no capitals, no punctuation, numbers in words."""

from __future__ import annotations

from functools import cache
from random import Random

import regex
from harness_plugins.perturbations.memory import Memory
from harness_plugins.perturbations.signs import DASHES, MAY_GO, droppable, rewritten
from harness_plugins.perturbations.spelling import lowercase
from harness_plugins.perturbations.spoken import cardinal, said
from harness_plugins.perturbations.word_noise import drawn

from harness import Perturbation, Rewrite, Sentence
from harness.text.tokens import is_word
from harness.text.writing import base

_HYPHEN = regex.compile(r"[-‐‑]")
_ABBREVIATED = regex.compile(r"\p{L}(?:\.\p{L})+")
_WHOLE = regex.compile(r"[0-9][0-9,]*")
_CURRENCIES = {"$": "dollar", "€": "euro", "£": "pound"}
_NAMES = {"%": "percent", "&": "and"}
_MINUS = ("-", "−")
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
        changes = _changes(sentence)
        if not changes or not any(map(is_word, sentence.forms)):
            return Rewrite.unchanged(sentence)
        changed: dict[int, str] = {}
        for each in drawn(changes, intensity, rng):
            changed.update(each)
        return rewritten(sentence, changed)


def _changes(sentence: Sentence) -> list[dict[int, str]]:
    """Return the tokens that change together, with what becomes of them; "" where one is not said."""
    heard, found = _heard(sentence.language), []
    for index, form in enumerate(sentence.forms):
        new = heard[form]
        if new is None:
            new_there = _heard_there(sentence, index)
            if new_there:
                found.append(new_there)
        elif new != form:
            found.append({index: new})
    return found


@cache
def _heard(language: str) -> Memory[str | None]:
    """Return what becomes of each token of a language; None where that depends on its neighbours."""
    if base(language) == "en":
        return Memory(_english)
    return Memory(lambda form: lowercase(form, language) if is_word(form) else _sign(form))


def _english(form: str) -> str | None:
    if not is_word(form):
        return _NAMES.get(form) or (None if form in _MINUS else _sign(form))
    if form.isalpha() and form.isascii():
        return form.lower()
    return _spelt(form) if _SAID[form] is None else None


def _sign(form: str) -> str | None:
    if form in DASHES:
        return None
    return "" if MAY_GO[form] else form


def _heard_there(sentence: Sentence, index: int) -> dict[int, str]:
    """Return what becomes of an English number, and of the sign before it, or of a dash; {} where all stays."""
    forms, text = sentence.forms, sentence.forms[index]
    if not is_word(text):
        if base(sentence.language) == "en" and _minus(sentence, index):
            return {index: "minus"}
        return {index: ""} if droppable(sentence, index) else {}
    sign = forms[index - 1] if index and not sentence.gaps[index] else ""
    if sign not in _CURRENCIES:
        return {index: _SAID[text] or ""}
    following = forms[index + 1] if index + 1 < len(forms) else ""
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
    forms, gaps = sentence.forms, sentence.gaps
    if forms[index] not in _MINUS or index + 1 == len(forms) or gaps[index + 1]:
        return False
    return _SAID[forms[index + 1]] is not None and (index == 0 or gaps[index] != "")


_SAID = Memory(said)
