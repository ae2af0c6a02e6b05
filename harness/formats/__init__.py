"""Formats by name: the only room that knows what a kind of task is."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from harness.formats.base import Encoded as Encoded
from harness.formats.base import Format as Format
from harness.formats.base import HeadSettings as HeadSettings
from harness.formats.base import Inputs as Inputs
from harness.names import unknown

_PLACES = {
    "pair-classification": "harness.formats.pair_classification:PairClassification",
    "masked-lm": "harness.formats.masked_lm:MaskedLanguageModelling",
    "translation-ranking": "harness.formats.translation_ranking:TranslationRanking",
}


def format_names() -> list[str]:
    """Return the names of all formats."""
    return sorted(_PLACES)


@cache
def format_named(name: str) -> Format:
    """Return the format of that name; raise UnknownName with near names."""
    if name not in _PLACES:
        raise unknown("format", name, _PLACES)
    module, _, attribute = _PLACES[name].partition(":")
    made: Format = getattr(import_module(module), attribute)()
    return made
