from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pytest

from harness.errors import HarnessError
from harness.scoring.compare import compare_runs
from harness.scoring.records import Cell, RunRecord, Variant

SWAP = "noise.swap"
Cells = dict[tuple[str, str], pa.Table | None]


def run(name: str, cells: Cells, **changes: object) -> RunRecord:
    languages = tuple(dict.fromkeys(language for language, _ in cells))
    given = {
        "run_id": (name * 32)[:32],
        "name": name,
        "model": "demo",
        "intermediate": "none",
        "target": "xnli",
        "seed": 0,
        "recipe": "quick",
        "precision": "fp32",
        "created": "2026-01-01",
        "command": "harness run",
        "split": "test",
        "limit": None,
        "labels": ("a", "b"),
        "chance": {"en": 0.5, "de": 0.5, "th": 0.5},
        "metric": "accuracy",
        "train_stages": (),
        "languages": languages,
        "variants": (Variant("clean"), Variant(SWAP, SWAP, "noise", 0.1, True)),
        "cells": tuple(
            Cell(language, variant, f"{name}/{language}/{variant}" if table else None)
            for (language, variant), table in cells.items()
        ),
        **changes,
    }
    return RunRecord(**given)


def compare(first: Cells, second: Cells, **changes: object):
    tables = {f"{name}/{lang}/{variant}": table for name, cells in (("a", first), ("b", second))
              for (lang, variant), table in cells.items()}  # fmt: skip
    runs = [run("a", first), run("b", second, **changes)]
    return compare_runs(runs, tables.__getitem__, resamples=400), runs[1].run_id


def simulated(table, seed: int, rates: Mapping[str, float], drop: float = 0.0, count: int = 400) -> Cells:
    hard = np.random.default_rng(seed).random(count)
    cells: Cells = {}
    for language, rate in rates.items():
        cells[language, "clean"] = table(hard < rate)
        cells[language, SWAP] = table(hard < rate - drop, touched=[True] * count)
    return cells


def test_a_run_does_not_differ_from_its_own_predictions(table) -> None:
    cells = simulated(table, 0, {"en": 0.9, "de": 0.7}, drop=0.1)
    comparison, _ = compare(cells, cells)
    assert len(comparison.differences) == 8
    for found in comparison.differences:
        assert (found.difference, found.difference_lo, found.difference_hi) == (0, 0, 0)
        assert found.drop_difference in (0, None)
        assert found.p in (1.0, None)
        assert not found.clear


def test_gains_and_changed_drops_are_found_with_their_sign(table) -> None:
    first = simulated(table, 0, {"en": 0.8, "de": 0.6}, drop=0.2)
    second = simulated(table, 0, {"en": 0.8, "de": 0.7}, drop=0.05)
    comparison, other = compare(first, second)
    clean = comparison.find(other, "de", "clean")
    assert clean.difference == pytest.approx(0.1, abs=0.03)
    assert clean.clear
    assert clean.p < clean.q < 0.001
    disturbed = comparison.find(other, "en", SWAP)
    assert disturbed.drop_difference == pytest.approx(-0.15, abs=0.03)
    assert disturbed.drop_difference_hi < 0
    mean = comparison.find(other, "mean", SWAP)
    drops = [comparison.find(other, language, SWAP).drop_difference for language in ("en", "de")]
    assert mean.drop_difference == pytest.approx(np.mean(drops))
    assert comparison.find(other, "mean_transfer", "clean").difference == clean.difference
    assert mean.p is None


def test_exchanging_the_runs_turns_the_signs_round(table) -> None:
    first, second = simulated(table, 0, {"de": 0.6}, 0.1), simulated(table, 1, {"de": 0.7}, 0.2)
    there, one = compare(first, second)
    back, two = compare(second, first)
    for variant in ("clean", SWAP):
        a, b = there.find(one, "de", variant), back.find(two, "de", variant)
        assert a.difference == -b.difference
        assert (a.difference_lo, a.difference_hi) == pytest.approx((-b.difference_hi, -b.difference_lo))
        assert a.p == b.p


