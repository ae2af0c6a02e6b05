"""The movable parts of a clause in a Universal Dependencies tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from harness import Sentence, Token

# Arguments and adjuncts of a predicate: phrases that move as wholes.
_MOVABLE = frozenset(
    {"nsubj", "csubj", "obj", "iobj", "obl", "ccomp", "xcomp", "advcl", "advmod", "dislocated"}
)
# Dependents that make one group with the head when they touch it.
_GLUED = frozenset(
    {"aux", "cop", "case", "det", "nummod", "amod", "nmod", "appos", "acl", "compound", "flat", "fixed",
     "clf", "goeswith", "expl"}
)  # fmt: skip
# A token in one of these relations heads no clause, whatever its part of speech.
_NO_CLAUSE = frozenset(
    {
        "amod",
        "compound",
        "flat",
        "fixed",
        "case",
        "mark",
        "aux",
        "cop",
        "det",
        "cc",
        "discourse",
        "punct",
        "goeswith",
    }
)
_TRIMMED = frozenset(",;:.!?…—–-،؛؟、，；：。！？।۔")
# Weak pronouns that lean on the verb.
_CLITICS = {
    "fr": "je j' tu il elle on nous vous ils elles me m' te t' se s' le la l' les lui leur y en ce c'",
    "es": "me te se nos os lo la los las le les",
    "it": "mi ti si ci vi lo la li le gli ne",
    "pt": "me te se nos vos o a os as lhe lhes",
    "bg": "ме те го я ни ви ги ми ти му ѝ й им се си",
    "el": "με σε τον την το μας σας τους τις τα μου σου του της",
}
_CLOSERS = {'"': '"', "„": "“”", "«": "»", "»": "«", "“": "”", "‚": "‘’", "(": ")", "[": "]", "{": "}",
            "（": "）", "「": "」", "『": "』", "《": "》", "【": "】", "〈": "〉"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of a clause that moves as a whole: tokens [start, end); `role` is its relation or ``head``."""

    start: int
    end: int
    top: int
    role: str


def units(sentence: Sentence, head: int, zones: Sequence[int]) -> list[Unit]:
    """Return the movable units of the clause that `head` heads, left to right; empty if it heads none.

    They are the head with the function words and modifiers that touch it, and each argument or adjunct
    whose tokens lie together. Everything else keeps its slot: conjunctions and complementizers, conjoined
    clauses, relative and interrogative phrases, auxiliaries apart from their verb, punctuation, and what
    lies in other quotation marks or brackets than the head.
    """
    if not _heads_clause(sentence, head):
        return []
    subtree = sentence.subtree(head)
    if not _together(sentence, subtree):
        return []
    group = _head_group(sentence, head)
    found = [] if _anchored(sentence.tokens[head]) else [Unit(*group, head, "head")]
    for child in sentence.children(head):
        token = sentence.tokens[child]
        if token.relation not in _MOVABLE or _function(sentence, child) or group[0] <= child < group[1]:
            continue
        span = sentence.subtree(child)
        if _together(sentence, span):
            start, end = _trimmed(sentence, span[0], span[-1] + 1)
            if start < end and (end <= group[0] or start >= group[1]):
                found.append(Unit(start, end, child, token.relation))
    zone = zones[head]
    found = [unit for unit in found if zones[unit.start] == zones[unit.end - 1] == zone]
    found.sort(key=lambda unit: unit.start)
    if found and found[0].role != "head" and _fronted(sentence, head, found[0]):
        del found[0]
    return found


def quotation_zones(sentence: Sentence) -> list[int]:
    """Number the stretches inside quotation marks and brackets; the marks belong to what is around them."""
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


def exchanges_roles(sentence: Sentence, source: Sequence[Unit], order: Sequence[Unit]) -> bool:
    """Say whether subject and object have changed places and nothing but their places told them apart.

    *Mary saw John* for *John saw Mary*; not *him saw I*, nor where a case ending or adposition tells.
    """
    subjects = [unit for unit in source if unit.role == "nsubj"]
    objects = [unit for unit in source if unit.role == "obj"]
    if len(subjects) != 1 or len(objects) != 1 or _told_apart(sentence, subjects[0].top, objects[0].top):
        return False
    swapped = {"nsubj": "obj", "obj": "nsubj", "head": "head"}
    old = [unit.role for unit in source if unit.role in swapped]
    return [swapped[unit.role] for unit in order if unit.role in swapped] == old


