"""How long a command takes to start, against importing typer, which every command needs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

PLAIN = (sys.executable, "-P", "-c", "import typer")
HARNESS = (sys.executable, "-P", "-c", "from harness.cli import main; main()")
COMMANDS = ("--help", "list")
GOAL = 2.0  # the command's time over that of importing typer, at most


@dataclass(frozen=True)
class Start:
    """Seconds of fresh processes, one for each repeat; `plain` of importing typer.

    `remembers`: whether the command may find what it listed before (harness.cli.remembered).
    """

    command: str
    remembers: bool
    ours: tuple[float, ...]
    plain: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The median time of the command over that of importing typer."""
        return median(self.ours) / median(self.plain)


def measure(commands: Sequence[str], repeats: int, heed: Callable[[str], None]) -> list[Start]:
    """Time commands and the import of typer in turn, each in a fresh process.

    Modules are compiled, files are in memory, and what is remembered of a listing is there: a first round is not
    counted. Each command is also timed where it can remember nothing. The user's caches are left alone.
    """
    with TemporaryDirectory() as folder:
        place = Path(folder)
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(place / "compiled")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        caches = {True: str(place / "cache"), False: os.devnull}
        ways = [(command, remembers) for command in commands for remembers in (True, False)]
        plain: list[float] = []
        ours: list[list[float]] = [[] for _ in ways]
        for number in range(repeats + 1):
            heed(f"round {number} of {repeats}")
            plain.append(_seconds(PLAIN, environment, place))
            for times, (command, remembers) in zip(ours, ways, strict=True):
                asked = {**environment, "XDG_CACHE_HOME": caches[remembers]}
                times.append(_seconds((*HARNESS, *command.split()), asked, place))
    return [
        Start(f"harness {command}", remembers, tuple(times[1:]), tuple(plain[1:]))
        for times, (command, remembers) in zip(ours, ways, strict=True)
    ]


def _seconds(command: Sequence[str], environment: dict[str, str], folder: Path) -> float:
    started = time.perf_counter()
    subprocess.run(command, env=environment, cwd=folder, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started
