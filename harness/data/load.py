"""Rows of a task as one Arrow table: the format's columns, labels by name, and counts of what was dropped."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from harness.data.columns import LISTS, NO_LABEL_REASON, Given, filled, is_list, joined, shaped, whole
from harness.data.identity import DataPlaces, expected_rows
from harness.data.read import NoRowsError as NoRowsError
from harness.data.read import read_files, read_source
from harness.errors import HarnessError
from harness.formats import Format, format_named
from harness.task import Task


@dataclass(frozen=True)
class Loaded:
    """Rows, and what happened to them on the way.

    Attributes:
        table: columns ``id``, ``cluster``, the format's columns as `Format.types` says, and
            ``<column>.conllu`` where the task has gold trees.
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
        split: one, or several joined by commas: the first of them that the language has.
        limit: keep that many examples, drawn by their ids: the same ones in every language of a parallel
            set, and a smaller limit's are among a larger one's. Rows that are no examples all stay.

    Raises:
        NoRowsError: there are none for that split and language.
        HarnessError: columns, labels or the number of rows are not what the task says.
    """
    first, *others = split.split(",")
    if others:
        try:
            return load(task, first, language, places, limit)
        except NoRowsError as error:
            found = load(task, ",".join(others), language, places, limit)
            note = f"{task.name} {language}: {others[0]} rows stand in for {first} rows ({error.message})"
            return replace(found, notes=(note, *found.notes))
    if language not in task.languages and places.translated(task, split, language) is None:
        raise NoRowsError(f"{task.name} has no rows in '{language}'", f"It has: {' '.join(task.languages)}")
    table, dropped, notes, origin = _rows(task, split, language, places)
    if not table.num_rows:
        raise NoRowsError(f"{task.name} has no {split} rows in '{language}' ({origin})")
    if limit is not None:
        table = sample(table, limit, format_named(task.format).examples(table))
    return Loaded(table, dropped, tuple(notes), fingerprint(table), origin)


def sample(table: pa.Table, limit: int, examples: np.ndarray | None = None) -> pa.Table:
    """Return the `limit` examples whose ids hash lowest, and all rows that are no examples, in their order.

    Args:
        examples: which rows are examples, [n] bool (``Format.examples``); None: all.
    """
    wanted = np.ones(table.num_rows, dtype=bool) if examples is None else examples
    rows = np.flatnonzero(wanted)
    if limit >= len(rows):
        return table
    names = table["id"].take(pa.array(rows)).to_pylist()
    digests = [hashlib.blake2b(name.encode(), digest_size=8).digest() for name in names]
    chosen = ~wanted
    chosen[rows[sorted(range(len(digests)), key=digests.__getitem__)[:limit]]] = True
    return table.filter(pa.array(chosen))


def fingerprint(table: pa.Table) -> str:
    """Return 32 hexadecimal digits of SHA-256 over every value of every column, names included.

    Chunks and the widths of offsets and integers make no difference; a missing value is none of the others.
    """
    digest = hashlib.sha256()
    for name in sorted(table.column_names):
        digest.update(name.encode() + b"\0")
        _add(digest, whole(table[name]))
    return digest.hexdigest()[:32]


def _add(digest: Any, array: pa.Array) -> None:
    """Add an array's values to a digest, straight from its buffers."""
    kind = array.type
    if is_list(kind):
        digest.update(_numbers(pc.fill_null(pc.list_value_length(array), -1), np.int64))
        _add(digest, array.flatten())
    elif pa.types.is_struct(kind):
        digest.update(_numbers(array.is_valid(), np.int8))
        for place in range(kind.num_fields):
            digest.update(kind.field(place).name.encode() + b"\0")
            _add(digest, pc.struct_field(array, [place]))
    elif pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_floating(kind):
        digest.update(_numbers(array.is_valid(), np.int8))
        wide = np.float64 if pa.types.is_floating(kind) else np.int64
        digest.update(_numbers(pc.fill_null(array.cast(pa.from_numpy_dtype(wide)), 0), wide))
    else:
        strings = array.cast(pa.large_string())
        digest.update(_numbers(pc.fill_null(pc.binary_length(strings), -1), np.int64))
        if strings.null_count:
            strings = pc.fill_null(strings, "")
        _, places, data = strings.buffers()
        if data is not None and len(strings):
            ends = np.frombuffer(places, dtype=np.int64)[strings.offset : strings.offset + len(strings) + 1]
            digest.update(memoryview(data)[int(ends[0]) : int(ends[-1])])


def _numbers(array: pa.Array, kind: Any) -> bytes:
    return bytes(array.to_numpy(zero_copy_only=False).astype(kind).tobytes())


def _rows(
    task: Task, split: str, language: str, places: DataPlaces
) -> tuple[pa.Table, dict[str, int], list[str], str]:
    own = places.translated(task, split, language)
    if task.includes and own is None:
        return _joined(task, split, language, places)
    shape = format_named(task.format)
    given = _given(task, shape, split, language, places, own)
    found = shaped(task, shape, split, given)
    dropped, notes = dict(found.dropped), list(found.notes)
    if not found.table.num_rows and dropped.get(NO_LABEL_REASON):
        raise NoRowsError(
            f"{given.origin}: all {dropped[NO_LABEL_REASON]:,} rows of {task.name} have hidden labels"
        )
    if own is None and (task.folder or task.source is not None):
        count = found.table.num_rows + sum(dropped.values()) - dropped.get(NO_LABEL_REASON, 0)
        notes += _counted(task, split, language, count, given, places)
    return _with_clusters(shape, found.table), dropped, notes, given.origin


