"""Rewrite: a changed sentence as pieces, from which text, spans and tags are derived."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from harness.text import casing, edits
from harness.text.alignment import Alignment, Link
from harness.text.lazy import lazy
from harness.text.sentence import Sentence
from harness.text.tokens import is_word
from harness.text.writing import PHRASES_PARTED, base, spaced, unspaced_letter

Mark = Literal["kept", "moved", "altered", "inserted"]
_OPENING = frozenset("([{„‚‘「『（【《〈¿¡")
# Opening in one language, closing in another.
_EITHER = frozenset("\"'“”«»")
_QUOTES = frozenset('"“”„«»')
_CLOSING = frozenset(")]}’」』）】》〉")


class Piece(NamedTuple):
    """One piece of the new sentence.

    Attributes:
        text: its characters.
        source: index of the source token that it is, None when inserted.
        recased: whether only its first letter's case was fitted to its new place.
    """

    text: str
    source: int | None = None
    recased: bool = False


@dataclass(frozen=True)
class Rewrite:
    """A changed sentence. Made by `unchanged`, `replace`, `splice`, `reorder` or `of`.

    Attributes:
        sentence: the source.
        pieces: the new sentence's pieces, left to right.
        gaps: what stands before the first piece, between two, and after the last: one more than pieces.
        eligible: whether the perturbation could change this sentence at all.
    """

    sentence: Sentence
    pieces: tuple[Piece, ...]
    gaps: tuple[str, ...]
    eligible: bool = True

    @classmethod
    def unchanged(cls, sentence: Sentence, *, eligible: bool = False) -> Rewrite:
        """Return the sentence as it is, character for character.

        `eligible` is for a perturbation that could have changed it and by chance did not.
        """
        return _InPlace.made(sentence, {}, eligible=eligible)

    @classmethod
    def replace(cls, sentence: Sentence, texts: Mapping[int, str]) -> Rewrite:
        """Return the sentence with new texts for some tokens in their places; ValueError on an empty text."""
        if "" in texts.values():
            index = next(index for index, text in texts.items() if text == "")
            raise ValueError(f"an empty text for token {index}: leave it out by Rewrite.of")
        return _InPlace.made(sentence, dict(texts))

    @classmethod
    def splice(
        cls,
        sentence: Sentence,
        texts: Mapping[int, str],
        gaps: Mapping[int, str],
        put: Mapping[int, tuple[str, str, str]] | None = None,
    ) -> Rewrite:
        """Return the sentence with tokens altered, left out and put in where they stand; nothing is recased.

        Args:
            texts: new texts of tokens; "" leaves one out, and the gaps about it run together.
            gaps: new gaps by number: that of the token behind them.
            put: what is put into a gap, between two new gaps, instead of it.
        """
        return _InPlace.made(sentence, dict(texts), dict(gaps), dict(put or {}))

    @classmethod
    def reorder(cls, sentence: Sentence, order: Iterable[int]) -> Rewrite:
        """Return the words in a new order, while punctuation and whitespace keep their places.

        `order` names every word once; whether it names punctuation too makes no difference. The capital at
        the beginning goes to the new first word. ValueError if `order` is not a permutation.
        """
        order = list(order)
        tokens = sentence.tokens
        words = [index for index in order if tokens[index].is_word]
        if sorted(words) != list(sentence.words) or len(set(order)) != len(order):
            raise ValueError("the new order does not name every word once")
        sources = list(range(len(tokens)))
        for slot, index in zip(sentence.words, words, strict=True):
            sources[slot] = index
        forms = [sentence.forms[index] for index in sources]
        recased = _fit_case(sentence, sources, forms)
        gaps = sentence.gaps if spaced(sentence.language) else _slot_gaps(sentence, forms)
        return _Ordered.made(sentence, sources, forms, recased, gaps)

    @classmethod
    def of(cls, sentence: Sentence, parts: Iterable[int | str | tuple[int, str]]) -> Rewrite:
        """Return a sentence of any pieces, in the order given.

        A part is the index of a source token, (index, new text) for an altered one, or the text of an
        inserted one; tokens not named are left out. Tokens that were neighbours keep what was between
        them; elsewhere punctuation keeps to the side that it kept to, and words are joined as the language
        joins them. ValueError if a token is named twice, or by a number below 0.
        """
        parts, old = list(parts), sentence.forms
        if _INDICES.issuperset(map(type, parts)):
            sources: list[Any] = parts
            forms = [old[index] for index in sources]
            named = sources
        else:
            pairs = [_pair(old, part) for part in parts]
            sources, forms = [source for source, _ in pairs], [text for _, text in pairs]
            named = [source for source in sources if source is not None]
        if len(set(named)) != len(named):
            raise ValueError("a token is named twice")
        if named and min(named) < 0:
            raise ValueError(f"a token's number is {min(named)}")
        recased = _fit_case(sentence, sources, forms)
        made = _Ordered.made(sentence, sources, forms, recased, tuple(_gaps(sentence, sources, forms)))
        if named is sources:
            made.__dict__["_altered"] = ()
        return made

    @lazy
    def sources(self) -> Sequence[int | None]:
        """For each piece the index of the source token that it is, None when inserted."""
        return [source for _, source, _ in self.pieces]

    @lazy
    def forms(self) -> Sequence[str]:
        """The text of each piece."""
        return [text for text, _, _ in self.pieces]

    @lazy
    def words(self) -> Sequence[int | None]:
        """The `sources` of the pieces that are words."""
        are_words = self.sentence.are_words
        if None not in self.sources:
            return [source for source in self.sources if are_words[source]]  # type: ignore[index]
        return [
            source
            for text, source in zip(self.forms, self.sources, strict=True)
            if (is_word(text) if source is None else are_words[source])
        ]

    @lazy
    def _recased(self) -> Collection[int]:
        return [number for number, (_, _, recased) in enumerate(self.pieces) if recased]

    @lazy
    def text(self) -> str:
        """The new sentence."""
        parts = [""] * (len(self.forms) + len(self.gaps))
        parts[::2], parts[1::2] = self.gaps, self.forms
        return "".join(parts)

    @property
    def touched(self) -> bool:
        """Whether the text differs from the source's."""
        return self.text != self.sentence.text

    @lazy
    def tokens(self) -> tuple[int | None, ...]:
        """For each source token the index of its piece, None when left out: tags follow their tokens."""
        places: list[int | None] = [None] * len(self.sentence)
        for index, piece in enumerate(self.pieces):
            if piece.source is not None:
                places[piece.source] = index
        return tuple(places)

    @lazy
    def spans(self) -> Alignment:
        """Where stretches of the source's text lie in the new one: ``rewrite.spans.span(start, end)``."""
        links = []
        position = len(self.gaps[0])
        for piece, gap in zip(self.pieces, self.gaps[1:], strict=True):
            place = (position, position + len(piece.text))
            token = None if piece.source is None else self.sentence.tokens[piece.source]
            links.append(Link((token.start, token.end) if token else None, place))
            position = place[1] + len(gap)
        for token, new in zip(self.sentence.tokens, self.tokens, strict=True):
            if new is None:
                links.append(Link((token.start, token.end), None))
        return Alignment(tuple(links))

    @lazy
    def marks(self) -> tuple[Mark, ...]:
        """What became of each piece; moved are the fewest words that leave the others in their old order.

        Punctuation is never said to move, and the fitted capital of a sentence's first word is no change.
        """
        lifted = self._lifted()
        return tuple([self._mark(piece, lifted) for piece in self.pieces])

    def _lifted(self) -> set[int]:
        words = set(self.sentence.words)
        return edits.moved([piece.source for piece in self.pieces if piece.source in words])

    def _mark(self, piece: Piece, lifted: set[int]) -> Mark:
        if piece.source is None:
            return "inserted"
        if not piece.recased and piece.text != self.sentence.tokens[piece.source].text:
            return "altered"
        return "moved" if piece.source in lifted else "kept"

    @property
    def token_edits(self) -> int:
        """Number of tokens that were altered, inserted, moved or left out."""
        old, sources = self.sentence.forms, self.sources
        kept = [source for source in sources if source is not None] if None in sources else sources
        apart = len(sources) + len(old) - 2 * len(kept)
        altered = self._altered
        if altered:
            return apart + len(self._lifted().union(altered))
        words = self.words
        return apart + len(words) - words.count(None) - edits.in_common(self.sentence.words, words)

    @lazy
    def _altered(self) -> Sequence[int]:
        old = self.sentence.forms
        return [
            source
            for number, (text, source) in enumerate(zip(self.forms, self.sources, strict=True))
            if source is not None and text != old[source] and number not in self._recased
        ]

    @lazy
    def char_edits(self) -> int:
        """Levenshtein distance between the source's text and the new one, in code points; exact."""
        return edits.levenshtein(self.sentence.text, self.text)


