"""How languages are written: spaces between words, capitals, scripts."""

from __future__ import annotations

from functools import cache

import regex

from harness.languages import languages

# Nouns are capitalised wherever they stand.
NOUNS_CAPITALISED = frozenset({"de", "lb", "nds"})
# 'i' and 'I' are not a pair: i-İ and ı-I are.
DOTTED_I = frozenset({"tr", "az"})
# Words are written together, phrases and quotations apart.
PHRASES_PARTED = frozenset({"km", "lo", "my", "th"})

_SCRIPTS = (
    *("Latin", "Cyrillic", "Greek", "Arabic", "Devanagari", "Han", "Hiragana", "Katakana", "Hangul", "Thai"),
    *("Hebrew", "Bengali", "Tamil", "Telugu", "Kannada", "Malayalam", "Gujarati", "Gurmukhi", "Oriya"),
    *("Sinhala", "Myanmar", "Khmer", "Lao", "Georgian", "Armenian", "Ethiopic", "Tibetan"),
)
_LETTER = regex.compile(r"\p{L}")
_UNSPACED_LETTER = regex.compile(
    r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}"
    r"\p{Script=Myanmar}ー々〆]"
)


@cache
def base(language: str) -> str:
    """Return the language itself without script or region: ``zh`` for ``zh-Hant``."""
    return language.replace("_", "-").split("-")[0].lower()


@cache
def spaced(language: str) -> bool:
    """Say whether words are written apart; a language that is not known is taken to."""
    known = languages().get(base(language))
    return known is None or known.spaces


def unspaced_letter(character: str) -> bool:
    """Say whether a character belongs to a script that is written without spaces."""
    return _UNSPACED_LETTER.match(character) is not None


@cache
def _pattern(script: str) -> regex.Pattern[str]:
    return regex.compile(rf"\p{{Script={script}}}")


@cache
def _script_of(character: str) -> str | None:
    return next((script for script in _SCRIPTS if _pattern(script).match(character)), None)


def script(text: str) -> str | None:
    """Return the name of the script that most letters of `text` belong to (Unicode's name), None without."""
    counts: dict[str, int] = {}
    for letter in _LETTER.findall(text):
        found = _script_of(letter)
        if found is not None:
            counts[found] = counts.get(found, 0) + 1
    return max(counts, key=lambda name: counts[name]) if counts else None


def upper(character: str, language: str) -> str:
    """Return the capital of one character, itself where it has none of one character."""
    if character == "i" and base(language) in DOTTED_I:
        return "İ"
    capital = character.title()
    return capital if len(capital) == 1 else character


def lower(character: str, language: str) -> str:
    """Return the small letter of one character, itself where it has none of one character."""
    if base(language) in DOTTED_I and character in "Iİ":
        return "ı" if character == "I" else "i"
    small = character.lower()
    return small if len(small) == 1 else character
