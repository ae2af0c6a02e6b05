from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.tracking.journal import Event, Journal, journals, read


def events(path: Path, position: int = 0) -> list[Event]:
    return [event for event, _ in read(path, position)]


def test_events_are_on_disk_when_write_returns(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "deep" / "a.jsonl")
    journal.write("metrics", run="r", step=3, values={"train/xnli/loss": 0.5})
    (event,) = events(journal.path)
    assert event["time"] > 0
    assert {key: event[key] for key in ("seq", "event", "run", "step", "values")} == {
        "seq": 0, "event": "metrics", "run": "r", "step": 3, "values": {"train/xnli/loss": 0.5},
    }  # fmt: skip


def test_nothing_is_made_before_the_first_event(tmp_path: Path) -> None:
    Journal(tmp_path / "a.jsonl").close()
    assert list(tmp_path.iterdir()) == []


def test_reading_goes_on_from_a_position(tmp_path: Path) -> None:
    with Journal(tmp_path / "a.jsonl") as journal:
        for step in range(3):
            journal.write("metrics", step=step)
        _, position = list(read(journal.path))[1]
        assert [event["step"] for event in events(journal.path, position)] == [2]
        _, end = list(read(journal.path))[-1]
        assert events(journal.path, end) == []


def test_threads_write_whole_lines_in_sequence(tmp_path: Path) -> None:
    with Journal(tmp_path / "a.jsonl") as journal, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda step: journal.write("metrics", step=step, text="ä" * 500), range(200)))
    found = events(journal.path)
    assert [event["seq"] for event in found] == list(range(200))
    assert {event["step"] for event in found} == set(range(200))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(cut=st.integers(1, 60))
def test_a_line_cut_by_a_kill_is_passed_over_and_mended(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "a.jsonl"
    path.unlink(missing_ok=True)
    with Journal(path) as journal:
        journal.write("tags", run="r", values={})
        journal.write("tags", run="r", values={"model": "größer"})
    path.write_bytes(path.read_bytes()[:-cut])
    assert len(events(path)) == 1
    with Journal(path) as journal:
        journal.write("run_end", run="r", status="FINISHED")
    assert [(event["seq"], event["event"]) for event in events(path)] == [(0, "tags"), (1, "run_end")]
    assert all(json.loads(line) for line in path.read_text("utf-8").splitlines())


def test_a_closed_journal_goes_on_in_sequence(tmp_path: Path) -> None:
    for _ in range(2):
        with Journal(tmp_path / "a.jsonl") as journal:
            journal.write("tags", run="r", values={})
    assert [event["seq"] for event in events(journal.path)] == [0, 1]


def test_what_is_not_json_is_refused_before_it_reaches_the_file(tmp_path: Path) -> None:
    with Journal(tmp_path / "a.jsonl") as journal:
        journal.write("tags")
        with pytest.raises(TypeError):
            journal.write("tags", values={1, 2})
        journal.write("tags")
    assert [event["seq"] for event in events(journal.path)] == [0, 1]


def test_journals_are_listed_oldest_first(tmp_path: Path) -> None:
    for name in ("b", "a"):
        Journal(tmp_path / f"{name}.jsonl").write("tags")
    (tmp_path / "b.jsonl.mlflow.json").write_text("{}")
    assert [path.name for path in journals(tmp_path)] == ["b.jsonl", "a.jsonl"]
    assert journals(tmp_path / "none") == []
