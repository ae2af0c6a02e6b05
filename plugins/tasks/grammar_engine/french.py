"""French: articles with elision, *ne ... pas*, *de* for the article of a denied object."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

from harness_plugins.tasks.grammar_engine.meaning import Entity, Event, Style
from harness_plugins.tasks.grammar_engine.realise import Grammar, Place
from harness_plugins.tasks.grammar_engine.tree import Node, in_order

THE = {"m": "le", "f": "la", "pl": "les"}
A = {"m": "un", "f": "une"}
FORMS = {("m", False): "ms", ("f", False): "fs", ("m", True): "mp", ("f", True): "fp"}
VOWELS = "aeiouhyàâéèêëîïôûœ"
ELIDED = {"le": "l'", "la": "l'", "ne": "n'", "de": "d'", "que": "qu'"}


class French(Grammar):
    """Present: *Ce matin, le médecin n'achète pas de pomme rouge au marché.*"""

    code = "fr"
    while_words = ("pendant", "que")
    and_word = "et"
    front_comma = True
    contractions: ClassVar = {("à", "le"): "au"}

    def noun_phrase(self, entity: Entity, deprel: str, article: str | None = None) -> Node:
        """Build *le vieil homme*, *une pomme rouge*; `article` overrides the definite one."""
        noun = self.nouns[entity.noun]
        gender = noun["g"]
        head = Node(noun["pl" if entity.plural else "sg"], "NOUN", deprel)
        if entity.adjective is not None:
            forms = self.adjectives[entity.adjective]
            form = forms[FORMS[gender, entity.plural]]
            if forms.get("first"):
                if gender == "m" and not entity.plural and head.form[0] in VOWELS:
                    form = forms.get("vowel", form)
                head.before.append(Node(form, "ADJ", "amod"))
            else:
                head.after.append(Node(form, "ADJ", "amod"))
        words = article or THE["pl" if entity.plural else gender]
        head.before.insert(0, Node(words, "DET", "det"))
        return head

    def clause(self, event: Event, deprel: str, style: Style, place: Place = "main") -> Node:
        first, time, where = self.fronted(event, style)
        singular, plural = self.verbs[event.verb]
        verb = Node(plural if event.agent.plural else singular, "VERB", deprel)
        verb.before = [*first, self.noun_phrase(event.agent, "nsubj")]
        if event.negated:
            verb.before.append(Node("ne", "ADV", "advmod"))
            verb.after.append(Node("pas", "ADV", "advmod"))
        if event.patient is not None:
            new = "de" if event.negated else A[self.nouns[event.patient.noun]["g"]]
            verb.after.append(self.noun_phrase(event.patient, "obj", None if self.definite(event) else new))
        verb.after += [*self.adjunct(event.manner), *where, *time]
        return verb

    def sentence(self, event: Event, style: Style) -> Node:
        """Build the sentence, and elide before vowels across all its words."""
        root = super().sentence(event, style)
        nodes, _ = in_order(root)
        for node, following in pairwise(nodes):
            if node.form in ELIDED and following.form[0] in VOWELS:
                node.form = ELIDED[node.form]
        return root
