"""``harness data lock``: freeze the commits of data and models into harness.lock."""

from __future__ import annotations

from typing import Annotated

import typer

data = typer.Typer(help="Data sources and models: lock what was resolved.", no_args_is_help=True)


@data.callback()
def _data() -> None:
    """Data sources and models: lock what was resolved."""


@data.command()
def lock(
    task: Annotated[
        list[str] | None, typer.Option("--task", "-t", help="Lock the data of this task (repeatable).")
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", "-m", help="Lock this model: a name or owner/name (repeatable)."),
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Resolve anew what is locked already, instead of keeping it.")
    ] = False,
) -> None:
    """Resolve data sources and models to commits and write harness.lock, which is honoured from then on.

    Without --task and --model: those of the registry's defaults.
    """
    from rich.console import Console
    from rich.table import Table

    from harness.cli import options
    from harness.data.lock import repositories
    from harness.data.revisions import Revisions

    registry = options().load_registry()
    defaults = registry.defaults
    if not task and not model:
        task = [defaults.target, *(name for name in defaults.intermediates if name != "none")]
        model = [defaults.model]
    before = Revisions.read()
    revisions = Revisions({} if update else before.locked)
    for kind, repository, revision in repositories(registry, task or [], model or []):
        revisions.resolve(kind, repository, revision)
    if update:
        revisions.locked = {
            name: commit for name, commit in before.locked.items() if name not in revisions.resolved
        }
    path = revisions.write()
    table = Table("repository", "commit", "before")
    for name, found in sorted(revisions.resolved.items()):
        old = before.locked.get(name)
        table.add_row(
            name, found.commit, "new" if old is None else "same" if old == found.commit else old[:12]
        )
    Console().print(table)
    typer.echo(f"wrote {path.name}")
