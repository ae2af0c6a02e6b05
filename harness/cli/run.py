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
    split: Annotated[
        str | None,
        typer.Option(
            "--split", help="Evaluated split: dev or test; test,dev: the first that a language has."
        ),
    ] = None,
    perturb_field: Annotated[
        list[str] | None,
        typer.Option("--perturb-field", help="Disturb this text column only, e.g. premise (repeatable)."),
    ] = None,
    perturb_seed: Annotated[
        int | None, typer.Option("--perturb-seed", help="Seed of the perturbations.")
    ] = None,
    noise_words: Annotated[
        str | None, typer.Option("--noise-words", help="File of known misspellings, for noise that needs it.")
    ] = None,
    lexicon: Annotated[
        str | None,
        typer.Option("--lexicon", help="Bilingual lexicon, or a folder of them, for code-switching."),
    ] = None,
    perturb_model: Annotated[
        str | None,
        typer.Option("--perturb-model", help="Masked language model, for substitution in context."),
    ] = None,
    continue_head: Annotated[
        bool,
        typer.Option("--continue-head", help="Go on with the head of the phase before where labels agree."),
    ] = False,
    train_language: Annotated[
        list[str] | None,
        typer.Option("--train-language", help="Train the target in these languages, not in English."),
    ] = None,
    control: Annotated[
        str | None,
        typer.Option(
            "--control",
            help="'steps': also train on the target's rows for as many steps as each intermediate.",
        ),
    ] = None,
    freeze: Annotated[
        list[str] | None, typer.Option("--freeze", help="Do not train: embeddings or encoder (repeatable).")
    ] = None,
    lora_rank: Annotated[
        int | None,
        typer.Option("--lora-rank", min=1, help="Train low-rank updates of this rank (needs peft)."),
    ] = None,
    metric: Annotated[
        str | None, typer.Option("--metric", help="Main score, where the target has several.")
    ] = None,
    suite: Annotated[
        str | None, typer.Option("--suite", help="Run every target of a suite: harness list suites.")
    ] = None,
    translator: Annotated[
        str | None,
        typer.Option("--translator", help="Makes training rows in languages that have none."),
    ] = None,
    translations: Annotated[
        Path | None, typer.Option("--translations", help="Folder of your own translated training rows.")
    ] = None,
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
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            min=0,
            help="Processes that disturb and parse (UDPipe); 0: this one. Default: cores - 1, at most 8.",
        ),
    ] = None,
    save_seconds: Annotated[
        float, typer.Option("--save-seconds", min=0, help="Seconds between two saved states of training.")
    ] = 120.0,
    compile_: Annotated[
        bool,
        typer.Option("--compile", help="Compile the encoder's layers in training (needs a C++ compiler)."),
    ] = False,
    allow_changed_data: Annotated[
        bool,
        typer.Option("--allow-changed-data", help="Go on where rows or labels are not as published."),
    ] = False,
    experiment: Annotated[str | None, typer.Option("--experiment", help="MLflow experiment.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and stop.")] = False,
) -> None:
    """Train through the intermediate task to the target, evaluate every language, clean and disturbed.

    Stages that are done are not done again; a stopped command goes on when it is given again.
    """
    from harness.cli import options
    from harness.cli.launch import Launch
    from harness.cli.output import wide_console
    from harness.cli.request import make_spec
    from harness.data.identity import DataPlaces
    from harness.data.revisions import Revisions
    from harness.errors import HarnessError
    from harness.execute.workers import default_workers
    from harness.text.parses import choose_parser
    from harness.workspace import Workspace

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
        "continue_head": continue_head or None,
        "train_language": train_language,
        "control": control,
        "freeze": freeze,
        "lora_rank": lora_rank,
        "metric": metric,
        "suite": suite,
        "translator": translator,
        "noise_words": noise_words,
        "lexicon": lexicon,
        "perturb_model": perturb_model,
        "device": device,
        "precision": precision,
    }
    spec, named = make_spec(registry, given, config)
    for option, folder in (("--data-dir", data_dir), ("--translations", translations)):
        if folder is not None and not folder.is_dir():
            raise HarnessError(f"{option} {folder} is no folder")
    launch = Launch(
        wide_console(),
        registry,
        DataPlaces(
            registry, Revisions.read(), data_dir, translations=translations, allow_changed=allow_changed_data
        ),
        Workspace.at(workspace),
        choose_parser(parser_models, parser),
        prediction_tokens,
        save_seconds,
        experiment,
        shlex.join(["harness", *sys.argv[1:]]),
        default_workers() if workers is None else workers,
        compile_,
    )
    if named is None:
        launch.target(spec, dry_run)
    else:
        launch.suite(spec, named, dry_run)
