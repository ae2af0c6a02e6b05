"""How disturbed texts and their trees are drawn on a terminal and in a pipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

    from harness.text import Disturbed, Passage, Rewrite, Sentence, Token

STYLES: Mapping[str, str] = {
    "kept": "",
    "moved": "yellow",
    "altered": "bold red",
    "inserted": "bold green",
}
# The least width of a text, where several stand side by side, and the most of them.
_NARROWEST, _BESIDE = 48, 4
_INSIDE = (0, 0, 1, 2)


@dataclass(frozen=True)
class Block:
    """What is shown of one variant: its title, what is to be said of it, and the text, if there is any.

    Attributes:
        warning: whether it could not be made.
    """

    title: str
    note: str = ""
    found: Disturbed | None = None
    warning: bool = False


def show(console: Console, text: str, blocks: Sequence[Block]) -> None:
    """Print blocks: side by side where the terminal is wide enough, else below each other.

    On a terminal the text as it was comes first, and a legend last. Where there are no colours, brackets stand
    around what changed.
    """
    from rich.text import Text

    plain = not console.is_terminal or console.no_color or console.color_system is None
    if not console.is_terminal:
        for number, block in enumerate(blocks):
            if number:
                console.print()
            console.print(_heading(block))
            if block.found is not None:
                console.print(Text("  ") + _marked(block.found, plain))
        return
    _beside(console, [Block("text as it is", text), *blocks], plain)
    if any(block.found is not None and block.found.touched for block in blocks):
        console.print(_legend(plain))


def _beside(console: Console, blocks: Sequence[Block], plain: bool) -> None:
    from rich.console import Group
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    columns = max(1, min(_BESIDE, len(blocks), console.width // _NARROWEST))
    grid = Table.grid(padding=(0, 2, 0, 0), expand=columns > 1)
    for _ in range(columns):
        grid.add_column(ratio=1, overflow="fold")
    first, *others = blocks
    cells = [Group(Text(first.title, style="dim"), Padding(Text(first.note), _INSIDE))]
    for block in others:
        body = [Padding(_marked(block.found, plain), _INSIDE)] if block.found is not None else [Text("")]
        cells.append(Group(_heading(block), *body))
    for start in range(0, len(cells), columns):
        grid.add_row(*cells[start : start + columns])
    console.print(grid)


def _heading(block: Block) -> Text:
    from rich.text import Text

    style = "not bold yellow" if block.warning else "not bold dim"
    return Text(block.title, style="bold") + Text(f"  {block.note}", style=style)


def _legend(plain: bool) -> Text:
    from rich.text import Text

    if plain:
        return Text("[changed]")
    parts = [Text(mark, style=style) for mark, style in STYLES.items() if style]
    return Text("  ").join(parts)


def summary(found: Disturbed) -> str:
    """Say what a perturbation did to a text, or why it did nothing."""
    if not found.touched:
        if found.source.unparsed is not None:
            return f"unchanged: {found.source.unparsed}"
        return "unchanged" if found.eligible else "unchanged: nothing in this text that it could change"
    parts = [f"tokens changed: {found.token_edits}", f"characters: {found.char_edits}"]
    lost = [word for rewrite in found.rewrites for word in _left_out(rewrite)]
    parts += [f"left out: {' '.join(lost)}"] if lost else []
    growth = _growth(found)
    parts += [f"dependencies: {growth:+.0%}"] if growth is not None else []
    return ", ".join(parts)


def _left_out(rewrite: Rewrite) -> list[str]:
    pairs = zip(rewrite.sentence.tokens, rewrite.tokens, strict=True)
    return [token.text for token, place in pairs if place is None]


def _growth(found: Disturbed) -> float | None:
    """Return by which share the dependencies became longer; None without a tree."""
    from harness.text.dependencies import dependency_lengths

    lengths = [dependency_lengths(rewrite) for rewrite in found.rewrites]
    before, after = sum(length for length, _ in lengths), sum(length for _, length in lengths)
    return after / before - 1 if before else None


def _marked(found: Disturbed, plain: bool) -> Text:
    """Return a disturbed text with what changed in colour, or in brackets."""
    from rich.text import Text

    line = Text(found.source.gaps[0])
    for rewrite, after in zip(found.rewrites, found.source.gaps[1:], strict=True):
        line.append(rewrite.gaps[0])
        marks = (*rewrite.marks, "kept")
        for index, (piece, gap) in enumerate(zip(rewrite.pieces, rewrite.gaps[1:], strict=True)):
            mark, next_mark = marks[index], marks[index + 1]
            opens = plain and mark != "kept" and (index == 0 or marks[index - 1] != mark)
            closes = plain and mark != "kept" and next_mark != mark
            style = "" if plain else STYLES[mark]
            line.append(f"{'[' if opens else ''}{piece.text}{']' if closes else ''}", style=style)
            line.append(gap)
        line.append(after)
    return line


def trees(source: Passage) -> list[Tree]:
    """Return the dependency tree of each sentence of a parsed text: word, relation, part of speech."""
    return [_tree(sentence) for sentence in source.sentences if sentence.parsed]


def _tree(sentence: Sentence) -> Tree:
    from rich.text import Text
    from rich.tree import Tree

    drawn = Tree(Text(sentence.text, style="dim"))
    waiting = [(index, drawn) for index in range(len(sentence)) if sentence.head(index) < 0]
    while waiting:
        index, above = waiting.pop(0)
        branch = above.add(_node(index + 1, sentence.tokens[index]))
        waiting += [(child, branch) for child in sentence.children(index)]
    return drawn


def _node(number: int, token: Token) -> Text:
    from rich.text import Text

    line = Text(f"{number} ", style="dim")
    line.append(token.text, style="bold")
    line.append(f"  {token.deprel} {token.upos}", style="dim")
    if len(token.words) > 1:
        line.append(f"  {' + '.join(word.form for word in token.words)}", style="dim")
    return line
