"""What identifies a task's rows, without reading them: part of every stage's key."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.data.revisions import Revisions
from harness.errors import HarnessError
from harness.plugins import built_in
from harness.registry import Registry
from harness.task import HubSource, Task

ROWS_VERSION = 2
DATA_SUFFIXES = {".parquet", ".jsonl", ".json", ".csv", ".tsv", ".arrow"}


@dataclass(frozen=True)
class DataPlaces:
    """Where rows come from: the registry's sources, the Hub's revisions, and a local folder before both."""

    registry: Registry
    revisions: Revisions
    folder: Path | None = None

    def local(self, source: HubSource) -> Path | None:
        """Return the local folder that stands for the source's repository, if there is one.

        In `folder` it may lie as ``OWNER/NAME``, ``datasets/OWNER/NAME`` or ``NAME``.
        """
        if self.folder is None:
            return None
        name = source.hub.rpartition("/")[2]
        for place in (source.hub, f"datasets/{source.hub}", name):
            if (self.folder / place).is_dir():
                return self.folder / place
        return None


def training_task(task: Task, registry: Registry) -> Task:
    """Return the task whose rows train `task` (for XNLI: MNLI)."""
    return registry.task(task.train_on) if task.train_on else task


def training_language(task: Task) -> str:
    """Return the language a task trains in: English; for a task without English rows, its first."""
    return "en" if "en" in task.languages else task.languages[0]


def has_split(task: Task, split: str, registry: Registry) -> bool:
    """Whether the task says that it has such a split."""
    if task.includes:
        return all(has_split(registry.task(name), split, registry) for name in task.includes)
    source = registry.source(task, task.languages[0])
    if source is not None:
        return split in source.splits
    return task.row_count(split, task.languages[0]) != 0


def selection_task(task: Task, registry: Registry) -> Task:
    """Return the task whose English dev rows select the checkpoint: the task itself, else its trainer."""
    if "en" in task.languages and has_split(task, "dev", registry):
        return task
    return training_task(task, registry)


def rows_identity(task: Task, split: str, language: str, places: DataPlaces) -> dict[str, Any]:
    """Return what the rows of a split in a language depend on: commit or file contents, columns, labels.

    Raises:
        HarnessError: the commit cannot be resolved, or the local folder holds no such rows.
    """
    shape = {"rows": ROWS_VERSION, "format": task.format, "labels": list(task.labels)}
    if task.includes:
        parts = [rows_identity(places.registry.task(name), split, language, places) for name in task.includes]
        return {**shape, "includes": parts}
    source = places.registry.source(task, language)
    if source is None:
        origin = places.registry.origin("task", task.name)
        made: dict[str, Any] = {"task": task.name, "version": task.version, "options": dict(task.options())}
        if not built_in(origin):
            made |= {"distribution": origin.distribution, "distribution_version": origin.version}
        return {**shape, **made, "split": split, "language": language}
    shape |= {
        "config": source.config,
        "split": source.splits.get(split),
        "columns": dict(source.columns),
        "label_map": dict(source.labels),
    }
    folder = places.local(source)
    if folder is not None:
        files = local_files(folder, source.config, source.splits.get(split, split))
        return {**shape, "files": [file_digest(path, path.stat().st_mtime_ns) for path in files]}
    found = places.revisions.resolve("dataset", source.hub, source.revision)
    return {**shape, "hub": source.hub, "commit": found.commit}


def expected_rows(task: Task, split: str, language: str, registry: Registry) -> int | None:
    """Return the published number of rows of a split in a language, if known."""
    if task.includes:
        counts = [expected_rows(registry.task(name), split, language, registry) for name in task.includes]
        return None if None in counts else sum(count for count in counts if count is not None)
    source = registry.source(task, language)
    if source is not None:
        count = source.rows.get(split)
        return count.get(language) if isinstance(count, Mapping) else count
    return task.row_count(split, language)


def local_files(folder: Path, config: str | None, split: str) -> list[Path]:
    """Return the data files of a configuration's splits (joined by ``+``) in a local copy of a repository."""
    place = folder / config if config and (folder / config).is_dir() else folder
    files = sorted(path for path in place.rglob("*") if path.suffix in DATA_SUFFIXES and path.is_file())
    wanted = split.split("+")
    named = [path for path in files if any(path.name.startswith((f"{part}-", f"{part}.")) for part in wanted)]
    if not named and not files:
        raise HarnessError(
            f"{folder}: no data files for configuration '{config}'",
            f"Put {'/'.join(filter(None, (config, split)))}-00000-of-00001.parquet there, as on the Hub.",
        )
    return named or files


@lru_cache(maxsize=4096)
def file_digest(path: Path, changed: int) -> str:
    """Return the SHA-256 of a file's content; `changed`, its modification time, makes the cache honest."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
