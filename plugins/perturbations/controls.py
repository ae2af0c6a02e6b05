"""Grammar broken on purpose: controls that a reader of the grammar must feel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from random import Random
from typing import Any

import regex
from harness_plugins.perturbations.constituents import COMMAS
from harness_plugins.perturbations.reordering import folded, is_finite, share, table

from harness import Perturbation, Rewrite, Sentence
from harness.text.writing import base

_STOPS = COMMAS | frozenset(".!?:。！？：؟۔।")
# Function words of Universal Dependencies: closed classes that name no person, thing or number.
_FUNCTION = frozenset({"ADP", "AUX", "CCONJ", "DET", "PART", "SCONJ"})


class DropFunctionWords(Perturbation):
    """Function words left out: adpositions, auxiliaries and copulas, articles and determiners, particles,
    conjunctions; negation among them.

    Pronouns and numbers stay. A word written together with another (*l'homme*, *didn't*, *wa-kitab*) goes
    only if all its parts are function words. Who did what to whom, tense, negation may be lost: a control,
    not a paraphrase. A comma goes along that is left with nothing before it or with another sign beside it.
    Intensity is the share of function words that go; one word at least stays.

        The dog was not in the house.  ->  Dog house.
        El perro de María duerme en la casa.  ->  Perro María duerme casa.
    """

    name = "drop-function-words"
    family = "syntactic"
    version = "2"
    needs = ("parse",)
    description = "adpositions, auxiliaries, articles, particles and conjunctions left out"
    reference = "de Marneffe et al. 2021, Universal Dependencies, section 2.2.3 (function words)"

    def rewrite(self, sentence: Sentence, rng: Random, intensity: float) -> Rewrite:
        found = [index for index in sentence.words if _is_function(sentence, index)]
        rng.shuffle(found)
        if len(found) == len(sentence.words):
            found = found[:-1]
        dropped = set(found[: share(intensity, len(found))])
        if not dropped:
            return Rewrite.unchanged(sentence)
        return Rewrite.of(sentence, _tidy(sentence, [n for n in range(len(sentence)) if n not in dropped]))


def _tidy(sentence: Sentence, left: list[int]) -> Iterator[int]:
    """Yield the tokens that are left, without the commas that have come to stand first or before another sign."""
    word = False
    for index, following in zip(left, [*left[1:], len(sentence)], strict=True):
        token = sentence.tokens[index]
        sign = following == len(sentence) or sentence.tokens[following].text in _STOPS
        spare = not word or (sign and following > index + 1)
        if token.text not in COMMAS or not spare or index == 0:
            yield index
        word = word or token.is_word


def _is_function(sentence: Sentence, index: int) -> bool:
    words = sentence.tokens[index].words
    return bool(words) and all(word.upos in _FUNCTION for word in words)


class BreakAgreement(Perturbation):
    """Agreement broken: a word in the number, gender or person that what it agrees with has not.

    By language, only forms that are sure: English verb and demonstrative; German finite verb; French and
    Spanish article, verb, in Spanish adjective; Greek article; Russian past and adjective; Turkish person of
    the verb; Arabic verb and demonstrative; Hindi and Urdu genitive and auxiliary. Chinese, Japanese,
    Korean, Thai, Vietnamese know no such agreement. A reader still sees what was meant, but a sentence that
    told two things apart by agreement alone may mean another: a control.

    Intensity is the share of words that could be broken.

        The dogs bark.  ->  The dogs barks.
        Die Hunde sind müde.  ->  Die Hunde ist müde.
        La casa es vieja.  ->  El casa son vieja.
    """

    name = "break-agreement"
    family = "syntactic"
    needs = ("parse",)
    languages = ("ar", "de", "el", "en", "es", "fr", "hi", "ru", "tr", "ur")
    description = "number, gender or person agreement broken"
    reference = "Linzen et al. 2016 (arXiv 1611.01368), subject-verb agreement, section 2"

    def rewrite(self, sentence: Sentence, rng: Random, intensity: float) -> Rewrite:
        broken = list(_broken(sentence))
        rng.shuffle(broken)
        if not broken:
            return Rewrite.unchanged(sentence)
        return Rewrite.replace(sentence, dict(broken[: share(intensity, len(broken))]))


def _broken(sentence: Sentence) -> Iterator[tuple[int, str]]:
    """Yield the words that can be broken, with their broken form."""
    for index in sentence.words:
        text = _of_verb(sentence, index) or _of_modifier(sentence, index)
        if text and text != folded(sentence, index):
            yield index, _cased(sentence.tokens[index].text, text)


def _cased(old: str, new: str) -> str:
    return new[0].upper() + new[1:] if old[0].isupper() else new


@cache
def _rules(language: str, kind: str) -> tuple[tuple[regex.Pattern[str], str, Mapping[str, str]], ...]:
    """Return the rules of a kind: a pattern of the word, what it becomes, features that it must have."""
    rules: list[dict[str, Any]] = table("agreement", language).get(kind, [])
    return tuple((regex.compile(rule["from"]), rule["to"], rule.get("if", {})) for rule in rules)


def _changed(sentence: Sentence, index: int, kind: str) -> str | None:
    text = folded(sentence, index)
    feats = dict(sentence.tokens[index].feats)
    if is_finite(sentence.tokens[index]):
        feats["VerbForm"] = "Fin"
    for pattern, new, wanted in _rules(base(sentence.language), kind):
        if pattern.fullmatch(text) and all(feats.get(name) == value for name, value in wanted.items()):
            lemma = sentence.tokens[index].words[0].lemma
            if new == "LEMMA":
                return lemma if lemma.isalpha() and lemma.islower() and lemma != text else None
            return pattern.sub(new, text)
    return None


def _of_verb(sentence: Sentence, index: int) -> str | None:
    """Return a finite verb or auxiliary in a number, gender or person that its subject has not."""
    token = sentence.tokens[index]
    if len(token.words) != 1 or token.upos not in ("VERB", "AUX"):
        return None
    predicate = sentence.head(index) if token.relation in ("aux", "cop") else index
    if predicate < 0:
        return None
    subjects = [child for child in sentence.children(predicate) if sentence.tokens[child].relation == "nsubj"]
    if len(subjects) != 1 or sentence.tokens[subjects[0]].upos not in ("NOUN", "PROPN", "PRON"):
        return None
    return _changed(sentence, index, "verb") if _tells(sentence, subjects[0], predicate) else None


def _tells(sentence: Sentence, index: int, predicate: int) -> bool:
    """Say whether a subject shows number, gender and person, so that another form cannot agree with it."""
    subject = sentence.tokens[index]
    wanted = table("agreement", sentence.language).get("subject", {})
    relations = {sentence.tokens[child].relation for child in sentence.children(index)}
    person = next((word.feats["Person"] for word in subject.words if "Person" in word.feats), "3")
    if person != "3" or "conj" in relations or "Rel" in subject.feats.get("PronType", ""):
        return False
    if folded(sentence, index) in wanted.get("never", ()) or subject.upos not in wanted.get(
        "upos", [subject.upos]
    ):
        return False
    # Hindi's and Urdu's agent in the ergative agrees with no verb; a German verb's prefix is in its lemma.
    if any(folded(sentence, child) in ("ने", "نے") for child in sentence.children(index)) or any(
        sentence.tokens[child].deprel == "compound:prt" for child in sentence.children(predicate)
    ):
        return False
    return all(subject.feats.get(name) == value for name, value in wanted.get("if", {}).items())


def _of_modifier(sentence: Sentence, index: int) -> str | None:
    """Return a determiner, adjective or adposition in a number or gender that its noun has not."""
    token = sentence.tokens[index]
    head = sentence.head(index)
    if head < 0 or len(token.words) != 1 or sentence.tokens[head].upos != "NOUN":
        return None
    kind = {"det": "det", "amod": "adj", "case": "case"}.get(token.relation)
    if kind is None or len(sentence.tokens[head].words) != 1:
        return None
    before = folded(sentence, index - 1) if index else ""
    if kind == "det" and before in table("agreement", sentence.language).get("contracted", ()):
        return None
    return _changed(sentence, index, kind)
