"""Tokenising rows that hold a pair of texts or one alone, and putting tokens in a tokenizer's template."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

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


@dataclass(frozen=True)
class Template:
    """The special tokens that a tokenizer puts around a text, or around and between two.

    Attributes:
        special: their ids: before the first text, after it, and after the second if there are two: int32.
        types: the token type ids of `special`: int8.
        inside: the token type id of each text.
    """

    special: tuple[np.ndarray, ...]
    types: tuple[np.ndarray, ...]
    inside: tuple[int, ...]

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerFast, texts: int) -> Template:
        """Return the tokenizer's template for one text or for two."""
        found: Any = tokenizer(*["a"] * texts, return_token_type_ids=True)
        owner = np.array([-1 if text is None else text for text in found.sequence_ids()])
        ids = np.array(found["input_ids"], dtype=np.int32)
        types = np.array(found["token_type_ids"], dtype=np.int8)
        within = [np.flatnonzero(owner == text) for text in range(texts)]
        edges = [0, *chain(*((int(place[0]), int(place[-1]) + 1) for place in within)), len(ids)]
        around = [slice(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True)]
        return cls(
            tuple(ids[place] for place in around),
            tuple(types[place] for place in around),
            tuple(int(types[place[0]]) for place in within),
        )

    def __len__(self) -> int:
        """Return the number of special tokens."""
        return sum(len(part) for part in self.special)

    def fill(self, texts: list[Texts]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Put the texts of each sequence in the template.

        Args:
            texts: the first texts of all sequences, and the second ones if there are two.

        Returns:
            tokens [total] int32, starts [n + 1] int64, segments [total] int8.
        """
        parts = [*self.special, *(text.tokens for text in texts)]
        kinds = [
            *self.types,
            *(
                np.full(len(text.tokens), kind, dtype=np.int8)
                for text, kind in zip(texts, self.inside, strict=True)
            ),
        ]
        base, size = offsets([len(part) for part in parts]), len(texts[0].begins)
        begins, counts = [], []
        for number, part in enumerate(self.special):
            begins.append(np.full(size, base[number]))
            counts.append(np.full(size, len(part)))
            if number < len(texts):
                begins.append(texts[number].begins + base[len(self.special) + number])
                counts.append(texts[number].counts)
        count = np.stack(counts, axis=1)
        places = _stretches(np.stack(begins, axis=1).ravel(), count.ravel())
        return np.concatenate(parts)[places], offsets(count.sum(axis=1)), np.concatenate(kinds)[places]


@dataclass(frozen=True)
class Texts:
    """Stretches of tokens: text i is ``tokens[begins[i]:begins[i] + counts[i]]``, without special tokens."""

    tokens: np.ndarray
    begins: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerFast, texts: list[str]) -> Texts:
        """Tokenise texts as they are."""
        options = {"add_special_tokens": False, "return_attention_mask": False, "verbose": False}
        ids: Any = tokenizer(texts, **options)["input_ids"] if texts else []
        starts = offsets([len(row) for row in ids])
        tokens = np.fromiter(chain.from_iterable(ids), dtype=np.int32, count=int(starts[-1]))
        return cls(tokens, starts[:-1], np.diff(starts))


def _stretches(begins: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the numbers from ``begins[i]`` on, ``counts[i]`` of them, of all i, one after the other."""
    before = np.cumsum(counts) - counts
    inside: np.ndarray = np.arange(int(counts.sum()), dtype=np.int64)
    return np.asarray(inside + np.repeat(begins - before, counts))
