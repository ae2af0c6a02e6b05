"""Measurements of the harness itself, as ``harness bench`` shows them."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path


@dataclass(frozen=True)
class Compared:
    """One line of a measurement: what was done, what it took us and the other way, and the goal for the ratio."""

    what: str
    ours: str
    other: str
    ratio: float
    goal: str


def machine(packages: Sequence[str] = ()) -> str:
    """Return what it was measured on: the processor, its cores that may be used, versions."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = [f"{name} {version(name)}" for name in packages]
    return f"{_processor()}, {cores} cores; {', '.join([f'Python {platform.python_version()}', *versions])}"


def _processor() -> str:
    about = Path("/proc/cpuinfo")
    if about.exists():
        for line in about.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
