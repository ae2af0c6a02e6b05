"""A heavy phrase or clause put to the end of its clause."""

from __future__ import annotations

from collections.abc import Iterator

from harness_plugins.perturbations.reordering import (
    Change,
    Part,
    Rewording,
    folded,
    has_pair,
    has_reference,
    phrase,
)

from harness import Sentence
from harness.text.writing import base

_SHIFTING = frozenset({"bg", "el", "en", "es", "fr", "ru"})
# How many words an object has at least that goes behind another phrase, and how many that phrase at most.
_HEAVY, _LIGHT = 5, 5
# Adpositions that compare, and those whose phrase is likely the object's own.
_OF_A_NOUN = frozenset(
    {"as", "such", "like", "including", "than", "of", "about", "on", "for", "against", "between", "que", "comme",
     "como", "de", "du", "des", "sur", "pour", "sobre", "para", "entre", "как", "чем", "о", "об", "για", "ως",
     "προς", "από", "като", "за"}
)  # fmt: skip
# Verbs with a bare infinitive that a parser may take for an object.
_WITH_VERBS = frozenset({"help", "let", "make", "have"})
_INDEFINITE = frozenset({"a", "an", "some", "several", "many"})


class Extrapose(Rewording):
    """A heavy phrase put to the end of its clause.

    German: a relative or infinitive clause between commas goes behind the verbs that stand after it.
    English: a relative clause leaves an indefinite subject for the place after an intransitive or passive
    verb. English, French, Spanish, Russian, Bulgarian, Greek: an object of five words or more goes behind the
    shorter phrase with a preposition that follows it. Only where nothing comes to stand between
    that could be taken with it, and nothing that is passed points back at it.

        Er hat das Buch, das ich ihm gab, gelesen.  ->  Er hat das Buch gelesen, das ich ihm gab.
        She gave the book that she had bought to Mary.  ->  She gave to Mary the book that she had bought.
        A man who wore a red hat appeared.  ->  A man appeared who wore a red hat.
    """

    name = "extrapose"
    languages = ("bg", "de", "el", "en", "es", "fr", "ru")
    description = "a heavy phrase or relative clause put to the end"
    reference = "Ross 1967, sections 3.1.1.3 (complex NP shift) and 5.1.1 (extraposition from NP)"

    def changes(self, sentence: Sentence) -> Iterator[Change]:
        language = base(sentence.language)
        for index in range(len(sentence)):
            token = sentence.tokens[index]
            change = None
            if language == "de" and token.relation == "acl":
                change = _behind_the_verbs(sentence, index)
            elif language == "en" and token.deprel == "acl:relcl":
                change = _from_the_subject(sentence, index)
            elif language in _SHIFTING and token.relation == "obj":
                change = _behind_the_phrase(sentence, index)
            if change is not None:
                yield change


def _behind_the_verbs(sentence: Sentence, clause: int) -> Change | None:
    """Move a German clause between commas behind the verbs that close the clause around it."""
    span, noun = phrase(sentence, clause), sentence.head(clause)
    if span is None or noun < 0 or noun >= span[0] or span[1] - span[0] < 3:
        return None
    before, after = span[0] - 1, span[1]
    if not (_is_comma(sentence, before) and _is_comma(sentence, after)) or has_pair(sentence, span):
        return None
    end = after + 1
    while end < len(sentence) and _closes(sentence, end, noun):
        end += 1
    verbs = list(range(after + 1, end))
    if not verbs or len(verbs) > 4 or not _own_verbs(sentence, verbs, noun):
        return None
    closing: list[Part] = [after] if end < len(sentence) and sentence.tokens[end].is_word else []
    return Change(before, end, (*verbs, before, *range(*span), *closing))


def _is_comma(sentence: Sentence, index: int) -> bool:
    return 0 < index < len(sentence) and sentence.tokens[index].text == ","


def _closes(sentence: Sentence, index: int, noun: int) -> bool:
    """Say whether a word belongs to the verbs at the end of a German clause."""
    token = sentence.tokens[index]
    if not token.is_word:
        return False
    prefix = token.deprel == "compound:prt" or (token.relation == "mark" and token.text == "zu")
    return prefix or token.upos in ("VERB", "AUX") or folded(sentence, index) == "nicht"


