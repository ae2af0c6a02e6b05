"""The phrase that a statement begins with put behind its subject."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness_plugins.perturbations.beginnings import EVERY, FOCUS, Beginning, is_comma
from harness_plugins.perturbations.reordering import (
    Change,
    Part,
    folded,
    has_pair,
    has_reference,
    is_reference,
    negated,
    table,
)
from harness_plugins.perturbations.verb_second import finite_verb

from harness import Sentence
from harness.text.writing import base

# Where the phrase may stand between subject and verb without commas.
_BETWEEN = frozenset({"bg", "el", "hi", "ja", "ko", "ru", "tr", "zh"})
_WITH_COMMAS = frozenset({"en", "es", "fr"})
_EXISTS = frozenset(
    {"ある", "いる", "有る", "居る", "있다", "없다", "있", "없", "है", "था", "थे", "थी", "हैं", "ない"}
)
_CLAUSES = frozenset({"conj", "ccomp", "xcomp", "advcl", "acl", "parataxis", "csubj"})
_LIKE = frozenset(
    {"like", "unlike", "as", "than", "besides", "wie", "als", "comme", "como", "как", "като", "σαν", "gibi", "kadar",
     "अलावा", "तरह"}
)  # fmt: skip


def set_back(sentence: Sentence, begins: Beginning, is_time: bool) -> Change | None:
    """Return the change that puts the first phrase behind the subject; None if that would be read otherwise.

    Gestern biss der Hund den Mann.  ->  Der Hund biss gestern den Mann.
    In 1990, the firm moved to Rome.  ->  The firm moved to Rome in 1990.
    В 1990 году фирма переехала.  ->  Фирма в 1990 году переехала.
    """
    if begins.first is None or begins.phrase is None or begins.subject is None:
        return None
    if not _may_go(sentence, begins, begins.phrase, begins.subject, is_time):
        return None
    language = base(sentence.language)
    if language == "de":
        return _behind_the_verb(sentence, begins, begins.phrase, begins.subject, is_time)
    if language in _BETWEEN:
        return _behind_the_subject(sentence, begins, begins.phrase, begins.subject, is_time)
    if language == "ar":
        return _behind_both(sentence, begins, begins.phrase, begins.subject, is_time)
    if language in _WITH_COMMAS:
        return _to_the_end(sentence, begins, begins.phrase, begins.subject, is_time)
    return None


def _may_go(
    sentence: Sentence, begins: Beginning, span: tuple[int, int], subject: tuple[int, int], is_time: bool
) -> bool:
    """Say whether nothing in the first phrase or the subject holds them in their order."""
    first = begins.first if begins.first is not None else span[0]
    token = sentence.tokens[first]
    if not all(sentence.tokens[index].is_word for index in range(*span)) or has_pair(sentence, span):
        return False
    if base(sentence.language) in _WITH_COMMAS and _is_known(sentence, span):
        return True
    if (
        token.feats.get("Case") == "Voc"
        or token.upos in ("PRON", "DET", "VERB")
        or has_reference(sentence, span)
    ):
        return False
    if any(folded(sentence, index) in FOCUS | _LIKE for index in range(*span)):
        return False
    if any(folded(sentence, index) in EVERY for index in (*range(*span), *range(*subject))):
        return False
    kinds = _kinds(sentence, span)
    if kinds & {"Int", "Rel", "Neg"} or (kinds | _kinds(sentence, subject)) & {"Tot"}:
        return False
    if any(sentence.tokens[index].relation in _CLAUSES - {"conj"} for index in range(*span)):
        return False
    if token.relation in ("advmod", "discourse"):
        return _is_known(sentence, span) or _is_adverb(sentence, span)
    if base(sentence.language) in ("ja", "ko", "hi") and not _marked(sentence, begins, span):
        return False
    points = any(is_reference(sentence, index) for index in range(*subject))
    return (is_time or not points) and _determined(sentence, subject)


def _is_known(sentence: Sentence, span: tuple[int, int]) -> bool:
    """Say whether an adverb, or an expression that works as one, is in the table."""
    rules = table("fronting", sentence.language)
    text = " ".join(folded(sentence, index) for index in range(*span))
    return text in rules["adverbs"] or text in rules.get("links", ())


def _is_adverb(sentence: Sentence, span: tuple[int, int]) -> bool:
    """Say whether a German adverb says the same behind the verb: not *so*, *da*, *kaum*, nor half of a pair."""
    token = sentence.tokens[span[0]]
    held = folded(sentence, span[0]) in table("fronting", sentence.language).get("held", ())
    return (
        base(sentence.language) == "de"
        and span[1] - span[0] == 1
        and token.upos in ("ADV", "ADJ")
        and not held
    )


def _marked(sentence: Sentence, begins: Beginning, span: tuple[int, int]) -> bool:
    """Say whether a phrase shows that it is one, and is not what is spoken of: in Tokyo there is."""
    last, head = sentence.tokens[span[1] - 1], sentence.tokens[begins.head]
    if last.text in ("は", "も") or head.text in _EXISTS or (head.words and head.words[0].lemma in _EXISTS):
        return False
    if base(sentence.language) == "ko":
        return not last.text.endswith(("는", "은", "도", "야"))
    rules = table("fronting", sentence.language)
    return last.relation == "case" or _is_known(sentence, span) or last.text in rules["times"]


def _kinds(sentence: Sentence, span: tuple[int, int]) -> set[str]:
    return {
        kind for index in range(*span) for kind in sentence.tokens[index].feats.get("PronType", "").split(",")
    }


def _determined(sentence: Sentence, span: tuple[int, int]) -> bool:
    """Say whether a subject is no bare noun, which would be read of its whole kind where it stands first."""
    if base(sentence.language) in ("ar", "bg", "el", "hi", "ja", "ko", "ru", "tr", "zh"):
        return True
    return any(
        sentence.tokens[index].upos in ("DET", "PRON", "PROPN", "NUM")
        or any(word.upos in ("DET", "PRON", "PROPN") for word in sentence.tokens[index].words)
        for index in range(*span)
    )


def _behind_the_verb(
    sentence: Sentence, begins: Beginning, span: tuple[int, int], subject: tuple[int, int], is_time: bool
) -> Change | None:
    """Return a German clause with its subject first and what was first behind verb and weak pronouns."""
    verb = finite_verb(sentence, begins.head)
    if verb is None or verb != span[1] or subject[0] <= verb:
        return None
    if any(
        sentence.tokens[child].relation == "conj" and child - begins.head <= 2
        for child in sentence.children(begins.head)
    ):
        # Two verbs with one object: the phrase is said of both.
        return None
    between = list(range(verb + 1, subject[0]))
    rest = list(range(subject[1], begins.end))
    weak = [index for index in between if _is_weak(sentence, index)]
    if weak != between[: len(weak)]:
        return None
    count = 0
    while count < len(rest) and _is_weak(sentence, rest[count]):
        count += 1
    behind = between[len(weak) :] + rest[count:]
    token = sentence.tokens[begins.first or 0]
    if token.relation == "obl" and not is_time:
        if _is_goal(sentence, begins, span):
            return None
        timed = _times(sentence, begins, behind)
        weak, behind = [*weak, *rest[:count], *behind[:timed]], behind[timed:]
        return Change(begins.start, begins.end, (*range(*subject), verb, *weak, *range(*span), *behind))
    if token.relation in ("obj", "iobj") and (behind[:1] and not _nominal_next(sentence, behind[0])):
        return None
    order: list[Part] = [*range(*subject), verb, *weak, *rest[:count], *range(*span), *behind]
    return Change(begins.start, begins.end, tuple(order))


def _is_weak(sentence: Sentence, index: int) -> bool:
    token = sentence.tokens[index]
    alone = len(sentence.subtree(index)) == 1 and token.relation in ("obj", "iobj", "expl", "obl")
    return token.upos == "PRON" and alone and token.feats.get("PronType", "Prs") == "Prs"


def _is_goal(sentence: Sentence, begins: Beginning, span: tuple[int, int]) -> bool:
    """Say whether a German phrase may say where to, which the verb asks for at the clause's end."""
    token = sentence.tokens[begins.first or span[0]]
    first = folded(sentence, span[0])
    return token.feats.get("Case") == "Acc" or first in ("zu", "zum", "zur") or (
        first == "nach" and token.upos == "PROPN"
    )  # fmt: skip


