"""Progress of long work, as rich shows it; plain lines where there is no terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

LINE_SECONDS = 30.0


class Bar(Protocol):
    """One piece of work of known size."""

    def to(self, done: float, note: str = "") -> None:
        """Say that `done` of the total is done."""


class Progress(Protocol):
    """Shows pieces of work, one after the other."""

    def work(self, title: str, total: float) -> AbstractContextManager[Bar]:
        """Open a piece of work; a context manager that gives its Bar."""


@dataclass
class _Shown:
    bars: Bars
    number: int

    def to(self, done: float, note: str = "") -> None:
        self.bars.update(self.number, completed=done, note=note)  # type: ignore[arg-type]


@dataclass
class _Line:
    console: Console
    title: str
    total: float
    said: float

    def to(self, done: float, note: str = "") -> None:
        if time.monotonic() - self.said >= LINE_SECONDS:
            self.said = time.monotonic()
            self.console.print(f"{self.title}: {done:,.0f} of {self.total:,.0f} {note}", highlight=False)


class RichProgress:
    """Bars on a terminal; elsewhere a line every 30 seconds, so that a log shows that it goes on."""

    def __init__(self, console: Console) -> None:
        self.console = console

    @contextmanager
    def work(self, title: str, total: float) -> Iterator[Bar]:
        """Show a piece of work while the block runs."""
        if not self.console.is_terminal:
            self.console.print(f"{title} ...", highlight=False)
            yield _Line(self.console, title, total, time.monotonic())
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
        )
        with Bars(*columns, console=self.console, transient=True) as bars:
            yield _Shown(bars, bars.add_task(title, total=total, note=""))