def _given(
    task: Task, shape: Format, split: str, language: str, places: DataPlaces, own: Path | None
) -> Given:
    """Return rows as they come: from the user's translations, the task itself, its folder, or its source."""
    lenient = places.allow_changed
    if own is not None:
        rows = read_files([own], f"{own.parent.parent.name}/{language}/{own.name} of --translations")
        columns = {name: name for name in ("id", "cluster") if name in rows.table.column_names}
        return Given(rows.table, rows.features, columns, {}, rows.origin, lenient, trusted=True)
    source = places.registry.source(task, language)
    if source is not None:
        rows = read_source(task, source, split, places)
        table = task.prepare(rows.table, split, language)
        trusted = places.local(source) is not None
        return Given(table, rows.features, source.columns, source.labels, rows.origin, lenient, trusted)
    if task.folder:
        folder = places.of_task(task)
        made = list(task.read_folder(folder, split, language))
        return _of_mappings(task, shape, made, f"folder {task.folder}", lenient)
    return _of_mappings(task, shape, list(task.rows(split, language)), f"made by task {task.name}")


def _counted(
    task: Task, split: str, language: str, count: int, given: Given, places: DataPlaces
) -> list[str]:
    """Compare the number of rows with the published one; return what there is to note.

    Raises:
        HarnessError: it is another, and neither a folder of the user's nor ``--allow-changed-data`` allows it.
    """
    expected = expected_rows(task, split, language, places.registry)
    if expected is None or count == expected:
        return []
    message = f"{task.name} {split} {language}: {count:,} rows, {expected:,} are published"
    if not (given.lenient or given.trusted):
        raise HarnessError(
            f"{message} ({given.origin})",
            "The data are not those of the registry. Go on with them: --allow-changed-data",
        )
    return [message]


def _joined(
    task: Task, split: str, language: str, places: DataPlaces
) -> tuple[pa.Table, dict[str, int], list[str], str]:
    tables, dropped, notes, origins = [], dict[str, int](), list[str](), []
    for name in task.includes:
        part = places.registry.task(name)
        if part.format != task.format:
            raise HarnessError(f"task {task.name} includes {name}, whose format differs: {part.format}")
        if set(part.labels) != set(task.labels):
            raise HarnessError(
                f"task {task.name} includes {name}, whose labels differ: {' '.join(part.labels)}"
            )
        table, gone, said, origin = _rows(part, split, language, places)
        for column in ("id", "cluster"):
            values = joined(f"{name}/", whole(table[column]))
            table = table.set_column(table.column_names.index(column), column, values)
        tables.append(table)
        dropped |= {f"{name}: {reason}": count for reason, count in gone.items()}
        notes += said
        origins.append(origin)
    together = filled(pa.concat_tables(tables, promote_options="default"), format_named(task.format))
    return together, dropped, notes, " + ".join(origins)


def _of_mappings(
    task: Task, shape: Format, rows: Sequence[Mapping[str, Any]], origin: str, lenient: bool = False
) -> Given:
    """Return rows, as mappings from column to value, as a table."""
    trees = [f"{name}.conllu" for name in shape.texts]
    columns: dict[str, pa.Array] = {}
    named = {name: name for name in ("id", "cluster") if rows and name in rows[0]}
    for name in [*named, *shape.columns, *trees]:
        if rows and name not in rows[0]:
            if name in shape.optional or name in trees:
                continue
            raise HarnessError(f"task {task.name}: its rows lack the column '{name}' of format {task.format}")
        columns[name] = _column(task, name, shape.types.get(name, "text"), [row.get(name) for row in rows])
    return Given(pa.table(columns), columns=named, origin=origin, lenient=lenient, trusted=True)


def _column(task: Task, name: str, kind: str, values: list[Any]) -> pa.Array:
    try:
        if kind == "any":
            return pa.array(values)
        if kind in LISTS:
            return pa.array([list(value or ()) for value in values], LISTS[kind])
        return pa.array(["" if value is None else str(value) for value in values], pa.string())
    except (pa.ArrowException, TypeError) as error:
        raise HarnessError(f"task {task.name}: its rows' column '{name}' is not {LISTS[kind]}") from error


def _with_clusters(shape: Format, table: pa.Table) -> pa.Table:
    """Add ``cluster``, where the rows have none: the id of the first row with the same value in `shape.groups`.

    A row that has nothing there stands alone.
    """
    if "cluster" in table.column_names:
        return table
    ids = whole(table["id"])
    if shape.groups not in table.column_names:
        return table.append_column("cluster", ids)
    values = whole(table[shape.groups])
    if is_list(values.type):
        values = pc.binary_join(values.cast(pa.list_(pa.string())), "\x1f")
    values = pc.fill_null(values.cast(pa.string()), "")
    codes = values.dictionary_encode().indices.to_numpy()
    # values are numbered as they appear: one that is larger than all before it is seen for the first time
    first = np.flatnonzero(np.diff(np.maximum.accumulate(codes), prepend=-1))
    alone = pc.equal(values, "").to_numpy(zero_copy_only=False)
    leaders = np.where(alone, np.arange(len(codes)), first[codes])
    return table.append_column("cluster", ids.take(pa.array(leaders)))
