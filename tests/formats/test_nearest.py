"""Nearest neighbours, margin and mining against loops that say the same thing plainly."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.formats.nearest import Chosen, best_threshold, margin, mine, nearest


def vectors(rng: np.random.Generator, count: int, size: int = 8, values: int = 0) -> np.ndarray:
    """Unit vectors; with few `values` many of them are equal."""
    made = rng.integers(-values, values + 1, (count, size)) if values else rng.normal(size=(count, size))
    made = made.astype(np.float64) + (1e-3 if values else 0.0)
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def plain_nearest(cosines: np.ndarray, k: int) -> list[list[int]]:
    return [sorted(range(len(row)), key=lambda j: (-row[j], j))[:k] for row in cosines]


def plain_mine(x: np.ndarray, y: np.ndarray, k: int) -> list[tuple[int, int, float]]:
    """Max retrieval with the ratio margin, pair by pair, as LASER states it."""
    cosines = x.astype(np.float64) @ y.T.astype(np.float64)
    of_x, of_y = plain_nearest(cosines, k), plain_nearest(cosines.T, k)
    mean_x = [np.mean([cosines[i, j] for j in of_x[i]]) for i in range(len(x))]
    mean_y = [np.mean([cosines[i, j] for i in of_y[j]]) for j in range(len(y))]

    def score(i: int, j: int) -> float:
        return float(cosines[i, j] / ((mean_x[i] + mean_y[j]) / 2))

    pairs = [(max((score(i, j), -j) for j in of_x[i]), i) for i in range(len(x))]
    found = [(s, i, -j) for (s, j), i in pairs]
    pairs = [(max((score(i, j), -i) for i in of_y[j]), j) for j in range(len(y))]
    found += [(s, -i, j) for (s, i), j in pairs]
    kept: list[tuple[int, int, float]] = []
    for s, i, j in sorted(found, key=lambda pair: -pair[0]):
        if i not in {a for a, _, _ in kept} and j not in {b for _, b, _ in kept}:
            kept.append((i, j, s))
    return [pair for pair in kept if pair[2] > 0]


@given(
    seed=st.integers(0, 10_000),
    queries=st.integers(1, 12),
    candidates=st.integers(1, 30),
    k=st.integers(1, 8),
    entries=st.sampled_from([1, 7, 50, 1 << 20]),
)
@settings(max_examples=60, deadline=None)
def test_nearest_is_a_sort_of_all_cosines_whatever_the_block(
    seed: int, queries: int, candidates: int, k: int, entries: int
) -> None:
    rng = np.random.default_rng(seed)
    x, y = vectors(rng, queries), vectors(rng, candidates)
    found = nearest(x, y, k, entries=entries)
    cosines = x.astype(np.float64) @ y.T.astype(np.float64)
    k = min(k, candidates)
    assert found.places.tolist() == plain_nearest(cosines, k)
    expected = np.take_along_axis(cosines, found.places, axis=1)
    np.testing.assert_allclose(found.scores, expected, atol=1e-6)
    np.testing.assert_allclose(found.means, expected.mean(axis=1), atol=1e-6)


@pytest.mark.parametrize("entries", [1, 5, 64, 1 << 20])
def test_of_equal_candidates_the_first_come_first(entries: int) -> None:
    one_hot = np.eye(4, dtype=np.float32)
    y = one_hot[[1, 0, 2, 0, 3, 0, 1, 0]]
    found = nearest(-one_hot[:1], y, 8, entries=entries)
    assert found.places.tolist() == [[0, 2, 4, 6, 1, 3, 5, 7]]
    found = nearest(one_hot[:1], y, 3, entries=entries)
    assert found.places.tolist() == [[1, 3, 5]]


@given(seed=st.integers(0, 10_000), entries=st.sampled_from([3, 40, 1 << 20]))
@settings(max_examples=30, deadline=None)
def test_nearest_by_margin_divides_each_cosine_by_the_means_of_both_sides(seed: int, entries: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = np.abs(vectors(rng, 6)), np.abs(vectors(rng, 17))
    means = (nearest(x, y, 3).means, nearest(y, x, 3).means)
    found = nearest(x, y, 5, means=means, entries=entries)
    cosines = x.astype(np.float64) @ y.T.astype(np.float64)
    ratios = np.array(
        [[cosines[i, j] / ((means[0][i] + means[1][j]) / 2) for j in range(len(y))] for i in range(len(x))]
    )
    np.testing.assert_allclose(found.scores, -np.sort(-ratios, axis=1)[:, :5], rtol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(ratios, found.places, axis=1), found.scores, rtol=1e-5)


def test_rows_chosen_from_a_matrix_are_as_good_as_the_rows() -> None:
    rng = np.random.default_rng(1)
    values, numbers = vectors(rng, 20), np.array([3, 3, 17, 0, 9])
    found = nearest(Chosen(values, numbers), Chosen(values, numbers[::-1]), 3, entries=6)
    plain = nearest(values[numbers], values[numbers[::-1]], 3)
    assert found.places.tolist() == plain.places.tolist()
    assert found.places[0, :2].tolist() == [3, 4]


def test_margin_is_the_cosine_over_the_mean_of_two_means() -> None:
    assert margin(np.array([0.6]), np.array([0.5]), np.array([0.3])).tolist() == pytest.approx([1.5])
    assert margin(np.array([0.5, -0.5]), np.array([-0.2]), np.array([-0.2])).tolist() == [5e5, -5e5]


@given(seed=st.integers(0, 10_000), n=st.integers(1, 15), m=st.integers(1, 15), k=st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_mining_is_max_retrieval_by_ratio_margin(seed: int, n: int, m: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = np.abs(vectors(rng, n)), np.abs(vectors(rng, m))
    mined, expected = mine(x, y, k), plain_mine(x, y, k)
    got = dict(
        zip(zip(mined.queries.tolist(), mined.candidates.tolist(), strict=True), mined.scores, strict=True)
    )
    assert got.keys() == {(i, j) for i, j, _ in expected}
    for i, j, score in expected:
        assert got[i, j] == pytest.approx(score, rel=1e-5)
    assert (np.diff(mined.scores) <= 0).all()
    assert len(set(mined.queries.tolist())) == len(set(mined.candidates.tolist())) == len(mined.scores)


def test_mining_by_cosine_keeps_the_cosine_as_score() -> None:
    x = np.eye(3, dtype=np.float32)
    mined = mine(x, x[[2, 0]], 2, "cosine")
    assert sorted(zip(mined.queries.tolist(), mined.candidates.tolist(), strict=True)) == [(0, 1), (2, 0)]
    assert mined.scores.tolist() == [1.0, 1.0]


def test_mining_an_empty_side_finds_nothing() -> None:
    x = np.eye(3, dtype=np.float32)
    assert not len(mine(x, x[:0], 4).scores)
    assert not len(mine(x[:0], x, 4).scores)


@given(
    pairs=st.lists(st.tuples(st.sampled_from([0.1, 0.5, 0.7, 1.1, 1.5, 2.0]), st.booleans()), max_size=12),
    extra=st.integers(0, 4),
)
def test_no_threshold_has_a_higher_f1_than_the_one_that_is_chosen(
    pairs: list[tuple[float, bool]], extra: int
) -> None:
    scores, right = np.array([s for s, _ in pairs]), np.array([r for _, r in pairs], dtype=bool)
    gold = int(right.sum()) + extra

    def f1(threshold: float) -> float:
        kept = scores >= threshold
        return 2 * float((kept & right).sum()) / max(float(kept.sum()) + gold, 1.0)

    chosen = f1(best_threshold(scores, right, gold))
    assert chosen == max([f1(float(s)) for s in scores] + [0.0])


def test_the_threshold_lies_halfway_to_the_next_score() -> None:
    scores, right = np.array([1.0, 1.4, 2.0]), np.array([False, True, True])
    assert best_threshold(scores, right, 2) == pytest.approx(1.2)
    assert best_threshold(scores, ~right, 1) == pytest.approx(1.0)
    assert best_threshold(scores, np.zeros(3, dtype=bool), 5) == 0.0


@pytest.mark.skipif(torch.cuda.is_available(), reason="counts the allocations of the CPU")
def test_memory_is_bounded_by_the_block_and_not_by_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    x, y = vectors(rng, 3000, 4), vectors(rng, 5000, 4)
    sizes: list[int] = []
    product = torch.Tensor.__matmul__

    def watched(self: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        made = product(self, other)
        sizes.append(made.numel())
        return made

    monkeypatch.setattr(torch.Tensor, "__matmul__", watched)
    tracemalloc.start()
    found = nearest(x, y, 4, entries=50_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert max(sizes) <= 50_000
    assert sum(sizes) == 3000 * 5000
    assert peak < 8 * (found.scores.nbytes + found.places.nbytes)
