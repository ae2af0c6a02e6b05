"""Plan: a graph of stages with content keys, and the runs that are made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.perturbation import Resources
from harness.plan.spec import RunSpec
from harness.registry_schema import Recipe
from harness.scoring.records import Cell, Variant


@dataclass(frozen=True)
class Stage:
    """One step: `key` stands for `identity`, which holds all that changes its result and nothing else."""

    key: str
    identity: Mapping[str, Any]


@dataclass(frozen=True)
class TrainRows:
    """Training rows of a task in a language.

    Attributes:
        translate: key of the stage that translates them from English; None: they are the task's own.
    """

    task: str
    language: str
    translate: str | None = None


@dataclass(frozen=True)
class TrainPart:
    """One task of a training stage.

    Attributes:
        task: the task whose format, labels and head are trained.
        rows: whose training rows, one entry for each language.
        selection: the task whose English dev rows select the checkpoint, and their language; None where it
            has no say.
        head: name of its head; parts may share one.
        labels: label names, in the order of the head's outputs.
        mixed: whether the languages are mixed by their share to the power of the recipe's `mlm_alpha`.
    """

    task: str
    rows: tuple[TrainRows, ...]
    selection: tuple[str, str] | None
    head: str
    labels: tuple[str, ...]
    mixed: bool = False

    @property
    def title(self) -> str:
        """The part in words: its task, and its languages where they are not English alone."""
        languages = [rows.language for rows in self.rows]
        return self.task if languages == ["en"] else f"{self.task}@{','.join(languages)}"


@dataclass(frozen=True)
class TrainStage(Stage):
    """Training on one task or several, from a model or from the stage before.

    Attributes:
        phase: ``pretraining``, ``intermediate``, ``control`` or ``target``.
        parent: key of the stage whose encoder it starts from; None: the model's own.
        rows: training rows as published, None where unknown.
        steps_of: key of the stage whose number of steps this one takes; None: what the recipe says.
    """

    phase: str
    model: str
    parent: str | None
    parts: tuple[TrainPart, ...]
    recipe: Recipe
    seed: int
    train_limit: int | None
    continue_head: bool
    rows: int | None
    steps_of: str | None = None

    @property
    def name(self) -> str:
        """Its tasks, as on the command line."""
        return "+".join(part.title for part in self.parts)

    @property
    def title(self) -> str:
        """The stage in words, for people."""
        return f"train {self.name}"


@dataclass(frozen=True)
class DataStage(Stage):
    """A stage over a task's rows in a language: what parse, perturb and evaluate stages share."""

    task: str
    split: str
    language: str
    limit: int | None


@dataclass(frozen=True)
class TranslateStage(DataStage):
    """English rows in `language`.

    Attributes:
        translator: its name in the registry.
        path: the repository or folder of the model for this language.
        commit: the repository's commit; None where `path` is a folder.
        precision: ``fp32`` or ``bf16``.
    """

    translator: str
    path: str
    commit: str | None
    precision: str

    @property
    def title(self) -> str:
        """The stage in words, for people."""
        return f"translate {self.task} {self.split} to {self.language}"


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
class SearchStage(PerturbStage):
    """Rows disturbed where it matters most to a checkpoint, which is asked about them.

    Attributes:
        words: so many are tried at most in each example; of those that can be disturbed `intensity` is the share.
        recipe: the target's, for what is used at prediction.
        metric: the score of which a search makes 0.
    """

    words: int
    recipe: Recipe
    metric: str


@dataclass(frozen=True)
class EvaluateStage(DataStage):
    """One cell: a checkpoint's predictions in a language, on clean rows or on one variant's.

    Attributes:
        train: key of the stage whose encoder and head predict; None: the model as it comes.
        recipe: the target's, for what is used at prediction.
        perturb: keys of the disturbed rows; of several the worst counts, example by example. Empty: clean rows.
    """

    train: str | None
    recipe: Recipe
    variant: str
    perturb: tuple[str, ...]
    metric: str


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
    metric: str
    resources: Resources
    languages: tuple[str, ...]
    variants: tuple[Variant, ...]
    translate: Mapping[str, TranslateStage] = field(default_factory=dict)
    train: Mapping[str, TrainStage] = field(default_factory=dict)
    parse: Mapping[str, ParseStage] = field(default_factory=dict)
    perturb: Mapping[str, PerturbStage] = field(default_factory=dict)
    search: Mapping[str, SearchStage] = field(default_factory=dict)
    evaluate: Mapping[str, EvaluateStage] = field(default_factory=dict)
    runs: tuple[PlannedRun, ...] = ()
