"""Turkish: the verb last, the object before it, case by endings, no articles but *bir*."""

from __future__ import annotations

from harness_plugins.tasks.grammar_engine.meaning import Entity, Event, Style
from harness_plugins.tasks.grammar_engine.realise import Grammar, Place
from harness_plugins.tasks.grammar_engine.tree import Node, mark


class Turkish(Grammar):
    """Present in *-iyor*: *Çocuk uyurken öğretmen bu sabah parkta kırmızı bir elma satın alıyor.*"""

    code = "tr"
    and_word = "ve"

    def noun_phrase(self, entity: Entity, deprel: str) -> Node:
        """Build a phrase without an article: nominative for ``nsubj``, accusative for ``obj``."""
        noun = self.nouns[entity.noun]
        form = noun["acc"] if deprel == "obj" else noun["pl"] if entity.plural else noun["sg"]
        head = Node(form, "NOUN", deprel)
        if entity.adjective is not None:
            head.before.append(Node(self.adjectives[entity.adjective], "ADJ", "amod"))
        return head

    def new_thing(self, entity: Entity, negated: bool) -> Node:
        """Build *bir elma*, *kırmızı bir elma*; under negation *elma*, *kırmızı bir elma*."""
        head = Node(self.nouns[entity.noun]["sg"], "NOUN", "obj")
        if entity.adjective is not None:
            head.before.append(Node(self.adjectives[entity.adjective], "ADJ", "amod"))
        if not negated or entity.adjective is not None:
            head.before.append(Node("bir", "DET", "det"))
        return head

    def clause(self, event: Event, deprel: str, style: Style, place: Place = "main") -> Node:
        first, time, where = self.fronted(event, style)
        entry = self.verbs[event.verb]
        form = entry["while"] if place == "subordinate" else entry["neg" if event.negated else "pos"]
        verb = Node(form, "VERB", deprel)
        manner = self.adjunct(event.manner)
        known, new = [], []
        if event.patient is not None and self.definite(event):
            known = [self.noun_phrase(event.patient, "obj")]
        elif event.patient is not None:
            new = [self.new_thing(event.patient, event.negated)]
        verb.before = [*first, self.noun_phrase(event.agent, "nsubj"), *time, *where, *known, *manner, *new]
        if "with" in entry:
            verb.before.append(Node(entry["with"], "NOUN", "compound:lvc"))
        return verb

    def simultaneous(self, event: Event, other: Event, style: Style) -> Node:
        """Put the converb clause (*uyurken*) first in either style; only the comma differs."""
        root = self.clause(event, "root", Style())
        second = self.clause(other, "advcl", Style(), "subordinate")
        second.after.append(mark(self.comma))
        root.before.insert(0, second)
        return root
