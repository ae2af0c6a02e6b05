"""Train stages: what a checkpoint is trained on, from what and how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from harness.data.identity import (
    NoTrainingRowsError,
    expected_rows,
    has_split,
    rows_identity,
    selection_task,
    training_language,
    training_rows,
)
from harness.errors import HarnessError
from harness.formats import format_named
from harness.formats.translation import SOURCE
from harness.keys import key
from harness.plan.asked import Asked
from harness.plan.model_identity import model_identity
from harness.plan.spec import with_languages
from harness.plan.stages import TrainPart, TrainRows, TrainStage, TranslateStage
from harness.plan.translate import translate_stage
from harness.registry_schema import Recipe
from harness.task import Task

TRAIN_VERSION = 3


class Trainings:
    """The train stages of a plan, and the translate stages that make their rows, each once by its key."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.train: dict[str, TrainStage] = {}
        self.translate: dict[str, TranslateStage] = {}

    def part(self, name: str) -> TrainPart:
        """Resolve ``task`` or ``task@de,ru`` into what is trained on and what selects."""
        name, languages = with_languages(name)
        task = self.asked.registry.task(name)
        if not format_named(task.format).trains:
            raise HarnessError(f"{name} is not trained on: format {task.format} has no loss")
        if not languages and task.multilingual:
            languages = tuple(each for each in task.languages if each in self.asked.target.languages)
        rows = [self._rows(task, language) for language in languages or (training_language(task),)]
        dev = selection_task(task, self.asked.registry)
        chosen = None
        if has_split(dev, "dev", self.asked.registry) and not task.multilingual:
            chosen = (dev.name, training_language(dev))
        return TrainPart(name, tuple(rows), chosen, name, tuple(task.labels), task.multilingual)

    def _rows(self, task: Task, language: str) -> TrainRows:
        """Resolve a task's training rows in a language: its own, its trainer's, or translated ones."""
        try:
            source = training_rows(task, language, self.asked.places)
        except NoTrainingRowsError:
            if self.asked.spec.translator is None:
                raise
            stage = translate_stage(
                task,
                "train",
                language,
                self.asked.spec.translator,
                self.asked.places,
                self.asked.spec.train_limit,
                self.asked.precision,
            )
            self.translate[stage.key] = stage
            return TrainRows(stage.task, language, stage.key)
        if source.format != task.format:
            raise HarnessError(f"{task.name} trains on {source.name}, whose format is {source.format}")
        return TrainRows(source.name, language)

    def shared(self, parts: Sequence[TrainPart], recipe: Recipe) -> list[TrainPart]:
        """Let parts of one format with the same labels share the first one's head, where the recipe says so."""
        if not recipe.shared_heads:
            return list(parts)
        firsts: dict[tuple[str, frozenset[str]], TrainPart] = {}
        shared = []
        for part in parts:
            first = firsts.setdefault(
                (self.asked.registry.task(part.task).format, frozenset(part.labels)), part
            )
            shared.append(replace(part, head=first.head, labels=first.labels))
        return shared

    def add(
        self,
        phase: str,
        parent: str | None,
        parts: Sequence[TrainPart],
        recipe: Recipe,
        seed: int,
        limit: int | None,
        steps_of: str | None = None,
    ) -> str:
        identity = {
            "kind": "train",
            "code": TRAIN_VERSION,
            "start": {"parent": parent}
            if parent
            else {"model": model_identity(self.asked.model, self.asked.places)},
            "tasks": [self._identity(part) for part in parts],
            "limit": limit,
            "recipe": recipe.model_dump(mode="json"),
            "seed": seed,
            "precision": self.asked.precision,
            "continue_head": bool(self.asked.spec.continue_head and parent),
            "steps_of": steps_of,
        }
        stage_key = key(identity)
        counts = [
            expected_rows(
                self.asked.registry.task(rows.task),
                "train",
                SOURCE if rows.translate else rows.language,
                self.asked.registry,
            )
            for part in parts
            for rows in part.rows
        ]
        known = [min(count, limit) if limit else count for count in counts if count is not None]
        self.train[stage_key] = TrainStage(
            stage_key,
            identity,
            phase,
            self.asked.model.name,
            parent,
            tuple(parts),
            recipe,
            seed,
            limit,
            bool(self.asked.spec.continue_head and parent),
            sum(known) if len(known) == len(counts) else None,
            steps_of,
        )
        return stage_key

    def _identity(self, part: TrainPart) -> dict[str, Any]:
        task = self.asked.registry.task(part.task)
        shape = format_named(task.format)
        dev = None
        if part.selection is not None:
            name, language = part.selection
            dev = rows_identity(self.asked.registry.task(name), "dev", language, self.asked.places)
        return {
            "format": self.asked.registry.format_identity(shape),
            "labels": list(part.labels),
            "head": part.head,
            "metric": task.metric,
            "rule": task.scoring,
            "mixed": part.mixed,
            "train": [
                {"translate": rows.translate}
                if rows.translate
                else rows_identity(
                    self.asked.registry.task(rows.task), "train", rows.language, self.asked.places
                )
                for rows in part.rows
            ],
            "dev": dev,
        }
