"""German: verb second in main clauses, verb last in subordinate ones, articles and adjectives by case."""

from __future__ import annotations

from typing import ClassVar

from harness_plugins.tasks.grammar_engine.meaning import Entity, Event, Style
from harness_plugins.tasks.grammar_engine.realise import Grammar, Place
from harness_plugins.tasks.grammar_engine.tree import Node

THE = {"m": ("der", "den"), "f": ("die", "die"), "n": ("das", "das"), "pl": ("die", "die")}
A = {"m": "einen", "f": "eine", "n": "ein"}
WEAK = {"m": ("e", "en"), "f": ("e", "e"), "n": ("e", "e"), "pl": ("en", "en")}
MIXED_ACCUSATIVE = {"m": "en", "f": "e", "n": "es"}


class German(Grammar):
    """Present: *Heute kauft der Lehrer im Park keinen roten Apfel, während das Kind schläft.*"""

    code = "de"
    while_words = ("während",)
    while_comma = True
    and_word = "und"
    contractions: ClassVar = {("in", "dem"): "im", ("an", "dem"): "am"}

    def noun_phrase(self, entity: Entity, deprel: str) -> Node:
        """Build a definite phrase: nominative for ``nsubj``, accusative for ``obj``."""
        noun = self.nouns[entity.noun]
        case = int(deprel == "obj")
        gender = "pl" if entity.plural else noun["g"]
        head = Node(noun["pl"] if entity.plural else noun["sg"][case], "NOUN", deprel)
        head.before.append(Node(THE[gender][case], "DET", "det"))
        if entity.adjective is not None:
            head.before.append(Node(self.adjectives[entity.adjective] + WEAK[gender][case], "ADJ", "amod"))
        return head

    def new_thing(self, entity: Entity, negated: bool) -> Node:
        """Build an indefinite accusative phrase: *einen roten Apfel*, *keinen roten Apfel*."""
        noun = self.nouns[entity.noun]
        head = Node(noun["sg"][1], "NOUN", "obj")
        head.before.append(Node(("k" if negated else "") + A[noun["g"]], "DET", "det"))
        if entity.adjective is not None:
            form = self.adjectives[entity.adjective] + MIXED_ACCUSATIVE[noun["g"]]
            head.before.append(Node(form, "ADJ", "amod"))
        return head

    def clause(self, event: Event, deprel: str, style: Style, place: Place = "main") -> Node:
        first, time, where = self.fronted(event, style)
        entry = self.verbs[event.verb]
        particle = entry.get("prt", "")
        verb = Node(entry["pl" if event.agent.plural else "sg"], "VERB", deprel)
        subject = self.noun_phrase(event.agent, "nsubj")
        manner = self.adjunct(event.manner)
        # "kein" denies the whole clause, but where a manner is denied "nicht" stands before it.
        denied_thing = event.negated and not manner
        negation = [Node("nicht", "PART", "advmod")] if event.negated else []
        if event.patient is None:
            middle = [*time, *negation, *where, *manner]
        elif self.definite(event):
            middle = [*time, self.noun_phrase(event.patient, "obj"), *negation, *where, *manner]
        else:
            thing = self.new_thing(event.patient, denied_thing)
            middle = [*time, *where, *([] if denied_thing else negation), *manner, thing]
        if place == "subordinate":
            verb.form = particle + verb.form
            verb.before = [subject, *middle]
            return verb
        if place == "opened":
            verb.after = [subject, *middle]
        else:
            verb.before = first or [subject]
            verb.after = [subject, *middle] if first else middle
        if particle:
            verb.after.append(Node(particle, "ADP", "compound:prt"))
        return verb
