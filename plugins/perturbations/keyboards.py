"""Keyboards: the letters on the keys around each letter, language by language."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from harness_plugins.perturbations.tables import read_table

from harness.text.writing import base

# How far right of the first letter of the top row each row begins, in keys.
_ROWS = {"digits": (-1, -0.5), "top": (0, 0.0), "home": (1, 0.25), "bottom": (2, -0.25)}
# They belong to the character before them.
_NOT_ALONE = frozenset("\u0e33\u0eb3")


@cache
def neighbours(language: str) -> Mapping[str, tuple[str, ...]]:
    """Return the letters on the keys around each letter of a language's layout; empty without a layout.

    Where vowels are marks, also the vowel marks around each vowel mark. nlpaug's data are read without importing
    it, which would import torch; where it has no layout, ours are.
    """
    code = base(language)
    folder = layouts()
    path = folder / f"{code}.json" if folder else None
    if path is not None and path.is_file():
        table = json.loads(path.read_text(encoding="utf-8"))
    else:
        name = _own()["languages"].get(code)
        table = _around(_own()["layouts"][name]) if name else {}
    found = {}
    for key, around in table.items():
        letters = sorted({other for other in around if other != key and _kind(other) == _kind(key)})
        if _kind(key) and letters:
            found[key] = tuple(letters)
    return found


@cache
def layouts() -> Path | None:
    """Return the folder of nlpaug's layouts; None where nlpaug is not installed."""
    spec = find_spec("nlpaug")
    return Path(spec.origin).parent / "res" / "char" / "keyboard" if spec and spec.origin else None


def served() -> tuple[str, ...]:
    """Return the codes of the languages that have a layout."""
    folder = layouts()
    theirs = [path.stem for path in folder.glob("*.json")] if folder else []
    return tuple(sorted({*theirs, *_own()["languages"]}))


@cache
def _own() -> dict[str, Any]:
    found: dict[str, Any] = read_table("keyboards.yaml")
    return found


def _around(layout: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the keys that touch each key: beside it, and above and below it by the stagger of the rows."""
    found: dict[str, list[str]] = {}
    for shift in ("", " with shift"):
        keys = [
            (key, row, start + place)
            for name, (row, start) in _ROWS.items()
            for place, key in enumerate(layout.get(name + shift, "").split())
        ]
        for key, row, place in keys:
            found.setdefault(key, []).extend(
                other for other, line, there in keys if abs(line - row) <= 1 and abs(there - place) <= 1
            )
    return found


@cache
def _kind(key: str) -> str:
    """Return what a key gives: only keys of one kind stand for each other. Empty: nothing of a word."""
    if len(key) != 1 or key in _NOT_ALONE:
        return ""
    if key.isalpha():
        return "letter" if key == key.lower() else ""
    if vowel_mark(key):
        return f"vowel {unicodedata.combining(key)}"
    return ""


@cache
def vowel_mark(character: str) -> bool:
    """Say whether a character is a mark that writes a vowel, as in Devanagari and Thai; harakat are none."""
    if unicodedata.category(character) not in ("Mn", "Mc"):
        return False
    name = unicodedata.name(character, "")
    return "VOWEL SIGN" in name or "THAI CHARACTER SARA" in name or "MAI HAN-AKAT" in name
