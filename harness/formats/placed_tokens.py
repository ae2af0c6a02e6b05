"""Texts as tokens, and the characters that each token stands for."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.formats.base import offsets
from harness.text.grapheme import starts as grapheme_starts

if TYPE_CHECKING:
    import pyarrow as pa
    from transformers import PreTrainedTokenizerFast


@dataclass(frozen=True)
class Texts:
    """Different texts as tokens, and which of them each row has.

    Attributes:
        texts: each text once.
        rows: [rows] int64, the number of each row's text.
        tokens: [total] int32.
        starts: [texts + 1] int64; text i has ``tokens[starts[i]:starts[i + 1]]``.
        characters: [total, 2] int32, the characters that a token stands for.
    """

    texts: list[str]
    rows: np.ndarray
    tokens: np.ndarray
    starts: np.ndarray
    characters: np.ndarray

    @classmethod
    def of(cls, column: pa.ChunkedArray, tokenizer: PreTrainedTokenizerFast) -> Texts:
        """Tokenise the different texts of a column, without special tokens."""
        coded = column.fill_null("").combine_chunks().dictionary_encode()
        texts, rows = coded.dictionary.to_pylist(), coded.indices.to_numpy().astype(np.int64)
        if not texts:
            return cls(texts, rows, np.zeros(0, np.int32), offsets([]), np.zeros((0, 2), np.int32))
        found: Any = tokenizer(
            texts,
            add_special_tokens=False,
            return_offsets_mapping=True,
            return_attention_mask=False,
            return_token_type_ids=False,
            verbose=False,
        )
        ids, spans = found["input_ids"], found["offset_mapping"]
        starts = offsets([len(row) for row in ids])
        total = int(starts[-1])
        tokens = np.fromiter(chain.from_iterable(ids), dtype=np.int32, count=total)
        flat = chain.from_iterable(chain.from_iterable(spans))
        characters = np.fromiter(flat, dtype=np.int64, count=2 * total).reshape(total, 2)
        return cls(texts, rows, tokens, starts, settled(texts, starts, characters))

    @property
    def widths(self) -> np.ndarray:
        """[rows] int64 tokens of each row's text."""
        widths: np.ndarray = np.diff(self.starts)[self.rows]
        return widths


def settled(texts: list[str], starts: np.ndarray, characters: np.ndarray) -> np.ndarray:
    """Settle which characters each token stands for, so that a stretch of tokens is a stretch of clean text.

    Tokenizers count white space to the word that follows it, and where they compose a letter of several
    characters they leave some of these to no token. Here a token begins and ends with no white space, and
    does not end inside a grapheme cluster.

    Args:
        starts: [texts + 1], where each text's tokens begin.
        characters: [total, 2], from and to, counted in the token's own text.

    Returns:
        [total, 2] int32; -1, -1 for a token that stands for no characters but white space.
    """
    edges, counts = offsets([len(text) for text in texts]), np.diff(starts)
    shift = np.repeat(edges[:-1], counts)
    space, boundary = _white_space("".join(texts)), _boundaries(texts, edges)
    here = np.arange(len(space) + 1)
    solid = np.append(np.where(space, len(space), here[:-1]), len(space))
    onward = np.minimum.accumulate(solid[::-1])[::-1]
    back = np.maximum.accumulate(np.insert(np.where(space, 0, here[1:]), 0, 0))
    whole = np.minimum.accumulate(np.where(boundary, here, len(space))[::-1])[::-1]
    last = characters[:, 1] + shift
    first = np.minimum(onward[characters[:, 0] + shift], last)
    last = np.maximum(back[last], first)
    result: np.ndarray = (np.stack([first, whole[last]], axis=1) - shift[:, None]).astype(np.int32)
    result[first >= last] = -1
    return result


def _white_space(text: str) -> np.ndarray:
    """Say which characters are white space, [characters] bool."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    different, which = np.unique(codes, return_inverse=True)
    space: np.ndarray = np.array([chr(code).isspace() for code in different.tolist()], dtype=bool)[which]
    return space


def _boundaries(texts: list[str], edges: np.ndarray) -> np.ndarray:
    """Say where grapheme clusters begin in texts put one after the other, and that they end: [characters + 1]."""
    boundary = np.ones(int(edges[-1]) + 1, dtype=bool)
    for text, edge in zip(texts, edges.tolist(), strict=False):
        if not text.isascii():
            boundary[edge : edge + len(text)] = False
            boundary[np.array(grapheme_starts(text)) + edge] = True
    return boundary
