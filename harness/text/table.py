"""A perturbation applied to a table of examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from harness.errors import HarnessError
from harness.text.disturbance import disturb

if TYPE_CHECKING:
    from harness.perturbation import Perturbation


def disturb_table(
    perturbation: Perturbation,
    table: pa.Table,
    columns: Sequence[str],
    *,
    language: str,
    seed: int,
    intensity: float,
    parses: pa.Table | None = None,
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

    Returns:
        ``id``, the text columns (string), ``eligible`` and ``touched`` (bool: in any column), ``char_edits``
        and ``token_edits`` (int32: sums over columns).
    """
    ids = [str(name) for name in table.column("id").to_pylist()]
    eligible, touched = [False] * len(ids), [False] * len(ids)
    char_edits, token_edits = [0] * len(ids), [0] * len(ids)
    texts: dict[str, list[str]] = {}
    for column in columns:
        trees = _trees(table, ids, column, parses) if "parse" in perturbation.needs else [None] * len(ids)
        texts[column] = []
        for row, (name, text, conllu) in enumerate(
            zip(ids, table.column(column).to_pylist(), trees, strict=True)
        ):
            found = disturb(
                perturbation,
                text or "",
                language=language,
                example_id=name,
                column=column,
                seed=seed,
                intensity=intensity,
                conllu=conllu,
            )
            texts[column].append(found.text)
            eligible[row] |= found.eligible
            touched[row] |= found.touched
            char_edits[row] += found.char_edits
            token_edits[row] += found.token_edits
    return pa.table(
        {
            "id": pa.array(ids, pa.string()),
            **{column: pa.array(values, pa.string()) for column, values in texts.items()},
            "eligible": pa.array(eligible, pa.bool_()),
            "touched": pa.array(touched, pa.bool_()),
            "char_edits": pa.array(char_edits, pa.int32()),
            "token_edits": pa.array(token_edits, pa.int32()),
        }
    )


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
