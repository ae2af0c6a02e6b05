"""How long the dependencies of a sentence are, before and after it was changed."""

from __future__ import annotations

from collections.abc import Sequence

from harness.text.rewrite import Rewrite
from harness.text.sentence import Sentence


def dependency_lengths(rewrite: Rewrite) -> tuple[int, int]:
    """Return the sum of \\|position - head's position\\| over a sentence's dependencies, before and after.

    Positions are those of words; punctuation and dependencies on or of it do not count. A dependency that lost a
    word counts neither before nor after. (0, 0) without a tree.

    Source: Futrell et al. 2015, Large-scale evidence of dependency length minimization in 37 languages, PNAS
    112(33).
    """
    sentence = rewrite.sentence
    if not sentence.parsed:
        return 0, 0
    old, words = sentence.words, rewrite.words
    arcs, before = _between_words(sentence)
    if len(words) == len(old) and None not in words:
        return before, _length(sentence, arcs, words)
    kept = {word for word in words if word is not None}
    arcs = [(index, head) for index, head in arcs if index in kept and head in kept]
    return _length(sentence, arcs, old), _length(sentence, arcs, words)


def _length(sentence: Sentence, arcs: Sequence[tuple[int, int]], words: Sequence[int | None]) -> int:
    """Return the sum of the lengths of dependencies where the words lie in this order; None is a word put in."""
    places = [0] * len(sentence.tokens)
    for place, word in enumerate(words):
        if word is not None:
            places[word] = place
    return sum([abs(places[index] - places[head]) for index, head in arcs])


def _between_words(sentence: Sentence) -> tuple[Sequence[tuple[int, int]], int]:
    """Return the dependencies of words on words, each as word and head, and the sum of their lengths."""
    known: tuple[Sequence[tuple[int, int]], int] | None = sentence.found.get(__name__)
    if known is None:
        are_words, heads = sentence.are_words, sentence.tree.heads
        words = sentence.words
        arcs = [(index, head) for index in words if (head := heads[index]) >= 0 and are_words[head]]
        known = sentence.found[__name__] = arcs, _length(sentence, arcs, words)
    return known
