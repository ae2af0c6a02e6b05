"""English active clauses told in the passive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from harness_plugins.perturbations.participles import participle
from harness_plugins.perturbations.reordering import (
    Change,
    Part,
    Rewording,
    folded,
    has_pair,
    has_reference,
    phrase,
    predicate,
    table,
)

from harness import Sentence
from harness.text.sentence import Word

_OBJECT_CASE = {"i": "me", "he": "him", "she": "her", "we": "us", "they": "them", "you": "you", "it": "it"}
_SUBJECT_CASE = {"me": "I", "him": "he", "her": "she", "us": "we", "them": "they", "you": "you", "it": "it"}
_PLURAL = frozenset({"us", "them", "you", "these", "those"})
_MODALS = frozenset({"can", "could", "may", "might", "must", "shall", "should", "will", "would", "cannot"})
_HELPERS = _MODALS | {"do", "does", "did", "have", "has", "had", "is", "are", "was", "were"}
# Particles that a parser may take for adverbs.
_AWAY = frozenset({"away", "back", "down", "off", "out", "over", "up", "together", "apart", "aside"})
_BE = {("Pres", False): "is", ("Pres", True): "are", ("Past", False): "was", ("Past", True): "were"}
_DEFINITE = frozenset({"the", "this", "that", "these", "those"})
_CLAUSES = frozenset({"root", "conj", "ccomp", "advcl", "parataxis"})
_ALLOWED = frozenset(
    {"nsubj", "obj", "aux", "advmod", "obl", "advcl", "conj", "cc", "mark", "punct", "compound"}
)


@dataclass(frozen=True, slots=True)
class _Verbs:
    """The words between subject and verb, as they stand in the passive.

    Attributes:
        before: from after the subject to before the participle.
        participle: the verb.
    """

    before: tuple[Part, ...]
    participle: str


class Passive(Rewording):
    """English active clauses told in the passive: the object becomes the subject, the subject follows *by*.

    Tense, aspect, modal, negation and adverbs are kept, pronouns change case, the auxiliary agrees with
    the new subject. Only where it is sure: a finite clause with one nominal object; no verb without a
    passive, no measure or idiom (*take place*), no reflexive or possessive in the object, no quantifier, no
    negation with an indefinite, no adverb of the subject's will, no second verb that shares the subject.

        The committee has not approved the plans.  ->  The plans have not been approved by the committee.
        She wrote it in 1990.  ->  It was written by her in 1990.
    """

    name = "passive"
    version = "2"
    languages = ("en",)
    description = "active clauses told in the passive"
    reference = "Huddleston and Pullum 2002, The Cambridge Grammar, ch. 16, section 10 (passives)"

    def changes(self, sentence: Sentence) -> Iterator[Change]:
        if sentence.text.rstrip("\"'”’)").endswith("?"):
            return
        for head in range(len(sentence)):
            change = _passive(sentence, head)
            if change is not None:
                yield change


@cache
def _words(kind: str) -> frozenset[str]:
    return frozenset(table("passive", "en")[kind])


def _passive(sentence: Sentence, head: int) -> Change | None:
    arguments = _arguments(sentence, head)
    if arguments is None:
        return None
    subject, object_ = arguments
    source, target = phrase(sentence, subject), phrase(sentence, object_)
    if source is None or target is None or source[1] > head or head >= target[0]:
        return None
    if not (_may_be_agent(sentence, subject, source) and _may_be_subject(sentence, object_, target)):
        return None
    particles = _particles(sentence, head, target)
    end = max((target[1], *(particle + 1 for particle in particles)))
    if end < len(sentence) and folded(sentence, end) in _AWAY:
        return None
    if source[0] and sentence.tokens[source[0] - 1].upos in ("ADJ", "ADV", "DET", "NOUN", "PROPN"):
        # Half of the subject, as parsers err.
        return None
    if source[1] - source[0] > 7 and end < len(sentence) - 1:
        return None
    if end < len(sentence) and sentence.tokens[end].upos in ("VERB", "AUX"):
        return None
    if sentence.tokens[object_].upos != "PRON" and _may_belong(sentence, head, end):
        return None
    if _negated(sentence, head) and not (_definite(sentence, subject) and _definite(sentence, object_)):
        return None
    verbs = _verbs(sentence, head, source[1], object_)
    between = set(range(head + 1, end)) - set(range(*target)) - set(particles)
    if verbs is None or between:
        return None
    parts: list[Part] = [*_recased(sentence, target, object_, _SUBJECT_CASE), *verbs.before]
    parts += [(head, verbs.participle), *particles, "by"]
    parts += _recased(sentence, source, subject, _OBJECT_CASE)
    return Change(source[0], end, tuple(parts))


def _may_belong(sentence: Sentence, head: int, after: int) -> bool:
    """Say whether the phrase after an object could be the object's own: parsers err there (demand for change)."""
    if after >= len(sentence) or folded(sentence, after) not in (
        "of",
        "on",
        "for",
        "about",
        "in",
        "between",
        "with",
        "like",
    ):
        return False
    tops = (child for child in sentence.children(head) if after in sentence.subtree(child))
    times = table("fronting", "en")["times"]
    return not any(folded(sentence, top) in times or sentence.tokens[top].text.isdigit() for top in tops)


