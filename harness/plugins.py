"""Finding plugins, loading them one by one, and telling which of them failed.

A plugin is an entry point of the group ``harness``. Each is imported and registered by itself, in a
plugin manager of its own, so that whatever goes wrong is known to be its own doing. The built-in
plugins come first, then the others by the name of their distribution: where two things have the same
name, the first keeps it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import Distribution, EntryPoint, entry_points
from typing import Any, Literal

import pluggy

from harness import hookspecs, names
from harness.errors import HarnessError
from harness.formats import BUILT_IN, Format
from harness.model import Model
from harness.perturbation import Perturbation
from harness.task import Task

DISTRIBUTION = "transfer-harness"
GROUP = "harness"
KINDS: Mapping[str, tuple[str, type]] = {
    "task": ("harness_tasks", Task),
    "model": ("harness_models", Model),
    "perturbation": ("harness_perturbations", Perturbation),
    "format": ("harness_formats", Format),
}
LIST_PLUGINS = "See 'harness plugins'."


@dataclass(frozen=True)
class Origin:
    """The code that a component comes from: part of the key of every stage that uses it."""

    distribution: str
    version: str
    plugin: str

    def __str__(self) -> str:
        return f"{self.distribution} {self.version} ({self.plugin})"


@dataclass(frozen=True)
class PluginRecord:
    """What became of one plugin.

    Attributes:
        name: name of its entry point.
        kinds: kinds of the things that it provides.
        origin: the distribution that brought it, with `version`.
        status: ``ok``; ``failed``, with what it still provides in `provides`; ``blocked``: not imported.
        error: what failed, or what blocked it.
        provides: its things that can be used, as ``kind name``.
    """

    name: str
    kinds: tuple[str, ...]
    origin: str
    version: str
    status: Literal["ok", "failed", "blocked"]
    error: str = ""
    provides: tuple[str, ...] = ()


@dataclass
class Plugins:
    """Records of all plugins, and the things that they provide by (kind, name)."""

    records: list[PluginRecord] = field(default_factory=list)
    things: dict[tuple[str, str], Any] = field(default_factory=dict)
    origins: dict[tuple[str, str], Origin] = field(default_factory=dict)

    @property
    def failed(self) -> list[PluginRecord]:
        """The plugins of which at least something failed."""
        return [record for record in self.records if record.status == "failed"]

    @property
    def incomplete(self) -> bool:
        """Whether some plugin is missing, so that what refers to it is not at fault."""
        return any(record.status != "ok" for record in self.records)

    def note(self) -> str:
        """Say which plugins failed to load; empty if none did."""
        if not self.failed:
            return ""
        count = f"{len(self.failed)} plugin{'s' * (len(self.failed) > 1)}"
        return f"{count} failed to load: {', '.join(record.name for record in self.failed)}. {LIST_PLUGINS}"

    def missing(self) -> str:
        """Say which plugins failed or were blocked, for an error about a name that may be theirs."""
        blocked = [record.name for record in self.records if record.status == "blocked"]
        said = f"Blocked: {', '.join(blocked)}." if blocked else ""
        return " ".join(part for part in (self.note(), said) if part)

    def require(self) -> None:
        """Raise HarnessError if a plugin failed."""
        if self.failed:
            errors = "; ".join(f"{record.name} ({record.origin}): {record.error}" for record in self.failed)
            raise HarnessError(
                f"plugins failed to load: {errors}",
                "Mend or uninstall them, block them with --no-plugin NAME, or unset HARNESS_STRICT_PLUGINS.",
            )


def load_plugins(blocked: Sequence[str] = (), taken: Mapping[tuple[str, str], str] | None = None) -> Plugins:
    """Load every plugin that is installed and neither blocked nor left out by ``HARNESS_PLUGINS``.

    Args:
        blocked: names of plugins or distributions that are not even imported.
        taken: (kind, name) that only built-in plugins may not clash with either, and where it was defined:
            the names in the harness's own registry.yaml.

    Raises:
        HarnessError: an unknown name in `blocked` or ``HARNESS_PLUGINS``. Failures of plugins are recorded;
            `Plugins.require` raises them.
    """
    entries = sorted(entry_points(group=GROUP), key=_order)
    known = {name for entry in entries for name in (entry.name, _distribution(entry).distribution)}
    for name in blocked:
        if name not in known:
            raise names.unknown("plugin", name, known, LIST_PLUGINS)
    selected = _selected(known)
    places = {("format", name): "the harness itself" for name in BUILT_IN} | dict(taken or {})
    plugins = Plugins()
    for entry in entries:
        origin = _distribution(entry)
        ids = {entry.name, origin.distribution}
        reason = ""
        if ids & set(blocked):
            reason = "blocked by --no-plugin"
        elif selected is not None and not built_in(origin) and not ids & selected:
            reason = "not named in HARNESS_PLUGINS"
        if reason:
            plugins.records.append(
                PluginRecord(entry.name, (), origin.distribution, origin.version, "blocked", reason)
            )
        else:
            _load(entry, origin, plugins, places)
    return plugins


def strict() -> bool:
    """Say whether ``HARNESS_STRICT_PLUGINS`` asks that a failed plugin be fatal."""
    return os.environ.get("HARNESS_STRICT_PLUGINS", "").lower() not in ("", "0", "false", "no")


def built_in(origin: Origin) -> bool:
    """Say whether `origin` is the harness itself."""
    return origin.distribution == DISTRIBUTION


def _distribution(entry: EntryPoint) -> Origin:
    name, version = _named(entry.dist) if entry.dist else ("unknown", "unknown")
    return Origin(name, version, entry.name)


@cache
def _named(distribution: Distribution) -> tuple[str, str]:
    """Return a distribution's normal name and its version, for which all its metadata are read."""
    about = distribution.metadata
    return re.sub(r"[-_.]+", "-", about["Name"]).lower(), about["Version"]


