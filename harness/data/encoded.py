"""Encoded rows as an Arrow file, read memory-mapped: no copy is made, and no memory taken that others need."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from harness.errors import HarnessError
from harness.formats import Encoded

ARRAYS = ("tokens", "starts", "segments", "labels", "items", "rows")
GROUPS = ("marks", "notes")


def write_encoded(encoded: Encoded, path: Path) -> None:
    """Write arrays as an uncompressed Arrow IPC file: one row, and a list column for each array."""
    given = {name: getattr(encoded, name) for name in ARRAYS}
    for group in GROUPS:
        given |= {f"{group}/{name}": array for name, array in getattr(encoded, group).items()}
    fields, columns = [], []
    for name, array in given.items():
        if array is None:
            continue
        flat = np.ascontiguousarray(array).ravel()
        values = pa.array(flat.view(np.int8) if flat.dtype == bool else flat)
        column = pa.LargeListArray.from_arrays(pa.array([0, len(values)], pa.int64()), values)
        shape = {"dtype": str(array.dtype), "shape": json.dumps(array.shape)}
        fields.append(pa.field(name, column.type, metadata=shape))
        columns.append(column)
    table = pa.schema(fields)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table) as writer:
        writer.write_batch(pa.record_batch(columns, schema=table))


def read_encoded(path: Path) -> Encoded:
    """Map what `write_encoded` wrote; the arrays are read-only.

    Raises:
        HarnessError: the file is not whole.
    """
    try:
        batch = pa.ipc.open_file(pa.memory_map(str(path))).get_batch(0)
        arrays = {
            field.name: _array(batch.column(place), field.metadata)
            for place, field in enumerate(batch.schema)
        }
        groups = {
            group: {name.partition("/")[2]: arrays[name] for name in arrays if name.startswith(f"{group}/")}
            for group in GROUPS
        }
        found = Encoded(*(arrays.get(name) for name in ARRAYS), **groups)  # type: ignore[arg-type]
        whole = len(found.tokens) == int(found.starts[-1])
    except (OSError, ValueError, KeyError, TypeError, IndexError, pa.ArrowException) as error:
        raise HarnessError(f"{path}: not readable ({error})", f"Remove {path.parent}.") from error
    if not whole:
        raise HarnessError(f"{path}: tokens are missing", f"Remove {path.parent}.")
    return found


def _array(column: pa.Array, metadata: Mapping[bytes, bytes]) -> np.ndarray:
    values = column.values.to_numpy(zero_copy_only=True)
    array: np.ndarray = values.view(metadata[b"dtype"].decode()).reshape(json.loads(metadata[b"shape"]))
    return array
