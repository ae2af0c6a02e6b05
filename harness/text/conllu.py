"""CoNLL-U laid over the text it was made from, character by character."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import accumulate
from sys import intern
from types import MappingProxyType

import regex

from harness.text import tokens as tokenization
from harness.text.sentence import NO_FEATURES, Sentence, Token, Word, token_of, word_of
from harness.text.writing import spaced

_BLANK = regex.compile(r"[\s\p{Cc}\p{Cf}]*")
# How far a form may lie to the right of where it is looked for (a parser may drop a stray sign).
_REACH = 20
_STICKY = frozenset(",;،؛，；、۔।？！。")
_FINAL = frozenset(".!?؟…")


class MisfitError(Exception):
    """The trees and the text do not fit together."""


@dataclass(slots=True)
class _Words:
    """The words of one sentence and their tree.

    Attributes:
        forms: its surface units: a range line (1-2), or a single word.
        members: for each of them the words in it.
        words: its words.
        heads: for each of them the word it depends on, -1 for the root.
    """

    forms: list[str]
    members: list[Sequence[int]]
    words: list[Word]
    heads: list[int]


def sentences(text: str, language: str, conllu: str) -> list[Sentence] | str:
    """Return the sentences of `text` with the trees of `conllu`, or why the two do not fit.

    Forms are searched from the left and may differ from the text in whitespace, case and Unicode
    normalisation. Where words and surface tokens cut the text differently (fr *j'* + *ai*, vi *phân tích*)
    the smallest common cover is the token, so that a contraction or a clitic always stays whole.
    """
    try:
        trees = list(_read(conllu))
        if not trees:
            return "the parse holds no words"
        if len(trees) == 1 and (made := _as_cut(text, language, trees[0])) is not None:
            return [made]
        places = _align(text, trees)
        return list(_build(text, language, trees, places))
    except MisfitError as misfit:
        return str(misfit)


def _read(conllu: str) -> Iterator[_Words]:
    for block in conllu.split("\n\n"):
        if not block:
            continue
        tree = _at_once(block)
        if tree is not None:
            yield _checked(tree)
            continue
        lines: list[str] = []
        for line in block.split("\n"):
            if not line or line.isspace():
                yield from _line_by_line(lines)
                lines = []
            elif line[0] != "#":
                lines.append(line)
        yield from _line_by_line(lines)


def _at_once(block: str) -> _Words | None:
    """Return the tree of a block as it should be: comments, then lines of ten columns; None where it is not so."""
    block, start = block.strip("\n"), 0
    while block.startswith("#", start):
        start = block.find("\n", start) + 1 or len(block)
    cells = block[start:].replace("\n", "\t").split("\t")
    if len(cells) % 10:
        return None
    names, forms, lemmas, upos, feats, heads, deprels = (
        cells[number::10] for number in (0, 1, 2, 3, 5, 6, 7)
    )
    members, units = _singles(len(names)), forms
    if names != _names(len(names)):
        rows = [row for row, name in enumerate(names) if name.isdecimal()]
        if [names[row] for row in rows] != _names(len(rows)):
            return None
        found = _units(names)
        if not rows or found is None:
            return None
        members, units = [words for _, words in found], [forms[row] for row, _ in found]
        forms, lemmas, upos, feats, heads, deprels = (
            [column[row] for row in rows] for column in (forms, lemmas, upos, feats, heads, deprels)
        )
    try:
        above = [max(int(head) - 1, -1) for head in heads]
    except ValueError:
        return None
    columns = (forms, lemmas, map(intern, upos), map(intern, deprels), map(_features, feats))
    words = list(map(word_of, zip(*columns, strict=True)))
    return _Words(units, members, words, above)


def _units(names: list[str]) -> list[tuple[int, Sequence[int]]] | None:
    """Return the row of each surface unit, with the words in it; None where a name is none."""
    found: list[tuple[int, Sequence[int]]] = []
    covered = 0
    for row, name in enumerate(names):
        if name.isdecimal():
            number = int(name)
            if number > covered:
                found.append((row, (number - 1,)))
            continue
        first, dash, last = name.partition("-")
        if dash and first.isdecimal() and last.isdecimal():
            covered = int(last)
            found.append((row, range(int(first) - 1, covered)))
        elif "." not in name or dash:
            return None
    return found


@lru_cache(maxsize=1024)
def _names(count: int) -> list[str]:
    return [str(number) for number in range(1, count + 1)]


@lru_cache(maxsize=1024)
def _singles(count: int) -> list[Sequence[int]]:
    return [(number,) for number in range(count)]


def _line_by_line(lines: list[str]) -> Iterator[_Words]:
    tree = _Words([], [], [], [])
    covered = 0
    for line in lines:
        columns = line.rstrip("\r").split("\t")
        if len(columns) < 8:
            raise MisfitError(f"not a line of CoNLL-U: {line[:60]!r}")
        name = columns[0]
        try:
            if "-" in name:
                first, last = map(int, name.split("-"))
                tree.forms.append(columns[1])
                tree.members.append(range(first - 1, last))
                covered = last
            elif "." not in name:
                number, head = int(name), int(columns[6])
                if number != len(tree.words) + 1:
                    raise MisfitError(f"words are not numbered from 1 on: {line[:60]!r}")
                if number > covered:
                    tree.forms.append(columns[1])
                    tree.members.append((number - 1,))
                tree.words.append(Word(columns[1], columns[2], columns[3], columns[7], _features(columns[5])))
                tree.heads.append(max(head - 1, -1))
        except ValueError:
            raise MisfitError(f"not a line of CoNLL-U: {line[:60]!r}") from None
    if tree.words:
        yield _checked(tree)


def _checked(tree: _Words) -> _Words:
    size = len(tree.words)
    named = tree.members is not _singles(size)
    if max(tree.heads) >= size or (named and any(not words or words[-1] >= size for words in tree.members)):
        raise MisfitError("the parse names a word that it does not hold")
    return tree


@lru_cache(maxsize=4096)
def _features(column: str) -> Mapping[str, str]:
    pairs = (pair.partition("=") for pair in column.split("|") if "=" in pair)
    return MappingProxyType({name: value for name, _, value in pairs}) or NO_FEATURES


def _as_cut(text: str, language: str, tree: _Words) -> Sentence | None:
    """Return a text of one sentence where its words are the text's tokens, blanks between them; None elsewhere."""
    if not spaced(language):
        return None
    parts = tokenization.cut(text, language)
    if parts[0] or parts[-1] or parts[1::2] != tree.forms:
        return None
    ends = [0, *accumulate(map(len, parts))]
    places = list(zip(ends[1:-1:2], ends[2::2], strict=True))
    if len(tree.words) == len(places):
        tokens = _one_each(parts[1::2], tree, places)
    else:
        tokens = _tokens(text, tree, places, places)
        parts[1::2] = [token.text for token in tokens]
    made = _parsed(text, language, tokens, 0)
    # What it would work out again, of the same strings as the tokens' own: their hashes are known.
    made.__dict__.update(parts=parts, forms=parts[1::2], gaps=tuple(parts[::2]))
    return made


def _parsed(text: str, language: str, tokens: tuple[Token, ...], offset: int) -> Sentence:
    """Return a sentence with its tree."""
    made = Sentence(text, language, tokens, offset, None)
    if len(made.tree.upwards) != len(tokens):
        raise MisfitError("the parse's tree has a cycle")
    return made


def _align(text: str, trees: list[_Words]) -> list[list[tuple[int, int]]]:
    """Return the (start, end) of each unit of each tree in `text`."""
    position = 0
    places = []
    for tree in trees:
        row = []
        for form in tree.forms:
            start = position
            if not text.startswith(form, start):
                start += 1
                if text[position:start] != " " or not text.startswith(form, start):
                    start, position = _find(text, form, position)
                    row.append((start, position))
                    continue
            position = start + len(form)
            row.append((start, position))
        places.append(row)
    return places


def _find(text: str, form: str, position: int) -> tuple[int, int]:
    if not text.startswith(form, position):
        blank = _BLANK.match(text, position)
        position = blank.end() if blank else position
    if text.startswith(form, position):
        return position, position + len(form)
    found = text.find(form, position, position + _REACH + len(form))
    if found >= 0:
        return found, found + len(form)
    loose = _loose(form)
    for start in range(position, min(position + _REACH, len(text))):
        for end in range(start + 1, min(start + 2 * len(form) + 3, len(text)) + 1):
            if _loose(text[start:end]) == loose and text[end : end + 1] not in _MARKS:
                return start, end
    raise MisfitError(f"the parse's word {form!r} is not in the text after character {position}")


_MARKS = frozenset({chr(code) for code in range(0x300, 0x370)})


@lru_cache(maxsize=4096)
def _loose(form: str) -> str:
    return regex.sub(r"[\s\p{Cc}\p{Cf}]+", "", unicodedata.normalize("NFKC", form).casefold())


def _build(
    text: str, language: str, trees: list[_Words], places: list[list[tuple[int, int]]]
) -> Iterator[Sentence]:
    begins = [row[0][0] for row in places]
    begins[0] = 0
    for tree, row, start, stop in zip(trees, places, begins, [*begins[1:], len(text)], strict=True):
        stretch = text[start:stop]
        left = len(stretch) - len(stretch.lstrip())
        stretch = stretch.strip()
        offset = start + left
        if offset or row[0][0] < 0:
            row = [(max(begin - offset, 0), end - offset) for begin, end in row]
        units = tokenization.indivisible(stretch, language)
        yield _parsed(stretch, language, _tokens(stretch, tree, units, row), offset)


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave out commas and final stops that a parser has taken for part of a word."""
    while end - start > 1 and text[start] in _STICKY:
        start += 1
    while end - start > 1 and (text[end - 1] in _STICKY or (end == len(text) and text[end - 1] in _FINAL)):
        end -= 1
    return start, end


def _tokens(
    text: str, tree: _Words, units: list[tuple[int, int]], places: list[tuple[int, int]]
) -> tuple[Token, ...]:
    if units != places:
        known = set(units)
        places = [place if place in known else _bare(text, *place) for place in places]
    members = tree.members
    if units == places:
        if len(tree.words) == len(units):
            return _one_each([text[start:end] for start, end in places], tree, places)
        groups = [(start, end, words) for (start, end), words in zip(places, members, strict=True)]
    else:
        groups = [
            (start, end, [word for unit in found for word in members[unit]])
            for start, end, found in _cover(units, places)
        ]
    owner = [0] * len(tree.words)
    for index, (_, _, found) in enumerate(groups):
        for word in found:
            owner[word] = index
    return tuple(_grouped(text, tree, groups, owner))


def _one_each(forms: Sequence[str], tree: _Words, places: list[tuple[int, int]]) -> tuple[Token, ...]:
    """Return the tokens of a sentence each token of which is one word."""
    starts, ends = zip(*places, strict=True)
    _, _, upos, deprels, feats = zip(*tree.words, strict=True)
    are_words, relations = map(tokenization.is_word, forms), map(_relation, deprels)
    columns = (starts, ends, forms, are_words, upos, tree.heads, deprels, feats, zip(tree.words), relations)
    return tuple(map(token_of, zip(*columns, strict=True)))


@lru_cache(maxsize=1024)
def _relation(deprel: str) -> str:
    return deprel.partition(":")[0]


def _grouped(
    text: str, tree: _Words, groups: Sequence[tuple[int, int, Sequence[int]]], owner: Sequence[int]
) -> Iterator[Token]:
    every, heads = tree.words, tree.heads
    neighbour = next(index for index, (_, _, found) in enumerate(groups) if found)
    for index, (start, end, members) in enumerate(groups):
        form = text[start:end]
        is_word = tokenization.is_word(form)
        if members:
            top = members[0] if len(members) == 1 else min(members, key=partial(_depth, heads))
            words = tuple([every[member] for member in members])
            (_, _, upos, deprel, feats), above = every[top], heads[top]
            head = owner[above] if above >= 0 else -1
            yield token_of((start, end, form, is_word, upos, head, deprel, feats, words, _relation(deprel)))
            neighbour = index
        else:
            # A sign that the parser dropped hangs on its neighbour.
            relation = "dep" if is_word else "punct"
            yield Token(start, end, form, is_word, "X", neighbour, relation, relation=relation)


def _cover(units: list[tuple[int, int]], words: list[tuple[int, int]]) -> list[tuple[int, int, list[int]]]:
    """Return the smallest stretches that cut neither a unit nor a word, with the words in each."""
    groups: list[tuple[int, int, list[int]]] = []
    i = j = 0
    while i < len(units) or j < len(words):
        if i < len(units) and j < len(words) and units[i] == words[j]:
            groups.append((*units[i], [j]))
            i, j = i + 1, j + 1
            continue
        take_unit = j == len(words) or (i < len(units) and units[i][0] <= words[j][0])
        start, end = units[i] if take_unit else words[j]
        members = []
        while True:
            if i < len(units) and (units[i][0] < end or units[i][0] == start):
                end = max(end, units[i][1])
                i += 1
            elif j < len(words) and (words[j][0] < end or words[j][0] == start):
                end = max(end, words[j][1])
                members.append(j)
                j += 1
            else:
                break
        groups.append((start, end, members))
    return groups


def _depth(heads: Sequence[int], node: int) -> int:
    """Return how many words lie above a word; MisfitError where there is no end of them."""
    depth = -1
    while node >= 0:
        node, depth = heads[node], depth + 1
        if depth > len(heads):
            raise MisfitError("the parse's tree has a cycle")
    return depth
