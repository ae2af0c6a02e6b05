from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

from harness.tracking.catchup import settle, sync
from harness.tracking.journal import journals, read
from harness.tracking.store import Destination
from harness.tracking.tracker import Tracker

CONFIG = {"recipe": "quick", "languages": ["en", "de"]}
ENVIRONMENT = {"python": "3.11", "git": {"sha": "f" * 40, "dirty": False}, "plugins": {"nli": "0.1.0"}}


def tracker(tmp_path: Path, **options: str) -> Tracker:
    return Tracker.open(tmp_path / "harness-runs", "harness run", CONFIG, ENVIRONMENT, **options)


def logged(place: Destination) -> list[Run]:
    client = MlflowClient(place.uri)
    experiment = client.get_experiment_by_name(place.experiment)
    return list(client.search_runs([experiment.experiment_id])) if experiment else []


def log_run(tmp_path: Path, steps: Sequence[int] = range(3)) -> Tracker:
    with tracker(tmp_path) as open_tracker:
        open_tracker.run("r1", "demo+snli>xnli s0", params={"lr": 1e-5}, tags={"model": "demo", "seed": 0})
        open_tracker.run("t1", "train snli", parent="r1", kind="stage", tags={"kind": "train"})
        for step in steps:
            open_tracker.metrics("t1", step, {"train/snli/loss": 1 / (step + 1)})
        open_tracker.end("t1")
        open_tracker.dataset(
            "r1",
            name="xnli",
            digest="d" * 32,
            source="hf://datasets/facebook/xnli@abc",
            context="eval",
            rows=5010,
            language="de",
        )
        (tmp_path / "report.html").write_text("<p>")
        open_tracker.artifact("r1", tmp_path / "report.html", "report")
        open_tracker.end("r1")
    return open_tracker


def test_what_is_logged_arrives_in_mlflow(place: Destination, tmp_path: Path) -> None:
    assert log_run(tmp_path).warnings == []
    client = MlflowClient(place.uri)
    runs = {run.data.tags["run_id"]: run for run in logged(place)}
    run, stage = runs["r1"], runs["t1"]
    assert (run.info.run_name, run.info.status, run.data.params) == (
        "demo+snli>xnli s0",
        "FINISHED",
        {"lr": "1e-05"},
    )
    tags = run.data.tags
    assert (tags["kind"], tags["model"], tags["seed"], tags["git_sha"]) == ("run", "demo", "0", "f" * 40)
    assert tags["plugin.nli"] == "0.1.0"
    assert stage.data.tags["mlflow.parentRunId"] == run.info.run_id
    assert stage.data.tags["kind"] == "train"
    history = client.get_metric_history(stage.info.run_id, "train/snli/loss")
    assert [(metric.step, metric.value) for metric in history] == [
        (0, 1.0),
        (1, 0.5),
        (2, pytest.approx(1 / 3)),
    ]
    (dataset,) = client.get_run(run.info.run_id).inputs.dataset_inputs
    assert (dataset.dataset.name, dataset.dataset.digest) == ("xnli", "d" * 32)
    assert {tag.key: tag.value for tag in dataset.tags} == {"mlflow.data.context": "eval", "language": "de"}
    assert {item.path for item in client.list_artifacts(run.info.run_id)} == {
        "config.json",
        "environment.json",
        "report",
    }


