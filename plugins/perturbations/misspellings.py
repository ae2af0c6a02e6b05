"""Misspellings that people have made, from a file of the user's."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness_plugins.perturbations.word_noise import Slip, WordNoise

from harness import HarnessError, Perturbation
from harness.perturbation import Resources
from harness.text.writing import base, lower, upper

FORMATS = (
    "Lines may be 'word<TAB>misspelling', 'misspelling->word', 'word misspelling misspelling', or '$word' and below it "
    "its misspellings; a .json file maps a word to a list of misspellings, or a misspelling to its word."
)
Pair = tuple[str, str]


class Misspellings(WordNoise):
    """Words misspelt as people have misspelt them, by a file (`--noise-words`), capitals kept.

    Of a folder the file is read that is named by the language (`de.tsv`, `de.json`).

    I believe that it is necessary.  ->  I beleive that it is neccessary.
    """

    name = "misspellings"
    needs = ("words",)
    description = "misspellings that people have made"
    reference = "Belinkov and Bisk 2018 (arXiv 1711.02173), natural noise; Cooper Stickland 2023 (2210.04782)"

    def __init__(self) -> None:
        super().__init__()
        self._lists: Mapping[str, tuple[str, Mapping[str, Sequence[str]]]] = {}

    def given(self, resources: Resources) -> Perturbation:
        if resources.words is None:
            return self
        found = copy.copy(self)
        files = sorted(resources.words.iterdir()) if resources.words.is_dir() else [resources.words]
        lists = {}
        for path in files:
            if path.is_file() and not path.name.startswith("."):
                code = base(path.name.partition(".")[0]) if resources.words.is_dir() else ""
                lists[code] = (hashlib.sha256(path.read_bytes()).hexdigest()[:32], misspellings(path))
        if not lists:
            raise HarnessError(f"{resources.words} holds no file", "Put a list there, named by its language.")
        found._lists = lists
        return found

    def options(self) -> Mapping[str, Any]:
        return {"words": {code: digest for code, (digest, _) in self._lists.items()}}

    def unserved(self, language: str) -> str | None:
        if self._lists and "" not in self._lists and base(language) not in self._lists:
            return f"{self.full_name} was given no list of misspellings for {language}"
        return None

    def able(self, word: str) -> bool:
        return True

    def slips(self, word: str, language: str) -> Sequence[Slip]:
        if not self._lists:
            raise HarnessError(
                f"{self.full_name} was given no list of misspellings", "Give --noise-words FILE."
            )
        _, known = self._lists.get(base(language)) or self._lists.get("") or ("", {})
        if word in known:
            options = [each for each in known[word] if each != word]
        else:
            small = lower(word[:1], language) + word[1:]
            cased: Callable[[str], str] = lambda each: upper(each[0], language) + each[1:]  # noqa: E731
            if small not in known and len(word) > 1 and word.isupper():
                small, cased = word.lower(), str.upper
            options = [made for each in known.get(small, ()) if (made := cased(each)) != word]
        return [Slip(0, len(word), tuple(options))] if options else ()


def misspellings(path: Path) -> dict[str, tuple[str, ...]]:
    """Return the misspellings of each word in a file; HarnessError, with the line, where it is no such file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise HarnessError(f"{path} is not UTF-8: {error}", "Convert it to UTF-8.") from error
    found: dict[str, dict[str, None]] = {}
    for word, wrong in _mapped(path, text) if path.suffix == ".json" else _listed(path, text):
        if word != wrong:
            found.setdefault(word, {})[wrong] = None
    if not found:
        raise HarnessError(f"{path} holds no misspelling", FORMATS)
    return {word: tuple(wrong) for word, wrong in found.items()}


def _mapped(path: Path, text: str) -> Iterator[Pair]:
    try:
        read = json.loads(text)
    except json.JSONDecodeError as error:
        raise HarnessError(f"{path}:{error.lineno} is no JSON: {error.msg}", FORMATS) from error
    if not isinstance(read, dict):
        raise HarnessError(f"{path} is no JSON mapping", FORMATS)
    for name, value in read.items():
        if isinstance(value, str) and value.strip() and name.strip():
            yield value.strip(), name.strip()
        elif isinstance(value, list) and all(isinstance(each, str) and each.strip() for each in value):
            yield from ((name.strip(), each.strip()) for each in value)
        else:
            raise HarnessError(
                f"{path}, entry {name!r}: {value!r} is neither a word nor a list of words", FORMATS
            )


def _listed(path: Path, text: str) -> Iterator[Pair]:
    word = None
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("$") and len(line.split()) == 1 and len(line) > 1:
            word = line[1:]
            continue
        pairs = _pairs(line, word)
        if not pairs or not all(map(all, pairs)):
            raise HarnessError(f"{path}:{number} names no word and misspelling: {line[:60]!r}", FORMATS)
        yield from pairs


def _pairs(line: str, word: str | None) -> list[Pair]:
    """Return the words and misspellings of a line; `word` is the one that it may stand below."""
    if "->" in line:
        wrong, _, words = line.partition("->")
        return [(each.strip(), wrong.strip()) for each in words.split(",")]
    if "\t" in line:
        first, *rest = (part.strip() for part in line.split("\t"))
        return [(first, each) for each in rest]
    if word is not None:
        # Mitton's lists write blanks as underscores, and may count a misspelling behind it.
        return [(word, line.split()[0].replace("_", " "))]
    first, *rest = line.split()
    return [(first, each) for each in rest]
