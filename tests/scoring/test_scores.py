from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import HarnessError
from harness.scoring.scores import CellScores, score_cell, score_run, worst_case

THIRD = 1 / 3
CHANCE = dict.fromkeys(("en", "de", "fr", "ru", "th"), THIRD)
SEVERAL = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def score(clean: pa.Table, cell: pa.Table, chance: float = THIRD) -> CellScores:
    return score_cell(clean, cell, language="de", variant="noise.swap", chance=chance, resamples=200)


def test_counts_shares_and_drop_of_a_small_cell(table) -> None:
    clean = table([1, 1, 1, 0])
    cell = table(
        [1, 0, 1, 0],
        touched=[True, True, False, False],
        eligible=[True, True, True, False],
        char_edits=pa.array([4, 2, 0, 0], pa.int32()),
    )
    scores = score(clean, cell, chance=0.25)
    assert (scores.n, scores.clusters, scores.score, scores.drop) == (4, 4, 0.5, 0.25)
    assert scores.consistency == 0.75
    assert scores.flipped == pytest.approx(1 / 3)
    assert (scores.changed, scores.eligible, scores.char_edits) == (0.5, 0.75, 3.0)


def test_clean_text_has_no_drop(table) -> None:
    clean = table([1, 0, 1] * 30)
    scores = score_cell(clean, clean, language="de", variant="clean", chance=THIRD)
    assert scores.score == pytest.approx(2 / 3)
    assert not scores.at_chance
    assert scores.drop is scores.relative_drop is scores.consistency is scores.changed is None


def test_relative_drop_is_measured_from_chance(table) -> None:
    clean, cell = table([1] * 80 + [0] * 20), table([1] * 50 + [0] * 50)
    assert score(clean, cell, chance=0.5).relative_drop == pytest.approx(1.0)
    assert score(clean, cell, chance=0.2).relative_drop == pytest.approx(0.5)


def test_relative_drop_is_undefined_where_clean_text_is_at_chance(table) -> None:
    clean, cell = table([1, 0] * 20), table([1, 0, 0, 0] * 10)
    scores = score(clean, cell, chance=0.5)
    assert scores.relative_drop is None
    assert scores.drop == pytest.approx(0.25)


def test_below_chance_counts_as_at_chance(table) -> None:
    clean = table([1] * 10 + [0] * 90)
    scores = score_cell(clean, clean, language="de", variant="clean", chance=0.5)
    assert scores.score_hi < 0.5
    assert scores.at_chance


def test_rows_are_paired_by_id_not_by_place(table) -> None:
    clean = table([1, 0, 1, 1, 0])
    shuffled = clean.take([3, 1, 4, 0, 2])
    assert score(clean, shuffled) == score(clean, clean)


def test_other_examples_are_refused_by_name(table) -> None:
    clean = table([1, 0, 1])
    cell = table([1, 0, 1], id=["test-0", "test-1", "test-7"])
    with pytest.raises(HarnessError, match=r"de / noise.swap.*1 missing \('test-2'\), 1 extra \('test-7'\)"):
        score(clean, cell)


def test_another_gold_answer_is_refused(table) -> None:
    with pytest.raises(HarnessError, match="'test-1' has another gold answer"):
        score(table([1, 1]), table([1, 1], gold=["entailment", "neutral"]))


def test_repeated_ids_and_empty_cells_are_refused(table) -> None:
    with pytest.raises(HarnessError, match="'a' comes 2 times"):
        score(table([1, 1], id=["a", "a"]), table([1, 1], id=["a", "a"]))
    with pytest.raises(HarnessError, match="no predictions"):
        score(table([]), table([]))
    with pytest.raises(HarnessError, match="'test-1' has no score"):
        score(table([1, float("nan")]), table([1, 1]))


