"""Main and adverbial clause exchanged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness_plugins.perturbations.closed_class import CLITICS
from harness_plugins.perturbations.constituents import quotation_zones
from harness_plugins.perturbations.reordering import (
    Change,
    Part,
    Rewording,
    folded,
    is_finite,
    is_reference,
    negated,
    phrase,
    points_at_order,
    predicate,
    table,
)
from harness_plugins.perturbations.verb_second import finite_verb, inverted, uninverted

from harness import Sentence
from harness.text.writing import base

# A finite verb without a subject has one understood, which is looked for in what was said before.
_NULL_SUBJECTS = frozenset({"bg", "el", "es", "it", "pt", "ru"})
_BREAKS = frozenset(";:—–")
_SUBJECTS = ("nsubj", "csubj", "expl")
_HANGING = frozenset({"parataxis", "discourse", "vocative", "ccomp", "dislocated", "orphan", "mark"})


class SwapClauses(Rewording):
    """A main clause and its adverbial clause exchanged, with comma, capital and German verb as they must be.

    Only clauses that a conjunction introduces which may stand in either place (*when*, *because*,
    *although*, *after doing*; a table for each language). Left alone: a clause that would come to stand first with a
    pronoun, or without a subject, that may point at a noun of the other; main clauses with *then*, of
    several verbs, or with other clauses beside; questions and quotations.

        When the rain stopped, the children went out.  ->  The children went out when the rain stopped.
        Ich bleibe zu Hause, wenn der Zug ausfällt.  ->  Wenn der Zug ausfällt, bleibe ich zu Hause.
    """

    name = "swap-clauses"
    version = "2"
    languages = ("bg", "de", "en", "es", "fr", "ru")
    description = "main and adverbial clause exchanged"
    reference = "Diessel 2001, Language 77(3): The ordering distribution of main and adverbial clauses"

    def changes(self, sentence: Sentence) -> Iterator[Change]:
        if sentence.text.rstrip("\"'”’»)").endswith("?") or points_at_order(sentence):
            return
        zones = quotation_zones(sentence)
        for head in range(len(sentence)):
            inner = _main_clause(sentence, head, zones)
            for child in sentence.children(head) if inner is not None else ():
                if sentence.tokens[child].relation == "advcl" and inner is not None:
                    change = _exchange(sentence, head, child, inner, zones)
                    if change is not None:
                        yield change


def _main_clause(sentence: Sentence, head: int, zones: Sequence[int]) -> tuple[int, int] | None:
    """Return where a plain main clause lies, up to a clause that follows it after a sign; None if it is none."""
    token, whole = sentence.tokens[head], phrase(sentence, head)
    if not token.is_word or whole is None or not predicate(sentence, head):
        return None
    above = sentence.head(head)
    joined = token.relation == "conj" and above >= 0 and sentence.head(above) < 0
    if above >= 0 and not (joined and _has_subject(sentence, head)):
        return None
    start, end = whole
    for child in sentence.children(head):
        below = sentence.tokens[child]
        if below.relation in ("parataxis", "conj") and child > head:
            first = min(sentence.subtree(child))
            sign = first if not sentence.tokens[first].is_word else first - 1
            if not sentence.tokens[sign].is_word and _has_subject(sentence, child):
                end = min(end, sign)
            elif below.relation == "parataxis" or predicate(sentence, child):
                return None
        elif below.relation in _HANGING or "Int" in below.feats.get("PronType", ""):
            return None
    # An object clause could take the other for its own.
    breaks = any(sentence.tokens[index].text in _BREAKS for index in range(start, end))
    return None if breaks or not _balanced(sentence, (start, end), zones) else (start, end)


def _has_subject(sentence: Sentence, head: int) -> bool:
    return any(sentence.tokens[child].relation in _SUBJECTS for child in sentence.children(head))


def _balanced(sentence: Sentence, span: tuple[int, int], zones: Sequence[int]) -> bool:
    """Say whether no quotation or bracket begins or ends inside a stretch alone."""
    return zones[span[0]] == zones[span[1] - 1] and all(
        sentence.tokens[index].text not in "\"'" for index in range(*span)
    )


def _exchange(
    sentence: Sentence, head: int, child: int, whole: tuple[int, int], zones: Sequence[int]
) -> Change | None:
    span = phrase(sentence, child)
    if span is None or span[0] < whole[0] or span[1] > whole[1] or not _balanced(sentence, span, zones):
        return None
    start, end = whole
    kind = _conjunction(sentence, span, child)
    if kind is None or not (_finite(sentence, child) or _understood(sentence, head, child, kind)):
        return None
    lasts = [
        sentence.tokens[index] for index in (end - 1, span[0] - 1, span[0] - 2, span[1] - 1) if index >= 0
    ]
    if any(token.text.endswith(".") or (token.is_word and len(token.text) == 1) for token in lasts):
        # An abbreviation's stop is the sentence's too.
        return None
    if sentence.tokens[start].relation == "cc" and len(sentence.subtree(start)) == 1 and start + 1 < end:
        start += 1
    if span[0] == start and _is_comma(sentence, span[1]):
        main = (span[1] + 1, end)
        return _to_the_end(sentence, head, span, main, kind) if _balanced(sentence, main, zones) else None
    if span[1] == end:
        stop = span[0] - 1 if _is_comma(sentence, span[0] - 1) else span[0]
        main = (start, stop)
        return _to_the_front(sentence, head, span, main, kind) if _balanced(sentence, main, zones) else None
    return None


def _understood(sentence: Sentence, head: int, child: int, kind: str) -> bool:
    """Say whether a clause without a finite verb has the main clause's subject for its own."""
    rules = table("subordinators", sentence.language)
    if kind not in rules.get("infinite", ()) or not _has_subject(sentence, head):
        return False
    near = [child, *(c for c in sentence.children(child) if sentence.tokens[c].relation in ("aux", "cop"))]
    finite = any(is_finite(word) for index in near for word in sentence.tokens[index].words)
    passive = any((sentence.tokens[c].deprel or "").endswith(":pass") for c in sentence.children(head))
    if passive and kind in ("by", "in order to", "without"):
        # Trade was developed by building ports: it built none.
        return False
    return not finite and not _has_subject(sentence, child) and sentence.tokens[head].upos == "VERB"


