from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import HarnessError
from harness.scoring.bootstrap import ClusterBootstrap
from harness.scoring.compare import compare_runs
from harness.scoring.pairing import metrics_of, read, score_table
from harness.scoring.records import Cell, RunRecord, Variant
from harness.scoring.scores import CellScores, score_cell, score_run, worst_case

SEVERAL = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
# (twice the right entities, predicted plus gold entities) of a sentence
counts = st.integers(0, 3).flatmap(
    lambda right: st.tuples(st.just(2 * right), st.integers(0, 4).map(lambda wrong: 2 * right + wrong))
)
sentences = st.lists(counts, min_size=3, max_size=25).map(lambda drawn: [(2, 3), (0, 2), *drawn])


def score(clean: pa.Table, cell: pa.Table, chance: float = 0.0, variant: str = "noise.swap") -> CellScores:
    return score_cell(clean, cell, language="de", variant=variant, chance=chance, metric="f1", resamples=200)


def test_the_score_is_the_sum_of_values_over_the_sum_of_weights(graded) -> None:
    clean = graded([(2, 4), (4, 4), (0, 1), (0, 0)] * 10)
    cell = graded([(2, 4), (0, 3), (0, 1), (0, 2)] * 10)
    scores = score(clean, cell)
    assert scores.score == pytest.approx(2 / 10)
    assert scores.drop == pytest.approx(6 / 9 - 2 / 10)
    assert scores.relative_drop == pytest.approx((6 / 9 - 2 / 10) / (6 / 9))
    # Half of the first sentence's entities are not more than half: right on clean text is the second alone.
    assert scores.flipped == 1.0


def test_a_metric_without_weights_is_a_mean(table) -> None:
    clean = table([0.25, 1, 0, 1])
    scores = score_cell(clean, clean, language="de", variant="clean", chance=0.0)
    assert scores.score == 0.5625


def test_all_metrics_of_a_table_are_scored_beside_the_main_one(graded) -> None:
    made = graded([(1, 1), (0.5, 1)]).append_column("exact_match", pa.array([1.0, 0.0], pa.float32()))
    assert metrics_of(made) == ["f1", "exact_match"]
    scores = score_run({"de": {"clean": made}}, metric="f1", chance={"de": 0.1}, resamples=50)
    assert scores.cells[0].metrics == {"f1": 0.75, "exact_match": 0.5}
    assert scores.averages[0].metrics == {"f1": 0.75, "exact_match": 0.5}
    assert (scores.cells[0].score, scores.cells[0].chance, scores.averages[0].chance) == (0.75, 0.1, 0.1)


def test_each_language_is_measured_from_its_own_chance(table) -> None:
    tables = {language: {"clean": table([1, 1, 0, 0] * 50)} for language in ("de", "th")}
    de, th = score_run(tables, chance={"de": 0.2, "th": 0.5}, resamples=200).cells
    assert (de.at_chance, th.at_chance) == (False, True)


def test_an_unknown_metric_is_refused_with_those_there_are(graded) -> None:
    with pytest.raises(HarnessError, match="de / clean: not scored by accuracy, but by f1"):
        read(graded([(1, 1)]), "de / clean", "accuracy")


@pytest.mark.parametrize("pair", [(float("nan"), 1), (1, float("nan")), (1, -1)])
def test_a_missing_value_or_weight_is_refused(graded, pair: tuple[float, float]) -> None:
    with pytest.raises(HarnessError, match="'test-1' has no score"):
        read(graded([(1, 1), pair]), "de / clean", "f1")


def test_where_nothing_weighs_anything_the_score_is_nothing_and_unsure(graded) -> None:
    empty = graded([(0, 0)] * 5)
    scores = score(empty, empty, variant="clean")
    assert (scores.score, scores.score_lo, scores.score_hi, scores.at_chance) == (0, 0, 1, True)
    found = score(graded([(2, 2)] * 5), empty)
    assert (found.drop, found.consistency, found.flipped) == (1, 0, 1)
    assert np.isfinite([found.drop_lo, found.drop_hi]).all()


def test_a_perfect_score_is_as_sure_as_the_examples_that_weigh_something(graded) -> None:
    few = graded([(2, 2)] * 3 + [(0, 0)] * 97)
    assert score(few, few, variant="clean").score_lo == pytest.approx(0.025 ** (1 / 3))


@SEVERAL
@given(pairs=sentences)
def test_equal_predictions_have_no_drop_at_all(graded, pairs: list[tuple[int, int]]) -> None:
    scores = score(graded(pairs), graded(pairs))
    assert (scores.drop, scores.drop_lo, scores.drop_hi) == (0, 0, 0)


