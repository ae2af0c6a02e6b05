"""A perturbation applied to a text of several sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random

from harness.errors import HarnessError
from harness.keys import numbers
from harness.perturbation import Perturbation
from harness.text.alignment import Alignment
from harness.text.draws import Draws
from harness.text.lazy import lazy
from harness.text.passages import Passage, passage
from harness.text.rewrite import Rewrite
from harness.text.sentence import Sentence

_Able = tuple[Sentence, int]  # a sentence that is disturbed, and the seed of its generator


# Never changed; not frozen, which would take thrice as long to make.
@dataclass(unsafe_hash=True)
class Disturbed:
    """A disturbed text.

    Attributes:
        text: the new text.
        eligible: whether the perturbation could change it: some sentence had what it needs. At intensity 0,
            where no perturbation is asked: whether the text holds a word, and a tree where one is needed.
        touched: whether it differs from the source.
        source: the text it was made from, in sentences.
        rewrites: one for each sentence.
    """

    text: str
    eligible: bool
    touched: bool
    source: Passage
    rewrites: tuple[Rewrite, ...]

    @property
    def token_edits(self) -> int:
        """Sum of the sentences' token edits."""
        if len(self.rewrites) == 1:
            return self.rewrites[0].token_edits
        return sum([rewrite.token_edits for rewrite in self.rewrites if rewrite.eligible])

    @property
    def char_edits(self) -> int:
        """Sum of the sentences' Levenshtein distances, in code points.

        For one sentence exact, for several an upper bound of the distance between the texts.
        """
        if len(self.rewrites) == 1:
            return self.rewrites[0].char_edits
        return sum([rewrite.char_edits for rewrite in self.rewrites if rewrite.eligible])

    @lazy
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
    needs_tree = "parse" in perturbation.needs
    number = numbers(seed, perturbation.full_name)
    able: list[list[_Able]] = []
    for source, example_id, column in texts:
        able.append(
            [
                (sentence, number(example_id, column, index) if index else number(example_id, column))
                for index, sentence in enumerate(source.sentences)
                if not needs_tree or sentence.parsed
            ]
        )
    found = iter(_rewritten(perturbation, able, texts, min(intensity, 1.0)))
    return [
        _joined(
            source,
            tuple(islice(found, len(mine)))
            if len(mine) == len(source.sentences)
            else tuple(
                [next(found) if each.parsed else Rewrite.unchanged(each) for each in source.sentences]
            ),
        )
        for (source, _, _), mine in zip(texts, able, strict=True)
    ]


def _unchanged(source: Passage, needs_tree: bool) -> Disturbed:
    able = any(sentence.words and (sentence.parsed or not needs_tree) for sentence in source.sentences)
    unchanged = tuple(map(Rewrite.unchanged, source.sentences))
    return Disturbed(source.text, able, False, source, unchanged)


def _joined(source: Passage, rewrites: tuple[Rewrite, ...]) -> Disturbed:
    if len(rewrites) == 1 and rewrites[0].sentence.text == source.text:
        disturbed, eligible = rewrites[0].text, rewrites[0].eligible
    else:
        gaps = source.gaps
        new = [gaps[0]]
        for gap, rewrite in zip(gaps[1:], rewrites, strict=True):
            new += (rewrite.text, gap)
        disturbed, eligible = "".join(new), True in [rewrite.eligible for rewrite in rewrites]
    return Disturbed(disturbed, eligible, disturbed != source.text, source, rewrites)


def _rewritten(
    perturbation: Perturbation,
    able: Sequence[Sequence[_Able]],
    texts: Sequence[tuple[Passage, str, str]],
    intensity: float,
) -> list[Rewrite]:
    """Return the rewrites of all texts' sentences; where that fails, find the text that it fails on and name it."""
    try:
        return _checked(perturbation, [pair for mine in able for pair in mine], intensity)
    except Exception as error:
        if len(texts) > 1:
            return [
                rewrite
                for text, mine in zip(texts, able, strict=True)
                for rewrite in _rewritten(perturbation, [mine], [text], intensity)
            ]
        source, example_id, column = texts[0]
        place = f"{type(perturbation).__module__}.{type(perturbation).__qualname__}"
        raise HarnessError(
            f"perturbation {perturbation.full_name} ({place}) failed on example {example_id}, "
            f"column {column}, language {source.language}: {type(error).__name__}: {error}",
            "Leave it out, or tell its author.",
        ) from error


def _checked(perturbation: Perturbation, able: Sequence[_Able], intensity: float) -> list[Rewrite]:
    rewrites = _made(perturbation, able, intensity)
    if len(rewrites) != len(able):
        raise TypeError(f"{len(rewrites)} rewrites of {len(able)} sentences")
    for (sentence, _), rewrite in zip(able, rewrites, strict=True):
        if not isinstance(rewrite, Rewrite) or rewrite.sentence is not sentence:
            raise TypeError("rewrite() must return a Rewrite of the sentence that it was given")
        text = rewrite.text
        if (not text or text.isspace()) and sentence.text.strip():
            raise ValueError("nothing was left of the sentence")
    return rewrites


def _made(perturbation: Perturbation, able: Sequence[_Able], intensity: float) -> list[Rewrite]:
    if not able:
        return []
    if type(perturbation).rewrite_many is not Perturbation.rewrite_many:
        sentences, rngs = [sentence for sentence, _ in able], [Random(seed) for _, seed in able]
        return list(perturbation.rewrite_many(sentences, rngs, intensity))
    rng = Draws()
    rewrites = []
    for sentence, seed in able:
        rng.begin(seed)
        rewrites.append(perturbation.rewrite(sentence, rng, intensity))
    return rewrites
