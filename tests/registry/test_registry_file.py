"""A registry file is checked as it is read: file, line, what is wrong, and the mend."""

from __future__ import annotations

import re
from itertools import takewhile
from pathlib import Path
from textwrap import dedent

import pytest
import yaml

from harness import HarnessError
from harness.registry_file import read, shipped
from harness.registry_schema import Recipe


@pytest.fixture
def written(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "mine.yaml"
        path.write_text(dedent(text), encoding="utf-8")
        return path

    return write


FAULTS = [
    ("model:\n  a: {path: x/y}", 1, "unknown key 'model'", "Did you mean models"),
    ("models:\n  a:\n    path: x/y\n    revison: abc", 4, "unknown key 'models.a.revison'", "revision"),
    ("models:\n  a:\n    licence: MIT", 2, "'models.a.path' is missing", "Add it."),
    ("models:\n  a:\n    path: x/y\n    revision: main", 4, "must be a full commit", "40 hexadecimal"),
    (
        "models:\n  a: {path: x/y}\n  b: {path: x/y}\n  a: {path: z/z}",
        4,
        "'a' is there twice, first in line 2",
        "Rename",
    ),
    ("models:\n  a/b: {path: x/y}", 2, "model name 'a/b' is not usable", "letters"),
    ("tasks:\n  t:\n    languages:\n    - en\n    - no", 5, "is read as False by YAML", "quotes"),
    ("tasks:\n  t:\n    languages: en", 3, "'tasks.t.languages' should be a valid tuple", ""),
    ("recipes:\n  r:\n    epochs: -1", 3, "'recipes.r.epochs' should be greater than 0", ""),
    (
        "recipes:\n  r:\n    freeze: [heads]",
        3,
        "'recipes.r.freeze.0' should be 'embeddings' or 'encoder'",
        "",
    ),
    (
        "recipes:\n  r:\n    overrides:\n      xnli: {epoch: 2}",
        3,
        "xnli: unknown key 'epoch', perhaps epochs",
        "",
    ),
    ("recipes:\n  r:\n    eval_every: 2.5", 3, "whole number of steps", ""),
    ("models:\n  a: {path: 'x}", 2, "not valid YAML", "Mend the line"),
    ("- models", 1, "must hold sections", "models"),
    ("models: &a\n  b: *a", 1, "nested too deep", "alias"),
    ("models: !!python/object/apply:os.getcwd []", 1, "not valid YAML", ""),
]


@pytest.mark.parametrize(("text", "line", "wrong", "mend"), FAULTS, ids=[each[2] for each in FAULTS])
def test_a_fault_is_told_with_file_line_and_mend(written, text, line, wrong, mend):
    path = written(text)
    with pytest.raises(HarnessError) as error:
        read(path)
    assert error.value.message.startswith(f"{path}:{line}: ")
    assert wrong in error.value.message
    assert mend in error.value.mend


def test_several_faults_are_counted(written):
    with pytest.raises(HarnessError, match=r"\(1 more in this file\)"):
        read(written("models:\n  a: {path: x/y, foo: 1}\n  b: {path: x/y, foo: 1}"))


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(HarnessError, match="cannot read"):
        read(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize("text", ["", "# nothing yet", "models:\n"])
def test_an_empty_file_or_section_is_no_fault(written, text):
    assert read(written(text)).content.models == {}


def test_a_place_is_the_line_of_the_entry(written):
    path = written("models:\n  a:\n    path: x/y\n  b:\n    path: z/z\n")
    assert read(path).place("models", "b") == f"{path}:4"


def test_numbers_that_yaml_reads_as_text_are_numbers(written):
    assert read(written("recipes: {r: {learning_rate: 1e-5}}")).content.recipes["r"].learning_rate == 1e-5


def test_every_pin_in_the_shipped_registry_has_its_source_in_a_comment_above_it():
    lines = shipped().read_text(encoding="utf-8").splitlines()
    pins = [number for number, line in enumerate(lines) if line.strip().startswith("revision:")]
    assert pins
    for number in pins:
        pin = lines[number].split(":")[1].strip()
        each = takewhile(re.compile(r" {6}\S").match, lines[number + 1 :])
        for revision in [pin] if pin else [line.split(":")[1].strip() for line in each]:
            assert re.fullmatch(r"[0-9a-f]{40}|refs/pr/\d+", revision), f"line {number + 1}"
        assert lines[number - 1].strip().startswith("#"), f"line {number + 1}: whose pin is this?"


def test_every_shipped_recipe_names_the_source_of_its_numbers():
    recipes = read(shipped()).content.recipes
    assert {"paper", "xtreme", "quick", "demo", "demo-pretraining", "smoke"} <= recipes.keys()
    assert all(recipe.source and recipe.description for recipe in recipes.values())


def test_the_documented_fields_of_a_recipe_are_those_it_has():
    documented = [line.split(":")[0].strip() for line in (Recipe.__doc__ or "").splitlines() if ":" in line]
    assert set(Recipe.model_fields) <= set(documented)


def test_the_shipped_registry_holds_no_yaml_tags():
    assert "!!" not in shipped().read_text(encoding="utf-8")
    yaml.safe_load(shipped().read_text(encoding="utf-8"))
