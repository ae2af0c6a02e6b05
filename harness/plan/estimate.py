"""What a plan will cost: examples, floating-point operations, disk. Estimates, and printed as such."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from harness.data.identity import DataPlaces, expected_rows
from harness.plan.model_identity import parameter_counts
from harness.plan.stages import DataStage, EvaluateStage, Plan, SearchStage, TrainStage
from harness.workspace import Workspace

S = TypeVar("S", TrainStage, EvaluateStage, SearchStage)
SUBWORDS = 40
WORDS = 30
FLOAT_BYTES = 4


@dataclass(frozen=True)
class Estimate:
    """Cost of what is still to be done; None where a size is not known before the data are read.

    Attributes:
        train_examples: examples trained on, all epochs.
        evaluate_examples: examples predicted, all languages and variants.
        queries: examples that searches predict: each as it is, once without each of its words (30 assumed), and
            once for each word that is tried.
        operations: floating-point operations, 6 a parameter and subword in training and 2 in prediction
            (Kaplan et al. 2020, arXiv 2001.08361, section 2.1), parameters outside the embeddings only,
            40 subwords an example.
        disk: bytes that checkpoints will take.
    """

    train_examples: int | None
    evaluate_examples: int | None
    queries: int | None
    operations: float | None
    disk: int | None


def stage_examples(stage: TrainStage) -> int | None:
    """Return the examples that a training stage goes through, all epochs."""
    if stage.rows is None:
        return None
    examples = round(stage.rows * stage.recipe.epochs)
    return (
        min(examples, stage.recipe.max_steps * stage.recipe.batch_size)
        if stage.recipe.max_steps
        else examples
    )


def cell_examples(stage: DataStage, places: DataPlaces) -> int | None:
    """Return the examples of one language and variant."""
    count = expected_rows(places.registry.task(stage.task), stage.split, stage.language, places.registry)
    if count is None:
        return stage.limit
    return min(count, stage.limit) if stage.limit else count


def estimate(plan: Plan, places: DataPlaces, workspace: Workspace) -> Estimate:
    """Return the cost of the stages that `workspace` does not hold yet."""
    training = [stage_examples(stage) for stage in _missing(plan.train, "train", workspace)]
    cells = [cell_examples(stage, places) for stage in _missing(plan.evaluate, "evaluate", workspace)]
    searches = [_queries(stage, places) for stage in _missing(plan.search, "perturb", workspace)]
    trained, evaluated, queries = _total(training), _total(cells), _total(searches)
    counts = parameter_counts(places.registry.model(plan.spec.model), places)
    operations = disk = None
    if counts is not None:
        inside, embedded = counts
        disk = 2 * FLOAT_BYTES * (inside + embedded) * len(training)
        if trained is not None and evaluated is not None and queries is not None:
            operations = float(inside) * SUBWORDS * (6 * trained + 2 * (evaluated + queries))
    return Estimate(trained, evaluated, queries, operations, disk)


def _queries(stage: SearchStage, places: DataPlaces) -> int | None:
    count = cell_examples(stage, places)
    return None if count is None else count * (1 + WORDS + min(stage.words, WORDS))


def _missing(stages: Mapping[str, S], kind: str, workspace: Workspace) -> list[S]:
    return [stage for key, stage in stages.items() if not workspace.done(kind, key)]


def _total(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None
