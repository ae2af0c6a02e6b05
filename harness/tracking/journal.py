"""Journal: what an invocation did, one JSON object a line. It is the truth; MLflow follows it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any

Event = dict[str, Any]


class Journal:
    """Appends events to a file; each is on disk when `write` returns. Safe to use from several threads.

    One process writes one journal. A last line that a killed process left unfinished is cut off when the
    next event is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._file: IO[bytes] | None = None
        self._next = 0

    def write(self, event: str, **fields: Any) -> None:
        """Append an event; `fields` must be what JSON can hold."""
        with self._lock:
            if self._file is None:
                self._file = self._open()
            content = {"seq": self._next, "time": time.time(), "event": event, **fields}
            line = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
            self._file.write(line.encode() + b"\n")
            self._file.flush()
            self._next += 1

    def close(self) -> None:
        """Close the file; a later `write` opens it again."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> IO[bytes]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        whole = 0
        if self.path.exists():
            for event, end in read(self.path):
                self._next, whole = event["seq"] + 1, end
        file = self.path.open("ab")
        file.truncate(whole)
        return file


def read(path: Path, position: int = 0) -> Iterator[tuple[Event, int]]:
    """Yield the events that begin at byte `position` or later, each with the position after it.

    Reading ends before the first line that is not whole: the next reader begins there again.
    """
    with path.open("rb") as file:
        file.seek(position)
        for line in file:
            if not line.endswith(b"\n"):
                return
            try:
                event = json.loads(line)
            except ValueError:
                return
            position += len(line)
            yield event, position


def journals(folder: Path) -> list[Path]:
    """Return the journals in a folder, oldest first."""
    return sorted(folder.glob("*.jsonl"), key=lambda path: (path.stat().st_mtime_ns, path.name))
