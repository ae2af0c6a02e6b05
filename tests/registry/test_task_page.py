"""docs/tasks.md tells of every built-in task what the registry says."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.registry import load_registry
from harness.report.task_page import main, renewed, task_tables

PAGE = Path(__file__).parents[2] / "docs" / "tasks.md"


def test_the_page_has_the_registrys_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = PAGE.read_text(encoding="utf-8")
    assert page == renewed(page, task_tables(load_registry())), (
        "docs/tasks.md is behind the registry: python -P -m harness.report.task_page docs/tasks.md"
    )


def test_rows_are_told_by_split_and_as_a_range_over_languages() -> None:
    tables = task_tables(load_registry())
    xnli = next(line for line in tables.splitlines() if line.startswith("| `xnli` | `facebook/xnli`"))
    assert "| 2,490 | 5,010 |" in xnli
    mlqa = next(line for line in tables.splitlines() if line.startswith("| `mlqa` | `google/xtreme`"))
    assert "| 4,517 to 11,590 |" in mlqa
    udpos = next(line for line in tables.splitlines() if line.startswith("| `udpos` | `google/xtreme`"))
    assert "| 21,253 |" in udpos
    mnli = next(line for line in tables.splitlines() if line.startswith("| `mnli` | `nyu-mll/glue`"))
    assert "| 392,702 | 9,815, evaluated | - |" in mnli


def test_a_task_of_the_user_is_not_in_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "harness.yaml").write_text(
        "tasks:\n  mine: {source: snli, labels: [a, b]}\n", encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    registry = load_registry()
    assert "mine" in registry.names("task")
    assert "`mine`" not in task_tables(registry)


def test_only_what_is_between_the_marks_is_renewed(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert renewed(renewed(page, "old"), "new") == renewed(page, "new")
    assert renewed(page, "new").startswith(page[:200])
    with pytest.raises(ValueError, match="lacks"):
        renewed("# Tasks", "new")


def test_the_command_writes_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "tasks.md"
    page.write_text(renewed(PAGE.read_text(encoding="utf-8"), "nothing yet"), encoding="utf-8")
    assert main([str(page)]) == 0
    assert "| `xnli` |" in page.read_text(encoding="utf-8")
