"""How long the dependencies of a sentence are, before and after it was changed."""

from __future__ import annotations

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
    heads, before = _between_words(sentence)
    new = [-1] * len(heads)
    for place, word in enumerate(words):
        if word is not None:
            new[word] = place
    if len(words) == len(old) and None not in words:
        return before, sum([abs(new[index] - new[head]) for index, head in enumerate(heads) if head >= 0])
    kept = [(n, head) for n, head in enumerate(heads) if head >= 0 and new[n] >= 0 and new[head] >= 0]
    place_of = {index: place for place, index in enumerate(old)}
    return (
        sum([abs(place_of[index] - place_of[head]) for index, head in kept]),
        sum([abs(new[index] - new[head]) for index, head in kept]),
    )


def _between_words(sentence: Sentence) -> tuple[list[int], int]:
    """Return each token's head, -1 where one of them is no word, and the sum of the lengths of these dependencies."""
    known: tuple[list[int], int] | None = sentence.found.get(__name__)
    if known is None:
        places = [-1] * len(sentence)
        for place, index in enumerate(sentence.words):
            places[index] = place
        heads = [
            head if head >= 0 <= place and places[head] >= 0 else -1
            for head, place in zip(sentence.heads, places, strict=True)
        ]
        before = sum([abs(places[index] - places[head]) for index, head in enumerate(heads) if head >= 0])
        known = sentence.found[__name__] = heads, before
    return known
