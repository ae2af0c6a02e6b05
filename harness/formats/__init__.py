"""Formats by name: the only room that knows what a kind of task is."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

from harness.formats.base import Encoded as Encoded
from harness.formats.base import Format as Format
from harness.formats.base import Inputs as Inputs
from harness.formats.base import Settings as Settings
from harness.names import unknown

_PLACES = {
    "masked-lm": "harness.formats.masked_lm:MaskedLanguageModelling",
    "multiple-choice": "harness.formats.multiple_choice:MultipleChoice",
    "pair-classification": "harness.formats.pair_classification:PairClassification",
    "retrieval": "harness.formats.retrieval:Retrieval",
    "span-extraction": "harness.formats.span_extraction:SpanExtraction",
    "token-tagging": "harness.formats.token_tagging:TokenTagging",
    "translation-ranking": "harness.formats.translation_ranking:TranslationRanking",
}
BUILT_IN = frozenset(_PLACES)
_FOUND: dict[str, Format] = {}
_ADDED: dict[str, Format] = {}


def format_names() -> list[str]:
    """Return the names of all formats, those of plugins among them."""
    return sorted({*_PLACES, *_ADDED})


def format_named(name: str) -> Format:
    """Return the format of that name; raise UnknownName with near names."""
    if name in _ADDED:
        return _ADDED[name]
    if name not in _PLACES:
        raise unknown("format", name, format_names())
    if name not in _FOUND:
        module, _, attribute = _PLACES[name].partition(":")
        _FOUND[name] = getattr(import_module(module), attribute)()
    return _FOUND[name]


def use_formats(formats: Iterable[Format]) -> None:
    """Let the formats that plugins bring be found by name, in place of those given before."""
    _ADDED.clear()
    _ADDED.update({each.name: each for each in formats})
