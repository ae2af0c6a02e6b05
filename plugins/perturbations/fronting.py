"""An adverbial, an oblique or the object put first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness_plugins.perturbations.constituents import quotation_zones
from harness_plugins.perturbations.reordering import (
    Change,
    Part,
    Rewording,
    folded,
    has_pair,
    has_reference,
    negated,
    phrase,
    predicate,
    relations,
    root,
    table,
)
from harness_plugins.perturbations.verb_second import finite_verb, inverted

from harness import Sentence
from harness.text.writing import base

# What stands before the verb in these languages could be taken for an embedded verb's.
_VERB_LAST = frozenset({"hi", "ja", "ko", "tr", "zh"})
_POSTPOSING = frozenset({"hi", "ja", "ko", "tr"})
_SUBJECTS = ("nsubj", "csubj", "expl")
_COMPARING = frozenset({"als", "wie", "чем", "как", "than", "as", "que", "como", "comme"})
# Nouns that make one expression with their verb.
_LIGHT = frozenset(
    {"verfügung", "kraft", "frage", "ende", "verbindung", "betracht", "anspruch", "folge", "ordnung"}
)
# The two ends of a time stay together.
_FROM = frozenset({"from", "von", "de", "du", "desde", "с", "от", "από", "من"})
_UP_TO = frozenset(
    {"to", "until", "till", "bis", "à", "au", "a", "al", "hasta", "по", "до", "ως", "μέχρι", "إلى", "حتى"}
)
_FOCUS = frozenset(
    {"only", "even", "nur", "sogar", "seulement", "même", "sólo", "solo", "incluso", "только", "даже", "лишь", "само",
     "дори", "μόνο", "ακόμα", "فقط", "حتى", "सिर्फ", "केवल", "ही", "भी", "sadece", "yalnızca", "bile", "只", "만"}
)  # fmt: skip
_LIGHT_VERBS = frozenset({"する", "し", "した", "하다", "했다", "한다"})
_FINAL_TOPICS = frozenset({"は", "も", "に"})


class Front(Rewording):
    """An adverbial, an oblique or the object put first, as the language does it.

    English, French, Spanish, Greek, Bulgarian, Arabic, Chinese: adverbials of time and some free adjuncts,
    before subject or verb; German: those, any oblique, and an object that its form or the subject's tells,
    with the finite verb second and the subject after it; Russian, Turkish, Hindi, Japanese, Korean: also
    obliques and objects whose case shows. Only in the main clause, when it is a statement that begins with
    its subject (or with its verb); not over a verb that could take the phrase for its own, nor a phrase with
    a pronoun. Emphasis changes: what is put first is what the sentence is about.

        She met him in the summer of 1990.  ->  In the summer of 1990, she met him.
        Der Hund jagte den Vogel im Garten.  ->  Im Garten jagte der Hund den Vogel.
        太郎は昨日本を読んだ。  ->  本を太郎は昨日読んだ。
    """

    name = "front"
    languages = ("ar", "bg", "de", "el", "en", "es", "fr", "hi", "ja", "ko", "ru", "tr", "zh")
    description = "an adverbial, oblique or object put first"
    reference = "Birner and Ward 1998, Information Status and Noncanonical Word Order, ch. 2 (preposing)"

    def changes(self, sentence: Sentence) -> Iterator[Change]:
        head = root(sentence)
        if (
            head is None
            or not predicate(sentence, head)
            or sentence.text.rstrip("\"'”’»)」").endswith(("?", "؟", "？", ";"))
        ):
            return
        start = _clause_start(sentence, head)
        if start is None:
            return
        zones = quotation_zones(sentence)
        for child in sentence.children(head):
            unit = phrase(sentence, child)
            if (
                unit is None
                or unit[0] <= start
                or zones[unit[0]] != zones[start]
                or zones[head] != zones[start]
            ):
                continue
            if _may_stand_first(sentence, head, child, unit, start):
                change = _fronted(sentence, head, unit, start)
                if change is not None:
                    yield change


def _clause_start(sentence: Sentence, head: int) -> int | None:
    """Return where the main clause begins with its subject, or its verb; None if it begins otherwise."""
    whole = phrase(sentence, head)
    if whole is None or any(
        sentence.tokens[child].relation in ("mark", "discourse", "vocative", "dislocated", "csubj", "orphan")
        for child in sentence.children(head)
    ):
        return None
    start = next((index for index in range(*whole) if sentence.tokens[index].is_word), whole[0])
    if any(sentence.tokens[index].text not in '"“„«「『' for index in range(whole[0], start)):
        return None
    if sentence.tokens[start].relation == "cc" and len(sentence.subtree(start)) == 1 and start + 1 < whole[1]:
        start += 1
    if not sentence.tokens[start].is_word or relations(sentence, start) & {"cc", "mark"}:
        return None
    found = [child for child in sentence.children(head) if sentence.tokens[child].relation in _SUBJECTS]
    if any(
        "Int" in token.feats.get("PronType", "") or "Rel" in token.feats.get("PronType", "")
        for token in sentence.tokens[start : start + 3]
    ):
        return None
    if found:
        span = phrase(sentence, min(found))
        if span is not None and span[0] == start and _unbroken(sentence, span):
            return start
    language = base(sentence.language)
    verb = finite_verb(sentence, head)
    if language in ("ar", "es", "ru", "bg", "el") and start == (head if verb is None else verb):
        return start
    return None


def _unbroken(sentence: Sentence, span: tuple[int, int]) -> bool:
    """Say whether a subject begins with no word that looks at one word, and no sign is in it or behind it."""
    if folded(sentence, span[0]) in _FOCUS or sentence.tokens[span[0]].upos in ("SCONJ", "ADP", "CCONJ"):
        return False
    # In Japanese a comma after the topic is no more than a pause.
    behind = span[1] if base(sentence.language) == "ja" else min(span[1] + 1, len(sentence))
    return all(sentence.tokens[index].is_word for index in range(span[0], behind))


def _may_stand_first(sentence: Sentence, head: int, child: int, unit: tuple[int, int], start: int) -> bool:
    token = sentence.tokens[child]
    if (
        token.relation not in ("obl", "advmod", "obj", "nmod")
        or token.upos == "PRON"
        or unit[1] - unit[0] > 10
    ):
        return False
    if token.relation == "nmod" and not (token.deprel or "").endswith("tmod"):
        return False
    if base(sentence.language) == "zh" and child > head:
        return False
    if any(not sentence.tokens[index].is_word for index in range(*unit)) or has_pair(sentence, unit):
        return False
    if (
        has_reference(sentence, unit)
        or _set_off(sentence, unit)
        or not _reachable(sentence, head, unit, start)
    ):
        return False
    inside = {sentence.tokens[index].relation for index in range(*unit)}
    if inside & {"acl", "advcl", "conj", "mark", "cc", "parataxis", "advmod"} - (
        {"advmod"} if token.relation == "advmod" else set()
    ):
        return False
    kinds = {
        kind for index in range(*unit) for kind in sentence.tokens[index].feats.get("PronType", "").split(",")
    }
    if kinds & {"Int", "Rel", "Neg"}:
        return False
    rules = table("fronting", sentence.language)
    if token.relation == "obj":
        return not negated(sentence, head) and _shows_object(sentence, head, child, rules)
    if token.relation == "advmod":
        return (
            not negated(sentence, head)
            and unit[1] - unit[0] == 1
            and folded(sentence, child) in rules["adverbs"]
        )
    return _adjunct(sentence, head, child, rules)


def _goes_on(sentence: Sentence, unit: tuple[int, int]) -> bool:
    """Say whether a date or number goes on after the unit, or the unit ends in an abbreviation."""
    if "." in sentence.tokens[unit[1] - 1].text:
        return True
    if base(sentence.language) in _VERB_LAST and sentence.tokens[unit[1]].upos == "NUM":
        # yüzde 6: of a hundred, six
        return True
    following = sentence.tokens[unit[1] + 1 : unit[1] + 2]
    comma = bool(following) and not sentence.tokens[unit[1]].is_word
    return comma and any(map(str.isdigit, following[0].text))


def _set_off(sentence: Sentence, unit: tuple[int, int]) -> bool:
    """Say whether a sign stands before a unit, or an adposition that is not its own."""
    before = sentence.tokens[unit[0] - 1]
    if base(sentence.language) in _VERB_LAST and not sentence.tokens[unit[1]].is_word:
        return True
    if base(sentence.language) in _POSTPOSING:
        return not before.is_word
    return (
        not before.is_word
        or (before.upos == "ADP" and before.relation == "case")
        or before.text.endswith(tuple("於于在自從从"))
    )


def _reachable(sentence: Sentence, head: int, unit: tuple[int, int], start: int) -> bool:
    """Say whether no other verb stands between the clause's beginning and the unit, or shares the clause."""
    for child in sentence.children(head):
        token = sentence.tokens[child]
        if token.relation == "conj" and (child < unit[0] or not _apart(sentence, child)):
            return False
        if token.relation == "parataxis" and min(sentence.subtree(child)) < unit[1]:
            return False
        if token.relation in ("ccomp", "xcomp", "advcl", "csubj") and (
            min(sentence.subtree(child)) < unit[0] or base(sentence.language) in _VERB_LAST
        ):
            return False
    if base(sentence.language) not in _VERB_LAST:
        return True
    glued = ("aux", "cop", "compound")
    return not any(
        sentence.tokens[index].upos in ("VERB", "AUX")
        and not (sentence.tokens[index].relation in glued and sentence.head(index) == head)
        for index in range(start, head)
    )


