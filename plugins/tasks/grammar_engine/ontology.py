"""The concepts of the grammar, and how they lie to each other: wider, narrower, excluding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml


class Order(Enum):
    """How a description lies to another: BELOW is narrower (an apple to a fruit), ABOVE is wider."""

    EQUAL = "equal"
    BELOW = "below"
    ABOVE = "above"
    APART = "apart"
    OVERLAP = "overlap"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Noun:
    """A noun's concept: its kind, itself and all wider nouns (nearest first), and the next narrower ones."""

    kind: str
    line: tuple[str, ...]
    narrower: tuple[str, ...]
    same: str | None


@dataclass(frozen=True)
class Adjective:
    """An adjective's concept: the kinds it is said of; relative ones do not survive a change of noun."""

    kinds: frozenset[str]
    relative: bool


@dataclass(frozen=True)
class Verb:
    """A verb's concept: the kinds of its agents and patients, and how its patient is spoken of."""

    agents: frozenset[str]
    patients: frozenset[str]
    manners: tuple[str, ...]
    definite: bool
    one_way: bool


@dataclass(frozen=True)
class Ontology:
    """All concepts; the methods answer with `Order`."""

    nouns: Mapping[str, Noun]
    adjectives: Mapping[str, Adjective]
    verbs: Mapping[str, Verb]
    manners: tuple[str, ...]
    places: tuple[str, ...]
    times: tuple[str, ...]
    apart: frozenset[tuple[str, str]]

    def compare_nouns(self, a: str, b: str) -> Order:
        """Compare two nouns; synonyms are EQUAL."""
        first, second = self.nouns[a], self.nouns[b]
        if first.line[0] == second.line[0]:
            return Order.EQUAL
        if second.line[0] in first.line:
            return Order.BELOW
        if first.line[0] in second.line:
            return Order.ABOVE
        exclusive = any((x, y) in self.apart for x in first.line for y in second.line)
        return Order.APART if exclusive else Order.OVERLAP

    def compare_verbs(self, a: str, b: str) -> Order:
        """Compare two verbs: EQUAL, APART or UNKNOWN."""
        return Order.EQUAL if a == b else Order.APART if (a, b) in self.apart else Order.UNKNOWN

    def compare_marks(self, a: str | None, b: str | None) -> Order:
        """Compare two optional words of one slot (adjective, manner, place, time); None says nothing."""
        if a == b:
            return Order.EQUAL
        if b is None or (b == "today" and a is not None):
            return Order.BELOW
        if a is None or a == "today":
            return Order.ABOVE
        return Order.APART if (a, b) in self.apart else Order.OVERLAP


def resource(name: str) -> Any:
    """Return the content of a YAML file that lies beside this module."""
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _pairs(groups: Iterable[Iterable[str]]) -> set[tuple[str, str]]:
    return {(a, b) for group in map(tuple, groups) for a in group for b in group if a != b}


@lru_cache(maxsize=1)
def ontology() -> Ontology:
    """Return the ontology of ``ontology.yaml``."""
    raw = resource("ontology.yaml")

    def line(name: str) -> tuple[str, ...]:
        entry = raw["nouns"][name]
        own = entry.get("same", name)
        return (own, *(line(entry["is"]) if "is" in entry else ()))

    nouns = {
        name: Noun(
            kind=entry["kind"],
            line=line(name),
            narrower=tuple(other for other, its in raw["nouns"].items() if its.get("is") == name),
            same=next((o for o, its in raw["nouns"].items() if its.get("same") == name), entry.get("same")),
        )
        for name, entry in raw["nouns"].items()
    }
    adjectives = {
        name: Adjective(frozenset(entry["kinds"]), bool(entry.get("relative")))
        for name, entry in raw["adjectives"].items()
    }
    verbs = {
        name: Verb(
            agents=frozenset(entry["agents"]),
            patients=frozenset(entry.get("patients", ())),
            manners=tuple(entry.get("manners", ())),
            definite=bool(entry.get("definite")),
            one_way=bool(entry.get("one_way")),
        )
        for name, entry in raw["verbs"].items()
    }
    lone = raw["excludes_all"]
    apart = _pairs(raw["apart"]) | _pairs(raw["adjectives_apart"]) | _pairs(raw["verbs_apart"])
    apart |= _pairs(raw["manners_apart"]) | _pairs([raw["places"], raw["times"][1:]])
    apart |= _pairs([lone, other] for other in verbs if other != lone)
    return Ontology(
        nouns=nouns,
        adjectives=adjectives,
        verbs=verbs,
        manners=tuple(raw["manners"]),
        places=tuple(raw["places"]),
        times=tuple(raw["times"]),
        apart=frozenset(apart),
    )
