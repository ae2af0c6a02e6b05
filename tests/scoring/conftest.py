from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import pyarrow as pa
import pytest

LABELS = ("entailment", "neutral", "contradiction")


class MakeTable(Protocol):
    def __call__(self, right: Sequence[bool | float], **changes: Any) -> pa.Table: ...


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
            "correct": pa.array([float(value) for value in right], pa.float32()),
            "probabilities": pa.array([[0.5, 0.3, 0.2]] * count, pa.list_(pa.float32())),
            "eligible": [True] * count,
            "touched": [False] * count,
            "char_edits": pa.array([0] * count, pa.int32()),
        }
        return pa.table({**columns, **changes})

    return make
