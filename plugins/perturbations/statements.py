"""Which sentences say the same wherever they stand."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import regex
from harness_plugins.perturbations import thai

from harness.text.passages import boundaries
from harness.text.tokens import is_word, spans
from harness.text.writing import base, spaced

# Of a sentence: words; signs where words are not written apart.
_SIZES = {"zh": (12, 100), "th": (25, 200)}
_SIZE = (5, 40)
# Of its beginning, in which words point back: words, or signs. In Thai they follow their noun.
_LEADS = {"zh": 8, "th": 40}
_LEAD = 4
_STATED = regex.compile(r"[.!。！।۔｡][\p{Pe}\p{Pf}\p{Pi}\"'’”»」』]*\Z")
_QUOTES = regex.compile(r"[\"„“”«»]")
_FOOTNOTE = regex.compile(r"\[\d+\]")
_PAIRS = (("(", ")"), ("[", "]"), ("（", "）"), ("「", "」"), ("『", "』"), ("《", "》"))


def languages() -> tuple[str, ...]:
    """Return the languages whose sentences can be judged."""
    return tuple(sorted(_pointing_back()))


def sentences(text: str, language: str) -> list[tuple[int, int]]:
    """Return where stretches of a text begin and end of which each may be a statement, in order."""
    return thai.statements(text) if base(language) == "th" else boundaries(text, language)


def is_stated(text: str, language: str) -> bool:
    """Say whether a text ends as a statement does, which in Thai cannot be seen."""
    return base(language) == "th" or _STATED.search(text) is not None


def stands_alone(sentence: str, language: str) -> bool:
    """Say whether one of `sentences` is a whole statement that names its subject and does not point back."""
    words = [sentence[start:end] for start, end in spans(sentence, language) if is_word(sentence[start:end])]
    short, long = _SIZES.get(base(language), _SIZE)
    size = len(words) if spaced(language) else len(sentence)
    if not words or not short <= size <= long or not is_stated(sentence, language) or words[0][0].islower():
        return False
    if len(_QUOTES.findall(sentence)) % 2 or _FOOTNOTE.search(sentence):
        return False
    if any(sentence.count(opening) != sentence.count(closing) for opening, closing in _PAIRS):
        return False
    return not _points_back(words, language) and _names_subject(sentence, language)


def _points_back(words: list[str], language: str) -> bool:
    pointing = _pointing_back()[base(language)]
    if spaced(language):
        return any(word.casefold() in pointing for word in words[:_LEAD])
    lead = "".join(words)[: _LEADS[base(language)]]
    return any(word in lead for word in pointing)


def _names_subject(sentence: str, language: str) -> bool:
    expression = _own_subject().get(base(language))
    return expression is None or expression.match(sentence.casefold()) is not None


@cache
def _pointing_back() -> Mapping[str, frozenset[str]]:
    return {language: frozenset(words.split()) for language, words in _table("pointing_back.yaml").items()}


@cache
def _own_subject() -> Mapping[str, regex.Pattern[str]]:
    return {language: regex.compile(text) for language, text in _table("own_subject.yaml").items()}


def _table(name: str) -> Mapping[str, Any]:
    import yaml

    table: dict[str, Any] = yaml.safe_load(Path(__file__).with_name(name).read_text(encoding="utf-8"))
    return table
