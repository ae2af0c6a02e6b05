"""``harness bench score`` measures two ways to the same intervals."""

from __future__ import annotations

import numpy as np

from harness.bench.scoring import made_runs, measure, resampled, resampled_by_loop


def test_both_ways_give_the_same_intervals_but_for_the_draws() -> None:
    runs = made_runs(languages=2, variants=3, items=600)
    ours, loop = resampled(runs, 3000), resampled_by_loop(runs, 3000)
    assert ours.shape == loop.shape == (3, 3, 2)
    assert np.abs(ours - loop).max() < 0.006
    assert (ours[..., 0] < ours[..., 1]).all()


def test_the_made_runs_are_comparable(monkeypatch) -> None:
    small = made_runs(languages=2, variants=2, items=60)
    monkeypatch.setattr("harness.bench.scoring.made_runs", lambda: small)
    found = measure(100, 10, 2, lambda line: None)
    assert (len(found.ours), len(found.loop)) == (2, 2)
    assert found.ratio > 0
    assert found.whole > 0