def _order(entry: EntryPoint) -> tuple[bool, str, str]:
    origin = _distribution(entry)
    return (not built_in(origin), origin.distribution, entry.name)


def _selected(known: Iterable[str]) -> set[str] | None:
    """Return the names in ``HARNESS_PLUGINS``, or None where it is not set."""
    value = os.environ.get("HARNESS_PLUGINS")
    if value is None:
        return None
    selected = {name.strip() for name in value.split(",") if name.strip()}
    for name in selected - set(known):
        raise names.unknown("plugin", name, known, "HARNESS_PLUGINS names it.")
    return selected


def _load(entry: EntryPoint, origin: Origin, plugins: Plugins, taken: Mapping[tuple[str, str], str]) -> None:
    """Load one plugin into `plugins`: its things that are usable, and a record with its errors."""
    errors: list[str] = []
    kept: list[tuple[str, str]] = []
    for kind, thing, error in _things(entry):
        if error:
            errors.append(error)
            continue
        place = (kind, name_of(thing))
        if place in taken or place in plugins.origins:
            first = taken.get(place) or plugins.origins[place]
            errors.append(f"{kind} '{place[1]}' of {origin} is already defined by {first}")
            continue
        plugins.things[place] = thing
        plugins.origins[place] = origin
        kept.append(place)
    plugins.records.append(
        PluginRecord(
            name=entry.name,
            kinds=tuple(kind for kind in KINDS if any(kind == place[0] for place in kept)),
            origin=origin.distribution,
            version=origin.version,
            status="failed" if errors else "ok",
            error="; ".join(errors),
            provides=tuple(f"{kind} {name}" for kind, name in kept),
        )
    )


