"""Sentence: one sentence, its surface tokens and, when parsed, its dependency tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate, compress
from types import MappingProxyType
from typing import Any, NamedTuple

from harness.text import tokens as tokenization
from harness.text import writing
from harness.text.lazy import lazy
from harness.text.tree import NoTree, Tree

NO_FEATURES: Mapping[str, str] = MappingProxyType({})


class Word(NamedTuple):
    """A syntactic word of Universal Dependencies: a part of a surface token (de *im*: in, dem)."""

    form: str
    lemma: str
    upos: str
    deprel: str
    feats: Mapping[str, str] = NO_FEATURES


class Token(NamedTuple):
    """A surface token: what moves as one piece.

    Attributes:
        start: offset of its first character in the sentence's text.
        end: offset after its last character.
        text: the characters between.
        is_word: whether it holds a letter or digit; else it is punctuation or a symbol.
        upos: universal part of speech, None when not parsed.
        head: index of the token it depends on, -1 for the root, None when not parsed.
        deprel: relation to the head, subtype included (``acl:relcl``), None when not parsed.
        relation: the same without its subtype (``acl``), empty when not parsed.
        feats: morphological features (``{"Case": "Nom"}``).
        words: the syntactic words in it, in order; upos, head, deprel and feats are those of the one
            nearest to the root, so that a contraction hangs where its highest word does and the tree over
            surface tokens has no cycle.
    """

    start: int
    end: int
    text: str
    is_word: bool
    upos: str | None = None
    head: int | None = None
    deprel: str | None = None
    feats: Mapping[str, str] = NO_FEATURES
    words: tuple[Word, ...] = ()
    relation: str = ""


# Make them of a tuple of all their fields, a fourth of the time that their own constructors take.
word_of: Callable[[tuple[Any, ...]], Word] = partial(tuple.__new__, Word)
token_of: Callable[[tuple[Any, ...]], Token] = partial(tuple.__new__, Token)


@dataclass(frozen=True)
class Sentence:
    """One sentence of a text.

    Attributes:
        text: its characters.
        language: code of its language.
        tokens: its surface tokens; between them lies only whitespace.
        offset: where it begins in the text it was cut from.
        unparsed: why it has no tree; None when it has one.
        listed: whether its words were given apart, so that no blank between them is part of the text.
        tree: its tree; of a sentence without one it raises ValueError for whatever is asked of it.
        found: room for what a perturbation works out once for the sentence, by a name of its own.
    """

    text: str
    language: str
    tokens: tuple[Token, ...]
    offset: int = 0
    unparsed: str | None = "no parse was given"
    listed: bool = False
    tree: Tree = field(init=False, repr=False, compare=False)
    found: dict[str, Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.unparsed is None:
            tree = Tree(self.tokens)
            self.__dict__.update(tree=tree, found={}, are_words=tree.are_words)
        else:
            self.__dict__.update(tree=NoTree(self.unparsed), found={})

    @classmethod
    def plain(
        cls, text: str, language: str, offset: int = 0, unparsed: str = "no parse was given"
    ) -> Sentence:
        """Return `text` as one sentence without a tree."""
        made = object.__new__(_Plain)
        made.__dict__.update(text=text, language=language, offset=offset, unparsed=unparsed, found={})
        return made

    @classmethod
    def pretokenised(cls, words: Sequence[str], language: str) -> Sentence:
        """Return words that are given apart as one sentence, with these tokens and no other.

        Where the language writes blanks they are joined by one; words without a character stand at their place
        as tokens of no length.
        """
        between = " " if writing.spaced(language) else ""
        found, position = [], 0
        for word in words:
            found.append(Token(position, position + len(word), word, tokenization.is_word(word)))
            position += len(word) + len(between)
        return cls(between.join(words), language, tuple(found), listed=True)

    def __len__(self) -> int:
        return len(self.forms)

    @lazy
    def parts(self) -> Sequence[str]:
        """The tokens' texts and between them the `gaps`, left to right: a gap is first and last."""
        if "tokens" not in self.__dict__:
            return tokenization.cut(self.text, self.language)
        text, position = self.text, 0
        found: list[str] = []
        for start, end in self.spans:
            found += (text[position:start], text[start:end])
            position = end
        return [*found, text[position:]]

    @lazy
    def spans(self) -> Sequence[tuple[int, int]]:
        """Where each token begins and ends."""
        if "tokens" in self.__dict__:
            return [(token.start, token.end) for token in self.tokens]
        ends = [0, *accumulate(map(len, self.parts))]
        return list(zip(ends[1:-1:2], ends[2::2], strict=True))

    @lazy
    def forms(self) -> Sequence[str]:
        """The text of each token."""
        if "tokens" in self.__dict__:
            return [token.text for token in self.tokens]
        return self.parts[1::2]

    @property
    def parsed(self) -> bool:
        """Whether its tokens form a dependency tree."""
        return self.unparsed is None

    @lazy
    def words(self) -> tuple[int, ...]:
        """Indices of the tokens that are words."""
        if "tokens" in self.__dict__:
            return tuple(compress(range(len(self.tokens)), self.are_words))
        is_word = tokenization.is_word
        return tuple([index for index, form in enumerate(self.forms) if is_word(form)])

    @lazy
    def gaps(self) -> tuple[str, ...]:
        """What stands before the first token, between two tokens, and after the last: len + 1 strings."""
        if "tokens" not in self.__dict__:
            return tuple(self.parts[::2])
        text, position = self.text, 0
        found = []
        for token in self.tokens:
            found.append(text[position : token.start])
            position = token.end
        return (*found, text[position:])

    @lazy
    def script(self) -> str | None:
        """Script of most letters (Unicode's name: Latin, Han), None without letters."""
        return writing.script(self.text)

    @lazy
    def are_words(self) -> Sequence[bool]:
        """Of each token whether it is a word."""
        return [token.is_word for token in self.tokens]

    def head(self, index: int) -> int:
        """Return the token that `index` depends on, -1 for the root; ValueError when not parsed."""
        return self.tree.heads[index]

    def children(self, index: int) -> tuple[int, ...]:
        """Return the tokens that depend on `index`, left to right; ValueError when not parsed."""
        return self.tree.children[index]

    def extent(self, index: int) -> tuple[int, int, bool]:
        """Return the first token of a subtree, the one after its last, and whether all between belong to it.

        ValueError when not parsed.
        """
        tree = self.tree
        return tree.starts[index], tree.ends[index], tree.whole[index]

    def subtree(self, index: int) -> tuple[int, ...]:
        """Return `index` and all that depends on it, left to right; ValueError when not parsed."""
        start, end, whole = self.extent(index)
        if whole:
            return tuple(range(start, end))
        found = [index]
        for each in found:
            found += self.tree.children[each]
        return tuple(sorted(found))


class _Plain(Sentence):
    """A sentence that is not parsed: its tokens are made when they are asked for.

    A class of its own, because one that is asked for what is not there answers everything else slower.
    """

    @lazy
    def tokens(self) -> tuple[Token, ...]:
        is_word = tokenization.is_word
        return tuple(
            [
                Token(start, end, form, is_word(form))
                for (start, end), form in zip(self.spans, self.forms, strict=True)
            ]
        )

    @lazy
    def tree(self) -> Tree:
        return NoTree(self.unparsed or "")
