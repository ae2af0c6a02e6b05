"""The constructions whose word order languages differ in, found in a Universal Dependencies tree."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import NamedTuple

from harness_plugins.perturbations.closed_class import FRONTED
from harness_plugins.perturbations.constituents import functional, pronouns
from harness_plugins.perturbations.memory import Memory
from harness_plugins.perturbations.tables import read_table

from harness import Sentence

_NOMINAL = frozenset({"NOUN", "PROPN", "PRON", "NUM", "SYM", "X", "ADJ", "DET"})
_PREDICATIVE = frozenset({"nsubj", "csubj", "cop", "aux"})
# The ending of the Japanese gerund, which its treebanks take for a conjunction.
GERUND = frozenset({"て", "で"})
# In Japanese verb endings, in Thai and Vietnamese words whose meaning is their place, are called auxiliaries.
NO_AUXILIARIES = frozenset({"ja", "th", "vi"})
_INTERROGATIVE = "?？؟⁇"
# Dependents of a noun that belong to its phrase.
NOUN_PHRASE = frozenset(
    {"det", "amod", "nummod", "nmod", "acl", "compound", "flat", "fixed", "appos", "case", "clf",
     "goeswith"}
)  # fmt: skip
# Dependents that are one word with their head.
COMPOUND = frozenset({"compound", "flat", "fixed", "goeswith"})
# Dependents that may open a phrase with a relative or question word.
_OPENING = frozenset({"det", "nmod", "amod", "advmod", "nummod"})
_SUBORDINATE = frozenset({"acl", "advcl", "ccomp", "csubj", "xcomp"})
# Parts of a clause that a question may be about.
_QUESTIONED = frozenset({"nsubj", "obj", "obl", "advmod", "iobj", "discourse", "aux"})
# Dependents of a verb that may lean on it.
_VERBAL = frozenset({"nsubj", "obj", "iobj", "obl", "advmod", "ccomp", "xcomp", "advcl"})
# Endings of the Chinese verb that its treebanks take for auxiliaries.
_ASPECT = frozenset("了着過过著")


# What the dependent in a relation may be.
_KINDS = {
    "case": "adposition", "amod": "adjective", "nmod": "genitive", "acl": "relative", "aux": "auxiliary",
    "nsubj": "subject", "obj": "object", "obl": "oblique", "ccomp": "clause", "xcomp": "clause",
    "advcl": "clause", "mark": "subordinator",
}  # fmt: skip


def constructions(sentence: Sentence, kind: str) -> list[tuple[int, int]]:
    """Return head and dependent of every construction of a kind in a parsed sentence, by dependents, left to right.

    Kinds say what the dependent is: ``adposition``, ``adjective``, ``genitive`` or ``relative`` to a noun;
    ``auxiliary``, ``object``, ``subject``, ``oblique``, ``clause`` or ``subordinator`` to a verb.
    """
    is_one, found = _TESTS[kind], related(sentence)
    pairs = sorted([*found.get((kind, True), ()), *found.get((kind, False), ())], key=itemgetter(1))
    return [pair for pair in pairs if is_one(sentence, *pair)]


def by_head(sentence: Sentence, kind: str, pairs: Sequence[tuple[int, int]]) -> Mapping[int, Sequence[int]]:
    """Return the heads among pairs that are `related`, with those dependents that make `constructions` with them."""
    is_one = _TESTS[kind]
    found: dict[int, list[int]] = {}
    for head, index in pairs:
        if is_one(sentence, head, index):
            found.setdefault(head, []).append(index)
    return found


def related(sentence: Sentence) -> Mapping[tuple[str, bool], Sequence[tuple[int, int]]]:
    """Return head and dependent of what may be one of the `constructions` by its relation, by dependents.

    For each kind, those whose dependent stands before its head (True) and behind it (False). Worked out once.
    """
    found: dict[tuple[str, bool], list[tuple[int, int]]] | None = sentence.found.get("constructions")
    if found is None:
        found = sentence.found["constructions"] = {}
        tree = sentence.tree
        are_words, heads, children = tree.are_words, tree.heads, tree.children
        for index, kind in enumerate(map(_KINDS.get, tree.relations)):
            if kind is not None:
                head = heads[index]
                # A sign that words depend on is part of the sentence as they are: *paid $ 5*, *for 3 %*.
                if head >= 0 and (are_words[index] or children[index]):
                    found.setdefault((kind, index < head), []).append((head, index))
    return found


def _is_adposition(sentence: Sentence, head: int, index: int) -> bool:
    upos = sentence.tree.upos
    return upos[index] == "ADP" and upos[head] in _NOMINAL


def _is_adjective(sentence: Sentence, head: int, index: int) -> bool:
    upos = sentence.tree.upos
    return upos[head] == "NOUN" and upos[index] in ("ADJ", "VERB")


def _is_subordinator(sentence: Sentence, head: int, index: int) -> bool:
    governor, token = sentence.tokens[head], sentence.tokens[index]
    return (
        governor.upos == "VERB"
        and governor.relation not in ("root", "conj", "parataxis")
        and token.text not in GERUND
        and token.upos in ("SCONJ", "ADP")
        and len(token.words) < 2
        and not asks(sentence, head)
    )


def _is_phrase(sentence: Sentence, head: int, index: int) -> bool:
    """Say whether a dependent of a verb can stand on either side of it."""
    return (
        sentence.tree.upos[head] == "VERB"
        and not asks(sentence, head)
        and index not in small_words(sentence)
        and not is_fronted(sentence, head, index)
    )


class _Questions(NamedTuple):
    """What may make a question of a clause.

    Attributes:
        marked: whether the sentence holds a question mark.
        tagged: the tokens whose features say that they ask.
        listed: those that ask in a main clause by the words that they are.
    """

    marked: bool
    tagged: Collection[int]
    listed: Collection[int]


_NO_QUESTIONS = _Questions(False, (), ())


def _questions(sentence: Sentence) -> _Questions:
    found: _Questions | None = sentence.found.get("questions")
    if found is None:
        known = _asking(sentence.language)
        kinds = list(map(known.__getitem__, sentence.forms))
        listed = [(index, kind) for index, kind in enumerate(kinds) if kind] if any(kinds) else []
        tagged = [index for index, kind in pronouns(sentence) if "Int" in kind]
        words = [index for index, kind in listed if kind == "word"]
        marked = len(words) < len(listed)
        found = _Questions(marked, tagged, words) if listed or tagged else _NO_QUESTIONS
        sentence.found["questions"] = found
    return found


@cache
def _asking(language: str) -> Memory[str]:
    """Return what a form may be that makes a question: a ``mark``, a ``word``, or nothing."""
    marks, words = _marks(language), _question_words(language)

    def asking(form: str) -> str:
        folded = form.casefold()
        return "mark" if folded in marks else "word" if folded in words else ""

    return Memory(asking)


@cache
def _marks(language: str) -> str:
    return _INTERROGATIVE + (";\u037e" if language == "el" else "")


@cache
def _question_words(language: str) -> frozenset[str]:
    """Return a language's question words, those of several parts with a blank or a low line between them."""
    words = _list("question_words.yaml", language)
    return words.union([word.replace("_", " ") for word in words])