def _apart(sentence: Sentence, conjunct: int) -> bool:
    """Say whether a conjoined clause has a subject of its own and stands after a comma."""
    subject = any(sentence.tokens[child].relation in _SUBJECTS for child in sentence.children(conjunct))
    first = min(sentence.subtree(conjunct))
    comma = not sentence.tokens[first].is_word or (first > 0 and not sentence.tokens[first - 1].is_word)
    head = sentence.tokens[sentence.head(conjunct)]
    noun = sentence.tokens[conjunct].upos == head.upos != "VERB" and not subject
    return (subject and comma) or noun


def _adjunct(sentence: Sentence, head: int, child: int, rules: Mapping[str, Any]) -> bool:
    """Say whether an oblique is one that may stand first."""
    token, text = sentence.tokens[child], folded(sentence, child)
    marks = [
        folded(sentence, index) for index in sentence.children(child) if "case" in relations(sentence, index)
    ]
    if token.deprel in ("obl:agent",) or set(marks) & _COMPARING or text in _LIGHT:
        return False
    if base(sentence.language) in _VERB_LAST and sentence.tokens[head].upos != "VERB":
        return False
    before = sentence.tokens[max(min(sentence.subtree(child)) - 1, 0)]
    if set(marks) & _UP_TO and (before.text.casefold() in rules["times"] or before.text.isdigit()):
        return False
    after = max(sentence.subtree(child)) + 1
    if after < len(sentence) and folded(sentence, after) in _UP_TO and set(marks) & _FROM:
        return False
    if "until" in marks or (negated(sentence, head) and not _is_time(sentence, child, rules)):
        return False
    if _is_time(sentence, child, rules) and all(mark in rules.get("adpositions", marks) for mark in marks):
        counted = any(sentence.tokens[index].relation == "nummod" for index in sentence.children(child))
        if base(sentence.language) == "en" and not marks:
            # Of last year, these days, Monday: not election day.
            determined = {"det", "amod"} & {
                sentence.tokens[index].relation for index in sentence.children(child)
            }
            return not counted and (token.upos == "PROPN" or bool(determined))
        return bool(marks) or not counted or base(sentence.language) in _VERB_LAST
    if marks and marks[0] in rules.get("free", ()):
        return True
    if rules.get("obliques"):
        return _whole(sentence, child, marks)
    if base(sentence.language) in _VERB_LAST and not _of_a_verb(sentence, head, child):
        return False
    if "endings" in rules:
        return token.upos in ("NOUN", "PROPN") and text.endswith(tuple(rules["endings"]))
    cases = rules.get("cases", ())
    return (len(marks) == 1 and marks[0] in cases) or (not marks and token.feats.get("Case") in cases)


