"""The summary table that a command prints at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.report.effects import BARELY, effect_table, left_out_notes
from harness.report.wording import (
    MEAN_SHORT,
    named,
    others,
    percent,
    reasons,
    rows_of,
    scored,
    settings_of,
    span,
)
from harness.scoring.records import RunRecord
from harness.scoring.scores import CLEAN, Average, CellScores

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

# Columns of characters: a table's, those of language and clean score, the trivial guess's, a variant's.
_WIDTH, _CLEAN, _TRIVIAL, _VARIANT = 120, 28, 8, 18
_HEAD = "score drop  chg "


def summary_table(*runs: RunRecord) -> RenderableType:
    """Return each run's scores and drops, languages down and variants across, at most 120 wide.

    ``trivial`` is the score of the guess that does not understand the texts. A disturbed cell reads ``score
    drop changed``: per cent, percentage points lost against clean text (negative: gained), share of texts
    changed (``~``: barely any, so that the cell is in no mean). Cells that are not served carry the number of a
    footnote that says why. A second table tells what the perturbations did to the texts.
    """
    from rich.console import Group

    return Group(*(part for record in runs for part in _run(record)))


def _run(record: RunRecord) -> list[RenderableType]:
    from rich.text import Text

    numbers = {reason: place for place, reason in enumerate(reasons(record), start=1)}
    disturbed = [variant.label for variant in record.disturbed]
    more = _TRIVIAL + sum(max(5, len(named(metric))) + 1 for metric in others(record))
    wide = (_WIDTH - _CLEAN) // _VARIANT
    start = max(1, (_WIDTH - _CLEAN - more) // _VARIANT)
    blocks = [disturbed[:start]]
    blocks += [disturbed[place : place + wide] for place in range(start, len(disturbed), wide)]
    parts: list[RenderableType] = [
        _block(record, variants, numbers, first=place == 0) for place, variants in enumerate(blocks)
    ]
    notes = [
        f"{number} {reason}: {_cells(cells)}"
        for (reason, cells), number in zip(reasons(record).items(), numbers.values(), strict=True)
    ]
    if any(cell.at_chance for cell in record.scores):
        notes.append("* at chance: the interval does not lie above the trivial guess")
    notes += left_out_notes(record)
    notes += [f"scored by {settings_of(record)}"] if record.settings else []
    parts += [Text(note, style="dim") for note in notes]
    did = effect_table(record)
    parts += [Text(""), did] if did else []
    return parts


def _block(record: RunRecord, variants: list[str], numbers: dict[str, int], first: bool) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    limit = f", {record.limit} examples each" if record.limit else ""
    title = f"{record.name}: {named(record.metric)} in %, {record.split}{limit}" if first else None
    drawn = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    drawn.padding = (0, 1, 0, 0)
    drawn.add_column("", no_wrap=True)
    if first:
        drawn.add_column("trivial", justify="right", no_wrap=True, style="dim")
    drawn.add_column("clean\n(95 % interval)", justify="right", no_wrap=True)
    more = others(record) if first else []
    for metric in more:
        drawn.add_column("clean\n" + named(metric), justify="right", no_wrap=True)
    widths = {}
    for variant in variants:
        lines = [*variant.replace(".", "\n", 1).split("\n"), _HEAD]
        widths[variant] = width = max(_VARIANT - 1, *map(len, lines))
        # not justified by the table, which would take the blanks of an empty share for nothing
        drawn.add_column("\n".join(line.rjust(width) for line in lines), no_wrap=True)

    def line(row: str) -> list[Text | str]:
        clean = scored(record, row, CLEAN)
        trivial = percent(clean.chance) if clean else ""
        beside = [percent(clean.metrics[metric]) if clean else "" for metric in more]
        found = [(_cell(record, row, variant, numbers), widths[variant]) for variant in variants]
        disturbed = [Text(" " * max(0, width - len(cell))) + cell for cell, width in found]
        return [*([trivial] if first else []), _cell(record, row, CLEAN, numbers), *beside, *disturbed]

    for row in rows_of(record):
        drawn.add_row(row, *line(row))
    drawn.add_section()
    for row, name in MEAN_SHORT.items():
        if scored(record, row, CLEAN):
            drawn.add_row(name, *line(row), style="bold")
    return drawn


def _cell(record: RunRecord, row: str, variant: str, numbers: dict[str, int]) -> Text:
    from rich.text import Text

    found = scored(record, row, variant)
    if found is None:
        cell = record.cell(row, variant)
        number = numbers.get(cell.reason or "no reason given", "") if cell and cell.key is None else ""
        return Text(f"not served {number}".strip() if number else "", style="dim")
    if found.drop is None:
        return Text(f"{percent(found.score)}{_mark(found)} ({span(found.score_lo, found.score_hi)})")
    text = Text(f"{percent(found.score)}{_mark(found) or ' '}")
    clear = found.drop_lo is not None and found.drop_lo > 0
    text.append(f"{round(100 * found.drop, 1) + 0.0:5.1f}", style="red" if clear else "dim")
    if isinstance(found, CellScores) and found.changed is not None:
        mark = BARELY if found.barely_changed else " "
        text.append(f" {100 * found.changed:3.0f}%{mark}", style="dim")
    else:
        text.append(" " * len(" 100% "))
    return text


def _mark(found: CellScores | Average) -> str:
    return "*" if isinstance(found, CellScores) and found.at_chance else ""


def _cells(cells: list[tuple[str, str]]) -> str:
    """Return cells grouped by variant: ``th sw (syntactic.scramble)``."""
    grouped: dict[str, list[str]] = {}
    for language, variant in cells:
        grouped.setdefault(variant, []).append(language)
    return "; ".join(f"{' '.join(languages)} ({variant})" for variant, languages in grouped.items())
