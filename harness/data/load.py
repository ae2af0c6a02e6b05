"""Rows of a task as one Arrow table: the format's columns, labels by name, and counts of what was dropped."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from harness.data.identity import DataPlaces, expected_rows, local_files
from harness.errors import HarnessError
from harness.formats import format_named
from harness.task import HubSource, Task

NO_LABEL = {"", "-", "-1", "None"}


class NoRowsError(HarnessError):
    """A task has no rows for a split in a language; the message says why."""


@dataclass(frozen=True)
class Loaded:
    """Rows, and what happened to them on the way.

    Attributes:
        table: columns ``id``, ``cluster``, ``label`` where the format has labels, the format's text
            columns, and ``<column>.conllu`` where the task has gold trees; all strings.
        dropped: reason to number of rows that were left out.
        notes: what a reader should know, such as a row count other than the published one.
        fingerprint: the first 32 hexadecimal digits of SHA-256 over all the rows.
        origin: where the rows came from, for the record.
    """

    table: pa.Table
    dropped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    fingerprint: str = ""
    origin: str = ""


def load(task: Task, split: str, language: str, places: DataPlaces, limit: int | None = None) -> Loaded:
    """Return the rows of a task's split in a language.

    Args:
        limit: keep that many rows, drawn by their ids: the same ones in every language of a parallel
            set, and a smaller limit's rows are among a larger one's.

    Raises:
        NoRowsError: there are none for that split and language.
        HarnessError: columns or labels are not what the task says.
    """
    if language not in task.languages:
        raise NoRowsError(f"{task.name} has no rows in '{language}'", f"It has: {' '.join(task.languages)}")
    table, dropped, notes, origin = _rows(task, split, language, places)
    if not table.num_rows:
        raise NoRowsError(f"{task.name} has no {split} rows in '{language}' ({origin})")
    if limit is not None and limit < table.num_rows:
        table = sample(table, limit)
    return Loaded(table, dropped, tuple(notes), fingerprint(table), origin)


def sample(table: pa.Table, limit: int) -> pa.Table:
    """Return the `limit` rows whose ids hash lowest, in their order."""
    digests = [hashlib.blake2b(name.encode(), digest_size=8).digest() for name in table["id"].to_pylist()]
    chosen = sorted(sorted(range(len(digests)), key=digests.__getitem__)[:limit])
    return table.take(pa.array(chosen))


def fingerprint(table: pa.Table) -> str:
    """Return 32 hexadecimal digits of SHA-256 over every value of every column, names included."""
    digest = hashlib.sha256()
    for name in sorted(table.column_names):
        digest.update(name.encode() + b"\0")
        column = table[name].combine_chunks().cast(pa.large_string())
        lengths = np.asarray(pc.fill_null(pc.binary_length(column), -1), dtype=np.int64)
        digest.update(lengths.tobytes())
        digest.update(
            "".join(value for value in column.to_pylist() if value is not None).encode(
                "utf-8", "surrogatepass"
            )
        )
    return digest.hexdigest()[:32]


def _rows(
    task: Task, split: str, language: str, places: DataPlaces
) -> tuple[pa.Table, dict[str, int], list[str], str]:
    if task.includes:
        return _joined(task, split, language, places)
    source = places.registry.source(task, language)
    if source is None:
        table = _made(task, split, language)
        dropped: dict[str, int] = {}
        origin = f"made by task {task.name}"
        notes: list[str] = []
    else:
        rows, origin = _read(task, source, split, places)
        table, dropped = _canonical(task, source, rows, split, origin)
        notes = []
        expected = expected_rows(task, split, language, places.registry)
        found = table.num_rows + sum(dropped.values())
        if expected is not None and found != expected:
            notes.append(f"{task.name} {split} {language}: {found:,} rows, {expected:,} are published")
    return _with_clusters(task, table), dropped, notes, origin


def _joined(
    task: Task, split: str, language: str, places: DataPlaces
) -> tuple[pa.Table, dict[str, int], list[str], str]:
    tables, dropped, notes, origins = [], dict[str, int](), list[str](), []
    for name in task.includes:
        part = places.registry.task(name)
        if set(part.labels) != set(task.labels):
            raise HarnessError(
                f"task {task.name} includes {name}, whose labels differ: {' '.join(part.labels)}"
            )
        table, gone, said, origin = _rows(part, split, language, places)
        for column in ("id", "cluster"):
            values = pa.array([f"{name}/{value}" for value in table[column].to_pylist()], pa.string())
            table = table.set_column(table.column_names.index(column), column, values)
        tables.append(table)
        dropped |= {f"{name}: {reason}": count for reason, count in gone.items()}
        notes += said
        origins.append(origin)
    return pa.concat_tables(tables), dropped, notes, " + ".join(origins)


def _made(task: Task, split: str, language: str) -> pa.Table:
    shape = format_named(task.format)
    rows = list(task.rows(split, language))
    columns: dict[str, list[Any]] = {}
    trees = [f"{name}.conllu" for name in shape.texts if rows and f"{name}.conllu" in rows[0]]
    for name in [*shape.columns, *trees]:
        if rows and name not in rows[0] and name not in shape.optional:
            raise HarnessError(f"task {task.name}: its rows lack the column '{name}' of format {task.format}")
        columns[name] = [str(row.get(name) or "") for row in rows]
    columns["id"] = [str(row.get("id", f"{split}:{index}")) for index, row in enumerate(rows)]
    if rows and "cluster" in rows[0]:
        columns["cluster"] = [str(row["cluster"]) for row in rows]
    unknown = sorted(set(columns.get("label", ())) - set(task.labels)) if task.labels else []
    if unknown:
        raise HarnessError(
            f"task {task.name}: label '{unknown[0]}' is not among its labels {' '.join(task.labels)}"
        )
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


def _read(task: Task, source: HubSource, split: str, places: DataPlaces) -> tuple[Any, str]:
    import datasets

    theirs, config = source.splits.get(split), source.config
    if theirs is None:
        raise NoRowsError(
            f"{task.name} has no {split} split ({source.hub})", f"It has: {' '.join(source.splits)}"
        )
    datasets.disable_progress_bars()
    folder = places.local(source)
    if folder is not None:
        return _read_files(folder, config, theirs), f"folder {folder.name}"
    found = places.revisions.resolve("dataset", source.hub, source.revision)
    try:
        rows = datasets.load_dataset(source.hub, config, split=theirs, revision=found.commit)
    except ValueError as error:
        if "BuilderConfig" in str(error) or "Unknown split" in str(error) or "Bad split" in str(error):
            raise NoRowsError(
                f"{source.hub} has no configuration '{config}' with split '{theirs}'"
            ) from error
        raise HarnessError(f"{source.hub} ({config}): {error}") from error
    except (OSError, RuntimeError, datasets.exceptions.DatasetsError) as error:
        raise HarnessError(
            f"{source.hub} ({config}) could not be read: {type(error).__name__}: {str(error).splitlines()[0]}",
            "Run the same command again, or give a local copy with --data-dir.",
        ) from error
    return rows, f"hub {source.hub}@{found.commit[:12]}" + (f" {config}" if config else "")


def _read_files(folder: Path, config: str | None, split: str) -> Any:
    import datasets

    files = local_files(folder, config, split)
    builders = {
        ".parquet": "parquet",
        ".jsonl": "json",
        ".json": "json",
        ".csv": "csv",
        ".tsv": "csv",
        ".arrow": "arrow",
    }
    suffixes = {path.suffix for path in files}
    if len(suffixes) > 1:
        raise HarnessError(
            f"{folder}: files of several kinds for split '{split}': {' '.join(sorted(suffixes))}"
        )
    suffix = suffixes.pop()
    options = {"delimiter": "\t"} if suffix == ".tsv" else {}
    try:
        return datasets.load_dataset(
            builders[suffix], data_files=[str(path) for path in files], split="train", **options
        )
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        raise HarnessError(
            f"{folder}: {str(error).splitlines()[0]}", "Check the files of that folder."
        ) from error


def _canonical(
    task: Task, source: HubSource, rows: Any, split: str, origin: str
) -> tuple[pa.Table, dict[str, int]]:
    shape = format_named(task.format)
    table, features = rows.with_format("arrow")[:], rows.features
    dropped: dict[str, int] = {}
    columns: dict[str, pa.Array] = {}
    for name in shape.columns:
        theirs = source.columns.get(name, name)
        column = _column(table, theirs)
        if column is None:
            if name in shape.optional:
                continue
            raise HarnessError(
                f"{origin}: no column '{theirs}' for {task.name}'s '{name}'; it has {' '.join(table.column_names)}",
                "Name the column in the source's `columns` in the registry.",
            )
        if name == "label":
            names = getattr(features.get(theirs), "names", None)
            columns[name] = pa.array(_labels(task, source, column.to_pylist(), names, origin), pa.string())
        else:
            columns[name] = column.cast(pa.string())
    theirs_id = _column(table, source.columns["id"]) if "id" in source.columns else None
    columns["id"] = (
        theirs_id.cast(pa.string())
        if theirs_id is not None
        else pa.array([f"{split}:{number}" for number in range(table.num_rows)], pa.string())
    )
    result = pa.table(columns)
    for name in shape.columns:
        if name not in result.column_names:
            continue
        keep = pc.is_valid(result[name])
        if name in shape.texts and name not in shape.optional:
            keep = pc.and_(keep, pc.not_equal(pc.utf8_trim_whitespace(pc.fill_null(result[name], "")), ""))
        gone = result.num_rows - (pc.sum(keep).as_py() or 0)
        if gone:
            dropped["no label" if name == "label" else f"empty {name}"] = gone
            result = result.filter(keep)
    if not result.num_rows and dropped.get("no label"):
        raise NoRowsError(f"{origin}: all {dropped['no label']:,} rows of {task.name} have hidden labels")
    return result, dropped


def _column(table: pa.Table, path: str) -> pa.ChunkedArray | None:
    first, _, rest = path.partition(".")
    if first not in table.column_names:
        return None
    column = table[first]
    for step in filter(None, rest.split(".")):
        column = pc.struct_field(column, step)
    return column


def _labels(
    task: Task, source: HubSource, values: Iterable[Any], names: list[str] | None, origin: str
) -> list[str | None]:
    """Map their labels to ours by name; None for a hidden or missing one."""
    ours = {name.lower(): name for name in task.labels}
    found: dict[Any, str | None] = {}
    result = []
    for value in values:
        if value not in found:
            named = (
                names[value]
                if names is not None and isinstance(value, int) and 0 <= value < len(names)
                else value
            )
            text = str(named)
            text = source.labels.get(text, text)
            if text in NO_LABEL or value == -1:
                found[value] = None
            elif text.lower() in ours:
                found[value] = ours[text.lower()]
            else:
                raise HarnessError(
                    f"{origin}: label '{text}' is not one of {task.name}'s: {' '.join(task.labels)}",
                    "Map it in the source's `labels` in the registry.",
                )
        result.append(found[value])
    return result


def _with_clusters(task: Task, table: pa.Table) -> pa.Table:
    """Add the column ``cluster``: the id of the first row with the same leading text, where the task has none."""
    if "cluster" in table.column_names:
        return table
    ids = table["id"].to_pylist()
    first: dict[str, str] = {}
    texts = table[format_named(task.format).texts[0]].to_pylist()
    clusters = [first.setdefault(text, name) for text, name in zip(texts, ids, strict=True)]
    return table.append_column("cluster", pa.array(clusters, pa.string()))