_piece_of: Callable[[tuple[Any, ...]], Piece] = partial(tuple.__new__, Piece)


class _Kept(Rewrite):
    """A rewrite that is kept as something else than its pieces; with fields replaced it is a `Rewrite` like any."""

    def __new__(cls, *fields: Any, **named: Any) -> Rewrite:  # type: ignore[misc]
        return Rewrite(*fields, **named)

    def __reduce__(self) -> tuple[type[Rewrite], tuple[Any, ...]]:
        return Rewrite, (self.sentence, self.pieces, self.gaps, self.eligible)


class _Ordered(_Kept):
    """Pieces in another order, kept as columns; `Piece` by piece only when somebody asks for them."""

    @staticmethod
    def made(
        sentence: Sentence,
        sources: Sequence[int | None],
        forms: Sequence[str],
        recased: Collection[int],
        gaps: tuple[str, ...],
    ) -> Rewrite:
        """Return the pieces of these texts and sources, with the numbers of the recased ones."""
        made = object.__new__(_Ordered)
        made.__dict__.update(
            sentence=sentence, gaps=gaps, eligible=True, sources=sources, forms=forms, _recased=recased
        )
        return made

    @lazy
    def pieces(self) -> tuple[Piece, ...]:
        recased = [number in self._recased for number in range(len(self.sources))]
        return tuple(map(_piece_of, zip(self.forms, self.sources, recased, strict=True)))


