"""How long the dependencies of a sentence are, before and after it was changed."""

from __future__ import annotations

from harness.text.rewrite import Rewrite


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
    old, new = [-1] * len(sentence), [-1] * len(sentence)
    for place, index in enumerate(sentence.words):
        old[index] = place
    for place, word in enumerate(rewrite.words):
        if word is not None:
            new[word] = place
    before = after = 0
    for index, head in enumerate(sentence.heads):
        here, there = new[index], new[head]
        if here >= 0 and there >= 0 and head >= 0:
            before += abs(old[index] - old[head])
            after += abs(here - there)
    return before, after