def test_the_same_run_again_writes_nothing_and_imports_no_mlflow(place: Destination, tmp_path: Path) -> None:
    log_run(tmp_path)
    files = sorted((tmp_path / "harness-runs" / "journal").iterdir())
    script = """
import sys
from pathlib import Path
from harness.tracking.tracker import Tracker
with Tracker.open(Path("harness-runs"), "harness run", {}, {}) as tracker:
    assert tracker.already_logged("r1") and not tracker.already_logged("r2")
assert "mlflow" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=tmp_path)
    assert sorted((tmp_path / "harness-runs" / "journal").iterdir()) == files


def test_another_experiment_has_not_logged_it(place: Destination, tmp_path: Path) -> None:
    log_run(tmp_path)
    assert not tracker(tmp_path, experiment="paper").already_logged("r1")
    assert not tracker(tmp_path, uri="http://elsewhere").already_logged("r1")


@pytest.mark.parametrize("lost", ["position", "file"])
def test_replaying_what_was_sent_already_doubles_nothing(
    place: Destination, tmp_path: Path, lost: str
) -> None:
    done = log_run(tmp_path)
    beside = done.journal.path.with_name(f"{done.journal.path.name}.mlflow.json")
    if lost == "position":
        beside.write_text(json.dumps({**json.loads(beside.read_text()), "position": 0, "runs": {}}))
    else:
        beside.unlink()
    before = {run.info.run_id for run in logged(place)}
    (result,) = sync(tmp_path / "harness-runs" / "journal", place, force=False, warn=print)
    assert (result.problem, result.events) == ("", 11)
    runs = {run.data.tags["run_id"]: run for run in logged(place)}
    assert {run.info.run_id for run in logged(place)} == before
    assert {run.info.status for run in runs.values()} == {"FINISHED"}
    client = MlflowClient(place.uri)
    assert len(client.get_metric_history(runs["t1"].info.run_id, "train/snli/loss")) == 3
    assert len(client.get_run(runs["r1"].info.run_id).inputs.dataset_inputs) == 1


def test_an_unreachable_server_costs_one_warning_and_sync_mends_it(
    place: Destination, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://user:secret@127.0.0.1:9")
    done = log_run(tmp_path)
    (warning,) = done.warnings
    assert "127.0.0.1:9" in warning
    assert "harness sync" in warning
    assert tracker(tmp_path).already_logged("r1")
    assert "secret" not in done.journal.path.read_text()
    (result,) = sync(tmp_path / "harness-runs" / "journal", place, force=True, warn=print)
    assert result.problem == ""
    assert len(logged(place)) == 2


KILLED = """
import os, signal, sys
from pathlib import Path
from harness.tracking.tracker import Tracker
tracker = Tracker.open(Path("harness-runs"), "harness run", {}, {})
tracker._follow = lambda: None
tracker.run("r1", "demo>xnli s0", params={"device": "cuda"})
tracker.run("t1", "train", parent="r1", kind="stage")
tracker.metrics("t1", 0, {"train/snli/loss": 1.0})
print("written", flush=True)
sys.stdin.read()
"""


def test_runs_of_a_killed_process_end_as_killed_and_are_taken_up_again(
    place: Destination, tmp_path: Path
) -> None:
    folder = tmp_path / "harness-runs" / "journal"
    with subprocess.Popen(
        [sys.executable, "-c", KILLED], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        assert settle(folder) == [], "a live process's journal must be left alone"
        os.kill(process.pid, signal.SIGKILL)
    assert settle(folder) == journals(folder)
    assert settle(folder) == []
    ends = [event["run"] for event, _ in read(journals(folder)[0]) if event["event"] == "run_end"]
    assert ends == ["t1", "r1"], "children end before their parents"
    sync(folder, place, force=False, warn=print)
    assert {run.info.status for run in logged(place)} == {"KILLED"}
    again = log_run(tmp_path)
    assert again.warnings == []
    runs = logged(place)
    assert len(runs) == 2
    assert {run.info.status for run in runs} == {"FINISHED"}


def test_a_changed_param_of_a_run_taken_up_again_is_left_out_and_said(
    place: Destination, tmp_path: Path
) -> None:
    for device in ("cuda", "cpu"):
        with tracker(tmp_path) as open_tracker:
            open_tracker.run("r1", "demo>xnli s0", params={"device": device, "seed": 0, device: "x"})
            open_tracker.end("r1", "FAILED")
    (run,) = logged(place)
    assert run.data.params == {"device": "cuda", "seed": "0", "cuda": "x", "cpu": "x"}
    (warning,) = open_tracker.warnings
    assert "param device" in warning


@pytest.mark.parametrize(
    ("error", "status"), [(ValueError("boom"), "FAILED"), (KeyboardInterrupt(), "KILLED")]
)
def test_an_error_ends_what_is_open(
    place: Destination, tmp_path: Path, error: BaseException, status: str
) -> None:
    def broken() -> None:
        with tracker(tmp_path) as open_tracker:
            open_tracker.run("r1", "demo>xnli s0")
            open_tracker.run("t1", "train", parent="r1", kind="stage")
            open_tracker.end("t1")
            raise error

    with pytest.raises(type(error)):
        broken()
    assert {run.data.tags["run_id"]: run.info.status for run in logged(place)} == {
        "r1": status,
        "t1": "FINISHED",
    }
    assert not tracker(tmp_path).already_logged("r1")


def test_long_values_and_odd_names_reach_mlflow_within_its_limits(place: Destination, tmp_path: Path) -> None:
    with tracker(tmp_path) as open_tracker:
        open_tracker.run("r1", "demo", params={"languages": "x" * 9000, "squad+mnli": 1})
        open_tracker.metrics("r1", 0, {f"eval/xnli/l{index}/accuracy": 0.5 for index in range(1500)})
        open_tracker.metrics("r1", 0, {"train/squad+mnli/loss": float("nan")})
        open_tracker.params("r1", {f"p{index}": index for index in range(150)})
        open_tracker.tags("r1", {"note": "y" * 9000})
        open_tracker.artifact("r1", tmp_path / "gone.txt")
        open_tracker.end("r1")
    assert [warning for warning in open_tracker.warnings if "gone.txt" not in warning] == []
    (run,) = logged(place)
    assert len(run.data.metrics) == 1501
    assert "train/squad-mnli/loss" in run.data.metrics
    assert run.data.params["languages"].endswith("x ...")
    assert len(run.data.params) == 152


def test_a_journal_left_behind_is_caught_up_by_the_next_start(place: Destination, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tracker, "_follow", lambda self: None)
        log_run(tmp_path)
    assert logged(place) == []
    with tracker(tmp_path) as idle:
        assert idle.already_logged("r1")
    assert len(logged(place)) == 2


def test_a_file_system_without_locks_costs_a_warning_only(
    place: Destination, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: object, *_: object, **__: object) -> None:
        raise NotImplementedError("FileSystem does not appear to support flock")

    with monkeypatch.context() as patch:
        patch.setattr(Tracker, "_follow", lambda self: None)
        patch.setattr("filelock.FileLock.acquire", refuse)
        (warning,) = log_run(tmp_path).warnings
    assert "no file locks here" in warning
    (result,) = sync(tmp_path / "harness-runs" / "journal", place, force=False, warn=print)
    assert result.events == 11


def test_sync_leaves_a_running_invocation_alone(place: Destination, tmp_path: Path) -> None:
    with tracker(tmp_path) as running:
        running.run("r1", "demo>xnli s0")
        (result,) = sync(running.journal.path.parent, Destination(place.uri, "paper"), force=True, warn=print)
        assert (result.busy, result.problem, result.events) == (True, "", 0)
        running.end("r1")
    (run,) = logged(place)
    assert run.info.status == "FINISHED"


@pytest.mark.slow
def test_processes_that_meet_a_fresh_store_at_once_all_log(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from harness.tracking.tracker import Tracker
with Tracker.open(Path("harness-runs"), "harness run", {}, {}) as tracker:
    tracker.run(sys.argv[1], "demo")
    tracker.metrics(sys.argv[1], 0, {"eval/xnli/de/accuracy": 0.5})
    tracker.end(sys.argv[1])
assert not tracker.warnings, tracker.warnings
"""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    started = [
        subprocess.Popen([sys.executable, "-c", script, f"r{index}"], cwd=tmp_path, env=environ)
        for index in range(3)
    ]
    assert [process.wait() for process in started] == [0, 0, 0]
    assert len(logged(Destination(f"sqlite:///{tmp_path}/mlflow.db", "harness"))) == 3
