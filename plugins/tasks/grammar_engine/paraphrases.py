"""Paraphrases and their look-alikes: the same event put otherwise, or another event in its place.

As with premises, the second sentence is drawn first and gets a first one of each kind, and both kinds
are put in another order than it, so that neither it nor the order alone gives the label away.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from harness_plugins.tasks.grammar_engine.logic import compare
from harness_plugins.tasks.grammar_engine.meaning import Entity, Event, Put, Style, portion, sound
from harness_plugins.tasks.grammar_engine.ontology import Order, ontology
from harness_plugins.tasks.grammar_engine.premises import CONTRASTS, TRIES, contrast, draw_within

PARAPHRASE, DIFFERENT = KINDS = ("paraphrase", "different")


def orders(event: Event) -> list[Style]:
    """Return the ways to put an event that differ in every language."""
    fronts = ["", *(slot for slot in ("time", "place") if getattr(event, slot) is not None)]
    links = ("and", "and-first") if event.meanwhile is not None else ("while",)
    return [Style(front, link) for front in fronts for link in links]


def _synonym(entity: Entity | None) -> Entity | None:
    same = ontology().nouns[entity.noun].same if entity is not None else None
    return replace(entity, noun=same) if entity is not None and same is not None else entity


def _alike(event: Event, rng: Random, within: str) -> Event:
    """Return an event that says the same, with synonyms where there are any and chance will."""
    agent = _synonym(event.agent)
    assert agent is not None
    other = replace(event, agent=agent, patient=_synonym(event.patient))
    return other if rng.random() < 0.7 and portion(other) == within else event


def _unlike(event: Event, rng: Random, within: str) -> Event | None:
    """Return an event that differs in one slot or has its roles swapped, which is preferred."""
    for _ in range(TRIES):
        slot = "roles" if rng.random() < 0.3 else rng.choice(CONTRASTS)
        other = contrast(event, slot, rng)
        if other is None or not sound(other) or portion(other) != within:
            continue
        found = compare(other, event)
        if Order.APART in found and Order.UNKNOWN not in found:
            return other
    return None


def draw_pair(rng: Random, within: str) -> tuple[Put, dict[str, Put]]:
    """Draw a sentence of a portion, and for each kind another one, with the ways to put them."""
    while True:
        event = draw_within(rng, within)
        ways = orders(event)
        other = _unlike(event, rng, within) if len(ways) > 1 else None
        if other is None:
            continue
        style = rng.choice(ways)
        ways.remove(style)
        alike = _alike(event, rng, within)
        return (event, style), {PARAPHRASE: (alike, rng.choice(ways)), DIFFERENT: (other, rng.choice(ways))}
