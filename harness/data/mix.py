"""Rows of several languages mixed by smoothed shares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa


def mixed(tables: Sequence[pa.Table], alpha: float) -> list[pa.Table]:
    """Return each language's rows as often as its smoothed share says; all together are as many as before.

    A language's share is proportional to its number of rows to the power of `alpha` (Conneau and Lample 2019,
    arXiv 1901.07291, section 3.1): below 1, small languages come more often than they have rows, and repeat.
    """
    counts = np.array([table.num_rows for table in tables], dtype=np.float64)
    smoothed = counts**alpha
    wanted = np.round(counts.sum() * smoothed / smoothed.sum()).astype(np.int64)
    return [
        table.take(pa.array(np.arange(number) % table.num_rows))
        for table, number in zip(tables, wanted.tolist(), strict=True)
    ]
