"""Princeton WordNet, read from its own files: synonyms, and the forms of English words."""

from __future__ import annotations

import hashlib
import os
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path

import regex

from harness import HarnessError

PARTS = {"NOUN": "noun", "VERB": "verb", "ADJ": "adj", "ADV": "adv"}
_PLAIN = regex.compile(r"(?=.*[aeiou])[a-z]{2,}")  # no abbreviation: yr
# Of a word of more senses the first is too often not the one that is meant.
_MOST_SENSES = 5
_SIBILANT = ("s", "x", "z", "ch", "sh")
_VOWELS = "aeiou"


def find() -> Path | None:
    """Return the folder or archive that holds WordNet's files: where nltk, WNSEARCHDIR or Debian keep them."""
    told = os.environ.get("WNSEARCHDIR")
    for place in [*([Path(told)] if told else []), Path("/usr/share/wordnet"), *_nltk_places()]:
        if (place / "data.noun").is_file():
            return place
        archive = place.with_suffix(".zip")
        if archive.is_file():
            return archive
    return None


def _nltk_places() -> Iterator[Path]:
    told = [Path(each) for each in os.environ.get("NLTK_DATA", "").split(os.pathsep) if each]
    homes = [Path.home(), Path(sys.prefix), Path(sys.prefix) / "share", Path(sys.prefix) / "lib"]
    shared = [Path(each) for each in ("/usr/share", "/usr/local/share", "/usr/lib", "/usr/local/lib")]
    for folder in [*told, *(each / "nltk_data" for each in [*homes, *shared])]:
        yield folder / "corpora" / "wordnet"


class WordNet:
    """The files ``index``, ``data`` and exceptions of each part of speech, in a folder or an archive of one."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._indices: dict[str, Mapping[str, Sequence[int]]] = {}
        self._data: dict[str, bytes] = {}
        self._exceptions: dict[str, frozenset[str]] = {}
        self._tagged: dict[str, frozenset[str]] = {}

    @cached_property
    def digest(self) -> str:
        """What tells this WordNet from others."""
        return _digest(self.place, self.place.stat().st_mtime_ns)

    def synonyms(self, lemma: str, part: str) -> list[str]:
        """Return the words whose first sense is the first sense of a lemma, in WordNet's order.

        Words of many senses have none. No synonyms are words in several parts, and words that the texts do not hold
        whose words were tagged with their senses: rare ones (*ain* for own), and those whose first sense is any.
        """
        index = self._index(part)
        senses = index.get(lemma, ())
        if not 0 < len(senses) <= _MOST_SENSES:
            return []
        return [
            word
            for word in self._words(part, senses[0])
            if word != lemma
            and word in self._tagged[part]
            and _PLAIN.fullmatch(word)
            and index.get(word, (0,))[0] == senses[0]
        ]

    def form(self, lemma: str, part: str, feats: Mapping[str, str]) -> str | None:
        """Return the form of a regular word that features ask for; None where that is not known."""
        asked = _asked(part, feats)
        if asked == "":
            return lemma
        if asked is None or lemma in self._irregular(part):
            return None
        return _regular(lemma, asked)

    def _index(self, part: str) -> Mapping[str, Sequence[int]]:
        if part not in self._indices:
            found, tagged = {}, set()
            for line in read(self.place, f"index.{part}").decode("latin-1").splitlines():
                if line and not line.startswith(" "):
                    fields = line.split()
                    found[fields[0]] = tuple(map(int, fields[-int(fields[2]) :]))
                    if int(fields[-int(fields[2]) - 1]):
                        tagged.add(fields[0])
            self._indices[part], self._tagged[part] = found, frozenset(tagged)
        return self._indices[part]

    def _words(self, part: str, offset: int) -> list[str]:
        if part not in self._data:
            self._data[part] = read(self.place, f"data.{part}")
        data = self._data[part]
        if data[offset : offset + 8] != b"%08d" % offset:
            raise HarnessError(
                f"{self.place / f'data.{part}'} does not fit its index.{part}", "Install WordNet again."
            )
        fields = data[offset : data.index(b"\n", offset)].decode("latin-1").split()
        return [fields[4 + 2 * number] for number in range(int(fields[3], 16))]

    def _irregular(self, part: str) -> frozenset[str]:
        if part not in self._exceptions:
            lines = read(self.place, f"{part}.exc").decode("latin-1").splitlines()
            self._exceptions[part] = frozenset(lemma for line in lines for lemma in line.split()[1:])
        return self._exceptions[part]


def read(place: Path, name: str) -> bytes:
    """Return the content of one of WordNet's files, with the line ends that its index counts on."""
    if place.is_dir():
        found = (place / name).read_bytes()
    else:
        with zipfile.ZipFile(place) as archive:
            found = archive.read(f"{place.stem}/{name}")
    return found.replace(b"\r\n", b"\n")


@lru_cache(maxsize=4)
def _digest(place: Path, _time: int) -> str:
    digest = hashlib.sha256()
    for part in PARTS.values():
        digest.update(read(place, f"index.{part}"))
        digest.update(read(place, f"data.{part}"))
    return digest.hexdigest()[:32]


def _asked(part: str, feats: Mapping[str, str]) -> str | None:
    """Return the ending that features ask for; None where they ask for another form."""
    if part == "noun":
        return {"Sing": "", "Plur": "s"}.get(feats.get("Number", ""))
    if part != "verb":
        return "" if feats.get("Degree", "Pos") == "Pos" else None
    kind = feats.get("VerbForm")
    if kind == "Inf":
        return ""
    if kind == "Ger" or (kind == "Part" and feats.get("Tense") == "Pres"):
        return "ing"
    if kind == "Part" or feats.get("Tense") == "Past":
        return "ed"
    if kind != "Fin":
        return None
    third = feats.get("Person") == "3" and feats.get("Number") != "Plur"
    return "s" if third else ""


def _regular(lemma: str, ending: str) -> str | None:
    consonant_y = lemma.endswith("y") and lemma[-2:-1] not in _VOWELS
    if ending == "s":
        if consonant_y:
            return f"{lemma[:-1]}ies"
        if lemma.endswith("o"):
            return None  # heroes, but pianos
        return f"{lemma}es" if lemma.endswith(_SIBILANT) else f"{lemma}s"
    if ending == "ed":
        if consonant_y:
            return f"{lemma[:-1]}ied"
        return f"{lemma}d" if lemma.endswith("e") else f"{lemma}ed"
    if lemma.endswith("ie"):
        return f"{lemma[:-2]}ying"
    drops = lemma.endswith("e") and not lemma.endswith(("ee", "oe", "ye"))
    return f"{lemma[:-1]}ing" if drops else f"{lemma}ing"
