"""Noise of looks: what a scanner misreads, and characters that look the same."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import regex
from harness_plugins.perturbations import hangul
from harness_plugins.perturbations.tables import read_table
from harness_plugins.perturbations.word_noise import NUKTA, Slip, WordNoise

from harness.text.writing import base

_MARK = regex.compile(r"[\p{M}\p{Cf}]")
# A letter of these with a mark is another letter: both change, or none.
_MARKED_LETTER = regex.compile(r"[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]")


class _Look(WordNoise):
    """One character of a word, or two, replaced by what a table has for it."""

    table: str

    def __init__(self) -> None:
        super().__init__()
        self.languages = tuple(sorted(_read(self.table)["languages"]))

    def unserved(self, language: str) -> str | None:
        if base(language) not in _read(self.table)["languages"]:
            return (
                f"{self.full_name} does not serve {language}: {self.table}.yaml has no table for its script"
            )
        return None

    def slips(self, word: str, language: str) -> Sequence[Slip]:
        table = confusions(self.table, base(language))
        found = []
        for start in range(len(word)):
            for end in (start + 1, start + 2):
                options = table.get(word[start:end]) if end <= len(word) else None
                if options and _whole(word, start, end):
                    found.append(Slip(start, end, options))
        return found


class Ocr(_Look):
    """A letter, or two, misread as what looks like it, as in a scanned text; in Hangul a letter of a syllable.

    Das ist ein modernes Haus.  ->  Das ist ein modemes Haus.
    """

    name = "ocr"
    description = "letters misread as by a scanner"
    reference = "Rice, Nartker and Nagy 1999 for Latin; letters that differ by a stroke or a dot (ocr.yaml)"
    table = "ocr"

    def slips(self, word: str, language: str) -> Sequence[Slip]:
        if len(word) < 2:
            return ()
        if base(language) != "ko":
            return super().slips(word, language)
        table = confusions(self.table, "ko")
        found = []
        for start, character in enumerate(word):
            if hangul.is_syllable(character):
                made = hangul.retyped(character, lambda letter: table.get(letter, ()))
                if made:
                    found.append(Slip(start, start + 1, made))
        return found


class Homoglyphs(_Look):
    """A character replaced by another of the same look, of another script or another encoding.

    Das ist ein schöner Tag.  ->  Dаs ist ein schöner Tag.  (with a Cyrillic а)
    """

    name = "homoglyphs"
    description = "characters replaced by others that look the same"
    reference = "Unicode Technical Standard 39, confusables; Boucher et al. 2022 (arXiv 2106.09898)"
    table = "homoglyphs"


def _whole(word: str, start: int, end: int) -> bool:
    """Say whether no mark is torn from a letter that is another one without it (é; with a dot below, nukta)."""
    if end == len(word) or not _MARK.match(word, end):
        return True
    return not _MARKED_LETTER.match(word, end - 1) and unicodedata.combining(word[end]) != NUKTA


@cache
def confusions(table: str, code: str) -> Mapping[str, tuple[str, ...]]:
    """Return what each character, or pair, of a language's script is taken for."""
    read = _read(table)
    names = read["languages"].get(code, ())
    groups = [group.split() for name in names for group in read["groups"][name]]
    if "radicals" in names:
        groups += _radicals()
    found: dict[str, set[str]] = {}
    for group in groups:
        for each in group:
            found.setdefault(each, set()).update(group)
    return {each: tuple(sorted(others - {each})) for each, others in found.items()}


def _radicals() -> list[list[str]]:
    """Return each character that Unicode has twice: as itself and as a Kangxi radical."""
    radicals = map(chr, range(0x2F00, 0x2FD6))
    return [[radical, unicodedata.normalize("NFKC", radical)] for radical in radicals]


@cache
def _read(table: str) -> dict[str, Any]:
    found: dict[str, Any] = read_table(f"{table}.yaml")
    return found
