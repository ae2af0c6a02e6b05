"""Pairing: predictions of two evaluations brought side by side by example id."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from harness.errors import HarnessError

# A per-example score above this counts as right where right or wrong is asked for (F1 of a span, say).
RIGHT = 0.5


@dataclass(frozen=True)
class Items:
    """The examples of one cell, one array element each, in the order of `ids`."""

    ids: NDArray[np.object_]
    clusters: NDArray[np.object_]
    gold: NDArray[np.object_]
    prediction: NDArray[np.object_]
    correct: NDArray[np.float64]
    eligible: NDArray[np.bool_]
    touched: NDArray[np.bool_]
    char_edits: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether each example counts as right."""
        return np.asarray(self.correct > RIGHT)

    def take(self, order: NDArray[np.intp]) -> Items:
        """Return the examples at the places `order`, in that order."""
        return Items(
            self.ids[order],
            self.clusters[order],
            self.gold[order],
            self.prediction[order],
            self.correct[order],
            self.eligible[order],
            self.touched[order],
            self.char_edits[order],
        )


def read(table: pa.Table, place: str) -> Items:
    """Return a predictions table (see docs/scoring.md for its columns) as arrays.

    Raises HarnessError, naming `place`, where there is no row, an id comes twice or a score is missing.
    """

    def column(name: str) -> NDArray[np.object_]:
        return np.array(table.column(name).to_pylist(), dtype=object)

    def numbers(name: str) -> NDArray[np.float64]:
        # Not to_numpy: it imports pandas.
        return np.array(table.column(name).to_pylist(), dtype=np.float64)

    items = Items(
        ids=column("id"),
        clusters=column("cluster"),
        gold=column("gold"),
        prediction=column("prediction"),
        correct=numbers("correct"),
        eligible=numbers("eligible").astype(bool),
        touched=numbers("touched").astype(bool),
        char_edits=numbers("char_edits").astype(np.int64),
    )
    if len(items) == 0:
        raise HarnessError(f"{place}: no predictions to score", "Raise --limit, or leave this language out.")
    if len(set(items.ids)) < len(items):
        values, counts = np.unique(items.ids.astype(str), return_counts=True)
        raise HarnessError(
            f"{place}: example id {str(values[counts > 1][0])!r} comes {counts.max()} times",
            "Ids must be unique inside a language: mend the task's rows.",
        )
    if np.isnan(items.correct).any():
        missing = items.ids[np.isnan(items.correct)][0]
        raise HarnessError(
            f"{place}: example {missing!r} has no score", "Run the evaluation again for this cell."
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
    differs = clean.gold != aligned.gold
    if differs.any():
        raise HarnessError(
            f"{place}: example {clean.ids[differs][0]!r} has another gold answer than on clean text",
            "Both must come from one evaluation: remove the cell's stage and run again.",
        )
    return aligned


def common(tables: list[Items]) -> list[Items]:
    """Return the tables cut to the ids that all of them hold, in the order of the first one."""
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
