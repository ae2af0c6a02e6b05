"""A perturbation applied to a table of examples."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from harness.errors import HarnessError
from harness.keys import number
from harness.perturbation import Perturbation, Rows
from harness.text import edits
from harness.text.dependencies import dependency_lengths
from harness.text.disturbance import Disturbed, disturb_many
from harness.text.passages import Passages, passage

if TYPE_CHECKING:
    from harness.formats import Format

BATCH = 128  # rows: what is made of them stays in a processor's cache until it is needed
TOGETHER = 1024  # rows, where sentences are disturbed many at once: a model on a device wants many
FLAGS = ("eligible", "touched", "refused")
COUNTS = ("char_edits", "token_edits")
LENGTH = "dependency_length"
QUERIES = "queries"  # how often a model was asked about a row, where a search disturbed it
FURTHER = dict.fromkeys(FLAGS, pa.bool_()) | dict.fromkeys(COUNTS, pa.int32()) | {LENGTH: pa.float32()}


class Outcome(NamedTuple):
    """What became of a row: new values of its columns, and the variant's further columns."""

    new: Mapping[str, Any] = {}
    eligible: bool = False
    touched: bool = False
    refused: bool = False
    char_edits: int = 0
    token_edits: int = 0
    dependency_length: float | None = None


def disturb_table(
    perturbation: Perturbation,
    table: pa.Table,
    columns: Sequence[str],
    *,
    language: str,
    seed: int,
    intensity: float,
    parses: pa.Table | None = None,
    shape: Format | None = None,
    passages: Passages | None = None,
    only: range | None = None,
) -> pa.Table:
    """Return the variant of `table` that a perturbation makes, row for row.

    Args:
        perturbation: what disturbs.
        table: examples: ``id``, the text columns, and maybe gold trees in ``<column>.conllu``.
        columns: the text columns to disturb.
        language: code of the language of the texts.
        seed: with perturbation, id and column it determines the result; the order of rows does not.
        intensity: 0 (identity) to 1.
        parses: ``id`` and ``<column>.conllu``, for columns without gold trees; rows in any order.
        shape: the rows' format, which says what follows a text (answers, tags); None: nothing does.
        passages: keeps what the texts are cut into, for a next call with the same language and shape.
        only: the rows that are disturbed and returned, where they are edited whole; the others are looked at.

    Returns:
        ``id``, the text columns and those that follow them, ``eligible`` and ``touched`` (bool: in any column),
        ``refused`` (bool: it would have been changed, but an answer or an entity would not have stayed whole),
        ``char_edits`` and ``token_edits`` (int32: sums over columns), and ``dependency_length`` (float32: how many
        times as long the row's dependencies are as they were; null without trees).
    """
    ids = [str(name) for name in table.column("id").to_pylist()]
    names = [name for name in table.column_names if not name.endswith(".conllu")]
    values = {name: table.column(name).to_pylist() for name in names} | {"id": ids}
    if type(perturbation).edit is not Perturbation.edit:
        only = only or range(len(ids))
        found = _edited(perturbation, values, columns, only, language, seed, intensity)
        ids = [ids[row] for row in only]
        values = {name: [column[row] for row in only] for name, column in values.items()}
    else:
        needs_tree = "parse" in perturbation.needs
        trees = {
            column: _trees(table, ids, column, parses) if needs_tree else [None] * len(ids)
            for column in columns
        }
        passages = passages or Passages(language, passage if shape is None else shape.passage)
        found = _disturbed(perturbation, values, columns, trees, passages, seed, intensity, shape)
    made: dict[str, pa.Array] = {"id": pa.array(ids, pa.string())}
    for name in dict.fromkeys([*columns, *(name for outcome in found for name in outcome.new)]):
        kind = table.schema.field(name).type
        text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
        column = [each.new.get(name, old) for each, old in zip(found, values[name], strict=True)]
        made[name] = pa.array([value or "" for value in column] if text else column, kind)
    further = dict(zip(Outcome._fields, zip(*found, strict=True), strict=True)) if found else {}
    for name, kind in FURTHER.items():
        made[name] = pa.array(further.get(name, ()), kind)
    return pa.table(made)


def _disturbed(
    perturbation: Perturbation,
    values: Mapping[str, Sequence[Any]],
    columns: Sequence[str],
    trees: Mapping[str, Sequence[str | None]],
    passages: Passages,
    seed: int,
    intensity: float,
    shape: Format | None,
) -> list[Outcome]:
    found: list[Outcome] = []
    ids = values["id"]
    many = type(perturbation).rewrite_many is not Perturbation.rewrite_many
    size = TOGETHER if many else BATCH
    width = len(columns)
    for low in range(0, len(ids), size):
        rows = range(low, min(low + size, len(ids)))
        with _uncollected():
            texts = [
                (passages.of(values[column][row] or "", trees[column][row]), ids[row], column)
                for row in rows
                for column in columns
            ]
            done = disturb_many(perturbation, texts, seed=seed, intensity=intensity)
            for row in rows:
                first = (row - low) * width
                found.append(_outcome(columns, done[first : first + width], _Row(values, row), shape))
    return found


