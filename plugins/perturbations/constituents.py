"""The movable parts of a clause in a Universal Dependencies tree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple

from harness_plugins.perturbations.closed_class import CLITICS, FRONTED

from harness import Sentence, Token

# Arguments and adjuncts of a predicate: phrases that move as wholes.
_MOVABLE = frozenset(
    {"nsubj", "csubj", "obj", "iobj", "obl", "ccomp", "xcomp", "advcl", "advmod", "dislocated"}
)
CLAUSAL = frozenset({"ccomp", "advcl", "csubj"})
SUBORDINATE = frozenset({"ccomp", "advcl", "csubj", "xcomp", "acl"})
_MAIN = frozenset({"root", "conj", "parataxis"})
# Dependents that only a predicate has, and those that a predicate has when it stands where a clause does.
_PREDICATIVE = frozenset({"nsubj", "csubj", "cop", "aux"})
_SIGNS = _PREDICATIVE | {"obj", "iobj", "obl", "ccomp"}
_CLAUSES = SUBORDINATE | _MAIN
# Dependents that make one group with the head when they touch it.
_GLUED = frozenset(
    {"aux", "cop", "case", "det", "nummod", "amod", "nmod", "appos", "acl", "compound", "flat", "fixed",
     "clf", "goeswith", "expl"}
)  # fmt: skip
# A token in one of these relations heads no clause, whatever its part of speech.
_NO_CLAUSE = frozenset(
    {"amod", "compound", "flat", "fixed", "case", "mark", "aux", "cop", "det", "cc", "discourse", "punct",
     "goeswith"}
)  # fmt: skip
_CLOSERS = {'"': '"', "„": "“”", "«": "»", "»": "«", "“": "”", "‚": "‘’", "(": ")", "[": "]", "{": "}",
            "（": "）", "「": "」", "『": "』", "《": "》", "【": "】", "〈": "〉"}  # fmt: skip
COMMAS = frozenset(",،，、;؛；")
_OPENING = frozenset(_CLOSERS)
PAIRED = frozenset("".join((*_CLOSERS, *_CLOSERS.values())))


class Unit(NamedTuple):
    """A part of a clause that moves as a whole.

    Attributes:
        start: its first token.
        end: the token after its last.
        top: the token that the rest of it depends on.
        role: relation of `top` to the clause's head, or ``head``.
        before: a comma at `start` - 1 that sets it off, as the tree says; None without.
        after: a comma at `end`, likewise.
    """

    start: int
    end: int
    top: int
    role: str
    before: int | None = None
    after: int | None = None


# Makes one of a tuple of all its fields.
_unit_of: Callable[[tuple[Any, ...]], Unit] = partial(tuple.__new__, Unit)


def quotation_zones(sentence: Sentence) -> list[int]:
    """Number the stretches inside quotation marks and brackets; the marks belong to what is around them."""
    if _OPENING.isdisjoint(sentence.forms):
        return [0] * len(sentence)
    zones, stack = [], [(0, "")]
    highest = 0
    for token in sentence.tokens:
        mark = token.text
        if not token.is_word and len(stack) > 1 and mark in stack[-1][1]:
            stack.pop()
            zones.append(stack[-1][0])
            continue
        zones.append(stack[-1][0])
        if not token.is_word and mark in _CLOSERS:
            highest += 1
            stack.append((highest, _CLOSERS[mark]))
    return zones


def movable(sentence: Sentence, head: int, zones: Sequence[int]) -> list[Unit]:
    """Return the movable units of the clause that `head` heads, left to right.

    They are the head with the function words and modifiers that touch it, and each argument or adjunct
    whose tokens lie together. Everything else keeps its slot: conjunctions and complementizers, conjoined
    clauses, relative and interrogative phrases, auxiliaries apart from their verb, punctuation, and what
    lies in other quotation marks or brackets than the head.
    """
    if not _together(sentence, head):
        return []
    tokens, tree, zone = sentence.tokens, sentence.tree, zones[head]
    relations = tree.relations
    group = left, right = _head_group(sentence, head)
    found = []
    if not _anchored(tokens[head]) and zones[left] == zones[right - 1] == zone:
        found.append(Unit(*group, head, "head"))
    small = functional(sentence)
    for child in tree.children[head]:
        if relations[child] not in _MOVABLE or left <= child < right or child in small:
            continue
        first, last = tree.starts[child], tree.ends[child]
        if not tree.whole[child] and not _together(sentence, child):
            continue
        start, end = _trimmed(sentence, first, last)
        if start < end and (end <= left or start >= right) and zones[start] == zones[end - 1] == zone:
            before = start - 1 if start > first and tokens[start - 1].text in COMMAS else None
            after = end if end < last and tokens[end].text in COMMAS else None
            found.append(_unit_of((start, end, child, relations[child], before, after)))
    found.sort()
    if (
        found
        and found[-1].role == "head"
        and relations[head] == "acl"
        and sentence.extent(head)[1] <= sentence.head(head)
    ):
        # Where a relative clause stands before its noun, only its verb's place beside the noun tells.
        found.pop()
    return [unit for unit in found if not _fixed(sentence, head, unit, unit is found[0])]


def heads_clause(sentence: Sentence, head: int) -> bool:
    """Say whether a token that others depend on is a predicate."""
    tree = sentence.tree
    relations = tree.relations
    relation = relations[head]
    if relation in _NO_CLAUSE or not tree.are_words[head]:
        return False
    if tree.upos[head] == "VERB":
        return True
    signs = _SIGNS if relation in _CLAUSES else _PREDICATIVE
    return not signs.isdisjoint([relations[child] for child in tree.children[head]])


def _relations(token: Token) -> set[str]:
    """Return the relations of all words in a token: fr *qu'il* holds mark and nsubj."""
    return {word.deprel.partition(":")[0] for word in token.words}


