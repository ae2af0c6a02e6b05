"""The process that MLflow is fed by: it sees a journal to its end, whatever becomes of the invocation."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Metric

from harness.tracking import follower
from harness.tracking.follower import Follower
from harness.tracking.journal import Journal
from harness.tracking.position import pending
from harness.tracking.store import Destination


def write(journal: Journal, steps: int) -> None:
    journal.write("invocation", invocation_id="i1", workspace=".", config={}, environment={})
    journal.write(
        "run_start", run="r1", parent=None, name="demo", kind="run", params={}, tags={"kind": "run"}
    )
    for step in range(1, steps + 1):
        journal.write("metrics", run="r1", step=step, values={"train/loss": 1 / step})


def history(place: Destination) -> list[Metric]:
    client = MlflowClient(place.uri)
    experiment = client.get_experiment_by_name(place.experiment)
    (run,) = client.search_runs([experiment.experiment_id])
    return list(client.get_metric_history(run.info.run_id, "train/loss"))


def test_every_step_arrives_once_and_in_order_through_ctrl_c(place: Destination, tmp_path: Path) -> None:
    warnings: list[str] = []
    with Journal(tmp_path / "journal" / "i1.jsonl") as journal:
        write(journal, 500)
        following = Follower(journal.path.parent, place, journal.path, warnings.append)
        time.sleep(1)
        os.kill(following._process.pid, signal.SIGINT)
        os.kill(following._process.pid, signal.SIGTERM)
        for step in range(501, 2001):
            journal.write("metrics", run="r1", step=step, values={"train/loss": 1 / step})
        journal.write("run_end", run="r1", status="KILLED")
    following.finish(60)
    assert warnings == []
    found = history(place)
    assert sorted(metric.step for metric in found) == [*range(1, 2001)]
    assert {metric.step: metric.value for metric in found} == {step: 1 / step for step in range(1, 2001)}
    times = [metric.timestamp for metric in sorted(found, key=lambda metric: metric.step)]
    assert times == sorted(times)
    assert not pending(journal.path, place)


def test_what_a_killed_invocation_wrote_is_sent(place: Destination, tmp_path: Path) -> None:
    with Journal(tmp_path / "journal" / "i1.jsonl") as journal:
        write(journal, 3)
    program = (
        "import os, signal\n"
        "from pathlib import Path\n"
        "from harness.tracking.follower import Follower\n"
        "from harness.tracking.store import destination\n"
        f"path = Path({str(journal.path)!r})\n"
        "Follower(path.parent, destination(), path, print)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == -signal.SIGKILL
    limit = time.monotonic() + 60
    while pending(journal.path, place) and time.monotonic() < limit:
        time.sleep(0.2)
    assert len(history(place)) == 3


def test_a_follower_that_dies_costs_a_warning(place: Destination, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(follower.sys, "executable", "/bin/false")
    warnings: list[str] = []
    Follower(tmp_path, place, None, warnings.append).finish(60)
    (warning,) = warnings
    assert "code 1" in warning
    assert "harness sync" in warning
