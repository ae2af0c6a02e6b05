"""What of a row is translated, and how the translations become a row again: texts and lists of texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.text.segments import segments

SOURCE = "en"  # the language that rows are translated from
EMPTY = "a translation is empty"
SAME = "two choices have the same translation"


def pieces(row: Mapping[str, Any], columns: Sequence[str]) -> list[str]:
    """Return the sentences of the texts in `columns` of a row, one after the other."""
    return [
        piece
        for column in columns
        for text in _texts(row.get(column))
        for piece in segments(text, SOURCE).pieces
    ]


def with_pieces(
    row: Mapping[str, Any], columns: Sequence[str], translations: Sequence[str], language: str
) -> dict[str, Any] | str:
    """Return the row with the translations of its `pieces` in place, or why it is left out."""
    if not all(text.strip() for text in translations):
        return EMPTY
    following, changed = iter(translations), dict(row)
    for column in columns:
        value = row.get(column)
        if isinstance(value, str):
            changed[column] = _in_place(value, following, language)
        elif value is not None:
            found = [_in_place(text, following, language) for text in value]
            if len(set(found)) < len(set(value)):
                return SAME
            changed[column] = found
    return changed


def _texts(value: str | Sequence[str] | None) -> Sequence[str]:
    return () if value is None else (value,) if isinstance(value, str) else value


def _in_place(text: str, translations: Iterator[str], language: str) -> str:
    cut = segments(text, SOURCE)
    return cut.joined([next(translations).strip() for _ in cut.pieces], language)[0]
