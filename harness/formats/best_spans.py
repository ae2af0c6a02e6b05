"""The best answer of each row, from its tokens' start and end logits; over arrays, not row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.formats.base import Encoded, grid
from harness.registry_schema import Recipe

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class BestSpans:
    """What `best_spans` found for each row.

    Attributes:
        characters: [rows, 2] int64, where in the context the best span begins and ends; 0, 0 for a context
            without tokens.
        score: [rows] float64, the sum of its start's and its end's logit.
        lead: [rows] float64, the null answer's score less the best span's.
    """

    characters: np.ndarray
    score: np.ndarray
    lead: np.ndarray

    def texts(self, table: pa.Table) -> list[str]:
        """Return the best spans as they stand in the contexts of `table`."""
        places = self.characters.tolist()
        return [
            text[first:last] for text, (first, last) in zip(table["context"].to_pylist(), places, strict=True)
        ]


def best_spans(outputs: np.ndarray, encoded: Encoded, rows: int, recipe: Recipe) -> BestSpans:
    """Find the best span of each of `rows` rows over all its windows.

    A span begins and ends in the context, in one window, and has at most ``answer_length`` tokens. In each
    window the ``best_answers`` best starts and ends are looked at. Of spans that score the same the one that
    begins first is taken, and of these the shortest.

    Args:
        outputs: [total tokens, 2] float32, start and end logits.
        encoded: with the mark ``offsets``, -1 outside the context.
    """
    if not rows:
        return BestSpans(np.zeros((0, 2), dtype=np.int64), np.zeros(0), np.zeros(0))
    places = encoded.marks["offsets"]
    windows = np.searchsorted(encoded.row_of_item, np.arange(rows + 1))
    score, length = _best_from_each_token(outputs, encoded, places[:, 0] >= 0, recipe)
    first = _first_highest(score, encoded.starts[windows])
    top = score[first].astype(np.float64)
    null = np.minimum.reduceat(outputs[encoded.starts[:-1]].astype(np.float64).sum(axis=1), windows[:-1])
    found = np.isfinite(top)
    characters = np.stack([places[first, 0], places[first + length[first], 1]], axis=1).astype(np.int64)
    return BestSpans(
        np.where(found[:, None], characters, 0), np.where(found, top, 0), np.where(found, null - top, 0)
    )


def null_threshold(lead: np.ndarray, answered: np.ndarray, silent: np.ndarray) -> float:
    """Return the lead of the null answer above which it is best given, as SQuAD 2.0's script finds it.

    Args:
        lead: [rows], the null answer's score less the best span's.
        answered: [rows], the score of each row's best span; `silent`: that of no answer.

    Returns:
        the threshold with the highest sum: rows whose lead is not above it are answered. Of several the
        lowest.
    """
    if not len(lead):
        return 0.0
    order = np.argsort(lead, kind="stable")
    sums = np.concatenate([[0.0], np.cumsum((answered - silent)[order])])
    leads = lead[order]
    # rows with the same lead are answered together
    apart = np.concatenate([[True], leads[1:] > leads[:-1], [True]])
    count = int(np.argmax(np.where(apart, sums, -np.inf)))
    return float(leads[count - 1]) if count else float(np.nextafter(leads[0], -np.inf))


def _best_from_each_token(
    outputs: np.ndarray, encoded: Encoded, inside: np.ndarray, recipe: Recipe
) -> tuple[np.ndarray, np.ndarray]:
    """Return the score of the best span that begins at each token, and the tokens it has after the first."""
    begins, ends = (
        _highest(np.where(inside, outputs[:, side], -np.inf), encoded, recipe.best_answers) for side in (0, 1)
    )
    total = len(begins)
    left = np.repeat(encoded.starts[1:], encoded.widths) - np.arange(total)
    score = np.full(total, -np.inf, dtype=np.float32)
    length = np.zeros(total, dtype=np.int64)
    for more in range(min(recipe.answer_length, int(encoded.widths.max()))):
        sums = begins[: total - more] + ends[more:]
        better = (sums > score[: total - more]) & (left[: total - more] > more)
        score[: total - more][better] = sums[better]
        length[: total - more][better] = more
    return score, length


def _highest(values: np.ndarray, encoded: Encoded, count: int) -> np.ndarray:
    """Return `values` [total], with -inf in place of those below the `count` highest of their window."""
    inside, _ = grid(encoded, np.arange(len(encoded.widths)))
    if inside.shape[1] <= count:
        return values
    padded = np.full(inside.shape, np.inf, dtype=np.float32)
    padded[inside] = -values
    least = -np.partition(padded, count - 1, axis=1)[:, count - 1]
    return np.where(values >= np.repeat(least, encoded.widths), values, -np.inf)


def _first_highest(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return where each stretch from ``edges[i]`` to ``edges[i + 1]`` is highest for the first time."""
    top = np.maximum.reduceat(values, edges[:-1])
    places = np.flatnonzero(values == np.repeat(top, np.diff(edges)))
    return places[np.searchsorted(places, edges[:-1])]
