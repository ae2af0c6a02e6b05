"""Subject, verb and object of a clause, and the move that puts them into another order."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from typing import NamedTuple

from harness_plugins.perturbations.constructions import asks, is_fronted, small_words
from harness_plugins.perturbations.linear import Line, Move
from harness_plugins.perturbations.phrases import noun_phrase_bounds, trimmed, verb_bounds

from harness import Sentence

# Small words that go with their verb from wherever they stand: auxiliaries, negation, separable particles.
_ALWAYS = frozenset({"aux", "expl", "compound"})
_ARGUMENTS = frozenset({"nsubj", "obj"})
# Dependents that are arguments, or small words that may go with the verb.
_ORDERED = frozenset({"nsubj", "obj", "iobj", "advmod"})
_LETTERS = {"nsubj": "S", "obj": "O", "iobj": "O"}
# What begins another clause.
_LINKED = frozenset({"conj", "parataxis", "cc"})
_NO_CLAUSE = frozenset(
    {"amod", "compound", "flat", "fixed", "case", "mark", "aux", "cop", "det", "cc", "discourse", "punct",
     "goeswith"}
)  # fmt: skip


class Predicate(NamedTuple):
    """A clause with at least two of subject, verb and object, each one or more phrases.

    Attributes:
        line: the sentence as it lies.
        head: the token that the clause hangs on.
        tops: all phrases of the clause, left to right, each by its top.
        parts: ``S``, ``V`` and ``O``: which phrases each is; a predicate noun counts as object of its copula.
        anchor: which phrase of ``V`` is the verb itself, or the copula.
        core: of a predicate noun the phrases that stay with it, which `head` stands for among `tops`.
    """

    line: Line
    head: int
    tops: Sequence[int]
    parts: dict[str, list[int]]
    anchor: int
    core: Sequence[int] = ()

    def in_order(self, order: str) -> bool:
        """Say whether its parts lie as `order` (``SOV``) has them."""
        last = -1
        for letter in order:
            for number in (self.anchor,) if letter == "V" else self.parts.get(letter, ()):
                if number < last:
                    return False
                last = number
        return True

    def move(self, order: str) -> Move | None:
        """Return the move that puts its parts into `order`, next to each other where the first of them stood.

        A verb that comes last goes, with what precedes it, to where the last of them stood, so that it closes
        the clause as far as its own parts did. What is no part of them keeps its order. None if they lie so.
        """
        if self.in_order(order):
            return None
        parts, tops = self.parts, self.tops
        own = [self.anchor, *parts.get("S", ()), *parts.get("O", ())]
        start, last = min(own), max(own)
        present = [letter for letter in order if letter in parts]
        split = 1 if present[-1] == "V" and len(present) == 3 else 0
        first = parts[present[0]] if split else []
        second = [number for letter in present[split:] for number in parts[letter]]
        moving = {*first, *second}
        others = [number for number in range(len(tops)) if number not in moving]
        low, high = bisect(others, start), bisect(others, last)
        between = others[low:high]
        middle = [*first, *between, *second] if order[-1] == "V" else [*second, *between]
        target = [tops[number] for number in (*others[:low], *middle, *others[high:])]
        return trimmed(self.line, self.head, tops, target, self.core)


def clauses(sentence: Sentence, order: str = "") -> list[int]:
    """Return the tokens that have a subject or an object, left to right.

    Of verbs only those whose subjects and objects are not written in `order`, where one is given.
    """
    heads = sentence.tree.heads
    found: dict[int, list[int]] = {}
    for index, relation in enumerate(sentence.tree.relations):
        if relation in _LETTERS and heads[index] >= 0:
            found.setdefault(heads[index], []).append(index)
    return sorted([head for head, arguments in found.items() if _counts(sentence, head, arguments, order)])


def _counts(sentence: Sentence, head: int, arguments: Sequence[int], order: str) -> bool:
    relations = sentence.tree.relations
    if _ARGUMENTS.isdisjoint([relations[index] for index in arguments]):
        return False
    if not order or sentence.tree.upos[head] != "VERB":
        return True
    letters = [_LETTERS[relations[index]] for index in arguments]
    letters.insert(bisect(arguments, head), "V")
    ranks = list(map(order.index, letters))
    return ranks != sorted(ranks)


def predicate(line: Line, head: int) -> Predicate | None:
    """Return the statement that one of the `clauses` makes, as it lies; None for a question, and with nothing to order.

    Relative words and weak pronouns are neither subject nor object here: they keep their places.
    """
    sentence = line.sentence
    if (
        not sentence.tree.are_words[head]
        or sentence.tree.relations[head] in _NO_CLAUSE
        or asks(sentence, head)
    ):
        return None
    if sentence.language == "th" and sentence.tokens[head].deprel == "acl":
        return None
    found = (_verbal if sentence.tree.upos[head] == "VERB" else _nominal)(line, head)
    if found is None or len(found.parts) < 2 or _interrupted(sentence, found):
        return None
    return found


def _verbal(line: Line, head: int) -> Predicate:
    sentence, tops = line.sentence, line.tops(head)
    start, end = verb_bounds(sentence, tops, head)
    relations = sentence.tree.relations
    verb: list[int] = []
    parts: dict[str, list[int]] = {"V": verb}
    for number, top in enumerate(tops):
        relation = relations[top]
        if start <= number < end or relation in _ALWAYS:
            verb.append(number)
        elif relation in _ORDERED and (part := _part(sentence, head, top)) is not None:
            parts.setdefault(part, []).append(number)
    return Predicate(line, head, tops, parts, tops.index(head))


def _part(sentence: Sentence, head: int, index: int) -> str | None:
    """Return which part of a clause a phrase is; None of what is neither argument nor leans on the verb."""
    relation = sentence.tree.relations[index]
    if index in small_words(sentence):
        return "V" if relation in ("advmod", "obj") and sentence.tree.are_words[index] else None
    if relation == "advmod" or is_fronted(sentence, head, index):
        return None
    return "S" if relation == "nsubj" else "O"


def _nominal(line: Line, head: int) -> Predicate | None:
    """Return copula and predicate; a predicate without copula cannot be told from a sentence's topic."""
    sentence, tops = line.sentence, line.tops(head)
    every = sentence.tree.relations
    if [every[top] for top in tops].count("cop") != 1:
        return None
    start, end = noun_phrase_bounds(line, tops, head)
    core = tops[start:end] if end - start > 1 else ()
    tops = [*tops[:start], head, *tops[end:]]
    parts: dict[str, list[int]] = {"V": [], "O": [start]}
    relations = [every[top] for top in tops]
    for number, (top, relation) in enumerate(zip(tops, relations, strict=True)):
        if number == start:
            continue
        part = "V" if relation in ("cop", "aux") else None
        if relation in _ORDERED:
            part = _part(sentence, head, top)
        if part is not None and (part, relation) != ("V", "obj"):
            parts.setdefault(part, []).append(number)
    return Predicate(line, head, tops, parts, relations.index("cop"), core)


def _interrupted(sentence: Sentence, found: Predicate) -> bool:
    """Say whether another clause stands between the parts: *bought and sold cars*."""
    relations = sentence.tree.relations
    linked = [n for n, top in enumerate(found.tops) if relations[top] in _LINKED]
    if not linked:
        return False
    own = [number for part in found.parts.values() for number in part]
    return any(min(own) < n < max(own) and n not in own for n in linked)
