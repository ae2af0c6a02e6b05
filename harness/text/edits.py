"""How much a text was changed: edit distance and moved tokens."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence


def levenshtein(old: str, new: str) -> int:
    """Return the least number of characters inserted, deleted or replaced that turn `old` into `new`.

    Exact at any length: the bit-parallel algorithm of Myers (1999, J. ACM 46) in Hyyrö's form, a column of
    the matrix in one integer, so that 100 characters cost some 50 microseconds.
    """
    if old == new:
        return 0
    first = 0
    shortest = min(len(old), len(new))
    while first < shortest and old[first] == new[first]:
        first += 1
    last = 0
    while last < shortest - first and old[-1 - last] == new[-1 - last]:
        last += 1
    old, new = old[first : len(old) - last], new[first : len(new) - last]
    if not old or not new:
        return len(old) or len(new)
    places: dict[str, int] = {}
    for index, character in enumerate(old):
        places[character] = places.get(character, 0) | (1 << index)
    mask, top = (1 << len(old)) - 1, 1 << (len(old) - 1)
    plus, minus, distance = mask, 0, len(old)
    for character in new:
        equal = places.get(character, 0)
        across = (((equal & plus) + plus) ^ plus) | equal | minus
        up = minus | (mask & ~(across | plus))
        down = plus & across
        if up & top:
            distance += 1
        elif down & top:
            distance -= 1
        up = (up << 1) | 1
        down <<= 1
        plus = (down | ~(across | up)) & mask
        minus = up & across & mask
    return distance


def moved(order: Sequence[int]) -> set[int]:
    """Return the items of `order`, all different, that must be lifted out to leave it rising: the fewest.

    The others are a longest rising subsequence, found by patience sorting.
    """
    tails: list[int] = []
    before: dict[int, int | None] = {}
    for item in order:
        place = bisect_left(tails, item)
        before[item] = tails[place - 1] if place else None
        tails[place : place + 1] = [item]
    kept = tails[-1] if tails else None
    lifted = set(order)
    while kept is not None:
        lifted.discard(kept)
        kept = before[kept]
    return lifted
