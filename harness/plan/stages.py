"""Plan: a graph of stages with content keys, and the runs that are made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.plan.spec import RunSpec
from harness.registry_schema import Recipe
from harness.scoring.records import Cell, Variant


@dataclass(frozen=True)
class Stage:
    """One step: `key` stands for `identity`, which holds all that changes its result and nothing else."""

    key: str
    identity: Mapping[str, Any]


@dataclass(frozen=True)
class TrainStage(Stage):
    """Training on one task or several, from a model or from the stage before.

    Attributes:
        phase: ``pretraining``, ``intermediate`` or ``target``.
        parent: key of the stage whose encoder it starts from; None: the model's own.
        tasks: names of the tasks whose rows are trained on.
        selection: names of the tasks whose English dev rows select the checkpoint, one for each task.
        heads: names of the heads, one for each task.
        rows: training rows as published, None where unknown.
    """

    phase: str
    model: str
    parent: str | None
    tasks: tuple[str, ...]
    selection: tuple[str, ...]
    heads: tuple[str, ...]
    recipe: Recipe
    seed: int
    train_limit: int | None
    keep_head: bool
    rows: int | None

    @property
    def title(self) -> str:
        """The stage in words, for people."""
        return f"train {'+'.join(self.heads)}"


@dataclass(frozen=True)
class DataStage(Stage):
    """A stage over a task's rows in a language: what parse, perturb and evaluate stages share."""

    task: str
    split: str
    language: str
    limit: int | None


@dataclass(frozen=True)
class ParseStage(DataStage):
    """Dependency trees of the text columns."""

    columns: tuple[str, ...]


@dataclass(frozen=True)
class PerturbStage(DataStage):
    """The disturbed rows of one perturbation; `parse` is the key of their trees, None: gold or not needed."""

    columns: tuple[str, ...]
    perturbation: str
    label: str
    intensity: float
    seed: int
    parse: str | None


@dataclass(frozen=True)
class EvaluateStage(DataStage):
    """One cell: a checkpoint's predictions in a language, on clean rows or on one variant's."""

    train: str
    head: str
    variant: str
    perturb: str | None


@dataclass(frozen=True)
class PlannedRun:
    """One model x intermediate x target x seed."""

    run_id: str
    name: str
    intermediate: str
    seed: int
    train: tuple[str, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Plan:
    """What will be done, in order; a stage that several runs share stands there once."""

    spec: RunSpec
    device: str
    precision: str
    split: str
    languages: tuple[str, ...]
    variants: tuple[Variant, ...]
    train: Mapping[str, TrainStage] = field(default_factory=dict)
    parse: Mapping[str, ParseStage] = field(default_factory=dict)
    perturb: Mapping[str, PerturbStage] = field(default_factory=dict)
    evaluate: Mapping[str, EvaluateStage] = field(default_factory=dict)
    runs: tuple[PlannedRun, ...] = ()
