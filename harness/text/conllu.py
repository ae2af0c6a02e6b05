"""CoNLL-U laid over the text it was made from, character by character."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import regex

from harness.text import tokens as tokenization
from harness.text.sentence import NO_FEATURES, Sentence, Token, Word

_BLANK = regex.compile(r"[\s\p{Cc}\p{Cf}]*")
# How far a form may lie to the right of where it is looked for (a parser may drop a stray sign).
_REACH = 20
_STICKY = frozenset(",;،؛，；、۔।？！。")
_FINAL = frozenset(".!?؟…")


class MisfitError(Exception):
    """The trees and the text do not fit together."""


@dataclass(slots=True)
class _Unit:
    """A surface unit of CoNLL-U: a range line (1-2) with its words, or a single word."""

    form: str
    words: list[int]


@dataclass(slots=True)
class _Tree:
    units: list[_Unit]
    words: list[Word]
    heads: list[int]  # index into words, -1 for the root


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
        places = _align(text, trees)
        return list(_build(text, language, trees, places))
    except MisfitError as misfit:
        return str(misfit)


def _read(conllu: str) -> Iterator[_Tree]:
    tree = _Tree([], [], [])
    covered = 0
    for line in conllu.split("\n"):
        if not line or line.isspace():
            if tree.words:
                yield _checked(tree)
            tree, covered = _Tree([], [], []), 0
        elif line[0] != "#":
            columns = line.rstrip("\r").split("\t")
            if len(columns) < 8:
                raise MisfitError(f"not a line of CoNLL-U: {line[:60]!r}")
            name = columns[0]
            try:
                if "-" in name:
                    first, last = map(int, name.split("-"))
                    tree.units.append(_Unit(columns[1], list(range(first - 1, last))))
                    covered = last
                elif "." not in name:
                    number, head = int(name), int(columns[6])
                    if number != len(tree.words) + 1:
                        raise MisfitError(f"words are not numbered from 1 on: {line[:60]!r}")
                    if number > covered:
                        tree.units.append(_Unit(columns[1], [number - 1]))
                    tree.words.append(
                        Word(columns[1], columns[2], columns[3], columns[7], _features(columns[5]))
                    )
                    tree.heads.append(head - 1)
            except ValueError:
                raise MisfitError(f"not a line of CoNLL-U: {line[:60]!r}") from None
    if tree.words:
        yield _checked(tree)


def _checked(tree: _Tree) -> _Tree:
    size = len(tree.words)
    if any(head >= size for head in tree.heads) or any(unit.words[-1] >= size for unit in tree.units):
        raise MisfitError("the parse names a word that it does not hold")
    return tree


@lru_cache(maxsize=4096)
def _features(column: str) -> Mapping[str, str]:
    pairs = (pair.partition("=") for pair in column.split("|") if "=" in pair)
    return MappingProxyType({name: value for name, _, value in pairs}) or NO_FEATURES


def _align(text: str, trees: list[_Tree]) -> list[list[tuple[int, int]]]:
    """Return the (start, end) of each unit of each tree in `text`."""
    position = 0
    places = []
    for tree in trees:
        row = []
        for unit in tree.units:
            start, position = _find(text, unit.form, position)
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
    text: str, language: str, trees: list[_Tree], places: list[list[tuple[int, int]]]
) -> Iterator[Sentence]:
    begins = [row[0][0] for row in places]
    begins[0] = 0
    for tree, row, start, stop in zip(trees, places, begins, [*begins[1:], len(text)], strict=True):
        stretch = text[start:stop]
        left = len(stretch) - len(stretch.lstrip())
        stretch = stretch.strip()
        offset = start + left
        local = [_bare(stretch, max(begin - offset, 0), end - offset) for begin, end in row]
        yield Sentence(stretch, language, _tokens(stretch, language, tree, local), offset, None)


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave out commas and final stops that a parser has taken for part of a word."""
    while end - start > 1 and text[start] in _STICKY:
        start += 1
    while end - start > 1 and (text[end - 1] in _STICKY or (end == len(text) and text[end - 1] in _FINAL)):
        end -= 1
    return start, end


def _tokens(text: str, language: str, tree: _Tree, places: list[tuple[int, int]]) -> tuple[Token, ...]:
    groups = _cover(tokenization.indivisible(text, language), places)
    owner = [0] * len(tree.words)
    for index, (_, _, units) in enumerate(groups):
        for unit in units:
            for word in tree.units[unit].words:
                owner[word] = index
    depths = _depths(tree.heads)
    known = [index for index, (_, _, units) in enumerate(groups) if units]
    found = []
    for index, (start, end, units) in enumerate(groups):
        form = text[start:end]
        is_word = tokenization.is_word(form)
        members = [word for unit in units for word in tree.units[unit].words]
        if members:
            top = min(members, key=depths.__getitem__)
            chosen, above = tree.words[top], tree.heads[top]
            head = owner[above] if above >= 0 else -1
            words = tuple(tree.words[member] for member in members)
            upos, deprel, feats = chosen.upos, chosen.deprel, chosen.feats
            relation = deprel.partition(":")[0]
            found.append(Token(start, end, form, is_word, upos, head, deprel, feats, words, relation))
        else:
            # A sign that the parser dropped hangs on its neighbour.
            head = max((other for other in known if other < index), default=known[0])
            relation = "dep" if is_word else "punct"
            found.append(Token(start, end, form, is_word, "X", head, relation, relation=relation))
    return tuple(found)


def _cover(units: list[tuple[int, int]], words: list[tuple[int, int]]) -> list[tuple[int, int, list[int]]]:
    """Return the smallest stretches that cut neither a unit nor a word, with the words in each."""
    groups: list[tuple[int, int, list[int]]] = []
    i = j = 0
    while i < len(units) or j < len(words):
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


def _depths(heads: list[int]) -> list[int]:
    depths = [-1] * len(heads)
    for index in range(len(heads)):
        path: list[int] = []
        node = index
        while node >= 0 and depths[node] < 0:
            if len(path) > len(heads):
                raise MisfitError("the parse's tree has a cycle")
            path.append(node)
            node = heads[node]
        depth = depths[node] if node >= 0 else -1
        for node in reversed(path):
            depth += 1
            depths[node] = depth
    return depths
