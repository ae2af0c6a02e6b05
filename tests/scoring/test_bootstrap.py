from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.scoring.bootstrap import ClusterBootstrap, interval, narrowed, score_interval


def names(count: int, size: int = 1, prefix: str = "c") -> NDArray[np.object_]:
    return np.array([f"{prefix}{item // size}" for item in range(count)], dtype=object)


def drawn_means(
    clusters: NDArray[np.object_], values: NDArray[np.float64], **options: int
) -> NDArray[np.float64]:
    return ClusterBootstrap({"de": clusters}, **options).means("de", values[:, None])[:, 0]


def test_the_spread_of_a_mean_is_its_standard_error() -> None:
    values = np.random.default_rng(0).normal(size=400)
    drawn = drawn_means(names(400), values, resamples=4000)
    assert drawn.mean() == pytest.approx(values.mean(), abs=0.005)
    assert drawn.std() == pytest.approx(values.std() / np.sqrt(400), rel=0.05)


def test_it_agrees_with_a_plain_loop_over_clusters() -> None:
    rng = np.random.default_rng(1)
    clusters = np.array([f"c{i}" for i in rng.integers(0, 40, size=150)], dtype=object)
    values = (rng.random(150) < 0.7).astype(float)
    members = [np.flatnonzero(clusters == name) for name in np.unique(clusters.astype(str))]
    loop = []
    for _ in range(3000):
        chosen = np.concatenate([members[i] for i in rng.integers(0, len(members), size=len(members))])
        loop.append(values[chosen].mean())
    drawn = drawn_means(clusters, values, resamples=3000)
    assert interval(drawn) == pytest.approx(interval(np.array(loop)), abs=0.012)


@pytest.mark.parametrize("graded", [False, True], ids=["right or wrong", "graded"])
def test_it_equals_a_loop_over_the_same_draws(graded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.scoring.bootstrap._BLOCK", 40 * 70)
    rng = np.random.default_rng(10)
    clusters = {
        "de": np.array([f"c{i}" for i in rng.integers(0, 40, size=150)], dtype=object),
        "fr": np.array([f"c{i}" for i in rng.integers(0, 40, size=90)], dtype=object),
    }
    bootstrap = ClusterBootstrap(clusters, resamples=200)
    order = np.unique(np.concatenate(list(clusters.values())).astype(str))
    for language, names_ in clusters.items():
        values = (
            rng.random((len(names_), 6)) if graded else (rng.random((len(names_), 6)) < 0.7).astype(float)
        )
        weights = rng.random(values.shape) + 0.5 if graded else np.ones_like(values)
        members = [np.flatnonzero(names_ == name) for name in order]
        drawn = np.concatenate(list(bootstrap.draws(language)))
        assert drawn.shape == (200, len(order))
        assert (drawn.sum(axis=1) == len(order)).all()
        looped = []
        for times in drawn:
            rows = np.concatenate([np.tile(members[place], times[place]) for place in range(len(order))])
            looped.append(values[rows].sum(axis=0) / weights[rows].sum(axis=0))
        found = bootstrap.ratios(language, values, weights)
        if graded:
            assert found == pytest.approx(np.array(looped), rel=1e-12)
        else:
            assert (found == np.array(looped)).all()


def test_sums_that_float32_would_round_stay_float64() -> None:
    assert narrowed(np.array([[1.0, 3.0]]), 4).dtype == np.float32
    assert narrowed(np.array([[1.0, 0.1]]), 4).dtype == np.float64
    assert narrowed(np.array([[1.0, 2.0**23]]), 4).dtype == np.float64


def test_it_agrees_with_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    values = (np.random.default_rng(2).random(200) < 0.6).astype(float)
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=4000, method="percentile", rng=np.random.default_rng(3)
    ).confidence_interval
    ours = interval(drawn_means(names(200), values, resamples=4000))
    assert ours == pytest.approx((theirs.low, theirs.high), abs=0.011)


