"""What is known of languages' word order, and how often a text has which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from harness_plugins.perturbations.constructions import constructions
from harness_plugins.perturbations.tables import read_table

from harness import Rewrite, Sentence

# The share that is counted, and of which construction; whether the dependent comes first in it.
FEATURES = {
    "V-O": ("object", False),
    "S-V": ("subject", True),
    "N-Adj": ("adjective", False),
    "Adp-N": ("adposition", True),
    "N-Gen": ("genitive", False),
    "N-Rel": ("relative", False),
    "Aux-V": ("auxiliary", True),
}


@dataclass(frozen=True, slots=True)
class Count:
    """How often a construction has the order that its name says (``V-O``).

    Attributes:
        so: how many have it.
        of: how many there are.
    """

    so: int = 0
    of: int = 0

    @property
    def share(self) -> float:
        """The share that has it; NaN of none."""
        return self.so / self.of if self.of else float("nan")


def word_order(sentences: Iterable[Sentence | Rewrite]) -> dict[str, Count]:
    """Count the orders of parsed sentences, or of rewrites by their sources' trees: the keys are `FEATURES`.

    Questions, relative and question words and weak pronouns are not counted among subjects and objects;
    a sentence without a tree counts nothing.
    """
    found = dict.fromkeys(FEATURES, Count())
    for each in sentences:
        sentence, places = _placed(each)
        for name, (kind, first) in FEATURES.items() if sentence.parsed else ():
            count = found[name]
            leading = [places[index] < places[head] for head, index in constructions(sentence, kind)]
            found[name] = Count(count.so + leading.count(first), count.of + len(leading))
    return found


def _placed(each: Sentence | Rewrite) -> tuple[Sentence, list[int]]:
    if isinstance(each, Sentence):
        return each, list(range(len(each)))
    return each.sentence, [-1 if place is None else place for place in each.tokens]


@cache
def known_orders() -> Mapping[str, Mapping[str, str]]:
    """Return the table of languages' orders: code, then WALS feature, then value."""
    table: dict[str, dict[str, str]] = read_table("word_order.yaml")
    return table
