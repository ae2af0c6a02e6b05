"""A parsed sentence as rows, one for each phrase: what stands in it, left to right."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from harness_plugins.perturbations.constituents import COMMAS, PAIRED, quotation_zones

from harness import Sentence, Token
from harness.text.lazy import lazy
from harness.text.writing import spaced

# Signs that are read as words (%, $) and so are part of a phrase, as words are.
_SOLID = frozenset({"SYM", "NUM"})
# Arabic *wa-* and *fa-*, whatever a treebank calls them.
ARABIC_AND = frozenset({"و", "ف"})
_ONE_WORD = frozenset(
    {"compound", "flat", "fixed", "goeswith", "clf", "nummod", "amod", "nmod", "det", "punct"}
)
TOP = -1  # the row that holds the whole sentence


class Rows:
    """A sentence as rows, as it was written.

    The row of a token holds, left to right, the tokens that depend on it, each standing for all that depends on it in
    its turn; the token itself, for itself alone; and the signs between them. A phrase in pieces has the piece that
    holds its head; each other piece hangs on the nearest head above where it breaks nothing. A sign lies in the row
    of the phrases that it stands between; a quotation mark or bracket that the tree gives to one of them, at that
    one's edge.

    Attributes:
        sentence: the sentence.
        signs: the tokens that are part of no phrase: neither words nor read as one.
        above: of each token in whose row it lies.
        rows: the rows of tokens that others depend on, and of `TOP`, which holds the sentence.
        with_commas: the tokens that a comma depends on, and all above them.
    """

    def __init__(self, sentence: Sentence) -> None:
        tree = sentence.tree
        self.sentence = sentence
        self.above = list(tree.heads)
        signs = self._found_signs()
        self.signs = frozenset(signs)
        if False in tree.whole:
            self._lift()
        self.with_commas = self._with_commas(signs)
        self._place_signs(signs)
        self.rows: dict[int, list[int]] = {head: [] for head in {TOP, *self.above}}
        rows = self.rows
        for index, head in enumerate(self.above):
            if index in rows:
                rows[index].append(index)
            rows[head].append(index)

    def _found_signs(self) -> list[int]:
        """Return the tokens that are no part of a phrase; what words depend on (the per cent of *3 %*) is one."""
        tree = self.sentence.tree
        children, upos = tree.children, tree.upos
        signs = [index for index, word in enumerate(tree.are_words) if not word and upos[index] not in _SOLID]
        if not any(map(children.__getitem__, signs)):
            return signs
        found = set(signs)
        for index in tree.upwards:
            if index in found and not found.issuperset(children[index]):
                found.remove(index)
        return sorted(found)

    def _with_commas(self, signs: Sequence[int]) -> set[int]:
        found: set[int] = set()
        forms, heads = self.sentence.forms, self.sentence.tree.heads
        for sign in signs:
            if forms[sign] in COMMAS:
                head = heads[sign]
                while head >= 0 and head not in found:
                    found.add(head)
                    head = heads[head]
        return found

    def _lift(self) -> None:
        """Hang what is apart from its head on a head above, shortest dependencies first, until nothing crosses."""
        above, solids = self.above, [index for index in range(len(self.above)) if index not in self.signs]
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

    def _place_signs(self, signs: Sequence[int]) -> None:
        """Put signs, which so far lie where the tree has them, into the row of what they stand between."""
        first = 0
        for last, sign in enumerate(signs):
            if last + 1 == len(signs) or signs[last + 1] != sign + 1:
                self._place(signs[first], sign + 1)
                first = last + 1

    def _place(self, start: int, end: int) -> None:
        above = self.above
        size = len(above)
        if end == size and not self._closes(start):
            above[start:] = [TOP] * (end - start)
            return
        left = _chain(above, start - 1) if start else []
        right = _chain(above, end) if end < size else []
        inside = set(left)
        between = next((node for node in right if node in inside), TOP)
        if end - start == 1 and not self._closes(start):
            above[start] = between
            return
        if between != TOP:
            left, right = left[: left.index(between)], right[: right.index(between)]
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
        heads = self.sentence.tree.heads
        node = heads[sign]
        while node >= 0 and node not in chain:
            node = heads[node]
        return max(chain.index(node), least) if node >= 0 else len(chain)

    def _is_mark(self, index: int) -> bool:
        return self.sentence.forms[index] in PAIRED

    def _closes(self, index: int) -> bool:
        """Say whether a sign may end a phrase: a closing mark, or the full stop of an abbreviation or ordinal."""
        form = self.sentence.forms[index]
        return form in PAIRED or (form == "." and index + 1 < len(self.above))

    @lazy
    def bounds(self) -> Bounds | None:
        """What keeps phrases from moving; None where nothing does."""
        sentence = self.sentence
        knots: Collection[int] = ()
        stuck: Collection[int] = ()
        contracted = sentence.tree.contracted
        if contracted:
            several = [(index, sentence.tokens[index]) for index in contracted]
            knots = frozenset([index for index, token in several if mixed(token, sentence.language)])
            stuck = knots.union([index for index, token in several if tied(token)])
        zones = quotation_zones(sentence)
        return Bounds(zones, knots, stuck) if stuck or any(zones) else None


class Bounds(NamedTuple):
    """What decides, token by token, whether phrases can move.

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
