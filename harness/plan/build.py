"""RunSpec -> Plan: runs and their cells, keys computed, shared stages once. Imports no torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from harness.data.identity import DataPlaces, rows_identity
from harness.errors import HarnessError
from harness.formats import Settings
from harness.keys import key
from harness.plan.asked import Asked, intermediate_parts, resolve
from harness.plan.model_identity import model_identity
from harness.plan.spec import RunSpec, task_names, with_languages
from harness.plan.stages import EvaluateStage, Plan, PlannedRun
from harness.plan.trainings import Trainings
from harness.plan.variants import Variants
from harness.registry import Registry
from harness.registry import Variant as Choice
from harness.scoring.records import Cell, Variant
from harness.scoring.scores import CLEAN

if TYPE_CHECKING:
    from harness.text.parses import Parser

EVALUATE_VERSION = 3
SCORING_VERSION = 3


def build_plan(spec: RunSpec, registry: Registry, places: DataPlaces, parser: Parser | None) -> Plan:
    """Return the plan for a spec.

    Raises:
        HarnessError: a name is unknown, a task cannot play its role, or data cannot be identified.
    """
    return _Builder(resolve(spec, registry, places, parser)).plan()


class _Builder:
    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.recipe = asked.registry.recipe_for(asked.spec.recipe, asked.target.name, asked.spec.settings)
        self.trainings, self.variants = Trainings(asked), Variants(asked)
        self.evaluate: dict[str, EvaluateStage] = {}

    def plan(self) -> Plan:
        runs: dict[str, PlannedRun] = {}
        for seed in dict.fromkeys(self.asked.spec.seeds):
            for intermediate in dict.fromkeys(self.asked.spec.intermediates):
                for run in self._runs(intermediate, seed):
                    runs.setdefault(run.run_id, run)
        variants = [Variant(CLEAN)] + [
            Variant(
                choice.label,
                choice.perturbation.full_name,
                choice.perturbation.family,
                choice.intensity,
                choice.perturbation.keeps_meaning,
                choice.draws,
                choice.greedy,
            )
            for choice in self.asked.choices
        ]
        return Plan(
            self.asked.spec,
            self.asked.device,
            self.asked.precision,
            self.asked.split,
            self.asked.metric,
            self.asked.resources,
            self.asked.languages,
            tuple(variants),
            self.trainings.translate,
            self.trainings.train,
            self.variants.parse,
            self.variants.perturb,
            self.variants.search,
            self.evaluate,
            tuple(runs.values()),
        )

    def _runs(self, intermediate: str, seed: int) -> list[PlannedRun]:
        """Plan the run of an intermediate, and the control that stands beside it."""
        start: str | None = None
        limit = self.asked.spec.train_limit
        if self.asked.model.pretraining is not None:
            parts = [self.trainings.part(name) for name in task_names(self.asked.model.pretraining.task)]
            recipe = self.asked.registry.recipe_for(
                self.asked.model.pretraining.recipe, self.asked.model.pretraining.task
            )
            start = self.trainings.add("pretraining", None, parts, recipe, seed, None)
        before = [start] if start else []
        names = intermediate_parts(intermediate)
        if not names:
            return [self._run(intermediate, seed, before)]
        recipe = self.asked.registry.recipe_for(
            self.asked.spec.recipe,
            "+".join(with_languages(name)[0] for name in names),
            self.asked.spec.settings,
        )
        parts = self.trainings.shared([self.trainings.part(name) for name in names], recipe)
        trained = self.trainings.add("intermediate", start, parts, recipe, seed, limit)
        runs = [self._run(intermediate, seed, [*before, trained])]
        if self.asked.spec.control:
            if not self.asked.shape.trains:
                raise HarnessError(
                    f"{self.asked.target.name} is not trained on, so there is no control for it",
                    "Leave --control out.",
                )
            parts = [self.trainings.part(self._target())]
            control = self.trainings.add("control", start, parts, self.recipe, seed, limit, steps_of=trained)
            runs.append(self._run(f"steps({intermediate})", seed, [*before, control]))
        return runs

    def _target(self) -> str:
        languages = ",".join(self.asked.spec.train_languages)
        return f"{self.asked.target.name}@{languages}" if languages else self.asked.target.name

    def _run(self, intermediate: str, seed: int, before: Sequence[str]) -> PlannedRun:
        chain = list(before)
        if self.asked.shape.trains:
            parts = [self.trainings.part(self._target())]
            last = chain[-1] if chain else None
            chain.append(
                self.trainings.add("target", last, parts, self.recipe, seed, self.asked.spec.train_limit)
            )
        cells = [
            self._cell(chain[-1] if chain else None, language, choice)
            for language in self.asked.languages
            for choice in [None, *self.asked.choices]
        ]
        identity = {
            "train": chain,
            "cells": [[cell.language, cell.variant, cell.key] for cell in cells],
            "scoring": SCORING_VERSION,
            "metric": self.asked.metric,
        }
        name = f"{self.asked.model.name}+{intermediate}>{self._target()} s{seed}"
        return PlannedRun(key(identity), name, intermediate, seed, tuple(chain), tuple(cells))

    def _cell(self, train: str | None, language: str, choice: Choice | None) -> Cell:
        label, perturb = CLEAN, tuple[str, ...]()
        asked = self._asked(train, language)
        if choice is not None:
            label = choice.label
            made = self.variants.made(language, choice)
            if isinstance(made, str):
                return Cell(language, label, None, made.replace(f" for {language}", ""))
            if choice.greedy:
                perturb = (self.variants.searched(language, choice, made, asked, self.recipe),)
            else:
                perturb = self.variants.perturbed(language, choice, made)
        identity = {
            "kind": "evaluate",
            "code": EVALUATE_VERSION,
            "perturb": list(perturb),
            "worst_by": self.asked.metric if len(perturb) > 1 else None,
            **asked,
        }
        stage_key = key(identity)
        self.evaluate[stage_key] = EvaluateStage(
            stage_key,
            identity,
            self.asked.target.name,
            self.asked.split,
            language,
            self.asked.spec.limit,
            train,
            self.recipe,
            label,
            perturb,
            self.asked.metric,
        )
        return Cell(language, label, stage_key)

    def _asked(self, train: str | None, language: str) -> dict[str, Any]:
        """Return what besides the texts decides about predictions in a language."""
        settings = Settings(self.asked.target.labels, self.recipe, language, self.asked.target.scoring)
        dev = None
        if self.asked.shape.calibrates(settings):
            dev = rows_identity(self.asked.target, "dev", language, self.asked.places)
        return {
            "start": {"train": train}
            if train
            else {"model": model_identity(self.asked.model, self.asked.places)},
            "format": self.asked.registry.format_identity(self.asked.shape),
            "rule": self.asked.target.scoring,
            "data": rows_identity(self.asked.target, self.asked.split, language, self.asked.places),
            "dev": dev,
            "limit": self.asked.spec.limit,
            "max_length": self.recipe.max_length,
            "uses": {name: getattr(self.recipe, name) for name in self.asked.shape.uses},
            "precision": self.asked.precision,
        }
