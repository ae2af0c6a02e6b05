from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.scoring.significance import Graded, false_discovery, mcnemar, randomisation, tosses


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [(0, 0, 1.0), (0, 1, 1.0), (0, 5, 0.0625), (1, 9, 0.021484375), (5, 5, 1.0), (1, 3, 0.625)],
)
def test_mcnemar_by_hand(first: int, second: int, p: float) -> None:
    assert mcnemar(first, second) == pytest.approx(p, rel=1e-9)
    assert mcnemar(second, first) == mcnemar(first, second)


@given(st.integers(0, 1500), st.integers(0, 1500))
def test_mcnemar_is_the_binomial_test(first: int, second: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    if first + second:
        expected = stats.binomtest(first, first + second).pvalue
        assert mcnemar(first, second) == pytest.approx(expected, rel=1e-6, abs=1e-200)


def means(differences: Sequence[float]) -> tuple[Graded, Graded]:
    """Return two runs whose examples weigh 1 and differ by `differences`."""
    values = np.array(differences, dtype=float)
    return (np.zeros_like(values), np.ones_like(values)), (values, np.ones_like(values))


def test_exchanging_agrees_with_mcnemar_where_clusters_hold_one_example() -> None:
    names = np.arange(100).astype(str).astype(object)
    p = randomisation(*means([1.0] * 22 + [-1.0] * 9 + [0.0] * 69), names)
    assert p == pytest.approx(mcnemar(9, 22), abs=0.006)


def test_copies_in_a_cluster_are_no_evidence() -> None:
    differences = np.array([1.0] * 12 + [-1.0] * 8)
    names = np.arange(20).astype(str).astype(object)
    one = randomisation(*means(differences), names)
    copied = randomisation(*means(np.repeat(differences, 10)), np.repeat(names, 10))
    assert copied == pytest.approx(one, abs=1e-12)
    assert mcnemar(80, 120) < 0.01 < 0.3 < copied


def test_no_difference_is_no_evidence() -> None:
    assert randomisation(*means([0.0] * 5), np.array(list("abcde"), dtype=object)) == 1.0


def test_ratios_are_tested_by_every_way_to_exchange_outputs() -> None:
    # Eight sentences: twice the right entities, predicted plus gold ones. All 256 exchanges are counted here.
    first = np.array([[2, 3], [0, 2], [4, 5], [0, 1], [2, 4], [0, 0], [2, 2], [0, 3]], dtype=float)
    second = np.array([[2, 2], [2, 2], [4, 4], [0, 0], [2, 3], [0, 0], [2, 4], [2, 3]], dtype=float)
    differences = []
    for choice in product((False, True), repeat=8):
        swap = np.array(choice)[:, None]
        one, two = np.where(swap, second, first).sum(axis=0), np.where(swap, first, second).sum(axis=0)
        differences.append(abs(one[0] / one[1] - two[0] / two[1]))
    exact = np.mean(np.array(differences) >= differences[0] - 1e-12)
    p = randomisation(tuple(first.T), tuple(second.T), np.arange(8).astype(str).astype(object))
    assert 0.1 < exact < 0.5
    assert p == pytest.approx(exact, abs=0.015)


def test_false_discovery_by_hand() -> None:
    # Benjamini & Hochberg 1995, section 3.2: at 5 % four of these fifteen are accepted.
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719]
    p += [0.6528, 0.7590, 1.0000]
    q = false_discovery(p)
    assert sum(value <= 0.05 for value in q) == 4
    assert q[0] == pytest.approx(0.0015)
    assert q[-1] == 1.0
    assert false_discovery([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_q_keeps_the_order_and_is_never_below_p(p: list[float]) -> None:
    q = false_discovery(p)
    assert all(a >= b for a, b in zip(q, p, strict=True))
    order = np.argsort(p)
    assert (np.diff(np.array(q)[order]) >= 0).all()


@pytest.mark.parametrize("shape", [(40, 25), (7, 13), (3, 1)])
def test_tosses_are_those_of_the_generators_integers(shape: tuple[int, int]) -> None:
    ours, numpys = np.random.default_rng(5), np.random.default_rng(5)
    for _ in range(3):
        assert (tosses(ours, *shape) == numpys.integers(0, 2, size=shape, dtype=np.int8)).all()
