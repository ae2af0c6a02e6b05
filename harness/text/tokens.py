"""Surface tokens: words and punctuation, for every script; no grapheme cluster is ever split."""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache, lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import regex

from harness.text.grapheme import starts
from harness.text.writing import base, spaced

if TYPE_CHECKING:
    from budoux import Parser as Segmenter

# Changed when the same text would be cut otherwise: part of `segmentation_identity`.
VERSION = "2"

# Signs that join two parts of one word when letters or digits stand on both sides (l'homme, well-known,
# AT&T, he/she, l·l); a full stop or colon only inside numbers and between single letters (3.14, 10:30, U.S.).
_INNER = r"['’ʼʹ`´׳״·‧\-‐‑&@_/]"
_LETTER = r"[\p{L}\p{N}\p{M}\p{Cf}_\p{Emoji_Modifier}]"
_WORD = rf"(?:(?={_LETTER})\X)+"
_JOIN = rf"(?:{_INNER}|(?<=\p{{N}})[.,:٫٬](?=\p{{N}})|(?<=\b\p{{L}})\.(?=\p{{L}}\b))(?=[\p{{L}}\p{{N}}])"
_EXTEND = (
    r"[\p{Grapheme_Cluster_Break=Extend}\p{Grapheme_Cluster_Break=ZWJ}\p{Grapheme_Cluster_Break=SpacingMark}]"
)
_TOKEN = regex.compile(rf"({_WORD}(?:{_JOIN}{_WORD})*|\p{{Zs}}{_EXTEND}+|(?!\s)\X)")
_HALFWIDTH_VOICING = "ﾞﾟ"
_HAS_WORD = regex.compile(r"[\p{L}\p{N}]")
_MARK = regex.compile(_EXTEND)
_ONE_LETTER = regex.compile(_LETTER)
_ALONE = regex.compile(r"\p{Grapheme_Cluster_Break=Other}|[\p{GCB=LV}\p{GCB=LVT}]")
_UNSPACED = (
    r"(?=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}"
    r"\p{Script=Khmer}\p{Script=Myanmar}ーｰ々〆])\X"
)
# A stretch of scripts without spaces, or one of others; both whole clusters.
_RUN = regex.compile(rf"(?P<unspaced>(?:{_UNSPACED})+)|(?:(?!{_UNSPACED})\X)+")
# `_TOKEN` for `re`, which is several times as fast, in texts whose characters mean the same to both.
_SIMPLE = r"""
    ([{word}]+(?:(?!\ )
    (?:['’ʼʹ`´׳״·‧\-‐‑&@_/]|(?<=\d)[.,:٫٬](?=\d)|(?<=[^\W\d_])(?<![{word}].)\.(?=[^\W\d_](?![{word}])))
    (?=[^\W_])[{word}]+)*|\S)
"""
_PLAIN_TOKEN = re.compile(_SIMPLE.format(word=r"\w"), re.VERBOSE)
_KNOWN: set[str] = set()  # plain characters met so far
_MODELS = {"zh": "zh-hans", "ja": "ja", "th": "th"}
_TRADITIONAL = ("hant", "tw", "hk", "mo")


@lru_cache(maxsize=1 << 16)
def is_word(text: str) -> bool:
    """Say whether a token is a word: it holds a letter or digit and does not begin inside a grapheme."""
    if text[:1].isalnum() and text[0] not in _HALFWIDTH_VOICING:
        return True
    return _HAS_WORD.search(text) is not None and _MARK.match(text) is None


def cut(text: str, language: str) -> list[str]:
    """Return what stands before the first token, the first token, what stands between it and the second, and so on.

    The last item is what stands behind the last token. The tokens are those of `spans`.
    """
    if spaced(language):
        return _token(text).split(text)
    pieces: list[str] = []
    position = 0
    for start, end in spans(text, language):
        pieces += (text[position:start], text[start:end])
        position = end
    return [*pieces, text[position:]]


def spans(text: str, language: str) -> list[tuple[int, int]]:
    """Return the (start, end) of each token of `text`, left to right; between them only whitespace.

    Spaced scripts are cut at whitespace and punctuation; apostrophes, hyphens and combining marks stay in
    their word. Chinese, Japanese and Thai are cut further by BudouX (Japanese into bunsetsu); Burmese,
    Khmer and Lao into grapheme clusters, for want of a segmenter.
    """
    ends = [0, *accumulate(map(len, _token(text).split(text)))]
    found = list(zip(ends[1:-1:2], ends[2::2], strict=True))
    if spaced(language):
        return found
    return [span for start, end in found for span in _unspaced(text, start, end, language)]


