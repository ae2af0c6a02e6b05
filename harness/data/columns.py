"""Columns of a source to those of a format, whole arrays at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from harness.errors import HarnessError
from harness.formats import Format
from harness.formats.base import offsets
from harness.task import Task

NO_LABEL = {"", "-", "-1", "None"}
LISTS = {"texts": pa.list_(pa.string()), "labels": pa.list_(pa.string()), "numbers": pa.list_(pa.int64())}
# the columns of answers that lie in a text: the text, the answers, and the characters at which they begin
PLACED = ("context", "answers", "answer_starts")
NO_LABEL_REASON = "no label"
Check = Callable[[pa.Table], np.ndarray]


@dataclass(frozen=True)
class Given:
    """A table as a source has it, and how it is to be read.

    Attributes:
        rows: all columns of the source.
        features: what datasets knows of them (label names), by column; empty where nothing is known.
        columns: our column to theirs; several of theirs joined by ``+`` make a list.
        labels: their label to ours.
        origin: where the rows came from, for messages.
        lenient: whether unknown labels are left out and noted, not an error.
        trusted: whether label names that are not the task's are noted, not an error.
    """

    rows: pa.Table
    features: Mapping[str, Any] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""
    lenient: bool = False
    trusted: bool = False


@dataclass(frozen=True)
class Shaped:
    """Rows in a format's columns.

    Attributes:
        table: ``id``, ``cluster`` where the source has one, and the format's columns.
        dropped: reason to number of rows that were left out.
        notes: what a reader should know.
    """

    table: pa.Table
    dropped: Mapping[str, int]
    notes: tuple[str, ...]


def shaped(task: Task, shape: Format, split: str, given: Given) -> Shaped:
    """Return the rows of `given` in the columns of `shape`, without those that cannot be used.

    Raises:
        HarnessError: a column is missing or holds something else, or a label is not the task's.
    """
    notes: list[str] = []
    columns: dict[str, Any] = {"id": _ids(given, split)}
    for name in ("cluster", *(each for each in given.rows.column_names if each.endswith(".conllu"))):
        if name in given.columns or name in given.rows.column_names:
            columns[name] = _as(reach(given.rows, given.columns.get(name, name)), "text", name, given)
    for name in shape.columns:
        kind = shape.types.get(name, "text")
        column = reach(given.rows, given.columns.get(name, name))
        if column is None:
            if name in shape.optional and name not in given.columns:
                continue
            raise HarnessError(
                f"{given.origin}: no column '{given.columns.get(name, name)}' for {task.name}'s '{name}'; "
                f"it has {' '.join(given.rows.column_names)}",
                "Name the column in the source's `columns` in the registry.",
            )
        if kind in ("label", "labels"):
            columns[name] = _labelled(column, kind, name, task, given, notes)
        else:
            columns[name] = _as(column, kind, name, given)
    table, dropped = _usable(pa.table(columns), shape)
    table, lost, moved = _placed(table, shape)
    if lost:
        dropped["answer not in the text"] = lost
    if moved:
        notes.append(f"{given.origin}: {moved:,} answers lie elsewhere in the text than said")
    return Shaped(table, dropped, tuple(notes))


def reach(rows: pa.Table, path: str) -> pa.Array | pa.ChunkedArray | None:
    """Return the column at `path`, or None.

    Args:
        path: a column; ``column.field`` reaches into structs and lists of structs; ``a+b+c`` puts several
            columns side by side, as lists.
    """
    if path in rows.column_names:
        return rows[path]
    if "+" in path:
        parts = [reach(rows, part.strip()) for part in path.split("+")]
        return None if any(part is None for part in parts) else _side_by_side(parts)
    first, *steps = path.split(".")
    if not steps or first not in rows.column_names:
        return None
    column: pa.Array | None = whole(rows[first])
    for step in steps:
        column = None if column is None else _field(column, step)
    return column


def whole(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return a column as one array."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def relisted(like: pa.Array, values: pa.Array, nulls: bool = True) -> pa.Array:
    """Return lists of `values`, as long as the lists of `like`; without `nulls`, a missing list is empty."""
    lengths = _lengths(like)
    mask = like.is_null() if nulls and like.null_count else None
    return pa.ListArray.from_arrays(pa.array(offsets(lengths), pa.int32()), values, mask=mask)


def joined(*parts: Any) -> pa.Array:
    """Return strings joined element by element; a part may be one string."""
    return pc.binary_join_element_wise(*parts, "")


def _field(column: pa.Array, name: str) -> pa.Array | None:
    if pa.types.is_struct(column.type):
        return pc.struct_field(column, name) if column.type.get_field_index(name) >= 0 else None
    if is_list(column.type):
        inner = _field(column.flatten(), name)
        return None if inner is None else relisted(column, inner)
    return None


def _side_by_side(parts: list[Any]) -> pa.Array:
    arrays = [whole(part).cast(pa.string()) for part in parts]
    count, width = len(arrays[0]), len(arrays)
    order = np.arange(count * width).reshape(width, count).T.reshape(-1)
    values = pa.concat_arrays(arrays).take(pa.array(order))
    return pa.ListArray.from_arrays(pa.array(np.arange(count + 1) * width, pa.int32()), values)


def is_list(kind: pa.DataType) -> bool:
    """Say whether values of that type are lists, of whatever layout."""
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _ids(given: Given, split: str) -> pa.Array:
    column = reach(given.rows, given.columns["id"]) if "id" in given.columns else None
    if column is None:
        numbers = pa.array(np.arange(given.rows.num_rows)).cast(pa.string())
        return joined(f"{split}:", numbers)
    ids = whole(_as(column, "text", "id", given))
    codes = ids.dictionary_encode()
    if len(codes.dictionary) == len(ids):
        return ids
    seen: dict[str, int] = {}
    names = []
    for name in ids.to_pylist():
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return pa.array(names, pa.string())


def _as(column: Any, kind: str, name: str, given: Given) -> Any:
    if kind == "any":
        return column
    try:
        if kind in LISTS:
            lists = whole(column)
            if not is_list(lists.type):  # text files have no lists: theirs are written as JSON
                lists = pa.array([json.loads(text) if text else [] for text in lists.to_pylist()])
            return lists.cast(LISTS[kind])
        return column.cast(pa.string())
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise HarnessError(
            f"{given.origin}: column '{given.columns.get(name, name)}' holds {column.type}, and '{name}' "
            f"is {LISTS.get(kind, 'text')}",
            "Name another column in the source's `columns` in the registry.",
        ) from error


def _labelled(
    column: Any, kind: str, name: str, task: Task, given: Given, notes: list[str]
) -> pa.Array | pa.ChunkedArray:
    names = label_names(given.features, given.columns.get(name, name))
    array = whole(column)
    if kind == "labels":
        if not is_list(array.type):
            array = _as(array, kind, name, given)
        values = array.flatten()
    else:
        values = array
    if names is not None and pa.types.is_integer(values.type):
        _compare(names, task, given, notes)
    else:
        names = None
    codes = values.dictionary_encode()
    meanings = [_meaning(value, names, task, given, notes) for value in codes.dictionary.to_pylist()]
    found = pa.array(meanings, pa.string()).take(codes.indices)
    return relisted(array, found) if kind == "labels" else found


def label_names(features: Mapping[str, Any], path: str) -> list[str] | None:
    """Return the label names that datasets knows for the column at `path`, or None."""
    found: Any = features
    for step in path.split("."):
        found = getattr(found, "feature", found)
        found = found.get(step) if isinstance(found, Mapping) else None
    found = getattr(found, "feature", found)
    return getattr(found, "names", None)


def _compare(names: list[str], task: Task, given: Given, notes: list[str]) -> None:
    """Compare the source's label names with the task's."""
    if not task.labels:
        return
    theirs = {given.labels.get(name, name).lower(): name for name in names}
    ours = {name.lower() for name in task.labels}
    extra = [name for low, name in theirs.items() if low not in ours and low.strip() not in NO_LABEL]
    missing = [name for name in task.labels if name.lower() not in theirs]
    if not extra and not missing:
        return
    said = [f"unknown to the task: {' '.join(extra)}"] if extra else []
    said += [f"missing: {' '.join(missing)}"] if missing else []
    message = f"{given.origin}: its label names are not those of {task.name}; {'; '.join(said)}"
    if not (given.lenient or given.trusted):
        raise HarnessError(
            message, "Map them in the source's `labels` in the registry, or go on: --allow-changed-data"
        )
    notes.append(message)


def _meaning(value: Any, names: list[str] | None, task: Task, given: Given, notes: list[str]) -> str | None:
    """Map a label to the task's by name; None for a hidden or missing one."""
    if value is None or value == -1:
        return None
    text = str(names[value] if names is not None and 0 <= value < len(names) else value)
    text = given.labels.get(text, text)
    if text in NO_LABEL:
        return None
    if not task.labels:
        return text
    ours = {name.lower(): name for name in task.labels}
    if text.lower() in ours:
        return ours[text.lower()]
    message = f"{given.origin}: label '{text}' is not one of {task.name}'s: {' '.join(task.labels)}"
    if not given.lenient:
        raise HarnessError(
            message, "Map it in the source's `labels` in the registry, or go on: --allow-changed-data"
        )
    notes.append(message)
    return None


