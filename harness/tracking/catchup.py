"""Catching up: journals that MLflow does not have in full, and those that a killed process left open."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.tracking.journal import Event, Journal, journals, read
from harness.tracking.mlflow_sink import MlflowSink
from harness.tracking.position import pending
from harness.tracking.store import Destination, connect, reason

Warn = Callable[[str], None]
_TAIL = 1 << 16


@dataclass(frozen=True)
class Synced:
    """What `sync` did with one journal: the number of events sent, or why none were.

    `busy` says that a running invocation is sending it.
    """

    journal: Path
    place: Destination
    events: int = 0
    problem: str = ""
    busy: bool = False


def settle(folder: Path) -> list[Path]:
    """Close the journals whose process is gone: their open runs end as KILLED. Returns those journals."""
    closed = []
    for path in journals(folder):
        if _ended(path):
            continue
        with _free(path) as free:
            if not free or _writer_lives(_invocation(path)):
                continue
            open_runs: dict[str, None] = {}
            for event, _ in read(path):
                if event["event"] == "run_start":
                    open_runs[event["run"]] = None
                if event["event"] == "run_end":
                    open_runs.pop(event["run"], None)
            with Journal(path) as journal:
                for local_id in reversed(list(open_runs)):
                    journal.write("run_end", run=local_id, status="KILLED")
                journal.write("invocation_end", status="KILLED")
        closed.append(path)
    return closed


def finished(folder: Path, place: Destination) -> frozenset[str]:
    """Return the local ids of the runs that journals meant for `place` hold to their end."""
    done: set[str] = set()
    for path in journals(folder):
        if not _meant_for(path, place):
            continue
        for line in path.read_bytes().splitlines():
            if b'"event":"run_end"' in line and b'"FINISHED"' in line:
                done.add(json.loads(line)["run"])
    return frozenset(done)


def held(folder: Path, place: Destination) -> list[Path]:
    """Return the journals meant for `place` that it does not have in full and that nobody writes now."""
    found = []
    for path in journals(folder):
        if _meant_for(path, place) and pending(path, place):
            with _free(path) as free:
                if free:
                    found.append(path)
    return found


def follow(
    folder: Path, place: Destination, own: Path | None, stop: threading.Event, pause: float, warn: Warn
) -> None:
    """Replay what older journals hold back, then follow `own` until `stop` is set and all of it is sent.

    Raises what MLflow raises when it cannot be reached; may then be called again.
    """
    connection = connect(place)
    for path in held(folder, place):
        with _free(path) as free:
            if free and path != own:
                MlflowSink(path, place, connection, warn).replay()
    if own is None:
        return
    sink = MlflowSink(own, place, connection, warn)
    while True:
        last = stop.is_set()
        sink.replay()
        if last:
            return
        stop.wait(pause)


def sync(folder: Path, place: Destination, force: bool, warn: Warn) -> list[Synced]:
    """Replay every journal that is not in MLflow in full, each to the store it was meant for.

    With `force` all go to `place`. Journals of live invocations are left to these.
    """
    settle(folder)
    results = []
    for path in journals(folder):
        target = place if force else _target(path, place)
        if not pending(path, target):
            continue
        with _free(path) as free:
            if not free:
                results.append(Synced(path, target, busy=True))
                continue
            try:
                count = MlflowSink(path, target, connect(target), warn).replay()
                results.append(Synced(path, target, count))
            except Exception as error:
                results.append(Synced(path, target, problem=reason(error)))
    return results


def _target(path: Path, place: Destination) -> Destination:
    """Return where a journal was meant to go; the password, which no journal holds, is taken from `place`."""
    about = _invocation(path)
    uri = about.get("tracking_uri", place.shown)
    return Destination(place.uri if uri == place.shown else uri, about.get("experiment", place.experiment))


def _meant_for(path: Path, place: Destination) -> bool:
    return _target(path, place) == place


def _invocation(path: Path) -> Event:
    for event, _ in read(path):
        return event if event["event"] == "invocation" else {}
    return {}


def _ended(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        lines = file.read().splitlines()
    return bool(lines) and b'"event":"invocation_end"' in lines[-1] and lines[-1].endswith(b"}")


def _writer_lives(about: Event) -> bool:
    """Return whether the process that wrote a journal still runs, as far as this host can know."""
    if about.get("host") != socket.gethostname() or about.get("pid") in (None, os.getpid()):
        return False
    try:
        os.kill(about["pid"], 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def _free(journal: Path) -> Iterator[bool]:
    """Take a journal's lock if nobody holds it, and say whether it was free; a dead process holds none."""
    from filelock import FileLock, Timeout

    lock = FileLock(journal.with_suffix(".lock"), timeout=0)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    except (OSError, NotImplementedError):
        # A file system without locks: the writer's process id has to do.
        yield not _writer_lives(_invocation(journal))
        return
    try:
        yield True
    finally:
        lock.release()
