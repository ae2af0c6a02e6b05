"""Rows in another language: what of a table is translated, and the table that comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from harness.errors import HarnessError
from harness.formats import Format
from harness.task import Task

CUT_OFF = "a translation is longer than the translator may write"


@dataclass(frozen=True)
class Translated:
    """Rows in another language, and reason to number of the rows that were left out."""

    table: pa.Table
    dropped: Mapping[str, int] = field(default_factory=dict)


def check_translatable(task: Task, shape: Format) -> None:
    """Raise HarnessError where a task's rows cannot be translated by machine, naming what serves instead."""
    reason = shape.untranslatable()
    if reason:
        raise HarnessError(
            f"rows of {task.name} cannot be translated by machine: {reason}",
            f"Give translations of your own: --translations DIR with DIR/{task.name}/LANGUAGE/train.parquet.",
        )


def pieces_to_translate(table: pa.Table, shape: Format) -> list[str]:
    """Return the different pieces that the translation of a table needs, the longest first."""
    found = {piece for row in table.to_pylist() for piece in shape.to_translate(row)}
    return sorted(found, key=lambda piece: (-len(piece), piece))


def translated_table(
    table: pa.Table, shape: Format, translations: Mapping[str, str | None], language: str
) -> Translated:
    """Return the rows of a table in another language.

    Args:
        table: canonical rows in English.
        translations: of all its `pieces_to_translate`; None for one that was not finished.

    Returns:
        the rows with the ids and clusters of the English ones, without columns of dependency trees.
    """
    kept = table.select([name for name in table.column_names if not name.endswith(".conllu")])
    rows, dropped = list[dict[str, object]](), dict[str, int]()
    for row in kept.to_pylist():
        found = [translations[piece] for piece in shape.to_translate(row)]
        whole = [text for text in found if text is not None]
        made = CUT_OFF if len(whole) < len(found) else shape.translated(row, whole, language)
        if isinstance(made, str):
            dropped[made] = dropped.get(made, 0) + 1
        else:
            rows.append(made)
    return Translated(pa.Table.from_pylist(rows, schema=kept.schema), dropped)