def _anchored(token: Token) -> bool:
    """Say whether a conjunction or complementizer is part of the token (ar *wa-*, fr *qu'il*)."""
    return len(token.words) > 1 and not _relations(token).isdisjoint(("cc", "mark"))


def functional(sentence: Sentence) -> frozenset[int]:
    """Return the dependents in a movable relation that do the work of a function word."""
    found: frozenset[int] | None = sentence.found.get("functional")
    if found is None:
        tree, clitics = sentence.tree, _clitics(sentence.language)
        upos, feats, are_words = tree.upos, tree.feats, tree.are_words
        known = [
            index
            for index, relation in enumerate(tree.relations)
            if relation in _MOVABLE
            and (
                not are_words[index]
                or upos[index] == "PART"
                or ("Polarity" in feats[index] and feats[index]["Polarity"] == "Neg")
                or (index in tree.contracted and _holds_function(sentence.tokens[index]))
                or (clitics and not tree.children[index] and _folded(sentence, index) in clitics)
            )
        ]
        found = sentence.found["functional"] = frozenset(known)
    return found


def _holds_function(token: Token) -> bool:
    return not _relations(token).isdisjoint(("cc", "mark", "aux", "cop", "expl"))


def _folded(sentence: Sentence, index: int) -> str:
    return sentence.forms[index].casefold().replace("’", "'")


@cache
def _clitics(language: str) -> frozenset[str]:
    return frozenset(CLITICS.get(language, "").split())


def _head_group(sentence: Sentence, head: int) -> tuple[int, int]:
    """Return the head with the dependents that are glued to it, as far as they touch: [start, end)."""
    tree = sentence.tree
    children = tree.children[head]
    start, end = head, head + 1
    for child in reversed(children):
        if child < start:
            last = tree.ends[child]
            touches = last == start or (last == start - 1 and not tree.are_words[last])
            if tree.whole[child] and touches and _is_glued(sentence, head, child):
                start = tree.starts[child]
    for child in children:
        if child >= end and tree.starts[child] == end and tree.whole[child]:
            end = tree.ends[child] if _is_glued(sentence, head, child) else end
    return _trimmed(sentence, start, end)


def _is_glued(sentence: Sentence, head: int, child: int) -> bool:
    token = sentence.tokens[child]
    if _anchored(token):
        return False
    if token.relation in _GLUED:
        return True
    if token.relation in ("mark", "cc"):
        # An infinitive's particle, and what follows its verb: ja *te*, zh *de*.
        return token.upos == "PART" or child > head
    if token.relation == "xcomp" and token.upos == "VERB" and not sentence.children(child):
        # The bare parts of a serial or light verb: hi *badal diya*, zh *buchong shuo*.
        return True
    if child in functional(sentence):
        return token.is_word
    # A degree adverb: so frustrated, very much a man.
    return token.relation == "advmod" and sentence.tokens[head].upos != "VERB" and child < head


