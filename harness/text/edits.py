"""How much a text was changed: edit distance and moved tokens."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Sequence

from rapidfuzz.distance import LCSseq, Levenshtein

# The least number of characters (code points) inserted, deleted or replaced that turn one text into another.
levenshtein: Callable[[str, str], int] = Levenshtein.distance
# How many items, at most, two sequences have in common in the same order.
in_common: Callable[[Sequence[Hashable], Sequence[Hashable]], int] = LCSseq.similarity


def moved(order: Sequence[int]) -> set[int]:
    """Return the items of `order`, all different, that must be lifted out to leave it rising: the fewest.

    The others are a longest rising subsequence, found by patience sorting; what lies in its place at either end is
    part of it.
    """
    rising = sorted(order)
    first, last = 0, len(rising)
    while first < last and order[first] == rising[first]:
        first += 1
    while last > first and order[last - 1] == rising[last - 1]:
        last -= 1
    tails: list[int] = []
    before: dict[int, int | None] = {}
    for item in order[first:last]:
        place = bisect_left(tails, item)
        before[item] = tails[place - 1] if place else None
        tails[place : place + 1] = [item]
    kept = tails[-1] if tails else None
    lifted = set(order[first:last])
    while kept is not None:
        lifted.discard(kept)
        kept = before[kept]
    return lifted