def test_only_common_examples_are_compared_and_the_others_counted(table) -> None:
    first = simulated(table, 0, {"de": 0.6}, count=300)
    second = simulated(table, 0, {"de": 0.6}, count=200)
    comparison, other = compare(first, second, limit=200)
    assert comparison.find(other, "de", "clean").n == 200
    assert comparison.left_out == {"de": 100}


def test_cells_that_one_run_lacks_are_named(table) -> None:
    first = simulated(table, 0, {"de": 0.6, "th": 0.5})
    second = {**first, ("th", SWAP): None}
    comparison, other = compare(first, second)
    assert comparison.unshared == ((other, "th", SWAP),)
    assert comparison.find(other, "mean", SWAP).n == 1


def test_clustered_examples_are_tested_by_cluster(table) -> None:
    cells = {
        ("de", "clean"): table([1, 0] * 30, cluster=[f"c{row // 3}" for row in range(60)]),
    }
    comparison, other = compare(cells, cells)
    assert comparison.find(other, "de", "clean").test == "randomisation"
    plain, other = compare(simulated(table, 0, {"de": 0.6}), simulated(table, 0, {"de": 0.6}))
    assert plain.find(other, "de", "clean").test == "mcnemar"


def test_runs_that_cannot_be_compared_are_refused(table) -> None:
    cells = simulated(table, 0, {"de": 0.6}, count=20)
    with pytest.raises(HarnessError, match=r"scored on xnli .* on pawsx"):
        compare(cells, cells, target="pawsx")
    other = {
        place: cell.set_column(0, "id", pa.array([f"dev-{i}" for i in range(20)]))
        for place, cell in cells.items()
    }
    with pytest.raises(HarnessError, match="no example in common"):
        compare(cells, other)
    same = run("a", cells)
    with pytest.raises(HarnessError, match="one run alone"):
        compare_runs([same, same], {}.__getitem__)


def test_the_paired_interval_covers_a_true_difference_as_often_as_it_says(table) -> None:
    # 200 pairs of runs whose true difference is 0.1, right together on an example more often than not.
    rng = np.random.default_rng(0)
    covered = 0
    for seed in range(200):
        hard = rng.random(250)
        own = rng.random((2, 250)) < 0.3
        right = [np.where(own[i], rng.random(250) < rate, hard < rate) for i, rate in enumerate((0.6, 0.7))]
        first, second = ({("de", "clean"): table(side)} for side in right)
        tables = {"a/de/clean": first["de", "clean"], "b/de/clean": second["de", "clean"]}
        comparison = compare_runs(
            [run("a", first), run("b", second)], tables.__getitem__, resamples=300, seed=seed
        )
        found = comparison.differences[0]
        covered += found.difference_lo <= 0.1 <= found.difference_hi
    assert 0.91 <= covered / 200 <= 0.985


def test_means_leave_out_languages_that_one_run_barely_disturbed(table) -> None:
    first = simulated(table, 0, {"en": 0.9, "de": 0.7, "th": 0.5}, drop=0.1)
    second = simulated(table, 0, {"en": 0.95, "de": 0.8, "th": 0.5}, drop=0.1)
    few = second["th", SWAP]
    assert few is not None
    place = few.column_names.index("touched")
    second["th", SWAP] = few.set_column(place, "touched", pa.array([row < 79 for row in range(400)]))
    comparison, other = compare(first, second)
    cell, mean = comparison.find(other, "th", SWAP), comparison.find(other, "mean", SWAP)
    assert cell is not None
    assert mean is not None
    assert cell.barely_changed
    assert mean.n == 2
    gains = [comparison.find(other, language, SWAP) for language in ("en", "de")]
    assert mean.difference == pytest.approx(np.mean([gain.difference for gain in gains if gain]))
    clean = comparison.find(other, "mean", "clean")
    assert clean is not None
    assert clean.n == 3
