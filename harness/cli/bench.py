"""``harness bench``: measurements of the harness itself."""

from __future__ import annotations

from typing import Annotated

import typer

bench = typer.Typer(help="Measure the harness itself.", no_args_is_help=True)


@bench.callback()
def _bench() -> None:
    """Measure the harness itself."""


@bench.command()
def load(
    task: Annotated[
        list[str] | None, typer.Option("--task", "-t", help="Load this task (repeatable).")
    ] = None,
    split: Annotated[str | None, typer.Option("--split", help="Split; left out: test, else dev.")] = None,
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="Rounds; the median is shown.")] = 5,
) -> None:
    """Time loading against datasets.load_dataset and taking all rows, both from a warm cache, in turn.

    Without --task: Tatoeba, PAN-X and XNLI, all languages.
    """
    from statistics import median

    from rich.table import Table

    from harness.bench.loading import BENCHED, GOAL, measure
    from harness.cli import options
    from harness.cli.output import wide_console

    registry = options().load_registry()
    console = wide_console()
    table = Table(
        "task", "languages", "rows", "harness s", "datasets s", "ratio", title="loading, warm cache"
    )
    found = []
    with console.status("loading") as status:
        for name in task or BENCHED:
            asked = registry.task(name)
            splits = [split] if split else [asked.test_split, "dev"]
            found.append(measure(asked, splits, registry, repeats, status.update))
    for each in found:
        ours, plain = median(each.ours), median(each.plain)
        table.add_row(
            each.task,
            f"{each.languages}",
            f"{each.rows:,}",
            f"{ours:.2f}",
            f"{plain:.2f}",
            f"{each.ratio:.2f}",
        )
    console.print(table)
    console.print(f"goal: a ratio of {GOAL} at most; medians of {repeats}", highlight=False)