def asks(sentence: Sentence, head: int) -> bool:
    """Say whether the clause that `head` heads is a question: by the sentence's mark or its question word."""
    questions = _questions(sentence)
    if questions is _NO_QUESTIONS:
        return False
    marked, tagged, listed = questions
    tree = sentence.tree
    relation = tree.relations[head]
    if marked and relation not in ("acl", "advcl", "amod") and _has_question_mark(sentence, head):
        return True
    if relation in ("acl", "advcl"):
        listed = ()
    return any(
        index in tagged or index in listed
        for child in tree.children[head]
        if tree.relations[child] in _QUESTIONED
        for index in _openers(sentence, child)
    )


def _has_question_mark(sentence: Sentence, head: int) -> bool:
    """Say whether a question mark depends on a clause's head or follows its last word."""
    marks, tokens = _marks(sentence.language), sentence.tokens
    words = [index for index in sentence.subtree(head) if tokens[index].is_word]
    after = words[-1] + 1 if words else head + 1
    while after < len(tokens) and not tokens[after].is_word:
        if tokens[after].text in marks:
            return True
        after += 1
    return any(tokens[child].text in marks for child in sentence.children(head))


def is_fronted(sentence: Sentence, head: int, index: int) -> bool:
    """Say whether a phrase is a relative or question word, or begins with one (*whose house*)."""
    tagged, subordinate = _questions(sentence).tagged, sentence.tree.relations[head] in _SUBORDINATE
    if not (subordinate or tagged):
        return False
    tokens = sentence.tokens
    pattern = FRONTED.get(sentence.language) if subordinate else None
    for word in _openers(sentence, index):
        token = tokens[word]
        if word in tagged or (subordinate and "Rel" in token.feats.get("PronType", "")):
            return True
        if pattern is not None and pattern.fullmatch(token.text.casefold()):
            return True
    if tokens[head].deprel != "acl:relcl" or sentence.head(head) > head or sentence.children(index):
        return False
    token = tokens[index]
    opens = not any(tokens[each].is_word for each in sentence.subtree(head) if each < index)
    return opens and token.upos in ("PRON", "ADV", "DET", "SCONJ") and "Person" not in token.feats


