"""Noise between words: punctuation left out, blanks left out or put in, emoji and links put in."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import regex
from harness_plugins.perturbations.memory import Memory
from harness_plugins.perturbations.word_noise import LETTERS, drawn, pick

from harness import Perturbation, Rewrite, Sentence
from harness.text.grapheme import starts
from harness.text.tokens import is_word
from harness.text.writing import spaced

# Punctuation that says something: per cent, at, and, a minus or slash at a number.
_MEANINGFUL = regex.compile(r"[%‰٪&@#*/\\＆＠＃％＊／\-−–~^_]")
_PUNCTUATION = regex.compile(r"\p{P}+")
DASHES = ("-", "–", "-–")
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
        may_go = MAY_GO
        signs = [
            index for index, form in enumerate(sentence.forms) if may_go[form] and droppable(sentence, index)
        ]
        if not signs or not any(map(is_word, sentence.forms)):
            return Rewrite.unchanged(sentence)
        return rewritten(sentence, dict.fromkeys(drawn(signs, intensity, rng), ""))


def rewritten(sentence: Sentence, changed: Mapping[int, str]) -> Rewrite:
    """Return the sentence with new texts for some tokens; "" leaves one out, and words about it stay apart."""
    forms, old, between = sentence.forms, sentence.gaps, _between(sentence.language)
    texts = dict(sorted(changed.items()))
    gaps: dict[int, str] = {}
    # The gap before a token that is left out goes with it: what stays between its neighbours is the gap after it.
    out = 0
    for index, text in texts.items():
        form, first = forms[index], index == out
        if form and not text:
            before, after, out = gaps.get(index, old[index]), old[index + 1], out + 1
            gaps[index] = ""
            gaps[index + 1] = before if first else _parting(before, form, after, between)
        elif text != form and not is_word(form):
            # A sign has become a word.
            gaps[index] = gaps.get(index, old[index]) or ("" if first else between)
            followed = index + 1 < len(forms) and is_word(forms[index + 1])
            gaps[index + 1] = old[index + 1] or (between if followed else "")
    gaps[len(forms)] = old[-1]
    return Rewrite.splice(sentence, texts, gaps)


def _between(language: str) -> str:
    return " " if spaced(language) else ""


def _parting(before: str, sign: str, after: str, between: str) -> str:
    """Return what stands where a sign has been left out."""
    gap = max(before, after, key=len)
    return gap if gap or _CLOSING.match(sign) else between


def droppable(sentence: Sentence, index: int) -> bool:
    """Say whether a token is a punctuation mark that says nothing."""
    text = sentence.forms[index]
    if not MAY_GO[text] or text not in DASHES:
        return MAY_GO[text]
    before, after = sentence.gaps[index : index + 2]
    return bool(before and after) and not _BLANK.sub("", before)


def _may_go(text: str) -> bool:
    """Say whether a token can be a punctuation mark that says nothing: a dash is one between two blanks."""
    if is_word(text) or _PUNCTUATION.fullmatch(text) is None:
        return False
    return text in DASHES or _MEANINGFUL.match(text) is None


MAY_GO = Memory(_may_go)


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
        forms, known = sentence.forms, _CUTS
        places = [
            index
            for index, form in enumerate(forms)
            if (cuts := known[form]) or (cuts is not None and _joins(sentence, index))
        ]
        if not places:
            return Rewrite.unchanged(sentence)
        texts, gaps = {}, {}
        for index in drawn(places, intensity, rng):
            text = forms[index]
            inside = known[text] or []
            if pick([False] * _joins(sentence, index) + [True] * bool(inside), rng):
                cut = pick(inside, rng)
                texts[index] = f"{text[:cut]} {text[cut:]}"
            else:
                gaps[index + 1] = ""
        return Rewrite.splice(sentence, texts, gaps)


def _joins(sentence: Sentence, index: int) -> bool:
    """Say whether the blank after a word can be left out."""
    forms, after = sentence.forms, index + 1
    if sentence.listed or after == len(forms) or not _IS_BLANK[sentence.gaps[after]]:
        return False
    return is_word(forms[after]) and not (forms[index][-1].isdigit() and forms[after][0].isdigit())


def _whole_cuts(text: str) -> list[int] | None:
    """Return where a word of four grapheme clusters or more can be cut, neither before nor after a sign in it.

    None of a token that is no word.
    """
    if not is_word(text):
        return None
    places = starts(text) if LETTERS.fullmatch(text) else []
    if len(places) < 4:
        return []
    return [place for place in places[1:] if text[place].isalpha() and text[place - 1] not in "'’ʼ׳״-‐‑‌"]


_CUTS = Memory(_whole_cuts)
_IS_BLANK = Memory(lambda gap: _BLANK.fullmatch(gap) is not None)


class _Inserted(Perturbation):
    """Something put in at the end of a sentence, or after a sign inside it."""

    family, keeps_meaning = "noise", True
    intensity = 0.2

    def rewrite(self, sentence: Sentence, rng: Random, intensity: float) -> Rewrite:
        if not any(map(is_word, sentence.forms)):
            return Rewrite.unchanged(sentence)
        forms, ends = sentence.forms, _ENDS_CLAUSE
        last = len(forms) - 1
        inside = [
            index for index, form in enumerate(forms[:-1]) if ends[form] and _clause_ends(sentence, index)
        ]
        between, gaps = " " if spaced(sentence.language) or not self.glued else "", sentence.gaps
        put = {}
        for index in drawn([last, *inside], intensity, rng):
            gap = gaps[index + 1]
            put[index + 1] = between or gap, self.made(rng), gap or (between if index < last else "")
        return Rewrite.splice(sentence, {}, {}, put)

    glued = False

    def made(self, rng: Random) -> str:
        """Return what is put in."""
        raise NotImplementedError


def _clause_ends(sentence: Sentence, index: int) -> bool:
    """Say whether a word follows the sign of a clause's end, and where blanks are written one stands between."""
    if index == 0 or not is_word(sentence.forms[index + 1]):
        return False
    return bool(sentence.gaps[index + 1]) or not spaced(sentence.language)


_ENDS_CLAUSE = Memory(lambda form: _CLAUSE_END.fullmatch(form) is not None)


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
        path = "".join([pick(_LETTERS_OR_DIGITS, rng) for _ in range(6)])
        return f"https://example.{pick(('com', 'org', 'net'), rng)}/{path}"
