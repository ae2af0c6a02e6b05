"""Real packages installed into folders of their own; the command line run from outside the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
Harness = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Install a package of this folder with pip, without network, once a session; return where it lies."""
    site: dict[str, Path] = {}

    def install(package: str) -> Path:
        if package not in site:
            copy = tmp_path_factory.mktemp("source") / package  # a build leaves files behind
            shutil.copytree(HERE / package, copy)
            site[package] = tmp_path_factory.mktemp(f"{package}-site")
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
            command += ["--no-build-isolation", "--disable-pip-version-check", "--target", str(site[package])]
            subprocess.run([*command, str(copy)], check=True, capture_output=True, text=True)
        return site[package]

    return install


@pytest.fixture
def harness(installed: Callable[[str], Path], tmp_path: Path) -> Harness:
    """Run ``harness`` in an empty folder with the given packages installed."""

    def run(
        *arguments: str, packages: tuple[str, ...] = (), **environment: str
    ) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HARNESS_")}
        paths = os.pathsep.join(str(installed(package)) for package in packages)
        return subprocess.run(
            [sys.executable, "-c", "from harness.cli import main; main()", *arguments],
            cwd=tmp_path,
            env={**kept, "PYTHONPATH": paths, **environment},
            capture_output=True,
            text=True,
        )

    return run
