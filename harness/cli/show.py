"""``harness show``: all that is known of one thing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from harness.registry import Registry
    from harness.task import Task


def show(
    what: Annotated[list[str], typer.Argument(metavar="[KIND] NAME", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show a task, model, perturbation, group, recipe, source, translator, suite, format or language: show xnli."""
    from harness.cli import options, output
    from harness.errors import HarnessError
    from harness.names import unknown

    registry = options().load_registry()
    if len(what) > 2:
        raise HarnessError(f"show takes a kind and a name, not {' '.join(what)}", "Show one thing at a time.")
    name = what[-1]
    kind = what[0] if len(what) == 2 else _kind_of(name, registry)
    if kind not in SHOWN:
        raise unknown("kind", kind, SHOWN)
    facts = SHOWN[kind](registry, name)
    if as_json:
        output.as_json({"kind": kind, **facts})
    else:
        output.details(f"{kind} {name}", facts)


def _kind_of(name: str, registry: Registry) -> str:
    """Return the kind of the only thing called `name`; raise HarnessError where none or several are."""
    from harness.errors import HarnessError
    from harness.languages import languages
    from harness.names import unknown
    from harness.registry import HUB_PATH

    known = {kind: registry.names(kind) for kind in SHOWN if kind != "language"}
    kinds = [kind for kind, found in known.items() if name in found]
    if name in languages():
        kinds.append("language")
    if "task" in kinds and "source" in kinds:  # the task's facts hold those of its source
        kinds.remove("source")
    if not kinds and HUB_PATH.fullmatch(name):
        return "model"
    if not kinds:
        raise unknown(
            "name", name, {each for found in known.values() for each in found}, registry.plugin_note
        )
    if len(kinds) > 1:
        raise HarnessError(
            f"'{name}' is a {' and a '.join(kinds)}",
            f"Say which: {' or '.join(f'harness show {kind} {name}' for kind in kinds)}.",
        )
    return kinds[0]


def _task(registry: Registry, name: str) -> dict[str, Any]:
    from harness.cli.list import licence_of

    task = registry.task(name)
    facts: dict[str, Any] = {
        "description": task.description,
        "format": task.format,
        "main metric": _main_metric(registry, name),
        "other metrics": _other_metrics(registry, name),
        "scoring rule": task.scoring,
        "languages": task.languages,
        "labels": task.labels,
        "trains on": f"{task.train_on} (English)" if task.train_on else "",
        "train languages": _train_languages(registry, task),
        "includes": task.includes,
        "roles": task.roles,
        "evaluated on": task.test_split,
    }
    source = registry.source(task, "{language}")
    if task.folder:
        facts |= {"folder": f"{task.folder} in --data-dir", "to get it": task.folder_help}
    elif source is None:
        language = "en" if "en" in task.languages else task.languages[0]
        counts = {split: task.row_count(split, language) for split in ("train", "dev", "test")}
        facts["rows per language"] = {split: count for split, count in counts.items() if count is not None}
    else:
        facts |= {"source": source.hub, "config": source.config, "revision": source.revision or "not pinned"}
        facts |= {"splits": source.splits, "columns": source.columns, "rows per language": source.rows}
    facts["licence"] = licence_of(registry, task)
    facts["citation"] = (source.citation if source else "") or task.citation
    return facts | {"version": task.version, "defined by": registry.place("task", name)}


def _model(registry: Registry, name: str) -> dict[str, Any]:
    model = registry.model(name)
    facts: dict[str, Any] = {
        "description": model.description,
        "path": model.path,
        "revision": (model.revision or "not pinned") if model.path else "",
        "parameters": model.parameters,
        "embeddings": model.embeddings,
        "pretraining": f"{model.pretraining.task}, recipe {model.pretraining.recipe}"
        if model.pretraining
        else "",
        "licence": model.licence,
        "citation": model.citation,
    }
    named = name in registry.names("model")
    built = str(registry.origin("model", name))
    return facts | {"built by": built, "defined by": registry.place("model", name) if named else ""}


