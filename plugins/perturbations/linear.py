"""The tokens of a sentence in an order that changes step by step, each phrase of its tree in one piece."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

from harness_plugins.perturbations.constituents import COMMAS, PAIRED
from harness_plugins.perturbations.rows import TOP, Rows

from harness import Sentence

# What a comma beside it sets off.
_ADJUNCTS = frozenset({"acl", "advcl", "advmod", "appos", "discourse", "obl", "parataxis", "vocative"})


class Move(NamedTuple):
    """Neighbouring phrases of a row, from the first to the last that changes its place.

    Attributes:
        head: whose row it is.
        source: the phrases as they lie, each by the token on top of it; the head stands for itself, or for `core`.
        target: the same as they shall lie.
        core: neighbours that stay together, the head among them; () for the head alone.
    """

    head: int
    source: Sequence[int]
    target: Sequence[int]
    core: Sequence[int] = ()


# Makes one of a tuple of all its fields.
move_of: Callable[[tuple[Any, ...]], Move] = partial(tuple.__new__, Move)


class Line:
    """The order of a sentence's tokens. What is rearranged are whole phrases; punctuation stays between them.

    Attributes:
        sentence: the sentence.
        bounds: what keeps phrases from moving; None where nothing does.
    """

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        rows: Rows | None = sentence.found.get(__name__)
        if rows is None:
            rows = sentence.found[__name__] = Rows(sentence)
        self._was = rows
        self.bounds = rows.bounds
        self._rows = rows.rows.copy()  # as they lie now; a row itself is never changed

    def _row(self, head: int) -> list[int]:
        return self._rows.get(head) or [head]

    @property
    def kept(self) -> list[int]:
        """The order without the commas that have nothing left to set off."""
        rows = self._rows
        found, opened = [], set()
        ahead = rows[TOP][::-1]
        while ahead:
            item = ahead.pop()
            if item not in rows or item in opened:
                found.append(item)
            else:
                opened.add(item)
                ahead += reversed(rows[item])
        return found

    @property
    def is_changed(self) -> bool:
        """Whether anything has been moved."""
        return self._rows != self._was.rows

    def tops(self, head: int) -> Sequence[int]:
        """Return the phrases in the row of `head`, each by its top, and `head` itself, left to right.

        Of a phrase in pieces the one that holds its top is the phrase, and each other piece is one of its own, in the
        row where it breaks nothing.
        """
        signs, row = self._was.signs, self._rows.get(head) or [head]
        return row if signs.isdisjoint(row) else [item for item in row if item not in signs]

    def touching(self, head: int) -> int:
        """Return how many phrases in the row of `head`, up to it, follow each other without a sign between them."""
        signs, row = self._was.signs, self._rows.get(head) or [head]
        end = start = row.index(head) + 1
        while start > 0 and row[start - 1] not in signs:
            start -= 1
        return end - start

    def is_free(self, head: int, tops: Sequence[int]) -> bool:
        """Say whether phrases of a row can move.

        They cannot where a quotation or bracket begins in one and ends elsewhere, or the reverse, or a token at an edge
        holds a word of another phrase.
        """
        bounds = self.bounds
        if bounds is None:
            return True
        for top in tops:
            first, last = (top, top) if top == head else (self._edge(top, 0), self._edge(top, -1))
            level = bounds.zones[first] == bounds.zones[last] == bounds.zones[head]
            if not level or first in bounds.stuck or last in bounds.knots:
                return False
        return True

    def _edge(self, top: int, side: int) -> int:
        """Return the first (0) or last (-1) token of a phrase."""
        while (inner := self._row(top)[side]) != top:
            top = inner
        return top

    def arrange(self, move: Move) -> None:
        """Put neighbouring phrases of a row into another order.

        Punctuation between two phrases stays between them where they are still neighbours; else a comma goes
        with the phrase that it belongs to, and anything else keeps its place in the row. Of two
        commas that come together one is dropped.
        """
        head, source, target, core = move
        row = self._rows.get(head) or [head]
        commas = self._was.with_commas
        left, right = source[0], source[-1]
        if not core and (left == head or left not in commas) and (right == head or right not in commas):
            start = row.index(left)
            end = start + len(source)
            if row[end - 1] == right:
                arranged = row.copy()
                arranged[start:end] = target
                self._rows[head] = arranged
                return
        spans = self._spans(row, move)
        start, end = spans[0][0], spans[-1][1]
        slots: list[list[int]] = [[] for _ in target]
        for number, ((_, left), (right, _)) in enumerate(pairwise(spans)):
            for sign in row[left:right]:
                slots[self._slot(move, sign, number, end)].append(sign)
        if self._takes(move, start, -1, slots):
            start -= 1
        if self._takes(move, end - 1, 1, slots):
            end += 1
        held = {top: row[low:high] for top, (low, high) in zip(source, spans, strict=True)}
        new: list[int] = []
        for top, signs in zip(target, slots, strict=True):
            new += held[top]
            new += self._without_repeats(signs)
        self._rows[head] = [*row[:start], *new, *row[end:]]
        if end == len(row):
            self._let_out(head)

    def _spans(self, row: Sequence[int], move: Move) -> list[tuple[int, int]]:
        """Return where each phrase of a move's source begins and ends in its row."""
        found, end = [], 0
        for top in move.source:
            inner = move.core if top == move.head and move.core else (top,)
            start = row.index(inner[0], end)
            end = row.index(inner[-1], start) + 1
            found.append((start, end))
        return found

    def _takes(self, move: Move, place: int, step: int, slots: Sequence[list[int]]) -> bool:
        """Put the comma that stands before (-1) or after (1) the phrases, at `place` of their row, into its slot.

        Only if it belongs to the outermost of them, which goes away from it. Say whether it was in the same row; out
        of another one it is taken.
        """
        head, source, target, _ = move
        top = source[0 if step < 0 else -1]
        if top not in self._was.with_commas or top == target[0 if step < 0 else -1]:
            return False
        beside = self._beside(head, place, step)
        if beside is None:
            return False
        other, at = beside
        row = self._row(other)
        comma = row[at]
        if not self._is_comma(comma) or self._owner(head, comma) != top:
            return False
        if step < 0:
            slots[target.index(top) - 1].append(comma)
        else:
            slots[target.index(top)].insert(0, comma)
        if other != head:
            self._rows[other] = [*row[:at], *row[at + 1 :]]
        return other == head

    def _beside(self, head: int, place: int, step: int) -> tuple[int, int] | None:
        """Return the row, and the place in it, of what stands before (-1) or after (1) an item; None at the edge."""
        while not 0 <= place + step < len(self._row(head)):
            if head == TOP:
                return None
            above = self._was.above[head]
            head, place = above, self._row(above).index(head)
        return head, place + step

    def _let_out(self, head: int) -> None:
        """Put commas that have come to stand at the end of a row into the row around it."""
        while head != TOP:
            row, above = self._row(head), self._was.above[head]
            size = len(row)
            while self._is_comma(row[size - 1]):
                size -= 1
            if size == len(row):
                return
            around = self._row(above)
            place = around.index(head) + 1
            self._rows[head] = row[:size]
            self._rows[above] = [*around[:place], *row[size:], *around[place:]]
            head = above

    def _slot(self, move: Move, sign: int, number: int, end: int) -> int:
        """Return after which phrase of the target a sign goes that stood after phrase `number` of the source.

        `end` is where the source ends in its row.
        """
        head, source, target, _ = move
        pair = (source[number], source[number + 1])
        sides = ((pair[1], True), (pair[0], False))
        is_comma = self._is_comma(sign)
        owner = self._owner(head, sign) if is_comma and not self._alike(*pair) else None
        owned = [side for side in sides if side[0] == owner]
        together = [slot for slot, each in enumerate(pairwise(target)) if set(each) == set(pair)]
        if together and not owned:
            return together[0]
        if is_comma:
            for top, before in owned or [side for side in sides if self._is_adjunct(head, side[0])]:
                place = target.index(top) - before
                return min(max(place, 0), len(target) - (1 if self._goes_on(head, end) else 2))
        return number

    def _goes_on(self, head: int, end: int) -> bool:
        """Say whether a word, a quotation mark or a bracket stands at a place of a row, or after it."""
        beside = self._beside(head, end - 1, 1)
        if beside is None:
            return False
        item = self._row(beside[0])[beside[1]]
        return item not in self._was.signs or self.sentence.forms[item] in PAIRED

    def _is_comma(self, item: int) -> bool:
        return item in self._was.signs and self.sentence.forms[item] in COMMAS

    def _alike(self, left: int, right: int) -> bool:
        """Say whether two phrases do the same work: the comma of *big, red house* stays between them."""
        relations = self.sentence.tree.relations
        return relations[left] == relations[right]

    def _owner(self, head: int, sign: int) -> int | None:
        """Return the phrase in a row that the tree gives a sign to; None if it is the head, or none."""
        heads, above = self.sentence.tree.heads, self._was.above
        node = heads[sign]
        while node >= 0 and node != head and above[node] != head:
            node = heads[node]
        return node if node >= 0 and node != head else None

    def _is_adjunct(self, head: int, top: int) -> bool:
        return top != head and self.sentence.tree.relations[top] in _ADJUNCTS

    def _without_repeats(self, signs: Sequence[int]) -> list[int]:
        """Return the signs between two phrases, a second comma left out."""
        commas = [sign for sign in signs if self._is_comma(sign)]
        return [sign for sign in signs if sign not in commas[1:]]
