"""Noise between words: punctuation left out, blanks left out or put in, emoji and links put in."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import regex
from harness_plugins.perturbations.word_noise import LETTERS, Memory, drawn, pick

from harness import Perturbation, Rewrite, Sentence
from harness.text.grapheme import starts
from harness.text.rewrite import Piece
from harness.text.writing import spaced

# Punctuation that says something: per cent, at, and, a minus or slash at a number.
_MEANINGFUL = regex.compile(r"[%‰٪&@#*/\\＆＠＃％＊／\-−–~^_]")
_PUNCTUATION = regex.compile(r"\p{P}+")
# What follows without a blank belongs to what they close: Korean "언쟁"이.
_CLOSING = regex.compile(r"[\p{Pe}\p{Pf}\"']")
_BLANK = regex.compile(r"\p{Zs}")
_CLAUSE_END = regex.compile(r"[,;:،؛，；：、—–.!?…。！？؟।۔]")
_LETTERS_OR_DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789"
# They point or decorate; none has a face or a mood.
EMOJI = ("📌", "📎", "🔖", "🔗", "📍", "🔹", "🔸", "📝", "📄", "📋", "📚", "🔎", "📢", "🔔")


class Punctuation(Perturbation):
    """Punctuation marks left out; signs that say something stay (%, &, @, #, -, /).

    Ja, das ist ein schöner Tag!  ->  Ja das ist ein schöner Tag
    """

    name, family, keeps_meaning = "punctuation", "noise", True
    intensity = 1.0
    description = "punctuation marks left out"
    reference = (
        "Ek et al. 2020 (LREC, How does punctuation affect neural models in natural language inference)"
    )

    def rewrite(self, sentence: Sentence, rng: Random, intensity: float) -> Rewrite:
        signs = [index for index in range(len(sentence)) if droppable(sentence, index)]
        if not signs or not sentence.words:
            return Rewrite.unchanged(sentence)
        return rewritten(sentence, dict.fromkeys(drawn(signs, intensity, rng), ""))


def rewritten(sentence: Sentence, changed: Mapping[int, str]) -> Rewrite:
    """Return the sentence with new texts for some tokens; "" leaves one out, and words about it stay apart."""
    pieces: list[Piece] = []
    gaps = [sentence.gaps[0]]
    for index, token in enumerate(sentence.tokens):
        text, gap = changed.get(index, token.text), sentence.gaps[index + 1]
        if text or not token.text:
            if text != token.text and not token.is_word:
                # A sign has become a word.
                gaps[-1] = gaps[-1] or (_between(sentence.language) if pieces else "")
                followed = index + 1 < len(sentence) and sentence.tokens[index + 1].is_word
                gap = gap or (_between(sentence.language) if followed else "")
            pieces.append(Piece(text, index))
            gaps.append(gap)
        elif pieces:
            gaps[-1] = max(gaps[-1], gap, key=len)
            if not _CLOSING.match(token.text):
                gaps[-1] = gaps[-1] or _between(sentence.language)
    gaps[-1] = sentence.gaps[-1]
    return Rewrite(sentence, tuple(pieces), tuple(gaps))


def _between(language: str) -> str:
    return " " if spaced(language) else ""


def droppable(sentence: Sentence, index: int) -> bool:
    """Say whether a token is a punctuation mark that says nothing."""
    text = sentence.tokens[index].text
    if sentence.tokens[index].is_word or _PUNCTUATION.fullmatch(text) is None:
        return False
    if _MEANINGFUL.match(text) is None:
        return True
    # A dash between two blanks is punctuation.
    return (
        text in "-–"
        and not _BLANK.sub("", sentence.gaps[index])
        and bool(sentence.gaps[index] and sentence.gaps[index + 1])
    )


class Spaces(Perturbation):
    """Blanks left out between two words, or put into a word of four letters or more.

    Where words are listed and tagged one by one there are none to leave out: blanks are put in alone.

    Das ist ein schöner Tag.  ->  Das istein schö ner Tag.
    """

    name, family, keeps_meaning = "spaces", "noise", True
    version = "2"
    intensity = 0.2
    description = "blanks left out between words, or put into words"
    reference = "CheckList (Ribeiro et al. 2020, arXiv 2005.04118); NoiseQA (Ravichander et al. 2021, arXiv 2102.08345)"

    def unserved(self, language: str) -> str | None:
        if not spaced(language):
            return (
                f"{self.full_name} does not serve {language}, which is written without blanks between words"
            )
        return None

    def rewrite(self, sentence: Sentence, rng: Random, intensity: float) -> Rewrite:
        places = [(index, ways) for index in sentence.words if (ways := _ways(sentence, index))]
        if not places:
            return Rewrite.unchanged(sentence)
        pieces = [Piece(token.text, index) for index, token in enumerate(sentence.tokens)]
        gaps = list(sentence.gaps)
        for index, ways in drawn(places, intensity, rng):
            if pick(ways, rng):
                cut = pick(_CUTS[pieces[index].text], rng)
                text = pieces[index].text
                pieces[index] = Piece(f"{text[:cut]} {text[cut:]}", index)
            else:
                gaps[index + 1] = ""
        return Rewrite(sentence, tuple(pieces), tuple(gaps))


def _ways(sentence: Sentence, index: int) -> tuple[bool, ...]:
    """Return how a word can be disturbed: the blank after it left out (False), one put into it (True)."""
    text = sentence.tokens[index].text
    ways = []
    if not sentence.listed and index + 1 < len(sentence) and _BLANK.fullmatch(sentence.gaps[index + 1]):
        after = sentence.tokens[index + 1]
        if after.is_word and not (text[-1].isdigit() and after.text[0].isdigit()):
            ways.append(False)
    if _CUTS[text]:
        ways.append(True)
    return tuple(ways)


def _whole_cuts(text: str) -> list[int]:
    """Return where a word of four grapheme clusters or more can be cut, neither before nor after a sign in it."""
    places = starts(text) if LETTERS.fullmatch(text) else []
    if len(places) < 4:
        return []
    return [
        place for place in places[1:] if text[place].isalpha() and text[place - 1] not in "'’ʼ׳״-‐‑\u200c"
    ]


_CUTS = Memory(_whole_cuts)


class _Inserted(Perturbation):
    """Something put in at the end of a sentence, or after a sign inside it."""

    family, keeps_meaning = "noise", True
    intensity = 0.2

    def rewrite(self, sentence: Sentence, rng: Random, intensity: float) -> Rewrite:
        if not sentence.words:
            return Rewrite.unchanged(sentence)
        last = len(sentence) - 1
        slots = [last, *(index for index in range(last) if _clause_ends(sentence, index))]
        put = {index: self.made(rng) for index in drawn(slots, intensity, rng)}
        between = " " if spaced(sentence.language) or not self.glued else ""
        pieces, gaps = [], [sentence.gaps[0]]
        for index, token in enumerate(sentence.tokens):
            pieces.append(Piece(token.text, index))
            if index in put:
                pieces.append(Piece(put[index]))
                gaps.append(between or sentence.gaps[index + 1])
                gaps.append(sentence.gaps[index + 1] or (between if index < last else ""))
            else:
                gaps.append(sentence.gaps[index + 1])
        return Rewrite(sentence, tuple(pieces), tuple(gaps))

    glued = False

    def made(self, rng: Random) -> str:
        """Return what is put in."""
        raise NotImplementedError


def _clause_ends(sentence: Sentence, index: int) -> bool:
    """Say whether a sign ends a clause here, a word follows, and where blanks are written one stands between."""
    if sentence.tokens[index].is_word or not sentence.tokens[index + 1].is_word:
        return False
    if index == 0 or not _CLAUSE_END.fullmatch(sentence.tokens[index].text):
        return False
    return bool(sentence.gaps[index + 1]) or not spaced(sentence.language)


class Emoji(_Inserted):
    """An emoji without a face or a mood put in after a sentence or a clause.

    Ja, das ist ein schöner Tag.  ->  Ja, das ist ein schöner Tag. 📌
    """

    name = "emoji"
    glued = True
    description = "an emoji that says nothing put in"
    reference = "invariance test of CheckList (Ribeiro et al. 2020, arXiv 2005.04118), with emoji"

    def made(self, rng: Random) -> str:
        return pick(EMOJI, rng)


class Url(_Inserted):
    """A link that leads nowhere (a domain kept for examples, RFC 2606) put in after a sentence or a clause.

    Ja, das ist ein schöner Tag.  ->  Ja, das ist ein schöner Tag. https://example.com/k3f9xq
    """

    name = "url"
    description = "a link that leads nowhere put in"
    reference = "CheckList (Ribeiro et al. 2020, arXiv 2005.04118), add random links"

    def made(self, rng: Random) -> str:
        path = "".join(pick(_LETTERS_OR_DIGITS, rng) for _ in range(6))
        return f"https://example.{pick(('com', 'org', 'net'), rng)}/{path}"
