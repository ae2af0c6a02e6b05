"""Tokens, graphemes, parses, and Rewrite: a changed text with its alignment.

Offsets are Python string indices (code points), half-open. Only `regex`, `rapidfuzz`, `pyarrow` (in
table.py) and the standard library are imported at module top level; segmenters and parsers load when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.text.alignment import Alignment as Alignment
    from harness.text.disturbance import Disturbed as Disturbed
    from harness.text.disturbance import disturb as disturb
    from harness.text.grapheme import graphemes as graphemes
    from harness.text.parses import Parser as Parser
    from harness.text.parses import choose_parser as choose_parser
    from harness.text.passages import Passage as Passage
    from harness.text.passages import passage as passage
    from harness.text.rewrite import Piece as Piece
    from harness.text.rewrite import Rewrite as Rewrite
    from harness.text.sentence import Sentence as Sentence
    from harness.text.sentence import Token as Token
    from harness.text.sentence import Word as Word
    from harness.text.table import disturb_table as disturb_table
    from harness.text.tokens import segmentation_identity as segmentation_identity

_PLACES = {
    "Alignment": "harness.text.alignment",
    "Disturbed": "harness.text.disturbance",
    "Parser": "harness.text.parses",
    "Passage": "harness.text.passages",
    "Piece": "harness.text.rewrite",
    "Rewrite": "harness.text.rewrite",
    "Sentence": "harness.text.sentence",
    "Token": "harness.text.sentence",
    "Word": "harness.text.sentence",
    "choose_parser": "harness.text.parses",
    "disturb": "harness.text.disturbance",
    "disturb_table": "harness.text.table",
    "graphemes": "harness.text.grapheme",
    "passage": "harness.text.passages",
    "segmentation_identity": "harness.text.tokens",
}

__all__ = sorted(_PLACES)


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(import_module(_PLACES[name]), name)
    raise AttributeError(f"module 'harness.text' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
