"""Events: what a sentence says, before any language says it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random

from harness_plugins.tasks.grammar_engine.ontology import Order, ontology

from harness import number

# Tenths of all events, by the hash of their gist. No event belongs to two portions.
PORTIONS = {"train": range(0, 5), "dev": range(5, 7), "test": range(7, 9), "held": range(9, 10)}


@dataclass(frozen=True, slots=True)
class Entity:
    """Who or what takes part: concepts of the ontology."""

    noun: str
    adjective: str | None = None
    plural: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """One event seen as going on now, or (negated) as not going on; `meanwhile` goes on with it."""

    verb: str
    agent: Entity
    patient: Entity | None = None
    manner: str | None = None
    place: str | None = None
    time: str | None = None
    negated: bool = False
    meanwhile: Event | None = None


@dataclass(frozen=True, slots=True)
class Style:
    """How an event is put without a change of meaning.

    Args:
        front: the adjunct that opens the sentence: ``time``, ``place`` or empty.
        link: how `meanwhile` is joined: ``and``, ``and-first`` (it comes first), ``while``, ``while-first``.
    """

    front: str = ""
    link: str = "while"


Put = tuple[Event, Style]

LINKS = ("and", "and-first", "while", "while-first")


def gist(event: Event) -> str:
    """Return a text that is equal for events that some language may put in the same words.

    Synonyms are one, number is left out (Hindi's plural of respect hides it), and of two events it
    does not matter which is told first.
    """

    def entity(value: Entity | None) -> str:
        return "" if value is None else f"{ontology().nouns[value.noun].line[0]},{value.adjective or ''}"

    parts = [event.verb, entity(event.agent), entity(event.patient), event.manner, event.place, event.time]
    own = ";".join([*(part or "" for part in parts), "not" if event.negated else ""])
    return own if event.meanwhile is None else "|".join(sorted((own, gist(event.meanwhile))))


def portion(event: Event) -> str:
    """Return the portion (train, dev, test, held) that an event belongs to, by what it says alone."""
    tenth = number("grammar", gist(event)) % 10
    return next(name for name, tenths in PORTIONS.items() if tenth in tenths)


@cache
def nouns_of(kinds: frozenset[str]) -> tuple[str, ...]:
    """Return the nouns of some kinds."""
    return tuple(name for name, noun in ontology().nouns.items() if noun.kind in kinds)


@cache
def adjectives_of(noun: str) -> tuple[str, ...]:
    """Return the adjectives that can be said of a noun."""
    known = ontology()
    kind = known.nouns[noun].kind
    return tuple(name for name, adjective in known.adjectives.items() if kind in adjective.kinds)


def _related(a: str, b: str) -> bool:
    return ontology().compare_nouns(a, b) in (Order.EQUAL, Order.BELOW, Order.ABOVE)


def sound(event: Event) -> bool:
    """Say whether an event is well typed and no two participants could be taken for one."""
    verb = ontology().verbs[event.verb]
    nouns = ontology().nouns
    if nouns[event.agent.noun].kind not in verb.agents:
        return False
    if event.manner is not None and event.manner not in verb.manners:
        return False
    for entity in (event.agent, event.patient):
        if entity and entity.adjective and entity.adjective not in adjectives_of(entity.noun):
            return False
    if (event.patient is None) != (not verb.patients):
        return False
    if event.patient is not None and nouns[event.patient.noun].kind not in verb.patients:
        return False
    people = [event.agent.noun]
    if event.patient is not None:
        people.append(event.patient.noun)
    other = event.meanwhile
    if other is not None:
        if event.negated or not sound(other):
            return False
        people.append(other.agent.noun)
        if other.patient is not None:
            people.append(other.patient.noun)
    return not any(_related(a, b) for index, a in enumerate(people) for b in people[:index])


def _noun(kinds: frozenset[str], rng: Random) -> str:
    """Draw a noun, half of the time one with narrower ones under it: these can be entailed by others."""
    nouns = nouns_of(kinds)
    wide = [noun for noun in nouns if ontology().nouns[noun].narrower]
    return rng.choice(wide if wide and rng.random() < 0.5 else nouns)


def _entity(noun: str, rng: Random, adjective: float, plural: float = 0.0) -> Entity:
    chosen = rng.choice(adjectives_of(noun)) if rng.random() < adjective and adjectives_of(noun) else None
    return Entity(noun, chosen, rng.random() < plural)


def draw_clause(rng: Random) -> Event:
    """Draw a bare event: an agent, a verb and what it needs."""
    known = ontology()
    while True:
        name = rng.choice(tuple(known.verbs))
        verb = known.verbs[name]
        agent = _entity(rng.choice(nouns_of(verb.agents)), rng, 0.0, 0.2)
        patient = _entity(rng.choice(nouns_of(verb.patients)), rng, 0.0) if verb.patients else None
        event = Event(name, agent, patient)
        if sound(event):
            return event


def draw_event(rng: Random, negated: float = 0.4, meanwhile: float = 0.2) -> Event:
    """Draw an event, negated or with a second one beside it with the given probabilities."""
    known = ontology()
    while True:
        name = rng.choice(tuple(known.verbs))
        verb = known.verbs[name]
        denied = rng.random() < negated
        event = Event(
            verb=name,
            agent=_entity(_noun(verb.agents, rng), rng, 0.35, 0.25),
            patient=_entity(_noun(verb.patients, rng), rng, 0.4) if verb.patients else None,
            manner=rng.choice(verb.manners) if verb.manners and rng.random() < 0.2 else None,
            place=rng.choice(known.places) if rng.random() < 0.5 else None,
            time=rng.choice(known.times) if rng.random() < 0.5 else None,
            negated=denied,
            meanwhile=draw_clause(rng) if not denied and rng.random() < meanwhile else None,
        )
        if sound(event):
            return event


def draw_style(event: Event, rng: Random) -> Style:
    """Draw a way to put an event."""
    fronts = [front for front in ("time", "place") if getattr(event, front) is not None]
    front = rng.choice(fronts) if fronts and rng.random() < 0.4 else ""
    return Style(front, rng.choice(LINKS) if event.meanwhile is not None else LINKS[2])
