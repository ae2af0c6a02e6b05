"""Where a dependent goes when it changes to the other side of its head."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from harness_plugins.perturbations.closed_class import CLITICS
from harness_plugins.perturbations.constructions import (
    COMPOUND,
    GERUND,
    NOUN_PHRASE,
    predicative,
    small_words,
)
from harness_plugins.perturbations.linear import Line, Move, move_of

from harness import Sentence

# What stands beside a noun that is no predicate, or before an adjective.
_WITH_ADVERBS = NOUN_PHRASE | {"advmod"}
# What an adjective, and a possessor behind the noun, does not come between.
_ADJECTIVES = COMPOUND | {"amod"}
_CLASSIFIED = _ADJECTIVES | {"clf"}
# What is one group with the verb that it touches, and what may be.
_LEANING = COMPOUND | {"aux", "expl", "clf"}
_VERBAL = frozenset({"advmod", "nsubj", "obj", "iobj", "obl"})
_TRAILING = frozenset({"conj", "parataxis", "discourse"})


def to_side(line: Line, kind: str, head: int, dependents: Sequence[int], before: bool) -> Move | None:
    """Return the move that takes dependents of one kind before, or behind, their head; None where there is none.

    The nearest stays the nearest: *big red house*, *house red big*.
    """
    sentence, nominal = line.sentence, kind in _SLOTS
    if before and nominal and _proclitic(sentence, head):
        return None
    tops = line.tops(head)
    run = _noun_phrase(line, tops, head, kind) if nominal else tops
    for top in dependents:
        if top not in run:
            return None
    moving = dependents if len(dependents) == 1 else [top for top in reversed(run) if top in dependents]
    if kind == "auxiliary":
        moving = _with_clitics(sentence, run, moving)
    rest = list(run)
    for top in moving:
        rest.remove(top)
    slot = _SLOTS.get(kind, _clause_slot)(sentence, rest, head, kind, before)
    return trimmed(line, head, run, [*rest[:slot], *moving, *rest[slot:]])


def _proclitic(sentence: Sentence, head: int) -> bool:
    """Say whether a noun's token begins with a function word (ar *bi-*), before which nothing of it can go."""
    if head not in sentence.tree.contracted:
        return False
    return sentence.tokens[head].words[0].deprel.partition(":")[0] in ("case", "cc", "mark")


def trimmed(
    line: Line, head: int, source: Sequence[int], target: Sequence[int], core: Sequence[int] = ()
) -> Move | None:
    """Leave off what is the same at both ends; None if nothing differs, or a quotation would be torn."""
    if source == target:
        return None
    first, last = 0, len(source)
    while source[first] == target[first]:
        first += 1
    while source[last - 1] == target[last - 1]:
        last -= 1
    moved = source[first:last]
    core = core if head in moved else ()
    if line.bounds is not None and not line.is_free(head, [*moved, *core]):
        return None
    return move_of((head, moved, target[first:last], core))


def _with_clitics(sentence: Sentence, run: Sequence[int], auxiliaries: Sequence[int]) -> list[int]:
    """Return auxiliaries, each behind the pronouns that lean on it."""
    found: list[int] = []
    for auxiliary in auxiliaries:
        end = run.index(auxiliary) + 1
        start = end - 1
        while start > 0 and is_clitic(sentence, run[start - 1]):
            start -= 1
        found += run[start:end]
    return found


@cache
def _clitics(language: str) -> frozenset[str]:
    return frozenset(CLITICS.get(language, "").split())


def is_clitic(sentence: Sentence, index: int) -> bool:
    """Say whether a token is a weak pronoun that leans on the verb."""
    token = sentence.tokens[index]
    return token.relation in ("nsubj", "obj", "iobj", "obl", "expl") and token.text.casefold().replace(
        "’", "'"
    ) in _clitics(sentence.language)


def noun_phrase_bounds(line: Line, tops: Sequence[int], head: int) -> tuple[int, int]:
    """Return which phrases, [start, end), are that of a noun: its subject and copula are none of it."""
    sentence = line.sentence
    inner = NOUN_PHRASE if predicative(sentence, head) else _WITH_ADVERBS
    before = _WITH_ADVERBS if sentence.tree.upos[head] in ("ADJ", "ADV") else inner
    start = tops.index(head)
    end = start + 1
    least = end - line.touching(head) if start else 0
    while start > least and _inner(sentence, tops[start - 1], before):
        start -= 1
    while end < len(tops) and _inner(sentence, tops[end], inner):
        end += 1
    return start, end


def _inner(sentence: Sentence, index: int, relations: frozenset[str]) -> bool:
    relation = sentence.tree.relations[index]
    if relation in relations:
        return relation != "advmod" or index not in small_words(sentence)
    # A measure: *a little different*.
    return relation == "obl" and sentence.tokens[index].deprel in ("obl:npmod", "obl:unmarked")


