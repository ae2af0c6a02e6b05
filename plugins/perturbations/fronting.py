"""An adverbial, an oblique or the object put first, or set back where it stands first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness_plugins.perturbations.beginnings import EVERY, FOCUS, Beginning, beginnings, is_comma
from harness_plugins.perturbations.constituents import quotation_zones
from harness_plugins.perturbations.reordering import (
    Change,
    Part,
    Rewording,
    folded,
    has_pair,
    has_reference,
    is_reference,
    negated,
    phrase,
    relations,
    table,
)
from harness_plugins.perturbations.setting_back import set_back
from harness_plugins.perturbations.verb_second import inverted

from harness import Sentence
from harness.text.writing import base

# What stands before the verb in these languages could be taken for an embedded verb's.
_VERB_LAST = frozenset({"hi", "ja", "ko", "tr", "zh"})
_POSTPOSING = frozenset({"hi", "ja", "ko", "tr"})
_SUBJECTS = ("nsubj", "csubj", "expl")
_COMPARING = frozenset({"als", "wie", "чем", "как", "than", "as", "que", "como", "comme"})
# Nouns that make one expression with their verb.
_LIGHT = frozenset(
    {
        "verfügung",
        "kraft",
        "frage",
        "ende",
        "verbindung",
        "betracht",
        "anspruch",
        "folge",
        "ordnung",
        "lage",
        "rolle",
        "maßnahmen",
        "bezug",
        "augen",
        "şekilde",
        "biçimde",
        "halde",
        "tarzda",
        "rağmen",
        "тип",
        "роль",
        "fact",
        "case",
        "general",
        "manner",
        "particular",
        "order",
        "way",
        "place",
        "action",
        "use",
        "power",
        "question",
        "favor",
        "favour",
    }
)
# The two ends of a time stay together.
_FROM = frozenset({"from", "von", "de", "du", "desde", "с", "от", "από", "من", "से", "から"})
_UP_TO = frozenset(
    {
        "to",
        "until",
        "till",
        "bis",
        "à",
        "au",
        "a",
        "al",
        "hasta",
        "по",
        "до",
        "ως",
        "तक",
        "まで",
        "μέχρι",
        "إلى",
        "حتى",
    }
)
_LIGHT_VERBS = frozenset({"する", "し", "した", "하다", "했다", "한다"})


class Front(Rewording):
    """An adverbial, an oblique or the object put first, as the language does it; or set back if it is first.

    English, French, Spanish, Greek, Bulgarian, Arabic, Chinese: adverbials of time and place and free adjuncts,
    before subject or verb; German: those, any oblique, and an object that its form or the subject's tells,
    with the finite verb second and the subject after it; Russian, Turkish, Hindi, Japanese, Korean: also
    obliques and objects whose case shows. Where such a phrase stands first, the subject is put first, and the
    phrase goes behind it: in German behind verb and weak pronouns, in English, French and Spanish to the
    clause's end or between commas. In main clauses, clauses joined to them that have a subject, and some
    object clauses; statements only. Not over a verb that could take the phrase for its own, nor a phrase with
    a pronoun over its noun. Emphasis changes: what is put first is what the sentence is about.

        She met him in the summer of 1990.  ->  In the summer of 1990, she met him.
        Der Hund jagte den Vogel im Garten.  ->  Im Garten jagte der Hund den Vogel.
        Gestern hat ihn der Hund gebissen.  ->  Der Hund hat ihn gestern gebissen.
        太郎は昨日本を読んだ。  ->  本を太郎は昨日読んだ。
    """

    name = "front"
    version = "2"
    languages = ("ar", "bg", "de", "el", "en", "es", "fr", "hi", "ja", "ko", "ru", "tr", "zh")
    description = "an adverbial, oblique or object put first, or one that is first set back"
    reference = "Birner and Ward 1998, Information Status and Noncanonical Word Order, ch. 2 (preposing)"

    def changes(self, sentence: Sentence) -> Iterator[Change]:
        zones = quotation_zones(sentence)
        for begins in beginnings(sentence):
            if len({zones[index] for index in range(begins.start, begins.end)}) > 1:
                continue
            if begins.first is not None:
                rules = table("fronting", sentence.language)
                change = set_back(sentence, begins, _is_time(sentence, begins.first, rules))
                if change is not None:
                    yield change
            if begins.first is None:
                yield from _forward(sentence, begins)


def _forward(sentence: Sentence, begins: Beginning) -> Iterator[Change]:
    """Yield the changes that put a phrase of a clause first."""
    for child in sentence.children(begins.head):
        unit = phrase(sentence, child)
        inside = unit is not None and begins.start < unit[0] and unit[1] <= begins.end
        if unit is not None and inside and child != begins.first:
            if begins.subject is not None and unit[0] < begins.subject[1]:
                continue
            if _may_stand_first(sentence, begins, child, unit):
                change = _fronted(sentence, begins, unit)
                if change is not None:
                    yield change


def _may_stand_first(sentence: Sentence, begins: Beginning, child: int, unit: tuple[int, int]) -> bool:
    token, head = sentence.tokens[child], begins.head
    if (
        token.relation not in ("obl", "advmod", "obj", "iobj", "nmod")
        or token.upos == "PRON"
        or unit[1] - unit[0] > 12
    ):
        return False
    looks = any(
        folded(sentence, index) in FOCUS and (index >= unit[0] or sentence.head(index) == head)
        for index in range(begins.start, unit[1])
    )
    if looks or (token.relation == "nmod" and not (token.deprel or "").endswith("tmod")):
        return False
    if base(sentence.language) == "zh" and child > head:
        return False
    if any(not sentence.tokens[index].is_word for index in range(*unit)) or has_pair(sentence, unit):
        return False
    passed = (begins.start, unit[0])
    if (
        not _refers_alike(sentence, unit, passed)
        or _goes_on(sentence, unit)
        or _scopes(sentence, unit, passed)
    ):
        return False
    if _set_off(sentence, begins, unit) or not _reachable(sentence, head, unit, begins.start):
        return False
    inside = {sentence.tokens[index].relation for index in range(*unit)}
    if inside & {"acl", "advcl", "mark", "parataxis", "advmod", "ccomp", "xcomp"} - {token.relation}:
        return False
    if any(
        sentence.tokens[index].upos in ("VERB", "AUX") for index in range(*unit) if token.relation != "obj"
    ):
        return False
    if "cc" in inside and negated(sentence, head):
        # Not in one but in the other.
        return False
    rules = table("fronting", sentence.language)
    if token.relation in ("obj", "iobj"):
        return not negated(sentence, head) and _shows_object(sentence, begins, child, rules)
    if token.relation == "advmod":
        return (
            not negated(sentence, head)
            and unit[1] - unit[0] == 1
            and folded(sentence, child) in rules["adverbs"]
        )
    return _adjunct(sentence, head, child, rules)


def _refers_alike(sentence: Sentence, unit: tuple[int, int], passed: tuple[int, int]) -> bool:
    """Say whether no pronoun in a phrase comes to stand before a noun that it may mean, nor the reverse."""
    nouns = any(sentence.tokens[index].upos in ("NOUN", "PROPN") for index in range(*passed))
    if has_reference(sentence, unit):
        return not nouns
    owners = any(
        sentence.tokens[index].upos == "PROPN" and sentence.tokens[index].relation in ("nmod", "conj")
        for index in range(*unit)
    )
    return not owners or not any(is_reference(sentence, index) for index in range(*passed))


def _scopes(sentence: Sentence, unit: tuple[int, int], passed: tuple[int, int]) -> bool:
    """Say whether a phrase asks, denies, or counts over all while something passed is indefinite."""
    kinds = _kinds(sentence, unit)
    if kinds & {"Int", "Rel", "Neg"} or any(
        folded(sentence, index) in EVERY for index in range(passed[0], unit[1])
    ):
        return True
    return "Tot" in kinds or bool(_kinds(sentence, passed) & {"Tot", "Neg"})


def _kinds(sentence: Sentence, span: tuple[int, int]) -> set[str]:
    return {
        kind for index in range(*span) for kind in sentence.tokens[index].feats.get("PronType", "").split(",")
    }


def _goes_on(sentence: Sentence, unit: tuple[int, int]) -> bool:
    """Say whether a date or number goes on after the unit, or the unit ends in an abbreviation."""
    last_word = sentence.tokens[unit[1] - 1].text
    if (
        ("." in last_word or (len(last_word) == 1 and last_word.isalpha()))
        and base(sentence.language) not in ("ja", "ko", "zh")
        and unit[1] < len(sentence)
    ):
        last = unit[1] + 1 >= len(sentence) or not sentence.tokens[unit[1]].is_word
        if last:
            return True
    if unit[1] >= len(sentence):
        return False
    if base(sentence.language) in _VERB_LAST and sentence.tokens[unit[1]].upos == "NUM":
        # yüzde 6: of a hundred, six
        return True
    following = sentence.tokens[unit[1] + 1 : unit[1] + 2]
    comma = bool(following) and not sentence.tokens[unit[1]].is_word
    return comma and any(map(str.isdigit, following[0].text))


def _set_off(sentence: Sentence, begins: Beginning, unit: tuple[int, int]) -> bool:
    """Say whether a sign stands before a unit, or an adposition that is not its own."""
    before = sentence.tokens[unit[0] - 1]
    pause = (
        base(sentence.language) in _VERB_LAST
        and begins.subject is not None
        and is_comma(sentence, begins.subject[1])
        and unit[0] - 1 == begins.subject[1]
    )
    if base(sentence.language) in _POSTPOSING:
        return not before.is_word and not pause
    return (
        (not before.is_word and not pause)
        or (before.upos == "ADP" and before.relation == "case")
        or before.text.endswith(tuple("於于在自從从"))
    )


def _reachable(sentence: Sentence, head: int, unit: tuple[int, int], start: int) -> bool:
    """Say whether no other verb stands between the clause's beginning and the unit, or shares the clause."""
    for child in sentence.children(head):
        token = sentence.tokens[child]
        if token.relation == "conj" and (child < unit[0] or not _apart(sentence, child)):
            return False
        if token.relation == "parataxis" and start <= min(sentence.subtree(child)) < unit[1]:
            return False
        if token.relation in ("ccomp", "xcomp", "advcl", "csubj") and (
            start <= min(sentence.subtree(child)) < unit[0]
        ):
            return False
    if base(sentence.language) not in _VERB_LAST:
        return True
    return not any(_is_verbal(sentence, index, head) for index in range(start, min(head, unit[0])))


