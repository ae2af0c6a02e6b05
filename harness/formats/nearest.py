"""Nearest neighbours by cosine, the ratio margin, and the mining of translations, in bounded memory.

All vectors are float32 of length 1, so that a matrix product is a table of cosines. Tables are made and
reduced block by block, on the GPU where there is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

ENTRIES = 1 << 23  # cosines in a block; one takes about 40 bytes where many are equal, else 8
ROWS = 4096  # queries in a block at most
SMALLEST = 1e-6  # of a mean cosine that is divided by


@dataclass(frozen=True)
class Chosen:
    """Rows of a matrix by their numbers, copied as they are looked at and not before.

    Attributes:
        values: [rows, h] float32.
        numbers: [n] int64.
    """

    values: np.ndarray
    numbers: np.ndarray

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, which: slice | np.ndarray) -> np.ndarray:
        rows: np.ndarray = self.values[self.numbers[which]]
        return rows


@dataclass(frozen=True)
class Nearest:
    """The nearest candidates of each query, the nearest first.

    Attributes:
        scores: [queries, k] float32, falling.
        places: [queries, k] int64 numbers of candidates; of equal scores the smaller number comes first.
    """

    scores: np.ndarray
    places: np.ndarray

    @property
    def means(self) -> np.ndarray:
        """[queries] float32 mean score of the nearest."""
        means: np.ndarray = self.scores.mean(axis=1, dtype=np.float64).astype(np.float32)
        return means


@dataclass(frozen=True)
class Mined:
    """Pairs that are taken for translations, the best first; no query and no candidate comes twice.

    Attributes:
        queries: [pairs] int64.
        candidates: [pairs] int64.
        scores: [pairs] float64, falling, above 0.
    """

    queries: np.ndarray
    candidates: np.ndarray
    scores: np.ndarray


def nearest(
    queries: np.ndarray | Chosen,
    candidates: np.ndarray | Chosen,
    k: int,
    means: tuple[np.ndarray, np.ndarray] | None = None,
    entries: int = ENTRIES,
) -> Nearest:
    """Find the `k` nearest candidates of each query, or all where there are fewer.

    Args:
        queries: [n, h] float32, of length 1; `candidates` [m, h] likewise.
        means: mean cosines of the queries' neighbours [n] and of the candidates' [m]: what is compared is
            then the `margin`, not the cosine.
        entries: cosines that are held at once.
    """
    import torch

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    k = min(k, len(candidates))
    high = max(1, min(ROWS, entries))
    wide = max(k, entries // high, 1)
    scores = np.empty((len(queries), k), dtype=np.float32)
    places = np.empty((len(queries), k), dtype=np.int64)
    for top in range(0, len(queries), high):
        rows = slice(top, top + high)
        best = None
        for left in range(0, len(candidates), wide):
            columns = slice(left, left + wide)
            block = _device(queries[rows], device) @ _device(candidates[columns], device).T
            if means is not None:
                block = block / _divisors(means[0][rows], means[1][columns], device)
            keys = _largest(block, left, k)
            keys = keys if best is None else torch.cat((best, keys), dim=1)
            best = torch.topk(keys, min(k, keys.shape[1]), dim=1).values
        if best is not None:
            scores[rows], places[rows] = _unkeyed(best)
    return Nearest(scores, places)


def margin(cosines: np.ndarray, of_query: np.ndarray, of_candidate: np.ndarray) -> np.ndarray:
    """Return the ratio margin: the cosine over the mean of both sides' mean cosines, float64.

    Artetxe and Schwenk 2019 (arXiv 1811.01136), section 3.1, "ratio". A mean that is not above 0, which
    their formula leaves without a sense, counts as `SMALLEST`.
    """
    means = (of_query.astype(np.float64) + of_candidate.astype(np.float64)) / 2
    ratio: np.ndarray = cosines.astype(np.float64) / np.maximum(means, SMALLEST)
    return ratio


def mine(
    queries: np.ndarray | Chosen, candidates: np.ndarray | Chosen, neighbours: int, similarity: str = "margin"
) -> Mined:
    """Pair queries with candidates as translations, by ``max`` retrieval.

    Each side's items take the best of their nearest neighbours on the other; of all these pairs, the best
    first, those are kept whose sides are both free (Artetxe and Schwenk 2019, arXiv 1811.01136, section 3.2;
    LASER and XTREME keep scores above 0).

    Args:
        neighbours: how many on each side are looked at, and make the margin's means.
        similarity: ``margin`` or ``cosine``.
    """
    if not len(queries) or not len(candidates):
        return Mined(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float64))
    forward = nearest(queries, candidates, neighbours)
    backward = nearest(candidates, queries, neighbours)
    there, there_scores = _best(forward, backward, similarity)
    back, back_scores = _best(backward, forward, similarity)
    sources = np.concatenate((np.arange(len(queries)), back))
    targets = np.concatenate((there, np.arange(len(candidates))))
    scores = np.concatenate((there_scores, back_scores))
    kept = _free(sources, targets, np.argsort(-scores, kind="stable"))
    kept = kept[scores[kept] > 0]
    return Mined(sources[kept], targets[kept], scores[kept])


def best_threshold(scores: np.ndarray, right: np.ndarray, gold: int) -> float:
    """Return the score from which on pairs are kept so that F1 against `gold` pairs is highest.

    Halfway between the last score that is kept and the next, as LASER and XTREME put it; the first such
    place where several are as good, 0 where no pair is right.

    Args:
        scores: [pairs] in any order; `right` [pairs] bool whether a pair is a gold pair.
    """
    order = np.argsort(-scores, kind="stable")
    ordered, hits = scores[order].astype(np.float64), np.cumsum(right[order])
    if not len(ordered) or not hits[-1]:
        return 0.0
    f1 = 2 * hits / (np.arange(1, len(ordered) + 1) + gold)
    f1[:-1][ordered[:-1] == ordered[1:]] = -1  # no threshold parts equal scores
    last = int(np.argmax(f1))
    if last + 1 == len(ordered):
        return float(ordered[last])
    return float((ordered[last] + ordered[last + 1]) / 2)


def _best(of: Nearest, other: Nearest, similarity: str) -> tuple[np.ndarray, np.ndarray]:
    """Return each item's best neighbour and its score."""
    scores = of.scores.astype(np.float64)
    if similarity == "margin":
        scores = margin(of.scores, of.means[:, None], other.means[of.places])
    column = scores.argmax(axis=1)
    rows = np.arange(len(scores))
    return of.places[rows, column], scores[rows, column]


