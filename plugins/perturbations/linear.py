"""The tokens of a sentence in an order that changes step by step, each phrase of its tree in one piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness_plugins.perturbations.constituents import COMMAS, PAIRED, quotation_zones

from harness import Sentence, Token
from harness.text.writing import spaced

# What a comma beside it sets off.
_ADJUNCTS = frozenset({"acl", "advcl", "advmod", "appos", "discourse", "obl", "parataxis", "vocative"})

# Arabic *wa-* and *fa-*, whatever a treebank calls them.
ARABIC_AND = frozenset({"و", "ف"})
_ONE_WORD = frozenset(
    {"compound", "flat", "fixed", "goeswith", "clf", "nummod", "amod", "nmod", "det", "punct"}
)


@dataclass(frozen=True, slots=True)
class Block:
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

    def blocks(self, head: int) -> list[Block]:
        """Return the blocks of `head` and of its dependents, left to right.

        Of a phrase in pieces the one that holds its top is its block, and each other piece is one of its own;
        a word between them that does not depend on `head` is a block that cannot move.
        """
        owners = self._owners(head)
        places = sorted(self._place[index] for index in owners if solid(self.sentence.tokens[index]))
        runs: list[tuple[int | None, list[int]]] = []
        for place in range(places[0], places[-1] + 1):
            index = self.order[place]
            if solid(self.sentence.tokens[index]):
                owner = owners.get(index)
                if not runs or owner is None or runs[-1][0] != owner:
                    runs.append((owner, []))
                runs[-1][1].append(place)
        return [
            self._widened(head, self._top(owner, run), run[0], run[-1] + 1, owners) for owner, run in runs
        ]

    def _top(self, owner: int | None, places: Sequence[int]) -> int:
        inside = [self.order[place] for place in places]
        if owner in inside:
            return owner
        return next(index for index in inside if self.sentence.head(index) not in inside)

    def _owners(self, head: int) -> dict[int, int]:
        owners = {head: head}
        for child in self.sentence.children(head):
            owners.update(dict.fromkeys(self.sentence.subtree(child), child))
        return owners

    def _widened(self, head: int, top: int, start: int, end: int, owners: dict[int, int]) -> Block:
        """Return a block with the quotation marks and brackets around it that the tree gives to it."""
        while start > 0 and self._is_mark(start - 1) and owners.get(self.order[start - 1]) == top:
            start -= 1
        while end < len(self.order) and self._closes(end) and owners.get(self.order[end]) == top:
            end += 1
        edges = (self.order[start], self.order[end - 1], head)
        tokens = self.sentence.tokens
        loose = (
            self.order[start] in owners
            and not tied(tokens[self.order[start]])
            and not any(mixed(tokens[index], self.sentence.language) for index in edges[:2])
        )
        return Block(top, start, end, loose and len({self._zones[index] for index in edges}) == 1)

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
        if list(source) == list(target) or len(source) < 2:
            return
        start, end = source[0].start, source[-1].end
        gaps = [self.order[left.end : right.start] for left, right in pairwise(source)]
        slots: list[list[int]] = [[] for _ in target]
        for number, gap in enumerate(gaps):
            for mark in gap:
                slots[self._slot(mark, number, source, target)].append(mark)
        if self._leads(source, target, start - 1):
            start -= 1
            slots[list(target).index(source[0]) - 1].append(self.order[start])
        if self._leads(source, target, end):
            slots[list(target).index(source[-1])].insert(0, self.order[end])
            end += 1
        new: list[int] = []
        for number, block in enumerate(target):
            new += self.order[block.start : block.end]
            new += self._without_repeats(slots[number])
        new += sorted(set(self.order[start:end]).difference(new))
        self.order[start:end] = new
        for place in range(start, end):
            self._place[self.order[place]] = place

    def _leads(self, source: Sequence[Block], target: Sequence[Block], place: int) -> bool:
        """Say whether a comma outside of the blocks belongs to the outermost, which goes away from it."""
        edge = 0 if place < source[0].start else -1
        block = source[edge]
        if block == target[edge] or not 0 <= place < len(self.order):
            return False
        mark = self.order[place]
        return self.sentence.tokens[mark].text in COMMAS and self._owns(block, mark, source)

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
                    solid(self.sentence.tokens[self.order[end]]) or self._is_mark(end)
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


def solid(token: Token) -> bool:
    """Say whether a token is part of a phrase: a word, or a sign that is read as one (%, $)."""
    return token.is_word or token.upos in ("SYM", "NUM")


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
