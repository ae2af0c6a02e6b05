"""Spanish: *estar* with the gerund, adjectives after the noun, *a* before known people and animals."""

from __future__ import annotations

from typing import ClassVar

from harness_plugins.tasks.grammar_engine.meaning import Entity, Event, Style
from harness_plugins.tasks.grammar_engine.realise import Grammar, Place
from harness_plugins.tasks.grammar_engine.tree import Node

THE = {("m", False): "el", ("f", False): "la", ("m", True): "los", ("f", True): "las"}
A = {"m": "un", "f": "una"}


class Spanish(Grammar):
    """Present progressive: *Esta mañana el médico no está buscando al niño en el parque.*"""

    code = "es"
    while_words = ("mientras",)
    and_word = "y"
    contractions: ClassVar = {("a", "el"): "al"}

    def noun_phrase(self, entity: Entity, deprel: str, definite: bool = True) -> Node:
        """Build *el hombre viejo*, *una manzana roja*."""
        noun = self.nouns[entity.noun]
        gender = noun["g"]
        head = Node(noun["pl" if entity.plural else "sg"], "NOUN", deprel)
        head.before.append(Node(THE[gender, entity.plural] if definite else A[gender], "DET", "det"))
        if entity.adjective is not None:
            masculine, feminine = self.adjectives[entity.adjective]
            form = masculine if gender == "m" else feminine
            if entity.plural:
                form = _plural(form)
            head.after.append(Node(form, "ADJ", "amod"))
        return head

    def clause(self, event: Event, deprel: str, style: Style, place: Place = "main") -> Node:
        first, time, where = self.fronted(event, style)
        verb = Node(self.verbs[event.verb], "VERB", deprel)
        verb.before = [*first, self.noun_phrase(event.agent, "nsubj")]
        if event.negated:
            verb.before.append(Node("no", "ADV", "advmod"))
        verb.before.append(Node("están" if event.agent.plural else "está", "AUX", "aux"))
        if event.patient is not None:
            patient = self.noun_phrase(event.patient, "obj", self.definite(event))
            if self.definite(event):
                patient.before.insert(0, Node("a", "ADP", "case"))
            verb.after.append(patient)
        verb.after += [*self.adjunct(event.manner), *where, *time]
        return verb


def _plural(adjective: str) -> str:
    if adjective == "joven":
        return "jóvenes"
    if adjective.endswith("z"):
        return adjective[:-1] + "ces"
    return adjective + "s"