def _arguments(sentence: Sentence, head: int) -> tuple[int, int] | None:
    """Return the subject and the object of a clause that could be passive; None without."""
    token = sentence.tokens[head]
    if token.upos != "VERB" or token.relation not in _CLAUSES or len(token.words) != 1:
        return None
    lemma = token.words[0].lemma
    if (
        lemma in _words("verbs")
        or (len(lemma) < 3 and lemma != "do")
        or (lemma.endswith("ing") and lemma == folded(sentence, head))
    ):
        return None
    if token.relation == "conj" and not predicate(sentence, sentence.head(head)):
        return None
    found: dict[str, list[int]] = {}
    for child in sentence.children(head):
        found.setdefault(sentence.tokens[child].relation, []).append(child)
    if not found.keys() <= _ALLOWED or len(found.get("nsubj", ())) != 1 or len(found.get("obj", ())) != 1:
        return None
    subject, object_ = found["nsubj"][0], found["obj"][0]
    if sentence.tokens[subject].deprel != "nsubj" or not _apart(sentence, head, found):
        return None
    return subject, object_


def _apart(sentence: Sentence, head: int, found: dict[str, list[int]]) -> bool:
    """Say whether no other verb takes its subject, or its object, from this one, and no *by* is there yet."""
    for other in (*found.get("conj", ()), *found.get("advcl", ())):
        if not any(
            sentence.tokens[child].relation in ("nsubj", "csubj") for child in sentence.children(other)
        ):
            return False
    for other in found.get("advcl", ()):
        elided = folded(sentence, other) in _HELPERS
        if elided or (sentence.tokens[other].upos != "VERB" and not _has(sentence, other, "cop")):
            return False
    for index in range(head, len(sentence) - 1):
        if folded(sentence, index) in ("as", "than", "so", "nor") and folded(sentence, index + 1) in _HELPERS:
            # The verb is left out: as will the others.
            return False
    for adverb in found.get("advmod", ()):
        if folded(sentence, adverb) in _words("adverbs") - {"not"}:
            return False
    for oblique in found.get("obl", ()):
        span = (min(sentence.subtree(oblique)), max(sentence.subtree(oblique)) + 1)
        if any(folded(sentence, child) in ("by", "as") for child in sentence.children(oblique)):
            return False
        if sentence.tokens[oblique].upos == "PRON" or (oblique < head and has_reference(sentence, span)):
            return False
    deprels = {sentence.tokens[child].deprel for child in sentence.children(head)}
    return not any(deprel in ("aux:pass", "compound", "compound:lvc", "advcl:relcl") for deprel in deprels)


def _has(sentence: Sentence, head: int, relation: str) -> bool:
    return any(sentence.tokens[child].relation == relation for child in sentence.children(head))


def _particles(sentence: Sentence, head: int, target: tuple[int, int]) -> list[int]:
    """Return the verb's particles beside it or right after the object."""
    return [
        child
        for child in sentence.children(head)
        if sentence.tokens[child].deprel == "compound:prt" and child in (head + 1, target[1])
    ]


