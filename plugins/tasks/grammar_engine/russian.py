"""Russian: no articles, case on nouns and adjectives, living things in their own accusative."""

from __future__ import annotations

from harness_plugins.tasks.grammar_engine.meaning import Entity, Event, Style
from harness_plugins.tasks.grammar_engine.ontology import ontology
from harness_plugins.tasks.grammar_engine.realise import Grammar, Place
from harness_plugins.tasks.grammar_engine.tree import Node

NOMINATIVE = {"f": "ая", "n": "ое"}
LIVING = frozenset({"adult", "child", "animal"})


class Russian(Grammar):
    """Present: *Сегодня утром старый врач не читает новую книгу в парке, пока ребёнок спит.*"""

    code = "ru"
    while_words = ("пока",)
    while_comma = True
    and_word = "и"
    and_comma = True

    def noun_phrase(self, entity: Entity, deprel: str) -> Node:
        """Build a phrase: nominative for ``nsubj``, accusative for ``obj``."""
        noun = self.nouns[entity.noun]
        accusative = deprel == "obj"
        form = noun["acc"] if accusative else noun["pl"] if entity.plural else noun["sg"]
        head = Node(form, "NOUN", deprel)
        if entity.adjective is not None:
            living = ontology().nouns[entity.noun].kind in LIVING
            form = _adjective(self.adjectives[entity.adjective], noun["g"], entity.plural, accusative, living)
            head.before.append(Node(form, "ADJ", "amod"))
        return head

    def clause(self, event: Event, deprel: str, style: Style, place: Place = "main") -> Node:
        first, time, where = self.fronted(event, style)
        singular, plural = self.verbs[event.verb]
        verb = Node(plural if event.agent.plural else singular, "VERB", deprel)
        verb.before = [*first, self.noun_phrase(event.agent, "nsubj"), *time]
        manner = self.adjunct(event.manner)
        if event.negated:
            verb.before.append(Node("не", "PART", "advmod"))
        else:
            verb.before += manner
        if event.patient is not None:
            verb.after.append(self.noun_phrase(event.patient, "obj"))
        if event.negated:
            # What is denied follows the negation; before it stands what is not.
            verb.after += manner
        verb.after += where
        return verb


def _adjective(masculine: str, gender: str, plural: bool, accusative: bool, living: bool) -> str:
    """Inflect a hard adjective, given its masculine nominative (старый, молодой, маленький)."""
    stem = masculine[:-2]
    if plural:
        return stem + ("ие" if stem[-1] in "кгхшжщч" else "ые")
    if gender == "m":
        return stem + "ого" if accusative and living else masculine
    if gender == "f" and accusative:
        return stem + "ую"
    return stem + NOMINATIVE[gender]
