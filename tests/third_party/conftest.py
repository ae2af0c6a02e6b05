"""Real packages installed into fresh environments; the command line run from outside the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
Harness = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[tuple[str, ...]], Path]:
    """Install packages of this folder into a fresh virtual environment, each set once; return its interpreter.

    No network: what the packages depend on, the harness among it, is taken from the running environment.
    """
    made: dict[tuple[str, ...], Path] = {}

    def install(packages: tuple[str, ...]) -> Path:
        if packages not in made:
            folder = tmp_path_factory.mktemp("environment")
            venv.create(folder, with_pip=False, symlinks=True)
            python = folder / "bin" / "python"
            site = Path(_output(python, "import sysconfig; print(sysconfig.get_path('purelib'))"))
            borrowed = sysconfig.get_path("purelib")
            (site / "borrowed.pth").write_text(f"import site; site.addsitedir({borrowed!r})\n")
            for package in packages:
                copy = tmp_path_factory.mktemp("source") / package  # a build leaves files behind
                shutil.copytree(HERE / package, copy)
                command = [
                    sys.executable,
                    "-m",
                    "pip",
                    "--python",
                    str(python),
                    "install",
                    "--quiet",
                    "--no-deps",
                ]
                command += ["--no-index", "--no-build-isolation", "--disable-pip-version-check", str(copy)]
                subprocess.run(command, check=True, capture_output=True, text=True)
            made[packages] = python
        return made[packages]

    return install


@pytest.fixture
def harness(installed: Callable[[tuple[str, ...]], Path], tmp_path: Path) -> Harness:
    """Run ``harness`` in an empty folder with the given packages installed."""

    def run(
        *arguments: str, packages: tuple[str, ...] = (), **environment: str
    ) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HARNESS_")}
        return subprocess.run(
            [str(installed(packages)), "-c", "from harness.cli import main; main()", *arguments],
            cwd=tmp_path,
            env={**kept, **environment},
            capture_output=True,
            text=True,
        )

    return run


def _output(python: Path, code: str) -> str:
    return subprocess.run(
        [str(python), "-c", code], check=True, capture_output=True, text=True
    ).stdout.strip()
