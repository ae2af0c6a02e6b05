"""How commands print: tables for people, tables for pipes, JSON."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

PIPE_WIDTH = 10_000
MANY = 12
RESULT_WIDTH = 140
STATUS_STYLES = {"ok": "green", "failed": "red", "blocked": "yellow"}


def as_json(value: Any) -> None:
    """Print a value as indented JSON."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def cell(value: object) -> str:
    """Return a value as a table's cell holds it: on a terminal of a long list its length, beginning and end."""
    if sys.stdout.isatty() and isinstance(value, (list, tuple)) and len(value) > MANY:
        return f"{len(value)}: {shown(value[: MANY // 2])} .. {shown(value[-1:])}"
    return shown(value)


def shown(value: object) -> str:
    """Return a value as people read it: ``ar bg de``, ``train 392,702``, ``yes``; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {shown(each)}" for key, each in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " ".join(str(each) for each in value)
    return str(value)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: folded to the terminal's width, or one row a line where the output is piped."""
    if not sys.stdout.isatty():
        print("\n".join(_lines(title, columns, rows)))
        return
    from rich import box
    from rich.table import Table
    from rich.text import Text

    drawn = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell, style=STATUS_STYLES.get(cell, "")) for cell in row))
    _print(drawn)


def _lines(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a table as a pipe gets it, without rich, which takes longer than all else that a list does."""
    widths = [max(map(_width, column)) for column in zip(columns, *rows, strict=True)]
    lines = [
        "   ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        for row in (columns, *rows)
    ]
    rule = "─" * (sum(widths) + 3 * (len(widths) - 1))
    return [title, "", *(f" {line}".rstrip() for line in (lines[0], rule, *lines[1:])), ""]


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(each) else 1 + (east_asian_width(each) in "WF") for each in text)


def details(title: str, facts: Mapping[str, object]) -> None:
    """Print a thing's facts, one a line; those that are empty are left out."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        if text := shown(value):
            grid.add_row(Text(name, style="bold"), Text(text, overflow="fold"))
    _print(Group(Text(title, style="bold"), grid))


def wide_console() -> Console:
    """Return a console as wide as the terminal; where there is none, wide enough for a table of results."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        return Console(width=RESULT_WIDTH)
    return console


def _print(drawn: RenderableType) -> None:
    from rich.console import Console

    if sys.stdout.isatty():
        Console().print(drawn)
        return
    console = Console(width=PIPE_WIDTH)
    with console.capture() as captured:
        console.print(drawn)
    print("\n".join(line.rstrip() for line in captured.get().splitlines()))
