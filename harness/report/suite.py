"""Tables over target tasks: a suite's averages, and all targets in all languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.report.effects import BARELY
from harness.report.wording import MEAN_SHORT, named, percent, signed
from harness.scoring.records import RunRecord
from harness.scoring.scores import CLEAN, SOURCE_LANGUAGE
from harness.scoring.suites import Mean, SuiteScores, TaskScore, trained

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

# Languages beside each other, so that a table fits into 120 columns.
_BESIDE = 15


def suite_table(scores: Sequence[SuiteScores]) -> Table:
    """Return tasks down, by group, and runs across: the scores in per cent beside the trivial guess's.

    ``*2/15`` marks a task with two of fifteen languages at chance, ``8/9`` a mean over eight of nine tasks.
    Below the tasks stand the suite's score, its transfer mean (without English), and its cross-lingual gap,
    English minus the mean of the others, over the tasks that have both.
    """
    suite = scores[0].suite
    drawn = _drawn(f"{suite.name}: mean over languages in %{_variant(scores)}")
    drawn.add_column("", no_wrap=True)
    drawn.add_column("by", no_wrap=True, style="dim")
    drawn.add_column("trivial", justify="right", no_wrap=True, style="dim")
    for each in scores:
        drawn.add_column(each.name.replace("+", "\n+", 1), justify="right", no_wrap=True)
    for group, members in suite.groups.items():
        drawn.add_row(group, "", "", *(_mean(each.groups[group]) for each in scores), style="bold")
        for name in members:
            found = [each.task(name) for each in scores]
            first = next((task for task in found if task), None)
            by = " + ".join(named(metric) for metric in first.metrics) if first else ""
            drawn.add_row(f"  {name}", by, _trivial(first), *map(_task, found))
        drawn.add_section()
    drawn.add_row("all tasks", "", "", *(_mean(each.total) for each in scores), style="bold")
    transfer = [percent(each.total.transfer) if each.total.transfer is not None else "" for each in scores]
    drawn.add_row(f"  without {SOURCE_LANGUAGE}", "", "", *transfer)
    gaps = [signed(each.total.gap) if each.total.gap is not None else "" for each in scores]
    drawn.add_row(f"  {SOURCE_LANGUAGE} minus the others", "", "", *gaps)
    drawn.caption = _caption(scores)
    return drawn


def target_table(records: Sequence[RunRecord], variant: str = CLEAN) -> RenderableType:
    """Return all targets in all languages: one row a target, its trivial guess below it, at most 120 wide.

    Runs of another model, intermediate task, seed or recipe have a table of their own. ``*`` marks a cell at
    chance, ``~`` one whose texts were barely changed, ``-`` a language that is not served; where a target has
    no such language, there is nothing.
    """
    from rich.console import Group
    from rich.text import Text

    apart: dict[tuple[str, str, int, str], dict[str, RunRecord]] = {}
    for record in sorted(records, key=lambda record: record.created):
        apart.setdefault(trained(record), {})[record.target] = record
    parts: list[RenderableType] = []
    for runs in apart.values():
        parts += _targets(list(runs.values()), variant)
    key = "below each score: the trivial guess; * not above it; - not served"
    if any(cell.barely_changed and cell.variant == variant for record in records for cell in record.scores):
        key += f"; {BARELY} texts barely changed, in no mean"
    parts.append(Text(key, style="dim"))
    return Group(*parts)


def _targets(records: Sequence[RunRecord], variant: str) -> list[RenderableType]:
    languages = sorted({language for record in records for language in record.languages})
    languages.sort(key=lambda language: language != SOURCE_LANGUAGE)
    columns = [*MEAN_SHORT, *languages]
    first = records[0]
    middle = "" if first.intermediate == "none" else f"+{first.intermediate}"
    title = f"{first.model}{middle} s{first.seed}, recipe {first.recipe}: scores in %"
    title += "" if variant == CLEAN else f" on {variant}"
    blocks: list[RenderableType] = []
    for start in range(0, len(columns), _BESIDE):
        beside = columns[start : start + _BESIDE]
        drawn = _drawn(title if start == 0 else None)
        drawn.add_column("target", no_wrap=True)
        for column in beside:
            drawn.add_column(MEAN_SHORT.get(column, column), justify="right", no_wrap=True)
        for record in records:
            cells = [_cell(record, column, variant) for column in beside]
            if start == 0 or any(cell.plain for cell in cells):
                drawn.add_row(_target(record), *cells)
        blocks.append(drawn)
    return blocks


def _target(record: RunRecord) -> Text:
    from rich.text import Text

    limit = f", {record.limit:,} each" if record.limit else ""
    return Text(record.target).append(f"\n{named(record.metric)}{limit}", style="dim")


def _cell(record: RunRecord, column: str, variant: str) -> Text:
    from rich.text import Text

    if column in MEAN_SHORT:
        average = record.average(column, variant)
        if average is None:
            return Text("")
        return Text(percent(average.score), style="bold").append(f"\n{percent(average.chance)}", style="dim")
    found = record.score(column, variant)
    if found is None:
        return Text("-" if column in record.languages else "", style="dim")
    mark = ("*" if found.at_chance else "") + (BARELY if found.barely_changed else "")
    return Text(f"{percent(found.score)}{mark}").append(f"\n{percent(found.chance)}", style="dim")


def _trivial(found: TaskScore | None) -> str:
    """Return the trivial guess's score, and by which metric where the task's score is made of several."""
    if found is None:
        return ""
    return percent(found.chance) + ("" if found.metrics == (found.metric,) else f" {named(found.metric)}")


def _task(found: TaskScore | None) -> Text:
    from rich.text import Text

    if found is None:
        return Text("missing", style="dim")
    text = Text(percent(found.score))
    if found.at_chance:
        text.append(f" *{len(found.at_chance)}/{len(found.languages)}", style="dim")
    return text


def _mean(found: Mean) -> Text:
    from rich.text import Text

    if found.score is None:
        return Text("")
    text = Text(percent(found.score))
    if found.partial:
        text.append(f" {len(found.tasks)}/{len(found.tasks) + len(found.missing)}", style="dim")
    return text


def _caption(scores: Sequence[SuiteScores]) -> str | None:
    notes = []
    if any(task.at_chance for each in scores for task in each.tasks):
        notes.append("*n/m: n of m languages are at chance, not above the trivial guess")
    if any(each.total.partial for each in scores):
        missing = dict.fromkeys(task for each in scores for task in each.total.missing)
        notes.append(f"n/m: a partial mean, over n of m tasks; missing: {', '.join(missing)}")
    unserved = dict.fromkeys(
        f"{task.task} {' '.join(task.unserved)}" for each in scores for task in each.tasks if task.unserved
    )
    if unserved:
        notes.append(f"without languages that are not served: {', '.join(unserved)}")
    barely = dict.fromkeys(
        f"{task.task} {' '.join(task.left_out)}" for each in scores for task in each.tasks if task.left_out
    )
    if barely:
        notes.append(f"without languages whose texts were barely changed: {', '.join(barely)}")
    limits = sorted({task.limit for each in scores for task in each.tasks if task.limit})
    if limits:
        notes.append(
            f"on {' or '.join(f'{limit:,}' for limit in limits)} examples of a language, no full sets"
        )
    return "\n".join(notes) or None


def _variant(scores: Sequence[SuiteScores]) -> str:
    variants = dict.fromkeys(each.variant for each in scores)
    return "" if list(variants) == [CLEAN] else f", on {', '.join(variants)}"


def _drawn(title: str | None) -> Table:
    from rich import box
    from rich.table import Table

    drawn = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    drawn.caption_justify = "left"
    drawn.padding = (0, 1, 0, 0)
    return drawn
