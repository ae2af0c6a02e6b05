from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from harness.errors import HarnessError
from harness.scoring.records import Cell, RunRecord, Variant
from harness.scoring.scores import CellScores
from harness.scoring.suites import suite_runs, suite_scores
from harness.suite import Suite

SUITE = Suite(
    "small",
    {"pairs": ("xnli", "paws-x"), "answers": ("mlqa",), "retrieval": ("bucc",)},
    {"mlqa": ("f1", "exact_match")},
)


def run(
    target: str,
    scores: Mapping[str, float | tuple[float, float]],
    metric: str = "accuracy",
    **changes: object,
) -> RunRecord:
    """Make a record from each language's score on clean text: one number, or F1 and exact match."""
    cells = []
    for language, given in scores.items():
        f1, exact = given if isinstance(given, tuple) else (given, None)
        metrics = {metric: f1} if exact is None else {metric: f1, "exact_match": exact}
        cells.append(CellScores(language, "clean", 100, 100, f1, f1 - 0.1, f1 + 0.1, 0.3, f1 <= 0.4, metrics))
    given = {
        "run_id": target,
        "name": f"xlmr>{target} s0",
        "model": "xlmr",
        "intermediate": "none",
        "target": target,
        "seed": 0,
        "recipe": "paper",
        "precision": "fp32",
        "created": "2026-01-01T10:00:00+00:00",
        "command": "harness run",
        "split": "test",
        "limit": None,
        "labels": (),
        "chance": dict.fromkeys(scores, 0.3),
        "metric": metric,
        "train_stages": (),
        "languages": tuple(scores),
        "variants": (Variant("clean"),),
        "cells": tuple(Cell(language, "clean", "k") for language in scores),
        "scores": tuple(cells),
        **changes,
    }
    return RunRecord(**given)


XNLI = run("xnli", {"en": 0.9, "de": 0.7, "sw": 0.5})
PAWSX = run("paws-x", {"en": 0.8, "de": 0.6})
MLQA = run("mlqa", {"en": (0.8, 0.6), "de": (0.6, 0.3)}, metric="f1")
BUCC = run("bucc", {"de": 0.4, "fr": 0.9}, metric="f1")
ALL = [XNLI, PAWSX, MLQA, BUCC]


def test_a_task_is_the_mean_over_its_languages_whatever_their_number() -> None:
    scores = suite_scores(SUITE, ALL)
    xnli = scores.task("xnli")
    assert xnli.score == pytest.approx((0.9 + 0.7 + 0.5) / 3)
    assert (xnli.english, xnli.transfer) == pytest.approx((0.9, 0.6))
    assert xnli.gap == pytest.approx(0.3)


def test_named_metrics_are_averaged_in_each_language() -> None:
    mlqa = suite_scores(SUITE, ALL).task("mlqa")
    assert mlqa.languages == pytest.approx({"en": 0.7, "de": 0.45})
    assert mlqa.score == pytest.approx(0.575)
    assert (mlqa.metric, mlqa.metrics) == ("f1", ("f1", "exact_match"))


def test_the_suite_is_the_mean_over_tasks_not_over_groups() -> None:
    scores = suite_scores(SUITE, ALL)
    assert scores.groups["pairs"].score == pytest.approx((0.7 + 0.7) / 2)
    assert scores.total.score == pytest.approx((0.7 + 0.7 + 0.575 + 0.65) / 4)
    assert not scores.total.partial


def test_transfer_and_gap_count_the_tasks_that_have_them() -> None:
    scores = suite_scores(SUITE, ALL)
    bucc = scores.task("bucc")
    assert (bucc.english, bucc.gap, bucc.transfer) == (None, None, pytest.approx(0.65))
    assert scores.total.transfer == pytest.approx((0.6 + 0.6 + 0.45 + 0.65) / 4)
    assert scores.total.gap == pytest.approx((0.3 + 0.2 + 0.25) / 3)
    assert scores.groups["retrieval"].gap is None


def test_missing_tasks_are_named_and_the_means_are_partial() -> None:
    scores = suite_scores(SUITE, [XNLI, MLQA])
    assert scores.total.missing == ("paws-x", "bucc")
    assert scores.total.partial
    assert scores.total.score == pytest.approx((0.7 + 0.575) / 2)
    assert (scores.groups["pairs"].missing, scores.groups["answers"].partial) == (("paws-x",), False)
    assert (scores.groups["retrieval"].score, scores.task("bucc")) == (None, None)


def test_languages_at_chance_and_without_a_score_are_named() -> None:
    record = run("bucc", {"de": 0.4, "fr": 0.9}, metric="f1", languages=("de", "fr", "ru"))
    bucc = suite_scores(SUITE, [record]).task("bucc")
    assert (bucc.at_chance, bucc.unserved) == (("de",), ("ru",))


def test_of_two_runs_on_a_task_the_newest_counts() -> None:
    old = run("xnli", {"en": 0.1}, created="2025-01-01", run_id="old")
    for records in ([old, XNLI], [XNLI, old]):
        assert suite_scores(SUITE, records).task("xnli").run_id == "xnli"


def test_runs_of_other_trainings_are_not_mixed() -> None:
    snli = run("paws-x", {"en": 0.9, "de": 0.9}, intermediate="snli")
    with pytest.raises(HarnessError, match="not of one model, intermediate task, seed and recipe"):
        suite_scores(SUITE, [XNLI, snli])
    plain, other = suite_runs(SUITE, [XNLI, snli, PAWSX, run("pos", {"en": 1.0})])
    assert [task.task for task in plain.tasks] == ["xnli", "paws-x"]
    assert [task.task for task in other.tasks] == ["paws-x"]
    assert (plain.name, other.name) == ("xlmr s0", "xlmr+snli s0")


def test_what_cannot_be_averaged_is_refused() -> None:
    with pytest.raises(HarnessError, match="no run on a task of suite small"):
        suite_scores(SUITE, [run("pos", {"en": 1.0})])
    with pytest.raises(HarnessError, match="mlqa is not scored by exact_match, but by f1"):
        suite_scores(SUITE, [run("mlqa", {"en": 0.5}, metric="f1")])


def test_json_holds_every_mean_and_says_which_are_partial() -> None:
    content = json.loads(suite_scores(SUITE, [XNLI, MLQA]).to_json())
    assert content["suite"] == "small"
    assert content["total"]["partial"] is True
    assert content["groups"]["answers"]["partial"] is False
    assert content["groups"]["answers"]["score"] == pytest.approx(0.575)
    assert content["tasks"][0]["languages"]["sw"] == 0.5


def test_languages_whose_texts_were_barely_changed_are_in_no_mean() -> None:
    def on(variant: str, record: RunRecord, barely: tuple[str, ...]) -> RunRecord:
        cells = [
            replace(cell, variant=variant, barely_changed=cell.language in barely) for cell in record.scores
        ]
        return replace(record, scores=tuple(cells))

    runs = [on("noise.swap", XNLI, ("sw",)), on("noise.swap", PAWSX, ("en", "de"))]
    scores = suite_scores(SUITE, runs, "noise.swap")
    task = scores.task("xnli")
    assert task is not None
    assert (task.languages, task.left_out, task.unserved) == ({"en": 0.9, "de": 0.7}, ("sw",), ())
    assert scores.task("paws-x") is None
    assert "paws-x" in scores.total.missing
