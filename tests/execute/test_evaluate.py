"""Evaluation in one stream: how cells are cut into chunks changes no prediction."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from harness_plugins.tasks.grammar import GrammarNli
from rich.console import Console

from harness.data.identity import DataPlaces
from harness.data.revisions import Revisions
from harness.errors import HarnessError
from harness.execute import context as contexts
from harness.execute import data_stages, encodings, evaluate_stage
from harness.execute.beside import Beside
from harness.execute.context import Context
from harness.execute.evaluate_stage import _ahead
from harness.execute.local import LocalExecutor
from harness.execute.progress import RichProgress
from harness.plan.build import build_plan
from harness.plan.spec import RunSpec
from harness.plan.stages import PerturbStage
from harness.registry import load_registry
from harness.workspace import Workspace


class Untracked:
    def already_logged(self, run_id: str) -> bool:
        return True


def predictions(folder: Path, model: Path, workers: int = 0) -> dict[tuple[str, str], pa.Table]:
    """Train and evaluate; return the predictions of each cell."""
    registry = load_registry()
    few = GrammarNli(sizes={"train": 60, "dev": 20, "test": 20})
    registry._plugins.things["task", few.name] = few
    spec = RunSpec(
        str(model),
        ("none",),
        "grammar-nli",
        ("noise.swap:0.2", "worst:2:noise.swap:0.4"),
        ("en", "de", "ru"),
        recipe="smoke",
        limit=10,
        train_limit=16,
    )
    places = DataPlaces(registry, Revisions())
    plan = build_plan(spec, registry, places, None)
    progress = RichProgress(Console(quiet=True))
    context = Context(plan, registry, places, Workspace(folder), None, progress, note=lambda note: None)
    context.workers.count = workers
    tracker: Any = Untracked()
    LocalExecutor(plan, context, tracker, "harness run").run()
    return {
        (cell.language, cell.variant): pq.read_table(
            context.workspace.place("evaluate", cell.key) / evaluate_stage.PREDICTIONS
        )
        for cell in plan.runs[0].cells
        if cell.key
    }


def test_one_stream_predicts_what_cells_alone_do_kept_or_not(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = predictions(tmp_path / "whole", tiny_model)
    monkeypatch.setattr(contexts, "CHUNK_CPU", 1)
    monkeypatch.setattr(encodings, "FEWEST", 2)
    alone = predictions(tmp_path / "alone", tiny_model)
    assert len(list((tmp_path / "alone" / "stages" / "encoded").glob("*/encoded.arrow"))) > 3
    assert len(whole) == 9
    for cell, table in whole.items():
        other = alone[cell]
        assert table.drop_columns("probabilities").equals(other.drop_columns("probabilities"))
        one, two = (np.array(each["probabilities"].to_pylist()) for each in (table, other))
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-5)


def test_rows_that_are_disturbed_meanwhile_are_those_disturbed_before(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = predictions(tmp_path / "before", tiny_model)
    threads = []
    plain = data_stages.run_perturb

    def noted(stage: PerturbStage, context: Context) -> None:
        threads.append((stage.language, threading.current_thread() is threading.main_thread()))
        plain(stage, context)

    monkeypatch.setattr(data_stages, "run_perturb", noted)
    meanwhile = predictions(tmp_path / "meanwhile", tiny_model, workers=1)
    assert set(threads) == {("en", True), ("de", False), ("ru", False)}
    assert all(table.equals(meanwhile[cell]) for cell, table in before.items())


def test_what_fails_meanwhile_is_told_and_the_same_run_goes_on(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = data_stages.run_perturb

    def failing(stage: PerturbStage, context: Context) -> None:
        if stage.language == "de":
            raise HarnessError("perturbation noise.swap failed on example 3")
        plain(stage, context)

    monkeypatch.setattr(data_stages, "run_perturb", failing)
    with pytest.raises(HarnessError, match="failed on example 3"):
        predictions(tmp_path, tiny_model, workers=1)
    monkeypatch.undo()
    assert len(predictions(tmp_path, tiny_model, workers=1)) == 9


def test_nothing_is_begun_after_the_end() -> None:
    beside, go, done = Beside(), threading.Event(), []
    beside.give("first", lambda: done.append(go.wait(30)))
    beside.give("second", lambda: done.append(True))
    assert beside.pending("second")
    assert not beside.pending("third")
    beside.close()
    go.set()
    beside.wait("first")
    beside.wait("third")
    assert done == [True]
    with pytest.raises(CancelledError):
        beside.wait("second")


def test_chunks_that_are_made_beside_come_in_order_with_their_errors() -> None:
    def chunks() -> Any:
        yield [1]
        yield [2]
        raise ValueError("third")

    for beside in (False, True):
        found: Any = _ahead(chunks(), beside)
        assert [next(found), next(found)] == [[1], [2]]
        with pytest.raises(ValueError, match="third"):
            next(found)
