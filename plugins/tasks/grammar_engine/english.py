"""English: subject, auxiliary, verb, object; adjuncts last or opening the sentence."""

from __future__ import annotations

from harness_plugins.tasks.grammar_engine.meaning import Entity, Event, Style
from harness_plugins.tasks.grammar_engine.realise import Grammar, Place
from harness_plugins.tasks.grammar_engine.tree import Node


class English(Grammar):
    """Present progressive: *The teacher is not reading an old book in the park this morning.*"""

    code = "en"
    while_words = ("while",)
    and_word = "and"
    front_comma = True

    def noun_phrase(self, entity: Entity, deprel: str, definite: bool = True) -> Node:
        """Build *the old teacher*, *an old book*."""
        singular, plural = self.nouns[entity.noun]
        head = Node(plural if entity.plural else singular, "NOUN", deprel)
        if entity.adjective is not None:
            head.before.append(Node(self.adjectives[entity.adjective], "ADJ", "amod"))
        following = (head.before or [head])[0].form
        article = "the" if definite else "an" if following[0] in "aeiou" else "a"
        head.before.insert(0, Node(article, "DET", "det"))
        return head

    def clause(self, event: Event, deprel: str, style: Style, place: Place = "main") -> Node:
        first, time, where = self.fronted(event, style)
        words = self.verbs[event.verb].split()
        verb = Node(words[0], "VERB", deprel)
        verb.before += first
        verb.before.append(self.noun_phrase(event.agent, "nsubj"))
        verb.before.append(Node("are" if event.agent.plural else "is", "AUX", "aux"))
        if event.negated:
            verb.before.append(Node("not", "PART", "advmod"))
        if event.patient is not None:
            patient = self.noun_phrase(event.patient, "obj", self.definite(event))
            if words[1:] == ["for"]:
                patient.deprel = "obl"
                patient.before.insert(0, Node("for", "ADP", "case"))
            elif words[1:]:
                verb.after.append(Node(words[1], "ADP", "compound:prt"))
            verb.after.append(patient)
        verb.after += [*self.adjunct(event.manner), *where, *time]
        return verb