def _of_a_verb(sentence: Sentence, head: int, child: int) -> bool:
    """Say whether an oblique belongs to a verb, not to the noun that makes one expression with it."""
    after = max(sentence.subtree(child)) + 1
    if after >= len(sentence):
        return False
    neighbour = next((each for each in sentence.children(head) if after in sentence.subtree(each)), head)
    return base(sentence.language) != "hi" or sentence.tokens[neighbour].relation not in (
        "obj",
        "compound",
        "nsubj",
    )


def _whole(sentence: Sentence, child: int, marks: list[str]) -> bool:
    """Say whether an oblique is a phrase of its own and not half of an expression with its verb."""
    token = sentence.tokens[child]
    article = any("det" in relations(sentence, index) for index in sentence.children(child))
    determined = article or len(sentence.subtree(child)) > len(marks) + 1 or token.upos in ("PROPN", "NUM")
    return token.upos in ("NOUN", "PROPN", "NUM") and bool(marks) and determined


def _is_time(sentence: Sentence, child: int, rules: Mapping[str, Any]) -> bool:
    token = sentence.tokens[child]
    lemma = token.words[-1].lemma.casefold() if token.words else ""
    year = token.text.isdigit() and len(token.text) == 4
    named = folded(sentence, child) in rules["times"] or lemma in rules["times"]
    return year or named


