"""Grapheme clusters: what a reader takes for one character (Unicode UAX #29, by `regex`)."""

from __future__ import annotations

import regex

_CLUSTER = regex.compile(r"\X")


def graphemes(text: str) -> list[str]:
    """Split `text` into grapheme clusters; joined again they give `text`."""
    if text.isascii() and "\r" not in text:
        return list(text)
    return _CLUSTER.findall(text)


def starts(text: str) -> list[int]:
    """Return the offsets at which grapheme clusters begin."""
    return [match.start() for match in _CLUSTER.finditer(text)]
