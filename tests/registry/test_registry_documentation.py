"""docs/registry.md shows files that are read, and every key of a recipe with its default."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.registry_file import read
from harness.registry_schema import Recipe

DOCUMENT = (Path(__file__).parents[2] / "docs" / "registry.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", DOCUMENT, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=[block.partition(":")[0] for block in BLOCKS])
def test_every_example_is_a_registry_file(block, tmp_path):
    (tmp_path / "harness.yaml").write_text(block, encoding="utf-8")
    read(tmp_path / "harness.yaml")


def test_every_key_of_a_recipe_is_documented_with_its_default():
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| .* \|$", DOCUMENT, flags=re.MULTILINE)
    shown = {None: "none", (): "nothing", True: "true"}
    defaults = {
        name: f"{field.default:g}"
        if isinstance(field.default, float)
        else shown.get(field.default, str(field.default))
        for name, field in Recipe.model_fields.items()
    }
    assert {name: default for name, default in rows if name in defaults} == defaults
