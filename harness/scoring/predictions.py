"""Predictions: what a model answered for each example of one cell, as a Parquet file of its stage."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from harness.errors import HarnessError

FILE = "predictions.parquet"
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("cluster", pa.string()),
        ("gold", pa.string()),
        ("prediction", pa.string()),
        ("correct", pa.float32()),
        ("probabilities", pa.list_(pa.float32())),
        ("eligible", pa.bool_()),
        ("touched", pa.bool_()),
        ("char_edits", pa.int32()),
    ]
)


def load(workspace: Path, key: str) -> pa.Table:
    """Read the predictions of the evaluate stage `key` in a workspace folder.

    Raises HarnessError where they are gone or lack a column.
    """
    path = workspace / "stages" / "evaluate" / key / FILE
    if not path.exists():
        raise HarnessError(
            f"{path}: no predictions", "Run the same `harness run` again: it makes what is missing."
        )
    # Not read_table: it imports pandas.
    with pq.ParquetFile(path) as file:
        lacking = [name for name in SCHEMA.names if name not in file.schema_arrow.names]
        if lacking:
            raise HarnessError(
                f"{path}: lacks {', '.join(lacking)}", "Remove the stage's folder and run again."
            )
        return file.read(columns=SCHEMA.names)
