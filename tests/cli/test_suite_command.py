"""``harness run --suite``: all targets one after the other, those that cannot run named, averages at the end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli import app

SUITE = """
suites:
  small:
    groups:
      pairs: [grammar-nli, grammar-paraphrase]
      mining: [bucc]
"""
RUN = ["--suite", "small", "-i", "none", "--recipe", "smoke", "--set", "max_steps=2", "--train-limit", "16",
       "--limit", "6", "-l", "en,de", "--device", "cpu"]  # fmt: skip


@pytest.fixture
def command(tiny_model: Path) -> list[str]:
    Path("harness.yaml").write_text(SUITE, encoding="utf-8")
    return ["run", "--model", str(tiny_model), *RUN]


def test_every_target_is_run_averaged_and_logged_and_what_cannot_run_is_named(command: list[str]) -> None:
    found = CliRunner().invoke(app, [*command, "-p", "syntactic.reverse"])
    assert found.exit_code == 0, found.output
    assert "left out bucc" in found.output
    assert "bucc2018" in found.output
    (path, *_) = sorted(Path("harness-runs/reports/suites").glob("*.json"))
    every = [json.loads(each.read_text()) for each in path.parent.glob("*.json")]
    assert sorted(scores["variant"] for scores in every) == ["clean", "syntactic.reverse"]
    (clean,) = [scores for scores in every if scores["variant"] == "clean"]
    tasks = {task["task"]: task["score"] for task in clean["tasks"]}
    assert set(tasks) == {"grammar-nli", "grammar-paraphrase"}
    assert clean["total"]["score"] == pytest.approx(sum(tasks.values()) / 2)
    assert clean["total"]["missing"] == ["bucc"]
    events = [
        json.loads(line)
        for journal in Path("harness-runs/journal").rglob("*.jsonl")
        for line in journal.read_text().splitlines()
    ]
    values = {name for event in events for name in event.get("values", {})}
    assert {"suite/small/score", "suite/small/pairs/score", "suite/small/grammar-nli/score"} <= values


def test_a_dry_run_plans_every_target_and_does_nothing(command: list[str]) -> None:
    found = CliRunner().invoke(app, [*command, "--dry-run"])
    assert found.exit_code == 0, found.output
    assert "target grammar-nli" in found.output
    assert "target grammar-paraphrase" in found.output
    assert not Path("harness-runs").exists()


def test_a_suite_none_of_whose_targets_can_run_is_an_error(tiny_model: Path) -> None:
    Path("harness.yaml").write_text("suites: {empty: {groups: {mining: [bucc]}}}", encoding="utf-8")
    found = CliRunner().invoke(app, ["run", "--model", str(tiny_model), "--suite", "empty"])
    assert found.exit_code != 0
    assert "left out bucc" in found.output