def _heads_clause(sentence: Sentence, head: int) -> bool:
    token = sentence.tokens[head]
    if not token.is_word or token.relation in _NO_CLAUSE:
        return False
    if token.upos == "VERB":
        return True
    return any(
        sentence.tokens[child].relation in ("nsubj", "csubj", "cop", "aux")
        for child in sentence.children(head)
    )


def _relations(token: Token) -> set[str]:
    """Return the relations of all words in a token: fr *qu'il* holds mark and nsubj."""
    return {word.deprel.partition(":")[0] for word in token.words}


def _anchored(token: Token) -> bool:
    """Say whether a conjunction or complementizer is part of the token (ar *wa-*, fr *qu'il*)."""
    return len(token.words) > 1 and not _relations(token).isdisjoint(("cc", "mark"))


def _function(sentence: Sentence, child: int) -> bool:
    """Say whether a dependent in a movable relation does the work of a function word."""
    token = sentence.tokens[child]
    if not token.is_word or token.upos == "PART" or token.feats.get("Polarity") == "Neg":
        return True
    if len(token.words) > 1 and not _relations(token).isdisjoint(("cc", "mark", "aux", "cop", "expl")):
        return True
    return len(sentence.subtree(child)) == 1 and token.text.casefold().replace("’", "'") in _clitics(
        sentence.language
    )


@cache
def _clitics(language: str) -> frozenset[str]:
    return frozenset(_CLITICS.get(language, "").split())


def _head_group(sentence: Sentence, head: int) -> tuple[int, int]:
    """Return the head with the dependents that are glued to it, as far as they touch: [start, end)."""
    glued = {}
    for child in sentence.children(head):
        if _is_glued(sentence, head, child):
            span = sentence.subtree(child)
            if span[-1] - span[0] + 1 == len(span):
                glued[span[-1] if child < head else span[0]] = span
    start, end = head, head + 1
    while True:
        if start - 1 in glued:
            start = glued[start - 1][0]
        elif start - 2 in glued and not sentence.tokens[start - 1].is_word:
            start = glued[start - 2][0]
        elif end in glued:
            end = glued[end][-1] + 1
        else:
            return _trimmed(sentence, start, end)


def _is_glued(sentence: Sentence, head: int, child: int) -> bool:
    token = sentence.tokens[child]
    if _anchored(token):
        return False
    if token.relation in _GLUED or (token.relation == "mark" and token.upos == "PART"):
        return True
    if token.relation in _MOVABLE and _function(sentence, child):
        return token.is_word
    # A degree adverb: so frustrated, very much a man.
    return token.relation == "advmod" and sentence.tokens[head].upos != "VERB" and child < head


def _fronted(sentence: Sentence, head: int, unit: Unit) -> bool:
    """Say whether the clause's first unit stands there as a relative or interrogative phrase."""
    tokens = sentence.tokens[unit.start : unit.end]
    if any(kind in token.feats.get("PronType", "") for token in tokens for kind in ("Rel", "Int")):
        return True
    relative = sentence.tokens[head].deprel == "acl:relcl"
    return relative and len(tokens) == 1 and tokens[0].upos in ("PRON", "ADV", "DET", "SCONJ")


def _told_apart(sentence: Sentence, subject: int, object_: int) -> bool:
    cases = [_cases(sentence, subject), _cases(sentence, object_)]
    adposition = [
        any(sentence.tokens[child].relation == "case" for child in sentence.children(top))
        for top in (subject, object_)
    ]
    return any(adposition) or (bool(cases[0]) and bool(cases[1]) and cases[0].isdisjoint(cases[1]))


def _cases(sentence: Sentence, top: int) -> set[str]:
    within = (top, *(child for child in sentence.children(top) if sentence.tokens[child].relation == "det"))
    return {
        sentence.tokens[index].feats["Case"] for index in within if "Case" in sentence.tokens[index].feats
    }


def _together(sentence: Sentence, span: Sequence[int]) -> bool:
    """Say whether no foreign word stands between the tokens of a subtree."""
    if span[-1] - span[0] + 1 == len(span):
        return True
    inside = set(span)
    return not any(
        sentence.tokens[index].is_word for index in range(span[0], span[-1] + 1) if index not in inside
    )


def _trimmed(sentence: Sentence, start: int, end: int) -> tuple[int, int]:
    """Cut commas and stops off both edges; quotation marks and brackets stay."""
    while start < end and sentence.tokens[start].text in _TRIMMED:
        start += 1
    while end > start and sentence.tokens[end - 1].text in _TRIMMED:
        end -= 1
    return start, end
