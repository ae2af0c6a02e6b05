"""The tokens of a sentence in an order that changes step by step, each phrase of its tree in one piece."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

from harness_plugins.perturbations.constituents import COMMAS, PAIRED, quotation_zones

from harness import Sentence, Token
from harness.text.lazy import lazy
from harness.text.writing import spaced

# What a comma beside it sets off.
_ADJUNCTS = frozenset({"acl", "advcl", "advmod", "appos", "discourse", "obl", "parataxis", "vocative"})

# Signs that are read as words (%, $) and so are part of a phrase, as words are.
_SOLID = frozenset({"SYM", "NUM"})
# Arabic *wa-* and *fa-*, whatever a treebank calls them.
ARABIC_AND = frozenset({"و", "ف"})
_ONE_WORD = frozenset(
    {"compound", "flat", "fixed", "goeswith", "clf", "nummod", "amod", "nmod", "det", "punct"}
)
_TOP = -1  # the row that holds the whole sentence


class Block(NamedTuple):
    """A token with all that depends on it, or the head itself, as it lies in a row of a `Line`.

    Attributes:
        top: index of the token; the head's own block holds the head alone.
        start: its place in the row.
        end: the place after it; a block may be made of several neighbours.
        whole: whether it can move: no quotation or bracket begins in it and ends elsewhere, or the reverse, and
            no token at its edges holds a word of another phrase.
    """

    top: int
    start: int
    end: int
    whole: bool = True


block_of: Callable[[tuple[Any, ...]], Block] = partial(tuple.__new__, Block)


class _Rows:
    """A sentence as rows, as it was written.

    The row of a token holds, left to right, the tokens that depend on it, each standing for all that depends on it in
    its turn; the token itself, as ``~token``; and the signs between them. A phrase in pieces has the piece that holds
    its head; each other piece hangs on the nearest head above where it breaks nothing. A sign lies in the row of the
    phrases that it stands between; a quotation mark or bracket that the tree gives to one of them, at that one's edge.

    Attributes:
        sentence: the sentence.
        is_solid: of each token whether it is part of a phrase: a word, or a sign that is read as one.
        above: of each token in whose row it lies.
        rows: the rows; the last one, `_TOP`, holds the sentence. Empty for a token that nothing depends on.
        has_commas: whether the sentence has any.
        blocks: the blocks of rows, found so far.
    """

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        tokens = sentence.tokens
        self.is_solid = [token.is_word or token.upos in _SOLID for token in tokens]
        if False in self.is_solid:
            self._find_heads()
        self.has_commas = not COMMAS.isdisjoint(sentence.forms)
        self.blocks: dict[int, list[Block]] = {}
        self.above = self._solids_above()
        if False in self.is_solid:
            self._place_signs()
        heads = set(self.above)
        self.rows: list[list[int]] = [[] for _ in range(len(tokens) + 1)]
        for index, head in enumerate(self.above):
            if index in heads:
                self.rows[index].append(~index)
            self.rows[head].append(index)

    def _find_heads(self) -> None:
        """Count what words depend on as a word, whatever it is written with (the per cent of *3 %*)."""
        children, is_solid = self.sentence.children, self.is_solid
        for index in self.sentence.upwards:
            if not is_solid[index]:
                is_solid[index] = True in [is_solid[child] for child in children(index)]

    def _solids_above(self) -> list[int]:
        """Return of each word the nearest word above it of whose phrase no other's word parts it."""
        above = list(self.sentence.heads)
        if False in [whole for _, _, whole in self.sentence.extents]:
            self._lift(above, [index for index, solid in enumerate(self.is_solid) if solid])
        return above

    def _lift(self, above: list[int], solids: Sequence[int]) -> None:
        """Hang what is apart from its head on a head above, shortest dependencies first, until nothing crosses."""
        places = {index: place for place, index in enumerate(solids)}
        crossing = True
        while crossing:
            crossing = False
            arcs = [
                (abs(places[above[index]] - places[index]), index) for index in solids if above[index] >= 0
            ]
            for _, index in sorted(arcs):
                head = above[index]
                low, high = sorted((places[index], places[head]))
                if any(not _below(above, between, head) for between in solids[low + 1 : high]):
                    above[index], crossing = above[head], True
                    break

    def _place_signs(self) -> None:
        """Put signs, which so far lie where the tree has them, into the row of what they stand between."""
        is_solid, above = self.is_solid, self.above
        size, position = len(is_solid), 0
        while position < size:
            if is_solid[position]:
                position += 1
                continue
            end = position + 1
            while end < size and not is_solid[end]:
                end += 1
            self._place(position, end, above)
            position = end

    def _place(self, start: int, end: int, above: list[int]) -> None:
        size = len(above)
        left = _chain(above, start - 1) if start else []
        right = _chain(above, end) if end < size else []
        common = set(left).intersection(right)
        between = next((node for node in right if node in common), _TOP)
        left = [node for node in left if node not in common]
        right = [node for node in right if node not in common]
        first, level = start, 0
        while first < end and self._closes(first):
            level = self._level(first, left, level)
            if level == len(left):
                break
            above[first] = left[level]
            first += 1
        last, level = end, 0
        while last > first and self._is_mark(last - 1):
            level = self._level(last - 1, right, level)
            if level == len(right):
                break
            above[last - 1] = right[level]
            last -= 1
        above[first:last] = [between] * (last - first)

    def _level(self, sign: int, chain: Sequence[int], least: int) -> int:
        """Return which phrase of a chain, from the innermost outwards, a sign belongs to; its length if to none."""
        heads, node = self.sentence.heads, self.sentence.heads[sign]
        while node >= 0 and node not in chain:
            node = heads[node]
        return max(chain.index(node), least) if node >= 0 else len(chain)

    def _is_mark(self, index: int) -> bool:
        return self.sentence.forms[index] in PAIRED

    def _closes(self, index: int) -> bool:
        """Say whether a sign may end a block: a closing mark, or the full stop of an abbreviation or ordinal."""
        full_stop = self.sentence.forms[index] == "." and index + 1 < len(self.is_solid)
        return full_stop or self._is_mark(index)

    @lazy
    def bounds(self) -> _Bounds | None:
        """What keeps blocks from moving; None where nothing does."""
        tokens, language = self.sentence.tokens, self.sentence.language
        several = [n for n, token in enumerate(tokens) if len(token.words) > 1]
        knots = frozenset([n for n in several if mixed(tokens[n], language)])
        stuck = knots.union([n for n in several if tied(tokens[n])])
        zones = quotation_zones(self.sentence)
        return _Bounds(zones, knots, stuck) if stuck or any(zones) else None


