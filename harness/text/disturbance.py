"""A perturbation applied to a text of several sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.keys import number
from harness.text.alignment import Alignment
from harness.text.passages import Passage, passage
from harness.text.rewrite import Rewrite

if TYPE_CHECKING:
    from harness.perturbation import Perturbation
    from harness.text.sentence import Sentence


@dataclass(frozen=True)
class Disturbed:
    """A disturbed text.

    Attributes:
        text: the new text.
        eligible: whether the perturbation could change it: some sentence had what it needs. At intensity 0,
            where no perturbation is asked: whether the text holds a word, and a tree where one is needed.
        touched: whether it differs from the source.
        token_edits: sum of the sentences' token edits.
        char_edits: sum of the sentences' Levenshtein distances, in code points; for one sentence exact,
            for several an upper bound of the distance between the texts.
        source: the text it was made from, in sentences.
        rewrites: one for each sentence.
    """

    text: str
    eligible: bool
    touched: bool
    token_edits: int
    char_edits: int
    source: Passage
    rewrites: tuple[Rewrite, ...]

    @cached_property
    def spans(self) -> Alignment:
        """Where stretches of the source text lie in the new one: ``disturbed.spans.span(start, end)``."""
        parts = []
        position = 0
        for gap, rewrite in zip(self.source.gaps, self.rewrites, strict=False):
            position += len(gap)
            parts.append((rewrite.spans, rewrite.sentence.offset, position))
            position += len(rewrite.text)
        return Alignment.joined(parts)


def disturb(
    perturbation: Perturbation,
    text: str | Passage,
    *,
    language: str,
    example_id: str,
    column: str,
    seed: int,
    intensity: float,
    conllu: str | None = None,
) -> Disturbed:
    """Disturb one text: the same for the same arguments, whatever was disturbed before.

    Each sentence has a generator of its own, drawn from (seed, perturbation, example, column) and, from the
    second on, its number: a longer first sentence changes nothing in the next, and a higher intensity goes
    on where a lower one stopped. A perturbation that asks for no parse gets none, so that its output does
    not depend on whether a parser was at hand.

    Args:
        text: the text, or its sentences where they are known.

    Raises HarnessError, naming the perturbation, example and language, when the perturbation raises or
    makes a text empty.
    """
    if isinstance(text, str):
        text = passage(text, language, conllu if "parse" in perturbation.needs else None)
    return disturb_many(perturbation, [(text, example_id, column)], seed=seed, intensity=intensity)[0]


def disturb_many(
    perturbation: Perturbation, texts: Sequence[tuple[Passage, str, str]], *, seed: int, intensity: float
) -> list[Disturbed]:
    """Disturb texts, each given with the id of its example and its column: as `disturb` does each alone."""
    if intensity <= 0:
        return [_unchanged(source, "parse" in perturbation.needs) for source, _, _ in texts]
    able: list[tuple[Sentence, Random]] = []
    for source, example_id, column in texts:
        for index, sentence in enumerate(source.sentences):
            if "parse" not in perturbation.needs or sentence.parsed:
                parts = (seed, perturbation.full_name, example_id, column, *([index] if index else []))
                able.append((sentence, Random(number(*parts))))
    found = iter(_rewritten(perturbation, able, texts, min(intensity, 1.0)))
    results = []
    for source, _, _ in texts:
        rewrites = tuple(
            next(found)
            if "parse" not in perturbation.needs or sentence.parsed
            else Rewrite.unchanged(sentence)
            for sentence in source.sentences
        )
        results.append(_joined(source, rewrites))
    return results


def _unchanged(source: Passage, needs_tree: bool) -> Disturbed:
    able = any(sentence.words and (sentence.parsed or not needs_tree) for sentence in source.sentences)
    unchanged = tuple(map(Rewrite.unchanged, source.sentences))
    return Disturbed(source.text, able, False, 0, 0, source, unchanged)


def _joined(source: Passage, rewrites: tuple[Rewrite, ...]) -> Disturbed:
    gaps = source.gaps
    new = [gaps[0]]
    for gap, rewrite in zip(gaps[1:], rewrites, strict=True):
        new += (rewrite.text, gap)
    disturbed = "".join(new)
    return Disturbed(
        disturbed,
        any(rewrite.eligible for rewrite in rewrites),
        disturbed != source.text,
        sum(rewrite.token_edits for rewrite in rewrites if rewrite.eligible),
        sum(rewrite.char_edits for rewrite in rewrites if rewrite.eligible),
        source,
        rewrites,
    )


def _rewritten(
    perturbation: Perturbation,
    able: Sequence[tuple[Sentence, Random]],
    texts: Sequence[tuple[Passage, str, str]],
    intensity: float,
) -> list[Rewrite]:
    """Return the rewrites of all sentences; where that fails, find the text that it fails on and name it."""
    sentences, rngs = [sentence for sentence, _ in able], [rng for _, rng in able]
    if len(texts) > 1:
        states = [rng.getstate() for rng in rngs]
        try:
            return _checked(perturbation, sentences, rngs, intensity)
        except Exception:
            for rng, state in zip(rngs, states, strict=True):
                rng.setstate(state)
            return [
                rewrite
                for text in texts
                for rewrite in _rewritten(perturbation, _of(text, able), [text], intensity)
            ]
    try:
        return _checked(perturbation, sentences, rngs, intensity)
    except Exception as error:
        source, example_id, column = texts[0]
        place = f"{type(perturbation).__module__}.{type(perturbation).__qualname__}"
        raise HarnessError(
            f"perturbation {perturbation.full_name} ({place}) failed on example {example_id}, "
            f"column {column}, language {source.language}: {type(error).__name__}: {error}",
            "Leave it out, or tell its author.",
        ) from error


def _of(
    text: tuple[Passage, str, str], able: Sequence[tuple[Sentence, Random]]
) -> list[tuple[Sentence, Random]]:
    mine = {id(sentence) for sentence in text[0].sentences}
    return [pair for pair in able if id(pair[0]) in mine]


def _checked(
    perturbation: Perturbation, sentences: Sequence[Sentence], rngs: Sequence[Random], intensity: float
) -> list[Rewrite]:
    rewrites = list(perturbation.rewrite_many(sentences, rngs, intensity)) if sentences else []
    if len(rewrites) != len(sentences):
        raise TypeError(f"{len(rewrites)} rewrites of {len(sentences)} sentences")
    for sentence, rewrite in zip(sentences, rewrites, strict=True):
        if not isinstance(rewrite, Rewrite) or rewrite.sentence is not sentence:
            raise TypeError("rewrite() must return a Rewrite of the sentence that it was given")
        if sentence.text.strip() and not rewrite.text.strip():
            raise ValueError("nothing was left of the sentence")
    return rewrites
