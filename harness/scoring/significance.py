"""Tests of a paired difference, and the correction for making many of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.keys import number
from harness.scoring.bootstrap import Floats

FLIPS = 9999
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


def sign_flip(differences: Floats, clusters: NDArray[np.object_], seed: int = 0) -> float:
    """Return the two-sided p-value that whole clusters' differences, shape (examples,), lie evenly about 0.

    The signs of all clusters' summed differences are flipped at random 9,999 times; the observed sum
    counts as one draw, so that the p-value is never 0.

    Source: Good 2005, Permutation, Parametric and Bootstrap Tests of Hypotheses, section 3.2; clusters as
    the units: Winkler et al. 2015, NeuroImage 123 (whole-block sign flipping).
    """
    _, index = np.unique(clusters.astype(str), return_inverse=True)
    sums = np.bincount(index, weights=differences)
    sums = sums[sums != 0]
    if len(sums) == 0:
        return 1.0
    rng = np.random.default_rng(number(seed, len(sums), *np.unique(clusters.astype(str)).tolist()))
    observed, as_far = abs(sums.sum()), 1
    rows = max(1, min(FLIPS, _BLOCK // len(sums)))
    for start in range(0, FLIPS, rows):
        signs = rng.integers(0, 2, size=(min(rows, FLIPS - start), len(sums)), dtype=np.int8)
        flipped = sums.sum() - 2 * (signs @ sums)
        # Sums that are equal but for rounding must count as equal.
        as_far += int((np.abs(flipped) >= observed - 1e-9).sum())
    return as_far / (FLIPS + 1)


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
