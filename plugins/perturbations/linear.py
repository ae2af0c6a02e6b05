"""The tokens of a sentence in an order that changes step by step, each phrase of its tree in one piece."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
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


class Block(NamedTuple):
    """A token with all that depends on it, or the head itself, as it lies in a `Line`.

    Attributes:
        top: index of the token; the head's own block holds the head alone.
        start: its first place.
        end: the place after its last; punctuation at its edges is left out, but for marks that open and close.
        whole: whether it can move: no quotation or bracket begins in it and ends elsewhere, or the reverse, and
            no token at its edges holds a word of another phrase.
    """

    top: int
    start: int
    end: int
    whole: bool = True


block_of: Callable[[tuple[Any, ...]], Block] = partial(tuple.__new__, Block)


class _Signs(NamedTuple):
    """What decides, token by token, where blocks begin and end.

    Attributes:
        is_solid: whether it is part of a phrase: a word, or a sign that is read as one.
        zones: in which quotation or brackets it stands.
        knots: the tokens that hold a word of another phrase.
        stuck: the same, and those that hold the conjunction of their clause: nothing can be cut off before them.
    """

    is_solid: Sequence[bool]
    zones: Sequence[int]
    knots: Collection[int]
    stuck: Collection[int]


class Line:
    """The order of a sentence's tokens. What is rearranged are whole blocks; punctuation stays between them.

    Attributes:
        sentence: the sentence.
        order: its tokens' indices, left to right as they lie now.
    """

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        self.order = list(range(len(sentence.tokens)))
        self._place = self.order.copy()
        self._spare: set[int] = set()
        self._rows: dict[int, list[Block]] = {}

    @property
    def kept(self) -> list[int]:
        """The order without the commas that have nothing left to set off."""
        spare = self._spare
        return [index for index in self.order if index not in spare] if spare else self.order

    @lazy
    def _signs(self) -> _Signs:
        tokens, language = self.sentence.tokens, self.sentence.language
        several = [n for n, token in enumerate(tokens) if len(token.words) > 1]
        knots = frozenset([n for n in several if mixed(tokens[n], language)])
        return _Signs(
            [token.is_word or token.upos in _SOLID for token in tokens],
            quotation_zones(self.sentence),
            knots,
            knots.union([n for n in several if tied(tokens[n])]),
        )

    def is_still(self, head: int) -> bool:
        """Say whether everything from the first to the last token of a phrase lies as it lay in the sentence."""
        start, end, _ = self.sentence.extent(head)
        return self.order[start:end] == list(range(start, end))

    def blocks(self, head: int) -> list[Block]:
        """Return the blocks of `head` and of its dependents, left to right; not to be changed.

        Of a phrase in pieces the one that holds its top is its block, and each other piece is one of its own;
        a word between them that does not depend on `head` is a block that cannot move.
        """
        found = self._rows.get(head)
        if found is None:
            found = self._rows[head] = self._row(head)
        return found

    def _row(self, head: int) -> list[Block]:
        order, place = self.order, self._place
        is_solid, zones, knots, stuck = self._signs
        owners = self._owners(head)
        row = []
        for start, end in self._runs(head, owners):
            top = owners[order[start]]
            if top is None or not (is_solid[top] and start <= place[top] < end):
                top = self._top(start, end)
            # With the quotation marks and brackets around it that the tree gives to it.
            while start > 0 and owners[order[start - 1]] == top and self._is_mark(start - 1):
                start -= 1
            while end < len(order) and owners[order[end]] == top and self._closes(end):
                end += 1
            first, last = order[start], order[end - 1]
            whole = (
                zones[first] == zones[last] == zones[head]
                and owners[first] is not None
                and first not in stuck
                and last not in knots
            )
            row.append(block_of((top, start, end, whole)))
        return row

    def _runs(self, head: int, owners: Sequence[int | None]) -> Iterable[tuple[int, int]]:
        """Return where the words of a phrase lie that have the same owner and no other's word between them."""
        order, place, is_solid = self.order, self._place, self._signs.is_solid
        places = [place[index] for index in self.sentence.subtree(head) if is_solid[index]]
        starts: list[int] = []
        ends: list[int] = []
        last = None
        for at in range(min(places), max(places) + 1):
            index = order[at]
            if is_solid[index]:
                owner = owners[index]
                if owner is None or owner != last:
                    starts.append(at)
                    ends.append(at + 1)
                    last = owner
                else:
                    ends[-1] = at + 1
        return zip(starts, ends, strict=True)

    def _owners(self, head: int) -> list[int | None]:
        """Return for each token which child of `head` it depends on, and for `head` itself; None of all others."""
        owners: list[int | None] = [None] * len(self.order)
        for child in self.sentence.children(head):
            start, end, whole = self.sentence.extent(child)
            if end - start == 1:
                owners[child] = child
            elif whole:
                owners[start:end] = [child] * (end - start)
            else:
                for index in self.sentence.subtree(child):
                    owners[index] = child
        owners[head] = head
        return owners

    def _top(self, start: int, end: int) -> int:
        """Return the first word of a run that depends on none of it."""
        inside = [index for index in self.order[start:end] if self._signs.is_solid[index]]
        return next(index for index in inside if self.sentence.head(index) not in inside)

    def _is_mark(self, place: int) -> bool:
        return self.sentence.tokens[self.order[place]].text in PAIRED

    def _closes(self, place: int) -> bool:
        """Say whether a sign may end a block: a closing mark, or the full stop of an abbreviation or ordinal."""
        full_stop = self.sentence.tokens[self.order[place]].text == "." and place + 1 < len(self.order)
        return full_stop or self._is_mark(place)

    def arrange(self, source: Sequence[Block], target: Sequence[Block]) -> None:
        """Put neighbouring blocks into another order.

        Punctuation between two blocks stays between them where they are still neighbours; else a comma goes
        with the phrase that it belongs to, and anything else keeps its place in the row of blocks. Of two
        commas that come together one is dropped.
        """
        if len(source) < 2 or list(source) == list(target):
            return
        order, place = self.order, self._place
        start, end = source[0].start, source[-1].end
        slots: list[list[int]] = [[] for _ in target]
        for number, (left, right) in enumerate(pairwise(source)):
            for mark in order[left.end : right.start]:
                slots[self._slot(mark, number, source, target)].append(mark)
        if self._leads(source, target, start - 1):
            start -= 1
            slots[list(target).index(source[0]) - 1].append(order[start])
        if self._leads(source, target, end):
            slots[list(target).index(source[-1])].insert(0, order[end])
            end += 1
        new: list[int] = []
        for block, marks in zip(target, slots, strict=True):
            new += order[block.start : block.end]
            if marks:
                new += self._without_repeats(marks)
        if len(new) < end - start:
            new += sorted(set(order[start:end]).difference(new))
        self._rows.clear()
        order[start:end] = new
        for at, index in enumerate(new, start):
            place[index] = at

    def _leads(self, source: Sequence[Block], target: Sequence[Block], place: int) -> bool:
        """Say whether a comma outside of the blocks belongs to the outermost, which goes away from it."""
        if not 0 <= place < len(self.order):
            return False
        mark = self.order[place]
        if self.sentence.tokens[mark].text not in COMMAS:
            return False
        edge = 0 if place < source[0].start else -1
        return source[edge] != target[edge] and self._owns(source[edge], mark, source)

    def _slot(self, mark: int, number: int, source: Sequence[Block], target: Sequence[Block]) -> int:
        """Return after which block of `target` a sign goes that stood after block `number` of `source`."""
        pair = (source[number], source[number + 1])
        sides = ((pair[1], True), (pair[0], False))
        owned = [side for side in sides if self._owns(side[0], mark, source)]
        if self.sentence.tokens[mark].text not in COMMAS or self._alike(*pair):
            owned = []
        together = [slot for slot, each in enumerate(pairwise(target)) if set(each) == set(pair)]
        if together and not owned:
            return together[0]
        if self.sentence.tokens[mark].text in COMMAS:
            for block, before in owned or [side for side in sides if self._is_adjunct(side[0], source)]:
                place = list(target).index(block) - before
                end = source[-1].end
                inside = end < len(self.order) and (
                    self._signs.is_solid[self.order[end]] or self._is_mark(end)
                )
                return min(max(place, 0), len(target) - (1 if inside else 2))
        return number

    def _alike(self, left: Block, right: Block) -> bool:
        """Say whether two blocks do the same work: the comma of *big, red house* stays between them."""
        tokens = self.sentence.tokens
        return tokens[left.top].relation == tokens[right.top].relation

    def _owns(self, block: Block, mark: int, source: Sequence[Block]) -> bool:
        return not self._is_head(block, source) and mark in self.sentence.subtree(block.top)

    def _is_adjunct(self, block: Block, source: Sequence[Block]) -> bool:
        relation = self.sentence.tokens[block.top].relation
        return relation in _ADJUNCTS and not self._is_head(block, source)

    def _without_repeats(self, gap: list[int]) -> list[int]:
        """Return the signs between two blocks, a second comma left out."""
        kept: list[int] = []
        for mark in gap:
            if self.sentence.tokens[mark].text in COMMAS and any(
                self.sentence.tokens[other].text in COMMAS for other in kept
            ):
                self._spare.add(mark)
            else:
                kept.append(mark)
        return kept

    def _is_head(self, block: Block, source: Sequence[Block]) -> bool:
        """Say whether the others depend on this block's token: what depends on it is not in its block."""
        return any(self.sentence.head(other.top) == block.top for other in source if other is not block)


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
