"""Chinese: no spaces and no inflection, classifiers, the place before the verb."""

from __future__ import annotations

from harness_plugins.tasks.grammar_engine.meaning import Entity, Event, Style
from harness_plugins.tasks.grammar_engine.realise import Grammar, Place
from harness_plugins.tasks.grammar_engine.tree import Node, mark


class Chinese(Grammar):
    """*当那个孩子睡觉时，那位老师今天早上在公园读一本新书。*"""

    code = "zh"
    spaces = False
    comma = "，"
    stop = "。"
    and_word = "而"
    and_comma = True

    def noun_phrase(self, entity: Entity, deprel: str, determiner: str = "那") -> Node:
        """Build *那位年老的老师*, *那些老师*, *一本新书*; with an empty determiner *新书*."""
        form, classifier = self.nouns[entity.noun]
        head = Node(form, "NOUN", deprel)
        if entity.plural:
            head.before.append(Node("那些", "DET", "det"))
        elif determiner:
            upos, relation = ("NUM", "nummod") if determiner == "一" else ("DET", "det")
            unit = Node(classifier, "NOUN", "clf")
            unit.before.append(Node(determiner, upos, relation))
            head.before.append(unit)
        if entity.adjective is not None:
            adjective = self.adjectives[entity.adjective]
            node = Node(adjective.removesuffix("的"), "ADJ", "amod")
            if adjective.endswith("的"):
                node.after.append(Node("的", "PART", "mark:rel"))
            head.before.append(node)
        return head

    def clause(self, event: Event, deprel: str, style: Style, place: Place = "main") -> Node:
        first, time, where = self.fronted(event, style)
        verb = Node(self.verbs[event.verb], "VERB", deprel)
        verb.before = [*first, self.noun_phrase(event.agent, "nsubj"), *time]
        if event.negated:
            verb.before.append(Node("没有", "ADV", "advmod"))
        elif place != "subordinate" and not where:
            verb.before.append(Node("正在", "ADV", "advmod"))
        verb.before += [*where, *self.adjunct(event.manner)]
        if event.patient is not None:
            determiner = "那" if self.definite(event) else "" if event.negated else "一"
            verb.after.append(self.noun_phrase(event.patient, "obj", determiner))
        return verb

    def simultaneous(self, event: Event, other: Event, style: Style) -> Node:
        """Put the clause with *当 ... 时* first in either style."""
        root = self.clause(event, "root", Style())
        second = self.clause(other, "advcl", Style(), "subordinate")
        second.before.insert(0, Node("当", "ADP", "mark"))
        second.after += [Node("时", "ADP", "mark"), mark(self.comma)]
        root.before.insert(0, second)
        return root
