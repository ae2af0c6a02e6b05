"""Hangul syllables as the letters that are typed for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

_FIRST = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWEL = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_LAST = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
# What two keys give that are pressed one after the other.
_PAIRS = {
    **{"ㅗㅏ": "ㅘ", "ㅗㅐ": "ㅙ", "ㅗㅣ": "ㅚ", "ㅜㅓ": "ㅝ", "ㅜㅔ": "ㅞ", "ㅜㅣ": "ㅟ", "ㅡㅣ": "ㅢ"},
    **{"ㄱㅅ": "ㄳ", "ㄴㅈ": "ㄵ", "ㄴㅎ": "ㄶ", "ㄹㄱ": "ㄺ", "ㄹㅁ": "ㄻ", "ㄹㅂ": "ㄼ", "ㄹㅅ": "ㄽ"},
    **{"ㄹㅌ": "ㄾ", "ㄹㅍ": "ㄿ", "ㄹㅎ": "ㅀ", "ㅂㅅ": "ㅄ"},
}
_KEYS = {letter: keys for keys, letter in _PAIRS.items()}
CONSONANTS = tuple("ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ")
VOWELS = tuple("ㅏㅑㅓㅕㅗㅛㅜㅠㅡㅣㅐㅔ")


def is_syllable(character: str) -> bool:
    """Say whether a text is one Hangul syllable written as one character."""
    return len(character) == 1 and "가" <= character <= "힣"


@cache
def letters(syllable: str) -> tuple[str, str, str]:
    """Return a syllable's first consonant, vowel and last consonant ("" without one)."""
    number = ord(syllable) - ord("가")
    return _FIRST[number // 588], _VOWEL[number % 588 // 28], _LAST[number % 28]


def syllable(first: str, vowel: str, last: str) -> str | None:
    """Return the syllable of three letters; None where a letter cannot stand in its place."""
    if first not in _FIRST or vowel not in _VOWEL or last not in _LAST or not first or not vowel:
        return None
    return chr(ord("가") + (_FIRST.index(first) * 21 + _VOWEL.index(vowel)) * 28 + _LAST.index(last))


def keys(character: str) -> str:
    """Return the letters typed for a syllable, one a key."""
    return "".join(_KEYS.get(part, part) for part in letters(character))


def retyped(character: str, instead: Callable[[str], Sequence[str]]) -> tuple[str, ...]:
    """Return the syllables that come of one letter typed wrong.

    Args:
        character: a syllable.
        instead: the letters that may be typed for a letter.
    """
    parts = letters(character)
    found = set()
    for place, part in enumerate(parts):
        for wrong in _wrong(part, instead):
            typed = [*parts]
            typed[place] = wrong
            made = syllable(typed[0], typed[1], typed[2])
            if made is not None:
                found.add(made)
    return tuple(sorted(found - {character}))


def _wrong(part: str, instead: Callable[[str], Sequence[str]]) -> list[str]:
    keys = _KEYS.get(part, part)
    wrong = []
    for place, key in enumerate(keys):
        for other in instead(key):
            made = keys[:place] + other + keys[place + 1 :]
            wrong.append(made if len(made) == 1 else _PAIRS.get(made, "?"))
    return wrong
