"""Bilingual lexicons: files of word pairs, as MUSE's are, alone or in a folder."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import regex

from harness import HarnessError
from harness.text.tokens import is_word
from harness.text.writing import base, lower

# en-de.txt, en-de.0-5000.txt, en_de.tsv.gz
_NAME = regex.compile(r"([a-z]{2,3})[-_]([a-z]{2,3})(?:[-._].*)?\.(?:txt|tsv|dict)(?:\.gz)?")
_MEND = "Name a file of word pairs SOURCE-TARGET.txt (en-de.txt), or give a folder of such files."

Pairs = Mapping[str, tuple[str, ...]]


class Lexicons:
    """The lexicons in a folder, or the one in a file, each told by its name.

    A line is a word and its translation, with a tab or blanks between; a word may have several lines. A lexicon
    serves in both directions. Translations of several words, and those that are the word itself, are left out.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._files = {file: found for file in _files(path) if (found := _NAME.fullmatch(file.name))}
        if not self._files:
            raise HarnessError(f"{path}: no bilingual lexicon is named there", _MEND)

    def targets(self, language: str) -> tuple[str, ...]:
        """Return the languages that words of a language can be translated into, sorted."""
        own = base(language)
        pairs = {(found[1], found[2]) for found in self._files.values()}
        return tuple(sorted({b if a == own else a for a, b in pairs if own in (a, b) and a != b}))

    def pairs(self, language: str, target: str) -> Pairs:
        """Return the translations of each word of a language, in the order of the files."""
        own = base(language)
        found: dict[str, dict[str, None]] = {}
        for file, name in self._files.items():
            if {name[1], name[2]} == {own, target}:
                for left, right in _read(file, file.stat().st_mtime_ns):
                    word, translation = (left, right) if name[1] == own else (right, left)
                    if _translates(word, translation):
                        found.setdefault(_small(word, own), {}).setdefault(translation)
        return {word: tuple(translations) for word, translations in found.items()}

    def digests(self, target: str) -> Mapping[str, str]:
        """Return the digest of each file that knows a language, by its name; of all files for ""."""
        return {
            file.name: _digest(file, file.stat().st_mtime_ns)
            for file, name in self._files.items()
            if not target or target in (name[1], name[2])
        }


def _files(path: Path) -> Sequence[Path]:
    return sorted(each for each in path.iterdir() if each.is_file()) if path.is_dir() else [path]


def _translates(word: str, translation: str) -> bool:
    return (
        is_word(word)
        and is_word(translation)
        and len(translation.split()) == 1
        and word.casefold() != translation.casefold()
    )


def _small(word: str, language: str) -> str:
    return "".join(lower(character, language) for character in word)


@lru_cache(maxsize=4)
def _read(file: Path, _time: int) -> Sequence[tuple[str, str]]:
    pairs = list(_pairs(file))
    if not pairs:
        raise HarnessError(f"{file}: no line holds a word and its translation", _MEND)
    return pairs


def _pairs(file: Path) -> Iterator[tuple[str, str]]:
    try:
        content = file.read_bytes()
        text = (gzip.decompress(content) if file.suffix == ".gz" else content).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise HarnessError(f"{file}: not a text in UTF-8 ({error})", _MEND) from error
    for line in text.splitlines():
        word, _, translation = line.strip().partition("\t")
        if not translation:
            word, translation = [*line.split(maxsplit=1), "", ""][:2]
        if word and translation.strip():
            yield word.strip(), translation.strip()


@lru_cache(maxsize=256)
def _digest(file: Path, _time: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:32]