def _usable(table: pa.Table, shape: Format) -> tuple[pa.Table, dict[str, int]]:
    """Leave out rows without a label or a text that they must have, and count them."""
    dropped: dict[str, int] = {}
    for reason, check in _checks(table, shape):
        keep = check(table)
        gone = len(keep) - int(keep.sum())
        if gone:
            dropped[reason] = dropped.get(reason, 0) + gone
            table = table.filter(pa.array(keep))
    return filled(table, shape), dropped


def _checks(table: pa.Table, shape: Format) -> Iterator[tuple[str, Check]]:
    """Yield reasons to leave rows out, each with what says which rows stay, [n] bool."""
    tokens = next((each for each in shape.columns if shape.types.get(each) == "texts"), None)
    for name in shape.columns:
        kind = shape.types.get(name, "text")
        if name not in table.column_names:
            continue
        if kind == "label":
            yield NO_LABEL_REASON, partial(_valid, name=name)
        elif kind == "labels":
            yield NO_LABEL_REASON, partial(_any_valid, name=name)
            if tokens is not None:
                yield f"{name} and {tokens} differ in number", partial(_as_many, name=name, other=tokens)
        elif name in shape.optional or name in PLACED[1:]:
            continue
        elif kind == "text":
            yield f"empty {name}", partial(_written, name=name)
        elif kind == "texts":
            yield f"empty {name}", partial(_listed, name=name)


