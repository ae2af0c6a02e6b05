"""A whole run in this process: predictions, scores, records, and what a second or a stopped call does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from safetensors.torch import load_file

from harness.scoring.records import RunRecord, records

ARGUMENTS = (
    "--target", "grammar-nli", "--language", "en,de,hi,zh", "--recipe", "smoke", "--limit", "12",
    "--train-limit", "60", "--perturb", "syntactic.scramble", "--perturb", "noise.keyboard",
)  # fmt: skip


def harness(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Call the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", "from harness.cli import main; main()", *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def done(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], str]:
    """A folder in which a run with two intermediates has been carried out, its arguments and its output."""
    folder = tmp_path_factory.mktemp("done")
    arguments = ["run", "--model", str(tiny_model), "-i", "none", "-i", "grammar-paraphrase", *ARGUMENTS]
    found = harness(*arguments, folder=folder)
    assert found.returncode == 0, found.stderr
    return folder, arguments, found.stdout


def the_records(folder: Path) -> list[RunRecord]:
    return records(folder / "harness-runs" / "runs")


def test_each_intermediate_gives_a_run_with_every_language_and_variant(
    done: tuple[Path, list[str], str],
) -> None:
    found = the_records(done[0])
    assert sorted(record.intermediate for record in found) == ["grammar-paraphrase", "none"]
    for record in found:
        scored = {(score.language, score.variant) for score in record.scores}
        assert {(language, "clean") for language in ("en", "de", "hi", "zh")} < scored
        assert {(language, "syntactic.scramble") for language in ("en", "de", "hi", "zh")} < scored
        assert ("zh", "noise.keyboard") not in scored
        reasons = {cell.language: cell.reason for cell in record.cells if cell.key is None}
        assert "layout" in (reasons["zh"] or "")
        assert all(score.n == 12 for score in record.scores)


def test_what_the_terminal_shows_is_what_was_stored(done: tuple[Path, list[str], str]) -> None:
    output = done[2]
    for record in the_records(done[0]):
        assert record.name in output
        assert record.run_id[:12] in output
    assert "not served" in output


def test_predictions_are_stored_example_by_example_and_give_the_scores(
    done: tuple[Path, list[str], str],
) -> None:
    folder = done[0]
    for record in the_records(folder):
        path = folder / "harness-runs" / "reports" / record.run_id / "predictions.parquet"
        table = pq.read_table(path).to_pandas()
        for score in record.scores:
            mine = table[(table.language == score.language) & (table.variant == score.variant)]
            assert len(mine) == 12
            assert score.score == pytest.approx((mine.gold == mine.prediction).mean())
        clean = table[table.variant == "clean"]
        assert not clean.touched.any()
        scrambled = table[table.variant == "syntactic.scramble"]
        assert scrambled.touched.any()
        assert scrambled.dependency_length[scrambled.touched].notna().any()
        assert table.dependency_length[~table.touched].isna().all()
        scores = [score for score in record.scores if score.variant == "syntactic.scramble"]
        assert all(score.subword_growth is not None and score.token_edits for score in scores)


def test_all_runs_meet_the_same_disturbed_items(done: tuple[Path, list[str], str]) -> None:
    stages = done[0] / "harness-runs" / "stages"
    assert len(list((stages / "perturb").iterdir())) == 4 + 3
    assert len(list((stages / "train").iterdir())) == 3


def test_the_same_command_again_does_nothing_again(done: tuple[Path, list[str], str]) -> None:
    folder, arguments, _ = done
    before = {path: path.stat().st_mtime_ns for path in (folder / "harness-runs" / "stages").rglob("*")}
    again = harness(*arguments, folder=folder)
    assert again.returncode == 0, again.stderr
    assert "0 of 3 train stages and 0 of 22 cells to do" in again.stdout
    assert {
        path: path.stat().st_mtime_ns for path in (folder / "harness-runs" / "stages").rglob("*")
    } == before


def test_a_new_perturbation_predicts_its_own_cells_only(
    done: tuple[Path, list[str], str], tmp_path: Path
) -> None:
    import shutil

    folder, arguments, _ = done
    shutil.copytree(folder / "harness-runs", tmp_path / "harness-runs")
    more = harness(*arguments, "--perturb", "noise.swap", "--dry-run", folder=tmp_path)
    assert more.returncode == 0, more.stderr
    assert "done" in more.stdout
    assert "0/8" in more.stdout
    assert "8/8" in more.stdout


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Call the command line in a process of its own and return when it has saved a state of its training."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from harness.cli import main; main()", *arguments],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not list((folder / "harness-runs" / "stages" / "train").glob("*.partial/state-1*")):
        try:
            process.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(process.communicate()[1])
    return process


@pytest.fixture
def training(tiny_model: Path, nli_folder: Path) -> list[str]:
    """Arguments of a run that trains for a while, on few rows."""
    return [
        *("run", "--model", str(tiny_model), "-i", "none", "--target", "xnli", "--language", "en,de"),
        *("--data-dir", str(nli_folder), "--recipe", "smoke", "--save-seconds", "0.05"),
        *("--set", "patience=none", "--set", "eval_every=100", "--set", "epochs=100000"),
    ]


def test_killed_in_training_the_same_command_ends_with_the_same_weights(
    training: list[str], tmp_path: Path
) -> None:
    arguments = [*training, "--set", "max_steps=800"]
    process = start(tmp_path, *arguments)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    train = tmp_path / "harness-runs" / "stages" / "train"
    assert not [path for path in train.iterdir() if not path.name.endswith(".partial")]
    whole, resumed = tmp_path / "whole", tmp_path
    whole.mkdir()
    for place in (whole, resumed):
        found = harness(*arguments, folder=place)
        assert found.returncode == 0, found.stderr
    weights = [
        load_file(
            next((place / "harness-runs" / "stages" / "train").glob("*/best/encoder/model.safetensors"))
        )
        for place in (whole, resumed)
    ]
    assert all(weights[0][name].equal(weights[1][name]) for name in weights[0])


def test_ctrl_c_exits_130_and_leaves_training_resumable(training: list[str], tmp_path: Path) -> None:
    arguments = [*training, "--set", "max_steps=100000"]
    process = start(tmp_path, *arguments)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Traceback" not in errors
    again = harness(*arguments, "--dry-run", folder=tmp_path)
    assert "stopped at step" in again.stdout


def test_a_stage_whose_identity_was_changed_by_hand_is_refused(
    done: tuple[Path, list[str], str], tmp_path: Path
) -> None:
    import shutil

    folder, arguments, _ = done
    shutil.copytree(folder / "harness-runs", tmp_path / "harness-runs")
    for path in (tmp_path / "harness-runs" / "stages" / "train").glob("*/stage.json"):
        facts = json.loads(path.read_text())
        facts["identity"]["seed"] = 99
        path.write_text(json.dumps(facts))
    found = harness(*arguments, "--perturb", "noise.swap", folder=tmp_path)
    assert found.returncode == 2
    assert "not what its key says" in found.stderr
    assert "Traceback" not in found.stderr