def test_copies_of_an_example_in_its_cluster_add_no_certainty() -> None:
    values = (np.random.default_rng(4).random(100) < 0.5).astype(float)
    single = drawn_means(names(100), values)
    copied = drawn_means(names(300, size=3), np.repeat(values, 3))
    assert copied == pytest.approx(single)
    apart = drawn_means(names(300), np.repeat(values, 3))
    assert apart.std() < 0.7 * copied.std()


def test_blocks_do_not_change_the_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(5).random(50)
    whole = drawn_means(names(50), values, resamples=2000)
    monkeypatch.setattr("harness.scoring.bootstrap._BLOCK", 50 * 300)
    blocks = drawn_means(names(50), values, resamples=2000)
    assert blocks.shape == (2000,)
    assert interval(blocks) == pytest.approx(interval(whole), abs=0.01)


def test_parallel_languages_are_drawn_together_and_others_apart() -> None:
    values = np.random.default_rng(6).random(80)
    bootstrap = ClusterBootstrap(
        {"de": names(80), "fr": names(80)[::-1], "xx": names(80, prefix="other")}, resamples=2000
    )
    de = bootstrap.means("de", values[:, None])[:, 0]
    fr = bootstrap.means("fr", values[::-1][:, None])[:, 0]
    other = bootstrap.means("xx", values[:, None])[:, 0]
    assert fr == pytest.approx(de)
    assert abs(np.corrcoef(de, other)[0, 1]) < 0.1


def test_a_language_is_drawn_alike_alone_and_among_others() -> None:
    values = np.random.default_rng(7).random(30)
    alone = ClusterBootstrap({"de": names(30)}, resamples=100)
    among = ClusterBootstrap({"xx": names(9, prefix="o"), "de": names(30), "fr": names(30)}, resamples=100)
    assert (alone.means("de", values[:, None]) == among.means("de", values[:, None])).all()


def test_global_random_state_is_not_touched_and_the_seed_decides() -> None:
    np.random.seed(11)
    before = np.random.get_state()[1].copy()
    values = np.random.default_rng(8).random(40)
    first, second = (drawn_means(names(40), values, seed=seed) for seed in (1, 2))
    assert (np.random.get_state()[1] == before).all()
    assert (drawn_means(names(40), values, seed=1) == first).all()
    assert (first != second).any()


@pytest.mark.parametrize(("clusters", "bound"), [(1, 0.025), (10, 0.6915), (100, 0.9638)])
def test_no_failure_gives_the_exact_binomial_bound(clusters: int, bound: float) -> None:
    assert score_interval(1.0, np.ones(10), clusters) == (pytest.approx(bound, abs=1e-4), 1.0)
    assert score_interval(0.0, np.zeros(10), clusters) == (0.0, pytest.approx(1 - bound, abs=1e-4))


def test_one_cluster_tells_nothing_of_the_spread() -> None:
    assert score_interval(0.5, np.full(10, 0.5), 1) == (0.0, 1.0)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    # 300 data sets of 60 clusters of three examples that are right or wrong together by half.
    # 95 % nominal; the percentile method is known to fall a little short at 60 clusters.
    rng = np.random.default_rng(9)
    covered = 0
    for seed in range(300):
        cluster_rate = np.where(rng.random(60) < 0.5, 0.9, 0.5)
        values = (rng.random(180) < np.repeat(cluster_rate, 3)).astype(float)
        low, high = interval(drawn_means(names(180, size=3), values, resamples=400, seed=seed))
        covered += low <= 0.7 <= high
    assert 0.91 <= covered / 300 <= 0.98


@given(st.lists(st.booleans(), min_size=2, max_size=60), st.integers(1, 4))
def test_the_interval_holds_the_estimate(right: list[bool], size: int) -> None:
    values = np.array(right, dtype=float)
    clusters = names(len(values), size)
    bootstrap = ClusterBootstrap({"de": clusters}, resamples=200)
    drawn = bootstrap.means("de", values[:, None])[:, 0]
    low, high = score_interval(float(values.mean()), drawn, bootstrap.clusters("de"))
    assert 0 <= low <= values.mean() + 1e-12
    assert values.mean() - 1e-12 <= high <= 1
