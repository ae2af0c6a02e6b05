from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import pyarrow as pa
import pytest

LABELS = ("entailment", "neutral", "contradiction")


class MakeTable(Protocol):
    def __call__(self, right: Sequence[bool | float], **changes: Any) -> pa.Table: ...


class MakeGraded(Protocol):
    def __call__(self, pairs: Sequence[tuple[float, float]], **changes: Any) -> pa.Table: ...


@pytest.fixture
def graded(table: MakeTable) -> MakeGraded:
    """Make a predictions table with the metric f1 from each example's value and weight."""

    def make(pairs: Sequence[tuple[float, float]], **changes: Any) -> pa.Table:
        made = table([bool(value) for value, _ in pairs], **changes).drop_columns("accuracy")
        for column, numbers in zip(("f1", "f1/weight"), zip(*pairs, strict=True), strict=True):
            made = made.append_column(column, pa.array(map(float, numbers), pa.float32()))
        return made

    return make


@pytest.fixture
def table() -> MakeTable:
    """Make a predictions table from whether each example is right; keywords replace columns."""

    def make(right: Sequence[bool | float], **changes: Any) -> pa.Table:
        count = len(right)
        columns = {
            "id": [f"test-{row}" for row in range(count)],
            "cluster": [f"test-{row}" for row in range(count)],
            "gold": ["entailment"] * count,
            "prediction": ["entailment" if value else "neutral" for value in right],
            "accuracy": pa.array([float(value) for value in right], pa.float32()),
            "probabilities": pa.array([[0.5, 0.3, 0.2]] * count, pa.list_(pa.float32())),
            "eligible": [True] * count,
            "touched": [False] * count,
            "char_edits": pa.array([0] * count, pa.int32()),
        }
        return pa.table({**columns, **changes})

    return make
