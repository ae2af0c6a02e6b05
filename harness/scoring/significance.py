"""Tests of a paired difference, and the correction for making many of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.keys import number
from harness.scoring.bootstrap import Floats, cluster_sums, narrowed

Graded = tuple[Floats, Floats]

EXCHANGES = 9999
_BLOCK = 4_000_000


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the two-sided exact p-value that right and wrong turn over equally often.

    `only_first` counts the examples that the first run alone has right, `only_second` the other way
    round. Examples are taken as independent.

    Source: McNemar 1947, Psychometrika 12(2); the exact binomial form: Fagerland et al. 2013 (BMC Medical
    Research Methodology 13:91), section 2.
    """
    discordant = only_first + only_second
    term = total = 1
    for count in range(min(only_first, only_second)):
        term = term * (discordant - count) // (count + 1)
        total += term
    return min(1.0, 2 * total / (1 << discordant))


def randomisation(first: Graded, second: Graded, clusters: NDArray[np.object_], seed: int = 0) -> float:
    """Return the two-sided p-value that it does not matter which run a cluster's outputs come from.

    The two runs' outputs on whole clusters are exchanged at random 9,999 times, and the difference of
    sum(values) / sum(weights) is taken each time; the observed one counts as one draw, so that the p-value
    is never 0. Where all weights are 1, this flips the signs of the clusters' summed differences.

    Args:
        first, second: values and weights of a run's examples, shape (examples,) each.
        clusters: the cluster of each example, shape (examples,).

    Source: Noreen 1989, Computer-intensive Methods for Testing Hypotheses, section 2.6; for F1: Yeh 2000,
    More accurate tests for the statistical significance of result differences (arXiv cs/0008005).
    """
    names, index = np.unique(clusters.astype(str), return_inverse=True)
    ours, theirs = (cluster_sums(index, np.column_stack(run), len(names)) for run in (first, second))
    differences, total = theirs - ours, (theirs + ours).sum(axis=0) / 2
    differences = differences[(differences != 0).any(axis=1)]
    count, half = len(differences), differences.sum(axis=0) / 2
    if count == 0:
        return 1.0
    rng = np.random.default_rng(number(seed, count, *names.tolist()))
    observed, as_far = abs(_apart(total, half)), 1
    columns = narrowed(differences, count).T
    rows = max(1, min(EXCHANGES, _BLOCK // count))
    for start in range(0, EXCHANGES, rows):
        exchanged = tosses(rng, min(rows, EXCHANGES - start), count).astype(columns.dtype)
        # One column after the other: BLAS is slow at a matrix of two columns.
        moved = np.column_stack([exchanged @ np.ascontiguousarray(column) for column in columns])
        found = np.abs(_apart(total, half - moved))
        # Differences that are equal but for rounding must count as equal.
        as_far += int((found >= observed - 1e-12).sum())
    return as_far / (EXCHANGES + 1)


def _apart(total: Floats, half: Floats) -> Floats:
    """Return by how much the scores total + half and total - half differ; pairs (value, weight) come last."""
    above, below = total + half, total - half
    scores = [
        np.divide(side[..., 0], side[..., 1], out=np.zeros(side.shape[:-1]), where=side[..., 1] > 0)
        for side in (above, below)
    ]
    return np.asarray(scores[0] - scores[1])


def tosses(rng: np.random.Generator, rows: int, count: int) -> NDArray[np.uint8]:
    """Return tosses of a coin, 0 or 1, shape (rows, count).

    They are those of ``rng.integers(0, 2, (rows, count), np.int8)``, in a quarter of the time.
    """
    drawn = np.frombuffer(rng.bytes(rows * count), np.uint8)
    return np.right_shift(drawn, 7, dtype=np.uint8).reshape(rows, count)


def false_discovery(p_values: Sequence[float]) -> list[float]:
    """Return each p-value's q-value: the smallest false discovery rate at which it would be accepted.

    Source: Benjamini & Hochberg 1995, J. R. Stat. Soc. B 57(1).
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(-p, kind="stable")
    ranks = np.arange(len(p), 0, -1)
    q = np.empty_like(p)
    q[order] = np.minimum(1.0, np.minimum.accumulate(p[order] * (len(p) / ranks))) if len(p) else p
    return [float(value) for value in q]
