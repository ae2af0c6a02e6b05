"""The constructions whose word order languages differ in, found in a Universal Dependencies tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from harness_plugins.perturbations.closed_class import FRONTED
from harness_plugins.perturbations.constituents import functional
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
# Endings of the Chinese verb that its treebanks take for auxiliaries.
_ASPECT = frozenset("了着過过著")


@dataclass(frozen=True, slots=True)
class Construction:
    """A head and a dependent whose order tells languages apart.

    Attributes:
        kind: ``adposition``, ``adjective``, ``genitive``, ``relative``, ``auxiliary``, ``object``, ``subject``,
            ``oblique``, ``clause`` or ``subordinator``: what the dependent is.
        head: the noun or verb.
        dependent: the token that the rest of it depends on.
    """

    kind: str
    head: int
    dependent: int


def constructions(sentence: Sentence) -> Iterator[Construction]:
    """Yield every construction of a parsed sentence, by its dependent, left to right."""
    for index, token in enumerate(sentence.tokens):
        head = sentence.head(index)
        if head < 0 or not token.is_word or not sentence.tokens[head].is_word:
            continue
        kind = _kind(sentence, head, index)
        if kind is not None:
            yield Construction(kind, head, index)


def _kind(sentence: Sentence, head: int, index: int) -> str | None:
    governor, token = sentence.tokens[head], sentence.tokens[index]
    if token.relation == "case":
        return "adposition" if governor.upos in _NOMINAL and token.upos == "ADP" else None
    if governor.upos in ("NOUN", "PROPN"):
        if token.relation == "amod" and governor.upos == "NOUN" and token.upos in ("ADJ", "VERB"):
            return "adjective"
        if token.relation == "nmod" and _is_genitive(sentence, index):
            return "genitive"
        if token.relation == "acl" and _is_relative(sentence, index):
            return "relative"
    return _verbal(sentence, head, index)


def _verbal(sentence: Sentence, head: int, index: int) -> str | None:
    governor, token = sentence.tokens[head], sentence.tokens[index]
    if token.relation == "aux":
        return "auxiliary" if _is_auxiliary(sentence, head, index) else None
    if governor.upos != "VERB" or asks(sentence, head):
        return None
    if token.relation in ("mark", "nsubj", "obj", "obl", "ccomp", "xcomp", "advcl"):
        if token.relation == "mark":
            if governor.relation in ("root", "conj", "parataxis") or token.text in GERUND:
                return None
            return "subordinator" if token.upos in ("SCONJ", "ADP") and len(token.words) < 2 else None
        if leaning(sentence, index) or is_fronted(sentence, head, index):
            return None
        return {"nsubj": "subject", "obj": "object", "obl": "oblique"}.get(token.relation, "clause")
    return None


def is_fronted(sentence: Sentence, head: int, index: int) -> bool:
    """Say whether a phrase is a relative or question word, or begins with one (*whose house*)."""
    clause = sentence.tokens[head]
    subordinate = clause.relation in ("acl", "advcl", "ccomp", "csubj", "xcomp")
    kinds = ("Int", "Rel") if subordinate else ("Int",)
    pattern = FRONTED.get(sentence.language) if subordinate else None
    for word in _openers(sentence, index):
        token = sentence.tokens[word]
        if any(kind in token.feats.get("PronType", "") for kind in kinds):
            return True
        if pattern is not None and pattern.fullmatch(token.text.casefold()):
            return True
    if clause.deprel != "acl:relcl" or sentence.head(head) > head or len(sentence.subtree(index)) > 1:
        return False
    token = sentence.tokens[index]
    opens = not any(sentence.tokens[each].is_word for each in sentence.subtree(head) if each < index)
    return opens and token.upos in ("PRON", "ADV", "DET", "SCONJ") and "Person" not in token.feats


def _openers(sentence: Sentence, index: int) -> list[int]:
    """Return the head of a phrase and the determiners and possessors with it."""
    inner = [
        child
        for child in sentence.children(index)
        if sentence.tokens[child].relation in ("det", "nmod", "amod", "advmod", "nummod")
    ]
    return [index, *inner]


def _has_question_mark(sentence: Sentence, head: int) -> bool:
    """Say whether a question mark depends on a clause's head or follows its last word."""
    marks = _INTERROGATIVE + (";\u037e" if sentence.language == "el" else "")
    words = [index for index in sentence.subtree(head) if sentence.tokens[index].is_word]
    after = words[-1] + 1 if words else head + 1
    while after < len(sentence) and not sentence.tokens[after].is_word:
        if sentence.tokens[after].text in marks:
            return True
        after += 1
    return any(sentence.tokens[child].text in marks for child in sentence.children(head))


def asks(sentence: Sentence, head: int) -> bool:
    """Say whether the clause that `head` heads is a question: by the sentence's mark or its question word."""
    if sentence.tokens[head].relation not in ("acl", "advcl", "amod") and _has_question_mark(sentence, head):
        return True
    words = _list("question_words.yaml", sentence.language)
    subordinate = sentence.tokens[head].relation in ("acl", "advcl")
    return any(
        "Int" in sentence.tokens[index].feats.get("PronType", "")
        or (not subordinate and sentence.tokens[index].text.casefold().replace(" ", "_") in words)
        for child in sentence.children(head)
        if sentence.tokens[child].relation in ("nsubj", "obj", "obl", "advmod", "iobj", "discourse", "aux")
        for index in _openers(sentence, child)
    )


@cache
def _list(file: str, language: str) -> frozenset[str]:
    """Return the words that a table lists for a language."""
    table: dict[str, str] = read_table(file)
    return frozenset(table.get(language, "").split())


def _is_genitive(sentence: Sentence, index: int) -> bool:
    """Say whether an nmod is a possessor: by its case, its adposition, or, where neither is, by its name."""
    token = sentence.tokens[index]
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


def _is_relative(sentence: Sentence, index: int) -> bool:
    """Say whether an acl modifies by a gap in it: no infinitive, no clause that a conjunction opens."""
    token = sentence.tokens[index]
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
    if token.upos not in ("AUX", "VERB") or asks(sentence, head):
        return False
    if sentence.language.startswith("zh") and token.text in _ASPECT:
        return False
    if token.text.casefold() in _list("verb_particles.yaml", sentence.language):
        return False
    return sentence.language not in NO_AUXILIARIES


def leaning(sentence: Sentence, index: int) -> bool:
    """Say whether a dependent of a verb is a small word that leans on it: a weak pronoun, a negation."""
    if functional(sentence, index):
        return True
    words = _list("preverbs.yaml", sentence.language)
    token = sentence.tokens[index]
    if sentence.language == "de" and token.feats.get("Reflex") == "Yes":
        return len(sentence.subtree(index)) == 1
    return token.relation == "advmod" and token.text.casefold() in words


def predicative(sentence: Sentence, head: int) -> bool:
    """Say whether a noun or adjective is a predicate: it has a subject or copula."""
    return any(sentence.tokens[child].relation in _PREDICATIVE for child in sentence.children(head))