def _is_verbal(sentence: Sentence, index: int, head: int) -> bool:
    """Say whether a token is another verb than the clause's, or a participle, which could take a phrase."""
    token = sentence.tokens[index]
    if token.relation in ("aux", "cop", "compound") and sentence.head(index) == head:
        return False
    return token.upos in ("VERB", "AUX") or token.relation == "acl" or "VerbForm" in token.feats


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
    ranged = set(marks) & (_FROM | _UP_TO) and base(sentence.language) in ("hi", "ja") and any(
        set(_marks(sentence, other)) & (_FROM | _UP_TO) for other in sentence.children(head) if other != child
    )  # fmt: skip
    if ranged or "until" in marks or (negated(sentence, head) and not _is_time(sentence, child, rules)):
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
    if marks and marks[0] in rules.get("places", ()) and _whole(sentence, child, marks):
        return _loose(sentence, head, child, rules)
    if rules.get("obliques"):
        return _whole(sentence, child, marks)
    if base(sentence.language) in _VERB_LAST and not _of_a_verb(sentence, head, child):
        return False
    if "endings" in rules:
        return token.upos in ("NOUN", "PROPN") and text.endswith(tuple(rules["endings"]))
    cases = rules.get("cases", ())
    return (len(marks) == 1 and marks[0] in cases) or (not marks and token.feats.get("Case") in cases)


