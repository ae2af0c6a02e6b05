"""Laws of intensity: as much as asked for, and no less the more is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import TYPE_CHECKING

from harness.conformance.law import Breach
from harness.conformance.samples import Sample

if TYPE_CHECKING:
    from harness.conformance.trial import Trial
    from harness.text import Rewrite

# Families whose intensity is a share of the words.
_OF_WORDS = ("noise", "lexical")
_STEPS = (0.1, 0.3, 0.6, 1.0)


def bounded(trial: Trial, sample: Sample) -> str | None:
    """In the families whose intensity is a share of words, no more words are altered than that share."""
    for intensity in (0.1, trial.perturbation.intensity, 0.5):
        (found,) = trial.disturbed([sample], intensity)
        for rewrite in found.rewrites:
            words = len(rewrite.sentence.words)
            touched = len(_altered(rewrite).keys() & {*rewrite.sentence.words})
            most = max(1, ceil(intensity * words + 0.5))
            if touched > most:
                return f"{touched} of {words} words at intensity {intensity:g}: {rewrite.text!r}"
    return None


def of_words(trial: Trial) -> bool:
    """Say whether a perturbation's intensity is a share of the words."""
    return trial.perturbation.family in _OF_WORDS and not trial.edits_rows


def rising(trial: Trial) -> Iterator[Breach]:
    """The words altered at a lower intensity are altered alike at a higher one; edits do not become fewer."""
    found = [trial.disturbed(trial.samples, intensity) for intensity in _STEPS]
    for low, high, step in zip(found, found[1:], _STEPS[1:], strict=False):
        for sample, less, more in zip(trial.samples, low, high, strict=True):
            for one, other in zip(less.rewrites, more.rewrites, strict=True):
                note = _taken_back(one, other)
                if note is not None:
                    yield Breach(f"{note} at intensity {step:g}", sample.language, one.sentence.text)
        few, many = (sum(each.token_edits for each in them) for them in (low, high))
        # The fewest words that must be lifted vary with the order that is drawn.
        if many < 0.75 * few:
            yield Breach(f"{few} edits in all texts, and {many} at intensity {step:g}")


def _taken_back(low: Rewrite, high: Rewrite) -> str | None:
    before, after = _altered(low), _altered(high)
    if {*low.marks, *high.marks} - {"kept", "altered"} or None in (*low.tokens, *high.tokens):
        return None
    for source, text in before.items():
        if after.get(source) != text:
            old = low.sentence.tokens[source].text
            return f"{old!r} has become {text!r}, but {after.get(source, old)!r}"
    return None


def _altered(rewrite: Rewrite) -> dict[int, str]:
    return {
        piece.source: piece.text
        for piece, mark in zip(rewrite.pieces, rewrite.marks, strict=True)
        if mark == "altered" and piece.source is not None
    }


def moving(trial: Trial) -> Iterator[Breach]:
    """At full intensity some text is changed."""
    if not unmoved(trial, all_languages=False):
        return
    yield Breach("no text in any language is changed at full intensity", *_first(trial))


def _first(trial: Trial) -> tuple[str, str]:
    return trial.samples[0].language, trial.samples[0].text


def unmoved(trial: Trial, *, all_languages: bool = True) -> tuple[str, ...]:
    """Return the languages in which no text is changed at full intensity; only if all are, where asked."""
    moved = set()
    if trial.edits_rows:
        for batch in trial.batches:
            if any(row["touched"] for row in trial.variant(batch, 1.0)):
                moved.add(batch.language)
    else:
        for sample, found in zip(trial.samples, trial.disturbed(trial.samples, 1.0), strict=True):
            if found.touched:
                moved.add(sample.language)
    still = tuple(language for language in trial.languages if language not in moved)
    return still if all_languages or len(still) == len(trial.languages) else ()