def _shows_object(sentence: Sentence, head: int, child: int, rules: Mapping[str, Any]) -> bool:
    """Say whether form tells an object from the subject wherever it stands."""
    language, token = base(sentence.language), sentence.tokens[child]
    verb = sentence.tokens[head]
    wanted = rules.get("objects")
    if token.upos not in ("NOUN", "PROPN") or verb.upos != "VERB" or verb.words[0].lemma in _LIGHT_VERBS:
        return False
    if verb.text in _LIGHT_VERBS or any(
        sentence.tokens[index].relation == "nummod" or any(map(str.isdigit, sentence.tokens[index].text))
        for index in sentence.subtree(child)
    ):
        return False
    if language == "de":
        return _german_object(sentence, head, child)
    if not wanted:
        return False
    if language == "tr":
        return token.feats.get("Case") == "Acc"
    if language == "ru":
        feminine = token.feats.get("Gender") == "Fem" and token.text.endswith(("у", "ю"))
        return token.feats.get("Case") == "Acc" and feminine
    if language == "ko":
        return token.text.endswith(tuple(wanted)) and len(sentence.subtree(child)) > 1
    marks = [
        folded(sentence, index)
        for index in sentence.children(child)
        if sentence.tokens[index].relation == "case"
    ]
    return marks == list(wanted)


def _german_object(sentence: Sentence, head: int, child: int) -> bool:
    """Say whether an article or the subject's form tells a German object: den Hund, er."""
    first = folded(sentence, min(sentence.subtree(child)))
    if first in ("den", "einen", "diesen", "jeden", "jenen"):
        return sentence.tokens[child].feats.get("Number") != "Plur"
    subjects = [index for index in sentence.children(head) if sentence.tokens[index].relation == "nsubj"]
    if not subjects or len(sentence.subtree(child)) == 1:
        return False
    article = folded(sentence, min(sentence.subtree(subjects[0])))
    if article == "der":
        return sentence.tokens[subjects[0]].feats.get("Gender") == "Masc"
    return article in ("ich", "du", "er", "wir")


def _fronted(sentence: Sentence, head: int, unit: tuple[int, int], start: int) -> Change | None:
    end = max(max(sentence.subtree(head)) + 1, unit[1])
    while end > unit[1] and not sentence.tokens[end - 1].is_word:
        end -= 1
    rest: list[Part]
    if base(sentence.language) == "de":
        order = inverted(sentence, head, (start, end))
        if order is None:
            return None
        rest = [index for index in order if not unit[0] <= index < unit[1]]
    else:
        rest = [index for index in range(start, end) if not unit[0] <= index < unit[1]]
    rules = table("fronting", sentence.language)
    comma: list[Part] = [","] if rules["comma"] and unit[1] - unit[0] >= rules["comma"] else []
    return Change(start, end, (*range(*unit), *comma, *rest))
