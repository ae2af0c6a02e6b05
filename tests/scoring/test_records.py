from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.scoring.records import Cell, RunRecord, TrainStage, Variant, find, records
from harness.scoring.scores import Average, CellScores, RunScores, WorstCase


def record(run_id: str = "ab" * 16, **changes: object) -> RunRecord:
    made = RunRecord(
        run_id=run_id,
        name="xlmr-large+snli>xnli s0",
        model="xlmr-large",
        intermediate="snli",
        target="xnli",
        seed=0,
        recipe="paper",
        precision="fp32",
        created="2026-01-01T10:00:00+00:00",
        command="harness run",
        split="test",
        limit=None,
        labels=("entailment", "neutral", "contradiction"),
        chance={"en": 1 / 3, "th": 1 / 3},
        metric="accuracy",
        train_stages=(TrainStage("k" * 32, "train snli", "intermediate", 1000, 30, 4.5, 0.8),),
        languages=("en", "th"),
        variants=(
            Variant("clean"),
            Variant("syntactic.scramble", "syntactic.scramble", "syntactic", 1.0, True),
        ),
        settings={"rule": "mlqa", "pooling": "mean"},
        cells=(Cell("en", "clean", "c" * 32), Cell("th", "syntactic.scramble", None, "no parser for th")),
    )
    return replace(made, **changes)


SCORES = RunScores(
    cells=(CellScores("en", "clean", 10, 10, 0.5, 0.3, 0.7, 1 / 3, True, {"f1": 0.5, "exact_match": 0.4}),),
    averages=(Average("mean", "clean", ("en", "th"), 0.5, 0.4, 0.6, 1 / 3, {"f1": 0.5}),),
    worst=(WorstCase("en", ("syntactic.scramble",), 10, 0.4, 0.2, 0.6),),
)


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    scored = record().with_scores(SCORES)
    path = scored.save(tmp_path / "runs")
    assert path.name == f"{'ab' * 16}.json"
    assert RunRecord.load(path) == scored
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_schema_comes_first_and_unknown_fields_do_no_harm() -> None:
    content = json.loads(record().to_json())
    assert next(iter(content)) == "schema"
    content["since_next_version"] = 1
    content["cells"][0]["also"] = 2
    assert RunRecord.from_json(json.dumps(content)) == record()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 2}', '{"schema": 2, "run_id": "a"}'])
def test_what_is_not_a_record_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(HarnessError, match=r"runs/x.json: not a run record"):
        RunRecord.from_json(text, "runs/x.json")


def test_another_schema_is_refused() -> None:
    with pytest.raises(HarnessError, match="schema 1, this harness reads 2"):
        RunRecord.from_json(record().to_json().replace('"schema": 2', '"schema": 1'))


def test_cells_and_scores_are_found_by_language_and_variant() -> None:
    scored = record().with_scores(SCORES)
    assert scored.score("en", "clean") == SCORES.cells[0]
    assert scored.score("th", "syntactic.scramble") is None
    assert scored.cell("th", "syntactic.scramble").reason == "no parser for th"
    assert scored.average("mean", "clean") == SCORES.averages[0]
    assert [variant.label for variant in scored.disturbed] == ["syntactic.scramble"]


def test_runs_are_found_by_id_prefix_name_and_latest(tmp_path: Path) -> None:
    late = record("cd" * 16, name="xlmr-large>xnli s0", created="2026-01-02T10:00:00+00:00")
    for one in (late, record()):
        one.save(tmp_path)
    known = records(tmp_path)
    assert [one.run_id[:2] for one in known] == ["ab", "cd"]
    assert find(known, "latest") == late
    assert find(known, "ab") == known[0]
    assert find(known, "xlmr-large>xnli s0") == late


def test_what_no_run_answers_to_is_mended_by_near_names(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="no runs yet"):
        find([], "latest")
    with pytest.raises(HarnessError, match="Did you mean xlmr-large"):
        find([record()], "xlmr-large+snl>xnli s0")
    twice = [record(), record("cd" * 16)]
    with pytest.raises(HarnessError, match=r"means several runs: abab.*cdcd"):
        find(twice, record().name)
    with pytest.raises(HarnessError, match="No such file"):
        RunRecord.load(tmp_path / "none.json")
