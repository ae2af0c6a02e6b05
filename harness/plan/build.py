"""RunSpec -> Plan: names are resolved, keys are computed, shared stages appear once. Imports no torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from harness.data.identity import (
    DataPlaces,
    expected_rows,
    has_split,
    rows_identity,
    selection_task,
    training_language,
    training_task,
)
from harness.engine.devices import choose
from harness.errors import HarnessError
from harness.formats import format_named
from harness.keys import key
from harness.model import Model
from harness.plan.model_identity import model_identity
from harness.plan.spec import NO_INTERMEDIATE, RunSpec, task_names
from harness.plan.stages import EvaluateStage, ParseStage, PerturbStage, Plan, PlannedRun, TrainStage
from harness.plugins import built_in
from harness.registry import Registry
from harness.registry import Variant as Choice
from harness.registry_schema import Recipe
from harness.scoring.records import Cell, Variant
from harness.scoring.scores import CLEAN
from harness.task import Task
from harness.text.tokens import segmentation_identity

if TYPE_CHECKING:
    from harness.text.parses import Parser

TRAIN_VERSION = 1
PARSE_VERSION = 1
PERTURB_VERSION = 1
EVALUATE_VERSION = 1
SCORING_VERSION = 1
NO_PARSER = "no parser is named, give --parser-models DIR or --parser stanza"


def build_plan(spec: RunSpec, registry: Registry, places: DataPlaces, parser: Parser | None) -> Plan:
    """Return the plan for a spec.

    Raises:
        HarnessError: a name is unknown, a task cannot play its role, or data cannot be identified.
    """
    return _Builder(spec, registry, places, parser).plan()


class _Builder:
    def __init__(self, spec: RunSpec, registry: Registry, places: DataPlaces, parser: Parser | None) -> None:
        self.spec, self.registry, self.places, self.parser = spec, registry, places, parser
        self.device, self.precision = choose(spec.device, spec.precision)
        self.model: Model = registry.model(spec.model)
        self.target: Task = registry.task(spec.target)
        self.split = spec.split or self.target.test_split
        self._check_roles()
        self.languages = self._languages()
        self.columns = self._columns()
        self.choices: list[Choice] = registry.perturbations(spec.perturbations)
        self.train: dict[str, TrainStage] = {}
        self.parse: dict[str, ParseStage] = {}
        self.perturb: dict[str, PerturbStage] = {}
        self.evaluate: dict[str, EvaluateStage] = {}

    def plan(self) -> Plan:
        runs = [
            self._run(intermediate, seed)
            for seed in dict.fromkeys(self.spec.seeds)
            for intermediate in dict.fromkeys(self.spec.intermediates)
        ]
        variants = [Variant(CLEAN)] + [
            Variant(
                choice.label,
                choice.perturbation.full_name,
                choice.perturbation.family,
                choice.intensity,
                choice.perturbation.keeps_meaning,
            )
            for choice in self.choices
        ]
        return Plan(
            self.spec,
            self.device,
            self.precision,
            self.split,
            self.languages,
            tuple(variants),
            self.train,
            self.parse,
            self.perturb,
            self.evaluate,
            tuple(runs),
        )

    def _languages(self) -> tuple[str, ...]:
        asked = tuple(dict.fromkeys(self.spec.languages)) or self.target.languages
        for language in asked:
            if language not in self.target.languages:
                raise HarnessError(
                    f"{self.target.name} has no rows in '{language}'",
                    f"It has: {' '.join(self.target.languages)}",
                )
        return asked

    def _columns(self) -> tuple[str, ...]:
        texts = format_named(self.target.format).texts
        for name in self.spec.fields:
            if name not in texts:
                raise HarnessError(
                    f"{self.target.name} has no text column '{name}' to disturb", f"It has: {' '.join(texts)}"
                )
        return self.spec.fields or texts

    def _check_roles(self) -> None:
        if "target" not in self.target.roles:
            raise HarnessError(
                f"{self.target.name} is not a target task", "See the role column of: harness list tasks"
            )
        if not has_split(self.target, self.split, self.registry):
            raise HarnessError(
                f"{self.target.name} has no {self.split} split", "Choose another with --split."
            )
        for name in (name for joined in self.spec.intermediates for name in self._intermediate(joined)):
            if "intermediate" not in self.registry.task(name).roles:
                raise HarnessError(
                    f"{name} is not an intermediate task", "See the role column of: harness list tasks"
                )

    @staticmethod
    def _intermediate(joined: str) -> tuple[str, ...]:
        return () if joined == NO_INTERMEDIATE else task_names(joined)

    def _run(self, intermediate: str, seed: int) -> PlannedRun:
        chain: list[str] = []
        limit = self.spec.train_limit
        if self.model.pretraining is not None:
            recipe = self.registry.recipe_for(self.model.pretraining.recipe, self.model.pretraining.task)
            pretraining = [self.registry.task(name) for name in task_names(self.model.pretraining.task)]
            chain.append(self._train("pretraining", None, pretraining, recipe, seed, None))
        names = self._intermediate(intermediate)
        if names:
            recipe = self.registry.recipe_for(self.spec.recipe, "+".join(names), self.spec.settings)
            tasks = [self.registry.task(name) for name in names]
            chain.append(
                self._train("intermediate", chain[-1] if chain else None, tasks, recipe, seed, limit)
            )
        recipe = self.registry.recipe_for(self.spec.recipe, self.target.name, self.spec.settings)
        chain.append(self._train("target", chain[-1] if chain else None, [self.target], recipe, seed, limit))
        cells = [
            self._cell(chain[-1], language, choice, recipe)
            for language in self.languages
            for choice in [None, *self.choices]
        ]
        identity = {
            "train": chain,
            "cells": [[cell.language, cell.variant, cell.key] for cell in cells],
            "scoring": SCORING_VERSION,
        }
        name = f"{self.model.name}+{intermediate}>{self.target.name} s{seed}"
        return PlannedRun(key(identity), name, intermediate, seed, tuple(chain), tuple(cells))

    def _train(
        self,
        phase: str,
        parent: str | None,
        tasks: Sequence[Task],
        recipe: Recipe,
        seed: int,
        limit: int | None,
    ) -> str:
        trained = [training_task(task, self.registry) for task in tasks]
        selected = [selection_task(task, self.registry) for task in tasks]
        parts: list[dict[str, Any]] = []
        for task, source, dev in zip(tasks, trained, selected, strict=True):
            form = format_named(task.format)
            if source.format != task.format:
                raise HarnessError(f"{task.name} trains on {source.name}, whose format is {source.format}")
            parts.append(
                {
                    "format": [form.name, form.version],
                    "labels": list(task.labels),
                    "train": rows_identity(source, "train", training_language(source), self.places),
                    "dev": rows_identity(dev, "dev", training_language(dev), self.places)
                    if has_split(dev, "dev", self.registry)
                    else None,
                }
            )
        identity = {
            "kind": "train",
            "code": TRAIN_VERSION,
            "start": {"parent": parent} if parent else {"model": model_identity(self.model, self.places)},
            "tasks": parts,
            "limit": limit,
            "recipe": recipe.model_dump(mode="json"),
            "seed": seed,
            "precision": self.precision,
            "keep_head": bool(self.spec.keep_head and parent),
        }
        stage_key = key(identity)
        counts = [expected_rows(task, "train", training_language(task), self.registry) for task in trained]
        known = [min(count, limit) if limit else count for count in counts if count is not None]
        self.train[stage_key] = TrainStage(
            stage_key,
            identity,
            phase,
            self.model.name,
            parent,
            tuple(task.name for task in trained),
            tuple(task.name for task in selected),
            tuple(task.name for task in tasks),
            recipe,
            seed,
            limit,
            bool(self.spec.keep_head and parent),
            sum(known) if len(known) == len(counts) else None,
        )
        return stage_key

    def _cell(self, train: str, language: str, choice: Choice | None, recipe: Recipe) -> Cell:
        label, perturb = CLEAN, None
        if choice is not None:
            label = choice.label
            perturb, reason = self._perturb(language, choice)
            if perturb is None:
                return Cell(language, label, None, reason.replace(f" for {language}", ""))
        data = rows_identity(self.target, self.split, language, self.places)
        identity = {
            "kind": "evaluate",
            "code": EVALUATE_VERSION,
            "train": train,
            "format": [self.target.format, format_named(self.target.format).version],
            "data": data,
            "limit": self.spec.limit,
            "perturb": perturb,
            "max_length": recipe.max_length,
            "precision": self.precision,
        }
        stage_key = key(identity)
        self.evaluate[stage_key] = EvaluateStage(
            stage_key,
            identity,
            self.target.name,
            self.split,
            language,
            self.spec.limit,
            train,
            self.target.name,
            label,
            perturb,
        )
        return Cell(language, label, stage_key)

    def _perturb(self, language: str, choice: Choice) -> tuple[str | None, str]:
        perturbation = choice.perturbation
        reason = perturbation.unserved(language)
        if reason:
            return None, reason
        data = rows_identity(self.target, self.split, language, self.places)
        trees: dict[str, Any] | None = None
        parse: str | None = None
        if "parse" in perturbation.needs:
            if self.target.gold_trees:
                trees = {"parser": "gold"}
            else:
                reason = NO_PARSER if self.parser is None else self.parser.unserved(language)
                if self.parser is None or reason:
                    return None, f"no parse: {reason}"
                parse = self._parse(language, data)
                trees = {"parse": parse}
        origin = self.registry.origin("perturbation", perturbation.full_name)
        identity = {
            "kind": "perturb",
            "code": PERTURB_VERSION,
            "data": data,
            "limit": self.spec.limit,
            "columns": list(self.columns),
            "language": language,
            "perturbation": perturbation.full_name,
            "version": perturbation.version,
            "options": dict(perturbation.options()),
            "tokens": segmentation_identity(language),
            "distribution": None if built_in(origin) else [origin.distribution, origin.version],
            "intensity": choice.intensity,
            "seed": self.spec.perturb_seed,
            "trees": trees,
        }
        stage_key = key(identity)
        self.perturb[stage_key] = PerturbStage(
            stage_key,
            identity,
            self.target.name,
            self.split,
            language,
            self.spec.limit,
            self.columns,
            perturbation.full_name,
            choice.label,
            choice.intensity,
            self.spec.perturb_seed,
            parse,
        )
        return stage_key, ""

    def _parse(self, language: str, data: dict[str, Any]) -> str:
        assert self.parser is not None
        identity = {
            "kind": "parse",
            "code": PARSE_VERSION,
            "data": data,
            "limit": self.spec.limit,
            "columns": list(self.columns),
            "parser": self.parser.identity(language),
        }
        stage_key = key(identity)
        self.parse[stage_key] = ParseStage(
            stage_key, identity, self.target.name, self.split, language, self.spec.limit, self.columns
        )
        return stage_key
