"""Reading a source's rows as they are: from the Hub, from a local copy of a repository, from text files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from harness.data.identity import DataPlaces, local_files
from harness.data.revisions import CONVERTED, Resolved
from harness.errors import HarnessError
from harness.task import HubSource, Task

BUILDERS = {
    ".parquet": "parquet",
    ".jsonl": "json",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".arrow": "arrow",
}


class NoRowsError(HarnessError):
    """A task has no rows for a split in a language; the message says why."""


class Rows(NamedTuple):
    """Rows as the source has them; `features` is what datasets knows of its columns; `origin` for people."""

    table: pa.Table
    features: Mapping[str, Any]
    origin: str


def read_source(task: Task, source: HubSource, split: str, places: DataPlaces) -> Rows:
    """Return all columns of a source's split.

    Raises:
        NoRowsError: there is no such split or configuration.
        HarnessError: the Hub or the folder cannot be read.
    """
    theirs = source.splits.get(split)
    if theirs is None:
        raise NoRowsError(
            f"{task.name} has no {split} split ({source.hub})", f"It has: {' '.join(source.splits)}"
        )
    folder = places.local(source)
    if folder is not None:
        files = local_files(folder, source.config, theirs)
        if not files:
            place = "/".join(filter(None, (source.hub, source.config, theirs)))
            raise NoRowsError(
                f"{folder}: no data files for configuration '{source.config}' and split '{theirs}'",
                f"Put {place}-00000-of-00001.parquet there, as on the Hub.",
            )
        return read_files(files, f"folder {folder.name}")
    found = places.revisions.rows_of(source)
    configs = source.config.split("+") if source.config else [None]
    parts = [_from_hub(source, config, theirs, source.files.get(split), found) for config in configs]
    config = f" {source.config}" if source.config else ""
    return _together(parts, f"hub {source.hub}@{found.commit[:12]}{config}")


def read_files(files: Sequence[Path], origin: str) -> Rows:
    """Return the rows of files of one kind, one after the other."""
    import datasets

    suffixes = {path.suffix for path in files}
    if len(suffixes) > 1:
        raise HarnessError(f"{origin}: files of several kinds for one split: {' '.join(sorted(suffixes))}")
    suffix = suffixes.pop()
    options = {"delimiter": "\t"} if suffix == ".tsv" else {}
    datasets.disable_progress_bars()
    try:
        rows = datasets.load_dataset(
            BUILDERS[suffix], data_files=[str(path) for path in files], split="train", **options
        )
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        raise HarnessError(
            f"{origin}: {str(error).splitlines()[0]}", "Check the files of that folder."
        ) from error
    return _together([rows], origin)


def _from_hub(source: HubSource, config: str | None, split: str, files: str | None, found: Resolved) -> Any:
    import datasets

    datasets.disable_progress_bars()
    try:
        if files is not None or found.converted:
            return _from_files(source, config, split, files, found)
        rows = datasets.load_dataset(source.hub, config, split=split, revision=found.commit)
    except (ValueError, OSError, RuntimeError, datasets.exceptions.DatasetsError) as error:
        raise _told(error, source.hub, config, split) from error
    # without the Hub, datasets takes whatever commit its cache holds
    if any(found.commit not in Path(each["filename"]).parts for each in rows.cache_files):
        raise HarnessError(
            f"{source.hub} cannot be reached, and the cache does not hold its commit {found.commit[:12]}",
            "Connect to the network once, or give a local copy with --data-dir.",
        )
    return rows


def _from_files(source: HubSource, config: str | None, split: str, files: str | None, found: Resolved) -> Any:
    """Read files of a repository by name; what is downloaded once is there without the Hub, too."""
    import datasets
    from huggingface_hub import snapshot_download, utils

    names = dict.fromkeys(part.partition("[")[0] for part in split.split("+"))
    patterns = {name: files or f"{config or 'default'}/{name}/*.parquet" for name in names}
    bars: Any = utils
    shown = not bars.are_progress_bars_disabled()
    bars.disable_progress_bars()
    try:
        wanted = list(patterns.values())
        folder = Path(
            snapshot_download(source.hub, repo_type="dataset", revision=found.commit, allow_patterns=wanted)
        )
    finally:
        if shown:
            bars.enable_progress_bars()
    places = {name: sorted(str(path) for path in folder.glob(pattern)) for name, pattern in patterns.items()}
    if not all(places.values()):
        raise HarnessError(
            f"{source.hub}: no files {' '.join(patterns.values())}, or it cannot be reached and they are not cached",
            "Correct the source in the registry, or connect to the network once.",
        )
    suffix = Path(next(iter(places.values()))[0]).suffix
    return datasets.load_dataset(BUILDERS.get(suffix, suffix), data_files=places, split=split)


def _told(error: Exception, hub: str, config: str | None, split: str) -> HarnessError:
    """Say what kept a split from being read."""
    said = str(error).splitlines()[0] if str(error) else ""
    if any(sign in said for sign in ("BuilderConfig", "Unknown split", "Bad split", "Unable to find")):
        return NoRowsError(f"{hub} has no configuration '{config}' with split '{split}'")
    if "find cache for" in said:
        return HarnessError(
            f"{hub} cannot be reached, and its configuration '{config}' is not in the cache",
            "Connect to the network once, or give a local copy with --data-dir.",
        )
    if "scripts are no longer supported" in said:
        return HarnessError(
            f"{hub} has a loading script, which datasets no longer runs",
            f"Give the source `branch: {CONVERTED}` in the registry, or a local copy with --data-dir.",
        )
    if isinstance(error, ValueError):
        return HarnessError(f"{hub} ({config}): {said}")
    return HarnessError(
        f"{hub} ({config}) could not be read: {type(error).__name__}: {said}",
        "Run the same command again, or give a local copy with --data-dir.",
    )


def _together(parts: Sequence[Any], origin: str) -> Rows:
    """Return the rows of several datasets with the same columns as one table, from where they are mapped."""
    features = parts[0].features
    if any(part.features != features for part in parts):
        raise HarnessError(f"{origin}: its configurations have different columns")
    tables = [part.data.table for part in parts]
    return Rows(tables[0] if len(tables) == 1 else pa.concat_tables(tables), features, origin)
