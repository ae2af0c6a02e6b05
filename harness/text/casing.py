"""The capital at the beginning of a sentence, when another word comes to stand there."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

from harness.text.sentence import Sentence, Token
from harness.text.writing import NOUNS_CAPITALISED, base, lower, upper

_STOPS = frozenset(".!?…。！？؟।")
# Capitalised wherever they stand.
_ALWAYS = {
    "en": frozenset({"I"}),
    "de": frozenset({"Sie", "Ihnen", "Ihr", "Ihre", "Ihrem", "Ihren", "Ihrer", "Ihres"}),
}
_CLOSED = frozenset({"ADP", "AUX", "CCONJ", "DET", "NUM", "PART", "PRON", "SCONJ"})


@cache
def function_words(language: str) -> frozenset[str]:
    """Return the function words of a language, in lower case; none where they are not known."""
    text = (files("harness.text") / "function_words.json").read_text(encoding="utf-8")
    return frozenset(json.loads(text).get(language, "").split())


def positional(sentence: Sentence) -> bool:
    """Say whether the first word has its capital only because it is the first.

    It is if the word is a function word of its language, or begins with an elided one (fr *L'Europe*). With a
    tree also if it is no proper noun (nor a noun where nouns are capitalised) and its lemma is written small;
    without a tree that is not known.
    """
    known: bool | None = sentence.found.get(__name__)
    if known is None:
        known = sentence.found[__name__] = _positional(sentence)
    return known


def _positional(sentence: Sentence) -> bool:
    if not sentence.words:
        return False
    token = sentence.tokens[sentence.words[0]]
    language = base(sentence.language)
    if token.words and token.words[0].upos == "PROPN":
        return False
    told = _told_by_form(token.text, language)
    if told == "of one":
        return _of_one(token)
    if told != "by the tree":
        return told == "yes"
    nouns = ("PROPN", "NOUN", "X") if language in NOUNS_CAPITALISED else ("PROPN", "X")
    return bool(token.words) and not any(
        word.upos in nouns or (word.lemma[:1].isupper() and word.upos not in _CLOSED) for word in token.words
    )


@lru_cache(maxsize=4096)
def _told_by_form(text: str, language: str) -> Literal["yes", "no", "of one", "by the tree"]:
    """Say whether a first word's form alone tells that its capital comes of its place; else what tells it."""
    small = uncapitalised(text, language).replace("’", "'")
    if small[0] == text[0]:
        return "no"
    if any(each in _ALWAYS.get(language, ()) for each in (text, _elided(text))):
        return "of one"
    known, elided = function_words(language), _elided(small)
    if elided != small and f"{elided}'" in known:
        return "yes" if elided == elided.lower() else "no"
    if any(character.isupper() for character in small):
        return "no"
    return "yes" if small in known or small.split("-")[0] in known else "by the tree"


def _elided(text: str) -> str:
    return text.replace("’", "'").split("'")[0]


def _of_one(token: Token) -> bool:
    """Say whether a tree shows a word of politeness to be another's: de *Sie hat*, she has."""
    return any(
        (word.upos, word.feats.get("Person"), word.feats.get("Number")) == ("PRON", "3", "Sing")
        for word in token.words
    )


def sentence_case(sentence: Sentence) -> bool:
    """Say whether the sentence begins with a capital that its first word, whichever it is, should have."""
    if not sentence.words:
        return False
    head = sentence.tokens[sentence.words[0]].text[0]
    if lower(head, sentence.language) == head:
        return False
    closers = "\"'’”»)]」』"
    return positional(sentence) or sentence.text.rstrip().rstrip(closers).rstrip()[-1:] in _STOPS


def capitalised(text: str, language: str) -> str:
    """Return `text` with a capital first character."""
    return upper(text[0], language) + text[1:] if text else text


def uncapitalised(text: str, language: str) -> str:
    """Return `text` with a small first character."""
    return lower(text[0], language) + text[1:] if text else text
