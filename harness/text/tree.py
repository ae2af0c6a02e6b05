"""The dependency tree of a sentence, column by column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.text.sentence import Token


class Tree:
    """What is known of a parsed sentence's tokens by their tree, each attribute with one item for a token.

    Laid out once, where a sentence is parsed: rules ask about every token many times.

    Attributes:
        are_words: whether it is a word, not a sign.
        upos: its part of speech.
        heads: the token that it depends on, -1 for the root.
        relations: its relation to that one, without subtype.
        feats: its morphological features.
        children: the tokens that depend on it, left to right.
        starts: the first token of its subtree.
        ends: the token behind the last one of its subtree.
        whole: whether all between the two belong to its subtree.
        contracted: the tokens, not one for each, that hold more than one syntactic word (de *im*: in, dem).
        upwards: all tokens, each after those that depend on it; without those that lie on a cycle, or below one.
    """

    # Slots: an attribute that is looked up in a class too, as a lazy one is, takes six times as long.
    __slots__ = (
        *("are_words", "upos", "heads", "relations", "feats", "children"),
        *("starts", "ends", "whole", "contracted", "upwards"),
    )
    are_words: Sequence[bool]
    upos: Sequence[str]
    heads: Sequence[int]
    relations: Sequence[str]
    feats: Sequence[Mapping[str, str]]
    children: Sequence[tuple[int, ...]]
    starts: Sequence[int]
    ends: Sequence[int]
    whole: Sequence[bool]
    contracted: Sequence[int]
    upwards: Sequence[int]

    def __init__(self, tokens: Sequence[Token]) -> None:
        columns = zip(*tokens, strict=True)
        _, _, _, self.are_words, self.upos, heads, _, self.feats, words, self.relations = columns
        self.heads: Sequence[int] = heads
        self.contracted = (
            () if max(map(len, words)) < 2 else [index for index, each in enumerate(words) if len(each) > 1]
        )
        size = len(heads)
        children: list[list[int]] = [[] for _ in heads]
        upwards: list[int] = []
        for index, head in enumerate(heads):
            (children[head] if head >= 0 else upwards).append(index)
        self.children = tuple(map(tuple, children))
        for index in upwards:
            upwards += self.children[index]
        upwards.reverse()
        self.upwards = upwards
        starts, lasts, counts = list(range(size)), list(range(size)), [1] * size
        for index in upwards:
            head = heads[index]
            if head >= 0:
                counts[head] += counts[index]
                if starts[index] < starts[head]:
                    starts[head] = starts[index]
                if lasts[index] > lasts[head]:
                    lasts[head] = lasts[index]
        self.starts, self.ends = starts, [last + 1 for last in lasts]
        self.whole = [
            end - start == count for start, end, count in zip(starts, self.ends, counts, strict=True)
        ]


class NoTree(Tree):
    """In place of the tree of a sentence that has none: says why as soon as it is asked for anything."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        raise ValueError(f"the sentence has no tree: {self.reason}")
