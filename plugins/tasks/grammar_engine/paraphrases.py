"""Paraphrases and their look-alikes: the same event put otherwise, or another event in its place.

As with premises, the second sentence is drawn first and gets a first one of each kind, and both kinds
are put in another order than it, so that neither it nor the order alone gives the label away. Most
look-alikes hold the same words with two of them exchanged, as in PAWS (Zhang et al. 2019,
arXiv 1904.01130): who does it to whom, who is old and who is young, who sleeps and who reads.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from harness_plugins.tasks.grammar_engine.meaning import (
    Entity,
    Event,
    Put,
    Style,
    draw_event,
    portion,
    sound,
)
from harness_plugins.tasks.grammar_engine.ontology import ontology
from harness_plugins.tasks.grammar_engine.premises import SLOTS, TRIES, contrast

PARAPHRASE, DIFFERENT = KINDS = ("paraphrase", "different")


def orders(event: Event) -> list[Style]:
    """Return ways to put an event of which each differs from each other in every language."""
    fronts = ["", *(slot for slot in ("time", "place") if getattr(event, slot) is not None)]
    if event.meanwhile is None:
        return [Style(front) for front in fronts]
    return [Style(), *(Style(front, link) for front in fronts for link in ("and", "and-first"))]


def exchanges(event: Event) -> list[Event]:
    """Return the events that hold the same words as `event` and say something else."""
    agent, patient, other = event.agent, event.patient, event.meanwhile
    found = []
    if patient is not None:
        if ontology().verbs[event.verb].one_way and not agent.plural:
            found.append(replace(event, agent=patient, patient=agent))
        if agent.adjective != patient.adjective:
            found.append(
                replace(
                    event,
                    agent=replace(agent, adjective=patient.adjective),
                    patient=replace(patient, adjective=agent.adjective),
                )
            )
    if other is not None:
        found.append(replace(event, agent=other.agent, meanwhile=replace(other, agent=agent)))
    return [event for event in found if sound(event)]


def _synonym(entity: Entity) -> Entity:
    same = ontology().nouns[entity.noun].same
    return entity if same is None else replace(entity, noun=same)


def _alike(event: Event, rng: Random) -> Event:
    """Return an event that says the same, with synonyms where there are any and chance will."""
    if rng.random() < 0.3:
        return event
    patient = event.patient and _synonym(event.patient)
    return replace(event, agent=_synonym(event.agent), patient=patient)


def _unlike(event: Event, exchanged: list[Event], rng: Random, within: str) -> Event | None:
    """Return an event that says something else: an exchange where there is one, or one slot changed."""
    if exchanged and rng.random() < 0.8:
        return rng.choice(exchanged)
    for _ in range(TRIES):
        other = contrast(event, rng.choice(("verb", *SLOTS)), rng)
        if other is not None and sound(other) and portion(other) == within:
            return other
    return None


def draw_pair(rng: Random, within: str) -> tuple[Put, dict[str, Put]]:
    """Draw a sentence of a portion, and for each kind another one, with the ways to put them."""
    while True:
        event = draw_event(rng, meanwhile=0.4)
        ways = orders(event)
        if len(ways) == 1 or portion(event) != within:
            continue
        exchanged = [other for other in exchanges(event) if portion(other) == within]
        if not exchanged and rng.random() < 0.8:
            continue
        other = _unlike(event, exchanged, rng, within)
        if other is None:
            continue
        style = rng.choice(ways)
        ways.remove(style)
        alike = _alike(event, rng)
        return (event, style), {PARAPHRASE: (alike, rng.choice(ways)), DIFFERENT: (other, rng.choice(ways))}