def _to_the_end(
    sentence: Sentence, head: int, clause: tuple[int, int], main: tuple[int, int], kind: str
) -> Change | None:
    if not _refers_safely(sentence, main, clause, head) or _needs_other(sentence, main):
        return None
    if _other_verb(sentence, head, main):
        return None
    order: Sequence[int] | None = range(*main)
    if base(sentence.language) == "de":
        order = uninverted(sentence, head, main)
    if order is None:
        return None
    rules = table("subordinators", sentence.language)
    if kind in rules["cause"] and negated(sentence, head):
        # Not because: another reading.
        return None
    if kind in rules["moment"] and _ends_in_time(sentence, main):
        return None
    if folded(sentence, main[0]) in CLITICS.get("bg", "").split() and base(sentence.language) == "bg":
        return None
    comma = rules["comma"] == "all" or kind in rules["comma"]
    middle: list[Part] = [clause[1]] if comma else []
    return Change(clause[0], main[1], (*order, *middle, *range(*clause)))


def _to_the_front(
    sentence: Sentence, head: int, clause: tuple[int, int], main: tuple[int, int], kind: str
) -> Change | None:
    rules = table("subordinators", sentence.language)
    if kind in rules.get("last", ()) or _needs_other(sentence, main) or _correlates(sentence, main, clause):
        return None
    if not _refers_safely(sentence, clause, main, head) or not _begins_with_subject(sentence, head, main):
        return None
    infinite = not any(_finite(sentence, index) for index in range(*clause) if sentence.head(index) == head)
    if (infinite or kind in rules.get("purpose", ())) and (
        negated(sentence, head) or _other_verb(sentence, head, main)
    ):
        return None
    if kind in rules["cause"] and negated(sentence, head):
        return None
    if kind in rules["moment"] and (_ends_in_time(sentence, main) or _set_off(sentence, main, rules)):
        return None
    order: Sequence[int] | None = range(*main)
    if base(sentence.language) == "de":
        order = inverted(sentence, head, main)
    if order is None:
        return None
    comma: Part = main[1] if _is_comma(sentence, main[1]) else ","
    return Change(main[0], clause[1], (*range(*clause), comma, *order))


def _other_verb(sentence: Sentence, head: int, main: tuple[int, int]) -> bool:
    """Say whether a main clause holds another verb behind its own, which could take the clause for its own."""
    verb = finite_verb(sentence, head)
    return any(
        sentence.tokens[index].relation in ("acl", "advcl", "ccomp", "xcomp", "conj")
        and (sentence.tokens[index].upos == "VERB" or predicate(sentence, index))
        for index in range((head if verb is None else min(verb, head)) + 1, main[1])
    )


def _begins_with_subject(sentence: Sentence, head: int, main: tuple[int, int]) -> bool:
    """Say whether a main clause begins with its subject, or has none and begins with its verb."""
    found = [
        child
        for child in sentence.children(head)
        if sentence.tokens[child].relation in ("nsubj", "csubj", "expl")
    ]
    if found:
        span = phrase(sentence, found[0])
        return span is not None and span[0] == main[0]
    first = sentence.tokens[main[0]]
    return first.upos in ("VERB", "AUX") or first.feats.get("Polarity") == "Neg"