def _perturbation(registry: Registry, name: str) -> dict[str, Any]:
    import inspect

    each = registry.perturbation(name)
    return {
        "description": each.description or inspect.cleandoc(each.__doc__ or ""),
        "family": each.family,
        "keeps meaning": "yes" if each.keeps_meaning else "no",
        "languages": each.languages or "all",
        "needs": each.needs,
        "intensity": each.intensity,
        "options": dict(each.options()),
        "reference": each.reference,
        "version": each.version,
        "defined by": registry.place("perturbation", name),
    }


def _group(registry: Registry, name: str) -> dict[str, Any]:
    from harness.names import unknown

    if name not in registry.groups():
        raise unknown("group", name, registry.groups())
    return {"perturbations": registry.groups()[name], "defined by": registry.place("group", name)}


def _recipe(registry: Registry, name: str) -> dict[str, Any]:
    entry = registry.recipe(name)
    values = {key: value for key, value in entry.model_dump().items() if key not in ("description", "source")}
    overrides = values.pop("overrides")
    facts = {"description": entry.description, "numbers from": entry.source.strip(), **values}
    facts |= {f"for {task}": given for task, given in overrides.items()}
    return facts | {"defined by": registry.place("recipe", name)}


def _source(registry: Registry, name: str) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(registry.named_source(name)) | {"defined by": registry.place("source", name)}


def _translator(registry: Registry, name: str) -> dict[str, Any]:
    values = registry.translator(name).model_dump()
    facts = {"description": values.pop("description"), "path": values.pop("path"), **values}
    facts["revision"] = facts["revision"] or "not pinned"
    return facts | {"defined by": registry.place("translator", name)}


def _suite(registry: Registry, name: str) -> dict[str, Any]:
    suite = registry.suite(name)
    known = registry.names("task")
    facts: dict[str, Any] = {"description": suite.description, **suite.groups}
    facts["scored by"] = {
        task: " and ".join(suite.metrics.get(task, (_main_metric(registry, task),)))
        for task in suite.tasks
        if task in known
    }
    return facts | {
        "not here": [task for task in suite.tasks if task not in known],
        "citation": suite.citation,
        "defined by": registry.place("suite", name),
    }


def _main_metric(registry: Registry, name: str) -> str:
    from harness.formats import format_named

    task = registry.task(name)
    return task.metric or format_named(task.format).metrics[0]


def _other_metrics(registry: Registry, name: str) -> Sequence[str]:
    from harness.formats import format_named

    main = _main_metric(registry, name)
    return [metric for metric in format_named(registry.task(name).format).metrics if metric != main]


def _train_languages(registry: Registry, task: Task) -> Sequence[str]:
    """Return the languages that a task's sources say there are training rows in."""
    from harness.data.identity import has_split, training_task
    from harness.formats import format_named

    if not format_named(task.format).trains:
        return ()
    trainer = training_task(task, registry)
    own = {code for code in task.languages if has_split(task, "train", registry, code)}
    theirs = {code for code in trainer.languages if has_split(trainer, "train", registry, code)}
    return sorted(own | theirs)


def _formatted(registry: Registry, name: str) -> dict[str, Any]:
    import inspect

    from harness.formats import format_named

    shape = format_named(name)
    return {
        "description": inspect.cleandoc(shape.__doc__ or ""),
        "columns": {column: shape.types.get(column, "text") for column in shape.columns},
        "may be missing": shape.optional,
        "disturbed": shape.texts,
        "grouped by": shape.groups,
        "metrics": shape.metrics,
        "outputs": f"each {shape.outputs}" if shape.predicts else "none",
        "trained": "yes" if shape.trains else "no",
        "tasks": [task.name for task in registry.tasks() if task.format == name],
        "version": shape.version,
        "defined by": registry.place("format", name),
    }


def _language(registry: Registry, name: str) -> dict[str, Any]:
    from harness.languages import language

    found = language(name)
    return {
        "name": found.name,
        "script": found.script,
        "words written apart": "yes" if found.spaces else "no",
        "tasks": [task.name for task in registry.tasks() if name in task.languages],
    }


SHOWN: dict[str, Callable[[Registry, str], dict[str, Any]]] = {
    "task": _task,
    "model": _model,
    "perturbation": _perturbation,
    "group": _group,
    "recipe": _recipe,
    "source": _source,
    "translator": _translator,
    "suite": _suite,
    "format": _formatted,
    "language": _language,
}
