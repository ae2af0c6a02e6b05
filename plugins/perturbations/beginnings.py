"""What a statement begins with: its subject, or one phrase and then its subject."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness_plugins.perturbations.reordering import folded, phrase, predicate, relations
from harness_plugins.perturbations.verb_second import finite_verb

from harness import Sentence
from harness.text.writing import base

SUBJECTS = ("nsubj", "csubj", "expl")
# Words that look at what follows them.
FOCUS = frozenset(
    {"only", "even", "nur", "sogar", "auch", "selbst", "seulement", "même", "sólo", "solo", "incluso", "también",
     "только", "даже", "лишь", "также", "и", "само", "дори", "μόνο", "ακόμα", "فقط", "حتى", "सिर्फ", "केवल", "ही", "भी",
     "sadece", "yalnızca", "bile", "ancak", "只", "僅", "就", "也", "만", "도"}
)  # fmt: skip
# Words for all, where trees do not mark them.
EVERY = frozenset(
    {
        "हर",
        "सभी",
        "प्रत्येक",
        "कोई",
        "her",
        "hiç",
        "bütün",
        "tüm",
        "每",
        "所有",
        "各",
        "すべて",
        "全て",
        "모든",
        "كل",
    }
)
# Languages in which a statement may begin with its verb.
_VERB_FIRST = frozenset({"ar", "bg", "el", "es", "ru"})
# Languages in which several phrases may stand before the subject, and each of them behind it.
_SCRAMBLING = frozenset({"hi", "ja", "ko", "ru", "tr", "zh"})
# Languages in which a subject with commas inside may be passed, since they stay with it.
_CLOSED = frozenset({"en", "es", "fr"})
_PHRASES = ("obl", "advmod", "nmod", "obj", "iobj", "discourse")
# Conjunctions that open an object clause in which the order is that of a main clause.
_THAT = {"en": "that", "es": "que", "ru": "что", "bg": "че", "el": "ότι πως"}
_COMMAS = frozenset(",،、，")
_HANGING = frozenset({"vocative", "dislocated", "csubj", "orphan"})


@dataclass(frozen=True, slots=True)
class Beginning:
    """The beginning of a statement.

    Attributes:
        head: the clause's head.
        start: its first token, conjunctions and connectives left out.
        end: the token after its last, signs at the edge left out.
        subject: where its subject lies; None if it has none and begins with its verb.
        first: the token that the phrase before the subject depends on; None if nothing stands before it.
        phrase: where that phrase lies, without the comma after it.
    """

    head: int
    start: int
    end: int
    subject: tuple[int, int] | None
    first: int | None = None
    phrase: tuple[int, int] | None = None


def beginnings(sentence: Sentence) -> Iterator[Beginning]:
    """Yield the statements of a sentence that begin with their subject or with one phrase before it.

    They are its main clause, the ones that are joined to it with a subject of their own, and object clauses
    after *that*, or before their verb as what is said.
    """
    if sentence.text.rstrip("\"'”’»)」").endswith(("?", "؟", "？", ";")):
        return
    for head in range(len(sentence)):
        if _is_statement(sentence, head):
            found = _beginning(sentence, head)
            if found is not None:
                yield found


def _is_statement(sentence: Sentence, head: int) -> bool:
    token = sentence.tokens[head]
    if not token.is_word or not predicate(sentence, head):
        return False
    above = sentence.head(head)
    if above < 0:
        return not any(sentence.tokens[child].relation == "mark" for child in sentence.children(head))
    if token.relation in ("conj", "parataxis"):
        marked = any(sentence.tokens[child].relation == "mark" for child in sentence.children(head))
        if sentence.head(above) >= 0 or above > head or marked or not _has_subject(sentence, head):
            return False
        # he said, said he
        return token.relation == "conj" or any(
            child < head and sentence.tokens[child].relation in ("nsubj", "csubj")
            for child in sentence.children(head)
        )
    return token.relation == "ccomp" and _has_subject(sentence, head) and _is_said(sentence, head)


def _has_subject(sentence: Sentence, head: int) -> bool:
    return any(sentence.tokens[child].relation in SUBJECTS for child in sentence.children(head))


def _is_said(sentence: Sentence, head: int) -> bool:
    """Say whether an object clause is ordered as a main clause is."""
    marks = [child for child in sentence.children(head) if sentence.tokens[child].relation == "mark"]
    whole = phrase(sentence, head)
    if whole is None:
        return False
    if not marks:
        # Direct speech before *he said*; a verb-final language has other signs for it.
        return whole[0] == sentence.words[0] and base(sentence.language) in ("en", "fr", "es", "ru", "de")
    known = _THAT.get(base(sentence.language), "").split()
    return len(marks) == 1 and marks[0] == whole[0] and folded(sentence, marks[0]) in known


def _beginning(sentence: Sentence, head: int) -> Beginning | None:
    whole = phrase(sentence, head)
    children = sentence.children(head)
    if whole is None or any(sentence.tokens[child].relation in _HANGING for child in children):
        return None
    start = _inner_start(sentence, head, whole)
    if start is None or _asks(sentence, start) or _is_capital(sentence, start):
        return None
    if sentence.tokens[start].relation != "mark" and relations(sentence, start) & {"cc", "mark"}:
        return None
    found = [child for child in children if _is_subject(sentence, child)]
    span = phrase(sentence, found[0]) if found else None
    if found and (span is None or _looks(sentence, span)):
        return None
    if span is not None and span[0] == start:
        plain = _unbroken(sentence, span) or base(sentence.language) not in ("de", *_SCRAMBLING)
        return Beginning(head, start, whole[1], span) if plain else None
    verb = finite_verb(sentence, head)
    opening = head if verb is None else verb
    weak = span is not None and sentence.tokens[span[0]].upos == "PRON"
    if base(sentence.language) in _VERB_FIRST and start == opening:
        return None if weak else Beginning(head, start, whole[1], None)
    if span is not None and base(sentence.language) not in _CLOSED and not _unbroken(sentence, span):
        return None
    if base(sentence.language) in _SCRAMBLING and span is not None:
        return _before_the_subject(sentence, head, (start, whole[1]), span, opening)
    return _after_a_phrase(sentence, head, (start, whole[1]), span, opening)


def _is_subject(sentence: Sentence, child: int) -> bool:
    """Say whether a dependent is a subject; an expletive is one where it is no reflexive (it, es, il)."""
    token = sentence.tokens[child]
    expletive = base(sentence.language) in ("de", "en", "fr") and token.feats.get("Reflex") != "Yes"
    return token.relation in ("nsubj", "csubj") or (token.relation == "expl" and expletive)


def _before_the_subject(
    sentence: Sentence, head: int, inner: tuple[int, int], subject: tuple[int, int], verb: int
) -> Beginning | None:
    """Return the beginning at the last phrase before the subject, or at the subject after a clause or sign."""
    if min(verb, head) < subject[1]:
        return None
    pause = is_comma(sentence, subject[0] - 1)
    before = subject[0] - 1 if pause else subject[0]
    for child in sentence.children(head):
        span = phrase(sentence, child)
        if span is not None and span[1] == before and span[0] >= inner[0]:
            apart = span[0] == inner[0] or not sentence.tokens[span[0] - 1].is_word
            if sentence.tokens[child].relation in _PHRASES and apart:
                return Beginning(head, span[0], inner[1], subject, child, span)
            if pause and sentence.tokens[child].relation == "advcl":
                return Beginning(head, subject[0], inner[1], subject)
    return None


def _after_a_phrase(
    sentence: Sentence, head: int, inner: tuple[int, int], subject: tuple[int, int] | None, verb: int
) -> Beginning | None:
    """Return the beginning of a statement with one phrase before its subject, or its German or Arabic verb."""
    first = next((child for child in sentence.children(head) if inner[0] in sentence.subtree(child)), None)
    if first is None or sentence.tokens[first].relation not in _PHRASES:
        return None
    span = phrase(sentence, first)
    if span is None or span[0] != inner[0]:
        return None
    after = span[1]
    if is_comma(sentence, after):
        after += 1
    turned = base(sentence.language) in ("ar", "de")
    expected = verb if turned else subject[0] if subject else -1
    return Beginning(head, inner[0], inner[1], subject, first, span) if after == expected else None


def is_comma(sentence: Sentence, index: int) -> bool:
    return 0 <= index < len(sentence) and sentence.tokens[index].text in _COMMAS


def _inner_start(sentence: Sentence, head: int, whole: tuple[int, int]) -> int | None:
    """Return a clause's first word after its conjunction and after a connective with a comma (*however,*)."""
    start = next((index for index in range(*whole) if sentence.tokens[index].is_word), whole[0])
    if any(sentence.tokens[index].text not in '"“„«「『' for index in range(whole[0], start)):
        return None
    skipped = ("cc", "mark") if sentence.tokens[head].relation == "ccomp" else ("cc",)
    if sentence.tokens[start].relation in skipped and len(sentence.subtree(start)) == 1:
        start += 1
    connective = start + 1 < whole[1] and sentence.head(start) == head and is_comma(sentence, start + 1)
    if connective and sentence.tokens[start].relation == "advmod" and start + 2 < whole[1]:
        table_word = sentence.tokens[start].upos == "ADV" and len(sentence.subtree(start)) <= 2
        start += 2 if table_word and _subject_begins(sentence, head, start + 2) else 0
    return start if start < whole[1] and sentence.tokens[start].is_word else None


