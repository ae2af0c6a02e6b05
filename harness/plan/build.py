"""RunSpec -> Plan: names are resolved, keys are computed, shared stages appear once. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.data.identity import (
    DataPlaces,
    NoTrainingRowsError,
    expected_rows,
    has_split,
    rows_identity,
    selection_task,
    training_language,
    training_rows,
)
from harness.engine.devices import choose
from harness.errors import HarnessError
from harness.formats import Settings, format_named
from harness.formats.translation import SOURCE
from harness.keys import key, number
from harness.model import Model
from harness.names import unknown
from harness.perturbation import Perturbation, Resources
from harness.plan.model_identity import model_identity
from harness.plan.spec import NO_INTERMEDIATE, RunSpec, task_names, with_languages
from harness.plan.stages import (
    EvaluateStage,
    ParseStage,
    PerturbStage,
    Plan,
    PlannedRun,
    SearchStage,
    TrainPart,
    TrainRows,
    TrainStage,
    TranslateStage,
)
from harness.plan.translate import translate_stage
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

TRAIN_VERSION = 3
PARSE_VERSION = 1
PERTURB_VERSION = 2
EVALUATE_VERSION = 3
SCORING_VERSION = 3
SEARCH_VERSION = 1
CONTROLS = ("steps",)
RESOURCES = {"words": "--noise-words FILE", "lexicon": "--lexicon FILE", "model": "--perturb-model NAME"}
NO_PARSER = "no parser is named, give --parser-models DIR or --parser stanza"


def build_plan(spec: RunSpec, registry: Registry, places: DataPlaces, parser: Parser | None) -> Plan:
    """Return the plan for a spec.

    Raises:
        HarnessError: a name is unknown, a task cannot play its role, or data cannot be identified.
    """
    return _Builder(spec, registry, places, parser).plan()


class _Made(NamedTuple):
    """What makes the rows of a variant.

    Attributes:
        parse: key of the stage that makes their trees.
        identity: that of the first draw's perturb stage.
    """

    columns: tuple[str, ...]
    parse: str | None
    identity: dict[str, Any]


class _Builder:
    def __init__(self, spec: RunSpec, registry: Registry, places: DataPlaces, parser: Parser | None) -> None:
        self.spec, self.registry, self.places, self.parser = spec, registry, places, parser
        self.device, self.precision = choose(spec.device, spec.precision)
        self.model: Model = registry.model(spec.model)
        self.target: Task = registry.task(spec.target)
        self.split = spec.split or self.target.test_split
        self._check_roles()
        self.shape = format_named(self.target.format)
        self.metric = self._metric()
        self.languages = self._languages()
        self.columns = self._columns()
        self.resources = self._resources()
        self.choices: list[Choice] = [
            choice._replace(perturbation=choice.perturbation.given(self.resources))
            for choice in registry.perturbations(spec.perturbations)
        ]
        self.translate: dict[str, TranslateStage] = {}
        self.train: dict[str, TrainStage] = {}
        self.parse: dict[str, ParseStage] = {}
        self.perturb: dict[str, PerturbStage] = {}
        self.search: dict[str, SearchStage] = {}
        self.evaluate: dict[str, EvaluateStage] = {}

    def plan(self) -> Plan:
        runs: dict[str, PlannedRun] = {}
        for seed in dict.fromkeys(self.spec.seeds):
            for intermediate in dict.fromkeys(self.spec.intermediates):
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
            for choice in self.choices
        ]
        return Plan(
            self.spec,
            self.device,
            self.precision,
            self.split,
            self.metric,
            self.resources,
            self.languages,
            tuple(variants),
            self.translate,
            self.train,
            self.parse,
            self.perturb,
            self.search,
            self.evaluate,
            tuple(runs.values()),
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
        texts = self.shape.texts
        if self.spec.perturbations and not texts:
            raise HarnessError(
                f"{self.target.name} has no text that can be disturbed: format {self.shape.name}",
                "Leave --perturb out, or choose another --target.",
            )
        for name in self.spec.fields:
            if name not in texts:
                raise HarnessError(
                    f"{self.target.name} has no text column '{name}' to disturb", f"It has: {' '.join(texts)}"
                )
        return self.spec.fields or texts

    def _metric(self) -> str:
        metrics = self.shape.metrics
        wanted = self.spec.metric or self.target.metric or "".join(metrics[:1])
        if wanted not in metrics:
            raise unknown("metric", wanted, metrics, f"{self.target.name} is scored by {' '.join(metrics)}.")
        return wanted

    def _resources(self) -> Resources:
        files: dict[str, Path | None] = {}
        for option, given in (("--noise-words", self.spec.noise_words), ("--lexicon", self.spec.lexicon)):
            files[option] = None if given is None else Path(given)
            if given is not None and not Path(given).exists():
                raise HarnessError(f"{option} {given} is not there", "Give a file or folder that exists.")
        model = self.spec.perturb_model
        if model in self.registry.names("model"):
            named = self.registry.model(model)
            model = named.path if named.revision is None else f"{named.path}@{named.revision}"
        return Resources(files["--noise-words"], files["--lexicon"], model, self.device)

    def _check_roles(self) -> None:
        if "target" not in self.target.roles:
            raise HarnessError(
                f"{self.target.name} is not a target task", "See the role column of: harness list tasks"
            )
        if not has_split(self.target, self.split, self.registry):
            raise HarnessError(
                f"{self.target.name} has no {self.split} split", "Choose another with --split."
            )
        for name in (
            with_languages(part)[0] for joined in self.spec.intermediates for part in _parts(joined)
        ):
            if "intermediate" not in self.registry.task(name).roles:
                raise HarnessError(
                    f"{name} is not an intermediate task", "See the role column of: harness list tasks"
                )
        if self.spec.control not in (None, *CONTROLS):
            raise unknown("control", str(self.spec.control), CONTROLS)

    def _runs(self, intermediate: str, seed: int) -> list[PlannedRun]:
        """Plan the run of an intermediate, and the control that stands beside it."""
        start: str | None = None
        limit = self.spec.train_limit
        if self.model.pretraining is not None:
            parts = [self._part(name) for name in task_names(self.model.pretraining.task)]
            recipe = self.registry.recipe_for(self.model.pretraining.recipe, self.model.pretraining.task)
            start = self._train("pretraining", None, parts, recipe, seed, None)
        before = [start] if start else []
        names = _parts(intermediate)
        if not names:
            return [self._run(intermediate, seed, before)]
        recipe = self.registry.recipe_for(
            self.spec.recipe, "+".join(with_languages(name)[0] for name in names), self.spec.settings
        )
        parts = self._shared([self._part(name) for name in names], recipe)
        trained = self._train("intermediate", start, parts, recipe, seed, limit)
        runs = [self._run(intermediate, seed, [*before, trained])]
        if self.spec.control:
            if not self.shape.trains:
                raise HarnessError(
                    f"{self.target.name} is not trained on, so there is no control for it",
                    "Leave --control out.",
                )
            recipe = self.registry.recipe_for(self.spec.recipe, self.target.name, self.spec.settings)
            parts = [self._part(self._target())]
            control = self._train("control", start, parts, recipe, seed, limit, steps_of=trained)
            runs.append(self._run(f"steps({intermediate})", seed, [*before, control]))
        return runs

    def _target(self) -> str:
        languages = ",".join(self.spec.train_languages)
        return f"{self.target.name}@{languages}" if languages else self.target.name

    def _run(self, intermediate: str, seed: int, before: Sequence[str]) -> PlannedRun:
        chain = list(before)
        recipe = self.registry.recipe_for(self.spec.recipe, self.target.name, self.spec.settings)
        if self.shape.trains:
            parts = [self._part(self._target())]
            last = chain[-1] if chain else None
            chain.append(self._train("target", last, parts, recipe, seed, self.spec.train_limit))
        cells = [
            self._cell(chain[-1] if chain else None, language, choice, recipe)
            for language in self.languages
            for choice in [None, *self.choices]
        ]
        identity = {
            "train": chain,
            "cells": [[cell.language, cell.variant, cell.key] for cell in cells],
            "scoring": SCORING_VERSION,
            "metric": self.metric,
        }
        name = f"{self.model.name}+{intermediate}>{self._target()} s{seed}"
        return PlannedRun(key(identity), name, intermediate, seed, tuple(chain), tuple(cells))

    def _part(self, name: str) -> TrainPart:
        """Resolve ``task`` or ``task@de,ru`` into what is trained on and what selects."""
        name, languages = with_languages(name)
        task = self.registry.task(name)
        if not format_named(task.format).trains:
            raise HarnessError(f"{name} is not trained on: format {task.format} has no loss")
        if not languages and task.multilingual:
            languages = tuple(each for each in task.languages if each in self.target.languages)
        rows = [self._rows(task, language) for language in languages or (training_language(task),)]
        dev = selection_task(task, self.registry)
        chosen = None
        if has_split(dev, "dev", self.registry) and not task.multilingual:
            chosen = (dev.name, training_language(dev))
        return TrainPart(name, tuple(rows), chosen, name, tuple(task.labels), task.multilingual)

    def _rows(self, task: Task, language: str) -> TrainRows:
        """Resolve a task's training rows in a language: its own, its trainer's, or translated ones."""
        try:
            source = training_rows(task, language, self.places)
        except NoTrainingRowsError:
            if self.spec.translator is None:
                raise
            stage = translate_stage(
                task,
                "train",
                language,
                self.spec.translator,
                self.places,
                self.spec.train_limit,
                self.precision,
            )
            self.translate[stage.key] = stage
            return TrainRows(stage.task, language, stage.key)
        if source.format != task.format:
            raise HarnessError(f"{task.name} trains on {source.name}, whose format is {source.format}")
        return TrainRows(source.name, language)

    def _shared(self, parts: Sequence[TrainPart], recipe: Recipe) -> list[TrainPart]:
        """Let parts of one format with the same labels share the first one's head, where the recipe says so."""
        if not recipe.shared_heads:
            return list(parts)
        firsts: dict[tuple[str, frozenset[str]], TrainPart] = {}
        shared = []
        for part in parts:
            first = firsts.setdefault((self.registry.task(part.task).format, frozenset(part.labels)), part)
            shared.append(replace(part, head=first.head, labels=first.labels))
        return shared

    def _train(
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
            "start": {"parent": parent} if parent else {"model": model_identity(self.model, self.places)},
            "tasks": [self._part_identity(part) for part in parts],
            "limit": limit,
            "recipe": recipe.model_dump(mode="json"),
            "seed": seed,
            "precision": self.precision,
            "continue_head": bool(self.spec.continue_head and parent),
            "steps_of": steps_of,
        }
        stage_key = key(identity)
        counts = [
            expected_rows(
                self.registry.task(rows.task),
                "train",
                SOURCE if rows.translate else rows.language,
                self.registry,
            )
            for part in parts
            for rows in part.rows
        ]
        known = [min(count, limit) if limit else count for count in counts if count is not None]
        self.train[stage_key] = TrainStage(
            stage_key,
            identity,
            phase,
            self.model.name,
            parent,
            tuple(parts),
            recipe,
            seed,
            limit,
            bool(self.spec.continue_head and parent),
            sum(known) if len(known) == len(counts) else None,
            steps_of,
        )
        return stage_key

    def _part_identity(self, part: TrainPart) -> dict[str, Any]:
        task = self.registry.task(part.task)
        shape = format_named(task.format)
        dev = None
        if part.selection is not None:
            name, language = part.selection
            dev = rows_identity(self.registry.task(name), "dev", language, self.places)
        return {
            "format": self.registry.format_identity(shape),
            "labels": list(part.labels),
            "head": part.head,
            "metric": task.metric,
            "rule": task.scoring,
            "mixed": part.mixed,
            "train": [
                {"translate": rows.translate}
                if rows.translate
                else rows_identity(self.registry.task(rows.task), "train", rows.language, self.places)
                for rows in part.rows
            ],
            "dev": dev,
        }

    def _cell(self, train: str | None, language: str, choice: Choice | None, recipe: Recipe) -> Cell:
        label, perturb = CLEAN, tuple[str, ...]()
        asked = self._asked(train, language, recipe)
        if choice is not None:
            label = choice.label
            made = self._made(language, choice)
            if isinstance(made, str):
                return Cell(language, label, None, made.replace(f" for {language}", ""))
            if choice.greedy:
                perturb = (self._search(language, choice, made, asked, recipe),)
            else:
                perturb = self._perturb(language, choice, made)
        identity = {
            "kind": "evaluate",
            "code": EVALUATE_VERSION,
            "perturb": list(perturb),
            "worst_by": self.metric if len(perturb) > 1 else None,
            **asked,
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
            recipe,
            label,
            perturb,
            self.metric,
        )
        return Cell(language, label, stage_key)

    def _asked(self, train: str | None, language: str, recipe: Recipe) -> dict[str, Any]:
        """Return what besides the texts decides about predictions in a language."""
        settings = Settings(self.target.labels, recipe, language, self.target.scoring)
        dev = None
        if self.shape.calibrates(settings):
            dev = rows_identity(self.target, "dev", language, self.places)
        return {
            "start": {"train": train} if train else {"model": model_identity(self.model, self.places)},
            "format": self.registry.format_identity(self.shape),
            "rule": self.target.scoring,
            "data": rows_identity(self.target, self.split, language, self.places),
            "dev": dev,
            "limit": self.spec.limit,
            "max_length": recipe.max_length,
            "uses": {name: getattr(recipe, name) for name in self.shape.uses},
            "precision": self.precision,
        }

    def _made(self, language: str, choice: Choice) -> _Made | str:
        """Return what makes a variant's rows, or why it cannot be made."""
        perturbation = choice.perturbation
        columns, reason = self._disturbed(perturbation)
        reason = reason or perturbation.unserved(language)
        if choice.greedy and not reason:
            reason = self._unsearched(perturbation)
        if reason:
            return reason
        data = rows_identity(self.target, self.split, language, self.places)
        trees: dict[str, Any] | None = None
        parse: str | None = None
        if "parse" in perturbation.needs:
            if self.target.gold_trees:
                trees = {"parser": "gold"}
            else:
                reason = NO_PARSER if self.parser is None else self.parser.unserved(language)
                if self.parser is None or reason:
                    return f"no parse: {reason}"
                parse = self._parse(language, data)
                trees = {"parse": parse}
        origin = self.registry.origin("perturbation", perturbation.full_name)
        identity = {
            "kind": "perturb",
            "code": PERTURB_VERSION,
            "data": data,
            "format": self.registry.format_identity(self.shape),
            "limit": self.spec.limit,
            "columns": list(columns),
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
        return _Made(columns, parse, identity)

    def _unsearched(self, perturbation: Perturbation) -> str | None:
        """Say why no search can choose the words that a perturbation disturbs; None where one can."""
        if not perturbation.rewords:
            return f"{perturbation.full_name} disturbs no single words to choose among"
        if not self.shape.tells_confidence:
            return f"format {self.shape.name} does not tell how probable the gold answer is"
        return None

    def _search(
        self, language: str, choice: Choice, made: _Made, asked: Mapping[str, Any], recipe: Recipe
    ) -> str:
        """Return the key of the stage that searches for the words that matter most."""
        identity = {
            "kind": "search",
            "code": SEARCH_VERSION,
            "rows": made.identity,
            "words": choice.greedy,
            "metric": self.metric,
            "asked": asked,
        }
        stage_key = key(identity)
        self.search[stage_key] = SearchStage(
            stage_key,
            identity,
            self.target.name,
            self.split,
            language,
            self.spec.limit,
            made.columns,
            choice.perturbation.full_name,
            choice.label,
            choice.intensity,
            self.spec.perturb_seed,
            made.parse,
            choice.greedy,
            recipe,
            self.metric,
        )
        return stage_key

    def _perturb(self, language: str, choice: Choice, made: _Made) -> tuple[str, ...]:
        """Return the keys of the stages that make a variant, one a draw."""
        keys = []
        for draw in range(choice.draws):
            # the first draw is the variant itself, so that what is made for the one serves the other
            seed = number(self.spec.perturb_seed, "draw", draw) if draw else self.spec.perturb_seed
            identity = {**made.identity, "seed": seed}
            keys.append(key(identity))
            self.perturb[keys[-1]] = PerturbStage(
                keys[-1],
                identity,
                self.target.name,
                self.split,
                language,
                self.spec.limit,
                made.columns,
                choice.perturbation.full_name,
                choice.label if choice.draws == 1 else f"{choice.label} {draw + 1}/{choice.draws}",
                choice.intensity,
                seed,
                made.parse,
            )
        return tuple(keys)

    def _disturbed(self, perturbation: Perturbation) -> tuple[tuple[str, ...], str | None]:
        """Return the columns that a perturbation disturbs, or why it cannot serve this target."""
        for need, option in RESOURCES.items():
            if need in perturbation.needs and getattr(self.resources, need) is None:
                return (), f"it needs {option}"
        lacking = [name for name in perturbation.columns if name not in self.shape.columns]
        if lacking:
            return (), f"{self.target.name} has no column '{lacking[0]}'"
        unfit = perturbation.unfit(self.target.labels)
        if unfit:
            return (), unfit
        if not perturbation.columns:
            return self.columns, None
        columns = tuple(name for name in self.columns if name in perturbation.columns)
        return columns, None if columns else f"it disturbs {' '.join(perturbation.columns)} alone"

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


def _parts(joined: str) -> tuple[str, ...]:
    return () if joined == NO_INTERMEDIATE else task_names(joined)
