"""The registry: names on the command line -> tasks, models, perturbations, recipes.

Plugins bring what is code; registry.yaml and the user's own YAML bring what is data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from harness import __version__, names, plugins
from harness.errors import HarnessError
from harness.formats import BUILT_IN, Format, use_formats
from harness.model import Model
from harness.names import USER_FILE
from harness.perturbation import Perturbation
from harness.plugins import Origin, PluginRecord, Plugins
from harness.registry_file import SECTIONS, Entries, invalid, read, shipped
from harness.registry_schema import (
    Defaults,
    ModelEntry,
    Recipe,
    RecipeEntry,
    SourceEntry,
    SuiteEntry,
    TaskEntry,
    TranslatorEntry,
)
from harness.suite import Suite
from harness.task import HubSource, Task

FAMILY = "huggingface"
WORST, GREEDY = "worst", "greedy"
HUB_PATH = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


class Variant(NamedTuple):
    """A perturbation at an intensity in [0, 1], and the label that it has in tables and metric names.

    Of `draws` above 1 the worst is taken, example by example. With `greedy` above 0 so many words at most are
    disturbed, those that matter most to the model under test.
    """

    perturbation: Perturbation
    intensity: float
    label: str
    draws: int = 1
    greedy: int = 0


@dataclass(frozen=True)
class Registry:
    """What every name means. Made by `load_registry`; nothing is added to it later."""

    defaults: Defaults
    _plugins: Plugins
    _places: Mapping[tuple[str, str], str]
    _sources: Mapping[str, HubSource]
    _groups: Mapping[str, tuple[str, ...]]
    _recipes: Mapping[str, RecipeEntry]
    _translators: Mapping[str, TranslatorEntry] = field(default_factory=dict)
    _suites: Mapping[str, SuiteEntry] = field(default_factory=dict)

    @property
    def records(self) -> list[PluginRecord]:
        """What became of each plugin."""
        return self._plugins.records

    @property
    def plugin_note(self) -> str:
        """Say which plugins failed to load; empty if none did."""
        return self._plugins.note()

    def names(self, kind: str) -> list[str]:
        """Return the names of a kind (task, model, perturbation, group, recipe, suite and so on), sorted."""
        named = {
            "group": self._groups,
            "recipe": self._recipes,
            "source": self._sources,
            "translator": self._translators,
            "suite": self._suites,
            "format": {*BUILT_IN, *(name for kind, name in self._plugins.things if kind == "format")},
        }
        if kind in named:
            return sorted(named[kind])
        return sorted(name for each, name in self._plugins.things if each == kind and name != FAMILY)

    def tasks(self) -> list[Task]:
        """Return all tasks, by name."""
        return [self.task(name) for name in self.names("task")]

    def models(self) -> list[Model]:
        """Return all named models, by name."""
        return [self.model(name) for name in self.names("model")]

    def task(self, name: str) -> Task:
        """Return the task called `name`; raise UnknownName if there is none."""
        task: Task = self._thing("task", name)
        return task

    def model(self, name: str) -> Model:
        """Return a named model, or the Hugging Face encoder in a folder or at ``owner/name`` on the Hub.

        Raises:
            UnknownName: neither a name nor a folder nor of the form ``owner/name``.
        """
        if name in self.names("model"):
            named: Model = self._thing("model", name)
            return named
        folder = Path(name).expanduser()
        if name and folder.is_dir():
            return _made_of(
                self._thing("model", FAMILY), name=folder.resolve().name, path=str(folder.resolve())
            )
        if HUB_PATH.fullmatch(name):
            return _made_of(self._thing("model", FAMILY), name=name.rpartition("/")[2], path=name)
        note = "A folder or a path on the Hub (owner/name) serves too."
        raise names.unknown("model", name, self.names("model"), f"{note} {self._plugins.missing()}".strip())

    def perturbation(self, name: str) -> Perturbation:
        """Return the perturbation called `name`: family and name, and after a colon what it takes.

        Raises:
            UnknownName: there is none.
            HarnessError: it does not take that.
        """
        place, colon, parameter = name.partition(":")
        perturbation: Perturbation = self._thing("perturbation", place)
        if not colon:
            return perturbation
        try:
            return perturbation.of(parameter)
        except ValueError as error:
            raise HarnessError(f"perturbation {name}: {error}", f"See harness show {place}.") from error

    def perturbations(self, wanted: Iterable[str]) -> list[Variant]:
        """Expand names, groups and ``name:intensity`` into variants, each once, in the order asked for.

        Raises:
            UnknownName: a name that is neither a perturbation nor a group.
            HarnessError: an intensity that is no number in [0, 1].
        """
        variants: dict[str, Variant] = {}
        for each in wanted:
            search, count, rest = _search(each)
            name, colon, intensity = rest.partition(":")
            members: tuple[str, ...] = (rest,)
            if name in self._groups:
                # an intensity on the group is that of all its members
                members = tuple(
                    f"{self._variant(member).perturbation.full_name}:{intensity}" if colon else member
                    for member in self._groups[name]
                )
            for member in members:
                variant = self._variant(member)
                if search == GREEDY and len(members) == 1 and not variant.perturbation.rewords:
                    raise HarnessError(
                        f"'{each}': {variant.perturbation.full_name} disturbs no single words to choose among",
                        f"Write {WORST}:{max(count, 2)}:{rest} for the worst of {max(count, 2)} draws.",
                    )
                if search:
                    variant = variant._replace(
                        draws=count if search == WORST else 1,
                        greedy=count if search == GREEDY else 0,
                        label=f"{search}:{count}:{variant.label}",
                    )
                variants.setdefault(variant.label, variant)
        return list(variants.values())

    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """Return the groups of perturbations: name to members."""
        return self._groups

    def source(self, task: Task, language: str) -> HubSource | None:
        """Return where a task's rows in a language lie; None: the task makes or includes them."""
        source = self.named_source(task.source) if isinstance(task.source, str) else task.source
        return None if source is None else source.within(language)

    def named_source(self, name: str) -> HubSource:
        """Return the data source called `name`; raise UnknownName if there is none."""
        if name not in self._sources:
            raise names.unknown("source", name, self._sources)
        return self._sources[name]

    def translator(self, name: str) -> TranslatorEntry:
        """Return the translator called `name`; raise UnknownName if there is none."""
        if name not in self._translators:
            raise names.unknown("translator", name, self._translators)
        return self._translators[name]

    def suite(self, name: str) -> Suite:
        """Return the suite called `name`; raise UnknownName if there is none."""
        if name not in self._suites:
            raise names.unknown("suite", name, self._suites)
        return Suite(name, **self._suites[name].model_dump())

    def recipe(self, name: str) -> RecipeEntry:
        """Return the recipe called `name`, with its description and overrides."""
        if name not in self._recipes:
            raise names.unknown("recipe", name, self._recipes)
        return self._recipes[name]

    def recipe_for(self, name: str, task: str, sets: Mapping[str, str] | None = None) -> Recipe:
        """Return the hyper-parameters for training on a task: the recipe, what it overrides, and ``--set``.

        Raises:
            UnknownName: no such recipe.
            HarnessError: an unknown key or a wrong value in `sets`.
        """
        entry = self.recipe(name)
        values = entry.model_dump(include=set(Recipe.model_fields)) | entry.overrides.get(task, {})
        asked = {key: _value(key, text) for key, text in (sets or {}).items()}
        try:
            return Recipe.model_validate(values | asked)
        except ValidationError as error:
            raise invalid(error, Recipe, "--set" if sets else f"recipe {name}") from error

    def origin(self, kind: str, name: str) -> Origin:
        """Return the code that a task, model or perturbation comes from, for the keys of stages."""
        if kind == "model" and name not in self.names("model"):
            name = FAMILY
        if kind == "perturbation":
            name = name.partition(":")[0]
        self._thing(kind, name)
        return self._plugins.origins[kind, name]

    def format_identity(self, shape: Format) -> list[str | int]:
        """Return what stands for a format in keys: its name and version, and those of a plugin that brings it."""
        found: list[str | int] = [shape.name, shape.version]
        if shape.name in BUILT_IN:
            return found
        origin = self.origin("format", shape.name)
        return [*found, origin.distribution, origin.version]

    def place(self, kind: str, name: str) -> str:
        """Return where a name was defined, for people: a plugin, or ``file:line``."""
        if kind == "format" and name in BUILT_IN:
            return "the harness itself"
        return self._places.get((kind, name)) or str(self.origin(kind, name))

    def _thing(self, kind: str, name: str) -> Any:
        if (kind, name) not in self._plugins.things:
            raise names.unknown(kind, name, self.names(kind), self._plugins.missing())
        return self._plugins.things[kind, name]

    def _variant(self, wanted: str) -> Variant:
        name, *rest = wanted.split(":")
        if ("perturbation", name) not in self._plugins.things:
            known = [*self.names("perturbation"), *self._groups]
            raise names.unknown("perturbation or group", name, known, self._plugins.missing())
        if rest and self.perturbation(name).takes and not _is_number(rest[0]):
            name = f"{name}:{rest.pop(0)}"
        perturbation = self.perturbation(name)
        value = _intensity(name, ":".join(rest)) if rest else perturbation.intensity
        label = name if value == perturbation.intensity else f"{name}:{value:g}"
        return Variant(perturbation, value, label)


