"""``harness plugins``: where plugins come from, what failed, and whether their perturbations keep the laws."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from harness.conformance import Report
    from harness.perturbation import Perturbation
    from harness.registry import Registry

plugins = typer.Typer(help="Plugins: list them, or check their perturbations.")
STYLES = {"passed": "green", "failed": "bold red", "skipped": "dim"}
# Texts with trees that are taken from each task that makes them, of each language.
MADE_ROWS = 2


@plugins.callback(invoke_without_command=True)
def _plugins(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the plugins that are installed, what they provide, and what failed; or check their perturbations."""
    from dataclasses import asdict

    from harness.cli import options, output
    from harness.plugins import load_plugins, strict

    if context.invoked_subcommand is not None:
        return
    loaded = load_plugins(options().no_plugin)
    if as_json:
        output.as_json([asdict(record) for record in loaded.records])
    else:
        output.table(
            "plugins",
            ("name", "kind", "origin", "version", "status", "provides", "error"),
            [
                (
                    each.name,
                    ", ".join(each.kinds),
                    each.origin,
                    each.version,
                    each.status,
                    ", ".join(each.provides),
                    each.error,
                )
                for each in loaded.records
            ],
        )
    if strict():
        loaded.require()


@plugins.command()
def check(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME...", help="A perturbation, a group, a plugin, or 'all'.")
    ],
    language: Annotated[
        list[str] | None,
        typer.Option(
            "--language", "-l", help="Only this language (repeatable). Default: all that it serves."
        ),
    ] = None,
    texts: Annotated[
        Path | None,
        typer.Option(
            "--texts",
            help="File of texts to try too, one a line, in the one --language.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    parser_models: Annotated[
        Path | None, typer.Option("--parser-models", help="Folder of UDPipe models, for tree perturbations.")
    ] = None,
    parser: Annotated[str | None, typer.Option("--parser", help="udpipe or stanza.")] = None,
    noise_words: Annotated[
        Path | None, typer.Option("--noise-words", help="File of known misspellings.", exists=True)
    ] = None,
    lexicon: Annotated[
        Path | None, typer.Option("--lexicon", help="Bilingual lexicon, or a folder of them.", exists=True)
    ] = None,
    perturb_model: Annotated[
        str | None, typer.Option("--perturb-model", help="Masked language model.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer languages and texts, and none that takes long.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Hold perturbations to the laws that all of them keep: alignment, determinism, hostile texts and so on.

    They are tried on made texts in all languages that they serve. The exit code is 1 where a law is broken.
    """
    from dataclasses import asdict

    from harness.cli import options, output
    from harness.conformance.checking import check as hold
    from harness.conformance.samples import made_rows
    from harness.languages import language as known_language
    from harness.perturbation import Resources
    from harness.text import choose_parser
    from harness.text.writing import base

    for code in language or ():
        known_language(base(code))
    registry = options().load_registry()
    chosen = dict.fromkeys(each for name in names for each in _perturbations(registry, name))
    lines = _lines(texts, language or [])
    trees = tuple(made_rows(registry.tasks(), MADE_ROWS))
    found = []
    for perturbation in chosen:
        report = hold(
            perturbation,
            languages=language,
            texts=lines,
            trees=trees,
            parser=choose_parser(parser_models, parser),
            resources=Resources(noise_words, lexicon, perturb_model),
            quick=quick,
        )
        found.append(report)
        if not as_json:
            _print(output.wide_console(), report)
    if as_json:
        output.as_json([asdict(report) for report in found])
    if not all(report.passed for report in found):
        raise typer.Exit(1)


def _perturbations(registry: Registry, name: str) -> Iterator[Perturbation]:
    """Yield the perturbations that a name stands for: those of a plugin, of a group, one, or all."""
    from harness.conformance.trial import instance
    from harness.names import unknown

    known = registry.names("perturbation")
    groups = registry.groups()
    provided = {
        each.name: [thing.partition(" ")[2] for thing in each.provides if thing.startswith("perturbation ")]
        for each in registry.records
    }
    if name == "all":
        members: Sequence[str] = known
    elif name.partition(":")[0] in known:
        members = [name]
    elif name in groups:
        members = [variant.perturbation.full_name for variant in registry.perturbations([name])]
    elif provided.get(name):
        members = provided[name]
    else:
        named = [plugin for plugin, them in provided.items() if them]
        raise unknown("perturbation, group or plugin", name, [*known, *groups, *named, "all"])
    for member in members:
        yield instance(registry.perturbation(member))


def _lines(path: Path | None, languages: Sequence[str]) -> list[tuple[str, str]]:
    from harness.errors import HarnessError

    if path is None:
        return []
    if len(languages) != 1:
        raise HarnessError("--texts needs the language of the texts", "Give one --language.")
    lines = path.read_text(encoding="utf-8").splitlines()
    return [(languages[0], line) for line in lines if line.strip()]


def _print(console: Console, report: Report) -> None:
    """Print a report: a line about it, then a law a line, each failure with its smallest text."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    unit = "" if report.speed is None else f", {report.speed:,.0f} a second"
    console.print(Text(report.name, style="bold") + Text(f"  {_scope(report)}{unit}", style="not bold dim"))
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_header=False)
    drawn.add_column("law", no_wrap=True)
    drawn.add_column("outcome", no_wrap=True)
    drawn.add_column("says", overflow="fold")
    for each in report.checks:
        told = Text(each.note or each.says)
        if each.outcome == "failed" and each.text is not None:
            told.append(f"\n{each.language}  {each.text!r}", style="yellow")
        drawn.add_row(each.law, Text(each.outcome, style=STYLES[each.outcome]), told)
    console.print(drawn)
    if report.unmoved and report.languages:
        console.print(f"  no made text changed in: {' '.join(report.unmoved)}", style="dim")


def _scope(report: Report) -> str:
    if not report.languages:
        return "tried in no language"
    return f"tried in {len(report.languages)} languages: {' '.join(report.languages)}"
