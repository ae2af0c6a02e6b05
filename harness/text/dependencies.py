"""How long the dependencies of a sentence are, before and after it was changed."""

from __future__ import annotations

from harness.text.rewrite import Rewrite
from harness.text.tokens import is_word


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
    old = {index: place for place, index in enumerate(sentence.words)}
    new: dict[int, int] = {}
    place = 0
    for piece in rewrite.pieces:
        if piece.source is None:
            place += is_word(piece.text)
        elif piece.source in old:
            new[piece.source] = place
            place += 1
    before = after = 0
    for index in new:
        head = sentence.head(index)
        if head in new:
            before += abs(old[index] - old[head])
            after += abs(new[index] - new[head])
    return before, after
