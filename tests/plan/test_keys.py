"""Keys: everything that changes the answer is in them, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import HarnessError
from harness.data.identity import DataPlaces
from harness.data.revisions import Revisions
from harness.keys import canonical, key, number
from harness.plan.build import build_plan
from harness.plan.spec import RunSpec, task_names
from harness.plan.stages import Plan
from harness.registry import Registry, load_registry

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), JSON, max_size=6))
def test_a_key_does_not_depend_on_the_order_of_fields(identity: dict[str, Any]) -> None:
    turned = dict(reversed(list(identity.items())))
    assert key(turned) == key(identity)
    assert canonical(turned) == canonical(identity)


@given(
    st.lists(st.text(alphabet="ab", max_size=3), max_size=3),
    st.lists(st.text(alphabet="ab", max_size=3), max_size=3),
)
def test_seeds_of_different_parts_differ(first: list[str], second: list[str]) -> None:
    assert (number(*first) == number(*second)) == (first == second)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


@pytest.fixture
def spec(tiny_model: Path) -> RunSpec:
    return RunSpec(
        model=str(tiny_model),
        intermediates=("none", "grammar-paraphrase"),
        target="grammar-nli",
        perturbations=("syntactic.reverse", "syntactic.scramble"),
        languages=("en", "de"),
        recipe="smoke",
    )


def plan_of(registry: Registry, spec: RunSpec, **changes: Any) -> Plan:
    return build_plan(replace(spec, **changes), registry, DataPlaces(registry, Revisions()), None)


def keys(plan: Plan) -> set[str]:
    return {*plan.train, *plan.perturb, *plan.evaluate}


def test_the_same_spec_gives_the_same_keys(registry: Registry, spec: RunSpec) -> None:
    assert keys(plan_of(registry, spec)) == keys(plan_of(registry, spec))


@pytest.mark.parametrize(
    "changes",
    [
        {"seeds": (1,)},
        {"recipe": "quick"},
        {"settings": {"learning_rate": "3e-5"}},
        {"train_limit": 10},
        {"precision": "bf16"},
    ],
)
def test_what_changes_training_changes_every_train_and_evaluate_key(
    registry: Registry, spec: RunSpec, changes: dict[str, Any]
) -> None:
    before, after = plan_of(registry, spec), plan_of(registry, spec, **changes)
    assert not set(before.train) & set(after.train)
    assert not set(before.evaluate) & set(after.evaluate)
    assert set(before.perturb) == set(after.perturb)


@pytest.mark.parametrize(
    "changes", [{"limit": 5}, {"perturb_seed": 1}, {"fields": ("premise",)}, {"split": "dev"}]
)
def test_what_changes_the_evaluated_text_leaves_training_alone(
    registry: Registry, spec: RunSpec, changes: dict[str, Any]
) -> None:
    before, after = plan_of(registry, spec), plan_of(registry, spec, **changes)
    assert set(before.train) == set(after.train)
    assert not set(before.perturb) & set(after.perturb)
    assert not {k for k, s in before.evaluate.items() if s.perturb} & set(after.evaluate)


def test_an_intensity_changes_its_variant_alone(registry: Registry, spec: RunSpec) -> None:
    before = plan_of(registry, spec)
    after = plan_of(registry, spec, perturbations=("syntactic.reverse", "syntactic.scramble:0.5"))
    changed = {before.evaluate[k].variant for k in set(before.evaluate) - set(after.evaluate)}
    assert changed == {"syntactic.scramble"}


def test_more_languages_and_variants_keep_the_cells_that_are_there(registry: Registry, spec: RunSpec) -> None:
    before = plan_of(registry, spec)
    after = plan_of(registry, spec, languages=("de", "en", "tr"), perturbations=("syntactic", "noise.swap"))
    assert keys(before) <= keys(after)


def test_a_model_is_known_by_its_files_not_by_its_folder(
    registry: Registry, spec: RunSpec, tmp_path: Path
) -> None:
    import shutil

    moved = tmp_path / "elsewhere"
    shutil.copytree(spec.model, moved)
    assert set(plan_of(registry, spec, model=str(moved)).train) == set(plan_of(registry, spec).train)
    (moved / "config.json").write_text((moved / "config.json").read_text() + "\n")
    assert not set(plan_of(registry, spec, model=str(moved)).train) & set(plan_of(registry, spec).train)


def test_runs_share_what_is_the_same(registry: Registry, spec: RunSpec) -> None:
    plan = plan_of(registry, spec, model="demo", intermediates=("none", "grammar-paraphrase"))
    phases = [stage.phase for stage in plan.train.values()]
    assert phases.count("pretraining") == 1
    assert len({run.train[0] for run in plan.runs}) == 1
    assert len(plan.perturb) == 4


def test_a_language_that_a_perturbation_cannot_serve_is_a_cell_with_a_reason(
    registry: Registry, spec: RunSpec
) -> None:
    plan = plan_of(registry, spec, perturbations=("noise.keyboard",), languages=("de", "zh"))
    cells = {cell.language: cell for cell in plan.runs[0].cells if cell.variant == "noise.keyboard"}
    assert cells["de"].key
    assert cells["zh"].key is None
    assert "layout" in (cells["zh"].reason or "")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"languages": ("xx",)}, "no rows in 'xx'"),
        ({"target": "grammar-text"}, "not a target task"),
        ({"intermediates": ("grammar-nl",)}, "unknown task 'grammar-nl'"),
        ({"fields": ("context",)}, "no text column 'context'"),
        ({"device": "tpu"}, "unknown device"),
        ({"settings": {"learning_rat": "1"}}, "learning_rat"),
        ({"split": "validation"}, "no validation split"),
    ],
)
def test_what_cannot_be_done_is_said_in_words(
    registry: Registry, spec: RunSpec, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(HarnessError, match=said):
        plan_of(registry, spec, **changes)


@pytest.mark.parametrize(
    ("joined", "names"),
    [
        ("snli", ("snli",)),
        ("snli+mnli", ("snli", "mnli")),
        ("anli+", ("anli+",)),
        ("snli+anli+", ("snli", "anli+")),
        ("anli++mnli", ("anli+", "mnli")),
    ],
)
def test_joined_tasks_are_taken_apart(joined: str, names: tuple[str, ...]) -> None:
    assert task_names(joined) == names
