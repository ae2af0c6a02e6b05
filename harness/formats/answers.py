"""Scores of extracted answers: F1 and exact match by the official rules, each by its name.

A rule brings both answers into a plain form, cuts them into words and compares. An answer is scored against
each gold answer, and the best score counts.

``squad``: SQuAD 1.1 (Rajpurkar et al. 2016, arXiv 1606.05250). Lower case, no ASCII punctuation,
no English articles. Exact match compares the plain forms, F1 the words as bags. Two answers of which nothing
is left match exactly and have no word in common, so their F1 is 0.

``squad2``: SQuAD 2.0 (Rajpurkar et al. 2018, arXiv 1806.03822). The same plain form. Gold answers of which
nothing is left do not count; a question that has no others is unanswerable, and only an empty answer is
right. Where nothing is left of either answer, F1 says whether nothing is left of both.

``mlqa``: MLQA (Lewis et al. 2020, arXiv 1910.07475). Punctuation of all of Unicode, the articles
of the answer's own language, and each Chinese character is a word.

``tydiqa``: TyDiQA-GoldP in XTREME (Hu et al. 2020, arXiv 2003.11080): SQuAD 1.1's, whatever the
language. XTREME scores XQuAD by it, too.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from harness.errors import HarnessError
from harness.names import unknown

_ARTICLES = {
    "en": "a an the",
    "es": "un una unos unas el la los las",
    "vi": "của là cái chiếc những",
    "de": "ein eine einen einem eines einer der die das den dem des",
}
_WHOLE_ARTICLES = {
    language: re.compile(rf"\b(?:{'|'.join(words.split())})\b") for language, words in _ARTICLES.items()
}
# The official expression takes the Arabic article away wherever its letters stand, inside words, too.
_ARABIC_ARTICLE = "ال"
_MLQA_LANGUAGES = ("ar", "de", "en", "es", "hi", "vi", "zh")
_CHINESE = re.compile(r"([\u4e00-\u9fa5])")


class _Unpunctuated(dict[int, int | None]):
    """A table for ``str.translate`` that deletes punctuation: Unicode's, and ASCII's signs with it."""

    def __missing__(self, code: int) -> int | None:
        mark = chr(code) in string.punctuation or unicodedata.category(chr(code)).startswith("P")
        self[code] = None if mark else code
        return self[code]


_NO_ASCII_PUNCTUATION = str.maketrans("", "", string.punctuation)
_NO_PUNCTUATION = _Unpunctuated()


@lru_cache(maxsize=2**16)
def _squad_words(text: str, language: str) -> tuple[str, ...]:
    plain = text.lower().translate(_NO_ASCII_PUNCTUATION)
    return tuple(_WHOLE_ARTICLES["en"].sub(" ", plain).split())


@lru_cache(maxsize=2**16)
def _mlqa_words(text: str, language: str) -> tuple[str, ...]:
    if language not in _MLQA_LANGUAGES:
        raise HarnessError(
            f"MLQA's rule knows no '{language}'",
            f"It knows {', '.join(_MLQA_LANGUAGES)}. Let the task's `scoring` be squad.",
        )
    plain = text.lower().translate(_NO_PUNCTUATION)
    if language == "ar":
        plain = plain.replace(_ARABIC_ARTICLE, " ")
    elif language == "zh":
        plain = _CHINESE.sub(r" \1 ", plain)
    elif language in _WHOLE_ARTICLES:
        plain = _WHOLE_ARTICLES[language].sub(" ", plain)
    return tuple(plain.split())


Words = Callable[[str, str], tuple[str, ...]]
_RULES: dict[str, Words] = {
    "squad": _squad_words,
    "squad2": _squad_words,
    "mlqa": _mlqa_words,
    "tydiqa": _squad_words,
}
DEFAULT_RULE = "squad"
NO_ANSWER_RULES = frozenset({"squad2"})


def rule_names() -> list[str]:
    """Return the names of all rules."""
    return sorted(_RULES)


def normalised(text: str, rule: str = "", language: str = "en") -> str:
    """Return an answer's plain form: its words with single spaces between them."""
    return " ".join(_words_of(rule)(text, language))


def grade(
    prediction: str, answers: Sequence[str], rule: str = "", language: str = "en"
) -> tuple[float, float]:
    """Return F1 and exact match, in [0, 1], of one prediction: the best over the gold answers of each.

    Args:
        answers: the gold answers; none where the question has no answer.
        rule: name of the rule; "" is ``squad``.
        language: code of the answer's language, which ``mlqa`` asks for.
    """
    words = _words_of(rule)
    guess = words(prediction, language)
    gold = [words(answer, language) for answer in answers]
    if rule in NO_ANSWER_RULES:
        gold = [answer for answer in gold if answer]
    overlap = _overlap_or_nothing if rule in NO_ANSWER_RULES else _overlap
    gold = gold or [()]
    return max(overlap(guess, answer) for answer in gold), float(guess in gold)


def grades(
    predictions: Sequence[str], answers: Sequence[Sequence[str]], rule: str = "", language: str = "en"
) -> tuple[np.ndarray, np.ndarray]:
    """Return F1 and exact match of each prediction, both [n] float64."""
    found = [grade(guess, gold, rule, language) for guess, gold in zip(predictions, answers, strict=True)]
    values = np.array(found, dtype=np.float64).reshape(len(found), 2)
    return values[:, 0], values[:, 1]


def _words_of(rule: str) -> Words:
    name = rule or DEFAULT_RULE
    if name not in _RULES:
        raise unknown("scoring rule", name, rule_names())
    return _RULES[name]


def _overlap(guess: tuple[str, ...], gold: tuple[str, ...]) -> float:
    """Return the harmonic mean of precision and recall of the words of two answers, taken as bags."""
    common = sum((Counter(guess) & Counter(gold)).values())
    if not common:
        return 0.0
    precision, recall = common / len(guess), common / len(gold)
    return 2 * precision * recall / (precision + recall)


def _overlap_or_nothing(guess: tuple[str, ...], gold: tuple[str, ...]) -> float:
    return _overlap(guess, gold) if guess and gold else float(guess == gold)
