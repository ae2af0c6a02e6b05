from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.cli.ui import addresses
from harness.scoring.records import Cell, RunRecord, Variant
from harness.scoring.scores import score_run
from harness.tracking.journal import Journal
from harness.tracking.position import State
from harness.tracking.store import Destination


def save(workspace: Path, name: str, rate: float, created: str) -> RunRecord:
    hard = np.random.default_rng(0).random(120)
    tables = {}
    for language in ("en", "de"):
        right = hard < rate
        ids = [f"test-{row}" for row in range(120)]
        table = pa.table(
            {
                "id": ids,
                "cluster": ids,
                "gold": ["a"] * 120,
                "prediction": np.where(right, "a", "b").tolist(),
                "accuracy": pa.array(right.astype(np.float32)),
                "probabilities": pa.array([[0.5, 0.5]] * 120, pa.list_(pa.float32())),
                "eligible": [False] * 120,
                "touched": [False] * 120,
                "char_edits": pa.array([0] * 120, pa.int32()),
            }
        )
        folder = workspace / "stages" / "evaluate" / f"{name}-{language}"
        folder.mkdir(parents=True)
        pq.write_table(table, folder / "predictions.parquet")
        tables[language] = {"clean": table}
    record = RunRecord(
        run_id=(name.encode().hex() * 16)[:32],
        name=name,
        model="demo",
        intermediate="none",
        target="xnli",
        seed=0,
        recipe="quick",
        precision="fp32",
        created=created,
        command="harness run",
        split="test",
        limit=120,
        labels=("a", "b"),
        chance={"en": 0.5, "de": 0.5},
        metric="accuracy",
        train_stages=(),
        languages=("en", "de"),
        variants=(Variant("clean"),),
        cells=tuple(Cell(language, "clean", f"{name}-{language}") for language in tables),
    ).with_scores(score_run(tables, chance={"en": 0.5, "de": 0.5}, resamples=50))
    record.save(workspace / "runs")
    return record


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[RunRecord]:
    monkeypatch.setenv("HARNESS_WORKSPACE", str(tmp_path))
    return [
        save(tmp_path, "plain", 0.6, "2026-01-01T10:00:00+00:00"),
        save(tmp_path, "snli", 0.8, "2026-01-02T10:00:00+00:00"),
    ]


def harness(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.output


def test_without_arguments_the_runs_are_listed(runs: list[RunRecord]) -> None:
    code, output = harness("compare")
    assert code == 0
    assert [line.split()[1] for line in output.splitlines() if "quick" in line] == ["plain", "snli"]


def test_two_runs_are_compared_by_name_prefix_and_latest(runs: list[RunRecord], tmp_path: Path) -> None:
    code, output = harness("compare", "plain", "latest", "--html", str(tmp_path / "page.html"))
    assert code == 0
    assert "snli minus plain" in output
    assert "120 examples of each language" in output
    assert (tmp_path / "page.html").exists()
    assert harness("compare", runs[0].run_id[:6], runs[1].run_id[:6])[0] == 0


def test_json_holds_every_difference(runs: list[RunRecord]) -> None:
    code, output = harness("compare", "plain", "snli", "--json")
    assert code == 0
    content = json.loads(output)
    places = [(found["language"], found["variant"]) for found in content["differences"]]
    assert places == [("en", "clean"), ("de", "clean"), ("mean", "clean"), ("mean_transfer", "clean")]
    assert content["differences"][0]["difference"] == pytest.approx(0.2, abs=0.08)
    assert content["left_out"] == {"en": 0, "de": 0}


def test_all_targets_of_all_runs_are_shown_in_all_languages(runs: list[RunRecord]) -> None:
    code, output = harness("compare", "--all")
    assert code == 0
    assert output.split()[output.split().index("target") :][:5] == ["target", "mean", "mean-en", "en", "de"]
    assert "below each score: the trivial guess" in output
    code, output = harness("compare", "--all", "snli", "--json")
    content = json.loads(output)
    assert [each["name"] for each in content] == ["snli"]
    assert content[0]["scores"][0]["metrics"]["accuracy"] == content[0]["scores"][0]["score"]


def test_an_unknown_run_is_told_in_two_lines(runs: list[RunRecord]) -> None:
    code, output = harness("compare", "plain", "snly")
    assert code == 2
    assert output.splitlines() == ["Error: unknown run 'snly'", "Did you mean snli?"]


def test_lost_predictions_are_told_with_the_mend(runs: list[RunRecord], tmp_path: Path) -> None:
    (tmp_path / "stages" / "evaluate" / "snli-de" / "predictions.parquet").unlink()
    code, output = harness("compare", "plain", "snli")
    assert code == 2
    assert "Run the same `harness run` again" in output


def test_comparing_imports_no_torch_and_no_mlflow(runs: list[RunRecord]) -> None:
    script = """
import sys
from harness.cli import app
app(["compare", "plain", "snli"], standalone_mode=False)
heavy = {"torch", "transformers", "datasets", "mlflow", "nlpaug", "pandas", "matplotlib"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


def test_sync_says_when_there_is_nothing_to_send(runs: list[RunRecord]) -> None:
    code, output = harness("sync")
    assert code == 0
    assert "MLflow has all of the 0 journals" in output


def test_the_ui_needs_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    code, output = harness("ui")
    assert code == 2
    assert "no MLflow store here yet" in output


def test_the_ui_names_the_experiment_and_the_last_comparison(tmp_path: Path) -> None:
    place = Destination(f"sqlite:///{tmp_path}/mlflow.db", "harness")
    with Journal(tmp_path / "a.jsonl") as journal:
        journal.write("invocation", invocation_id="a")
        for name, parent in (("r1", None), ("t1", "r1"), ("r2", None)):
            journal.write("run_start", run=name, parent=parent, name=name, kind="run", params={}, tags={})
    State(place.shown, "harness", "7", runs={"r1": "aa", "t1": "bb", "r2": "cc"}).save(journal.path)
    experiment, _, compared = addresses("http://127.0.0.1:5000", tmp_path, place)
    assert "http://127.0.0.1:5000/#/experiments/7/runs" in experiment
    assert "compare-runs?runs=%5B%22aa%22%2C%20%22cc%22%5D&experiments=%5B%227%22%5D" in compared
    other = Destination(place.uri, "paper")
    assert addresses("http://127.0.0.1:5000", tmp_path, other) == ["MLflow: http://127.0.0.1:5000"]
