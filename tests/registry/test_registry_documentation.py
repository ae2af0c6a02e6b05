"""docs/registry.md shows files that are read, and every key of a recipe with its default."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.data.identity import DataPlaces
from harness.data.load import load
from harness.data.revisions import Revisions
from harness.registry import load_registry
from harness.registry_file import read
from harness.registry_schema import Recipe

DOCUMENT = (Path(__file__).parents[2] / "docs" / "registry.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", DOCUMENT, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=[block.partition(":")[0] for block in BLOCKS])
def test_every_example_is_a_registry_file(block, tmp_path):
    (tmp_path / "harness.yaml").write_text(block, encoding="utf-8")
    read(tmp_path / "harness.yaml")


def test_a_task_from_the_hub_takes_at_most_eight_lines(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (block,) = [block for block in BLOCKS if block.startswith("tasks:\n  topics:")]
    assert len(block.strip().splitlines()) <= 8
    (tmp_path / "harness.yaml").write_text(block, encoding="utf-8")
    place = tmp_path / "my-org" / "topics" / "train.jsonl"
    place.parent.mkdir(parents=True)
    place.write_text('{"text": "a goal", "topic": "sport"}\n', encoding="utf-8")
    registry = load_registry()
    rows = load(registry.task("topics"), "train", "en", DataPlaces(registry, Revisions(), tmp_path))
    assert rows.table.select(["premise", "label"]).to_pylist() == [{"premise": "a goal", "label": "sport"}]


def test_every_key_of_a_recipe_is_documented_with_its_default():
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| .* \|$", DOCUMENT, flags=re.MULTILINE)
    shown = {None: "none", (): "nothing", "True": "true", "False": "false"}
    defaults = {
        name: f"{field.default:g}"
        if isinstance(field.default, float)
        else shown.get(field.default, shown.get(str(field.default), str(field.default)))
        for name, field in Recipe.model_fields.items()
    }
    assert {name: default for name, default in rows if name in defaults} == defaults