@SEVERAL
@given(right=st.lists(st.booleans(), min_size=2, max_size=40))
def test_an_equal_variant_has_no_drop(table, right: list[bool]) -> None:
    scores = score(table(right), table(right))
    assert (scores.drop, scores.drop_lo, scores.drop_hi) == (0, 0, 0)
    assert scores.consistency == 1
    assert scores.flipped in (0, None)


@SEVERAL
@given(pairs=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=40))
def test_swapping_clean_and_disturbed_turns_the_drop_round(table, pairs: list[tuple[bool, bool]]) -> None:
    first, second = (table([pair[side] for pair in pairs]) for side in (0, 1))
    there, back = score(first, second), score(second, first)
    assert there.drop == -back.drop
    assert (there.drop_lo, there.drop_hi) == pytest.approx((-back.drop_hi, -back.drop_lo))
    assert there.drop_lo <= there.drop <= there.drop_hi


@SEVERAL
@given(
    right=st.lists(st.booleans(), min_size=2, max_size=30),
    order=st.randoms(use_true_random=False),
)
def test_the_order_of_rows_changes_nothing(table, right: list[bool], order) -> None:
    places = list(range(len(right)))
    order.shuffle(places)
    clean, cell = table(right), table([not value for value in right])
    assert score(clean.take(places), cell.take(places)) == score(clean, cell)


def parallel(table, rates: dict[str, float], count: int = 300) -> dict[str, dict[str, pa.Table]]:
    hard = np.random.default_rng(0).random(count)
    return {
        language: {
            "clean": table(hard < rate),
            "noise.swap": table(hard < rate - 0.1, touched=[True] * count),
        }
        for language, rate in rates.items()
    }


def test_means_leave_english_out_of_transfer_and_unserved_languages_out_of_both(table) -> None:
    tables = parallel(table, {"en": 0.9, "de": 0.7, "th": 0.5})
    del tables["th"]["noise.swap"]
    scores = score_run(tables, chance=CHANCE, resamples=200)
    found = {(average.name, average.variant): average for average in scores.averages}
    cells = {(cell.language, cell.variant): cell for cell in scores.cells}
    assert found["mean", "clean"].languages == ("en", "de", "th")
    assert found["mean_transfer", "noise.swap"].languages == ("de",)
    expected = np.mean([cells[language, "clean"].score for language in ("en", "de", "th")])
    assert found["mean", "clean"].score == pytest.approx(expected)
    # The drop is taken over the two served languages, on clean text too.
    drops = np.mean([cells[language, "noise.swap"].drop for language in ("en", "de")])
    assert found["mean", "noise.swap"].drop == pytest.approx(drops)


def test_a_mean_over_parallel_languages_is_no_surer_than_its_examples(table) -> None:
    one = score_run(parallel(table, {"en": 0.7}), chance=CHANCE).averages[0]
    four = score_run(parallel(table, dict.fromkeys(("en", "de", "fr", "ru"), 0.7)), chance=CHANCE).averages[0]
    assert four.score_hi - four.score_lo == pytest.approx(one.score_hi - one.score_lo)


def test_a_run_scores_each_cell_as_it_is_scored_alone(table) -> None:
    tables = parallel(table, {"en": 0.9, "de": 0.7})
    scores = score_run(tables, chance=CHANCE, resamples=300)
    alone = score_cell(
        tables["de"]["clean"],
        tables["de"]["noise.swap"],
        language="de",
        variant="noise.swap",
        chance=THIRD,
        resamples=300,
    )
    assert scores.cells[3] == alone


def test_the_worst_case_takes_each_example_at_its_worst(table) -> None:
    clean, one, two = table([1, 1, 1, 0]), table([0, 1, 1, 1]), table([1, 0, 1, 1])
    worst = worst_case(clean, {"a": one, "b": two}, language="de", resamples=100)
    assert (worst.variants, worst.n, worst.score) == (("a", "b"), 4, 0.25)


