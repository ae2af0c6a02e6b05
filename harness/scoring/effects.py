"""What a run's perturbations did to the texts: each variant's accounts as means over languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.scoring.records import RunRecord, Variant
from harness.scoring.scores import CellScores


@dataclass(frozen=True)
class Effect:
    """The unweighted means of a variant's accounts over the languages it served; None where none is known.

    Attributes:
        languages: those that it served; `left_out`: those of them whose texts were barely changed.
        eligible, changed, refused: shares of examples.
        char_edits, token_edits, subword_growth, dependency_growth: of changed texts, see `CellScores`.
        queries: of all texts, where a search disturbed them.
    """

    variant: Variant
    languages: tuple[str, ...]
    left_out: tuple[str, ...]
    eligible: float | None
    changed: float | None
    refused: float | None
    char_edits: float | None
    token_edits: float | None
    subword_growth: float | None
    dependency_growth: float | None
    queries: float | None

    @property
    def barely_changed(self) -> bool:
        """Whether the texts of all languages were barely changed."""
        return self.left_out == self.languages


ACCOUNTS = (
    "eligible",
    "changed",
    "refused",
    "char_edits",
    "token_edits",
    "subword_growth",
    "dependency_growth",
    "queries",
)


def effects(record: RunRecord) -> list[Effect]:
    """Return what each variant of a run did, those that served no language left out."""
    found = []
    for variant in record.disturbed:
        cells = [cell for cell in record.scores if cell.variant == variant.label]
        if cells:
            languages = tuple(cell.language for cell in cells)
            left_out = tuple(cell.language for cell in cells if cell.barely_changed)
            means = {name: _mean(cells, name) for name in ACCOUNTS}
            found.append(Effect(variant, languages, left_out, **means))
    return found


def _mean(cells: Sequence[CellScores], name: str) -> float | None:
    values = [value for cell in cells if (value := getattr(cell, name)) is not None]
    return sum(values) / len(values) if values else None