def _plain(sentence: Sentence, span: tuple[int, int]) -> bool:
    """Say whether a phrase holds no punctuation, quotation, contraction of a verb, or quantifier."""
    for index in range(*span):
        token = sentence.tokens[index]
        if not token.is_word or any(word.upos in ("AUX", "SCONJ") for word in token.words[1:]):
            return False
        if folded(sentence, index) in _words("quantifiers"):
            return False
    return not has_pair(sentence, span) and span[1] - span[0] <= 12


def _of_a_question(sentence: Sentence, top: int) -> bool:
    near = (top, *sentence.children(top))
    return any(
        kind in sentence.tokens[index].feats.get("PronType", "") for index in near for kind in ("Int", "Rel")
    )


def _may_be_agent(sentence: Sentence, top: int, span: tuple[int, int]) -> bool:
    token, text = sentence.tokens[top], folded(sentence, top)
    if (
        not _plain(sentence, span)
        or _of_a_question(sentence, top)
        or text in ("it", "one", "that", "this", "there")
    ):
        return False
    if token.upos == "PRON":
        return text in _OBJECT_CASE and span[1] - span[0] == 1
    return token.upos in ("NOUN", "PROPN") and not any(
        sentence.tokens[index].upos == "VERB" for index in range(span[0], top)
    )


def _may_be_subject(sentence: Sentence, top: int, span: tuple[int, int]) -> bool:
    token, text = sentence.tokens[top], folded(sentence, top)
    if not _plain(sentence, span) or _of_a_question(sentence, top) or _of_two(sentence, top, span):
        return False
    if token.upos == "PRON":
        return text in _SUBJECT_CASE and span[1] - span[0] == 1 and token.feats.get("Reflex") != "Yes"
    if token.upos == "NOUN" and span[1] - span[0] == 1 and token.feats.get("Number") != "Plur":
        # A bare word may be no noun: a parser's error.
        return False
    if text.endswith(("wards", "self", "selves")) or folded(sentence, span[0]) in ("about", "around", "over"):
        return False
    if token.upos == "PROPN" and text.endswith("s") and token.feats.get("Number") != "Plur":
        return False
    if token.upos not in ("NOUN", "PROPN") or text in _words("objects") or has_reference(sentence, span):
        return False
    return not any("Poss" in word.feats for index in range(*span) for word in sentence.tokens[index].words)


def _of_two(sentence: Sentence, top: int, span: tuple[int, int]) -> bool:
    """Say whether a phrase seems to be two: *me two books*, *asking people*, *some rain this week*."""
    times = table("fronting", "en")["times"]
    before = any(
        sentence.tokens[index].upos in ("PRON", "VERB") and not sentence.tokens[index].feats.get("Poss")
        for index in range(span[0], top)
        if sentence.tokens[index].relation != "amod"
    )
    people = folded(sentence, top).endswith(("sh", "ch", "ese")) and sentence.tokens[top].upos == "PROPN"
    timed = (
        top != span[1] - 1
        and folded(sentence, span[1] - 1) in times
        and not any(sentence.tokens[index].relation == "case" for index in range(top, span[1]))
    )
    return before or timed or people


def _definite(sentence: Sentence, top: int) -> bool:
    if sentence.tokens[top].upos in ("PRON", "PROPN"):
        return True
    return any(folded(sentence, child) in _DEFINITE for child in sentence.children(top))


def _negated(sentence: Sentence, head: int) -> bool:
    near = [folded(sentence, child) for child in sentence.children(head)]
    return any(text in ("not", "never", "cannot") or text.endswith("n't") for text in near)


def _verbs(sentence: Sentence, head: int, start: int, object_: int) -> _Verbs | None:
    """Return the passive's verbs; None if a form is not sure."""
    verb = sentence.tokens[head].words[0]
    form = participle(verb.lemma, sentence.tokens[head].text.lower())
    middle = list(range(start, head))
    inside = {each for child in sentence.children(head) for each in sentence.subtree(child)}
    if form is None or not all(index in inside and sentence.tokens[index].is_word for index in middle):
        return None
    helpers = [index for index in middle if sentence.tokens[index].relation == "aux"]
    adverbs = [index for index in middle if index not in helpers]
    if any(sentence.tokens[index].relation != "advmod" for index in adverbs):
        return None
    be = _be(sentence, helpers, verb, object_)
    if be is None:
        return None
    first, inserted = be
    before: list[Part] = [*middle]
    if helpers:
        before[middle.index(helpers[0])] = first if isinstance(first, tuple) else helpers[0]
    elif first and isinstance(first, str):
        before.insert(0, first)
    if inserted:
        before.insert(_place(sentence, middle), inserted)
    return _Verbs(tuple(before), form)


