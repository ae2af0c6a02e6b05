"""Subject, verb and object of a clause, and the move that puts them into another order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from harness_plugins.perturbations.constructions import asks, is_fronted, leaning
from harness_plugins.perturbations.linear import Block, Line
from harness_plugins.perturbations.phrases import Move, leans, noun_phrase_bounds, trimmed, verb_bounds

from harness import Sentence

# Small words that go with their verb from wherever they stand: auxiliaries, negation, separable particles.
_ALWAYS = frozenset({"aux", "expl", "compound"})
_ARGUMENTS = frozenset({"nsubj", "obj"})
# What begins another clause.
_LINKED = frozenset({"conj", "parataxis", "cc"})
_NO_CLAUSE = frozenset(
    {"amod", "compound", "flat", "fixed", "case", "mark", "aux", "cop", "det", "cc", "discourse", "punct",
     "goeswith"}
)  # fmt: skip


class Predicate(NamedTuple):
    """A clause with at least two of subject, verb and object, each one or more blocks.

    Attributes:
        blocks: all blocks of the clause, left to right.
        parts: ``S``, ``V`` and ``O``: the blocks of each, left to right; a predicate noun counts as object of
            its copula.
    """

    blocks: list[Block]
    parts: dict[str, list[Block]]
    anchor: Block

    def in_order(self, order: str) -> bool:
        """Say whether its parts lie as `order` (``SOV``) has them."""
        anchors = {**self.parts, "V": [self.anchor]}
        starts = [block.start for letter in order for block in anchors.get(letter, ())]
        return starts == sorted(starts)

    def move(self, order: str) -> Move | None:
        """Return the move that puts its parts into `order`, next to each other where the first of them stood.

        A verb that comes last goes, with what precedes it, to where the last of them stood, so that it closes
        the clause as far as its own parts did. What is no part of them keeps its order.
        """
        verb = self.parts["V"]
        parts = {**self.parts, "V": [self.anchor]}
        row = [block for block in self.blocks if block is self.anchor or block not in verb]
        own = [block for part in parts.values() for block in part]
        places = [number for number, block in enumerate(row) if block in own]
        present = [letter for letter in order if letter in parts]
        split = 1 if present[-1] == "V" and len(present) == 3 else 0
        first = [block for letter in present[:split] for block in parts[letter]]
        second = [block for letter in present[split:] for block in (verb if letter == "V" else parts[letter])]
        late = order.endswith("V")
        target: list[Block] = []
        for number, block in enumerate(row):
            if number == places[0]:
                target += first if late else second
            if number == places[-1] and late:
                target += second
            if number not in places:
                target.append(block)
        return trimmed(self.blocks, target)


def clauses(sentence: Sentence) -> list[int]:
    """Return the tokens that have a subject or an object, left to right."""
    heads = {token.head for token in sentence.tokens if token.relation in _ARGUMENTS}
    return sorted([head for head in heads if head is not None and head >= 0])


def predicate(line: Line, head: int) -> Predicate | None:
    """Return the statement that `head` heads, as it lies; None for a question, and with nothing to order.

    Relative words and weak pronouns are neither subject nor object here: they keep their places.
    """
    sentence = line.sentence
    tokens = sentence.tokens
    token = tokens[head]
    if _ARGUMENTS.isdisjoint([tokens[child].relation for child in sentence.children(head)]):
        return None
    if not token.is_word or token.relation in _NO_CLAUSE or asks(sentence, head):
        return None
    if sentence.language == "th" and token.deprel == "acl":
        return None
    blocks = line.blocks(head)
    found = (_verbal if token.upos == "VERB" else _nominal)(sentence, blocks, head)
    if found is None:
        return None
    parts, anchor = found
    for block in blocks:
        part = _argument(sentence, head, block)
        if part is not None and block not in parts["V"]:
            parts.setdefault(part, []).append(block)
    if len(parts) < 2 or _interrupted(sentence, blocks, parts):
        return None
    return Predicate(blocks, parts, anchor)


def _argument(sentence: Sentence, head: int, block: Block) -> str | None:
    token = sentence.tokens[block.top]
    if block.top == head or token.relation not in ("nsubj", "obj", "iobj"):
        return None
    if leaning(sentence, block.top) or is_fronted(sentence, head, block.top):
        return None
    return "S" if token.relation == "nsubj" else "O"


def _verbal(
    sentence: Sentence, blocks: list[Block], head: int
) -> tuple[dict[str, list[Block]], Block] | None:
    start, end = verb_bounds(sentence, blocks, head)
    verb = [
        block
        for number, block in enumerate(blocks)
        if start <= number < end or _goes_along(sentence, head, block.top)
    ]
    return {"V": verb}, next(block for block in blocks if block.top == head)


def _goes_along(sentence: Sentence, head: int, index: int) -> bool:
    token = sentence.tokens[index]
    if token.relation in _ALWAYS:
        return True
    return token.relation in ("advmod", "obj") and token.is_word and leans(sentence, head, index)


def _nominal(
    sentence: Sentence, blocks: list[Block], head: int
) -> tuple[dict[str, list[Block]], Block] | None:
    """Return copula and predicate; a predicate without copula cannot be told from a sentence's topic."""
    copulas = [block for block in blocks if sentence.tokens[block.top].relation == "cop"]
    if len(copulas) != 1:
        return None
    start, end = noun_phrase_bounds(sentence, blocks, head)
    if end - start > 1:
        whole = False not in [block.whole for block in blocks[start:end]]
        inner = Block(head, blocks[start].start, blocks[end - 1].end, whole)
        blocks[start:end] = [inner]
    else:
        inner = blocks[start]
    verb = [
        block
        for block in blocks
        if block is copulas[0]
        or (
            block is not inner
            and (sentence.tokens[block.top].relation == "aux" or _negates(sentence, block.top))
        )
    ]
    return {"V": verb, "O": [inner]}, copulas[0]


def _negates(sentence: Sentence, index: int) -> bool:
    token = sentence.tokens[index]
    return token.relation == "advmod" and token.is_word and leaning(sentence, index)


def _interrupted(sentence: Sentence, blocks: Sequence[Block], parts: dict[str, list[Block]]) -> bool:
    """Say whether another clause stands between the parts: *bought and sold cars*."""
    own = [block for part in parts.values() for block in part]
    numbers = [number for number, block in enumerate(blocks) if block in own]
    return any(
        sentence.tokens[block.top].relation in _LINKED and block not in own
        for block in blocks[numbers[0] : numbers[-1]]
    )