class _InPlace(_Kept):
    """A sentence whose tokens keep their places, kept as what differs.

    Attributes:
        new: new texts by token; "" leaves one out.
        around: new gaps by number.
        put: what is put into a gap, between two new gaps, by the gap's number.
    """

    new: Mapping[int, str]
    around: Mapping[int, str]
    put: Mapping[int, tuple[str, str, str]]

    @staticmethod
    def made(
        sentence: Sentence,
        new: Mapping[int, str],
        around: Mapping[int, str] = MappingProxyType({}),
        put: Mapping[int, tuple[str, str, str]] = MappingProxyType({}),
        *,
        eligible: bool = True,
    ) -> Rewrite:
        """Return the sentence with these texts, gaps and insertions."""
        made = object.__new__(_InPlace)
        made.__dict__.update(sentence=sentence, eligible=eligible, new=new, around=around, put=put)
        return made

    @lazy
    def _laid(self) -> tuple[tuple[Piece, ...], tuple[str, ...]]:
        forms, new, pieces, gaps = self.sentence.forms, self.new, [], [""]
        for index, gap in enumerate(self.sentence.gaps):
            before, text, after = self.put.get(index) or (self.around.get(index, gap), "", "")
            gaps[-1] += before
            if text:
                pieces.append(Piece(text))
                gaps.append(after)
            if index < len(forms) and (new.get(index, "kept") or not forms[index]):
                pieces.append(Piece(new.get(index, forms[index]), index))
                gaps.append("")
        return tuple(pieces), tuple(gaps)

    @lazy
    def pieces(self) -> tuple[Piece, ...]:
        return self._laid[0]

    @lazy
    def gaps(self) -> tuple[str, ...]:
        return self._laid[1]

    @lazy
    def text(self) -> str:
        if not (self.new or self.around or self.put):
            return self.sentence.text
        parts = list(self.sentence.parts)
        for index, new in self.new.items():
            parts[2 * index + 1] = new
        for index, gap in self.around.items():
            parts[2 * index] = gap
        for index, three in self.put.items():
            parts[2 * index] = "".join(three)
        return "".join(parts)

    @property
    def token_edits(self) -> int:
        forms = self.sentence.forms
        return sum([text != forms[index] for index, text in self.new.items()]) + len(self.put)


_INDICES = frozenset({int})


def _pair(forms: Sequence[str], part: int | str | tuple[int, str]) -> tuple[int | None, str]:
    if isinstance(part, int):
        return int(part), forms[part]
    return (None, part) if isinstance(part, str) else part


def _is_word(sentence: Sentence, source: int | None, text: str) -> bool:
    return is_word(text) if source is None else sentence.are_words[source]


def _fit_case(sentence: Sentence, sources: Sequence[int | None], forms: list[str]) -> Collection[int]:
    """Hand the capital of the sentence's first word on to the word that has become first; return who was changed."""
    for first, source in enumerate(sources):
        if _is_word(sentence, source, forms[first]):
            break
    else:
        return ()
    if not sentence.words or source == (was := sentence.words[0]):
        return ()
    fitted = {}
    if casing.sentence_case(sentence):
        fitted[first] = casing.capitalised(forms[first], sentence.language)
    if was in sources and casing.positional(sentence):
        place = sources.index(was)
        fitted[place] = casing.uncapitalised(forms[place], sentence.language)
    recased = [place for place, text in fitted.items() if text != forms[place]]
    for place in recased:
        forms[place] = fitted[place]
    return recased