def _token(text: str) -> re.Pattern[str] | regex.Pattern[str]:
    """Return the fastest pattern that finds the tokens of `_TOKEN` in a text."""
    if text.isascii() and text.isprintable():
        return _PLAIN_TOKEN
    others = set(text) - _KNOWN
    if not others:
        return _PLAIN_TOKEN
    marked = False
    for character in others:
        if _plain(character):
            _KNOWN.add(character)
        elif character in _marks():
            marked = True
        else:
            return _TOKEN
    if not marked:
        return _PLAIN_TOKEN
    token, stray = _marked()
    return _TOKEN if stray.search(text) else token


@cache
def _plain(character: str) -> bool:
    """Say whether a character is a cluster of its own beside others of its kind, and a letter to `re` too."""
    if character in "\t\n\v\f\r":
        return True
    letter = _ONE_LETTER.match(character) is not None
    return (
        _ALONE.match(character) is not None
        and letter == (re.match(r"\w", character) is not None)
        and (regex.match(r"\s", character) is None) == (re.match(r"\s", character) is None)
        and _MARK.match(character) is None
        and unicodedata.category(character) not in ("No", "Nl", "Cf")
    )


@cache
def _marks() -> frozenset[str]:
    """Return the marks that belong to the letter before them."""
    found = (chr(code) for code in range(0x300, 0xFE30) if unicodedata.category(chr(code)) in ("Mn", "Mc"))
    return frozenset(
        each for each in found if _MARK.match(each) and _ONE_LETTER.match(each) and not re.match(r"\w", each)
    )


@cache
def _marked() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the pattern of tokens in texts with marks, and that of a mark that stands on no letter."""
    marks = re.escape("".join(sorted(_marks())))
    word = rf"\w{marks}"
    return re.compile(_SIMPLE.format(word=word), re.VERBOSE), re.compile(rf"(?<![{word}])[{marks}]")


def indivisible(text: str, language: str) -> list[tuple[int, int]]:
    """Return the (start, end) of what stays whole whatever words a parser finds.

    The tokens themselves; grapheme clusters where words are written without spaces, since what a segmenter finds
    may hold several words of a parser.
    """
    return spans(text, language) if spaced(language) else _clusters(text)


def _clusters(text: str) -> list[tuple[int, int]]:
    """Return the (start, end) of words of spaced scripts and of each other grapheme cluster."""
    found = []
    for match in _TOKEN.finditer(text):
        for run in _RUN.finditer(text, *match.span()):
            if run["unspaced"] is None:
                found.append(run.span())
            else:
                cuts = [run.start() + cut for cut in starts(run.group())]
                found += zip(cuts, [*cuts[1:], run.end()], strict=True)
    return found


def _unspaced(text: str, start: int, end: int, language: str) -> list[tuple[int, int]]:
    pieces = []
    for run in _RUN.finditer(text, start, end):
        if run["unspaced"] is None:
            pieces.append(run.span())
        else:
            pieces += _segments(text, run.start(), run.end(), language)
    return pieces


def _segments(text: str, start: int, end: int, language: str) -> list[tuple[int, int]]:
    run = text[start:end]
    whole = starts(run)
    model = _model(language)
    if model is None:
        cuts = whole
    else:
        # A segmenter knows code points only: a cut inside a grapheme cluster is dropped.
        allowed = set(whole)
        cuts, position = [], 0
        for chunk in _segmenter(model).parse(run):
            if position in allowed:
                cuts.append(position)
            position += len(chunk)
    return [(start + left, start + right) for left, right in zip(cuts, [*cuts[1:], len(run)], strict=True)]


def _model(language: str) -> str | None:
    model = _MODELS.get(base(language))
    if model == "zh-hans" and any(part in _TRADITIONAL for part in regex.split("[-_]", language.lower())[1:]):
        return "zh-hant"
    return model


@cache
def _segmenter(model: str) -> Segmenter:
    from importlib.resources import files

    from budoux import Parser

    return Parser(json.loads((files("budoux") / "models" / f"{model}.json").read_text(encoding="utf-8")))


def segmentation_identity(language: str) -> dict[str, Any]:
    """Return what, besides text and language, decides where tokens begin and end: for a stage's key."""
    from importlib.metadata import version

    identity: dict[str, Any] = {"tokens": VERSION}
    model = None if spaced(language) else _model(language)
    if model is not None:
        identity["segmenter"] = {"budoux": version("budoux"), "model": model}
    return identity
