"""What the perturbations did to the texts, as columns that a table or a page shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from harness.scoring.effects import Effect, effects
from harness.scoring.records import RunRecord
from harness.scoring.scores import LEAST_CHANGED, CellScores

if TYPE_CHECKING:
    from rich.table import Table

Account = tuple[str, Callable[[float], str]]
BARELY = "~"


def _share(value: float) -> str:
    return f"{100 * value:.0f}%"


def _growth(value: float) -> str:
    text = f"{100 * value:+.0f}%"
    return "0%" if text in ("+0%", "-0%") else text


def _count(value: float) -> str:
    return f"{value:.1f}"


# The field of an account, its column's head, and how its values are written.
COLUMNS: dict[str, Account] = {
    "eligible": ("eligible", _share),
    "changed": ("changed", _share),
    "refused": ("refused", _share),
    "char_edits": ("characters", _count),
    "token_edits": ("tokens", _count),
    "subword_growth": ("subwords", _growth),
    "dependency_growth": ("dependencies", _growth),
    "queries": ("queries", _count),
}


def legend(record: RunRecord) -> str:
    """Return what the columns of a run's accounts are."""
    names = shown_columns(effects(record))
    text = "Shares of examples, then means over the changed texts: edited characters and tokens"
    grown = [
        words
        for name, words in (
            ("subword_growth", "in subwords"),
            ("dependency_growth", "in the length of dependencies"),
        )
        if name in names
    ]
    text += f", growth {' and '.join(grown)}." if grown else "."
    if any(variant.draws > 1 for variant in record.variants):
        text += " Of several draws the worst counted, example by example."
    if "queries" in names:
        text += " Queries: how often a search asked the model about an example."
    return text


def shown_columns(found: Sequence[Effect]) -> list[str]:
    """Return the accounts that any of the variants tells; refused texts only where there are any."""
    return [
        name
        for name in COLUMNS
        if any(getattr(each, name) is not None and (name != "refused" or each.refused) for each in found)
    ]


def written(found: Effect | CellScores, name: str) -> str:
    """Return an account as it is shown, marked where it is the share of barely changed texts."""
    value = getattr(found, name)
    if value is None:
        return ""
    mark = BARELY if name == "changed" and found.barely_changed else ""
    return COLUMNS[name][1](value) + mark


def effect_table(record: RunRecord) -> Table | None:
    """Return a table of what each variant did, means over languages; None where nothing was disturbed."""
    from rich import box
    from rich.table import Table

    found = effects(record)
    if not found:
        return None
    names = shown_columns(found)
    drawn = Table(
        title="What the perturbations did, mean over languages", title_justify="left", title_style="bold"
    )
    drawn.box, drawn.pad_edge, drawn.padding = box.SIMPLE_HEAD, False, (0, 1, 0, 0)
    drawn.add_column("", overflow="fold")
    drawn.add_column("languages", justify="right", no_wrap=True)
    for name in names:
        drawn.add_column(COLUMNS[name][0], justify="right", no_wrap=True)
    draws = any(each.variant.draws > 1 for each in found)
    if draws:
        drawn.add_column("draws", justify="right", no_wrap=True)
    drawn.caption, drawn.caption_justify, drawn.caption_style = legend(record), "left", "dim"
    for each in found:
        row = [each.variant.label, str(len(each.languages)), *(written(each, name) for name in names)]
        drawn.add_row(*row, *([str(each.variant.draws)] if draws else []))
    return drawn


def left_out_notes(record: RunRecord) -> list[str]:
    """Return which cells are in no mean because the texts were barely changed: one note, or none."""
    grouped: dict[str, list[str]] = {}
    for each in effects(record):
        if each.left_out:
            names = "all languages" if each.left_out == each.languages else " ".join(each.left_out)
            grouped.setdefault(names, []).append(each.variant.label)
    if not grouped:
        return []
    listed = "; ".join(f"{names} ({', '.join(labels)})" for names, labels in grouped.items())
    return [
        f"{BARELY} barely changed (less than {LEAST_CHANGED:.0%} of the texts) and therefore in no mean: {listed}"
    ]
