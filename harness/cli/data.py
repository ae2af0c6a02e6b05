"""``harness data``: freeze the commits of data and models into harness.lock, and translate training rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from harness.plan.stages import TranslateStage
    from harness.registry_schema import TranslatorEntry
    from harness.workspace import Workspace

data = typer.Typer(help="Data: lock what was resolved, translate training rows.", no_args_is_help=True)


@data.callback()
def _data() -> None:
    """Data: lock what was resolved, translate training rows."""


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
    from harness.data.revisions import CONVERTED, Revisions

    registry = options().load_registry()
    defaults = registry.defaults
    if not task and not model:
        task = [defaults.target, *(name for name in defaults.intermediates if name != "none")]
        model = [defaults.model]
    before = Revisions.read()
    revisions = Revisions({} if update else before.locked)
    for kind, repository, revision in repositories(registry, task or [], model or []):
        if revisions.resolve(kind, repository, revision).scripted:
            revisions.resolve(kind, repository, CONVERTED)
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


@data.command()
def translate(
    task: Annotated[str, typer.Argument(metavar="TASK", show_default=False)],
    to: Annotated[
        list[str], typer.Option("--to", help="Codes of the languages, joined by commas or repeated.")
    ],
    model: Annotated[str, typer.Option("--model", "-m", help="A translator: see harness list translators.")],
    split: Annotated[str, typer.Option("--split", help="train, dev or test.")] = "train",
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Translate that many rows.")] = None,
    workspace: Annotated[
        Path | None, typer.Option("--workspace", "-w", help="Folder of finished stages. [harness-runs]")
    ] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "auto",
    precision: Annotated[str, typer.Option("--precision", help="auto, fp32 or bf16.")] = "auto",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and stop.")] = False,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Folder that stands for dataset repositories.")
    ] = None,
    allow_changed_data: Annotated[
        bool,
        typer.Option("--allow-changed-data", help="Go on where rows or labels are not as published."),
    ] = False,
) -> None:
    """Make a task's English rows in other languages: harness data translate mnli --to de,ru,sw --model nllb-600m.

    What is finished is kept in the workspace and never made again; stopped work goes on where it was.
    """
    from rich.console import Console

    from harness.cli import options
    from harness.data.identity import DataPlaces, expected_rows
    from harness.data.revisions import Revisions
    from harness.engine.devices import check, choose
    from harness.plan.translate import translate_stage
    from harness.workspace import Workspace

    registry = options().load_registry()
    places = DataPlaces(registry, Revisions.read(), data_dir, allow_changed=allow_changed_data)
    chosen, in_precision = choose(device, precision)
    found = Workspace.at(workspace)
    languages = dict.fromkeys(code.strip() for each in to for code in each.split(",") if code.strip())
    stages = [
        translate_stage(registry.task(task), split, language, model, places, limit, in_precision)
        for language in languages
    ]
    console = Console()
    rows = expected_rows(registry.task(stages[0].task), split, "en", registry)
    _tell_stages(console, stages, registry.translator(model), rows, chosen, found)
    if dry_run:
        return
    from harness.execute.progress import RichProgress
    from harness.execute.translate_stage import ROWS, translate

    if not all(found.done("translate", stage.key) for stage in stages):
        check(chosen)
    for stage in stages:
        made = translate(stage, places, found, RichProgress(console), chosen)
        for note in made.notes:
            console.print(note, highlight=False)
        for reason, count in made.dropped.items():
            console.print(f"{stage.language}: {count:,} rows left out, {reason}", highlight=False)
        path = found.place("translate", stage.key) / ROWS
        console.print(
            f"{stage.language}: {made.table.num_rows:,} rows in {path}", highlight=False, soft_wrap=True
        )


def _tell_stages(
    console: Console,
    stages: Sequence[TranslateStage],
    entry: TranslatorEntry,
    rows: int | None,
    device: str,
    workspace: Workspace,
) -> None:
    """Print what is going to be translated, by what, under which licence, and what is done already."""
    from rich.table import Table

    first = stages[0]
    count = min(rows, first.limit) if rows is not None and first.limit else rows or first.limit
    console.print(
        f"{first.task} {first.split}, {'all' if count is None else format(count, ',')} English rows, "
        f"by {first.translator} on {device} in {first.precision}, "
        f"{'likeliest token each time' if entry.beams == 1 else f'{entry.beams} beams'}; "
        f"licence of the model: {entry.licence or 'not known'}",
        highlight=False,
        soft_wrap=True,
    )
    table = Table("language", "code", "model", "commit", "key", "state")
    for stage in stages:
        table.add_row(
            stage.language,
            entry.codes[stage.language],
            stage.path,
            stage.commit[:12] if stage.commit else "folder",
            stage.key[:8],
            _state(workspace, stage.key),
        )
    console.print(table)


def _state(workspace: Workspace, key: str) -> str:
    if workspace.done("translate", key):
        return "done"
    chunks = len(list(workspace.partial("translate", key).glob("chunk-*.parquet")))
    return f"stopped after {chunks:,} chunks" if chunks else "to do"
