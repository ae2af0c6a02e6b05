"""Passage: a text as sentences and what lies between them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import regex

from harness.text import conllu as trees
from harness.text.lazy import lazy
from harness.text.sentence import Sentence
from harness.text.writing import base

_LINE = regex.compile(r"[^\n\r\x0b\x0c\x85\u2028\u2029]+")
_CLOSERS = r"[\p{Pe}\p{Pf}\p{Pi}\"'’”»」』]*"
# After a full stop: whitespace, then anything but a small letter; after 。 nothing is needed.
_STOP = regex.compile(rf"(?:[.!?؟۔।॥…]+{_CLOSERS}(?=\s+[^\s\p{{Ll}}])|[。！？｡]+{_CLOSERS})")
# Where none of these signs is found, or neither white space nor a full stop like 。 after the first, a text is one
# sentence.
_SIGN = re.compile(r"[\n\r\x0b\x0c\x85\u2028\u2029。！？｡.!?؟۔।॥…]")
_AFTER = re.compile(r"[\s。！？｡]")
_ABBREVIATION = regex.compile(
    r"(?:^|[\s\p{Ps}\p{Pi}\"'’])(?:(?:\p{L}\.)*\p{L}|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sra?|vs|etc|No|Nr|Hr|Fr|Mme|bzw|ca"
    r"|ул|им|гл)$"
)


# Never changed; not frozen, which would take thrice as long to make.
@dataclass(unsafe_hash=True)
class Passage:
    """A text of several sentences.

    Attributes:
        text: the whole text.
        language: code of its language.
        sentences: its sentences, left to right; each begins and ends with a token.
        unparsed: why a given parse was not used; None when it was, or when none was given.
    """

    text: str
    language: str
    sentences: tuple[Sentence, ...]
    unparsed: str | None = None

    @lazy
    def gaps(self) -> tuple[str, ...]:
        """Whitespace before, between and after the sentences: one more than there are sentences."""
        edges = [
            0,
            *(edge for s in self.sentences for edge in (s.offset, s.offset + len(s.text))),
            len(self.text),
        ]
        return tuple(self.text[left:right] for left, right in zip(edges[::2], edges[1::2], strict=True))


def passage(text: str, language: str, conllu: str | None = None) -> Passage:
    """Cut `text` into sentences: those of the trees in `conllu`, or by line breaks and full stops without.

    A parse that does not fit the text is not used; `Passage.unparsed` and each sentence say why.
    """
    reason = "no parse was given"
    if conllu is not None:
        found = trees.sentences(text, language, conllu)
        if not isinstance(found, str):
            return Passage(text, language, tuple(found))
        reason = found
    plain = tuple(
        [
            Sentence.plain(text[start:end], language, start, reason)
            for start, end in boundaries(text, language)
        ]
    )
    return Passage(text, language, plain, reason if conllu is not None else None)


class Passages:
    """Passages that are cut once, for texts that come again: in other rows, and with the next perturbation.

    Args:
        language: code of the texts' language.
        cut: what cuts a value into sentences: `passage`, or a format's own.
        room: how many characters are kept, sentences and trees of some 140 bytes each. When it is used up the
            first texts stay: rows come in the same order again.
    """

    def __init__(
        self,
        language: str,
        cut: Callable[[Any, str, str | None], Passage] = passage,
        room: int = 1_000_000,
    ) -> None:
        self.language, self.cut, self.room = language, cut, room
        self._kept: dict[Any, tuple[str | None, Passage]] = {}  # with the trees of a value's first passage
        self._recent: dict[Any, Passage] = {}

    def of(self, value: str | Sequence[str], conllu: str | None) -> Passage:
        """Return the passage that a value is cut into."""
        key = value if isinstance(value, str) else tuple(value)
        kept = self._kept.get(key)
        if kept is not None and kept[0] == conllu:
            return kept[1]
        found = self._recent.get((key, conllu))
        if found is None:
            found = self.cut(value, self.language, conllu)
            if kept is None and self.room >= len(found.text):
                self.room -= len(found.text)
                self._kept[key] = (conllu, found)
            else:
                if len(self._recent) >= _RECENT:
                    self._recent.clear()
                self._recent[key, conllu] = found
        return found


_RECENT = 256


def boundaries(text: str, language: str) -> list[tuple[int, int]]:
    """Return where the sentences of a text without a parse begin and end, white space around them left out."""
    end = len(text.rstrip())
    first = _SIGN.search(text, 0, end)
    if first is None or _AFTER.search(text, first.start(), end) is None:
        start = len(text) - len(text.lstrip())
        return [(start, end)] if start < end else []
    found = []
    for line in _LINE.finditer(text):
        start = line.start()
        for stop in _STOP.finditer(text, line.start(), line.end()):
            if text[stop.start()] == "." and _abbreviated(text, start, stop.start(), language):
                continue
            found.append((start, stop.end()))
            start = stop.end()
        found.append((start, line.end()))
    trimmed = ((_skip(text, start, end), _trim(text, start, end)) for start, end in found)
    return [(start, end) for start, end in trimmed if start < end]


def _abbreviated(text: str, start: int, stop: int, language: str) -> bool:
    if _ABBREVIATION.search(text, max(start, stop - 8), stop) is not None:
        return True
    # German ordinals and dates: am 3. Mai.
    return base(language) in ("de", "tr", "da", "nb", "fi", "cs", "pl") and text[stop - 1 : stop].isdecimal()


def _skip(text: str, start: int, end: int) -> int:
    while start < end and text[start].isspace():
        start += 1
    return start


def _trim(text: str, start: int, end: int) -> int:
    while end > start and text[end - 1].isspace():
        end -= 1
    return end
