"""Pairing: predictions of two evaluations brought side by side by example id."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness.formats.base import WEIGHT
from harness.scoring.bootstrap import ratio

# A per-example score above this counts as right where right or wrong is asked for (F1 of a span, say).
RIGHT = 0.5
# The one column of floats that is no metric (harness.text.table).
LENGTH = "dependency_length"


@dataclass(frozen=True)
class Items:
    """The examples of one cell, one array element each, in the order of `ids`.

    The cell's score is sum(value) / sum(weight). Where all weights are 1 that is a mean of per-example
    scores; entity F1 has twice the right entities over the predicted and the gold ones. What a table does not
    tell of its rows (`subwords`, `dependency_length`, `token_edits` of old ones) is nan.
    """

    ids: NDArray[np.object_]
    clusters: NDArray[np.object_]
    gold: NDArray[np.object_]
    prediction: NDArray[np.object_]
    value: NDArray[np.float64]
    weight: NDArray[np.float64]
    eligible: NDArray[np.bool_]
    touched: NDArray[np.bool_]
    refused: NDArray[np.bool_]
    char_edits: NDArray[np.float64]
    token_edits: NDArray[np.float64]
    subwords: NDArray[np.float64]
    dependency_length: NDArray[np.float64]
    queries: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether each example counts as right; one that weighs nothing does not."""
        return np.asarray((self.weight > 0) & (self.value > RIGHT * self.weight))

    @property
    def plain(self) -> bool:
        """Whether each example is right or wrong and weighs 1."""
        return bool((self.weight == 1).all() and np.isin(self.value, (0, 1)).all())

    @property
    def score(self) -> float:
        """The score of all examples."""
        return ratio(self.value, self.weight)

    @property
    def changed(self) -> float:
        """The share of examples whose text was changed."""
        return float(self.touched.mean())

    def take(self, order: NDArray[np.intp]) -> Items:
        """Return the examples at the places `order`, in that order."""
        return Items(*(getattr(self, each.name)[order] for each in fields(self)))


def metrics_of(table: pa.Table) -> list[str]:
    """Return the metrics that a predictions table has: its columns of floats, weights and length aside."""
    names = [each.name for each in table.schema if _graded(each.type)]
    return [name for name in names if name != LENGTH and not name.endswith(WEIGHT)]


def score_table(table: pa.Table, metric: str) -> float:
    """Return the score of a predictions table by a metric."""
    return ratio(*_values(table, metric))


def read(table: pa.Table, place: str, metric: str) -> Items:
    """Return a predictions table (see docs/scoring.md for its columns) as arrays.

    Raises HarnessError, naming `place`, where there is no row or no such metric, an id comes twice, or a
    score is missing.
    """
    if metric not in table.column_names:
        raise HarnessError(
            f"{place}: not scored by {metric}, but by {', '.join(metrics_of(table)) or 'nothing'}",
            "Remove the cell's stage and run again.",
        )
    value, weight = _values(table, metric)
    items = Items(
        ids=_names(table, "id"),
        clusters=_names(table, "cluster"),
        gold=_names(table, "gold"),
        prediction=_names(table, "prediction"),
        value=value,
        weight=weight,
        eligible=_numbers(table, "eligible").astype(bool),
        touched=_numbers(table, "touched").astype(bool),
        refused=_told(table, "refused", False).astype(bool),
        char_edits=_numbers(table, "char_edits"),
        token_edits=_told(table, "token_edits"),
        subwords=_told(table, "subwords"),
        dependency_length=_told(table, LENGTH),
        queries=_told(table, "queries"),
    )
    if len(items) == 0:
        raise HarnessError(f"{place}: no predictions to score", "Raise --limit, or leave this language out.")
    if len(set(items.ids)) < len(items):
        values, counts = np.unique(items.ids.astype(str), return_counts=True)
        raise HarnessError(
            f"{place}: example id {str(values[counts > 1][0])!r} comes {counts.max()} times",
            "Ids must be unique inside a language: mend the task's rows.",
        )
    missing = np.isnan(items.value) | ~(items.weight >= 0)
    if missing.any():
        raise HarnessError(
            f"{place}: example {items.ids[missing][0]!r} has no score",
            "Run the evaluation again for this cell.",
        )
    return items


def align(clean: Items, other: Items, place: str) -> Items:
    """Return `other` in the order of `clean`; both must hold the same ids with the same gold answers.

    Raises HarnessError that names the first ids that differ.
    """
    if len(clean) == len(other) and bool((clean.ids == other.ids).all()):
        aligned = other
    else:
        position = {name: row for row, name in enumerate(other.ids)}
        missing = [name for name in clean.ids if name not in position]
        extra = set(other.ids) - set(clean.ids)
        if missing or extra:
            raise HarnessError(
                f"{place}: not the same examples as on clean text: {_some('missing', missing)}, "
                f"{_some('extra', sorted(extra))}",
                "Both must come from one evaluation: remove the cell's stage and run again.",
            )
        aligned = other.take(np.array([position[name] for name in clean.ids]))
    # an answer that was disturbed with its context, or tags that follow their words, are other strings
    differs = (clean.gold != aligned.gold) & ~aligned.touched
    if differs.any():
        raise HarnessError(
            f"{place}: example {clean.ids[differs][0]!r} has another gold answer than on clean text",
            "Both must come from one evaluation: remove the cell's stage and run again.",
        )
    return aligned


def common(tables: list[Items]) -> list[Items]:
    """Return the tables cut to the ids that all of them hold, in the order of the first one."""
    if all(np.array_equal(items.ids, tables[0].ids) for items in tables[1:]):
        return tables
    shared = set(tables[0].ids).intersection(*(set(items.ids) for items in tables[1:]))
    order = [name for name in tables[0].ids if name in shared]
    cut = []
    for items in tables:
        position = {name: row for row, name in enumerate(items.ids)}
        cut.append(items.take(np.array([position[name] for name in order], dtype=np.intp)))
    return cut


def _some(word: str, names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:3])
    return f"{len(names)} {word}" + (f" ({shown}{', ...' if len(names) > 3 else ''})" if names else "")


def _graded(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind))


def _values(table: pa.Table, metric: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    value = _numbers(table, metric)
    has_weight = metric + WEIGHT in table.column_names
    return value, _numbers(table, metric + WEIGHT) if has_weight else np.ones_like(value)


def _names(table: pa.Table, column: str) -> NDArray[np.object_]:
    # Not to_numpy: it imports pandas. Equal strings become one object: labels come in thousands.
    coded = table.column(column).combine_chunks().dictionary_encode(null_encoding="encode")
    names = np.array(coded.dictionary.to_pylist(), dtype=object)
    return np.asarray(names[np.array(coded.indices.to_pylist(), dtype=np.intp)])


def _told(table: pa.Table, column: str, otherwise: float = np.nan) -> NDArray[np.float64]:
    if column not in table.column_names:
        return np.full(table.num_rows, otherwise)
    return _numbers(table, column)


def _numbers(table: pa.Table, column: str) -> NDArray[np.float64]:
    # Not to_numpy: it imports pandas.
    return np.array(table.column(column).to_pylist(), dtype=np.float64)