def _things(entry: EntryPoint) -> Iterator[tuple[str, Any, str]]:
    """Yield (kind, thing, error) for all that a plugin returns; where there is an error, no thing."""
    try:
        manager = _register(entry)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plugin may do anything when imported, sys.exit() included
        yield "", None, _told(error)
        return
    for kind, (hook, expected) in KINDS.items():
        for implementation in getattr(manager.hook, hook).get_hookimpls():
            try:
                things = _list(implementation.function(), hook, expected)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # likewise when called
                yield kind, None, f"{hook} raised {_told(error)}"
                continue
            for thing in things:
                try:
                    check(kind, thing)
                except Exception as error:
                    yield kind, None, _told(error)
                else:
                    yield kind, thing, ""


def _register(entry: EntryPoint) -> pluggy.PluginManager:
    """Import a plugin and register it in a manager of its own, so that every fault found is its own."""
    plugin = entry.load()
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(plugin, entry.name)
    hooks = {hook for hook, _ in KINDS.values()}
    implementations = {
        caller.name: caller.get_hookimpls() for caller in manager.get_hookcallers(plugin) or ()
    }
    for hook, found in sorted(implementations.items()):
        if hook not in hooks and not all(each.optionalhook for each in found):
            close = names.near(hook, hooks)
            raise HarnessError(f"unknown hook '{hook}'", f"did you mean {close[0]}?" if close else "")
        if any(each.hookwrapper or each.wrapper for each in found):
            raise HarnessError(f"{hook} is a hook wrapper, which the harness does not call")
    for hook in sorted(hooks - implementations.keys()):
        if hasattr(plugin, hook):
            raise HarnessError(f"{hook} is not marked with @hookimpl")
    if not implementations:
        raise HarnessError(f"{entry.value} implements no hook")
    return manager


def _list(returned: object, hook: str, expected: type) -> list[Any]:
    if isinstance(returned, str | bytes | Mapping) or not isinstance(returned, Iterable):
        raise TypeError(f"{hook} must return a list of {expected.__name__}, not {type(returned).__name__}")
    return list(returned)


def name_of(thing: Task | Model | Perturbation | Format) -> str:
    """Return the name that a thing has on the command line."""
    return thing.full_name if isinstance(thing, Perturbation) else thing.name


def check(kind: str, thing: Any) -> None:
    """Raise HarnessError, TypeError or ValueError if a plugin's thing cannot be used as what it is given for."""
    hook, expected = KINDS[kind]
    if not isinstance(thing, expected):
        hint = " (the class itself: call it)" if isinstance(thing, type) else ""
        raise TypeError(f"{hook} must return {expected.__name__} objects, not {thing!r}{hint}")
    assert isinstance(thing, Task | Model | Perturbation | Format)
    if isinstance(thing, Perturbation):
        names.check("perturbation", thing.name)
        names.check("perturbation family", thing.family)
        if not 0 <= thing.intensity <= 1:
            raise ValueError(f"intensity of {thing.full_name} must lie in [0, 1], not {thing.intensity}")
    else:
        names.check(kind, thing.name)
    for attribute in ("languages", "labels", "includes", "roles", "needs", "columns", "texts", "metrics"):
        if isinstance(getattr(thing, attribute, ()), str):
            raise TypeError(f"{attribute} of {kind} '{name_of(thing)}' must be a tuple, not a string")
    if isinstance(thing, Format):
        _check_format(thing)


def _check_format(shape: Format) -> None:
    for attribute in ("texts", "optional", "types"):
        for column in getattr(shape, attribute):
            if column not in shape.columns:
                raise ValueError(
                    f"{attribute} of format '{shape.name}' names '{column}', which is no column of it"
                )
    if shape.predicts and not shape.metrics:
        raise ValueError(f"format '{shape.name}' predicts and has no metrics")


def _told(error: BaseException) -> str:
    if isinstance(error, HarnessError):
        return str(error).replace("\n", ": ")
    if isinstance(error, pluggy.PluginValidationError):
        return " ".join(str(error).partition("\n")[2].split())
    return " ".join(f"{type(error).__name__}: {error}".split())