def _free(sources: np.ndarray, targets: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Return the numbers of `order` whose source and target came in no pair kept before."""
    seen_source = np.zeros(int(sources.max()) + 1, dtype=bool)
    seen_target = np.zeros(int(targets.max()) + 1, dtype=bool)
    kept = []
    for number, source, target in zip(
        order.tolist(), sources[order].tolist(), targets[order].tolist(), strict=True
    ):
        if not seen_source[source] and not seen_target[target]:
            seen_source[source] = seen_target[target] = True
            kept.append(number)
    return np.array(kept, dtype=np.int64)


def _device(vectors: np.ndarray, device: torch.device) -> torch.Tensor:
    import torch

    return torch.from_numpy(np.ascontiguousarray(vectors, dtype=np.float32)).to(device)


def _divisors(of_query: np.ndarray, of_candidate: np.ndarray, device: torch.device) -> torch.Tensor:
    """Return [n, m] what a block of cosines is divided by for the margin."""
    rows, columns = _device(of_query, device), _device(of_candidate, device)
    return ((rows[:, None] + columns[None, :]) / 2).clamp(min=SMALLEST)


def _largest(block: torch.Tensor, left: int, k: int) -> torch.Tensor:
    """Return the keys of each row's `k` largest scores, in no order; `left` is the number of column 0."""
    import torch

    numbers = torch.arange(left, left + block.shape[1], device=block.device)
    if block.shape[1] <= k:
        return _keys(block, numbers.expand_as(block))
    values, columns = torch.topk(block, k + 1, dim=1)
    keys = _keys(values[:, :k], numbers[columns[:, :k]])
    tied = (values[:, k - 1] == values[:, k]).nonzero()[:, 0]  # topk chose any of the equal ones
    if len(tied):
        keys[tied] = torch.topk(_keys(block[tied], numbers.expand(len(tied), -1)), k, dim=1).values
    return keys


def _keys(scores: torch.Tensor, numbers: torch.Tensor) -> torch.Tensor:
    """Return int64 that order as scores [n, m] do and, where these are equal, as smaller numbers [n, m].

    The upper half is the float's bits, turned so that they order as integers do; the lower half counts
    numbers downwards. So the largest k are the same on every device and in blocks of any size.
    """
    import torch

    bits = (scores + 0.0).view(torch.int32).to(torch.int64)  # + 0.0: one zero, not two
    ordered = torch.where(bits < 0, bits ^ 0x7FFFFFFF, bits)
    return (ordered << 32) | (0xFFFFFFFF - numbers)


def _unkeyed(keys: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Return the scores and columns of keys, float32 and int64."""
    import torch

    ordered = keys >> 32
    bits = torch.where(ordered < 0, ordered ^ 0x7FFFFFFF, ordered).to(torch.int32)
    return bits.view(torch.float32).cpu().numpy(), (0xFFFFFFFF - (keys & 0xFFFFFFFF)).cpu().numpy()