def load_registry(files: Sequence[Path] = (), blocked: Sequence[str] = ()) -> Registry:
    """Join registry.yaml, the plugins, ``harness.yaml`` of the working folder and `files`.

    Args:
        files: registry files given with ``--registry``, in their order.
        blocked: plugins given with ``--no-plugin``.

    Raises:
        HarnessError: a file that cannot be read, a name defined twice, an unknown name in `blocked`; under
            ``HARNESS_STRICT_PLUGINS`` a plugin that failed.
    """
    own = read(shipped(), "registry.yaml")
    places = _defined(own)
    loaded = plugins.load_plugins(blocked, taken=places)
    if plugins.strict():
        loaded.require()
    use_formats(thing for (kind, _), thing in loaded.things.items() if kind == "format")
    given = ([Path(USER_FILE)] if Path(USER_FILE).exists() else []) + list(files)
    every = [own, *(read(path) for path in {path.resolve(): path for path in given}.values())]
    for entries in every[1:]:
        for (kind, name), place in _defined(entries).items():
            first = places.get((kind, name)) or loaded.origins.get((kind, name))
            if first:
                raise HarnessError(
                    f"{place}: {kind} '{name}' is already defined by {first}", "Rename one of them."
                )
            places[kind, name] = place
    return _join(every, loaded, places)


