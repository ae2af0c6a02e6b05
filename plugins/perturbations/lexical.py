"""Words replaced by words of the same meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from random import Random
from typing import Any

from harness_plugins.perturbations import wordnet

from harness import Perturbation, Rewrite, Sentence, hookimpl
from harness.text.casing import capitalised, function_words
from harness.text.writing import base

_NO_WORDNET = (
    "reads WordNet's files, and they are neither in nltk_data (python -m nltk.downloader wordnet), nor in "
    "/usr/share/wordnet (Debian's wordnet-base), nor where WNSEARCHDIR says"
)
# In these a word has no meaning of its own: ice cream, New York, as well as, give up.
_JOINED = frozenset({"compound", "flat", "fixed", "goeswith"})
# Letters that begin with a vowel's sound or without one, so that a or an may not fit: hour, unit, one.
_UNSURE = "huo"


class Synonym(Perturbation):
    """Content words replaced by synonyms of WordNet, in the form of the old ones.

    A synonym shares its commonest sense with the commonest sense of the old word; words of more than five senses,
    names, parts of compounds and verbs with a particle stay. That sense is not always the one that is meant.
    Served is English: other languages' WordNets say nothing of gender and forms. Words in context, in any
    language, are replaced by ``adversarial.substitute``, which need not keep the meaning.

        The boy bought two cars.  ->  The boy purchased two automobiles.
    """

    name = "synonym"
    version = "2"
    family = "lexical"
    keeps_meaning = True
    needs = ("parse",)
    intensity = 0.3
    description = "content words replaced by synonyms of WordNet"
    reference = "Miller 1995 (WordNet); PWWS: Ren et al. 2019 (ACL); SynonymAug of nlpaug (Ma 2019)"

    def __init__(self) -> None:
        self.languages = ("en",) if _wordnet() else ()

    def options(self) -> Mapping[str, Any]:
        found = _wordnet()
        return {"wordnet": found.digest if found else None}

    def unserved(self, language: str) -> str | None:
        if base(language) != "en":
            return f"{self.full_name} serves English alone"
        return f"{self.full_name} {_NO_WORDNET}" if _wordnet() is None else None

    def rewrite(self, sentence: Sentence, rng: Random, intensity: float) -> Rewrite:
        found = _wordnet()
        if found is None:
            return Rewrite.unchanged(sentence)
        able = {index: words for index in sentence.words if (words := _synonyms(sentence, index, found))}
        if not able:
            return Rewrite.unchanged(sentence)
        drawn = list(able)
        rng.shuffle(drawn)
        count = min(len(drawn), max(1, int(intensity * len(drawn) + 0.5)))
        return Rewrite.replace(sentence, {index: rng.choice(able[index]) for index in drawn[:count]})

    def reword(self, sentence: Sentence, places: Sequence[int], rng: Random) -> dict[int, str]:
        found = _wordnet()
        able = {index: _synonyms(sentence, index, found) for index in places} if found else {}
        return {index: rng.choice(words) for index, words in able.items() if words}


def _synonyms(sentence: Sentence, index: int, found: wordnet.WordNet) -> list[str]:
    """Return what can stand in place of a token."""
    token = sentence.tokens[index]
    part = wordnet.PARTS.get(token.upos or "")
    if part is None or len(token.words) > 1 or _is_joined(sentence, index):
        return []
    lemma = (token.words[0].lemma if token.words else token.text).lower()
    small = token.text.lower()
    if lemma in function_words("en") or small in function_words("en"):
        return []
    article = sentence.tokens[index - 1].text.lower() if index else ""
    made = []
    for word in found.synonyms(lemma, part):
        form = found.form(word, part, token.feats)
        if form is not None and form != small and (article not in ("a", "an") or _alike(form, small)):
            made.append(form)
    return [_cased(form, token.text) for form in dict.fromkeys(made)]


def _is_joined(sentence: Sentence, index: int) -> bool:
    relations = {sentence.tokens[index].relation}
    relations |= {sentence.tokens[child].relation for child in sentence.children(index)}
    return bool(relations & _JOINED)


def _alike(word: str, old: str) -> bool:
    """Say whether the same article, a or an, stands before both words."""
    return not {word[0], old[0]} & set(_UNSURE) and (word[0] in "aei") == (old[0] in "aei")


def _cased(word: str, old: str) -> str:
    if len(old) > 1 and old.isupper():
        return word.upper()
    return capitalised(word, "en") if old[0].isupper() else word


@cache
def _wordnet() -> wordnet.WordNet | None:
    place = wordnet.find()
    return None if place is None else wordnet.WordNet(place)


@hookimpl
def harness_perturbations() -> Sequence[Perturbation]:
    return [Synonym()]
