"""The tokens of a sentence in an order that changes step by step, each phrase of its tree in one piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness_plugins.perturbations.constituents import COMMAS, PAIRED, quotation_zones

from harness import Sentence, Token


@dataclass(frozen=True, slots=True)
class Block:
    """A token with all that depends on it, or the head itself, as it lies in a `Line`.

    Attributes:
        top: index of the token; the head's own block holds the head alone.
        start: its first place.
        end: the place after its last; punctuation at its edges is left out, but for marks that open and close.
    """

    top: int
    start: int
    end: int


class Line:
    """The order of a sentence's tokens. What is rearranged are whole blocks; punctuation stays between them.

    Attributes:
        sentence: the sentence.
        order: its tokens' indices, left to right as they lie now.
    """

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        self.order = list(range(len(sentence)))
        self._place = list(range(len(sentence)))
        self._zones = quotation_zones(sentence)
        self._spare: set[int] = set()

    @property
    def kept(self) -> list[int]:
        """The order without the commas that have nothing left to set off."""
        return [index for index in self.order if index not in self._spare]

    def blocks(self, head: int) -> list[Block] | None:
        """Return the blocks of `head` and of its dependents, left to right.

        None where a phrase does not lie together, or where a quotation or bracket begins in one and ends in
        another.
        """
        owners = self._owners(head)
        places = sorted(self._place[index] for index in owners if solid(self.sentence.tokens[index]))
        runs: list[list[int]] = []
        for place in range(places[0], places[-1] + 1):
            index = self.order[place]
            if not solid(self.sentence.tokens[index]):
                continue
            if index not in owners:
                return None
            if runs and runs[-1][0] == owners[index]:
                runs[-1][2] = place + 1
            else:
                runs.append([owners[index], place, place + 1])
        tops = [top for top, _, _ in runs]
        if len(set(tops)) != len(tops):
            return None
        found = [self._widened(Block(*run), owners) for run in runs]
        return found if all(self._whole(block, head) for block in found) else None

    def _owners(self, head: int) -> dict[int, int]:
        owners = {head: head}
        for child in self.sentence.children(head):
            owners.update(dict.fromkeys(self.sentence.subtree(child), child))
        return owners

    def _widened(self, block: Block, owners: dict[int, int]) -> Block:
        """Take in the quotation marks and brackets around a block that the tree gives to it."""
        start, end = block.start, block.end
        while start > 0 and self._is_mark(start - 1) and owners.get(self.order[start - 1]) == block.top:
            start -= 1
        while (
            end < len(self.order) and self._is_mark(end) and owners.get(self.order[end]) == block.top
        ):
            end += 1
        return Block(block.top, start, end)

    def _is_mark(self, place: int) -> bool:
        return self.sentence.tokens[self.order[place]].text in PAIRED

    def _whole(self, block: Block, head: int) -> bool:
        edges = (self.order[block.start], self.order[block.end - 1], head)
        return len({self._zones[index] for index in edges}) == 1

    def arrange(self, source: Sequence[Block], target: Sequence[Block]) -> None:
        """Put neighbouring blocks into another order.

        Punctuation between two blocks stays between them where they are still neighbours; else a comma goes
        with the phrase that it belongs to, and anything else keeps its place in the row of blocks. Of two
        commas that come together, and of a pair around a phrase that has come to the edge, one is dropped.
        """
        if list(source) == list(target) or len(source) < 2:
            return
        start, end = source[0].start, source[-1].end
        gaps = [self.order[left.end : right.start] for left, right in zip(source, source[1:], strict=False)]
        slots: list[list[int]] = [[] for _ in gaps]
        for number, gap in enumerate(gaps):
            for mark in gap:
                slots[self._slot(mark, number, source, target)].append(mark)
        self._drop_edge_commas(source, target)
        new: list[int] = []
        for number, block in enumerate(target):
            new += self.order[block.start : block.end]
            if number < len(slots):
                new += self._without_repeats(slots[number])
        new += [mark for gap in gaps for mark in gap if mark in self._spare and mark not in new]
        self.order[start:end] = new
        for place in range(start, end):
            self._place[self.order[place]] = place

    def _slot(self, mark: int, number: int, source: Sequence[Block], target: Sequence[Block]) -> int:
        """Return after which block of `target` a sign goes that stood after block `number` of `source`."""
        pair = {source[number], source[number + 1]}
        for slot, neighbours in enumerate(zip(target, target[1:], strict=False)):
            if set(neighbours) == pair:
                return slot
        if self.sentence.tokens[mark].text in COMMAS:
            for block, before in ((source[number + 1], True), (source[number], False)):
                if mark in self.sentence.subtree(block.top) and len(self.sentence.subtree(block.top)) > 1:
                    place = list(target).index(block) - before
                    return min(max(place, 0), len(target) - 2)
        return number

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

    def _drop_edge_commas(self, source: Sequence[Block], target: Sequence[Block]) -> None:
        """Drop the comma that closed off, or opened, a phrase that no longer stands at this edge."""
        for edge, place in ((0, source[0].start - 1), (-1, source[-1].end)):
            block = source[edge]
            if block is target[edge] or not 0 <= place < len(self.order):
                continue
            mark = self.order[place]
            belongs = mark in self.sentence.subtree(block.top) and mark != block.top
            if belongs and self.sentence.tokens[mark].text in COMMAS and not self._is_head(block, source):
                self._spare.add(mark)

    def _is_head(self, block: Block, source: Sequence[Block]) -> bool:
        """Say whether the others depend on this block's token: what depends on it is not in its block."""
        return any(self.sentence.head(other.top) == block.top for other in source if other is not block)


def solid(token: Token) -> bool:
    """Say whether a token is part of a phrase: a word, or a sign that is read as one (%, $)."""
    return token.is_word or token.upos in ("SYM", "NUM")
