"""``harness list``: what there is, by kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.names import USER_FILE

if TYPE_CHECKING:
    from harness.cli.state import Options
    from harness.registry import Registry
    from harness.task import Task


def list(
    what: Annotated[
        str | None, typer.Argument(metavar="[KIND|all]", help="What to list; without it, all but languages.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List tasks, models, perturbations, groups, recipes, translators, suites, formats or languages."""
    from harness.cli import options, output
    from harness.cli.remembered import remembered
    from harness.names import unknown

    if what is not None and what not in (*LISTINGS, "all"):
        raise unknown("kind", what, (*LISTINGS, "all"))
    short = [kind for kind in LISTINGS if kind != "languages"]
    kinds = short if what is None else [*LISTINGS] if what == "all" else [what]
    said = options()
    asked = [kinds, [str(path.absolute()) for path in said.registry], said.no_plugin]
    listings, note = remembered(asked, [Path(USER_FILE).absolute()], lambda: _made(said, kinds))
    if as_json:
        output.as_json(listings)
    else:
        for kind, rows in listings.items():
            columns = [*rows[0]] if rows else ["name"]
            output.table(kind, columns, [[output.cell(row[column]) for column in columns] for row in rows])
    if note:
        typer.echo(note, err=True)


def _made(said: Options, kinds: Sequence[str]) -> tuple[tuple[Any, str], bool]:
    """Return the listings and a note on plugins that failed, and whether all plugins loaded."""
    registry = said.load_registry()
    listings = {kind: LISTINGS[kind](registry) for kind in kinds}
    return (listings, registry.plugin_note), not registry.plugin_note


def _tasks(registry: Registry) -> Sequence[dict[str, Any]]:
    return [
        {
            "name": task.name,
            "format": task.format,
            "roles": task.roles,
            "languages": task.languages,
            "trains on": task.train_on or task.name,
            "source": _origin_of_rows(registry, task),
            "licence": licence_of(registry, task),
            "description": task.description,
        }
        for task in registry.tasks()
    ]


def _origin_of_rows(registry: Registry, task: Task) -> str:
    """Return where a task's rows come from: a Hub repository, a folder, other tasks, or the task itself."""
    source = registry.source(task, "{language}")
    if source is not None:
        return source.hub
    if task.folder:
        return f"folder {task.folder}"
    return " + ".join(task.includes) or "made by the task"


def licence_of(registry: Registry, task: Task) -> str:
    """Return the licence of a task's rows, of all its parts where it has several."""
    if task.includes:
        return "; ".join(dict.fromkeys(licence_of(registry, registry.task(name)) for name in task.includes))
    source = registry.source(task, "{language}")
    return (source.licence if source else "") or task.licence


def _formats(registry: Registry) -> Sequence[dict[str, Any]]:
    from harness.formats import format_named

    shapes = [format_named(name) for name in registry.names("format")]
    return [
        {
            "name": shape.name,
            "columns": shape.columns,
            "metrics": shape.metrics,
            "outputs": f"each {shape.outputs}" if shape.predicts else "none",
            "tasks": [task.name for task in registry.tasks() if task.format == shape.name],
            "description": (shape.__doc__ or "").strip().partition("\n")[0],
        }
        for shape in shapes
    ]


def _models(registry: Registry) -> Sequence[dict[str, Any]]:
    return [
        {
            "name": model.name,
            "path": model.path,
            "parameters": model.parameters,
            "embeddings": model.embeddings,
            "description": model.description,
        }
        for model in registry.models()
    ]


def _perturbations(registry: Registry) -> Sequence[dict[str, Any]]:
    return [
        {
            "name": each.full_name,
            "keeps meaning": each.keeps_meaning,
            "needs": each.needs,
            "intensity": each.intensity,
            "languages": each.languages or "all",
            "description": each.description or (each.__doc__ or "").strip().partition("\n")[0],
        }
        for each in map(registry.perturbation, registry.names("perturbation"))
    ]


def _groups(registry: Registry) -> Sequence[dict[str, Any]]:
    return [{"name": name, "perturbations": members} for name, members in sorted(registry.groups().items())]


def _recipes(registry: Registry) -> Sequence[dict[str, Any]]:
    return [
        {
            "name": name,
            "learning rate": entry.learning_rate,
            "epochs": entry.epochs,
            "batch": entry.batch_size,
            "length": entry.max_length,
            "description": entry.description,
        }
        for name, entry in ((name, registry.recipe(name)) for name in registry.names("recipe"))
    ]


def _translators(registry: Registry) -> Sequence[dict[str, Any]]:
    return [
        {
            "name": name,
            "path": entry.path,
            "languages": len(entry.codes),
            "licence": entry.licence,
            "description": entry.description,
        }
        for name, entry in ((name, registry.translator(name)) for name in registry.names("translator"))
    ]


def _suites(registry: Registry) -> Sequence[dict[str, Any]]:
    return [
        {"name": suite.name, "tasks": suite.tasks, "description": suite.description}
        for suite in map(registry.suite, registry.names("suite"))
    ]


def _languages(registry: Registry) -> Sequence[dict[str, Any]]:
    from harness.languages import languages

    served = {
        code: [task.name for task in registry.tasks() if code in task.languages] for code in languages()
    }
    return [
        {
            "code": each.code,
            "name": each.name,
            "script": each.script,
            "spaces": each.spaces,
            "tasks": served[code],
        }
        for code, each in languages().items()
    ]


LISTINGS: dict[str, Callable[[Registry], Sequence[dict[str, Any]]]] = {
    "tasks": _tasks,
    "models": _models,
    "perturbations": _perturbations,
    "groups": _groups,
    "recipes": _recipes,
    "translators": _translators,
    "suites": _suites,
    "formats": _formats,
    "languages": _languages,
}
