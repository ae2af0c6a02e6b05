"""``harness perturb``: a text disturbed, what changed marked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.text import Text

    from harness.perturbation import Resources
    from harness.registry import Variant
    from harness.text import Disturbed, Parser

STYLES = {"kept": "", "moved": "yellow", "altered": "bold red", "inserted": "bold green"}


def perturb(
    text: Annotated[str, typer.Argument(metavar="TEXT", show_default=False)],
    language: Annotated[str, typer.Option("--language", "-l", help="Code of the text's language.")] = "en",
    perturb: Annotated[
        list[str] | None,
        typer.Option("--perturb", "-p", help="NAME, NAME:INTENSITY or a group; repeatable. Default: all."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed.")] = 0,
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
    """Disturb a text and mark what changed: in colour, or in [brackets] where the output is piped."""
    from harness.cli import options
    from harness.cli.output import PIPE_WIDTH
    from harness.languages import language as known_language
    from harness.perturbation import Resources
    from harness.text import choose_parser
    from harness.text.writing import base

    known_language(base(language))
    registry = options().load_registry()
    variants = registry.perturbations(perturb or registry.names("perturbation"))
    chosen = choose_parser(parser_models, parser)
    resources = Resources(noise_words, lexicon, perturb_model)

    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console = Console(width=PIPE_WIDTH)
    for number, variant in enumerate(variants):
        if number:
            console.print()
        given = variant._replace(perturbation=variant.perturbation.given(resources))
        for line in _block(given, text, language, seed, chosen, resources, plain=not console.is_terminal):
            console.print(line)


def _block(
    variant: Variant,
    text: str,
    language: str,
    seed: int,
    parser: Parser | None,
    resources: Resources,
    *,
    plain: bool,
) -> Iterator[Text]:
    """Yield the lines about one perturbation: its label and what it did, and the text."""
    from rich.text import Text

    from harness.text import disturb

    title = Text(variant.label, style="bold")
    reason = _unserved(variant, language, parser, resources)
    if reason is not None:
        yield title + Text(f"  cannot serve this: {reason}", style="not bold yellow")
        return
    conllu = parser.parse([text], language)[0] if parser and "parse" in variant.perturbation.needs else None
    found = disturb(
        variant.perturbation,
        text,
        language=language,
        example_id="preview",
        column="text",
        seed=seed,
        intensity=variant.intensity,
        conllu=conllu,
    )
    yield title + Text(f"  {_summary(found)}", style="not bold dim")
    yield _marked(found, plain)


def _unserved(variant: Variant, language: str, parser: Parser | None, resources: Resources) -> str | None:
    from harness.perturbation import Perturbation
    from harness.plan.build import RESOURCES

    perturbation = variant.perturbation
    if type(perturbation).edit is not Perturbation.edit:
        return f"it changes whole rows ({', '.join(perturbation.columns)}), and a text is none"
    for need, option in RESOURCES.items():
        if need in perturbation.needs and getattr(resources, need) is None:
            return f"it needs {option}"
    reason = perturbation.unserved(language)
    if reason is not None or "parse" not in perturbation.needs:
        return reason
    if parser is None:
        return "it needs a parser; give --parser-models DIR (UDPipe) or --parser stanza"
    return parser.unserved(language)


def _summary(found: Disturbed) -> str:
    if found.touched:
        return f"tokens changed: {found.token_edits}, characters: {found.char_edits}"
    if found.source.unparsed is not None:
        return f"unchanged: {found.source.unparsed}"
    return "unchanged" if found.eligible else "unchanged: nothing in this text that it could change"


def _marked(found: Disturbed, plain: bool) -> Text:
    from rich.text import Text

    line = Text("  ")
    line.append(found.source.gaps[0])
    for rewrite, after in zip(found.rewrites, found.source.gaps[1:], strict=True):
        line.append(rewrite.gaps[0])
        marks = (*rewrite.marks, "kept")
        for index, (piece, gap) in enumerate(zip(rewrite.pieces, rewrite.gaps[1:], strict=True)):
            mark, next_mark = marks[index], marks[index + 1]
            opens = plain and mark != "kept" and (index == 0 or marks[index - 1] != mark)
            closes = plain and mark != "kept" and next_mark != mark
            line.append(f"{'[' if opens else ''}{piece.text}{']' if closes else ''}", style=STYLES[mark])
            line.append(gap)
        line.append(after)
    return line
