"""Phases: what is handed from one to the next, several tasks at once, and rows that are not there."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from harness_plugins.tasks.grammar import GrammarNli, GrammarParaphrase
from rich.console import Console
from safetensors.torch import load_file
from transformers import XLMRobertaModel

from harness import HarnessError
from harness.data.identity import DataPlaces
from harness.data.mix import mixed
from harness.data.revisions import Revisions
from harness.execute import train_stage
from harness.execute.context import Context
from harness.execute.local import LocalExecutor
from harness.execute.progress import RichProgress
from harness.plan.build import build_plan
from harness.plan.spec import RunSpec
from harness.plan.stages import Plan, TrainRows
from harness.registry import Registry, load_registry
from harness.scoring.records import RunRecord
from harness.tracking.tracker import Tracker
from harness.workspace import Workspace


class JournalOnly(Tracker):
    """Writes the journal and leaves MLflow out."""

    def _follow(self) -> None:
        pass


@pytest.fixture(scope="module")
def registry() -> Registry:
    """The registry, with fewer rows of the embedded tasks than their thousands."""
    found = load_registry()
    for kind in (GrammarNli, GrammarParaphrase):
        found._plugins.things["task", kind.name] = kind(sizes={"train": 120, "dev": 30, "test": 30})
    return found


LABELS = ("entailment", "neutral", "contradiction")
Run = Callable[..., tuple[Plan, Workspace, list[RunRecord], list[str]]]


@pytest.fixture
def carry_out(registry: Registry, tiny_model: Path, tmp_path: Path) -> Run:
    """Carry a spec out in this process; return plan, workspace, records and notes."""

    def run(**asked: Any) -> tuple[Plan, Workspace, list[RunRecord], list[str]]:
        settings = {
            "model": str(tiny_model),
            "target": "grammar-nli",
            "languages": ("en",),
            "recipe": "smoke",
            "limit": 6,
            "train_limit": 40,
        }
        folder = asked.pop("data", None)
        spec = RunSpec(**settings | asked)
        places = DataPlaces(registry, Revisions(), folder)
        plan = build_plan(spec, registry, places, None)
        workspace, notes = Workspace(tmp_path / "runs"), list[str]()
        progress = RichProgress(Console(quiet=True))
        context = Context(plan, registry, places, workspace, None, progress, note=notes.append)
        with JournalOnly.open(workspace.folder, "harness run", {}, {}) as tracker:
            records = LocalExecutor(plan, context, tracker, "harness run").run()
        return plan, workspace, records, notes

    return run


def heads(workspace: Workspace, key: str) -> dict[str, torch.Tensor]:
    return load_file(workspace.place("train", key) / "best" / "heads.safetensors")


def test_the_encoder_is_handed_on_and_the_head_is_dropped(carry_out: Run) -> None:
    plan, workspace, _, _ = carry_out(
        intermediates=("grammar-paraphrase",), settings={"learning_rate": "1e-9", "max_steps": "1"}
    )
    first, second = plan.runs[0].train
    weights = [
        load_file(workspace.place("train", key) / "best" / "encoder" / "model.safetensors")
        for key in (first, second)
    ]
    assert all(torch.allclose(weights[0][name], weights[1][name], atol=1e-7) for name in weights[0])
    assert heads(workspace, first)["grammar-paraphrase.out.weight"].shape[0] == 2
    assert heads(workspace, second)["grammar-nli.out.weight"].shape[0] == 3


def test_checkpoints_hold_the_whole_table_as_if_it_had_been_trained(
    carry_out: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {
        "intermediates": ("grammar-paraphrase",),
        "settings": {"max_steps": "9", "eval_every": "2", "weight_decay": "0.5", "learning_rate": "1e-3"},
    }

    def checkpoints() -> tuple[list[Any], dict[str, torch.Tensor]]:
        plan, workspace, _, _ = carry_out(**asked)
        facts = [workspace.read("train", key) for key in plan.runs[0].train]
        weights = {}
        for phase, key in enumerate(plan.runs[0].train):
            for path in sorted(workspace.place("train", key).glob("*/*/model.safetensors")):
                folder = path.parent
                encoder = XLMRobertaModel.from_pretrained(folder, add_pooling_layer=False)
                weights |= {
                    f"{phase}/{folder.parent.name}/{name}": value
                    for name, value in encoder.state_dict().items()
                }
        return facts, weights

    facts, trimmed = checkpoints()
    assert [set(each["embeddings"]) for each in facts] == [{"held", "of"}] * 2
    assert all(each["embeddings"]["held"] < each["embeddings"]["of"] == 193 for each in facts)
    shutil.move(tmp_path / "runs", tmp_path / "trimmed")
    monkeypatch.setattr(train_stage, "trim_embeddings", lambda *given: None)
    facts, plain = checkpoints()
    assert [each["embeddings"] for each in facts] == [None, None]
    assert trimmed.keys() == plain.keys()
    assert all(torch.allclose(trimmed[name], plain[name], rtol=1e-5, atol=2e-6) for name in plain)


def test_a_kept_head_goes_on_where_labels_agree(carry_out: Run) -> None:
    tiny = {"learning_rate": "1e-9", "max_steps": "1"}
    plan, workspace, _, _ = carry_out(intermediates=("grammar-nli",), continue_head=True, settings=tiny)
    first, second = plan.runs[0].train
    kept = [heads(workspace, key)["grammar-nli.out.weight"] for key in (first, second)]
    assert torch.allclose(kept[0], kept[1], atol=1e-7)
    plan, workspace, _, _ = carry_out(intermediates=("grammar-nli",), settings=tiny)
    first, second = plan.runs[0].train
    dropped = [heads(workspace, key)["grammar-nli.out.weight"] for key in (first, second)]
    assert not torch.allclose(dropped[0], dropped[1], atol=1e-3)


def test_a_head_cannot_be_kept_where_labels_differ(carry_out: Run) -> None:
    with pytest.raises(HarnessError, match="no head of the phase before"):
        carry_out(intermediates=("grammar-paraphrase",), continue_head=True)


def test_several_intermediate_tasks_train_one_encoder_with_a_head_each(carry_out: Run) -> None:
    plan, workspace, records, _ = carry_out(
        intermediates=("grammar-paraphrase+grammar-nli",), settings={"max_steps": "6"}
    )
    found = heads(workspace, plan.runs[0].train[0])
    assert {name.partition(".")[0] for name in found} == {"grammar-paraphrase", "grammar-nli"}
    assert records[0].train_stages[0].title == "train grammar-paraphrase+grammar-nli"
    assert records[0].train_stages[0].examples == 80


def test_a_language_without_rows_is_a_cell_that_says_so(
    carry_out: Run, nli_folder: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(nli_folder, data)
    hidden = data / "facebook" / "xnli" / "sw"
    hidden.mkdir(parents=True)
    none = {"premise": ["a"], "hypothesis": ["b"], "label": ["-"]}
    pq.write_table(pa.table(none), hidden / "test-0.parquet")
    _, _, records, notes = carry_out(
        target="xnli", intermediates=("none",), languages=("en", "sw"), data=data
    )
    cells = {cell.language: cell for cell in records[0].cells}
    assert cells["sw"].key is None
    assert "hidden labels" in (cells["sw"].reason or "")
    assert [score.language for score in records[0].scores] == ["en"]
    assert any("hidden labels" in note for note in notes)


def test_every_seed_is_a_run_of_its_own_on_the_same_disturbed_items(carry_out: Run) -> None:
    plan, _, records, _ = carry_out(
        intermediates=("none",),
        seeds=(0, 1),
        perturbations=("syntactic.shuffle",),
        settings={"max_steps": "1"},
    )
    assert [record.seed for record in records] == [0, 1]
    assert len(plan.perturb) == 1
    assert len(plan.train) == 2


def test_a_control_trains_on_the_targets_own_rows_for_as_many_steps(carry_out: Run) -> None:
    plan, workspace, records, _ = carry_out(
        intermediates=("none", "grammar-paraphrase"), control="steps", settings={"max_steps": "3"}
    )
    assert [run.intermediate for run in plan.runs] == [
        "none",
        "grammar-paraphrase",
        "steps(grammar-paraphrase)",
    ]
    control, extra = plan.train[plan.runs[2].train[0]], plan.train[plan.runs[1].train[0]]
    assert [part.task for part in control.parts] == ["grammar-nli"]
    assert control.steps_of == extra.key
    facts = [workspace.read("train", stage.key) for stage in (control, extra)]
    assert facts[0]["steps"] == facts[1]["steps"] == 3
    assert [stage.phase for stage in records[2].train_stages] == ["control", "target"]


def test_tasks_with_the_same_labels_share_a_head_where_the_recipe_says_so(carry_out: Run) -> None:
    settings = {"max_steps": "4", "shared_heads": "true"}
    plan, workspace, _, _ = carry_out(
        intermediates=("mnli+grammar-nli+grammar-paraphrase",), settings=settings, data=made_mnli()
    )
    found = heads(workspace, plan.runs[0].train[0])
    assert {name.partition(".")[0] for name in found} == {"mnli", "grammar-paraphrase"}


def made_mnli() -> Path:
    folder = Path("data/nyu-mll/glue/mnli")
    folder.mkdir(parents=True)
    for name, count in (("train", 20), ("validation_matched", 9)):
        rows = [
            {"premise": f"a {number}", "hypothesis": "b", "label": LABELS[number % 3]}
            for number in range(count)
        ]
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{name}-0.parquet")
    return Path("data")


def test_a_target_is_trained_in_the_languages_asked_for(carry_out: Run) -> None:
    plan, workspace, _, _ = carry_out(
        intermediates=("grammar-paraphrase@de,es", "none"),
        train_languages=("de",),
        settings={"max_steps": "2"},
    )
    first, second = (plan.train[key] for key in plan.runs[0].train)
    assert first.parts[0].rows == (
        TrainRows("grammar-paraphrase", "de"),
        TrainRows("grammar-paraphrase", "es"),
    )
    assert second.parts[0].rows == (TrainRows("grammar-nli", "de"),)
    assert second.parts[0].selection == ("grammar-nli", "en")
    facts = workspace.read("train", first.key)
    assert [(part["language"], part["rows"]) for part in facts["data"]] == [("de", 40), ("es", 40)]
    assert first.title == "train grammar-paraphrase@de,es"


def test_languages_are_mixed_by_smoothed_shares() -> None:
    tables = [pa.table({"text": ["many"] * 1000}), pa.table({"text": ["few"] * 10})]
    even = mixed(tables, 0.0)
    assert [table.num_rows for table in even] == [505, 505]
    assert [table.num_rows for table in mixed(tables, 1.0)] == [1000, 10]
    between = [table.num_rows for table in mixed(tables, 0.3)]
    assert 10 < between[1] < 505
    assert abs(sum(between) - 1010) <= 1


def test_masked_lm_in_several_languages_is_interleaved_and_has_no_say_in_selection(
    carry_out: Run, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    for language, count in (("en", 30), ("de", 6)):
        folder = data / "wikimedia" / "wikipedia" / f"20231101.{language}"
        folder.mkdir(parents=True)
        texts = [f"{language} article {number} about a red house" for number in range(count)]
        pq.write_table(pa.table({"text": texts}), folder / "train-00000-of-00001.parquet")
    plan, workspace, records, _ = carry_out(
        intermediates=("grammar-paraphrase+mlm@en,de",), settings={"max_steps": "8"}, data=data
    )
    stage = plan.train[plan.runs[0].train[0]]
    assert [part.selection for part in stage.parts] == [("grammar-paraphrase", "en"), None]
    facts = workspace.read("train", stage.key)
    rows = {(part["task"], part["language"]): part["rows"] for part in facts["data"]}
    assert sum(count for (task, _), count in rows.items() if task == "mlm") in (35, 36, 37)
    assert rows["mlm", "de"] > 6  # its share is smoothed upwards
    found = heads(workspace, stage.key)
    assert {name.partition(".")[0] for name in found} == {"grammar-paraphrase", "mlm"}
    assert records[0].train_stages[0].title == "train grammar-paraphrase+mlm@en,de"