def _noun_phrase(line: Line, tops: Sequence[int], head: int, kind: str) -> Sequence[int]:
    start, end = noun_phrase_bounds(line, tops, head)
    if kind == "adposition":
        # In *in Paris and London* the adposition stands before both, in *in Paris and in London* not.
        relations = line.sentence.tree.relations
        while (
            end < len(tops)
            and relations[tops[end]] in ("conj", "case")
            and not _has_adposition(line.sentence, tops[end])
        ):
            end += 1
    return tops[start:end]


def _has_adposition(sentence: Sentence, index: int) -> bool:
    relations = sentence.tree.relations
    return any(relations[child] in ("case", "mark") for child in sentence.children(index))


def _core(sentence: Sentence, tops: Sequence[int], head: int, near: frozenset[str]) -> tuple[int, int]:
    """Return which phrases, [start, end), are the head and what touches it in the relations `near`."""
    relations, start = sentence.tree.relations, tops.index(head)
    end = start + 1
    while start > 0 and relations[tops[start - 1]] in near:
        start -= 1
    while end < len(tops) and relations[tops[end]] in near:
        end += 1
    return start, end


def _adjective_slot(sentence: Sentence, rest: Sequence[int], head: int, kind: str, before: bool) -> int:
    start, end = _core(sentence, rest, head, _ADJECTIVES)
    return start if before else end


def _genitive_slot(sentence: Sentence, rest: Sequence[int], head: int, kind: str, before: bool) -> int:
    if not before:
        return _core(sentence, rest, head, _CLASSIFIED)[1]
    return _first(sentence, rest, frozenset({"case", "acl"}))


def _relative_slot(sentence: Sentence, rest: Sequence[int], head: int, kind: str, before: bool) -> int:
    if before:
        return _first(sentence, rest, frozenset({"case"}))
    end = len(rest)
    while rest[end - 1] != head and sentence.tree.relations[rest[end - 1]] == "case":
        end -= 1
    return end


def _adposition_slot(sentence: Sentence, rest: Sequence[int], head: int, kind: str, before: bool) -> int:
    return 0 if before else len(rest)


def _first(sentence: Sentence, rest: Sequence[int], passed: frozenset[str]) -> int:
    """Return the place after the leading phrases in the relations `passed`."""
    relations = sentence.tree.relations
    return next((n for n, top in enumerate(rest) if relations[top] not in passed), len(rest))


def verb_bounds(sentence: Sentence, tops: Sequence[int], head: int) -> tuple[int, int]:
    """Return which phrases, [start, end), are the verb with the small words that touch it."""
    start = tops.index(head)
    end = start + 1
    while start > 0 and leans(sentence, head, tops[start - 1]):
        start -= 1
    while end < len(tops) and leans(sentence, head, tops[end]):
        end += 1
    if sentence.language == "ja":
        end = max(end, _last_ending(sentence, tops, start, head))
    return start, end


def _last_ending(sentence: Sentence, tops: Sequence[int], start: int, head: int) -> int:
    """Return where the Japanese verb ends, whose endings may have particles between them (*kaketaku wa arimasen*)."""
    end = start
    for number in range(start, len(tops)):
        role = sentence.tree.relations[tops[number]]
        if role in ("aux", "cop", "fixed") and tops[number] > head:
            end = number + 1
        elif role not in ("case", "mark", "advmod") and tops[number] > head:
            break
    return end


def leans(sentence: Sentence, head: int, index: int) -> bool:
    """Say whether a dependent that touches the verb is one group with it."""
    relation = sentence.tree.relations[index]
    if relation in _VERBAL:
        return index in small_words(sentence)
    if relation in _LEANING:
        return True
    if relation == "mark":
        # An infinitive's particle, and the ending of the Japanese gerund.
        return not sentence.children(index) and (
            (sentence.tree.upos[index] == "PART" and index < head)
            or (sentence.forms[index] in GERUND and index > head)
        )
    return relation == "xcomp" and sentence.tree.upos[index] == "VERB" and not sentence.children(index)


def _clause_slot(sentence: Sentence, rest: Sequence[int], head: int, kind: str, before: bool) -> int:
    """Return where an auxiliary, an oblique, a clause or a conjunction goes among the phrases of a clause."""
    start, end = verb_bounds(sentence, rest, head)
    if kind == "subordinator":
        last = len(rest)
        while last > end and sentence.tree.relations[rest[last - 1]] in _TRAILING:
            last -= 1
        return _first(sentence, rest, frozenset({"cc"})) if before else last
    if kind == "auxiliary":
        return start if before else end
    relations = sentence.tree.relations
    if before:
        while kind == "oblique" and start > 0 and relations[rest[start - 1]] == "obj":
            start -= 1
        return start
    while end < len(rest) and relations[rest[end]] in ("obj", "iobj", "obl", "nsubj"):
        end += 1
    return end


_SLOTS: dict[str, Callable[[Sentence, Sequence[int], int, str, bool], int]] = {
    "adjective": _adjective_slot,
    "genitive": _genitive_slot,
    "relative": _relative_slot,
    "adposition": _adposition_slot,
}
