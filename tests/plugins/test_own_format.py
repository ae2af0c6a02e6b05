"""A format that a plugin brings: found by name, guarded against clashes, trained and scored like any other."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness import cli
from harness.formats import format_named, format_names
from harness.plugins import load_plugins
from harness.registry import load_registry
from harness.scoring.records import records

DOCUMENT = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text(encoding="utf-8")
ACME = "\n".join(re.findall(r"^```python\n(.*?)^```$", DOCUMENT, flags=re.MULTILINE | re.DOTALL))
OWN = """
from harness import Format

class Own(Format):
    name = {name!r}
    columns = ("text", "label")
    texts = {texts!r}
    metrics = ("accuracy",)

@hookimpl
def harness_formats():
    return [Own()]
"""


def test_a_plugin_s_format_is_found_by_name_until_the_registry_is_read_without_it(
    install: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    install("own", OWN.format(name="own-format", texts=("text",)))
    registry = load_registry()
    assert format_named("own-format").metrics == ("accuracy",)
    assert "own-format" in registry.names("format")
    assert registry.format_identity(format_named("own-format")) == ["own-format", 1, "dist-own", "1.0"]
    assert registry.place("format", "own-format") == "dist-own 1.0 (own)"
    monkeypatch.setenv("HARNESS_PLUGINS", "")
    load_registry()
    assert "own-format" not in format_names()


@pytest.mark.parametrize(
    ("name", "texts", "told"),
    [
        ("pair-classification", ("text",), "format 'pair-classification' of dist-own 1.0 (own) is already defined by"),
        ("own-format", ("title",), "texts of format 'own-format' names 'title', which is no column of it"),
        ("own-format", "text", "texts of format 'own-format' must be a tuple, not a string"),
        ("Own Format", ("text",), "Own Format"),
    ],
)  # fmt: skip
def test_a_format_that_cannot_be_used_is_told(
    install: Callable[..., None], name: str, texts: object, told: str
) -> None:
    install("own", OWN.format(name=name, texts=texts))
    (record,) = [each for each in load_plugins().records if each.name == "own"]
    assert record.status == "failed"
    assert told in record.error
    assert record.provides == ()


def test_the_documented_format_runs_from_end_to_end(
    install: Callable[..., None], tmp_path: Path, tiny_model: Path
) -> None:
    install("acme", ACME, distribution="acme-harness")
    listed = json.loads(CliRunner().invoke(cli.app, ["list", "formats", "--json"]).stdout)["formats"]
    assert next(each["tasks"] for each in listed if each["name"] == "acme-rating") == ["acme-length"]
    command = [
        sys.executable, "-c", "from harness.cli import main; main()", "run", "--model", str(tiny_model),
        "--target", "acme-length", "--recipe", "smoke", "-i", "none", "--perturb", "syntactic.reverse",
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "COLUMNS": "200"}
    found = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=200, check=False
    )
    assert found.returncode == 0, found.stderr
    (record,) = records(tmp_path / "harness-runs" / "runs")
    scored = {(score.language, score.variant) for score in record.scores}
    assert {("en", "clean"), ("de", "clean"), ("en", "syntactic.reverse")} <= scored
    assert "closeness" in found.stdout
