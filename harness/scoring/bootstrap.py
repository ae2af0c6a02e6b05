"""Cluster bootstrap: how far a score would move if other examples had been drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.keys import number

Floats = NDArray[np.float64]
Names = NDArray[np.object_]

LEVEL = 0.95
RESAMPLES = 1000
# Entries of one block of multiplicities: 16 MB of float64, so that 100,000 clusters still fit in memory.
_BLOCK = 2_000_000
# Blocks that are kept, 2 MB each: 10,000 resamples of up to 12,800 clusters are drawn once for all languages.
_KEPT = 64
# A float32 holds every whole number up to this.
_WHOLE = 2**24


class ClusterBootstrap:
    """Resamples clusters with replacement, jointly over languages that share clusters.

    Examples of one cluster (three hypotheses of one premise, say) are drawn together, and parallel
    examples of two languages, which share a cluster, are drawn together as well: a mean over languages
    then keeps the covariance between them. Languages without a common cluster are drawn independently.

    Source: Davison & Hinkley 1997, Bootstrap Methods and their Application, section 3.8 (resampling of
    whole clusters); Field & Welsh 2007, Bootstrapping clustered data, J. R. Stat. Soc. B 69(3).

    Args:
        clusters: per language the cluster of each example, shape (examples,).
        resamples: number of bootstrap samples.
        seed: makes the draws, together with the clusters' names; global random state is not touched.
    """

    def __init__(self, clusters: Mapping[str, Names], resamples: int = RESAMPLES, seed: int = 0) -> None:
        self.resamples = resamples
        self._place: dict[str, tuple[NDArray[np.intp], int, int]] = {}
        for group in _sharing(clusters):
            names = np.unique(np.concatenate([clusters[language].astype(str) for language in group]))
            stream = number(seed, *names.tolist())
            for language in group:
                index = np.searchsorted(names, clusters[language].astype(str))
                self._place[language] = (index, len(names), stream)

    def clusters(self, language: str, weights: Floats | None = None) -> int:
        """Return the number of different clusters that a language's examples lie in.

        With `weights`, shape (examples,), only those of examples that weigh anything.
        """
        index = self._place[language][0]
        return len(np.unique(index if weights is None else index[weights > 0]))

    def draws(self, language: str) -> Iterator[NDArray[np.uint8]]:
        """Yield how often each cluster of a language is in a sample, block by block of samples.

        The clusters are those of all languages that are drawn together, in the order of their names.

        Returns:
            shape (samples, clusters) each.
        """
        _, count, stream = self._place[language]
        rows = max(1, min(self.resamples, _BLOCK // count))
        for start in range(0, self.resamples, rows):
            yield _multiplicities(stream, count, min(rows, self.resamples - start), start)

    def ratios(self, language: str, values: Floats, weights: Floats) -> Floats:
        """Return the resampled scores sum(values) / sum(weights), column by column.

        The same draws serve every call, so that differences of two results are paired. Equal columns give
        equal scores to the last bit. A sample in which nothing weighs anything gives nan; where that holds
        of all examples, the score is 0.

        Args:
            values: shape (examples, columns).
            weights: likewise.

        Returns:
            shape (resamples, columns).
        """
        index, count, _ = self._place[language]
        columns, places = _different(np.column_stack([values, weights]))
        sums = narrowed(cluster_sums(index, columns, count), count)
        totals = np.concatenate([drawn.astype(sums.dtype) @ sums for drawn in self.draws(language)])
        above, below = np.hsplit(totals[:, places].astype(np.float64), 2)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(weights.sum(axis=0) > 0, above / below, 0.0)

    def means(self, language: str, values: Floats) -> Floats:
        """Return the resampled means of `values`: the scores where every example weighs 1."""
        return self.ratios(language, values, np.ones_like(values))


def ratio(values: Floats, weights: Floats) -> float:
    """Return the score of examples, sum(values) / sum(weights); 0 where nothing weighs anything."""
    below = float(weights.sum())
    return float(values.sum()) / below if below > 0 else 0.0


def interval(estimates: Floats) -> tuple[float, float]:
    """Return the percentile interval at 95 % of bootstrap estimates, shape (resamples,).

    Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap, section 13.3.
    """
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.nanpercentile(estimates, [tail, 100 - tail])
    return float(low), float(high)


def score_interval(score: float, estimates: Floats, clusters: int) -> tuple[float, float]:
    """Return the interval at 95 % of a score in [0, 1].

    The bootstrap knows no spread where every example is right (or wrong): there the exact binomial bound
    over the clusters is taken. One cluster alone, or none, says nothing about the spread: [0, 1].

    Source: Clopper & Pearson 1934, Biometrika 26(4), with no failure (or no success) among `clusters`.
    """
    if clusters == 0:
        return 0.0, 1.0
    bound = ((1 - LEVEL) / 2) ** (1 / clusters)
    if score >= 1:
        return bound, 1.0
    if score <= 0:
        return 0.0, 1 - bound
    return interval(estimates) if clusters > 1 else (0.0, 1.0)


def difference_interval(estimates: Floats, clusters: int) -> tuple[float, float]:
    """Return the interval at 95 % of a difference of two scores; [-1, 1] from one cluster alone."""
    return interval(estimates) if clusters > 1 else (-1.0, 1.0)


def cluster_sums(index: NDArray[np.intp], values: Floats, count: int) -> Floats:
    """Sum values by cluster: shapes (examples,), (examples, columns) -> (count, columns)."""
    columns = [np.bincount(index, weights=column, minlength=count) for column in values.T]
    return np.column_stack(columns)


def narrowed(sums: Floats, drawn: int) -> NDArray[np.floating[Any]]:
    """Return clusters' sums as float32 where no total of `drawn` of them would be rounded: twice as fast.

    Counts of right examples are such sums.
    """
    whole = (sums == np.rint(sums)).all() and np.abs(sums).max(initial=0) * drawn <= _WHOLE
    return sums.astype(np.float32) if whole else sums


def _different(columns: Floats) -> tuple[Floats, list[int]]:
    """Return the columns that differ from each other, and the place of each of `columns` among them."""
    found: dict[bytes, int] = {}
    places = [found.setdefault(column.tobytes(), len(found)) for column in columns.T]
    first = [places.index(place) for place in range(len(found))]
    return columns[:, first], places


@lru_cache(maxsize=_KEPT)
def _multiplicities(stream: int, count: int, rows: int, start: int) -> NDArray[np.uint8]:
    """Return how often each cluster is drawn, shape (rows, count); each row sums to `count`.

    One in 10^500 samples would draw a cluster more often than a byte can tell.
    """
    rng = np.random.default_rng([stream, start])
    drawn = rng.integers(0, count, size=(rows, count)) + np.arange(rows)[:, None] * count
    times = np.bincount(drawn.ravel(), minlength=rows * count).reshape(rows, count).astype(np.uint8)
    times.flags.writeable = False
    return times


def _sharing(clusters: Mapping[str, Names]) -> list[list[str]]:
    """Group languages that share a cluster, directly or through a third language."""
    groups: list[tuple[list[str], set[str]]] = []
    for language, names in clusters.items():
        members, union = [language], set(names.astype(str).tolist())
        apart = []
        for others, known in groups:
            if known.isdisjoint(union):
                apart.append((others, known))
            else:
                members, union = [*others, *members], union | known
        groups = [*apart, (members, union)]
    return [members for members, _ in groups]
