"""``harness run``: plan, show, execute, summarise."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer


def run(
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="Model: a name, a folder, or owner/name.")
    ] = None,
    intermediate: Annotated[
        list[str] | None,
        typer.Option("--intermediate", "-i", help="'none', a task, or 'a+b' for both at once (repeatable)."),
    ] = None,
    target: Annotated[str | None, typer.Option("--target", "-t", help="Target task.")] = None,
    perturb: Annotated[
        list[str] | None,
        typer.Option("--perturb", "-p", help="Perturbation, group, or name:intensity (repeatable)."),
    ] = None,
    language: Annotated[
        list[str] | None,
        typer.Option("--language", "-l", help="Language code, or several with commas (repeatable)."),
    ] = None,
    seed: Annotated[list[int] | None, typer.Option("--seed", help="Training seed (repeatable).")] = None,
    recipe: Annotated[str | None, typer.Option("--recipe", help="Recipe: harness list recipes.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Replace a recipe's value (repeatable)."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Evaluated examples in each language.")
    ] = None,
    train_limit: Annotated[
        int | None, typer.Option("--train-limit", min=1, help="Training examples of each task.")
    ] = None,
    split: Annotated[str | None, typer.Option("--split", help="Evaluated split: dev or test.")] = None,
    perturb_field: Annotated[
        list[str] | None,
        typer.Option("--perturb-field", help="Disturb this text column only, e.g. premise (repeatable)."),
    ] = None,
    perturb_seed: Annotated[
        int | None, typer.Option("--perturb-seed", help="Seed of the perturbations.")
    ] = None,
    keep_head: Annotated[
        bool, typer.Option("--keep-head", help="Go on with the head of the phase before where labels agree.")
    ] = False,
    config: Annotated[Path | None, typer.Option("--config", help="YAML file with these options.")] = None,
    device: Annotated[str | None, typer.Option("--device", help="auto, cpu or cuda.")] = None,
    precision: Annotated[str | None, typer.Option("--precision", help="auto, fp32 or bf16.")] = None,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Folder with local copies of Hub repositories.")
    ] = None,
    parser_models: Annotated[
        Path | None, typer.Option("--parser-models", help="Folder of UDPipe models, for tree perturbations.")
    ] = None,
    parser: Annotated[str | None, typer.Option("--parser", help="udpipe or stanza.")] = None,
    workspace: Annotated[Path | None, typer.Option("--workspace", help="Folder of results.")] = None,
    prediction_tokens: Annotated[
        int | None, typer.Option("--prediction-tokens", min=1, help="Padded tokens in a batch at prediction.")
    ] = None,
    save_seconds: Annotated[
        float, typer.Option("--save-seconds", min=0, help="Seconds between two saved states of training.")
    ] = 120.0,
    experiment: Annotated[str | None, typer.Option("--experiment", help="MLflow experiment.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and stop.")] = False,
) -> None:
    """Train through the intermediate task to the target, evaluate every language, clean and disturbed.

    Stages that are done are not done again; a stopped command goes on when it is given again.
    """
    from harness.cli import options
    from harness.cli.output import wide_console
    from harness.cli.planned import print_plan
    from harness.cli.request import make_spec
    from harness.data.identity import DataPlaces
    from harness.data.revisions import Revisions
    from harness.errors import HarnessError
    from harness.plan.build import build_plan
    from harness.text.parses import choose_parser
    from harness.workspace import Workspace

    console = wide_console()
    registry = options().load_registry()
    given = {
        "model": model,
        "intermediate": intermediate,
        "target": target,
        "perturb": perturb,
        "language": language,
        "seed": seed,
        "recipe": recipe,
        "set": settings,
        "limit": limit,
        "train_limit": train_limit,
        "split": split,
        "perturb_field": perturb_field,
        "perturb_seed": perturb_seed,
        "keep_head": keep_head or None,
        "device": device,
        "precision": precision,
    }
    spec = make_spec(registry, given, config)
    if data_dir is not None and not data_dir.is_dir():
        raise HarnessError(f"--data-dir {data_dir} is no folder")
    places = DataPlaces(registry, Revisions.read(), data_dir)
    chosen = choose_parser(parser_models, parser)
    plan = build_plan(spec, registry, places, chosen)
    store = Workspace.at(workspace)
    print_plan(console, plan, places, store, brief=not dry_run)
    if registry.plugin_note:
        console.print(f"[yellow]{registry.plugin_note}[/]")
    if dry_run:
        return

    from harness.execute.context import Context
    from harness.execute.local import LocalExecutor, environment_of
    from harness.execute.progress import RichProgress
    from harness.report import summary_table
    from harness.tracking.tracker import Tracker

    command = shlex.join(["harness", *sys.argv[1:]])
    context = Context(
        plan,
        registry,
        places,
        store,
        chosen,
        RichProgress(console),
        prediction_tokens,
        save_seconds,
        lambda note: console.print(f"[yellow]Note:[/] {note}", highlight=False),
    )
    resolved = {
        "spec": spec,
        "device": plan.device,
        "precision": plan.precision,
        "languages": plan.languages,
        "stages": [stage.identity for stage in plan.train.values()],
        "commits": {name: found.commit for name, found in places.revisions.resolved.items()},
    }
    from harness.cli.request import plain

    with Tracker.open(
        store.folder, command, plain(resolved), environment_of(context), experiment=experiment
    ) as tracker:
        records = LocalExecutor(plan, context, tracker, command).run()
    for warning in tracker.warnings:
        console.print(f"[yellow]Warning:[/] {warning}", highlight=False)
    for record in records:
        console.print(summary_table(record))
        console.print(
            f"run {record.run_id[:12]}  report {store.reports / record.run_id / 'report.html'}",
            soft_wrap=True,
        )
    if len(records) > 1:
        console.print(f"Compare them: harness compare {' '.join(record.run_id[:8] for record in records)}")