def _marks(sentence: Sentence, top: int) -> list[str]:
    return [
        folded(sentence, each) for each in sentence.children(top) if sentence.tokens[each].relation == "case"
    ]


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


def _loose(sentence: Sentence, head: int, child: int, rules: Mapping[str, Any]) -> bool:
    """Say whether a verb needs no such phrase: it is passive, or has its object or another phrase before it."""
    if sentence.tokens[head].upos != "VERB":
        return False
    if base(sentence.language) == "zh":
        return True
    passive = any(
        (sentence.tokens[other].deprel or "").endswith(":pass") for other in sentence.children(head)
    ) or sentence.tokens[head].feats.get("Voice") == "Pass"  # fmt: skip
    if folded(sentence, head) in rules.get("asking", ()) or sentence.tokens[head].words[0].lemma in rules.get(
        "asking", ()
    ):
        return False
    free = passive or any(
        head < other < child and sentence.tokens[other].relation in ("obj", "obl")
        for other in sentence.children(head)
    )
    return free or ("asking" in rules and sentence.tokens[child].upos == "PROPN")


def _shows_object(sentence: Sentence, begins: Beginning, child: int, rules: Mapping[str, Any]) -> bool:
    """Say whether form tells an object from the subject wherever it stands."""
    language, token, head = base(sentence.language), sentence.tokens[child], begins.head
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
    case = token.feats.get("Case")
    if language == "tr":
        return case == "Acc"
    if language == "ru":
        return _russian_object(sentence, begins, child)
    if language == "ko":
        return token.text.endswith(tuple(wanted)) and len(sentence.subtree(child)) > 1
    marks = [
        folded(sentence, index)
        for index in sentence.children(child)
        if sentence.tokens[index].relation == "case"
    ]
    return marks == list(wanted)


