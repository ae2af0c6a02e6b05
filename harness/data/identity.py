"""What identifies a task's rows, without reading them: part of every stage's key."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
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
SPLIT_FILE = re.compile(r"(train|dev|valid|test)\w*([-.]|$)")
DATA_SUFFIXES = {".parquet", ".jsonl", ".json", ".csv", ".tsv", ".arrow"}


@dataclass(frozen=True)
class DataPlaces:
    """Where rows come from: the registry's sources, the Hub's revisions, and the user's folders before both.

    Attributes:
        folder: ``--data-dir``: local copies of repositories, and the folders of tasks that are not on the Hub.
        translations: ``--translations``: ``TASK/LANGUAGE/train.parquet`` (or .jsonl, .csv), training rows in
            languages other than English, in the format's columns.
        allow_changed: whether data other than the published are noted and used, not refused.
    """

    registry: Registry
    revisions: Revisions
    folder: Path | None = None
    translations: Path | None = None
    allow_changed: bool = False

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

    def of_task(self, task: Task) -> Path:
        """Return the folder that a task's rows are made of; raise HarnessError where it is not there."""
        if self.folder is not None and (self.folder / task.folder).is_dir():
            return self.folder / task.folder
        where = "no --data-dir is given" if self.folder is None else f"{self.folder} has no such folder"
        raise HarnessError(
            f"{task.name} is read from a folder '{task.folder}' under --data-dir, and {where}",
            task.folder_help,
        )

    def translated(self, task: Task, split: str, language: str) -> Path | None:
        """Return the user's own file of training rows of a task in a language other than English, if any."""
        if self.translations is None or split != "train" or language == "en":
            return None
        place = self.translations / task.name / language
        found = [place / f"{split}{suffix}" for suffix in (".parquet", ".jsonl", ".csv")]
        return next((path for path in found if path.is_file()), None)


class NoTrainingRowsError(HarnessError):
    """A task has no training rows in a language, but may be given translated ones."""


def training_rows(task: Task, language: str, places: DataPlaces) -> Task:
    """Return the task whose training rows in a language train `task`.

    The user's own translations come first. English rows are those of `train_on` (XNLI: MNLI), or the task's
    own; rows in another language the task's own where it has such a split, else those of `train_on`.

    Raises:
        HarnessError: there are none in that language.
    """
    registry = places.registry
    trainer = registry.task(task.train_on) if task.train_on else task
    choices = [trainer] if language == "en" else [task, trainer]
    for choice in choices:
        if places.translated(choice, "train", language) is not None:
            return choice
    for choice in choices:
        if language in choice.languages and has_split(choice, "train", registry, language):
            return choice
    if language == "en":
        raise HarnessError(
            f"{task.name} has no English training rows", "Name the task that trains it in its `train_on`."
        )
    raise NoTrainingRowsError(
        f"there are no training rows for {task.name} in '{language}'",
        f"Name a model that makes them: --translator NAME. Or give your own: --translations DIR, with "
        f"DIR/{trainer.name}/{language}/train.parquet.",
    )


def training_task(task: Task, registry: Registry) -> Task:
    """Return the task whose English rows train `task` (for XNLI: MNLI)."""
    return registry.task(task.train_on) if task.train_on else task


def training_language(task: Task) -> str:
    """Return the language a task trains in: English; for one that has no English rows to train it, its first."""
    return "en" if "en" in task.languages or task.train_on else task.languages[0]


def has_split(task: Task, split: str, registry: Registry, language: str | None = None) -> bool:
    """Whether the task says that it has such a split (in `language`; None: in its first one).

    Of several splits joined by commas it needs one.
    """
    language = language or task.languages[0]
    if "," in split:
        return any(has_split(task, each, registry, language) for each in split.split(","))
    if task.includes:
        return all(has_split(registry.task(name), split, registry, language) for name in task.includes)
    source = registry.source(task, language)
    if source is not None:
        return split in source.splits and expected_rows(task, split, language, registry) != 0
    return task.row_count(split, language) != 0


def selection_task(task: Task, registry: Registry) -> Task:
    """Return the task whose English dev rows select the checkpoint: the task itself, else its trainer."""
    if "en" in task.languages and has_split(task, "dev", registry):
        return task
    return training_task(task, registry)


