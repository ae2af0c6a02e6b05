"""The orders in which the parts of a clause can still be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from random import Random

from harness_plugins.perturbations.constituents import (
    CLAUSAL,
    SUBORDINATE,
    Unit,
    heads_clause,
    movable,
    quotation_zones,
)

from harness import Sentence
from harness.text.lazy import lazy


@dataclass
class Clause:
    """A clause whose units can be put in another order and read as the same.

    Attributes:
        units: its movable units, left to right.
        forms: their words; two units of the same words are not told apart.
        exchanges: orders of two arguments and the head, by index, that would read as the arguments exchanged.
        subordinate: whether it depends on another clause.
    """

    units: list[Unit]
    forms: list[str]
    exchanges: list[tuple[int, ...]]
    subordinate: bool

    def another_order(self, rng: Random) -> tuple[int, ...]:
        """Return the units' indices in a random order that differs and can be read as the same."""
        order = list(range(len(self.units)))
        for _ in range(30):
            rng.shuffle(order)
            if self._reads_same(order):
                return tuple(order)
        return rng.choice(list(filter(self._reads_same, self._near())))

    def has_another_order(self) -> bool:
        """Say whether there is such an order."""
        if not self.exchanges and not self._edged:
            return len(set(self.forms)) > 1
        return len(self.units) > 1 and any(map(self._reads_same, self._near()))

    def _near(self) -> Iterator[tuple[int, ...]]:
        """Yield orders that differ little: every order of up to four units, else two units exchanged."""
        source = tuple(range(len(self.units)))
        if len(source) <= 4:
            yield from permutations(source)
            return
        for left, right in combinations(source, 2):
            yield (*source[:left], right, *source[left + 1 : right], left, *source[right + 1 :])

    def _reads_same(self, order: Sequence[int]) -> bool:
        if [self.forms[index] for index in order] == self.forms or (
            self._edged and self._hides_clause(order)
        ):
            return False
        return all(tuple([each for each in order if each in frame]) != frame for frame in self.exchanges)

    def _hides_clause(self, order: Sequence[int]) -> bool:
        """Say whether a clause stands between phrases, or after a conjunction, where none did before.

        Its words could be taken for theirs.
        """
        source = self.shape
        shape = "".join([source[index] for index in order])
        return "c" in (shape.rstrip("c") if self.subordinate and source[0] != "c" else shape.strip("c"))

    @lazy
    def _edged(self) -> bool:
        """Whether it has clauses, all of them first or last."""
        return "c" in self.shape and "c" not in self.shape.strip("c")

    @lazy
    def shape(self) -> str:
        """A letter for each unit: c for a clause, p for another phrase."""
        return "".join(["c" if unit.role in CLAUSAL else "p" for unit in self.units])


def clauses(sentence: Sentence) -> Mapping[int, Clause]:
    """Return the clauses of a sentence that have another order, by their heads, a clause after those inside it."""
    known: Mapping[int, Clause] | None = sentence.found.get(__name__)
    if known is None:
        zones = quotation_zones(sentence)
        above = set(sentence.tree.heads)
        heads = [head for head in sentence.tree.upwards if head in above and heads_clause(sentence, head)]
        each = [(head, _clause(sentence, head, zones)) for head in heads]
        known = sentence.found[__name__] = {head: found for head, found in each if found is not None}
    return known


def _clause(sentence: Sentence, head: int, zones: Sequence[int]) -> Clause | None:
    """Return the clause that `head` heads; None if it has no other order."""
    units = movable(sentence, head, zones)
    if len(units) < 2:
        return None
    words = sentence.forms
    forms = [" ".join(words[start:end]).casefold() for start, end, *_ in units]
    subordinate = sentence.tokens[head].relation in SUBORDINATE
    found = Clause(units, forms, list(_exchanges(sentence, units)), subordinate)
    return found if found.has_another_order() else None


def _exchanges(sentence: Sentence, units: Sequence[Unit]) -> Iterator[tuple[int, ...]]:
    """Yield the orders in which two arguments have changed places and nothing else tells them apart.

    *Mary saw John* for *John saw Mary*; not *him saw I*, nor where a case ending or adposition tells.
    """
    arguments = [index for index, unit in enumerate(units) if unit.role in ("nsubj", "obj", "iobj")]
    for left, right in combinations(arguments, 2):
        if not _told_apart(sentence, units[left].top, units[right].top):
            swapped = {left: right, right: left}
            frame = (index for index, unit in enumerate(units) if index in swapped or unit.role == "head")
            yield tuple(swapped.get(index, index) for index in frame)


def _told_apart(sentence: Sentence, subject: int, object_: int) -> bool:
    cases = [_cases(sentence, subject), _cases(sentence, object_)]
    adposition = [
        any(sentence.tokens[child].relation == "case" for child in sentence.children(top))
        for top in (subject, object_)
    ]
    return any(adposition) or (bool(cases[0]) and bool(cases[1]) and cases[0].isdisjoint(cases[1]))


def _cases(sentence: Sentence, top: int) -> set[str]:
    within = (top, *(child for child in sentence.children(top) if sentence.tokens[child].relation == "det"))
    return {
        sentence.tokens[index].feats["Case"] for index in within if "Case" in sentence.tokens[index].feats
    }