def _russian_object(sentence: Sentence, begins: Beginning, child: int) -> bool:
    """Say whether a Russian object's ending tells it, or the subject is a pronoun, whose form does."""
    token = sentence.tokens[child]
    if token.feats.get("Case") == "Dat":
        return True
    pronoun = begins.subject is not None and sentence.tokens[begins.subject[0]].upos == "PRON"
    feminine = token.feats.get("Gender") == "Fem" and token.text.endswith(("у", "ю"))
    return token.feats.get("Case") == "Acc" and (feminine or pronoun)


def _german_object(sentence: Sentence, head: int, child: int) -> bool:
    """Say whether an article or the subject's form tells a German object: den Hund, er."""
    first = folded(sentence, min(sentence.subtree(child)))
    if first in ("dem", "einem", "diesem", "jenem"):
        return True
    if first in ("den", "einen", "diesen", "jenen"):
        return sentence.tokens[child].feats.get("Number") != "Plur"
    subjects = [index for index in sentence.children(head) if sentence.tokens[index].relation == "nsubj"]
    if not subjects or len(sentence.subtree(child)) == 1:
        return False
    article = folded(sentence, min(sentence.subtree(subjects[0])))
    if article == "der":
        return sentence.tokens[subjects[0]].feats.get("Gender") == "Masc"
    return article in ("ich", "du", "er", "wir")


def _fronted(sentence: Sentence, begins: Beginning, unit: tuple[int, int]) -> Change | None:
    start, end = begins.start, begins.end
    rest: list[Part]
    if base(sentence.language) == "de":
        order = inverted(sentence, begins.head, (start, end))
        if order is None:
            return None
        rest = [index for index in order if not unit[0] <= index < unit[1]]
    else:
        rest = [index for index in range(start, end) if not unit[0] <= index < unit[1]]
        pausing = base(sentence.language) in _VERB_LAST and begins.subject is not None
        if pausing and begins.subject is not None and is_comma(sentence, begins.subject[1]):
            # The pause after a subject was for what has left its place.
            rest.remove(begins.subject[1])
    rules = table("fronting", sentence.language)
    inner = sentence.tokens[begins.head].relation == "ccomp" and start > 0 and not _opens(sentence, start)
    long = rules["comma"] and unit[1] - unit[0] >= rules["comma"] and not inner
    comma: list[Part] = [","] if long else []
    return Change(start, end, (*range(*unit), *comma, *rest))


def _opens(sentence: Sentence, start: int) -> bool:
    """Say whether a clause is the sentence's beginning."""
    return not any(sentence.tokens[index].is_word for index in range(start))
