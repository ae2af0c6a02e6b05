"""Workspace: the folder that holds finished stages, runs and journals."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from harness.errors import HarnessError
from harness.keys import key

STAGE_FILE = "stage.json"
LAYOUT = 1


class Workspace:
    """Finished stages by kind and key, runs, journals and reports in one folder.

    A stage is written into a folder beside its place and renamed when it is whole, so a folder at its
    place is a finished stage. Each holds its identity, which is compared on reading.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()

    @classmethod
    def at(cls, folder: Path | None = None) -> Workspace:
        """Return the workspace at `folder`, else at HARNESS_WORKSPACE, else ``harness-runs`` here."""
        return cls(folder or Path(os.environ.get("HARNESS_WORKSPACE") or "harness-runs"))

    @property
    def runs(self) -> Path:
        """The folder of run records."""
        return self.folder / "runs"

    @property
    def journals(self) -> Path:
        """The folder of tracking journals."""
        return self.folder / "journal"

    @property
    def reports(self) -> Path:
        """The folder of reports, one folder a run."""
        return self.folder / "reports"

    def place(self, kind: str, stage_key: str) -> Path:
        """Return where a finished stage of that kind and key lies, or will lie."""
        return self.folder / "stages" / kind / stage_key

    def partial(self, kind: str, stage_key: str) -> Path:
        """Return the folder in which an unfinished stage is written."""
        return self.place(kind, stage_key).with_name(f"{stage_key}.partial")

    def done(self, kind: str, stage_key: str) -> bool:
        """Whether the stage is finished."""
        return (self.place(kind, stage_key) / STAGE_FILE).is_file()

    def read(self, kind: str, stage_key: str) -> dict[str, Any]:
        """Return a finished stage's facts; raise HarnessError where they do not belong to the key."""
        path = self.place(kind, stage_key) / STAGE_FILE
        try:
            facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise HarnessError(
                f"{path}: unreadable ({error})", f"Remove {path.parent} and run again."
            ) from error
        if key(facts.get("identity", {})) != stage_key:
            raise HarnessError(
                f"{path}: what is stored there is not what its key says",
                f"Remove {path.parent} and run again.",
            )
        return facts

    def commit(self, kind: str, identity: Mapping[str, Any], facts: Mapping[str, Any]) -> Path:
        """Write identity and facts into the partial folder and put it at its place; return the place."""
        stage_key = key(identity)
        partial, place = self.partial(kind, stage_key), self.place(kind, stage_key)
        write_json(partial / STAGE_FILE, {"layout": LAYOUT, "key": stage_key, "identity": identity, **facts})
        if place.exists():
            shutil.rmtree(place)
        os.replace(partial, place)
        return place

    @contextmanager
    def working(self, kind: str, stage_key: str) -> Iterator[Path]:
        """Hold the stage's lock and yield its partial folder, so that two processes never write one stage."""
        partial = self.partial(kind, stage_key)
        partial.parent.mkdir(parents=True, exist_ok=True)
        locks = self.folder / "locks"
        locks.mkdir(exist_ok=True)
        with FileLock(locks / f"{stage_key}.lock"):
            partial.mkdir(exist_ok=True)
            yield partial
            if partial.is_dir() and not any(partial.iterdir()):
                partial.rmdir()


def write_json(path: Path, value: Any) -> None:
    """Write `value` as JSON, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".tmp")
    with aside.open("w", encoding="utf-8") as stream:
        json.dump(value, stream, ensure_ascii=False, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(aside, path)