def rows_identity(task: Task, split: str, language: str, places: DataPlaces) -> dict[str, Any]:
    """Return what the rows of a split in a language depend on: commit or file contents, columns, labels.

    Raises:
        HarnessError: the commit cannot be resolved, or the folder of a task is not there.
    """
    if "," in split:
        return {"first of": [rows_identity(task, each, language, places) for each in split.split(",")]}
    shape = {"rows": ROWS_VERSION, "format": task.format, "labels": list(task.labels)}
    own = places.translated(task, split, language)
    if own is not None:
        return {**shape, "language": language, "files": digests([own])}
    if task.includes:
        parts = [rows_identity(places.registry.task(name), split, language, places) for name in task.includes]
        return {**shape, "includes": parts}
    source = places.registry.source(task, language)
    if source is None:
        made = {**shape, **_code(task, places.registry), "split": split, "language": language}
        if not task.folder:
            return made
        folder = places.of_task(task)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        names = [path.relative_to(folder).as_posix() for path in files]
        return {**made, "files": [list(pair) for pair in zip(names, digests(files), strict=True)]}
    if type(task).prepare is not Task.prepare:
        shape |= {**_code(task, places.registry), "our_split": split, "language": language}
    shape |= {
        "config": source.config,
        "split": source.splits.get(split),
        "columns": dict(source.columns),
        "label_map": dict(source.labels),
    }
    folder_of_source = places.local(source)
    if folder_of_source is not None:
        files = local_files(folder_of_source, source.config, source.splits.get(split, split))
        return {**shape, "files": digests(files)}
    found = places.revisions.rows_of(source)
    if split in source.files:
        shape |= {"of_files": source.files[split]}
    return {**shape, "hub": source.hub, "commit": found.commit}


def _code(task: Task, registry: Registry) -> dict[str, Any]:
    """Return what identifies the code of a task."""
    origin = registry.origin("task", task.name)
    made: dict[str, Any] = {"task": task.name, "version": task.version, "options": dict(task.options())}
    if not built_in(origin):
        made |= {"distribution": origin.distribution, "distribution_version": origin.version}
    return made


def expected_rows(task: Task, split: str, language: str, registry: Registry) -> int | None:
    """Return the published number of rows of a split in a language (of several: of the first), if known."""
    split = split.partition(",")[0]
    if language not in task.languages:
        return None
    if task.includes:
        counts = [expected_rows(registry.task(name), split, language, registry) for name in task.includes]
        return None if None in counts else sum(count for count in counts if count is not None)
    source = registry.source(task, language)
    if source is not None:
        count = source.rows.get(split)
        return count.get(language) if isinstance(count, Mapping) else count
    return task.row_count(split, language)


def local_files(folder: Path, config: str | None, split: str) -> list[Path]:
    """Return the data files of a configuration's splits in a local copy of a repository; none where it lacks them.

    Args:
        config: several are joined by ``+``, as are several splits.
    """
    return [path for each in (config or "").split("+") for path in _files(folder, each, split)]


def _files(folder: Path, config: str, split: str) -> list[Path]:
    """Return the files of one configuration: those in its folder, else those that lie in no other one's."""
    inside = (folder / config).is_dir()
    places = (folder / config).rglob("*") if inside else [*folder.glob("*"), *(folder / "data").glob("*")]
    files = sorted(path for path in places if path.suffix in DATA_SUFFIXES and path.is_file())
    wanted = [part.partition("[")[0] for part in split.split("+")]
    named = [path for path in files if any(path.name.startswith((f"{part}-", f"{part}.")) for part in wanted)]
    # the Hub's conversion to parquet has a folder for each split
    named = named or [path for path in files if path.parent.name in wanted]
    if named or any(SPLIT_FILE.match(part) for path in files for part in (path.name, path.parent.name)):
        return named
    return files  # files that are named after no split are those of every split


def digests(files: Iterable[Path]) -> list[str]:
    """Return the SHA-256 of each file's content."""
    return [file_digest(path, path.stat().st_mtime_ns) for path in files]


@lru_cache(maxsize=4096)
def file_digest(path: Path, changed: int) -> str:
    """Return the SHA-256 of a file's content; `changed`, its modification time, makes the cache honest."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