def _place(sentence: Sentence, middle: Sequence[int]) -> int:
    """Return where *be*, *been* or *being* goes: before adverbs of manner, after all else."""
    place = len(middle)
    while place and _of_manner(folded(sentence, middle[place - 1])):
        place -= 1
    return place


def _of_manner(text: str) -> bool:
    return text.endswith("ly") and text not in _words("sentence")


def _be(
    sentence: Sentence, helpers: Sequence[int], verb: Word, object_: int
) -> tuple[tuple[int, str] | str | None, str] | None:
    """Return the first auxiliary of the passive, and what is put in before the participle; None if not sure.

    The first is a token with its new text, or a text to put in; None if it stays as it is.
    """
    if not all(_is_helper(folded(sentence, index)) for index in helpers):
        return None
    words = [_auxiliary(sentence, index) for index in helpers]
    lemmas = [_lemma(word) for word in words]
    if not helpers:
        if verb.feats.get("VerbForm") != "Fin" or verb.feats.get("Mood", "Ind") != "Ind":
            return None
        tense = verb.feats.get("Tense")
        return (text, "") if (text := _agreeing(sentence, object_, tense, "be")) else None
    tense = words[0].feats.get("Tense")
    bare = sentence.tokens[helpers[0]].text.lower().replace("’", "'")
    if lemmas == ["modal"]:
        return None, "be"
    if lemmas == ["modal", "have"]:
        return None, "been"
    inserted = {"do": "", "have": "been", "be": "being"}.get(lemmas[0]) if len(lemmas) == 1 else None
    text = _agreeing(sentence, object_, tense, "be" if lemmas[0] == "do" else lemmas[0])
    if inserted is None or text is None or (lemmas == ["be"] and not verb.form.endswith("ing")):
        return None
    if bare.endswith("n't"):
        if text == "am":
            return None
        text += sentence.tokens[helpers[0]].text[-3:]
    elif bare.startswith("'"):
        return None
    return (helpers[0], text), inserted


def _is_helper(text: str) -> bool:
    """Say whether an auxiliary is spelt as it should: not *didnt*, in which a negation would be lost."""
    return text in _HELPERS | {"am", "be", "been", "being"} or "'" in text


def _auxiliary(sentence: Sentence, index: int) -> Word:
    words = sentence.tokens[index].words
    return next((word for word in words if word.upos == "AUX"), words[0])


def _lemma(word: Word) -> str:
    form = word.form.lower()
    if form in _MODALS or form in ("ca", "wo", "sha") or word.lemma in _MODALS:
        return "modal"
    return word.lemma


def _agreeing(sentence: Sentence, object_: int, tense: str | None, lemma: str) -> str | None:
    """Return the form of *be* or *have* that agrees with the new subject; None if not known."""
    if tense not in ("Pres", "Past") or lemma not in ("be", "have"):
        return None
    text = folded(sentence, object_)
    plural = text in _PLURAL or sentence.tokens[object_].feats.get("Number") == "Plur"
    plural = plural or any(sentence.tokens[child].relation == "conj" for child in sentence.children(object_))
    if text == "you":
        plural = True
    if lemma == "have":
        return "had" if tense == "Past" else "have" if plural or text == "me" else "has"
    if text == "me" and tense == "Pres":
        return "am"
    return _BE[tense, plural]


def _recased(sentence: Sentence, span: tuple[int, int], top: int, forms: dict[str, str]) -> Iterator[Part]:
    """Yield a phrase's tokens; a pronoun in the case of its new place."""
    if sentence.tokens[top].upos == "PRON":
        yield top, forms[folded(sentence, top)]
    else:
        yield from range(*span)
