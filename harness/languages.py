"""Languages: codes, names, scripts, and whether words are written apart."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from harness import names
from harness.errors import UnknownName


@dataclass(frozen=True)
class Language:
    """A language as the benchmarks write it.

    Attributes:
        code: ISO 639-1, as in XTREME and XTREME-R.
        name: its English name.
        script: ISO 15924 code of the script that the benchmarks use (Punjabi: Guru, Chinese: Hans).
        spaces: whether words are written apart (in Vietnamese: syllables), so that splitting at white
            space gives words.
    """

    code: str
    name: str
    script: str
    spaces: bool


@cache
def languages() -> Mapping[str, Language]:
    """Return every known language by its code."""
    with Path(__file__).with_suffix(".tsv").open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: Language(row["code"], row["name"], row["script"], row["spaces"] == "yes")
            for row in csv.DictReader(file, delimiter="\t")
        }


def language(code: str) -> Language:
    """Return the language with this code; raise UnknownName with near names otherwise."""
    known = languages()
    if code in known:
        return known[code]
    named = {each.name: each for each in known.values()}
    close = [f"{named[name].code} is {name}" for name in names.near(code, named)]
    listed = "See 'harness list languages'."
    raise UnknownName(f"unknown language '{code}'", " ".join([*(f"{each}." for each in close), listed]))
