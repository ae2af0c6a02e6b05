"""What a plan says that it will cost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.data.identity import DataPlaces
from harness.data.revisions import Revisions
from harness.plan.build import build_plan
from harness.plan.estimate import WORDS, estimate
from harness.plan.spec import RunSpec
from harness.registry import load_registry
from harness.workspace import Workspace


def test_a_search_asks_about_every_word_of_every_row(tiny_model: Path, tmp_path: Path) -> None:
    registry = load_registry()
    places = DataPlaces(registry, Revisions.read())
    spec = RunSpec(
        *(str(tiny_model), ("none",), "grammar-nli"), languages=("en", "de"), recipe="smoke", limit=50
    )
    searched = replace(spec, perturbations=("greedy:3:noise.swap",))
    plain, greedy = (
        estimate(build_plan(each, registry, places, None), places, Workspace(tmp_path))
        for each in (spec, searched)
    )
    assert plain.queries == 0
    assert greedy.queries == 2 * 50 * (1 + WORDS + 3)
    assert greedy.evaluate_examples == 2 * (plain.evaluate_examples or 0) == 200
    assert plain.train_examples is not None
    assert plain.operations is not None
    asked = (greedy.operations or 0) - plain.operations
    share = 2 * (100 + greedy.queries) / (6 * plain.train_examples + 2 * 100)
    assert asked == pytest.approx(plain.operations * share)