class _Row(Mapping[str, Any]):
    """A row of columns, none of which is looked at before it is asked for."""

    __slots__ = ("_columns", "_row")

    def __init__(self, columns: Mapping[str, Sequence[Any]], row: int) -> None:
        self._columns, self._row = columns, row

    def __getitem__(self, name: str) -> Any:
        return self._columns[name][self._row]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let no search for unused cycles run: there are none, and it would go through all tokens again and again.

    What was made meanwhile counts as old afterwards, so that the next search leaves it alone.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():
            gc.freeze()
            gc.unfreeze()
        if was:
            gc.enable()


def _outcome(
    columns: Sequence[str], found: Sequence[Disturbed], row: Mapping[str, Any], shape: Format | None
) -> Outcome:
    eligible = touched = False
    for each in found:
        eligible, touched = eligible or each.eligible, touched or each.touched
    if not touched:
        return _ELIGIBLE if eligible else _NOTHING
    new: Mapping[str, Any] | None
    if shape is None:
        new = {name: each.text for name, each in zip(columns, found, strict=True)}
    else:
        new = shape.carried(row, dict(zip(columns, found, strict=True)))
    if new is None:
        return Outcome(eligible=True, refused=True)
    chars = tokens = 0
    for each in found:
        chars, tokens = chars + each.char_edits, tokens + each.token_edits
    return Outcome(new, eligible, True, False, chars, tokens, _stretched(found))


_NOTHING, _ELIGIBLE = Outcome(), Outcome(eligible=True)


def _stretched(found: Iterable[Disturbed]) -> float | None:
    """Return how many times as long the dependencies of texts are as they were; None without any."""
    before = after = 0
    for each in found:
        for rewrite in each.rewrites:
            if rewrite.sentence.unparsed is None:
                old, new = dependency_lengths(rewrite)
                before, after = before + old, after + new
    return after / before if before else None


def _edited(
    perturbation: Perturbation,
    values: Mapping[str, Sequence[Any]],
    columns: Sequence[str],
    only: range,
    language: str,
    seed: int,
    intensity: float,
) -> list[Outcome]:
    rows = Rows(language, values)
    found: list[Outcome] = []
    for index in only:
        name = values["id"][index]
        row = {column: each[index] for column, each in values.items()}
        rng = Random(number(seed, perturbation.full_name, name))
        try:
            new = perturbation.edit(row, rows, rng, min(intensity, 1.0)) if intensity > 0 else {}
        except Exception as error:
            place = f"{type(perturbation).__module__}.{type(perturbation).__qualname__}"
            raise HarnessError(
                f"perturbation {perturbation.full_name} ({place}) failed on example {name}, "
                f"language {language}: {type(error).__name__}: {error}",
                "Leave it out, or tell its author.",
            ) from error
        if new is None:
            found.append(Outcome())
            continue
        pairs = [(row[column] or "", new[column]) for column in columns if column in new]
        found.append(
            Outcome(
                new,
                eligible=True,
                touched=any(old != fresh for old, fresh in pairs),
                char_edits=sum(edits.levenshtein(_plain(old), _plain(fresh)) for old, fresh in pairs),
                token_edits=sum(_token_edits(old, fresh) for old, fresh in pairs),
            )
        )
    return found


def _plain(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else " ".join(value)


def _token_edits(old: str | Sequence[str], new: str | Sequence[str]) -> int:
    """Return how many words (parts between blanks, where they are not given apart) came or went."""
    before, after = (Counter(each.split() if isinstance(each, str) else each) for each in (old, new))
    return max((before - after).total(), (after - before).total())


def with_trees(table: pa.Table, columns: Sequence[str], parses: pa.Table | None) -> pa.Table:
    """Return the table with the trees of its text columns beside them, those of `parses` where it has none."""
    ids = [str(name) for name in table.column("id").to_pylist()]
    for column in columns:
        if f"{column}.conllu" not in table.column_names:
            trees = pa.array(_trees(table, ids, column, parses), pa.large_string())
            table = table.append_column(f"{column}.conllu", trees)
    return table


def _trees(table: pa.Table, ids: Sequence[str], column: str, parses: pa.Table | None) -> list[Any]:
    name = f"{column}.conllu"
    if name in table.column_names:
        return list(table.column(name).to_pylist())
    if parses is None or name not in parses.column_names:
        return [None] * len(ids)
    by_id = dict(zip(map(str, parses.column("id").to_pylist()), parses.column(name).to_pylist(), strict=True))
    missing = [identifier for identifier in ids if identifier not in by_id]
    if missing:
        raise HarnessError(
            f"the parses of column {column} lack {len(missing)} of {len(ids)} examples, {missing[0]} first",
            "They belong to other examples: delete that parse stage and run again.",
        )
    return [by_id[identifier] for identifier in ids]
