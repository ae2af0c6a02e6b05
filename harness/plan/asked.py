"""RunSpec -> Asked: the names of a spec resolved, each checked for the role it has to play. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.data.identity import DataPlaces, has_split
from harness.engine.devices import choose
from harness.errors import HarnessError
from harness.formats import Format, format_named
from harness.model import Model
from harness.names import unknown
from harness.perturbation import Resources
from harness.plan.spec import NO_INTERMEDIATE, RunSpec, task_names, with_languages
from harness.registry import Registry
from harness.registry import Variant as Choice
from harness.task import Task

if TYPE_CHECKING:
    from harness.text.parses import Parser

CONTROLS = ("steps",)
RESOURCES = {"words": "--noise-words FILE", "lexicon": "--lexicon FILE", "model": "--perturb-model NAME"}


@dataclass(frozen=True)
class Asked:
    """What a spec asks for.

    Attributes:
        spec: the names as they were given.
        parser: what parses texts without gold trees; None: nothing does.
        split: of the target, what is evaluated.
        shape: the target's format.
        metric: the target's, or the one that was asked for.
        languages: those that are evaluated.
        columns: the text columns that are disturbed.
        resources: what the user gave perturbations besides text.
        choices: the perturbations with their intensities, each given its resources.
    """

    spec: RunSpec
    registry: Registry
    places: DataPlaces
    parser: Parser | None
    device: str
    precision: str
    model: Model
    target: Task
    split: str
    shape: Format
    metric: str
    languages: tuple[str, ...]
    columns: tuple[str, ...]
    resources: Resources
    choices: tuple[Choice, ...]


def resolve(spec: RunSpec, registry: Registry, places: DataPlaces, parser: Parser | None) -> Asked:
    """Return what a spec asks for.

    Raises:
        HarnessError: a name is unknown, or a task cannot play its role.
    """
    device, precision = choose(spec.device, spec.precision)
    model, target = registry.model(spec.model), registry.task(spec.target)
    split = spec.split or target.test_split
    _check_roles(spec, registry, target, split)
    shape = format_named(target.format)
    metric, languages = _metric(spec, target, shape), _languages(spec, target)
    columns, resources = _columns(spec, target, shape), _resources(spec, registry, device)
    choices = tuple(
        choice._replace(perturbation=choice.perturbation.given(resources))
        for choice in registry.perturbations(spec.perturbations)
    )
    return Asked(
        *(spec, registry, places, parser, device, precision, model, target, split, shape, metric),
        *(languages, columns, resources, choices),
    )


def intermediate_parts(joined: str) -> tuple[str, ...]:
    """Return the tasks of an intermediate (``squad+mnli``); () for none."""
    return () if joined == NO_INTERMEDIATE else task_names(joined)


def _check_roles(spec: RunSpec, registry: Registry, target: Task, split: str) -> None:
    if "target" not in target.roles:
        raise HarnessError(
            f"{target.name} is not a target task", "See the role column of: harness list tasks"
        )
    if not has_split(target, split, registry):
        raise HarnessError(f"{target.name} has no {split} split", "Choose another with --split.")
    for name in (
        with_languages(part)[0] for joined in spec.intermediates for part in intermediate_parts(joined)
    ):
        if "intermediate" not in registry.task(name).roles:
            raise HarnessError(
                f"{name} is not an intermediate task", "See the role column of: harness list tasks"
            )
    if spec.control not in (None, *CONTROLS):
        raise unknown("control", str(spec.control), CONTROLS)


def _metric(spec: RunSpec, target: Task, shape: Format) -> str:
    metrics = shape.metrics
    wanted = spec.metric or target.metric or "".join(metrics[:1])
    if wanted not in metrics:
        raise unknown("metric", wanted, metrics, f"{target.name} is scored by {' '.join(metrics)}.")
    return wanted


def _languages(spec: RunSpec, target: Task) -> tuple[str, ...]:
    asked = tuple(dict.fromkeys(spec.languages)) or target.languages
    for language in asked:
        if language not in target.languages:
            raise HarnessError(
                f"{target.name} has no rows in '{language}'", f"It has: {' '.join(target.languages)}"
            )
    return asked


def _columns(spec: RunSpec, target: Task, shape: Format) -> tuple[str, ...]:
    texts = shape.texts
    if spec.perturbations and not texts:
        raise HarnessError(
            f"{target.name} has no text that can be disturbed: format {shape.name}",
            "Leave --perturb out, or choose another --target.",
        )
    for name in spec.fields:
        if name not in texts:
            raise HarnessError(
                f"{target.name} has no text column '{name}' to disturb", f"It has: {' '.join(texts)}"
            )
    return spec.fields or texts


def _resources(spec: RunSpec, registry: Registry, device: str) -> Resources:
    files: dict[str, Path | None] = {}
    for option, given in (("--noise-words", spec.noise_words), ("--lexicon", spec.lexicon)):
        files[option] = None if given is None else Path(given)
        if given is not None and not Path(given).exists():
            raise HarnessError(f"{option} {given} is not there", "Give a file or folder that exists.")
    model = spec.perturb_model
    if model in registry.names("model"):
        named = registry.model(model)
        model = named.path if named.revision is None else f"{named.path}@{named.revision}"
    return Resources(files["--noise-words"], files["--lexicon"], model, device)
