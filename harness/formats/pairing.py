"""Tokenising rows that hold a pair of texts, or one text alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.formats.base import offsets, ranges, tokenise

if TYPE_CHECKING:
    import pyarrow as pa
    from transformers import PreTrainedTokenizerFast


def texts_of(table: pa.Table, column: str) -> list[str]:
    """Return the texts of a column; where it is missing or null, empty ones."""
    if column not in table.column_names:
        return [""] * table.num_rows
    return [value or "" for value in table[column].to_pylist()]


def tokenise_rows(
    tokenizer: PreTrainedTokenizerFast, first: list[str], second: list[str], max_length: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Tokenise each first text with its second as a pair, or alone where the second is empty.

    Returns:
        tokens [total] int32, starts [n + 1] int64, segments [total] int8 or None.
    """
    alone = np.array([not text for text in second], dtype=bool)
    if alone.all():
        return tokenise(tokenizer, first, None, max_length)
    if not alone.any():
        return tokenise(tokenizer, first, second, max_length)
    single, double = np.flatnonzero(alone), np.flatnonzero(~alone)
    parts = [
        tokenise(tokenizer, [first[row] for row in single], None, max_length),
        tokenise(tokenizer, [first[row] for row in double], [second[row] for row in double], max_length),
    ]
    widths = np.concatenate([np.diff(starts) for _, starts, _ in parts])
    order = np.argsort(np.concatenate([single, double]))
    places = ranges(offsets(widths), order)
    tokens, segments = (
        None if parts[0][kind] is None else np.concatenate([part[kind] for part in parts])[places]
        for kind in (0, 2)
    )
    assert tokens is not None
    return tokens, offsets(widths[order]), segments
