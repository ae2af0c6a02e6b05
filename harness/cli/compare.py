"""``harness compare``: what two runs or more differ by, on the same examples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from harness.scoring.compare import Comparison
    from harness.scoring.records import RunRecord


def compare(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN RUN ...",
            help="Run ids (the first digits do), names, or 'latest'; the first is what the others are "
            "compared with. Without any: list the runs.",
            show_default=False,
        ),
    ] = None,
    workspace: Annotated[Path | None, typer.Option(help="The folder of runs.", show_default=False)] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Show all targets of all runs, or of those named, in all languages.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    html: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the comparison as a page, too.", show_default=False),
    ] = None,
) -> None:
    """Compare runs: differences per language and variant with intervals, on the same examples."""
    from harness.cli import output
    from harness.scoring.records import find, records
    from harness.workspace import Workspace

    place = Workspace.at(workspace)
    known = records(place.runs)
    if everything:
        _targets([find(known, text) for text in runs] if runs else known, as_json)
        return
    if not runs:
        _list(known, as_json)
        return
    from functools import partial

    from harness.scoring.compare import compare_runs
    from harness.scoring.predictions import load

    comparison = compare_runs([find(known, text) for text in runs], partial(load, place.folder))
    if html:
        from harness.report import write_comparison

        write_comparison(comparison, html)
    if as_json:
        output.as_json(_plain(comparison))
        return
    import sys

    from rich.console import Console

    from harness.report import comparison_table

    console = Console() if sys.stdout.isatty() else Console(width=output.PIPE_WIDTH)
    console.print(comparison_table(comparison))
    if html:
        print(f"Page: {html}")


def _list(known: list[RunRecord], as_json: bool) -> None:
    from harness.cli import output

    if as_json:
        output.as_json([_facts(record) for record in known])
        return
    if not known:
        print("No runs yet. Make one: harness run")
        return
    columns = ("run", "name", "recipe", "metric", "languages", "variants", "mean", "mean-en", "created")
    rows = []
    for record in known:
        facts = _facts(record)
        shown = (
            facts["run_id"][:8],
            record.name,
            record.recipe,
            record.metric,
            *(str(facts[name]) for name in columns[4:6]),
        )
        means = (f"{100 * facts[name]:.1f}" if facts[name] is not None else "" for name in MEANS)
        rows.append((*shown, *means, record.created))
    output.table("Runs", columns, rows)


def _targets(chosen: list[RunRecord], as_json: bool) -> None:
    from harness.cli import output

    if as_json:
        output.as_json([_facts(record) | {"scores": _scores(record)} for record in chosen])
        return
    if not chosen:
        print("No runs yet. Make one: harness run")
        return
    from harness.report import target_table

    output.wide_console().print(target_table(chosen))


def _scores(record: RunRecord) -> list[dict[str, Any]]:
    from dataclasses import asdict

    return [asdict(cell) for cell in record.scores]


MEANS = ("mean", "mean_transfer")


def _facts(record: RunRecord) -> dict[str, Any]:
    from harness.scoring.scores import CLEAN

    averages = {name: record.average(name, CLEAN) for name in MEANS}
    return {
        "run_id": record.run_id,
        "name": record.name,
        "model": record.model,
        "intermediate": record.intermediate,
        "target": record.target,
        "seed": record.seed,
        "recipe": record.recipe,
        "metric": record.metric,
        "created": record.created,
        "languages": len(record.languages),
        "variants": len(record.variants),
        **{name: average.score if average else None for name, average in averages.items()},
    }


def _plain(comparison: Comparison) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "first": _facts(comparison.runs[0]),
        "others": [_facts(record) for record in comparison.runs[1:]],
        "differences": [asdict(difference) for difference in comparison.differences],
        "left_out": dict(comparison.left_out),
        "unshared": [
            dict(zip(("run", "language", "variant"), cell, strict=True)) for cell in comparison.unshared
        ],
    }