def _fixed(sentence: Sentence, head: int, unit: Unit, first: bool) -> bool:
    """Say whether a unit must keep its slot because nothing but its slot tells its work."""
    if unit.role == "head":
        return False
    if unit.role in CLAUSAL and not _introduced(sentence, unit):
        return True
    return (first or unit.end - unit.start == 1) and _fronted(sentence, head, unit)


def _introduced(sentence: Sentence, clause: Unit) -> bool:
    """Say whether a clause shows where it begins, or has no subject that could be taken for another's."""
    children = sentence.children(clause.top)
    if not any(sentence.tokens[child].relation in ("nsubj", "csubj", "aux", "cop") for child in children):
        return sentence.tokens[clause.top].feats.get("VerbForm") != "Fin"
    opening = sentence.tokens[clause.start]
    if opening.relation in ("mark", "case") or _anchored(opening):
        return True
    return any(kind in opening.feats.get("PronType", "") for kind in ("Int", "Rel"))


def _fronted(sentence: Sentence, head: int, unit: Unit) -> bool:
    """Say whether a unit stands first as a relative or interrogative phrase."""
    clause, (start, end, *_) = sentence.tokens[head], unit
    openers = _openers(sentence)
    if openers is not _NO_OPENERS:
        inside, first = range(start, end), range(start, min(start + 2, end))
        if any(index in inside for index in openers.asking) or any(n in first for n in openers.listed):
            return True
        if clause.relation in SUBORDINATE and any(index in inside for index in openers.relating):
            return True
    if clause.deprel != "acl:relcl" or end - start != 1:
        return False
    return sentence.tokens[start].upos in ("PRON", "ADV", "DET", "SCONJ")


def pronouns(sentence: Sentence) -> Sequence[tuple[int, str]]:
    """Return the tokens whose features tell a kind of pronoun, each with it (``Int``, ``Rel``)."""
    found: list[tuple[int, str]] | None = sentence.found.get("pronouns")
    if found is None:
        found = sentence.found["pronouns"] = [
            (index, feats["PronType"])
            for index, feats in enumerate(sentence.tree.feats)
            if "PronType" in feats
        ]
    return found


class _Openers(NamedTuple):
    """The tokens that stand first because they ask or relate.

    Attributes:
        asking: those whose features say that they ask.
        relating: those whose features say that they relate.
        listed: those that the language's words for it hold.
    """

    asking: Sequence[int]
    relating: Sequence[int]
    listed: Sequence[int]


_NO_OPENERS = _Openers((), (), ())


def _openers(sentence: Sentence) -> _Openers:
    found: _Openers | None = sentence.found.get("openers")
    if found is None:
        kinds = pronouns(sentence)
        asking, relating = ([n for n, kind in kinds if name in kind] for name in ("Int", "Rel"))
        listed: list[int] = []
        if sentence.language in FRONTED:
            listed = [n for n, form in enumerate(sentence.forms) if _is_fronted(form, sentence.language)]
        found = _Openers(asking, relating, listed) if asking or relating or listed else _NO_OPENERS
        sentence.found["openers"] = found
    return found


@lru_cache(maxsize=4096)
def _is_fronted(text: str, language: str) -> bool:
    """Say whether a language's word stands first because it asks or relates."""
    pattern = FRONTED.get(language)
    return pattern is not None and pattern.fullmatch(text.casefold()) is not None


def _together(sentence: Sentence, top: int) -> bool:
    """Say whether no foreign word stands between the tokens of a subtree."""
    start, end, whole = sentence.extent(top)
    if whole:
        return True
    inside = set(sentence.subtree(top))
    return not any(sentence.tokens[index].is_word for index in range(start, end) if index not in inside)


def _trimmed(sentence: Sentence, start: int, end: int) -> tuple[int, int]:
    """Cut punctuation off both edges; quotation marks and brackets stay."""
    tokens = sentence.tokens
    while start < end and not tokens[start].is_word and _outer(tokens[start]):
        start += 1
    while end > start and not tokens[end - 1].is_word and _outer(tokens[end - 1]):
        end -= 1
    return start, end


def _outer(token: Token) -> bool:
    return token.text not in PAIRED
