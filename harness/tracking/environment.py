"""What a run ran on: versions, machine, git state. Read without importing the packages."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import harness

PACKAGES = (
    "accelerate",
    "datasets",
    "huggingface_hub",
    "mlflow",
    "nlpaug",
    "numpy",
    "pluggy",
    "pyarrow",
    "regex",
    "safetensors",
    "stanza",
    "tokenizers",
    "torch",
    "transformers",
    "ufal.udpipe",
)


def environment(plugins: Mapping[str, str] | None = None, folder: Path | None = None) -> dict[str, Any]:
    """Return versions, platform, number of usable cores, git state of `folder` and the plugins' versions.

    ``git`` is None outside a repository (default folder: the working folder), else
    ``{"sha": ..., "dirty": bool}``.
    """
    return {
        "harness": harness.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpus": _cores(),
        "packages": _versions(),
        "git": _git(folder or Path.cwd()),
        "plugins": dict(plugins or {}),
    }


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _git(folder: Path) -> dict[str, Any] | None:
    def ask(*command: str) -> str:
        done = subprocess.run(
            ["git", *command], cwd=folder, capture_output=True, text=True, timeout=5, check=True
        )
        return done.stdout.strip()

    try:
        sha = ask("rev-parse", "HEAD")
        return {"sha": sha, "dirty": bool(ask("status", "--porcelain", "--untracked-files=no"))}
    except (OSError, subprocess.SubprocessError):
        return None
