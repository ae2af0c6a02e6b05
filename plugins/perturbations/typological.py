"""Sentences in another language's word order: re-linearised along their dependency trees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from harness_plugins.perturbations.constructions import NO_AUXILIARIES, by_head, related
from harness_plugins.perturbations.linear import Line, Move
from harness_plugins.perturbations.phrases import to_side
from harness_plugins.perturbations.predicates import clauses, predicate
from harness_plugins.perturbations.reordering import share
from harness_plugins.perturbations.word_order import known_orders

from harness import Perturbation, Rewrite, Sentence, hookimpl

# The languages whose results have been read.
LANGUAGES = ("ar", "bg", "de", "el", "en", "es", "fr", "hi", "ja", "ko", "ru", "th", "tr", "ur", "vi", "zh")
# Where a construction has no words of its own: Korean particles are written with their noun.
_UNSERVED = {"auxiliary": NO_AUXILIARIES, "adposition": frozenset({"ko"})}
GALACTIC = "Wang and Eisner 2016 (TACL 4, The Galactic Dependencies Treebanks), section 4"
# In this order rules are applied: what a phrase holds before what holds the phrase.
_KINDS = (
    *("adjective", "genitive", "relative", "adposition", "auxiliary", "order", "oblique", "clause"),
    "subordinator",
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One parameter of word order.

    Attributes:
        kind: a kind of construction, or ``order``: that of subject, verb and object.
        value: ``before`` or ``after``: on which side of the head the dependent stands; or the order: ``SOV``.
        other: the kind, and whether a dependent on the wrong side stands before its head.
    """

    kind: str
    value: str
    other: tuple[str, bool] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "other", (self.kind, self.value == "after"))

    @property
    def name(self) -> str:
        """Both, as options give them: ``adjective after``."""
        return f"{self.kind} {self.value}"

    def move(self, line: Line, head: int, dependents: Sequence[int]) -> Move | None:
        """Return the move that gives a head this order, as the sentence lies now; None if it has it, or cannot."""
        if self.kind == "order":
            found = predicate(line, head)
            return None if found is None else found.move(self.value)
        return to_side(line, self.kind, head, dependents, self.value == "before")


# A rule, a head that may be given another order by it, and the dependents on the wrong side.
Site = tuple[Rule, int, Sequence[int]]


class WordOrder(Perturbation):
    """The order of one or several constructions, as another type of language has it.

    Every phrase stays whole; punctuation stays between its neighbours, a comma with the phrase that it sets
    off. A head that has the order already is left as it is, and so is what lies apart from its head or
    reaches out of a quotation. Weak pronouns, relative and question words keep their places, questions
    theirs altogether. The forms of words do not change: no case is added and no agreement mended.

    Intensity is the share of the heads with another order that are given the new one, at least one.

        sov:            She saw the house of my friend.  ->  She the house of my friend saw.
        postpositions:  She saw the house of my friend.  ->  She saw the house my friend of.
        genitive-noun:  She saw the house of my friend.  ->  She saw of my friend the house.
        noun-adjective: She saw the old house.           ->  She saw the house old.
        relative-noun:  The man who came saw it.         ->  Who came the man saw it.
        verb-auxiliary: She has seen it.                 ->  She seen has it.
        head-final:     She has seen the house of my friend.  ->  She my friend of the house seen has.
    """

    family = "typological"
    version = "3"
    needs = ("parse",)
    languages: tuple[str, ...] | None = LANGUAGES
    reference = GALACTIC

    def __init__(
        self, name: str, rules: Sequence[Rule], description: str, *, keeps_meaning: bool = True
    ) -> None:
        self.name = name
        self.rules = tuple(sorted(rules, key=lambda rule: _KINDS.index(rule.kind)))
        self.description = description
        self.keeps_meaning = keeps_meaning
        if len(self.rules) == 1:
            without = _UNSERVED.get(self.rules[0].kind, frozenset())
            self.languages = tuple(language for language in LANGUAGES if language not in without)

    def options(self) -> Mapping[str, Any]:
        return {"rules": [rule.name for rule in self.rules]}

    def rewrite(self, sentence: Sentence, rng: Random, intensity: float) -> Rewrite:
        tokens = (
            self._whole_order(sentence) if intensity >= 1 else self._drawn_order(sentence, rng, intensity)
        )
        if tokens is None:
            return Rewrite.unchanged(sentence)
        rewrite = Rewrite.of(sentence, tokens)
        return rewrite if rewrite.touched else Rewrite.unchanged(sentence, eligible=True)

    def _whole_order(self, sentence: Sentence) -> Sequence[int] | None:
        """Return a sentence's tokens with every head in the new order, worked out once; None if there is none."""
        known, name = sentence.found, self.full_name
        if name not in known:
            known[name] = None
            if sites := self._wrong(sentence):
                line = Line(sentence)
                _arrange(line, sites)
                known[name] = line.kept if line.is_changed else None
        order: Sequence[int] | None = known[name]
        return order

    def _drawn_order(self, sentence: Sentence, rng: Random, intensity: float) -> Sequence[int] | None:
        """Return the tokens with a share of those heads in the new order that can be given it."""
        line, sites = Line(sentence), self._wrong(sentence)
        able = [
            (rule, head, wrong) for rule, head, wrong in sites if rule.move(line, head, wrong) is not None
        ]
        if not able:
            return None
        drawn = list(range(len(able)))
        rng.shuffle(drawn)
        _arrange(line, [able[number] for number in sorted(drawn[: share(intensity, len(able))])])
        return line.kept

    def _wrong(self, sentence: Sentence) -> list[Site]:
        """Return what has another order: by rules in their sequence, and the heads of each by what depends on them."""
        pairs = related(sentence)
        found: list[Site] = []
        for rule in self.rules:
            if rule.other in pairs:
                wrong = by_head(sentence, rule.kind, pairs[rule.other])
                found += [(rule, head, dependents) for head, dependents in wrong.items()]
            elif rule.kind == "order":
                found += [(rule, head, ()) for head in clauses(sentence, rule.value)]
        return found


