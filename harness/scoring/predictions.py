"""Predictions: what a model answered for each example of one cell, as a Parquet file of its stage."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from harness.errors import HarnessError

FILE = "predictions.parquet"
# What every format's predictions have; beside them stand the metrics, a column each, and their weights.
COLUMNS = ("id", "cluster", "gold", "prediction", "eligible", "touched", "char_edits")


def load(workspace: Path, key: str) -> pa.Table:
    """Read the predictions of the evaluate stage `key` in a workspace folder, but columns of lists.

    Raises HarnessError where they are gone or lack a column.
    """
    path = workspace / "stages" / "evaluate" / key / FILE
    if not path.exists():
        raise HarnessError(
            f"{path}: no predictions", "Run the same `harness run` again: it makes what is missing."
        )
    # Not read_table: it imports pandas.
    with pq.ParquetFile(path) as file:
        lacking = [name for name in COLUMNS if name not in file.schema_arrow.names]
        if lacking:
            raise HarnessError(
                f"{path}: lacks {', '.join(lacking)}", "Remove the stage's folder and run again."
            )
        wanted = [each.name for each in file.schema_arrow if not pa.types.is_nested(each.type)]
        return file.read(columns=wanted)