def _gaps(sentence: Sentence, sources: Sequence[int | None], forms: Sequence[str]) -> list[str]:
    """Return what stands before, between and after pieces that need not be neighbours."""
    old, blanks = sentence.gaps, spaced(sentence.language)
    if not sources:
        return [old[0]]
    places: Sequence[Any] = sources
    if None in sources:  # inserted: no neighbour of anything
        places = [-2 if source is None else source for source in sources]
        gaps = [old[max(place, 0)] for place in places]
    else:
        gaps = [old[place] for place in places]
    gaps[0] = old[0]
    gaps.append(old[-1])
    parted = [n for n, (left, right) in enumerate(pairwise(places), 1) if right != left + 1]
    ends = _phrase_ends(sentence, sources) if parted else _NONE
    for number in parted:
        left, right = forms[number - 1], forms[number]
        if blanks and left.isalnum() and right.isalnum():
            gaps[number] = " "
        else:
            pair = Piece(left, sources[number - 1]), Piece(right, sources[number])
            gaps[number] = _joint(sentence, *pair, number - 1 in ends)
    return gaps


def _slot_gaps(sentence: Sentence, forms: Sequence[str]) -> tuple[str, ...]:
    """Return the gaps between words that changed places: Latin words in Chinese text are written apart."""
    gaps, before = list(sentence.gaps), sentence.forms
    for slot in range(1, len(forms)):
        old, new = (before[slot - 1], before[slot]), (forms[slot - 1], forms[slot])
        if _apart(*new) and not gaps[slot]:
            gaps[slot] = " "
        elif _apart(*old) and not _apart(*new) and gaps[slot].isspace():
            gaps[slot] = ""
    return tuple(gaps)


def _apart(left: str, right: str) -> bool:
    """Say whether two words of a script with spaces meet."""
    return (
        is_word(left) and is_word(right) and not unspaced_letter(left[-1]) and not unspaced_letter(right[0])
    )


def _opens(sentence: Sentence, piece: Piece) -> bool:
    """Say whether a sign stands before what it belongs to: an opening bracket or quotation mark."""
    mark, place = piece.text[-1:], piece.source
    if mark in _OPENING:
        return True
    if mark not in _EITHER or place is None or place == len(sentence) - 1:
        return False
    before, after = sentence.gaps[place] != "", sentence.gaps[place + 1] != ""
    if place == 0 or before != after:
        return place == 0 or before
    inside, behind = sentence.tokens[place + 1].is_word, sentence.tokens[place - 1].is_word
    if not before and inside != behind:
        return inside
    same = _QUOTES if mark in _QUOTES else frozenset(mark)
    return sum([token.text[-1:] in same for token in sentence.tokens[:place]]) % 2 == 0


def _closes(sentence: Sentence, piece: Piece) -> bool:
    """Say whether a sign stands behind what it belongs to: a closing bracket or quotation mark."""
    mark = piece.text[-1:]
    return mark in _CLOSING or (mark in _EITHER and piece.source is not None and not _opens(sentence, piece))


def _phrase_ends(sentence: Sentence, sources: Sequence[int | None]) -> set[int]:
    """Return behind which pieces a blank that parts phrases lies (Thai, say).

    It does where the words before it are those that were before it, in any order.
    """
    if spaced(sentence.language):
        return _NONE
    found: set[int] = set()
    kept = sorted(source for source in sources if source is not None)
    furthest = seen = 0
    for place, source in enumerate(sources[:-1]):
        if source is not None:
            furthest, seen = max(furthest, source), seen + 1
        if not 0 < seen < len(kept) or furthest != kept[seen - 1]:
            continue
        if any(gap.isspace() for gap in sentence.gaps[furthest + 1 : kept[seen] + 1]):
            found.add(place)
    return found


_NONE: set[int] = set()


def _joint(sentence: Sentence, left: Piece, right: Piece, phrase_ends: bool) -> str:
    """Return what stands between two pieces that were no neighbours."""
    opens = _opens(sentence, right)
    if not _is_word(sentence, right.source, right.text) and not opens:
        return sentence.gaps[right.source] if right.source else ""
    closes = _closes(sentence, left)
    if not _is_word(sentence, left.source, left.text) and not closes:
        after = None if left.source is None else left.source + 1
        if after is not None and after < len(sentence) and sentence.tokens[after].is_word:
            return sentence.gaps[after]
        if _opens(sentence, left):
            return ""
    if spaced(sentence.language) or phrase_ends or _apart(left.text, right.text):
        return " "
    # Where words are written together, quotations and words of other scripts keep the blanks around them.
    around = (
        [left.source + 1]
        if left.source is not None and (closes or not unspaced_letter(left.text[-1:]))
        else []
    )
    if right.source is not None and (opens or not unspaced_letter(right.text[:1])):
        around.append(right.source)
    if any(0 < gap < len(sentence) and sentence.gaps[gap] for gap in around):
        return " "
    # At an edge of the sentence there is none to keep.
    edge = {0, len(sentence)} & set(around)
    return " " if edge and base(sentence.language) in PHRASES_PARTED else ""
