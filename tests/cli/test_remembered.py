"""A listing is remembered exactly as long as nothing that it was made of is another."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.cli import remembered as module
from harness.cli.remembered import remembered


class Maker:
    """Makes a value of a file's text, and counts how often."""

    def __init__(self, file: Path) -> None:
        self.file, self.count, self.keep = file, 0, True

    def __call__(self) -> tuple[Any, bool]:
        self.count += 1
        return {"text": self.file.read_text()}, self.keep


@pytest.fixture
def maker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Maker:
    monkeypatch.setattr(module, "_SETTLED", -60.0)
    monkeypatch.setattr(module, "_modules", set)
    monkeypatch.setattr(sys, "path", [str(tmp_path / "installed")])
    (tmp_path / "read.txt").write_text("one")
    return Maker(tmp_path / "read.txt")


def test_what_is_the_same_is_made_once(maker: Maker) -> None:
    assert [remembered("asked", [], maker) for _ in range(3)] == [{"text": "one"}] * 3
    assert maker.count == 1
    remembered("asked otherwise", [], maker)
    assert maker.count == 2


def test_a_file_that_was_read_and_changes_is_read_again(maker: Maker) -> None:
    remembered("asked", [], maker)
    maker.file.write_text("two and more")
    assert remembered("asked", [], maker) == {"text": "two and more"}


def test_a_file_that_appears_counts(maker: Maker, tmp_path: Path) -> None:
    absent = [tmp_path / "harness.yaml"]
    remembered("asked", absent, maker)
    absent[0].write_text("tasks: {}")
    remembered("asked", absent, maker)
    assert maker.count == 2


def test_an_installed_module_counts(maker: Maker, tmp_path: Path) -> None:
    remembered("asked", [], maker)
    (tmp_path / "installed" / "plugin-1.0.dist-info").mkdir(parents=True)
    remembered("asked", [], maker)
    assert maker.count == 2


def test_the_environment_counts(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    remembered("asked", [], maker)
    monkeypatch.setenv("COLUMNS", "77")
    remembered("asked", [], maker)
    assert maker.count == 1
    monkeypatch.setenv("HARNESS_PLUGINS", "nli")
    remembered("asked", [], maker)
    assert maker.count == 2


def test_what_must_not_be_kept_is_made_again(maker: Maker) -> None:
    maker.keep = False
    remembered("asked", [], maker)
    remembered("asked", [], maker)
    assert maker.count == 2


def test_what_has_just_changed_may_change_again(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SETTLED", 2.0)
    remembered("asked", [], maker)
    remembered("asked", [], maker)
    assert maker.count == 2


def test_few_are_kept(maker: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KEPT", 2)
    for asked in range(5):
        remembered(asked, [], maker)
    assert len([*(tmp_path / "listed").iterdir()]) == 2
    remembered(4, [], maker)
    assert maker.count == 5


def test_a_broken_memory_is_no_memory(maker: Maker, tmp_path: Path) -> None:
    remembered("asked", [], maker)
    (kept,) = (tmp_path / "listed").iterdir()
    kept.write_text("{")
    assert remembered("asked", [], maker) == {"text": "one"}


def test_a_remembered_list_is_the_same_and_imports_next_to_nothing(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from harness.cli import main, remembered\n"
        "remembered._SETTLED = -1e9\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "names = ('numpy', 'pyarrow', 'pydantic', 'rich', 'yaml', 'regex', 'pluggy', 'harness_plugins')\n"
        "print([name for name in names if name in sys.modules], file=sys.stderr)"
    )
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    # typer converts what is given by pydantic
    for arguments, imported in ((["list"], []), (["list", "all", "--json"], ["pydantic"])):
        command = [sys.executable, "-P", "-c", program, *arguments]
        first, second = (
            subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
            for _ in range(2)
        )
        assert second.stdout == first.stdout
        assert "numpy" in first.stderr
        assert second.stderr == f"{imported}\n"
