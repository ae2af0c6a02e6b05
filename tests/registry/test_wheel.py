"""What is installed from a wheel: every package, registry.yaml, and the data files beside the code."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
BUILD = "from setuptools.build_meta import build_wheel; print(build_wheel('dist'))"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The wheel's content, built from a copy and unpacked."""
    source, site = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("site")
    for name in ("harness", "plugins"):
        shutil.copytree(REPOSITORY / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.py", "registry.yaml", "README.md", "LICENSE", "MANIFEST.in"):
        shutil.copy(REPOSITORY / name, source / name)
    subprocess.run([sys.executable, "-c", BUILD], cwd=source, check=True, capture_output=True)
    (wheel,) = (source / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def test_every_file_of_the_packages_is_in_the_wheel(site):
    for package, folder in (("harness", "harness"), ("harness_plugins", "plugins")):
        files = {
            path.relative_to(REPOSITORY / folder)
            for path in (REPOSITORY / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        installed = {
            path.relative_to(site / package) for path in (site / package).rglob("*") if path.is_file()
        }
        assert files - installed == set()


def test_the_registry_is_found_in_the_wheel(site, tmp_path):
    program = (
        "from harness.registry import load_registry; from harness.registry_file import shipped\n"
        "registry = load_registry(); print(shipped()); print(registry.model('xlmr-base').path)"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HARNESS_")}
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(site)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert result.stdout.splitlines() == [
        str(site / "harness" / "registry.yaml"),
        "FacebookAI/xlm-roberta-base",
    ]