def _own_verbs(sentence: Sentence, verbs: list[int], noun: int) -> bool:
    """Say whether verbs are those of the noun's clause and not a main clause's that follows."""
    above = set()
    while noun >= 0:
        noun = sentence.head(noun)
        above.add(noun)
        if noun >= 0 and sentence.tokens[noun].upos in ("VERB", "AUX"):
            break
    if noun < 0 or (sentence.tokens[noun].relation == "acl" and noun not in verbs):
        return False
    linked = all(
        index == noun or sentence.head(index) in {noun, *verbs} or index == sentence.head(noun)
        for index in verbs
    )
    # A finite verb in second place has its subject behind it or nothing but the first phrase before it.
    finite = [index for index in (noun, *sentence.children(noun)) if _is_finite_verb(sentence, index)]
    second = bool(finite) and finite[0] in verbs and not _subordinate(sentence, noun)
    return linked and not second


def _is_finite_verb(sentence: Sentence, index: int) -> bool:
    token = sentence.tokens[index]
    finite = token.feats.get("VerbForm") == "Fin" or ("VerbForm" not in token.feats and "Mood" in token.feats)
    return (
        finite
        and token.upos in ("VERB", "AUX")
        and token.relation not in ("conj", "advcl", "ccomp", "parataxis")
    )


def _subordinate(sentence: Sentence, head: int) -> bool:
    """Say whether a clause has its finite verb last: a conjunction or relative word opens it."""
    if sentence.tokens[head].relation in ("acl", "advcl", "ccomp", "csubj", "xcomp"):
        return True
    return any(sentence.tokens[child].relation == "mark" for child in sentence.children(head))


def _from_the_subject(sentence: Sentence, clause: int) -> Change | None:
    """Move an English relative clause from an indefinite subject behind a verb with nothing after it."""
    noun = sentence.head(clause)
    span, whole = phrase(sentence, clause), phrase(sentence, noun)
    if span is None or whole is None or span[1] != whole[1] or sentence.tokens[noun].relation != "nsubj":
        return None
    if not any(folded(sentence, child) in _INDEFINITE for child in sentence.children(noun)):
        return None
    if not _plain(sentence, whole):
        return None
    head, end = sentence.head(noun), span[1]
    near = {head, *sentence.children(head)}
    while end < len(sentence) and end in near and sentence.tokens[end].upos in ("VERB", "AUX", "ADV", "ADP"):
        end += 1
    if not span[1] <= head < end or end - span[1] > 4 or sentence.tokens[head].upos != "VERB":
        return None
    if end < len(sentence) and sentence.tokens[end].is_word:
        return None
    return Change(span[0], end, (*range(span[1], end), *range(*span)))


def _behind_the_phrase(sentence: Sentence, object_: int) -> Change | None:
    """Move a long object behind the short phrase with a preposition after it."""
    span, head = phrase(sentence, object_), sentence.head(object_)
    if span is None or head < 0 or span[1] - span[0] < _HEAVY or not _plain(sentence, span):
        return None
    if any(sentence.tokens[child].relation in ("case", "nummod") for child in sentence.children(object_)):
        return None
    tokens = sentence.tokens
    if tokens[object_].upos not in ("NOUN", "PROPN") or any(
        (tokens[index].upos == "VERB" and index < object_)
        or (tokens[index].relation == "conj" and tokens[index].upos not in ("NOUN", "PROPN", "ADJ"))
        for index in range(*span)
    ):
        return None
    particle = head + 1 < len(sentence) and sentence.tokens[head + 1].deprel == "compound:prt"
    if (
        span[0] != head + 1 + particle
        or tokens[head].upos != "VERB"
        or tokens[head].words[0].lemma in _WITH_VERBS
    ):
        return None
    for child in sentence.children(head):
        other = phrase(sentence, child)
        if other is not None and other[0] == span[1] and _may_pass(sentence, child, other, span):
            return Change(span[0], other[1], (*range(*other), *range(*span)))
    return None


def _may_pass(sentence: Sentence, child: int, other: tuple[int, int], span: tuple[int, int]) -> bool:
    """Say whether a phrase may come to stand before the object: short, with a preposition, and last."""
    size = other[1] - other[0]
    token = sentence.tokens[child]
    marks = {
        folded(sentence, each)
        for each in sentence.children(child)
        if sentence.tokens[each].relation == "case"
    }
    marked = bool(marks) and not marks & _OF_A_NOUN
    last = other[1] == len(sentence) or not sentence.tokens[other[1]].is_word
    light = size <= _LIGHT and span[1] - span[0] > size + 1
    plain = _plain(sentence, other) and not has_reference(sentence, other) and token.upos != "PRON"
    return token.relation == "obl" and marked and last and light and plain


def _plain(sentence: Sentence, span: tuple[int, int]) -> bool:
    return all(sentence.tokens[index].is_word for index in range(*span))
