"""How commands print: tables for people, tables for pipes, JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

PIPE_WIDTH = 10_000
STATUS_STYLES = {"ok": "green", "failed": "red", "blocked": "yellow"}


def as_json(value: Any) -> None:
    """Print a value as indented JSON."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table: folded to the terminal's width, or one row a line where the output is piped."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    piped = not sys.stdout.isatty()
    console = Console(width=PIPE_WIDTH if piped else None, highlight=False)
    drawn = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        drawn.add_column(column, overflow="fold", no_wrap=piped)
    for row in rows:
        drawn.add_row(*(Text(str(cell), style=STATUS_STYLES.get(str(cell), "")) for cell in row))
    if piped:
        with console.capture() as captured:
            console.print(drawn)
        print("\n".join(line.rstrip() for line in captured.get().splitlines()))
    else:
        console.print(drawn)


def details(title: str, facts: Mapping[str, object]) -> None:
    """Print a thing's facts, one a line; those that are empty are left out."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    piped = not sys.stdout.isatty()
    console = Console(width=PIPE_WIDTH if piped else None, highlight=False)
    grid = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        if value not in (None, "", (), {}, []):
            grid.add_row(Text(name, style="bold"), Text(str(value), overflow="fold"))
    console.print(Text(title, style="bold"))
    console.print(grid)