def _valid(table: pa.Table, name: str) -> np.ndarray:
    return _bools(pc.is_valid(table[name]))


def _any_valid(table: pa.Table, name: str) -> np.ndarray:
    """Say which rows have a label for a word at least; the format leaves the other words out of loss and score."""
    lists = whole(table[name])
    keep = np.zeros(len(lists), dtype=bool)
    keep[whole(pc.list_parent_indices(lists)).filter(lists.flatten().is_valid()).to_numpy()] = True
    return keep


def _as_many(table: pa.Table, name: str, other: str) -> np.ndarray:
    return np.asarray(_lengths(table[name]) == _lengths(table[other]))


def _written(table: pa.Table, name: str) -> np.ndarray:
    return _bools(pc.fill_null(pc.match_substring_regex(table[name], r"\S"), False))


def _listed(table: pa.Table, name: str) -> np.ndarray:
    return _lengths(table[name]) > 0


def _lengths(lists: Any) -> np.ndarray:
    found: np.ndarray = pc.fill_null(pc.list_value_length(whole(lists)), 0).to_numpy(zero_copy_only=False)
    return found


def _bools(mask: Any) -> np.ndarray:
    return np.array(whole(mask).to_numpy(zero_copy_only=False), dtype=bool)


def filled(table: pa.Table, shape: Format) -> pa.Table:
    """Put the empty string, or the empty list, where an optional column has nothing."""
    for name in shape.columns:
        kind = shape.types.get(name, "text")
        if name not in table.column_names or not table[name].null_count or kind == "any":
            continue
        column = table[name]
        if kind in LISTS:
            column = relisted(whole(column), whole(column).flatten(), nulls=False)
        elif kind == "text":
            column = pc.fill_null(column, "")
        table = table.set_column(table.column_names.index(name), name, column)
    return table


def _placed(table: pa.Table, shape: Format) -> tuple[pa.Table, int, int]:
    """See to it that answers lie where they are said to lie.

    Returns:
        the table, with the first place of an answer that lies elsewhere, without answers that lie nowhere
        and without rows whose answers all lie nowhere; how many rows these are; how many answers lie elsewhere.
    """
    if not set(PLACED) <= {*shape.columns} & {*table.column_names}:
        return table, 0, 0
    keep, every, starts_of, moved, changed = [], [], [], 0, False
    for context, answers, starts in zip(*(table[name].to_pylist() for name in PLACED), strict=True):
        pairs = []
        for number, answer in enumerate(answers):
            start = starts[number] if number < len(starts) else -1
            if start < 0 or not context.startswith(answer, start):
                start, changed = context.find(answer), True
                moved += start >= 0
            if start >= 0 and answer:
                pairs.append((answer, start))
            else:
                changed = True
        keep.append(bool(pairs) or not answers)
        every.append([answer for answer, _ in pairs])
        starts_of.append([start for _, start in pairs])
    if not changed:
        return table, 0, 0
    for name, lists in zip(PLACED[1:], (every, starts_of), strict=True):
        array = pa.array(lists, LISTS[shape.types[name]])
        table = table.set_column(table.column_names.index(name), name, array)
    return table.filter(pa.array(keep)), keep.count(False), moved