def _times(sentence: Sentence, begins: Beginning, behind: list[int]) -> int:
    """Return how many of the tokens behind are an adverbial of time, behind which a phrase of place goes."""
    rules = table("fronting", sentence.language)
    for child in sentence.children(begins.head):
        span = sentence.subtree(child)
        timed = folded(sentence, child) in rules["times"] or folded(sentence, child) in rules["adverbs"]
        if (
            behind[: len(span)] == list(span)
            and sentence.tokens[child].relation in ("obl", "advmod")
            and timed
        ):
            return len(span)
    return 0


def _nominal_next(sentence: Sentence, index: int) -> bool:
    """Say whether an object may stand before what follows: a verb, a particle, a phrase with a preposition."""
    return sentence.tokens[index].upos in ("VERB", "AUX", "ADP", "PART")


def _behind_the_subject(
    sentence: Sentence, begins: Beginning, span: tuple[int, int], subject: tuple[int, int], is_time: bool
) -> Change | None:
    """Return a clause with its subject before the phrase that was first."""
    verb = finite_verb(sentence, begins.head)
    verb = begins.head if verb is None else min(verb, begins.head)
    if verb < subject[1] or is_comma(sentence, subject[1]):
        return None
    language = base(sentence.language)
    if language in ("ru", "bg", "el") and not (
        is_time or _alone(sentence, subject) or _is_free(sentence, span)
    ):
        # Beside the subject the phrase would be taken for its own.
        return _behind_the_head(sentence, begins, span, subject)
    if (
        language == "zh"
        and not is_time
        and (negated(sentence, begins.head) or not _has_case(sentence, begins))
    ):
        return None
    if language in ("hi", "ja", "ko", "tr", "zh"):
        if _another_verb(sentence, begins, subject[1], begins.head):
            return None
        if language == "tr" and subject[1] == begins.head and not _alone(sentence, subject):
            return None
    rest = range(subject[1], begins.end)
    return Change(begins.start, begins.end, (*range(*subject), *range(*span), *rest))