def _arrange(line: Line, sites: Sequence[Site]) -> None:
    for rule, head, dependents in sites:
        move = rule.move(line, head, dependents)
        if move is not None:
            line.arrange(move)


def order(letters: str) -> WordOrder:
    """Return the perturbation for an order of subject, verb and object.

    Where the subject follows the object only case and agreement tell them apart, which English or Chinese
    lack: such an order is not said to keep the meaning.
    """
    return WordOrder(
        letters.lower(),
        [Rule("order", letters)],
        f"{letters}: subject, verb and object of statements in this order",
        keeps_meaning=letters.index("S") < letters.index("O"),
    )


_FINAL = [Rule(kind, "before") for kind in ("adjective", "genitive", "relative", "clause", "oblique")] + [
    Rule(kind, "after") for kind in ("adposition", "auxiliary", "subordinator")
]
_INITIAL = [Rule(kind, "after") for kind in ("adjective", "genitive", "relative", "clause", "oblique")] + [
    Rule(kind, "before") for kind in ("adposition", "auxiliary", "subordinator")
]


class Like(WordOrder):
    """The word order of another language, as far as the World Atlas of Language Structures knows it.

    Read are the features 81A (subject, object and verb), 84A (oblique), 85A (adposition), 86A (genitive), 87A
    (adjective), 90A (relative clause) and 94A (adverbial subordinator). Auxiliaries are not in the atlas: they
    stand as Dryer 1992 (Language 68, section 2.6) finds them, after the verb where the object precedes it and
    before it where it follows. Where a language has no dominant order of a pair, that pair is left alone.

        like:ja: She has seen the old house of my friend.  ->  She my friend of the old house seen has.
    """

    takes = "a language"

    def __init__(self, language: str = "") -> None:
        known = known_orders()
        if language and language not in known:
            raise ValueError(f"no word order is known of {language!r}; known are {', '.join(sorted(known))}")
        rules = _rules(known[language]) if language else []
        super().__init__(
            f"like:{language}" if language else "like",
            rules,
            f"the word order of {language}" if language else "the word order of another language",
            keeps_meaning=Rule("relative", "before") not in rules,
        )
        self.language = language

    def of(self, parameter: str) -> Like:
        return Like(parameter)

    def unserved(self, language: str) -> str | None:
        if not self.language:
            return (
                "typological.like needs the code of the language whose order is taken (typological.like:ja)"
            )
        return super().unserved(language)


def _rules(orders: Mapping[str, str]) -> list[Rule]:
    """Return the rules for a language's values of WALS features."""
    found = [
        Rule(kind, side)
        for feature, (kind, sides) in _FEATURES.items()
        if (side := sides.get(orders.get(feature, ""))) is not None
    ]
    basic = orders.get("81A", "")
    if basic in ORDERS:
        found.append(Rule("order", basic))
        found.append(Rule("auxiliary", "after" if basic.index("O") < basic.index("V") else "before"))
    return found


ORDERS = ("SVO", "SOV", "VSO", "VOS", "OSV", "OVS")
# WALS feature: the construction, and the side of the dependent by the value.
_FEATURES: dict[str, tuple[str, dict[str, str]]] = {
    "84A": ("oblique", {"VOX": "after", "XVO": "before", "XOV": "before", "OXV": "before", "OVX": "after"}),
    "85A": ("adposition", {"Prep": "before", "Post": "after"}),
    "86A": ("genitive", {"GenN": "before", "NGen": "after"}),
    "87A": ("adjective", {"AdjN": "before", "NAdj": "after"}),
    "90A": ("relative", {"RelN": "before", "NRel": "after"}),
    "94A": ("subordinator", {"initial": "before", "final": "after"}),
}


@hookimpl
def harness_perturbations() -> Sequence[Perturbation]:
    return [
        *map(order, ORDERS),
        WordOrder("prepositions", [Rule("adposition", "before")], "adpositions before their noun phrase"),
        WordOrder("postpositions", [Rule("adposition", "after")], "adpositions behind their noun phrase"),
        WordOrder("adjective-noun", [Rule("adjective", "before")], "attributive adjectives before the noun"),
        WordOrder("noun-adjective", [Rule("adjective", "after")], "attributive adjectives behind the noun"),
        WordOrder("genitive-noun", [Rule("genitive", "before")], "possessors before the noun phrase"),
        WordOrder("noun-genitive", [Rule("genitive", "after")], "possessors behind the noun"),
        WordOrder(
            "relative-noun",
            [Rule("relative", "before")],
            "relative clauses and participles before the noun phrase",
            keeps_meaning=False,
        ),
        WordOrder("noun-relative", [Rule("relative", "after")], "relative clauses behind the noun phrase"),
        WordOrder("auxiliary-verb", [Rule("auxiliary", "before")], "auxiliaries before the verb"),
        WordOrder("verb-auxiliary", [Rule("auxiliary", "after")], "auxiliaries behind the verb"),
        WordOrder(
            "head-final",
            [Rule("order", "SOV"), *_FINAL],
            "heads behind what depends on them, as in Japanese",
            keeps_meaning=False,
        ),
        WordOrder(
            "head-initial",
            [Rule("order", "VSO"), *_INITIAL],
            "heads before what depends on them, as in Welsh",
        ),
        Like(),
    ]
