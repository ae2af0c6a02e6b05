"""Premises for a hypothesis: small changes of meaning, kept where the logic gives the wanted label.

The hypothesis is drawn first and gets one premise for each label, so that no model can tell the label
from the hypothesis alone: every word, negation included, is in it as often under each label.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import Any

from harness_plugins.tasks.grammar_engine.logic import CONTRADICTION, ENTAILMENT, LABELS, NEUTRAL, relation
from harness_plugins.tasks.grammar_engine.meaning import (
    Entity,
    Event,
    Put,
    adjectives_of,
    draw_clause,
    draw_event,
    draw_style,
    nouns_of,
    portion,
    sound,
)
from harness_plugins.tasks.grammar_engine.ontology import Order, ontology

SLOTS = (
    "agent.noun",
    "agent.adjective",
    "patient.noun",
    "patient.adjective",
    "manner",
    "place",
    "time",
    "meanwhile",
)
Change = Callable[[Event, str, Random], Event | None]
TRIES = 60


def _pick(words: tuple[str, ...], rng: Random) -> str | None:
    return rng.choice(words) if words else None


def _with(event: Event, slot: str, value: Entity | str | None) -> Event:
    changes: dict[str, Any] = {slot: value}
    return replace(event, **changes)


def _without(entity: Entity) -> Entity:
    """The entity for a new noun: an adjective whose meaning hangs on the noun is left out."""
    adjective = entity.adjective
    return (
        replace(entity, adjective=None) if adjective and ontology().adjectives[adjective].relative else entity
    )


def _with_noun(event: Event, part: str, noun: str | None) -> Event | None:
    entity: Entity | None = getattr(event, part)
    if entity is None or noun is None:
        return None
    return _with(event, part, replace(_without(entity), noun=noun))


def _with_adjective(event: Event, part: str, adjective: str | None) -> Event | None:
    entity: Entity | None = getattr(event, part)
    return None if entity is None else _with(event, part, replace(entity, adjective=adjective))


def narrow(event: Event, slot: str, rng: Random) -> Event | None:
    """Return the event with more said in a slot; None where nothing more can be said."""
    part, _, inner = slot.partition(".")
    known = ontology()
    value = getattr(event, part)
    if inner == "noun":
        return _with_noun(event, part, _pick(known.nouns[value.noun].narrower, rng)) if value else None
    if inner == "adjective":
        if value is None or value.adjective is not None or not adjectives_of(value.noun):
            return None
        return _with_adjective(event, part, _pick(adjectives_of(value.noun), rng))
    if slot == "time" and value == "today":
        return replace(event, time=rng.choice(known.times[1:]))
    if value is not None:
        return None
    if slot == "meanwhile":
        return replace(event, meanwhile=draw_clause(rng))
    words = {"manner": known.verbs[event.verb].manners, "place": known.places, "time": known.times}[slot]
    return _with(event, slot, rng.choice(words)) if words else None


def widen(event: Event, slot: str, rng: Random) -> Event | None:
    """Return the event with less said in a slot; None where nothing less can be said."""
    part, _, inner = slot.partition(".")
    value = getattr(event, part)
    if value is None:
        return None
    if inner == "noun":
        line = ontology().nouns[value.noun].line
        return _with_noun(event, part, rng.choice(line[1:])) if len(line) > 1 else None
    if inner == "adjective":
        return _with_adjective(event, part, None) if value.adjective else None
    if slot == "time" and value != "today" and rng.random() < 0.5:
        return replace(event, time="today")
    return _with(event, slot, None)


@cache
def _apart(word: str, words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(other for other in words if (word, other) in ontology().apart)


@cache
def _nouns_apart(noun: str) -> tuple[str, ...]:
    known = ontology()
    kinds = known.nouns[noun].kind
    near = frozenset({"adult", "child", "animal"}) if kinds in ("adult", "child", "animal") else None
    candidates = nouns_of(near) if near else tuple(known.nouns)
    return tuple(other for other in candidates if known.compare_nouns(noun, other) is Order.APART)


def contrast(event: Event, slot: str, rng: Random) -> Event | None:
    """Return the event with a slot that excludes what was there; None where there is no such word."""
    known = ontology()
    if slot == "verb":
        verb = _pick(_apart(event.verb, tuple(known.verbs)), rng)
        if verb is None:
            return None
        patients = known.verbs[verb].patients
        keeps = event.patient is not None and known.nouns[event.patient.noun].kind in patients
        other = Entity(rng.choice(nouns_of(patients))) if patients else None
        return replace(event, verb=verb, patient=event.patient if keeps else other)
    if slot == "roles":
        if event.patient is None or event.agent.plural:
            return None
        return replace(event, agent=event.patient, patient=event.agent)
    part, _, inner = slot.partition(".")
    value = getattr(event, part)
    if value is None:
        return None
    if inner == "noun":
        return _with_noun(event, part, _pick(_nouns_apart(value.noun), rng))
    if inner == "adjective":
        if value.adjective is None:
            return None
        return _with_adjective(event, part, _pick(_apart(value.adjective, adjectives_of(value.noun)), rng))
    if slot == "meanwhile":
        changed = contrast(value, "verb", rng)
        return replace(event, meanwhile=changed) if changed else None
    word = _pick(_apart(value, getattr(known, f"{slot}s")), rng)
    return _with(event, slot, word) if word else None


@dataclass(frozen=True)
class Way:
    """A way from a hypothesis to a premise: how many slots are contrasted, widened and narrowed."""

    weight: float
    negated: bool
    contrasts: int
    widened: tuple[int, int]
    narrowed: tuple[int, int]


# By (label, hypothesis negated). The weights make negation as frequent in the premises of each label
# (one in five), as the draw of hypotheses makes it in the hypotheses; the counts make premises of
# each label share about as many words with their hypothesis.
WAYS: dict[tuple[str, bool], tuple[Way, ...]] = {
    (ENTAILMENT, False): (Way(1, False, 0, (0, 0), (1, 3)),),
    (NEUTRAL, False): (Way(5, False, 0, (1, 2), (0, 3)), Way(1, True, 0, (0, 1), (1, 2))),
    (CONTRADICTION, False): (Way(2, False, 1, (0, 1), (0, 3)), Way(1, True, 0, (0, 2), (0, 1))),
    (ENTAILMENT, True): (Way(1, True, 0, (0, 2), (0, 1)), Way(1, False, 1, (0, 1), (0, 2))),
    (NEUTRAL, True): (Way(1, True, 0, (0, 1), (1, 3)), Way(3, False, 0, (1, 2), (0, 2))),
    (CONTRADICTION, True): (Way(1, False, 0, (0, 0), (0, 3)),),
}
CONTRASTS = ("verb", "roles", *(slot for slot in SLOTS if slot != "time"))


def _apply(event: Event, change: Change, count: int, slots: list[str], rng: Random) -> Event | None:
    """Change `count` of the slots, taking each changed one off the list, so that none changes twice."""
    for slot in list(slots):
        if count == 0:
            break
        changed = change(event, slot, rng)
        if changed is not None:
            event, count = changed, count - 1
            slots.remove(slot)
    return event if count == 0 else None


def _along(way: Way, hypothesis: Event, rng: Random) -> Event | None:
    event: Event | None = replace(hypothesis, negated=way.negated)
    slots = sorted(SLOTS, key=lambda slot: rng.random() / (3 if slot.endswith("noun") else 1))
    for change, count in (
        (contrast, way.contrasts),
        (widen, rng.randint(*way.widened)),
        (narrow, rng.randint(*way.narrowed)),
    ):
        if event is None:
            return None
        order = rng.sample(CONTRASTS, len(CONTRASTS)) if change is contrast else slots
        before = set(order)
        event = _apply(event, change, count, order, rng)
        if change is contrast:
            slots = [slot for slot in slots if slot not in before - set(order)]
    return event


def draw_premise(hypothesis: Event, label: str, rng: Random, within: str) -> Event | None:
    """Draw a premise of a portion that gives the hypothesis the label; None where none was found."""
    ways = WAYS[label, hypothesis.negated]
    way = rng.choices(ways, [way.weight for way in ways])[0]
    for _ in range(TRIES):
        premise = _along(way, hypothesis, rng)
        if (
            premise is not None
            and premise != hypothesis
            and sound(premise)
            and relation(premise, hypothesis) == label
            and portion(premise) == within
        ):
            return premise
    return None


def draw_within(rng: Random, within: str) -> Event:
    """Draw an event of a portion."""
    while True:
        event = draw_event(rng)
        if portion(event) == within:
            return event


def draw_group(rng: Random, within: str) -> tuple[Put, dict[str, Put]]:
    """Draw a hypothesis and its premise for each label, all of one portion, with the ways to put them."""
    while True:
        hypothesis = draw_within(rng, within)
        premises: dict[str, Event] = {}
        for label in LABELS:
            premise = draw_premise(hypothesis, label, rng, within)
            if premise is None:
                break
            premises[label] = premise
        if len(premises) == len(LABELS):
            return _put(hypothesis, rng), {label: _put(event, rng) for label, event in premises.items()}


def _put(event: Event, rng: Random) -> Put:
    return event, draw_style(event, rng)
