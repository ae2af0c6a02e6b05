"""Suites: the scores of a model's runs on several target tasks, averaged as the suite does."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from harness.errors import HarnessError
from harness.scoring.records import RunRecord
from harness.scoring.scores import CLEAN, SOURCE_LANGUAGE, CellScores
from harness.suite import Suite

Trained = tuple[str, str, int, str]


@dataclass(frozen=True)
class TaskScore:
    """A task's score: the unweighted mean over its languages.

    Attributes:
        metric: the run's own metric; `metrics`: those whose mean is the score of a language.
        languages: the score in each language.
        chance: mean over languages of what the guess that does not understand the texts scores by `metric`.
        at_chance: languages whose score by `metric` does not lie above that guess.
        unserved: languages without a score; `left_out`: those whose texts the variant barely changed.
        english: the score in English; None where the task has none.
        transfer: the mean over the other languages; None where there are none.
        gap: english - transfer; None where one of them is missing.
        run_id: of the run that was scored; `limit`: its examples of a language at most.
    """

    task: str
    group: str
    metric: str
    metrics: tuple[str, ...]
    score: float
    languages: Mapping[str, float]
    chance: float
    at_chance: tuple[str, ...]
    unserved: tuple[str, ...]
    left_out: tuple[str, ...]
    english: float | None
    transfer: float | None
    gap: float | None
    run_id: str
    limit: int | None


@dataclass(frozen=True)
class Mean:
    """An unweighted mean over tasks, and the tasks that it lacks.

    Attributes:
        score: None where no task is there; `transfer`, without English, and `gap` likewise.
        tasks: those that are in it.
        missing: those that are not: the mean is partial.
    """

    score: float | None
    transfer: float | None
    gap: float | None
    tasks: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def partial(self) -> bool:
        """Whether a task is missing."""
        return bool(self.missing)


@dataclass(frozen=True)
class SuiteScores:
    """What one model, intermediate task, seed and recipe reach on a suite, on one variant of the text."""

    suite: Suite
    model: str
    intermediate: str
    seed: int
    recipe: str
    variant: str
    tasks: tuple[TaskScore, ...]
    groups: Mapping[str, Mean]
    total: Mean

    @property
    def name(self) -> str:
        """How the scored runs are called: model, intermediate task, seed."""
        middle = "" if self.intermediate == "none" else f"+{self.intermediate}"
        return f"{self.model}{middle} s{self.seed}"

    def task(self, name: str) -> TaskScore | None:
        """Return a task's score; None where it is missing."""
        return next((task for task in self.tasks if task.task == name), None)

    def plain(self) -> dict[str, object]:
        """Return the scores as JSON has them; a partial mean says so."""
        content = asdict(self)
        content["suite"] = self.suite.name
        for mean, shown in (
            (self.total, content["total"]),
            *zip(self.groups.values(), content["groups"].values(), strict=True),
        ):
            shown["partial"] = mean.partial
        return content

    def to_json(self) -> str:
        """Return the scores as JSON."""
        return json.dumps(self.plain(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def trained(record: RunRecord) -> Trained:
    """Return what runs must share to be averaged: model, intermediate task, seed, recipe."""
    return record.model, record.intermediate, record.seed, record.recipe


def suite_scores(suite: Suite, records: Sequence[RunRecord], variant: str = CLEAN) -> SuiteScores:
    """Average runs of one model, intermediate task, seed and recipe over a suite's tasks.

    A task's score is the mean over its languages (but those whose texts the variant barely changed), a group's
    over its tasks, the suite's over all tasks. Of several runs on a task the newest counts; runs on other
    tasks are left out.

    Source: Hu et al. 2020 (arXiv 2003.11080), evaluate.py of google-research/xtreme.

    Raises:
        HarnessError: no run on any of the tasks, runs that differ in what they were trained on, or a task
            that lacks one of the suite's metrics.
    """
    newest = {
        record.target: record
        for record in sorted(records, key=lambda record: record.created)
        if record.target in suite.tasks
    }
    if not newest:
        raise HarnessError(
            f"no run on a task of suite {suite.name}", f"Its tasks are {', '.join(suite.tasks)}."
        )
    if len({trained(record) for record in newest.values()}) > 1:
        listed = ", ".join(record.name for record in newest.values())
        raise HarnessError(
            f"not of one model, intermediate task, seed and recipe: {listed}", "Average each alone."
        )
    tasks = []
    for group, members in suite.groups.items():
        for name in members:
            scored = _task(suite, group, newest[name], variant) if name in newest else None
            tasks += [scored] if scored else []
    found = {task.task: task for task in tasks}
    groups = {group: _mean(members, found) for group, members in suite.groups.items()}
    total = _mean(suite.tasks, found)
    return SuiteScores(suite, *trained(next(iter(newest.values()))), variant, tuple(tasks), groups, total)


def suite_runs(suite: Suite, records: Sequence[RunRecord], variant: str = CLEAN) -> list[SuiteScores]:
    """Score each model, intermediate task, seed and recipe that has a run on a task of the suite."""
    apart: dict[Trained, list[RunRecord]] = {}
    for record in records:
        if record.target in suite.tasks:
            apart.setdefault(trained(record), []).append(record)
    return [suite_scores(suite, runs, variant) for runs in apart.values()]


def _task(suite: Suite, group: str, record: RunRecord, variant: str) -> TaskScore | None:
    metrics = suite.metrics.get(record.target, (record.metric,))
    served = [cell for cell in record.scores if cell.variant == variant]
    cells = [cell for cell in served if not cell.barely_changed]
    if not cells:
        return None
    there = {cell.language for cell in served}
    languages = {cell.language: _language(record, cell, metrics) for cell in cells}
    others = [score for language, score in languages.items() if language != SOURCE_LANGUAGE]
    english = languages.get(SOURCE_LANGUAGE)
    transfer = float(np.mean(others)) if others else None
    return TaskScore(
        record.target,
        group,
        record.metric,
        metrics,
        score=float(np.mean(list(languages.values()))),
        languages=languages,
        chance=float(np.mean([cell.chance for cell in cells])),
        at_chance=tuple(cell.language for cell in cells if cell.at_chance),
        unserved=tuple(language for language in record.languages if language not in there),
        left_out=tuple(cell.language for cell in served if cell.barely_changed),
        english=english,
        transfer=transfer,
        gap=english - transfer if english is not None and transfer is not None else None,
        run_id=record.run_id,
        limit=record.limit,
    )


def _language(record: RunRecord, cell: CellScores, metrics: Sequence[str]) -> float:
    known = {**cell.metrics, record.metric: cell.score}
    lacking = [metric for metric in metrics if metric not in known]
    if lacking:
        raise HarnessError(
            f"{record.name}: {record.target} is not scored by {' and '.join(lacking)}, but by "
            f"{', '.join(known)}",
            "Mend the suite's metrics, or the task's format.",
        )
    return float(np.mean([known[metric] for metric in metrics]))


def _mean(tasks: Sequence[str], found: Mapping[str, TaskScore]) -> Mean:
    there = [found[task] for task in tasks if task in found]

    def over(values: Sequence[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return float(np.mean(known)) if known else None

    return Mean(
        over([task.score for task in there]),
        over([task.transfer for task in there]),
        over([task.gap for task in there]),
        tuple(task.task for task in there),
        tuple(task for task in tasks if task not in found),
    )