def _subject_begins(sentence: Sentence, head: int, index: int) -> bool:
    return any(
        sentence.tokens[child].relation in SUBJECTS and min(sentence.subtree(child)) == index
        for child in sentence.children(head)
    )


def _is_capital(sentence: Sentence, start: int) -> bool:
    """Say whether a clause within the sentence begins with a capital that is its place's, not its word's."""
    token = sentence.tokens[start]
    names = ("PROPN", "X", "NOUN") if base(sentence.language) == "de" else ("PROPN", "X")
    inner = any(sentence.tokens[index].is_word for index in range(start))
    return inner and token.text[0].isupper() and token.upos not in names and token.text[0] != "I"


def _asks(sentence: Sentence, start: int) -> bool:
    return any(
        "Int" in token.feats.get("PronType", "") or "Rel" in token.feats.get("PronType", "")
        for token in sentence.tokens[start : start + 3]
    )


def _looks(sentence: Sentence, span: tuple[int, int]) -> bool:
    """Say whether a subject begins with a word that looks at one word."""
    return folded(sentence, span[0]) in FOCUS or sentence.tokens[span[0]].upos in ("SCONJ", "ADP", "CCONJ")


def _unbroken(sentence: Sentence, span: tuple[int, int]) -> bool:
    """Say whether no sign is in a subject or behind it."""
    # In Japanese a comma after the topic is no more than a pause.
    pause = base(sentence.language) in ("ja", "ko", "tr", "hi", "zh") and is_comma(sentence, span[1])
    behind = span[1] if pause else min(span[1] + 1, len(sentence))
    return all(sentence.tokens[index].is_word for index in range(span[0], behind))
