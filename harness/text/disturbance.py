"""A perturbation applied to a text of several sentences."""

from __future__ import annotations

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
    text: str,
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

    Raises HarnessError, naming the perturbation, example and language, when the perturbation raises or
    makes a text empty.
    """
    needs_tree = "parse" in perturbation.needs
    source = passage(text, language, conllu if needs_tree else None)
    if intensity <= 0:
        able = any(sentence.words and (sentence.parsed or not needs_tree) for sentence in source.sentences)
        unchanged = tuple(map(Rewrite.unchanged, source.sentences))
        return Disturbed(text, able, False, 0, 0, source, unchanged)
    rewrites = []
    for index, sentence in enumerate(source.sentences):
        parts = (seed, perturbation.full_name, example_id, column, *([index] if index else []))
        try:
            rewrites.append(_rewritten(perturbation, sentence, Random(number(*parts)), intensity))
        except Exception as error:
            place = f"{type(perturbation).__module__}.{type(perturbation).__qualname__}"
            raise HarnessError(
                f"perturbation {perturbation.full_name} ({place}) failed on example {example_id}, "
                f"column {column}, language {language}: {type(error).__name__}: {error}",
                "Leave it out, or tell its author.",
            ) from error
    new = [source.gaps[0]]
    for gap, rewrite in zip(source.gaps[1:], rewrites, strict=True):
        new += (rewrite.text, gap)
    disturbed = "".join(new)
    return Disturbed(
        disturbed,
        any(rewrite.eligible for rewrite in rewrites),
        disturbed != text,
        sum(rewrite.token_edits for rewrite in rewrites if rewrite.eligible),
        sum(rewrite.char_edits for rewrite in rewrites if rewrite.eligible),
        source,
        tuple(rewrites),
    )


def _rewritten(perturbation: Perturbation, sentence: Sentence, rng: Random, intensity: float) -> Rewrite:
    if "parse" in perturbation.needs and not sentence.parsed:
        return Rewrite.unchanged(sentence)
    rewrite = perturbation.rewrite(sentence, rng, min(intensity, 1.0))
    if not isinstance(rewrite, Rewrite) or rewrite.sentence is not sentence:
        raise TypeError("rewrite() must return a Rewrite of the sentence that it was given")
    if sentence.text.strip() and not rewrite.text.strip():
        raise ValueError("nothing was left of the sentence")
    return rewrite
