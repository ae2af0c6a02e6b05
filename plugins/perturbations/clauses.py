"""The orders in which the parts of a clause can still be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from random import Random

from harness_plugins.perturbations.constituents import CLAUSAL, SUBORDINATE, Unit, movable

from harness import Sentence


@dataclass(frozen=True)
class Clause:
    """A clause whose units can be put in another order and read as the same.

    Attributes:
        units: its movable units, left to right.
        forms: their words; two units of the same words are not told apart.
        exchanges: orders of two arguments and the head, by index, that would read as the arguments exchanged.
        subordinate: whether it depends on another clause.
    """

    units: tuple[Unit, ...]
    forms: tuple[str, ...]
    exchanges: tuple[tuple[int, ...], ...]
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
        return (
            any(self.forms[new] != form for new, form in zip(order, self.forms, strict=True))
            and not self._hides_clause(order)
            and not any(tuple(each for each in order if each in frame) == frame for frame in self.exchanges)
        )

    def _hides_clause(self, order: Sequence[int]) -> bool:
        """Say whether a clause stands between phrases, or after a conjunction, where it did not stand before.

        Its words could be taken for theirs.
        """
        shape, source = self._shape(order), self._shape(range(len(self.units)))
        if "c" in source.strip("c"):
            return False
        return "c" in (shape.rstrip("c") if self.subordinate and source[0] != "c" else shape.strip("c"))

    def _shape(self, order: Sequence[int]) -> str:
        return "".join("c" if self.units[index].role in CLAUSAL else "p" for index in order)


def clause(sentence: Sentence, head: int, zones: Sequence[int]) -> Clause | None:
    """Return the clause that `head` heads; None if it heads none, or none with another order."""
    if not sentence.children(head):
        return None
    units = tuple(movable(sentence, head, zones))
    if len(units) < 2:
        return None
    tokens = sentence.tokens
    forms = tuple(
        " ".join(token.text.casefold() for token in tokens[unit.start : unit.end]) for unit in units
    )
    subordinate = sentence.tokens[head].relation in SUBORDINATE
    found = Clause(units, forms, tuple(_exchanges(sentence, units)), subordinate)
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
