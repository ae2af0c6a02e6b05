"""What follows from what: the label of a pair of events, computed from their meaning alone.

The two sentences of a pair speak of one scene and of the same people and animals in it ("the woman" of
the hypothesis is "the queen" of the premise), as readers of SNLI were told. So subjects and known
patients ("the boy") lie outside the negation, new things ("a book"), manner, place and time inside it.
"""

from __future__ import annotations

from collections.abc import Iterable

from harness_plugins.tasks.grammar_engine.meaning import Entity, Event
from harness_plugins.tasks.grammar_engine.ontology import Order, ontology

ENTAILMENT, NEUTRAL, CONTRADICTION = LABELS = ("entailment", "neutral", "contradiction")
_EQUAL, _BELOW, _ABOVE = Order.EQUAL, Order.BELOW, Order.ABOVE


def join(orders: Iterable[Order]) -> Order:
    """Return how a whole lies to another, from how its parts lie to theirs."""
    found = set(orders) - {_EQUAL}
    for order in (Order.UNKNOWN, Order.APART):
        if order in found:
            return order
    if not found:
        return _EQUAL
    return found.pop() if len(found) == 1 else Order.OVERLAP


def compare_entities(a: Entity | None, b: Entity | None) -> Order:
    """Compare two descriptions of a participant."""
    if a is None or b is None or a.plural != b.plural:
        return _EQUAL if a == b else Order.UNKNOWN
    known = ontology()
    noun = known.compare_nouns(a.noun, b.noun)
    adjective = known.compare_marks(a.adjective, b.adjective)
    if noun in (_BELOW, _ABOVE):
        both = a.adjective is not None and b.adjective is not None
        relative = both and any(known.adjectives[word or ""].relative for word in (a.adjective, b.adjective))
        if relative:
            return Order.UNKNOWN
    return join((noun, adjective))


def _swapped(a: Event, b: Event) -> bool:
    if a.verb != b.verb or a.patient is None or b.patient is None:
        return False
    same = ontology().compare_nouns
    return same(a.agent.noun, b.patient.noun) is _EQUAL and same(a.patient.noun, b.agent.noun) is _EQUAL


def _compare_meanwhile(a: Event | None, b: Event | None) -> Order:
    if a == b:
        return _EQUAL
    if b is None:
        return _BELOW
    if a is None:
        return _ABOVE
    one_agent = compare_entities(a.agent, b.agent) is _EQUAL
    return (
        Order.APART
        if one_agent and ontology().compare_verbs(a.verb, b.verb) is Order.APART
        else Order.UNKNOWN
    )


def compare(a: Event, b: Event) -> tuple[Order, Order]:
    """Return how the known participants of two events lie to each other, and how all the rest does.

    Two events exclude each other only at the same time of day; else both are UNKNOWN.
    """
    who, what = _compare_parts(a, b)
    if Order.APART in (who, what) and a.time != b.time:
        return Order.UNKNOWN, Order.UNKNOWN
    return who, what


def _compare_parts(a: Event, b: Event) -> tuple[Order, Order]:
    known = ontology()
    definite = known.verbs[a.verb].definite
    if definite and _swapped(a, b):
        return _EQUAL, Order.APART if known.verbs[a.verb].one_way else Order.UNKNOWN
    who = compare_entities(a.agent, b.agent)
    verb = known.compare_verbs(a.verb, b.verb)
    if verb is not _EQUAL:
        return who, verb
    patient = compare_entities(a.patient, b.patient)
    rest = [
        known.compare_marks(a.manner, b.manner),
        known.compare_marks(a.place, b.place),
        known.compare_marks(a.time, b.time),
        _compare_meanwhile(a.meanwhile, b.meanwhile),
    ]
    if definite:
        return join((who, patient)), join(rest)
    return who, join((patient, *rest))


def relation(premise: Event, hypothesis: Event) -> str | None:
    """Return the label of a pair; None where careful readers could differ."""
    who, what = compare(premise, hypothesis)
    if Order.UNKNOWN in (who, what):
        return None
    known = who in (_EQUAL, _BELOW)
    match premise.negated, hypothesis.negated:
        case False, False:
            if who is Order.APART:
                return CONTRADICTION
            if what is Order.APART:
                return CONTRADICTION if known else None
            return ENTAILMENT if known and what in (_EQUAL, _BELOW) else NEUTRAL
        case False, True if known:
            if what is Order.APART:
                return ENTAILMENT
            return CONTRADICTION if what in (_EQUAL, _BELOW) else NEUTRAL
        case True, False if known and what is not Order.APART:
            return CONTRADICTION if what in (_EQUAL, _ABOVE) else NEUTRAL
        case True, True if known and what is not Order.APART:
            return ENTAILMENT if what in (_EQUAL, _ABOVE) else NEUTRAL
        case True, True if who in (_ABOVE, Order.OVERLAP) and what is not Order.APART:
            return NEUTRAL
    return None
