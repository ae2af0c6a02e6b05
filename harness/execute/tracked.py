"""What of a run is logged: its training stages, its evaluation, its data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.execute.context import Context
from harness.plan.stages import TrainStage
from harness.report import note
from harness.scoring.effects import ACCOUNTS, effects
from harness.scoring.records import RunRecord
from harness.scoring.scores import CLEAN, Average, CellScores
from harness.tracking.headline import headline_metrics
from harness.tracking.tracker import Tracker

AVERAGE_DIFFERENCES: tuple[str, ...] = ("drop", "drop_lo", "drop_hi")
CELL_DIFFERENCES: tuple[str, ...] = (
    *AVERAGE_DIFFERENCES,
    "relative_drop",
    "consistency",
    "flipped",
    *ACCOUNTS,
    "barely_changed",
)


def log_training(context: Context, tracker: Tracker, run_id: str, stage: TrainStage, tracked: bool) -> None:
    """Run a training stage, or find it done, and log it as a child of the run."""
    child = f"{run_id}/{stage.key}"
    done = context.workspace.done("train", stage.key)
    heads = stage.name

    def metrics(step: int, values: dict[str, float]) -> None:
        if tracked:
            tracker.metrics(child, step, {_curve(heads, name): value for name, value in values.items()})

    if tracked:
        recipe = {name: str(value) for name, value in stage.recipe.model_dump().items() if value is not None}
        tags: dict[str, str | int] = {
            "kind": "train",
            "phase": stage.phase,
            "stage_key": stage.key,
            "parent_stage_key": stage.parent or "none",
            "model": stage.model,
            "task": heads,
            "seed": stage.seed,
            "reused": str(done).lower(),
        }
        tracker.run(
            child, f"{stage.phase}: {stage.title}", parent=run_id, kind="stage", params=recipe, tags=tags
        )
    if done:
        facts = context.workspace.read("train", stage.key)
        for entry in facts["history"]:
            metrics(entry["step"], {name: value for name, value in entry.items() if name != "step"})
    else:
        from harness.execute.train_stage import run_train

        facts = run_train(stage, context, metrics)
    if tracked:
        _finish(tracker, child, facts, heads)


def _finish(tracker: Tracker, child: str, facts: dict[str, Any], heads: str) -> None:
    for part in facts["data"]:
        tracker.dataset(
            child,
            name=part["task"],
            digest=part["fingerprint"],
            source=part["origin"],
            context="train",
            rows=part["rows"],
            language=part["language"],
        )
    values = {f"train/{heads}/seconds": facts["seconds"], f"train/{heads}/best_step": facts["best_step"]}
    if facts["best_dev"] is not None:
        values[f"dev/{heads}/best"] = facts["best_dev"]
    tracker.metrics(child, facts["steps"], values)
    tracker.end(child)


def log_evaluation(
    context: Context,
    tracker: Tracker,
    record: RunRecord,
    files: Sequence[Path],
    examples: int,
    seconds: float,
) -> None:
    """Log scores and artifacts of a run, and the evaluation as its child."""
    child = f"{record.run_id}/evaluate"
    tags: dict[str, str | int] = {
        "kind": "evaluate",
        "phase": "evaluate",
        "model": record.model,
        "task": record.target,
        "seed": record.seed,
    }
    tracker.run(child, f"evaluate {record.target}", parent=record.run_id, kind="stage", tags=tags)
    cells = {(cell.language, cell.variant): cell for cell in record.cells if cell.key}
    for language in record.languages:
        cell = cells.get((language, CLEAN))
        if cell is None or cell.key is None:
            continue
        facts = context.workspace.read("evaluate", cell.key)
        for run in (child, record.run_id):
            tracker.dataset(
                run,
                name=f"{record.target}-{record.split}-{language}",
                digest=facts["fingerprint"],
                source=facts["origin"],
                context="eval",
                rows=facts["rows"],
                language=language,
            )
    if examples:
        speed = {
            "predict/examples": examples,
            "predict/seconds": seconds,
            "predict/examples_per_second": examples / seconds,
        }
        tracker.metrics(child, 0, speed)
    tracker.end(child)
    tracker.metrics(record.run_id, 0, headline_metrics(record) | scores(record))
    tracker.tags(record.run_id, {"mlflow.note.content": note(record)})
    for path in files:
        tracker.artifact(record.run_id, path)


def scores(record: RunRecord) -> dict[str, float]:
    """Return the metrics of a run by their names in MLflow.

    ``eval/<target>/<language>/<metric>`` with ``<metric>_lo`` and ``<metric>_hi``, and every other metric of
    the task, and ``trivial``, the score of the guess that does not understand the texts;
    ``robust/<target>/<language>/<variant>/<metric>`` and what is measured against clean text, or of what
    the perturbation did to the texts.
    """
    target, metric = record.target, record.metric
    values: dict[str, float] = {}
    for cell in record.scores:
        values |= _named(target, cell.language, cell, metric, CELL_DIFFERENCES)
    for average in record.averages:
        values |= _named(target, average.name, average, metric, AVERAGE_DIFFERENCES)
    for did in effects(record):
        place = f"robust/{target}/mean/{did.variant.label}"
        told = {name: getattr(did, name) for name in ACCOUNTS} | {"draws": float(did.variant.draws)}
        values |= {f"{place}/{name}": value for name, value in told.items() if value is not None}
    for worst in record.worst:
        values[f"robust/{target}/{worst.language}/worst/{metric}"] = worst.score
    return values


def _named(
    target: str, row: str, found: CellScores | Average, metric: str, differences: Sequence[str]
) -> dict[str, float]:
    """Return the metrics of a language, or of a mean over languages, on a variant."""
    if found.variant == CLEAN:
        place = f"eval/{target}/{row}"
        own = {metric: found.score, f"{metric}_lo": found.score_lo, f"{metric}_hi": found.score_hi}
        known = {**found.metrics, **own, "trivial": found.chance}
        return {f"{place}/{name}": value for name, value in known.items()}
    place = f"robust/{target}/{row}/{found.variant}"
    measured = {name: getattr(found, name) for name in differences}
    return {f"{place}/{metric}": found.score} | {
        f"{place}/{name}": float(value) for name, value in measured.items() if value is not None
    }


def _curve(heads: str, name: str) -> str:
    """Return the name of a training curve: ``train/snli/loss``, ``dev/snli/accuracy``."""
    if name.startswith("dev/"):
        return name
    return f"train/{heads}/loss" if name == "loss" else f"dev/{heads}/selection"
