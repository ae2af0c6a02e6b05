"""From an event to a sentence: what the grammars of all languages share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any, ClassVar, Literal
from unicodedata import normalize

from harness_plugins.tasks.grammar_engine.meaning import Event, Style
from harness_plugins.tasks.grammar_engine.ontology import ontology, resource
from harness_plugins.tasks.grammar_engine.tree import Node, Said, mark, phrase, say

GRAMMARS = {
    "en": "english:English",
    "de": "german:German",
    "fr": "french:French",
    "es": "spanish:Spanish",
    "ru": "russian:Russian",
    "tr": "turkish:Turkish",
    "hi": "hindi:Hindi",
    "zh": "chinese:Chinese",
}
LANGUAGES = tuple(GRAMMARS)
Place = Literal["main", "opened", "subordinate"]


class Grammar(ABC):
    """The grammar of one language: a subclass builds the clause and, where it differs, the sentence.

    Attributes:
        code: the language's code.
        spaces: words are written apart.
        comma, stop: the marks.
        contractions: pairs of words that are written as one.
        while_comma: a comma parts a *while* clause that follows; one that comes first always has it.
        front_comma: a comma follows an adjunct that opens the sentence.
    """

    code: ClassVar[str]
    spaces: ClassVar[bool] = True
    comma: ClassVar[str] = ","
    stop: ClassVar[str] = "."
    contractions: ClassVar[Mapping[tuple[str, str], str]] = {}
    while_words: ClassVar[tuple[str, ...]] = ()
    while_comma: ClassVar[bool] = False
    and_word: ClassVar[str]
    and_comma: ClassVar[bool] = False
    front_comma: ClassVar[bool] = False

    def __init__(self) -> None:
        lexicon = _composed(resource(f"{self.code}.yaml"))
        self.nouns: dict[str, Any] = lexicon["nouns"]
        self.adjectives: dict[str, Any] = lexicon["adjectives"]
        self.verbs: dict[str, Any] = lexicon["verbs"]
        self.phrases: dict[str, list[str]] = {
            **lexicon["manners"],
            **lexicon["places"],
            **lexicon["times"],
        }

    @abstractmethod
    def clause(self, event: Event, deprel: str, style: Style, place: Place = "main") -> Node:
        """Build an event's clause without `meanwhile`, headed by its verb.

        Args:
            place: ``subordinate``, or ``opened`` where a subordinate clause stands before it in the
                sentence, which in a verb-second language leaves no room for anything else.
        """

    def definite(self, event: Event) -> bool:
        """Say whether the patient is a known person or animal."""
        return ontology().verbs[event.verb].definite

    def adjunct(self, name: str | None) -> list[Node]:
        """Build the phrase for a manner, place or time: a list of one, or of none."""
        return [phrase(self.phrases[name])] if name is not None else []

    def fronted(self, event: Event, style: Style) -> tuple[list[Node], list[Node], list[Node]]:
        """Return the opening adjunct, with its comma, and the time and place that stay inside."""
        inside = {slot: self.adjunct(getattr(event, slot)) for slot in ("time", "place")}
        first: list[Node] = []
        if style.front and inside[style.front]:
            first, inside[style.front] = inside[style.front], []
            if self.front_comma:
                first[0].after.append(mark(self.comma))
        return first, inside["time"], inside["place"]

    def sentence(self, event: Event, style: Style) -> Node:
        """Build the whole sentence, `meanwhile` and the full stop included."""
        other = event.meanwhile
        if other is None:
            root = self.clause(event, "root", style)
        elif style.link.startswith("and"):
            root = self.coordinated(event, other, style)
        else:
            root = self.simultaneous(event, other, style)
        root.after.append(mark(self.stop))
        return root

    def coordinated(self, event: Event, other: Event, style: Style) -> Node:
        """Join two clauses by *and*."""
        pair = [event, other] if style.link == "and" else [other, event]
        root, second = (
            self.clause(part, deprel, style) for part, deprel in zip(pair, ("root", "conj"), strict=True)
        )
        joint = [Node(self.and_word, "CCONJ", "cc")]
        if self.and_comma:
            joint.insert(0, mark(self.comma))
        second.before[:0] = joint
        root.after.append(second)
        return root

    def simultaneous(self, event: Event, other: Event, style: Style) -> Node:
        """Join two clauses by *while*; the subordinate one follows, or comes first."""
        second = self.clause(other, "advcl", Style(), "subordinate")
        conjunction, *rest = (Node(word, "SCONJ", "fixed") for word in self.while_words)
        conjunction.deprel, conjunction.after = "mark", rest
        second.before.insert(0, conjunction)
        if style.link == "while-first":
            root = self.clause(event, "root", Style(), "opened")
            second.after.append(mark(self.comma))
            root.before.insert(0, second)
        else:
            root = self.clause(event, "root", style)
            if self.while_comma:
                second.before.insert(0, mark(self.comma))
            root.after.append(second)
        return root

    def say(self, event: Event, style: Style) -> Said:
        """Say an event as a sentence with its tree."""
        return say(self.sentence(event, style), self.code, self.spaces, self.contractions)


def _composed(value: Any) -> Any:
    """Return a lexicon in normal form C: a letter is written in one way only."""
    if isinstance(value, str):
        return normalize("NFC", value)
    if isinstance(value, list):
        return [_composed(item) for item in value]
    if isinstance(value, dict):
        return {key: _composed(item) for key, item in value.items()}
    return value


@cache
def grammar(language: str) -> Grammar:
    """Return the grammar of a language; raises KeyError for a language without one."""
    module, _, name = GRAMMARS[language].partition(":")
    made: Grammar = getattr(import_module(f"{__package__}.{module}"), name)()
    return made
