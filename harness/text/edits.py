"""How much a text was changed: edit distance and moved tokens."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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


def levenshteins(pairs: Sequence[tuple[str, str]]) -> list[int]:
    """Return `levenshtein` of many pairs, in a tenth of the time: a pair is a lane of numpy's 64-bit words.

    Blocks of 64 rows hand the difference at their lower edge on to the next (Hyyrö 2003, section 4).
    """
    found = [0] * len(pairs)
    short = []
    for index, (old, new) in enumerate(pairs):
        if old != new:
            if len(old) > _LONGEST or len(new) > _LONGEST or not old or not new:
                found[index] = levenshtein(old, new)
            else:
                short.append(index)
    if len(short) < _FEWEST:
        for index in short:
            found[index] = levenshtein(*pairs[index])
        return found
    short.sort(key=lambda index: max(map(len, pairs[index])))
    for low in range(0, len(short), _LANES):
        lanes = short[low : low + _LANES]
        for index, distance in zip(lanes, _together([pairs[index] for index in lanes]), strict=True):
            found[index] = distance
    return found


_LONGEST, _FEWEST, _LANES = 1000, 8, 1024
_WIDEST = 64
Island = tuple[int, int, int, int]


def replaced(old: str, new: str, islands: Sequence[Island]) -> int | None:
    """Return `levenshtein` where only some stretches were replaced in their places; None where it is not plain.

    It is the sum over the islands if between two of them stand enough characters that are not to be found close to
    their places, for an alignment that slides over such a stretch must change each of them. One that slides over r
    stretches saves at most the costs of the r + 1 islands beside them; where all islands keep their lengths, it also
    pays 2 for leaving its diagonal and for coming back. Islands without enough between them are taken as one.

    Args:
        islands: [start, end) in the old text and [start, end) in the new one, left to right; the first characters
            of an island differ, and the last.
    """
    found = list(islands)
    costs = [_cost(old[start:end], new[low:high]) for start, end, low, high in found]
    level = all(end - start == high - low for start, end, low, high in found)
    place = 1
    while place < len(found):
        left, right = found[place - 1], found[place]
        total, both = sum(costs), (costs[place - 1], costs[place])
        shift = right[2] - right[0]
        reach = (total - 1) // 2 if level else total + abs(shift)
        needed = max(both) if level and max(both) <= 2 else sum(both)
        if _settled(old, new, left[1], right[0], shift, reach, needed):
            place += 1
            continue
        if right[1] - left[0] > _WIDEST:
            return None
        found[place - 1 : place + 1] = [(left[0], right[1], left[2], right[3])]
        costs[place - 1 : place + 1] = [levenshtein(old[left[0] : right[1]], new[left[2] : right[3]])]
        place = max(place - 1, 1)
    return sum(costs)


def _cost(old: str, new: str) -> int:
    if len(old) < 2 or len(new) < 2:
        return max(len(old), len(new)) - (bool(old and new) and (old in new or new in old))
    return 2 if len(old) == len(new) == 2 else levenshtein(old, new)


def _settled(old: str, new: str, start: int, end: int, shift: int, reach: int, needed: int) -> bool:
    """Say whether `needed` characters of a stretch lie neither shortly before nor shortly after their new places."""
    before = after = needed
    for index in range(start, end):
        place, character = index + shift, old[index]
        if before and character not in new[max(place - reach, 0) : place]:
            before -= 1
        if after and character not in new[place + 1 : place + 1 + reach]:
            after -= 1
        if not before and not after:
            return True
    return not needed


def _together(pairs: Sequence[tuple[str, str]]) -> list[int]:
    """Return the distances of pairs, neither text of which is empty or longer than `_LONGEST`."""
    import numpy as np

    # The texts as numbers, those of the shorter text of a pair as rows of the matrix.
    ordered = [(old, new) if len(old) <= len(new) else (new, old) for old, new in pairs]
    rows, row_ends = _codes([old for old, _ in ordered])
    columns, column_ends = _codes([new for _, new in ordered])
    highs, wides = np.diff(row_ends), np.diff(column_ends)
    first = _alike(rows, row_ends[:-1], columns, column_ends[:-1], highs, 1)
    last = _alike(rows, row_ends[1:] - 1, columns, column_ends[1:] - 1, highs - first, -1)
    highs, wides = highs - first - last, wides - first - last
    distances = np.where(highs == 0, wides, 0)
    blocks = -(-highs // 64)
    letters = np.zeros(int(max(rows.max(), columns.max())) + 1, dtype=np.int32)
    letters[rows] = 1
    letters = np.cumsum(letters, dtype=np.int32) * letters  # 0: in no row
    for count in range(1, int(blocks.max()) + 1):
        lanes = np.flatnonzero(blocks == count)
        if len(lanes) < _FEWEST * (2 * count + 1):
            for lane in lanes:
                distances[lane] = levenshtein(*pairs[int(lane)])
        else:
            lanes = lanes[np.argsort(-wides[lanes], kind="stable")]
            distances[lanes] = _filled(
                letters[_matrix(rows, row_ends[lanes] + first[lanes], highs[lanes])],
                letters[_matrix(columns, column_ends[lanes] + first[lanes], wides[lanes])],
                highs[lanes],
                wides[lanes],
                count,
            )
    return [int(distance) for distance in distances]


def _codes(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Return the code points of texts, one after the other, and where each text begins: [n + 1]."""
    import numpy as np

    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    ends = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum([len(text) for text in texts], out=ends[1:])
    return codes, ends


