"""Plugins made for one test: a module and its distribution's metadata on the path, no installation."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

HEADER = "from harness import HarnessError, Model, Perturbation, Task, hookimpl\n\n"
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Make a distribution with one plugin: ``install("name", source, distribution=..., version=...)``."""
    monkeypatch.syspath_prepend(str(tmp_path))
    modules: list[str] = []

    def make(name: str, source: str, *, distribution: str | None = None, version: str = "1.0") -> None:
        distribution = distribution or f"dist-{name}"
        module = f"plugin_{name}_of_{distribution}".replace("-", "_").replace(".", "_")
        modules.append(module)
        (tmp_path / f"{module}.py").write_text(HEADER + dedent(source), encoding="utf-8")
        metadata = tmp_path / f"{distribution.replace('-', '_')}-{version}.dist-info"
        metadata.mkdir(exist_ok=True)
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n"
        )
        entries = metadata / "entry_points.txt"
        known = entries.read_text() if entries.exists() else "[harness]\n"
        entries.write_text(f"{known}{name} = {module}\n")
        importlib.invalidate_caches()

    yield make
    for module in modules:
        sys.modules.pop(module, None)
