"""Suites: groups of target tasks in a registry file, and the two that are shipped."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness import HarnessError
from harness.cli import app
from harness.errors import UnknownName
from harness.formats import format_named
from harness.registry import load_registry
from harness.registry_file import read


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("elsewhere"))
        return load_registry()


@pytest.mark.parametrize(("name", "count"), [("xtreme", 9), ("xtreme-r", 10)])
def test_a_shipped_suite_has_its_tasks_and_they_are_targets(registry, name, count):
    suite = registry.suite(name)
    assert len(suite.tasks) == count
    assert suite.citation
    for task in map(registry.task, suite.tasks):
        assert "target" in task.roles
        assert len(task.languages) > 1
        known = format_named(task.format).metrics
        assert set(suite.metrics.get(task.name, ())) <= set(known)


def test_xtreme_averages_f1_and_exact_match_of_every_answering_task(registry):
    suite = registry.suite("xtreme")
    assert suite.metrics == dict.fromkeys(suite.groups["question-answering"], ("f1", "exact_match"))


def test_a_suite_of_ones_own_is_read(tmp_path: Path):
    path = tmp_path / "mine.yaml"
    path.write_text("suites:\n  mine:\n    groups: {pairs: [xnli, paws-x]}\n", encoding="utf-8")
    suite = load_registry([path]).suite("mine")
    assert (suite.name, suite.tasks, suite.metrics) == ("mine", ("xnli", "paws-x"), {})


def test_an_unknown_suite_answers_with_near_names(registry):
    with pytest.raises(UnknownName, match="unknown suite 'xtrem'") as error:
        registry.suite("xtrem")
    assert "xtreme" in error.value.mend


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("groups: {a: [xnli], b: [xnli]}", "'xnli' is in it twice"),
        ("groups: {a: [xnli]}\n    metrics: {mlqa: [f1]}", "metrics of 'mlqa', which is in no group"),
        ("groups: {a: [xnli]}\n    metrics: {xnli: []}", "no metric of 'xnli'"),
        ("description: nothing", "groups' is missing"),
    ],
)
def test_a_faulty_suite_is_told_with_its_line(tmp_path: Path, text: str, wrong: str):
    path = tmp_path / "mine.yaml"
    path.write_text(f"suites:\n  mine:\n    {text}\n", encoding="utf-8")
    with pytest.raises(HarnessError, match=r"mine.yaml:[23]: ") as error:
        read(path)
    assert wrong in error.value.message


def test_suites_are_listed_and_shown():
    listed = CliRunner().invoke(app, ["list", "suites"]).output
    assert "xtreme-r" in listed
    shown = CliRunner().invoke(app, ["show", "suite", "xtreme"]).output
    assert "sentence-pair       xnli paws-x" in shown
    assert "xnli accuracy" in shown
    assert "mlqa f1 and exact_match" in shown