def _ends_in_time(sentence: Sentence, main: tuple[int, int]) -> bool:
    """Say whether a main clause ends in a time, which a clause of time would then describe."""
    last = sentence.tokens[main[1] - 1]
    times = table("fronting", sentence.language)["times"]
    return (
        any(map(str.isdigit, last.text))
        or last.text.casefold() in times
        or last.words[-1].lemma.casefold() in times
    )


def _set_off(sentence: Sentence, main: tuple[int, int], rules: Mapping[str, Any]) -> bool:
    """Say whether a comma stands before a clause of time that has none there: it adds to the time named last."""
    return rules["comma"] != "all" and _is_comma(sentence, main[1])


def _is_comma(sentence: Sentence, index: int) -> bool:
    return 0 <= index < len(sentence) and sentence.tokens[index].text == ","


def _conjunction(sentence: Sentence, span: tuple[int, int], child: int) -> str | None:
    """Return the conjunction that a clause begins with, as the table has it; None if it is another."""
    rules = table("subordinators", sentence.language)
    known = [*rules["either"], *rules.get("last", ())]
    words = [folded(sentence, index) for index in range(span[0], min(span[0] + 4, span[1]))]
    marks = {
        index
        for index in sentence.children(child)
        if sentence.tokens[index].relation in ("mark", "advmod", "case")
    }
    if span[0] not in marks:
        return None
    found = [each for each in known if words[: len(each.split())] == each.split()]
    return max(found, key=len, default=None)


def _finite(sentence: Sentence, head: int) -> bool:
    """Say whether a clause has a finite verb, and a subject of its own where the language needs one."""
    near = [head, *(c for c in sentence.children(head) if sentence.tokens[c].relation in ("aux", "cop"))]
    finite = any(is_finite(word) for index in near for word in sentence.tokens[index].words)
    subject = any(
        sentence.tokens[child].relation in ("nsubj", "csubj", "expl") for child in sentence.children(head)
    )
    return finite and (subject or base(sentence.language) in _NULL_SUBJECTS)


def _needs_other(sentence: Sentence, main: tuple[int, int]) -> bool:
    """Say whether the main clause has a word that needs the other clause before it."""
    then = table("subordinators", sentence.language)["then"]
    first = [index for index in range(*main) if sentence.tokens[index].is_word][:3]
    if any(folded(sentence, index) in then for index in first):
        return True
    words = table("subordinators", sentence.language).get("reference", ())
    return any(
        folded(sentence, index) in words and sentence.tokens[index].upos != "AUX" for index in range(*main)
    )


def _correlates(sentence: Sentence, main: tuple[int, int], clause: tuple[int, int]) -> bool:
    """Say whether the word before the final clause belongs to it: *only when*, *so that*, *days after*."""
    last = sentence.tokens[main[1] - 1]
    return last.upos in ("ADV", "SCONJ", "ADP", "CCONJ", "PART") and last.relation in (
        "advmod",
        "mark",
        "cc",
        "case",
    )


def _refers_safely(sentence: Sentence, first: tuple[int, int], second: tuple[int, int], head: int) -> bool:
    """Say whether nothing in what comes to stand first may point at a noun in the other clause.

    The subject of a clause without a finite verb is the main clause's, and so no noun in it.
    """
    infinite = not any(_finite(sentence, index) for index in range(*second) if sentence.head(index) == head)
    own = infinite and first[0] <= head < first[1]
    points = any(
        is_reference(sentence, index)
        for index in range(*first)
        if not (own and sentence.tokens[index].relation in _SUBJECTS and sentence.head(index) == head)
    )
    points = points or any(_without_subject(sentence, index) for index in range(*first))
    nouns = any(sentence.tokens[index].upos in ("NOUN", "PROPN") for index in range(*second))
    return not (points and nouns)


def _without_subject(sentence: Sentence, index: int) -> bool:
    """Say whether a token is a finite verb of the third person whose subject is understood."""
    token = sentence.tokens[index]
    if base(sentence.language) not in _NULL_SUBJECTS or token.upos not in ("VERB", "AUX", "ADJ", "NOUN"):
        return False
    near = [index, *(c for c in sentence.children(index) if sentence.tokens[c].relation in ("aux", "cop"))]
    if not any(is_finite(word) for each in near for word in sentence.tokens[each].words):
        return False
    if token.relation in ("aux", "cop", "xcomp", "fixed"):
        return False
    first = any(
        word.feats.get("Person") in ("1", "2") for each in near for word in sentence.tokens[each].words
    )
    relations = {sentence.tokens[child].relation for child in sentence.children(index)}
    return not first and not relations & {"nsubj", "csubj", "expl"}