class _Bounds(NamedTuple):
    """What decides, token by token, whether blocks can move.

    Attributes:
        zones: in which quotation or brackets it stands.
        knots: the tokens that hold a word of another phrase.
        stuck: the same, and those that hold the conjunction of their clause: nothing can be cut off before them.
    """

    zones: Sequence[int]
    knots: Collection[int]
    stuck: Collection[int]


def _chain(above: Sequence[int], index: int) -> list[int]:
    """Return a token and all above it."""
    found = []
    while index >= 0:
        found.append(index)
        index = above[index]
    return found


def _below(above: Sequence[int], index: int, head: int) -> bool:
    while index >= 0 and index != head:
        index = above[index]
    return index == head


class Line:
    """The order of a sentence's tokens. What is rearranged are whole blocks; punctuation stays between them.

    Attributes:
        sentence: the sentence.
    """

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        self._changed: set[int] = set()

    @lazy
    def _was(self) -> _Rows:
        found: _Rows | None = self.sentence.found.get(__name__)
        if found is None:
            found = self.sentence.found[__name__] = _Rows(self.sentence)
        return found

    @lazy
    def _rows(self) -> list[list[int]]:
        return self._was.rows.copy()

    @lazy
    def _above(self) -> list[int]:
        return self._was.above.copy()

    @property
    def kept(self) -> list[int]:
        """The order without the commas that have nothing left to set off."""
        if not self._changed:
            return list(range(len(self.sentence)))
        rows, found = self._rows, []
        ahead = rows[_TOP][::-1]
        while ahead:
            item = ahead.pop()
            if item < 0:
                found.append(~item)
            elif rows[item]:
                ahead += reversed(rows[item])
            else:
                found.append(item)
        return found

    def is_still(self, head: int) -> bool:
        """Say whether the blocks of a head lie as they lay in the sentence, and can move or not as they could."""
        changed = self._changed
        return not changed or (head not in changed and self._was.bounds is None)

    def blocks(self, head: int) -> list[Block]:
        """Return the blocks of `head` and of its dependents, left to right; not to be changed.

        Of a phrase in pieces the one that holds its top is its block, and each other piece is one of its own, in the
        row where it breaks nothing.
        """
        if not self.is_still(head):
            return self._made(head)
        known = self._was.blocks
        found = known.get(head)
        if found is None:
            found = known[head] = self._made(head)
        return found

    def _made(self, head: int) -> list[Block]:
        row, is_solid = self._rows[head], self._was.is_solid
        free = self._was.bounds is None
        return [
            block_of((top, place, place + 1, free or self._whole(head, item)))
            for place, item in enumerate(row or (~head,))
            if is_solid[top := item if item >= 0 else ~item]
        ]

    def _whole(self, head: int, item: int) -> bool:
        bounds = self._was.bounds
        if bounds is None:
            return True
        first, last = self._edge(item, 0), self._edge(item, -1)
        return (
            bounds.zones[first] == bounds.zones[last] == bounds.zones[head]
            and first not in bounds.stuck
            and last not in bounds.knots
        )

    def _edge(self, item: int, side: int) -> int:
        """Return the first (0) or last (-1) token of what stands in a row."""
        while item >= 0 and self._rows[item]:
            item = self._rows[item][side]
        return item if item >= 0 else ~item

    def arrange(self, head: int, source: Sequence[Block], target: Sequence[Block]) -> None:
        """Put neighbouring blocks of a head into another order.

        Punctuation between two blocks stays between them where they are still neighbours; else a comma goes
        with the phrase that it belongs to, and anything else keeps its place in the row of blocks. Of two
        commas that come together one is dropped.
        """
        if len(source) < 2 or source == target:
            return
        row = self._rows[head]
        start, end = source[0].start, source[-1].end
        slots: Sequence[list[int]] = ()
        if self._was.has_commas or end - start > len(source):
            slots = self._slots(head, source, target)
            if self._takes(head, source, target, first=True, slots=slots):
                start -= 1
            if self._takes(head, source, target, first=False, slots=slots):
                end += 1
        new: list[int] = []
        for number, block in enumerate(target):
            new += row[block.start : block.end]
            if slots and slots[number]:
                new += self._without_repeats(slots[number])
        last = end == len(row)
        self._set(head, [*row[:start], *new, *row[end:]])
        if slots and last:
            self._let_out(head)

    def _set(self, head: int, row: list[int]) -> None:
        self._rows[head] = row
        self._changed.add(head)

    def _slots(self, head: int, source: Sequence[Block], target: Sequence[Block]) -> list[list[int]]:
        """Return the signs that come after each block of `target`, of those that stood between two of `source`."""
        row = self._rows[head]
        slots: list[list[int]] = [[] for _ in target]
        for number, (left, right) in enumerate(pairwise(source)):
            for sign in row[left.end : right.start]:
                slots[self._slot(head, sign, number, source, target)].append(sign)
        return slots

    def _takes(
        self,
        head: int,
        source: Sequence[Block],
        target: Sequence[Block],
        *,
        first: bool,
        slots: Sequence[list[int]],
    ) -> bool:
        """Put a comma outside of the blocks into its slot, if it belongs to the outermost and that goes away from it.

        Say whether it was in the same row; out of another one it is taken.
        """
        edge, block = (0, source[0]) if first else (-1, source[-1])
        if not self._was.has_commas or block == target[edge]:
            return False
        beside = self._beside(head, block.start, -1) if first else self._beside(head, block.end - 1, 1)
        if beside is None:
            return False
        other, place = beside
        row = self._rows[other]
        comma = row[place]
        if not self._is_comma(comma) or not self._owns(head, block, comma):
            return False
        if first:
            slots[target.index(block) - 1].append(comma)
        else:
            slots[target.index(block)].insert(0, comma)
        if other == head:
            return True
        self._above[comma] = head
        self._set(other, [*row[:place], *row[place + 1 :]])
        return False

    def _beside(self, head: int, place: int, step: int) -> tuple[int, int] | None:
        """Return the row, and the place in it, of what stands before (-1) or after (1) an item; None at the edge."""
        while not 0 <= place + step < len(self._rows[head]):
            if head == _TOP:
                return None
            above = self._above[head]
            head, place = above, self._rows[above].index(head)
        return head, place + step

    def _let_out(self, head: int) -> None:
        """Put commas that have come to stand at the end of a row into the row around it."""
        while head != _TOP:
            row, above = self._rows[head], self._above[head]
            size = len(row)
            while size and self._is_comma(row[size - 1]):
                size -= 1
            if size == len(row):
                return
            commas, around = row[size:], self._rows[above]
            place = around.index(head) + 1
            self._set(head, row[:size])
            self._set(above, [*around[:place], *commas, *around[place:]])
            for comma in commas:
                self._above[comma] = above
            head = above

    def _slot(
        self, head: int, sign: int, number: int, source: Sequence[Block], target: Sequence[Block]
    ) -> int:
        """Return after which block of `target` a sign goes that stood after block `number` of `source`."""
        pair = (source[number], source[number + 1])
        sides = ((pair[1], True), (pair[0], False))
        is_comma = self._is_comma(sign)
        owned = [side for side in sides if self._owns(head, side[0], sign)]
        if not is_comma or self._alike(*pair):
            owned = []
        together = [slot for slot, each in enumerate(pairwise(target)) if set(each) == set(pair)]
        if together and not owned:
            return together[0]
        if is_comma:
            for block, before in owned or [side for side in sides if self._is_adjunct(head, side[0])]:
                place = target.index(block) - before
                return min(max(place, 0), len(target) - (1 if self._goes_on(head, source[-1]) else 2))
        return number

    def _goes_on(self, head: int, last: Block) -> bool:
        """Say whether a word, a quotation mark or a bracket follows a block."""
        beside = self._beside(head, last.end - 1, 1)
        if beside is None:
            return False
        item = self._rows[beside[0]][beside[1]]
        return item < 0 or self._was.is_solid[item] or self.sentence.forms[item] in PAIRED

    def _is_comma(self, item: int) -> bool:
        return item >= 0 and not self._was.is_solid[item] and self.sentence.forms[item] in COMMAS

    def _alike(self, left: Block, right: Block) -> bool:
        """Say whether two blocks do the same work: the comma of *big, red house* stays between them."""
        tokens = self.sentence.tokens
        return tokens[left.top].relation == tokens[right.top].relation

    def _owns(self, head: int, block: Block, sign: int) -> bool:
        """Say whether the tree gives a sign to a block that is not the head's own."""
        heads, above = self.sentence.heads, self._above
        node = heads[sign]
        while node >= 0 and node != head and above[node] != head:
            node = heads[node]
        return block.top != head and node == block.top

    def _is_adjunct(self, head: int, block: Block) -> bool:
        return block.top != head and self.sentence.tokens[block.top].relation in _ADJUNCTS

    def _without_repeats(self, signs: Sequence[int]) -> Iterator[int]:
        """Yield the signs between two blocks, a second comma left out."""
        seen = False
        for sign in signs:
            if not self._is_comma(sign):
                yield sign
            elif not seen:
                seen = True
                yield sign


def tied(token: Token) -> bool:
    """Say whether a token begins with the conjunction of its clause (ar *wa-qala*), and so cannot be moved."""
    if len(token.words) < 2:
        return False
    first = token.words[0]
    return first.deprel.partition(":")[0] in ("cc", "mark") or first.form in ARABIC_AND


def mixed(token: Token, language: str) -> bool:
    """Say whether a token holds words of several phrases, as the segmenter of an unspaced script may leave it."""
    if len(token.words) < 2 or spaced(language):
        return False
    others = [word.deprel for word in token.words if word.deprel != token.deprel]
    return any(each.partition(":")[0] not in _ONE_WORD and each != "mark:prt" for each in others)
