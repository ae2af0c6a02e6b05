"""Which examples a step trains on, and how sequences are cut into padded batches.

Everything is a function of (seed, step), so training can go on from any step with no state but its number.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

import numpy as np

from harness.keys import number

GROUP = 50
AHEAD = 2

Made = TypeVar("Made")


def generator(*parts: object) -> np.random.Generator:
    """Return numpy's generator for what `parts` name."""
    return np.random.default_rng(number(*parts))


class Order:
    """The batches of one task's training rows, epoch after epoch.

    With `grouped`, a batch holds rows of like length: rows are shuffled, cut into groups of 50 batches,
    sorted by length inside a group, and the batches are shuffled. Every row comes once an epoch.
    """

    def __init__(self, lengths: np.ndarray, batch_size: int, seed: int, grouped: bool) -> None:
        self.lengths, self.batch_size, self.seed, self.grouped = lengths, batch_size, seed, grouped
        self.steps_per_epoch = -(-len(lengths) // batch_size)
        self._epoch = lru_cache(maxsize=2)(self._draw)

    def batch(self, index: int) -> np.ndarray:
        """Return the row numbers of the batch `index`, counted over all epochs."""
        epoch, place = divmod(index, self.steps_per_epoch)
        return self._epoch(epoch)[place]

    def _draw(self, epoch: int) -> list[np.ndarray]:
        rng = generator(self.seed, "order", epoch)
        rows = rng.permutation(len(self.lengths))
        if not self.grouped:
            return [rows[low : low + self.batch_size] for low in range(0, len(rows), self.batch_size)]
        batches = []
        for low in range(0, len(rows), GROUP * self.batch_size):
            group = rows[low : low + GROUP * self.batch_size]
            group = group[np.argsort(-self.lengths[group], kind="stable")]
            batches += [
                group[first : first + self.batch_size] for first in range(0, len(group), self.batch_size)
            ]
        return [batches[place] for place in rng.permutation(len(batches))]


def shares(sizes: Sequence[int], sampling: str, cap: int, temperature: float) -> np.ndarray:
    """Return the probability of each task of a mixture, [tasks] float64.

    ``proportional`` to min(rows, cap), as Phang et al. 2020 (arXiv 2005.13013); ``temperature``: those numbers
    to the power of 1 / temperature (Devlin's smoothing for multilingual BERT); ``uniform``.
    """
    counted = np.minimum(np.asarray(sizes, dtype=np.float64), cap)
    if sampling == "uniform":
        counted = np.ones(len(counted))
    elif sampling == "temperature":
        counted = counted ** (1 / temperature)
    return np.asarray(counted / counted.sum())


class Mixture:
    """Which task each step trains, each step one task, drawn by `chances` (one for each task)."""

    def __init__(self, chances: np.ndarray, steps: int, seed: int) -> None:
        self.task_of_step = generator(seed, "mixture").choice(len(chances), size=steps, p=chances)
        self.index_of_step = np.zeros(steps, dtype=np.int64)
        for task in range(len(chances)):
            mine = self.task_of_step == task
            self.index_of_step[mine] = np.arange(int(mine.sum()))

    def at(self, step: int) -> tuple[int, int]:
        """Return (task, number of that task's batch) of a step."""
        return int(self.task_of_step[step]), int(self.index_of_step[step])


def cut(lengths: np.ndarray, rows: np.ndarray, budget: int, padded: bool = True) -> Iterator[np.ndarray]:
    """Cut `rows`, longest first, into pieces of at most `budget` tokens (one row at least).

    Args:
        padded: count each row as long as the longest of its piece.
    """
    rows = rows[np.argsort(-lengths[rows], kind="stable")]
    ends = np.cumsum(lengths[rows])
    first = 0
    while first < len(rows):
        if padded:
            last = first + budget // max(1, int(lengths[rows[first]]))
        else:
            before = int(ends[first - 1]) if first else 0
            last = int(np.searchsorted(ends, before + budget, side="right"))
        last = max(first + 1, last)
        yield rows[first:last]
        first = last


def ahead(make: Callable[[int], Made], first: int, last: int) -> Generator[Made]:
    """Yield ``make(first)`` to ``make(last - 1)``, the next ones made in a thread meanwhile."""
    with ThreadPoolExecutor(1, "batches") as thread:
        coming = deque(thread.submit(make, number) for number in range(first, min(first + AHEAD, last)))
        try:
            for number in range(first + AHEAD, last + AHEAD):
                made = coming.popleft().result()
                if number < last:
                    coming.append(thread.submit(make, number))
                yield made
        finally:
            thread.shutdown(wait=True, cancel_futures=True)