def _is_free(sentence: Sentence, span: tuple[int, int]) -> bool:
    """Say whether a phrase begins with an adposition that goes with no noun: after, according to."""
    return folded(sentence, span[0]) in table("fronting", sentence.language).get("free", ())


def _behind_the_head(
    sentence: Sentence, begins: Beginning, span: tuple[int, int], subject: tuple[int, int]
) -> Change | None:
    """Return a clause with the first phrase right behind its verb, which follows the subject."""
    after = begins.head + 1
    verbs = range(subject[1], after)
    if negated(sentence, begins.head) or not verbs or sentence.tokens[begins.head].upos != "VERB":
        return None
    own = all(index == begins.head or sentence.head(index) == begins.head for index in verbs)
    weak = after < begins.end and sentence.tokens[after].upos in ("PRON", "PART", "AUX", "CCONJ")
    if not own or weak or after >= begins.end:
        return None
    return Change(
        begins.start, begins.end, (*range(*subject), *verbs, *range(*span), *range(after, begins.end))
    )


def _behind_both(
    sentence: Sentence, begins: Beginning, span: tuple[int, int], subject: tuple[int, int], is_time: bool
) -> Change | None:
    """Return an Arabic clause with a time behind verb and subject: a phrase there is the subject's else."""
    comma = is_comma(sentence, span[1])
    if not is_time or subject[0] != span[1] + comma + 1 or not _unmodified(sentence, subject):
        return None
    if any(not sentence.tokens[index].is_word for index in range(*subject)):
        return None
    verb = subject[0] - 1
    return Change(
        begins.start, begins.end, (verb, *range(*subject), *range(*span), *range(subject[1], begins.end))
    )