def _join(files: Sequence[Entries], loaded: Plugins, places: Mapping[tuple[str, str], str]) -> Registry:
    contents = [entries.content for entries in files]
    for content in contents:
        for name, model in content.models.items():
            _add_model(loaded, name, model, places["model", name])
        for name, task in content.tasks.items():
            _add_task(loaded, name, task)
    return Registry(
        defaults=_defaults(files),
        _plugins=loaded,
        _places=places,
        _sources={name: each.hub_source() for content in contents for name, each in content.sources.items()},
        _groups={name: group for content in contents for name, group in content.groups.items()},
        _recipes={name: recipe for content in contents for name, recipe in content.recipes.items()},
        _translators={name: each for content in contents for name, each in content.translators.items()},
        _suites={name: each for content in contents for name, each in content.suites.items()},
    )


def _add_model(loaded: Plugins, name: str, entry: ModelEntry, place: str) -> None:
    """Add a model defined in YAML, made of the plugin's model that it names as its encoder."""
    family = ("model", entry.encoder)
    if family in loaded.things:
        attributes = entry.model_dump(exclude={"encoder"})
        loaded.things["model", name] = _made_of(loaded.things[family], name=name, **attributes)
        loaded.origins["model", name] = loaded.origins[family]
    elif not loaded.incomplete:
        known = [each for kind, each in loaded.things if kind == "model"]
        raise names.unknown(f"encoder of model '{name}'", entry.encoder, known, f"It is named in {place}.")


def _add_task(loaded: Plugins, name: str, entry: TaskEntry) -> None:
    """Add a task defined in YAML; the code that serves it is the harness's own."""
    source = entry.source.hub_source() if isinstance(entry.source, SourceEntry) else entry.source
    values = entry.model_dump(exclude={"source"})
    loaded.things["task", name] = Task(name=name, source=source, **values)
    loaded.origins["task", name] = Origin(plugins.DISTRIBUTION, __version__, "registry")


def _made_of(family: Model, **attributes: Any) -> Model:
    """Return a model like `family` with other attributes."""
    return type(family)(**vars(family) | attributes)


def _defined(entries: Entries) -> dict[tuple[str, str], str]:
    """Return the (kind, name) that a file defines, with ``file:line``."""
    return {
        (kind, name): entries.place(section, name)
        for section, kind in SECTIONS.items()
        for name in getattr(entries.content, section)
    }


def _defaults(files: Sequence[Entries]) -> Defaults:
    """Return the defaults; a later file's replace an earlier one's, key by key."""
    values: dict[str, Any] = {}
    for entries in files:
        values |= entries.content.defaults
        try:
            Defaults.model_validate(values)
        except ValidationError as error:
            raise invalid(error, Defaults, f"{entries.place('defaults')}: defaults") from error
    return Defaults.model_validate(values)


def _value(key: str, text: str) -> Any:
    """Read the value of ``--set``: ``none`` is None, commas part a list; the schema does the rest."""
    if text.lower() == "none":
        return None
    field = Recipe.model_fields.get(key)
    if field is not None and isinstance(field.default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def _search(wanted: str) -> tuple[str, int, str]:
    """Split ``worst:8:noise.keyboard`` into its parts; "", 1 and the whole where no search is asked for."""
    search, colon, rest = wanted.partition(":")
    if search not in (WORST, GREEDY) or not colon:
        return "", 1, wanted
    count, _, name = rest.partition(":")
    if not count.isdecimal() or int(count) < (2 if search == WORST else 1) or not name:
        raise HarnessError(
            f"'{wanted}': not of the form {search}:K:NAME", f"Write {search}:8:noise.keyboard, say."
        )
    return search, int(count), name


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _intensity(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise HarnessError(
            f"intensity '{text}' of {name} is no number from 0 to 1", f"Write {name}:0.5, say."
        )
    return value