@SEVERAL
@given(values=st.lists(st.floats(0, 1, width=32), min_size=3, max_size=25))
def test_equal_graded_scores_have_no_drop_at_all(graded, values: list[float]) -> None:
    made = graded([(value, 1) for value in values])
    scores = score(made, made)
    assert (scores.drop, scores.drop_lo, scores.drop_hi) == (0, 0, 0)


@SEVERAL
@given(pairs=sentences, times=st.sampled_from([2, 4, 8]))
def test_the_unit_of_values_and_weights_does_not_matter(graded, pairs, times: int) -> None:
    one, many = graded(pairs), graded([(times * value, times * weight) for value, weight in pairs])
    assert score(one, one, variant="clean").score == score(many, many, variant="clean").score


def test_the_spread_of_a_ratio_is_that_of_its_linearisation() -> None:
    rng = np.random.default_rng(0)
    weights = rng.integers(1, 9, size=500).astype(float)
    values = rng.binomial(weights.astype(int), 0.6).astype(float)
    names = np.arange(500).astype(str).astype(object)
    drawn = ClusterBootstrap({"de": names}, resamples=4000).ratios("de", values[:, None], weights[:, None])
    score = values.sum() / weights.sum()
    # Davison & Hinkley 1997, section 2.7.2: the influence of an example on a ratio.
    influence = (values - score * weights) / weights.mean()
    assert drawn.std() == pytest.approx(influence.std() / np.sqrt(500), rel=0.05)


def test_the_worst_case_is_the_lowest_ratio_that_choices_can_reach(graded) -> None:
    clean, one = graded([(2, 2), (0, 3), (4, 6)]), graded([(2, 3), (0, 1), (0, 0)])
    worst = worst_case(clean, {"a": one}, language="de", metric="f1", resamples=100)
    # 2/3, 0/3 and 0/0: the empty third sentence takes a score of 4/6 away, the second keeps its weight.
    assert worst.score == pytest.approx(2 / 6)


@SEVERAL
@given(data=st.data(), count=st.integers(1, 7))
def test_no_choice_of_variants_scores_below_the_worst_case(graded, data, count: int) -> None:
    cells = [data.draw(st.lists(counts, min_size=count, max_size=count)) for _ in range(3)]
    tables = [graded(cell) for cell in cells]
    worst = worst_case(tables[0], {"a": tables[1], "b": tables[2]}, language="de", metric="f1", resamples=2)
    grid = np.array(cells, dtype=float)
    for choice in np.ndindex(*(3,) * count):
        value, weight = grid[list(choice), np.arange(count)].sum(axis=0)
        if weight:
            assert worst.score <= value / weight + 1e-12


def run(name: str, tables: dict[str, pa.Table]) -> RunRecord:
    return RunRecord(
        run_id=name * 32,
        name=name,
        model="demo",
        intermediate="none",
        target="pan-x",
        seed=0,
        recipe="quick",
        precision="fp32",
        created="2026-01-01",
        command="harness run",
        split="test",
        limit=None,
        labels=("O", "B-PER"),
        chance={"de": 0.0},
        metric="f1",
        train_stages=(),
        languages=("de",),
        variants=tuple(Variant(variant) for variant in tables),
        cells=tuple(Cell("de", variant, f"{name}/{variant}") for variant in tables),
    )


def test_runs_differ_by_the_difference_of_their_ratios(graded) -> None:
    tables = {
        "a/clean": graded([(2, 4), (4, 4), (0, 1)]),
        "a/noise.swap": graded([(0, 3), (4, 5), (0, 1)]),
        "b/clean": graded([(4, 4), (4, 4), (0, 2)]),
        "b/noise.swap": graded([(4, 5), (2, 4), (0, 1)]),
    }
    runs = [
        run(name, {place[2:]: each for place, each in tables.items() if place[0] == name})
        for name in ("a", "b")
    ]
    comparison = compare_runs(runs, tables.__getitem__, resamples=100)
    clean = comparison.find("b" * 32, "de", "clean")
    assert (clean.first, clean.second) == pytest.approx((6 / 9, 8 / 10))
    assert clean.difference == pytest.approx(8 / 10 - 6 / 9)
    assert clean.test == "randomisation"
    disturbed = comparison.find("b" * 32, "de", "noise.swap")
    assert disturbed.drop_difference == pytest.approx((8 / 10 - 6 / 10) - (6 / 9 - 4 / 9))


def test_the_score_of_a_table_needs_no_pairing(graded) -> None:
    assert score_table(graded([(2, 4), (4, 4)]), "f1") == 0.75