def test_only_variants_that_keep_the_meaning_enter_the_worst_case(table) -> None:
    tables = parallel(table, {"de": 0.7})
    assert score_run(tables, chance=CHANCE, resamples=50).worst == ()
    (worst,) = score_run(tables, chance=CHANCE, meaning_kept=["noise.swap"], resamples=50).worst
    assert worst.variants == ("noise.swap",)


def test_accounts_are_means_over_the_changed_texts(table) -> None:
    def told(subwords: list[int], lengths: list[float | None], **changes) -> pa.Table:
        counts = {
            "subwords": pa.array(subwords, pa.int32()),
            "token_edits": pa.array([3, 1, 0, 0], pa.int32()),
        }
        return table([1] * 4, **counts, dependency_length=pa.array(lengths, pa.float32()), **changes)

    clean = told([10, 20, 5, 8], [None] * 4)
    touched, refused = [True, True, False, False], [False, False, False, True]
    scores = score(clean, told([15, 20, 99, 8], [1.5, None, None, None], touched=touched, refused=refused))
    assert (scores.changed, scores.refused, scores.token_edits) == (0.5, 0.25, 2.0)
    assert scores.subword_growth == pytest.approx(0.25)
    assert scores.dependency_growth == pytest.approx(0.5)
    assert set(scores.metrics) == {"accuracy"}


def test_predictions_from_before_the_accounts_have_none(table) -> None:
    scores = score(table([1] * 4), table([1] * 4, touched=[True] * 4))
    assert scores.token_edits is scores.subword_growth is scores.dependency_growth is None
    assert scores.refused == 0
    untouched = score(table([1] * 4), table([1] * 4, subwords=pa.array([1] * 4, pa.int32())))
    assert untouched.char_edits is untouched.subword_growth is None


def test_predictions_for_another_gold_answer_are_not_compared(table) -> None:
    clean = table([1, 1, 1, 0])
    touched = [True, True, False, False]
    one = table([1, 0, 1, 0], touched=touched, gold=["other", *["entailment"] * 3])
    assert score(clean, one).consistency == pytest.approx(2 / 3)
    both = table([1, 0, 1, 0], touched=touched, gold=["other", "third", "entailment", "entailment"])
    assert score(clean, both).consistency is None


@pytest.mark.parametrize(("changed", "barely"), [(0.0, True), (0.15, True), (0.2, False), (1.0, False)])
def test_a_cell_whose_texts_were_barely_changed_is_marked(table, changed: float, barely: bool) -> None:
    touched = [row < 20 * changed for row in range(20)]
    assert score(table([1] * 20), table([1] * 20, touched=touched)).barely_changed is barely


def test_barely_changed_cells_are_in_no_mean_and_no_worst_case(table) -> None:
    tables = parallel(table, {"en": 0.9, "de": 0.7, "th": 0.5})
    few = tables["th"]["noise.swap"].column_names.index("touched")
    tables["th"]["noise.swap"] = tables["th"]["noise.swap"].set_column(
        few, "touched", pa.array([row < 30 for row in range(300)])
    )
    scores = score_run(tables, chance=CHANCE, meaning_kept=["noise.swap"], resamples=50)
    found = {(average.name, average.variant): average for average in scores.averages}
    cells = {(cell.language, cell.variant): cell for cell in scores.cells}
    assert cells["th", "noise.swap"].barely_changed
    mean = found["mean", "noise.swap"]
    assert (mean.languages, mean.left_out) == (("en", "de"), ("th",))
    assert mean.drop == pytest.approx(np.mean([cells[each, "noise.swap"].drop for each in ("en", "de")]))
    assert found["mean", "clean"].languages == ("en", "de", "th")
    assert [worst.language for worst in scores.worst] == ["en", "de"]


def test_where_all_are_barely_changed_there_is_no_mean(table) -> None:
    tables = {"de": {"clean": table([1, 0]), "noise.swap": table([1, 0])}}
    scores = score_run(tables, chance=CHANCE, resamples=50)
    assert {average.variant for average in scores.averages} == {"clean"}
