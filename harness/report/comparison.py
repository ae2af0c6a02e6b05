"""A comparison of runs as terminal tables and as a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.report.effects import BARELY
from harness.report.wording import (
    MEAN_NAMES,
    MEAN_SHORT,
    named,
    percent,
    rows_of,
    settings_of,
    signed,
)
from harness.scoring.compare import Comparison, Difference
from harness.scoring.records import RunRecord
from harness.scoring.scores import CLEAN, LEAST_CHANGED, SOURCE_LANGUAGE

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

# Variants beside each other, so that tables of scores and of drops fit into 120 columns.
_BESIDE_SCORE, _BESIDE_DROP = 3, 5
ACCEPTED = 0.05


def comparison_table(comparison: Comparison) -> RenderableType:
    """Return the differences of every run to the first one, languages down and variants across.

    A cell reads ``first > second difference (low high)``, in per cent and percentage points with the 95 %
    interval; ``*`` where q is below 0.05, ``~`` where the texts were barely changed. ``trivial`` is what the
    guess scores that does not understand the texts.
    """
    from rich.console import Group
    from rich.text import Text

    first, *others = comparison.runs
    parts: list[RenderableType] = []
    for other in others:
        variants = _variants(comparison, other.run_id)
        parts.append(Text(f"{other.name} minus {first.name}: {named(first.metric)}, points", style="bold"))
        parts += _blocks(comparison, other, variants, drops=False)
        disturbed = [variant for variant in variants if variant != CLEAN]
        if disturbed:
            parts.append(Text("How much more it loses under each disturbance, points", style="bold"))
            parts += _blocks(comparison, other, disturbed, drops=True)
    parts += [Text(note, style="dim") for note in notes(comparison)]
    return Group(*parts)


def notes(comparison: Comparison) -> list[str]:
    """Return what a reader must know of a comparison: examples, tests, what is left out."""
    counts = sorted({d.n for d in comparison.differences if d.language not in MEAN_NAMES})
    examples = f"{counts[0]:,}" if len(counts) == 1 else f"{counts[0]:,} to {counts[-1]:,}"
    found = [f"{examples} examples of each language, the same in all runs."]
    scored = dict.fromkeys(settings_of(run) for run in comparison.runs if run.settings)
    found += [f"Scored by {' and '.join(scored)}."] if scored else []
    left = {language: count for language, count in comparison.left_out.items() if count}
    if left:
        listed = ", ".join(f"{language} {count:,}" for language, count in left.items())
        found.append(f"Left out, because not all runs have them: {listed} examples.")
    tests = sorted({d.test for d in comparison.differences if d.test})
    names = {"mcnemar": "exact McNemar test", "randomisation": "randomisation test over clusters"}
    found.append(
        f"* q < {ACCEPTED}: {' or '.join(names[test] for test in tests)}, corrected over all cells "
        "(Benjamini-Hochberg). Intervals: paired cluster bootstrap, 95 %, not corrected."
    )
    seeds = {run.seed for run in comparison.runs}
    if len(seeds) == 1:
        found.append("One seed each: how much another seed would change is not in these intervals.")
    barely: dict[str, list[str]] = {}
    for difference in comparison.differences:
        if difference.barely_changed:
            barely.setdefault(difference.variant, []).append(difference.language)
    if barely:
        listed = "; ".join(f"{variant} in {_once(languages)}" for variant, languages in barely.items())
        found.append(
            f"{BARELY} Less than {LEAST_CHANGED:.0%} of the texts were changed, so that it is in no mean: {listed}."
        )
    grouped: dict[str, list[str]] = {}
    for _, language, variant in comparison.unshared:
        grouped.setdefault(variant, []).append(language)
    for variant, languages in grouped.items():
        found.append(f"Not compared, because not both runs have it: {variant} in {_once(languages)}.")
    return found


def _once(languages: list[str]) -> str:
    return " ".join(dict.fromkeys(languages))


def write_comparison(comparison: Comparison, path: Path) -> Path:
    """Write a comparison as one self-contained page and return its path."""
    from harness.report.page import render

    first, *others = comparison.runs
    text = render(
        "comparison.html.j2",
        first=first,
        others=others,
        rows=[*((row, row) for row in rows_of(first)), *MEAN_NAMES.items()],
        variants={run.run_id: _variants(comparison, run.run_id) for run in others},
        find=comparison.find,
        trivial=lambda run, row: _trivial(comparison, run, row),
        notes=notes(comparison),
        means=MEAN_NAMES,
        accepted=ACCEPTED,
        barely=BARELY,
        clean=CLEAN,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _variants(comparison: Comparison, run: str) -> list[str]:
    return list(dict.fromkeys(d.variant for d in comparison.differences if d.run == run))


def _blocks(
    comparison: Comparison, other: RunRecord, variants: list[str], drops: bool
) -> list[RenderableType]:
    from rich import box
    from rich.table import Table

    blocks: list[RenderableType] = []
    width = _BESIDE_DROP if drops else _BESIDE_SCORE
    for start in range(0, len(variants), width):
        beside = variants[start : start + width]
        drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        drawn.add_column("", no_wrap=True)
        if not drops:
            drawn.add_column("trivial", justify="right", no_wrap=True, style="dim")
        for variant in beside:
            drawn.add_column(variant.replace(".", "\n", 1), justify="right", no_wrap=True)
        for row in (*rows_of(comparison.runs[0]), *MEAN_SHORT):
            found = [comparison.find(other.run_id, row, variant) for variant in beside]
            if any(found):
                mean = row in MEAN_SHORT
                cells = [_cell(difference, drops) for difference in found]
                trivial = [] if drops else [_trivial(comparison, other.run_id, row)]
                drawn.add_row(MEAN_SHORT.get(row, row), *trivial, *cells, style="bold" if mean else "")
        blocks.append(drawn)
    return blocks


def _trivial(comparison: Comparison, run: str, row: str) -> str:
    """Return the trivial guess's score in a language, or its mean over the languages compared."""
    record = comparison.runs[0]
    served = [cell for cell in record.scores if cell.variant == CLEAN]
    compared = [cell for cell in served if comparison.find(run, cell.language, CLEAN)]
    if row in MEAN_NAMES:
        compared = [cell for cell in compared if row == "mean" or cell.language != SOURCE_LANGUAGE]
    else:
        compared = [cell for cell in compared if cell.language == row]
    return percent(sum(cell.chance for cell in compared) / len(compared)) if compared else ""


def _cell(found: Difference | None, drops: bool) -> Text:
    from rich.text import Text

    if found is None:
        return Text("-", style="dim")
    if drops:
        assert found.drop_difference is not None
        assert found.drop_difference_lo is not None
        assert found.drop_difference_hi is not None
        value, low, high = found.drop_difference, found.drop_difference_lo, found.drop_difference_hi
        better, worse, star = high < 0, low > 0, ""
    else:
        value, low, high = found.difference, found.difference_lo, found.difference_hi
        better, worse = low > 0, high < 0
        star = "*" if found.q is not None and found.q < ACCEPTED else ""
    style = "green" if better else "red" if worse else ""
    text = Text("" if drops else f"{percent(found.first)} > {percent(found.second)} ", style="dim")
    text.append(f"{signed(value)}{star}{BARELY if found.barely_changed else ''}", style=style)
    return text.append(f" ({signed(low)} {signed(high)})", style="dim")
