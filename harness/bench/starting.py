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

PLAIN = (sys.executable, "-c", "import typer")
HARNESS = (sys.executable, "-c", "from harness.cli import main; main()")
COMMANDS = (("--help",), ("list",))
GOAL = 2.0  # the command's time over that of importing typer, at most


@dataclass(frozen=True)
class Start:
    """Seconds of fresh processes, one for each repeat; `plain` of importing typer."""

    command: str
    ours: tuple[float, ...]
    plain: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The median time of the command over that of importing typer."""
        return median(self.ours) / median(self.plain)


def measure(commands: Sequence[Sequence[str]], repeats: int, heed: Callable[[str], None]) -> list[Start]:
    """Time commands and the import of typer in turn, each in a fresh process.

    Modules are compiled, and files are in memory: a first round is not counted. Nothing is written into the
    user's cache.
    """
    with TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(Path(folder) / "compiled")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        ways = [PLAIN, *((*HARNESS, *command) for command in commands)]
        times: list[list[float]] = [[] for _ in ways]
        for number in range(repeats + 1):
            heed(f"round {number} of {repeats}")
            for place, way in enumerate(ways):
                took = _seconds(way, environment, Path(folder))
                if number:
                    times[place].append(took)
    plain, *ours = map(tuple, times)
    return [
        Start(" ".join(["harness", *command]), each, plain)
        for command, each in zip(commands, ours, strict=True)
    ]


def _seconds(command: Sequence[str], environment: dict[str, str], folder: Path) -> float:
    started = time.perf_counter()
    subprocess.run(command, env=environment, cwd=folder, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started
