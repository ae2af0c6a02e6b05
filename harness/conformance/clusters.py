"""The law of grapheme clusters: what a reader takes for one character stays whole."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import regex

from harness.conformance.samples import HOSTILE, Sample, flat
from harness.text import Rewrite, graphemes
from harness.text.edits import levenshtein
from harness.text.grapheme import starts

if TYPE_CHECKING:
    from harness.conformance.trial import Trial

_EXTEND = regex.compile(
    r"[\p{Grapheme_Cluster_Break=Extend}\p{Grapheme_Cluster_Break=ZWJ}\p{Grapheme_Cluster_Break=SpacingMark}]"
)
_HALF_FLAG = regex.compile(r"[\U0001F1E6-\U0001F1FF]")
_MARKED = ("decomposed letters", "joined emoji", "conjuncts", "jamo", "Zalgo", "right to left with marks")


def clustered(trial: Trial, sample: Sample) -> str | None:
    """No mark loses its letter, no sequence is cut."""
    for rewrite in trial.found(sample).rewrites:
        note = _cut(rewrite)
        if note is not None:
            return note
    return None


def marked(trial: Trial) -> list[Sample]:
    """Return texts with many marks in every language that is tried."""
    return [
        flat(HOSTILE[name], language) if trial.needs_tree else Sample(HOSTILE[name], language)
        for language in trial.languages
        for name in _MARKED
    ]


def _cut(rewrite: Rewrite) -> str | None:
    tokens = rewrite.sentence.tokens
    for piece in rewrite.pieces:
        old = "" if piece.source is None else tokens[piece.source].text
        if piece.text == old:
            continue
        note = _broken(old, piece.text)
        if note is not None:
            return f"{old!r} has become {piece.text!r}: {note}"
    return _glued(rewrite)


def _broken(old: str, new: str) -> str | None:
    before, after = graphemes(old), graphemes(new)
    if after and _EXTEND.match(after[0]) and not (before and _EXTEND.match(before[0])):
        return "it begins with a mark without a letter"
    if new.endswith("\u200d") and after[-1] not in before:
        return "it ends inside a joined sequence"
    if _half_flags(after) > _half_flags(before):
        return "half a flag is left"
    if new != new.encode("utf-16", "surrogatepass").decode("utf-16", "replace") and old == old.encode(
        "utf-16", "surrogatepass"
    ).decode("utf-16", "replace"):
        return "a surrogate is alone"
    return _another_letter(before, after) if old and levenshtein(old, new) <= 2 else None


def _half_flags(clusters: list[str]) -> int:
    return sum(len(each) == 1 and _HALF_FLAG.match(each) is not None for each in clusters)


def _another_letter(before: list[str], after: list[str]) -> str | None:
    """Say so where the same marks stand on other letters, and no letter was exchanged for another."""
    old, new = (Counter(each for each in clusters if len(each) > 1) for clusters in (before, after))
    marks = [Counter(mark for each in clusters for mark in each[1:]) for clusters in (before, after)]
    letters = [Counter(each[0] for each in clusters) for clusters in (before, after)]
    same = letters[0] <= letters[1] or letters[1] <= letters[0]
    if old != new and marks[0] == marks[1] and marks[0] and same:
        return f"the marks of {', '.join(map(repr, old - new))} stand on other letters"
    return None


def _glued(rewrite: Rewrite) -> str | None:
    """Say so where a piece goes on with the last character of the one before it."""
    text, position, edges = rewrite.text, len(rewrite.gaps[0]), []
    for piece, gap in zip(rewrite.pieces, rewrite.gaps[1:], strict=True):
        edges.append((position, piece))
        position += len(piece.text) + len(gap)
    begins = {*starts(text), len(text)}
    for (_, left), (place, right) in pairwise(edges):
        neighbours = left.source is not None and right.source == left.source + 1
        if place not in begins and right.text and not neighbours:
            return f"{right.text!r} has become part of the character before it"
    return None
