"""Hindi: the verb last with its auxiliaries, postpositions, *ko* on known patients, gender on the verb."""

from __future__ import annotations

from harness_plugins.tasks.grammar_engine.meaning import Entity, Event, Style
from harness_plugins.tasks.grammar_engine.realise import Grammar, Place
from harness_plugins.tasks.grammar_engine.tree import Node, mark

GOING_ON = {("m", False): "रहा", ("m", True): "रहे", ("f", False): "रही", ("f", True): "रही"}


class Hindi(Grammar):
    """Present progressive, so without the ergative: *डॉक्टर आज पार्क में एक नई किताब पढ़ रहा है।*"""

    code = "hi"
    stop = "।"
    and_word = "और"

    def plural(self, entity: Entity) -> bool:
        """Say whether adjective and verb agree in the plural, of number or of respect."""
        return entity.plural or bool(self.nouns[entity.noun].get("honoured"))

    def noun_phrase(self, entity: Entity, deprel: str, oblique: bool = False) -> Node:
        """Build a phrase in the direct case or, before a postposition, in the oblique."""
        noun = self.nouns[entity.noun]
        form = noun["obl"] if oblique else noun["pl"] if entity.plural else noun["sg"]
        head = Node(form, "NOUN", deprel)
        if entity.adjective is not None:
            forms = self.adjectives[entity.adjective]
            index = 2 if noun["g"] == "f" else int(oblique or self.plural(entity))
            head.before.append(Node(forms if isinstance(forms, str) else forms[index], "ADJ", "amod"))
        return head

    def patient(self, event: Event) -> list[Node]:
        """Build *लड़के को*, *एक लाल सेब*; under negation *लाल सेब*."""
        if event.patient is None:
            return []
        if self.definite(event):
            head = self.noun_phrase(event.patient, "obj", oblique=True)
            head.after.append(Node("को", "ADP", "case"))
        else:
            head = self.noun_phrase(event.patient, "obj")
            if not event.negated:
                head.before.insert(0, Node("एक", "DET", "det"))
        return [head]

    def clause(self, event: Event, deprel: str, style: Style, place: Place = "main") -> Node:
        first, time, where = self.fronted(event, style)
        gender, plural = self.nouns[event.agent.noun]["g"], self.plural(event.agent)
        *companion, stem = self.verbs[event.verb].split()
        verb = Node(stem, "VERB", deprel)
        verb.before = [*first, self.noun_phrase(event.agent, "nsubj"), *time, *where]
        verb.before += [*self.patient(event), *self.adjunct(event.manner)]
        for word in companion:
            form, _, upos = word.partition("/")
            verb.before.append(Node(form, upos, "compound"))
        if event.negated:
            verb.before.append(Node("नहीं", "PART", "advmod"))
        verb.after = [
            Node(GOING_ON[gender, plural], "AUX", "aux"),
            Node("हैं" if plural else "है", "AUX", "aux"),
        ]
        return verb

    def simultaneous(self, event: Event, other: Event, style: Style) -> Node:
        """Put the *जब* clause first in either style, with its *तब* in the main clause."""
        root = self.clause(event, "root", Style())
        second = self.clause(other, "advcl", Style(), "subordinate")
        second.before.insert(0, Node("जब", "SCONJ", "mark"))
        second.after.append(mark(self.comma))
        root.before[:0] = [second, Node("तब", "ADV", "advmod")]
        return root