def _openers(sentence: Sentence, index: int) -> list[int]:
    """Return the head of a phrase and the determiners and possessors with it."""
    tree = sentence.tree
    relations = tree.relations
    inner = [child for child in tree.children[index] if relations[child] in _OPENING]
    return [index, *inner]


@cache
def _list(file: str, language: str) -> frozenset[str]:
    """Return the words that a table lists for a language."""
    table: dict[str, str] = read_table(file)
    return frozenset(table.get(language, "").split())


def _is_genitive(sentence: Sentence, head: int, index: int) -> bool:
    """Say whether an nmod is a possessor: by its case, its adposition, or, where neither is, by its name."""
    token = sentence.tokens[index]
    if sentence.tokens[head].upos not in ("NOUN", "PROPN"):
        return False
    if token.upos in ("PRON", "DET", "NUM", "SYM"):
        return False
    known = _list("genitives.yaml", sentence.language)
    cases = [word for word in token.words if word.deprel == "case"]
    cases_apart = [
        sentence.tokens[child]
        for child in sentence.children(index)
        if sentence.tokens[child].relation == "case"
    ]
    marks = [word.form.casefold() for word in cases] + [case.text.casefold() for case in cases_apart]
    if marks:
        return any(mark in known for mark in marks)
    return token.feats.get("Case") == "Gen" or token.deprel in ("nmod:poss", "nmod:gen")


def _is_relative(sentence: Sentence, head: int, index: int) -> bool:
    """Say whether an acl modifies by a gap in it: no infinitive, no clause that a conjunction opens."""
    token = sentence.tokens[index]
    if sentence.tokens[head].upos not in ("NOUN", "PROPN"):
        return False
    if token.deprel == "acl:relcl" or sentence.language == "th":
        # A Thai acl without subtype is at times part of a word (*phu-chuai*, person-help: assistant).
        return token.deprel == "acl:relcl"
    if token.upos not in ("VERB", "AUX", "ADJ", "NOUN"):
        return False
    opened = any(
        sentence.tokens[child].relation == "mark" and child < index for child in sentence.children(index)
    )
    return not opened and token.feats.get("VerbForm") != "Inf"


def _is_auxiliary(sentence: Sentence, head: int, index: int) -> bool:
    """Say whether an aux is a word of its own, in a statement, and no verb ending."""
    token = sentence.tokens[index]
    if sentence.language in NO_AUXILIARIES or token.upos not in ("AUX", "VERB"):
        return False
    if sentence.language.startswith("zh") and token.text in _ASPECT:
        return False
    if token.text.casefold() in _list("verb_particles.yaml", sentence.language):
        return False
    return not asks(sentence, head)


def small_words(sentence: Sentence) -> frozenset[int]:
    """Return the dependents of verbs, adverbs among them, that lean on them: weak pronouns, negations."""
    found: frozenset[int] | None = sentence.found.get("small words")
    if found is None:
        tree, preverbs = sentence.tree, _list("preverbs.yaml", sentence.language)
        # Nor is a sign that words depend on one.
        found = frozenset(
            [index for index in functional(sentence) if tree.are_words[index] or not tree.children[index]]
        )
        if preverbs:
            adverbs = [
                index for index, relation in enumerate(sentence.tree.relations) if relation == "advmod"
            ]
            found = found.union([index for index in adverbs if sentence.forms[index].casefold() in preverbs])
        if sentence.language == "de":
            found = found.union(_reflexive(sentence))
        sentence.found["small words"] = found
    return found


def _reflexive(sentence: Sentence) -> list[int]:
    tree = sentence.tree
    return [
        index
        for index, relation in enumerate(tree.relations)
        if relation in _VERBAL and tree.feats[index].get("Reflex") == "Yes" and not tree.children[index]
    ]


def predicative(sentence: Sentence, head: int) -> bool:
    """Say whether a noun or adjective is a predicate: it has a subject or copula."""
    tree = sentence.tree
    relations = tree.relations
    return not _PREDICATIVE.isdisjoint([relations[child] for child in tree.children[head]])


# Whether a pair of head and dependent in the right relation is a construction.
_TESTS: Mapping[str, Callable[[Sentence, int, int], bool]] = {
    "adposition": _is_adposition,
    "adjective": _is_adjective,
    "genitive": _is_genitive,
    "relative": _is_relative,
    "auxiliary": _is_auxiliary,
    "subject": _is_phrase,
    "object": _is_phrase,
    "oblique": _is_phrase,
    "clause": _is_phrase,
    "subordinator": _is_subordinator,
}
