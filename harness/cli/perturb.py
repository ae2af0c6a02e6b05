"""``harness perturb``: a text disturbed, what changed marked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from harness.cli.preview import Block
    from harness.perturbation import Resources
    from harness.registry import Registry, Variant
    from harness.text import Parser

# The number after the last colon of a name: what takes a language takes no number.
_INTENSITY = re.compile(r":[0-9.]+$")


def perturb(
    text: Annotated[str, typer.Argument(metavar="TEXT", show_default=False)],
    language: Annotated[str, typer.Option("--language", "-l", help="Code of the text's language.")] = "en",
    perturb: Annotated[
        list[str] | None,
        typer.Option("--perturb", "-p", help="NAME, NAME:INTENSITY or a group; repeatable. Default: all."),
    ] = None,
    intensity: Annotated[
        list[float] | None,
        typer.Option(
            "--intensity", min=0, max=1, help="Intensity of those that name none; repeatable: each of them."
        ),
    ] = None,
    seed: Annotated[
        list[int] | None, typer.Option("--seed", help="Seed; repeatable: a draw each. Default: 0.")
    ] = None,
    tree: Annotated[
        bool,
        typer.Option(
            "--tree", help="Print the text's dependency tree (needs a parser); alone, disturb nothing."
        ),
    ] = False,
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
) -> None:
    """Disturb a text and mark what changed: in colour, or in [brackets] where the output is piped.

    Several variants stand side by side where the terminal is wide enough.
    """
    from harness.cli import options
    from harness.cli.preview import show
    from harness.languages import language as known_language
    from harness.perturbation import Resources
    from harness.text import choose_parser
    from harness.text.writing import base

    known_language(base(language))
    registry = options().load_registry()
    chosen = choose_parser(parser_models, parser)
    resources = Resources(noise_words, lexicon, perturb_model)

    console = _console()
    if tree:
        _print_tree(console, text, language, chosen)
    if tree and perturb:
        console.print()
    if perturb or not tree:
        asked = perturb or registry.names("perturbation")
        blocks = [
            block
            for variant in _variants(registry, asked, intensity or [])
            for block in _blocks(variant, text, language, seed or [0], chosen, resources)
        ]
        show(console, text, blocks)


def _console() -> Console:
    from rich.console import Console

    from harness.cli.output import PIPE_WIDTH

    console = Console()
    return console if console.is_terminal else Console(width=PIPE_WIDTH)


def _variants(registry: Registry, asked: Sequence[str], intensities: Sequence[float]) -> list[Variant]:
    """Return the variants asked for: those without an intensity of their own at each of `intensities`."""
    names = [name for each in asked for name in each.split(",") if name]
    found: dict[str, Variant] = {}
    for name in names:
        own = _INTENSITY.search(name) is not None
        for variant in registry.perturbations([name]):
            wanted = [variant.label] if own or not intensities else []
            wanted += [f"{variant.label}:{value:g}" for value in intensities if not own]
            found |= {each.label: each for each in registry.perturbations(wanted)}
    return list(found.values())


def _blocks(
    variant: Variant,
    text: str,
    language: str,
    seeds: Sequence[int],
    parser: Parser | None,
    resources: Resources,
) -> Iterator[Block]:
    """Yield what is shown of one perturbation: a block for each seed, and for each draw where the worst counts."""
    from harness.cli.preview import Block, summary
    from harness.keys import number
    from harness.text import disturb

    reason = _unserved(variant, language, parser, resources)
    if reason is not None:
        yield Block(variant.label, f"cannot serve this: {reason}", warning=True)
        return
    perturbation = variant.perturbation.given(resources)
    conllu = parser.parse([text], language)[0] if parser and "parse" in perturbation.needs else None
    for seed in seeds:
        for draw in range(variant.draws):
            found = disturb(
                perturbation,
                text,
                language=language,
                example_id="preview",
                column="text",
                seed=number(seed, "draw", draw) if draw else seed,
                intensity=variant.intensity,
                conllu=conllu,
            )
            title = variant.label
            title += f"  seed {seed}" if len(seeds) > 1 else ""
            title += f"  draw {draw + 1} of {variant.draws}" if variant.draws > 1 else ""
            yield Block(title, summary(found), found)


def _print_tree(console: Console, text: str, language: str, parser: Parser | None) -> None:
    from harness.cli.preview import trees
    from harness.errors import HarnessError
    from harness.text import passage

    if parser is None:
        raise HarnessError("a tree needs a parser", "Give --parser-models DIR (UDPipe) or --parser stanza.")
    reason = parser.unserved(language)
    if reason is not None:
        raise HarnessError(f"no tree: {reason}", "Give a parser that serves this language.")
    source = passage(text, language, parser.parse([text], language)[0])
    drawn = trees(source)
    for each in drawn:
        console.print(each)
    if not drawn:
        console.print(f"no tree: {source.unparsed or 'the parser made none of it'}", highlight=False)


def _unserved(variant: Variant, language: str, parser: Parser | None, resources: Resources) -> str | None:
    from harness.perturbation import Perturbation
    from harness.plan.asked import RESOURCES

    perturbation = variant.perturbation
    if variant.greedy:
        return "it asks a model which words matter most; use it in harness run"
    if type(perturbation).edit is not Perturbation.edit:
        columns = ", ".join(perturbation.columns) or "all columns"
        return (
            f"it changes whole rows ({columns}), and a text is none; "
            f"use it in harness run, on a target with these columns"
        )
    for need, option in RESOURCES.items():
        if need in perturbation.needs and getattr(resources, need) is None:
            return f"it needs {option}"
    reason = perturbation.unserved(language)
    if reason is not None or "parse" not in perturbation.needs:
        return reason
    if parser is None:
        return "it needs a parser; give --parser-models DIR (UDPipe) or --parser stanza"
    return parser.unserved(language)