def _alike(
    rows: NDArray[np.uint32],
    row_starts: NDArray[np.int64],
    columns: NDArray[np.uint32],
    column_starts: NDArray[np.int64],
    most: NDArray[np.int64],
    step: int,
) -> NDArray[np.int64]:
    """Return how many characters are the same from the starts on, at most `most`: [n]."""
    import numpy as np

    reach = np.arange(int(most.max()) + 1)
    inside = reach[None, :] < most[:, None]
    left = np.where(inside, row_starts[:, None] + step * reach, 0)
    right = np.where(inside, column_starts[:, None] + step * reach, 0)
    alike: NDArray[np.int64] = np.argmin(inside & (rows[left] == columns[right]), axis=1).astype(np.int64)
    return alike


def _matrix(
    codes: NDArray[np.uint32], starts: NDArray[np.int64], sizes: NDArray[np.int64]
) -> NDArray[np.uint32]:
    """Return stretches of `codes` as the rows of a matrix; what follows a stretch is of no account."""
    import numpy as np

    places = starts[:, None] + np.arange(int(sizes.max()))
    found: NDArray[np.uint32] = codes[np.minimum(places, len(codes) - 1)]
    return found


def _filled(
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    highs: NDArray[np.int64],
    wides: NDArray[np.int64],
    blocks: int,
) -> NDArray[np.int64]:
    """Return the distances of lanes whose rows fill `blocks` words, the widest lane first."""
    import numpy as np

    one, full, edge = np.uint64(1), np.uint64(2**64 - 1), np.uint64(63)
    size, letters = len(highs), int(max(rows.max(), columns.max())) + 1
    places = [np.zeros(size * letters, dtype=np.uint64) for _ in range(blocks)]
    base = np.arange(size) * letters
    rows, columns = (base[:, None] + rows).T.copy(), (base[:, None] + columns).T.copy()
    alive = size - np.searchsorted(np.sort(highs), np.arange(int(highs.max())), side="right")
    order = np.argsort(-highs, kind="stable")
    rows = rows[:, order]
    for row, count in enumerate(alive):
        places[row // 64][rows[row, :count]] |= one << np.uint64(row % 64)
    for table in places:
        table[base] = 0
    plus = [np.full(size, full) for _ in range(blocks)]
    minus = [np.zeros(size, dtype=np.uint64) for _ in range(blocks)]
    top = ((highs - 1) % 64).astype(np.uint64)
    risen, fallen = np.zeros(size, dtype=np.uint64), np.zeros(size, dtype=np.uint64)
    counts = np.searchsorted(-wides, -np.arange(int(wides.max())), side="left")
    for column, count in enumerate(counts):
        now = columns[column, :count]
        up_edge: Any = one
        down_edge: Any = one
        for block in range(blocks):
            pv, mv = plus[block][:count], minus[block][:count]
            equal = places[block].take(now)
            if block:
                equal |= down_edge
            across = equal & pv
            across += pv
            across ^= pv
            across |= equal
            across |= mv
            up = across | pv
            np.invert(up, out=up)
            up |= mv
            down = pv & across
            if block == blocks - 1:
                risen[:count] += (up >> top[:count]) & one
                fallen[:count] += (down >> top[:count]) & one
            next_edges = (up >> edge, down >> edge) if block < blocks - 1 else (one, one)
            up <<= one
            up |= up_edge
            down <<= one
            if block:
                down |= down_edge
            np.bitwise_and(up, across, out=mv)
            across |= up
            np.invert(across, out=across)
            np.bitwise_or(across, down, out=pv)
            up_edge, down_edge = next_edges
    return highs + risen.astype(np.int64) - fallen.astype(np.int64)
