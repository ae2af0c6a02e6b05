"""A distracting sentence in the context of a question."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

import regex
from harness_plugins.perturbations.statements import is_stated, languages, sentences, stands_alone

from harness import Perturbation
from harness.text.passages import boundaries
from harness.text.segments import UNSPACED_SENTENCES
from harness.text.tokens import is_word, spans
from harness.text.writing import base, unspaced_letter

if TYPE_CHECKING:
    from harness.perturbation import Rows

BEST = 5
_SHARED = 2
_STEM = 6
_LETTERS = regex.compile(r"[^\p{L}\p{N}\p{Mc}]+")


class Distractor(Perturbation):
    """A sentence from another paragraph that shares words with the question, put into the context.

    It is one of the five sentences whose words overlap most with the question's, weighted by how rare they are
    (idf), and at least half as much as the best does; two words or more, where any sentence shares so many. Of a
    word the first letters count, so that endings matter little. The sentence holds no gold answer, is no part of
    the row's own paragraph, and can stand alone: it names its subject and does not point back (he, this). A
    question without an answer is left alone: another paragraph might answer it.

    Intensity is the share of the rows. ``worst:5:adversarial.distractor`` tries several, as AddSent does.

        Where was Marie born?  Marie was born in Warsaw.
        ->  Marie was born in Warsaw. Peter Curie was born in Paris.
    """

    family = "adversarial"
    keeps_meaning = True
    columns = ("context", "question", "answers", "answer_starts")
    reference = (
        "AddSent and AddOneSent: Jia and Liang 2017 (arXiv 1707.07328); here sentences that were found"
    )

    def __init__(self, place: str) -> None:
        self.name = "distractor" if place == "last" else f"distractor-{place}"
        self.place = place
        where = {"last": "at its end", "first": "at its beginning", "random": "between its sentences"}[place]
        self.description = (
            f"a sentence like the question, from another paragraph, put into the context {where}"
        )
        self.languages = languages()

    def options(self) -> Mapping[str, Any]:
        return {"place": self.place}

    def unserved(self, language: str) -> str | None:
        if base(language) not in languages():
            return f"{self.full_name} cannot tell which sentences stand alone in {language}"
        return None

    def edit(
        self, row: Mapping[str, Any], rows: Rows, rng: Random, intensity: float
    ) -> Mapping[str, Any] | None:
        context, question, answers = row["context"] or "", row["question"] or "", row["answers"] or []
        if not any(map(plain, answers)):
            return None
        index = rows.found.get("distractor")
        if index is None:
            index = rows.found["distractor"] = Index.of(
                rows.column("context"), rows.column("question"), rows.language
            )
        drawn = rng.random()
        best = index.best(question, context, answers)
        if not best:
            return None
        if drawn >= intensity:
            return {}
        sentence = rng.choice(best)
        starts = list(row["answer_starts"] or [])
        places = self._places(context, list(zip(starts, map(len, answers), strict=False)), rows.language)
        new, at, added = inserted(context, sentence, rng.choice(places), rows.language)
        moved = [start + added if start >= at else start for start in starts]
        return {"context": new, "answers": list(answers), "answer_starts": moved}

    def _places(self, context: str, answers: Sequence[tuple[int, int]], language: str) -> list[int]:
        """Return where a sentence can stand: at the beginning of another or after the last, in no answer."""
        found = boundaries(context, language)
        first, last = (found[0][0], found[-1][1]) if found else (0, len(context))
        if self.place == "first":
            return [first]
        if self.place == "last":
            return [last]
        places = [start for start, _ in sentences(context, language)] + [last]
        return [at for at in places if not any(start < at < start + size for start, size in answers)] or [
            last
        ]


def inserted(context: str, sentence: str, at: int, language: str) -> tuple[str, int, int]:
    """Put a sentence into a context.

    Returns:
        the new context, from which place on the old characters have moved, and how far.
    """
    blank = "" if base(language) in UNSPACED_SENTENCES else " "
    if any(not character.isspace() for character in context[at:]):
        put = sentence + blank
    else:
        # after a last sentence that does not end (a heading), the line does
        put = (blank if is_stated(context[:at], language) or not context[:at] else "\n") + sentence
    return context[:at] + put + context[at:], at, len(put)


@dataclass(frozen=True)
class Index:
    """The sentences of all paragraphs that can distract, and which of them hold a word.

    Attributes:
        sentences: each once, in an order that does not depend on that of the rows.
        plain: the same as `plain` gives them.
        postings: word to numbers of sentences.
        weights: idf of each word, those of questions among them.
        sizes: sum of the weights of a sentence's words.
    """

    language: str
    sentences: list[str]
    plain: list[str]
    postings: Mapping[str, Sequence[int]]
    weights: Mapping[str, float]
    sizes: Sequence[float]
    contexts: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, contexts: Sequence[str | None], questions: Sequence[str | None], language: str) -> Index:
        """Return the index of the sentences of some paragraphs.

        A word's weight is its idf over sentences and questions, so that what many questions ask with tells little.
        """
        found: dict[str, str] = {}
        for context in sorted({each for each in contexts if each}):
            for start, end in sentences(context, language):
                sentence = context[start:end]
                if stands_alone(sentence, language):
                    found.setdefault(plain(sentence), sentence)
        words = [terms(sentence, language) for sentence in found.values()]
        asked = [terms(question, language) for question in {each for each in questions if each}]
        counts = Counter(word for each in (*words, *asked) for word in each)
        total = len(words) + len(asked) + 1
        weights = {word: math.log(total / count) for word, count in counts.items()}
        # what stands in every tenth of them tells little, and takes long
        often = max(50, total // 10)
        postings: dict[str, list[int]] = {}
        for number, each in enumerate(words):
            for word in each:
                if counts[word] <= often:
                    postings.setdefault(word, []).append(number)
        sizes = [sum(weights[word] for word in sorted(each)) for each in words]
        return cls(language, list(found.values()), list(found), postings, weights, sizes)

    def best(self, question: str, context: str, answers: Sequence[str]) -> list[str]:
        """Return up to five sentences for a question, those that overlap most first."""
        asked = sorted(terms(question, self.language))
        size = sum(self.weights.get(word, 0.0) for word in asked)
        shared: dict[int, float] = {}
        counts: Counter[int] = Counter()
        for word in asked:
            for number in self.postings.get(word, ()):
                shared[number] = shared.get(number, 0.0) + self.weights[word]
                counts[number] += 1
        scores = sorted(
            (counts[number] < _SHARED, -2 * weight / (size + self.sizes[number]), number)
            for number, weight in shared.items()
        )
        own = self.contexts.get(context)
        if own is None:
            own = self.contexts[context] = plain(context)
        forbidden = [each for each in map(plain, answers) if each]
        found: list[str] = []
        best: tuple[bool, float] | None = None
        for few, score, number in scores:
            if len(found) == BEST or (best is not None and (few != best[0] or score > best[1] / 2)):
                break
            sentence = self.plain[number]
            if sentence not in own and not holds(sentence, forbidden):
                found.append(self.sentences[number])
                best = best or (few, score)
        return found


def holds(sentence: str, answers: Sequence[str]) -> bool:
    """Say whether a sentence holds one of the answers or is held by one; all as `plain` gives them."""
    return any(answer in sentence or sentence in answer for answer in answers)


@cache
def _folded(character: str) -> str:
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    return "".join(
        part for part in unicodedata.normalize("NFKD", character) if unicodedata.category(part) != "Mn"
    )


def plain(text: str) -> str:
    """Return a text's letters and digits alone: no case, marks, punctuation or blanks, digits as in ASCII."""
    return _LETTERS.sub("", "".join(map(_folded, text)).casefold())


def terms(text: str, language: str) -> frozenset[str]:
    """Return what words are compared by: their first letters; whole words in Thai, pairs of signs in Chinese."""
    return frozenset(_terms(text, language))


def _terms(text: str, language: str) -> Iterator[str]:
    for start, end in spans(text, language):
        if not is_word(text[start:end]):
            continue
        word = plain(text[start:end])
        if base(language) == "ar":
            word = word.removeprefix("و").removeprefix("ال") if len(word) > 4 else word
        if not word:
            continue
        if base(language) == "th":
            yield word
        elif unspaced_letter(word[0]):
            yield from (word[place : place + 2] for place in range(max(len(word) - 1, 1)))
        else:
            yield word if word[0].isdigit() else word[:_STEM]
