"""Dependency trees that are built in surface order, and their CoNLL-U."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Node:
    """A word with its dependents to the left and to the right: projective by construction.

    Args:
        glued: no space stands before the word.
    """

    form: str
    upos: str
    deprel: str
    before: list[Node] = field(default_factory=list)
    after: list[Node] = field(default_factory=list)
    glued: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence: its text and its tree in CoNLL-U (one sentence, ending in an empty line)."""

    text: str
    conllu: str


def phrase(spec: Iterable[str]) -> Node:
    """Build a phrase from words ``form/UPOS/deprel``; the word marked by ``^`` heads all others."""
    before: list[Node] = []
    head: Node | None = None
    after: list[Node] = []
    for word in spec:
        form, upos, deprel = word.removeprefix("^").rsplit("/", 2)
        node = Node(form, upos, deprel)
        if word.startswith("^"):
            head = node
        else:
            (before if head is None else after).append(node)
    if head is None:
        raise ValueError(f"no head in {list(spec)}")
    head.before, head.after = before, after
    return head


def mark(form: str, deprel: str = "punct") -> Node:
    """Build a punctuation mark, which stands at the word before it."""
    return Node(form, "PUNCT", deprel, glued=True)


def in_order(root: Node) -> tuple[list[Node], list[int]]:
    """Return the words of a tree in surface order and the index of each word's head, -1 for the root."""
    nodes: list[Node] = []
    parents: list[Node | None] = []

    def walk(node: Node, parent: Node | None) -> None:
        for child in node.before:
            walk(child, node)
        nodes.append(node)
        parents.append(parent)
        for child in node.after:
            walk(child, node)

    walk(root, None)
    place = {id(node): index for index, node in enumerate(nodes)}
    return nodes, [-1 if parent is None else place[id(parent)] for parent in parents]


def capital(word: str, language: str) -> str:
    """Return the word with a capital first letter."""
    first = "İ" if language == "tr" and word[0] == "i" else word[0].upper()
    return first + word[1:]


def say(
    root: Node, language: str, spaces: bool = True, contractions: Mapping[tuple[str, str], str] | None = None
) -> Said:
    """Write a tree out; `contractions` names pairs of words that are written as one (*in dem*: *im*)."""
    nodes, heads = in_order(root)
    forms = [node.form for node in nodes]
    joins = [
        index + 1 < len(nodes) and (nodes[index + 1].glued or forms[index].endswith("'") or not spaces)
        for index in range(len(nodes))
    ]
    joins[-1] = True
    forms[0] = capital(forms[0], language)
    lines: list[str] = []
    text: list[str] = []
    inside = False
    for index, (node, head) in enumerate(zip(nodes, heads, strict=True)):
        if not inside:
            pair = (node.form, nodes[index + 1].form) if index + 1 < len(nodes) else ("", "")
            fused = contractions.get(pair) if contractions else None
            if fused is not None:
                inside = True
                surface = capital(fused, language) if index == 0 else fused
                misc = "SpaceAfter=No" if joins[index + 1] else "_"
                lines.append(f"{index + 1}-{index + 2}\t{surface}\t_\t_\t_\t_\t_\t_\t_\t{misc}")
                text.append(surface if joins[index + 1] else surface + " ")
                misc = "_"
            else:
                misc = "SpaceAfter=No" if joins[index] else "_"
                text.append(forms[index] if joins[index] else forms[index] + " ")
        else:
            inside, misc = False, "_"
        lines.append(
            f"{index + 1}\t{forms[index]}\t_\t{node.upos}\t_\t_\t{head + 1}\t{node.deprel}\t_\t{misc}"
        )
    whole = "".join(text)
    return Said(whole, f"# text = {whole}\n" + "\n".join(lines) + "\n\n")