def _unmodified(sentence: Sentence, subject: tuple[int, int]) -> bool:
    """Say whether a subject has no clause, into which a phrase behind it would be drawn."""
    return not any(sentence.tokens[index].relation in _CLAUSES for index in range(*subject))


def _has_case(sentence: Sentence, begins: Beginning) -> bool:
    """Say whether the first phrase has an adposition: 在北京; 此外 and 另一方面 join sentences."""
    first = begins.first if begins.first is not None else begins.start
    return any(sentence.tokens[child].relation == "case" for child in sentence.children(first))


def _alone(sentence: Sentence, subject: tuple[int, int]) -> bool:
    return all(sentence.tokens[index].upos in ("PRON", "PROPN") for index in range(*subject))


def _another_verb(sentence: Sentence, begins: Beginning, start: int, end: int) -> bool:
    """Say whether a verb between could take the phrase for its own."""
    return any(
        sentence.tokens[index].upos in ("VERB", "AUX") and sentence.head(index) != begins.head
        for index in range(start, end)
    ) or any(
        sentence.tokens[child].relation in _CLAUSES and min(sentence.subtree(child)) < end
        for child in sentence.children(begins.head)
    )


def _to_the_end(
    sentence: Sentence, begins: Beginning, span: tuple[int, int], subject: tuple[int, int], is_time: bool
) -> Change | None:
    """Return a clause with the first phrase at its end, or between commas behind the subject."""
    rules: Mapping[str, Any] = table("fronting", sentence.language)
    first = begins.first if begins.first is not None else begins.start
    if negated(sentence, begins.head) or sentence.tokens[first].relation in ("obj", "iobj"):
        return None
    end = _own_end(sentence, begins)
    broken = any(not sentence.tokens[index].is_word for index in range(*subject))
    begin = subject[1] + (broken and is_comma(sentence, subject[1]))
    text = " ".join(folded(sentence, index) for index in range(*span))
    short = "." in sentence.tokens[span[1] - 1].text
    if (
        not short
        and text not in rules.get("links", ())
        and _ends_clean(sentence, begins, (begin, end), is_time)
    ):
        order: list[Part] = [*range(*subject), *range(subject[1], end), *range(*span)]
        return Change(begins.start, begins.end, (*order, *range(end, begins.end)))
    heavy = end - subject[1] > 2
    if broken or sentence.tokens[subject[0]].upos == "PRON" or subject[1] - subject[0] > 6 or not heavy:
        return None
    if not is_comma(sentence, span[1]) and span[1] - span[0] < 2:
        return None
    rest = range(subject[1], begins.end)
    return Change(begins.start, begins.end, (*range(*subject), ",", *range(*span), ",", *rest))


def _own_end(sentence: Sentence, begins: Beginning) -> int:
    """Return where a clause ends before the clauses that follow it after a comma or semicolon."""
    for child in sentence.children(begins.head):
        start = min(sentence.subtree(child))
        if child > begins.head and sentence.tokens[child].relation in ("conj", "parataxis", "advcl"):
            if not sentence.tokens[start].is_word:
                return start
            if not sentence.tokens[start - 1].is_word and start - 1 > begins.head:
                return start - 1
            return begins.end
    return begins.end


def _ends_clean(sentence: Sentence, begins: Beginning, rest: tuple[int, int], is_time: bool) -> bool:
    """Say whether at the clause's end nothing but its verb could take the phrase for its own."""
    inner = range(*rest)
    if any(
        not sentence.tokens[index].is_word
        or (sentence.tokens[index].relation in _CLAUSES and index != begins.head)
        for index in inner
    ):
        return False
    if any(sentence.tokens[index].upos == "VERB" and index != begins.head for index in inner):
        return False
    if rest[1] - begins.head > (14 if is_time else 7):
        return False
    nominal = any(sentence.tokens[index].relation in ("nmod", "appos") for index in inner)
    timed = any(any(map(str.isdigit, sentence.tokens[index].text)) for index in inner)
    return (is_time or not nominal) and not timed
