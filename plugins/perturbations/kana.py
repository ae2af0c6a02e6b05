"""Kana as they are typed: in Latin letters (romaji), one consonant and one vowel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

# By the consonant typed, for the vowels a i u e o; a small kana after x or l.
_TYPED = {
    **{
        "": "あいうえお",
        "k": "かきくけこ",
        "s": "さしすせそ",
        "t": "たちつてと",
        "n": "なにぬねの",
        "h": "はひふへほ",
    },
    **{
        "m": "まみむめも",
        "y": "や_ゆ_よ",
        "r": "らりるれろ",
        "w": "わ___を",
        "g": "がぎぐげご",
        "z": "ざじずぜぞ",
    },
    **{"d": "だぢづでど", "b": "ばびぶべぼ", "p": "ぱぴぷぺぽ", "x": "ぁぃぅぇぉ", "l": "ぁぃぅぇぉ"},
}
_VOWELS = "aiueo"
_TO_KATAKANA = 0x60


@cache
def _keys() -> dict[str, tuple[str, str]]:
    """Return the consonant and the vowel typed for each hiragana."""
    return {
        kana: (consonant, vowel)
        for consonant, row in reversed(_TYPED.items())
        for vowel, kana in zip(_VOWELS, row, strict=True)
        if kana != "_"
    }


def is_kana(character: str) -> bool:
    """Say whether a text is one kana, small or not, that is typed as a consonant and a vowel."""
    return _hiragana(character) in _keys()


def retyped(character: str, instead: Callable[[str], Sequence[str]]) -> tuple[str, ...]:
    """Return the kana that come of one key typed wrong, in hiragana or katakana as `character` is.

    Args:
        character: a kana.
        instead: the Latin letters that may be typed for one.
    """
    plain = _hiragana(character)
    consonant, vowel = _keys()[plain]
    found = {_kana(other, vowel) for other in (instead(consonant) if consonant else ())}
    found |= {_kana(consonant, other) for other in instead(vowel)}
    shift = ord(character) - ord(plain)
    return tuple(chr(ord(kana) + shift) for kana in sorted(found - {"_", plain}))


def _kana(consonant: str, vowel: str) -> str:
    if vowel not in _VOWELS or consonant not in _TYPED:
        return "_"
    return _TYPED[consonant][_VOWELS.index(vowel)]


def _hiragana(character: str) -> str:
    if len(character) == 1 and "ァ" <= character <= "ヶ":
        return chr(ord(character) - _TO_KATAKANA)
    return character
