"""Stress tests of inference: a clause that is true whatever is said, added to hypothesis or premise."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

import regex
from harness_plugins.perturbations.tables import read_table

from harness import Perturbation
from harness.text.writing import base, spaced, upper

if TYPE_CHECKING:
    from harness.perturbation import Rows

_REPEATED = 5
_STOPS = ".。．।۔|"  # Hindi rows often have a bar for a danda
_WORD = regex.compile(r"[\p{L}\p{N}]")
# What a sentence is followed by: blanks, and signs that are not seen.
_AFTER = regex.compile(r"[\s\u200b\u200e\u200f\u2060\ufeff]*\Z")
_CLOSERS = regex.compile(r"[\p{Pe}\p{Pf}\p{Pi}\"'’”»]+\Z")
_LOOSE = regex.compile(r"[\s,;:،؛，；：、–—-]+\Z")
# The full stop belongs to the word: U.S., etc.
_ABBREVIATED = regex.compile(
    r"(?:(?:\p{L}\.)+\p{L}|(?<!\p{L})(?:etc|Inc|Co|Corp|Ltd|Jr|Sr|usw|bzw|ect)|(?<=\s)\p{Lu}|т\.д|т\.п)\.\Z"
)


class _StressTest(Perturbation):
    """Adds a clause to one column of a share of the rows."""

    family = "adversarial"
    keeps_meaning = True
    reference = "Naik et al. 2018 (arXiv 1806.00692), section 2.2"
    clause = "tautology"

    def __init__(self) -> None:
        self.languages = tuple(_sentences())

    def unserved(self, language: str) -> str | None:
        if base(language) not in _sentences():
            return f"{self.full_name} has no such sentence in {language}"
        return None

    def edit(
        self, row: Mapping[str, Any], rows: Rows, rng: Random, intensity: float
    ) -> Mapping[str, Any] | None:
        (column,) = self.columns
        text = row.get(column) or ""
        if not _WORD.search(text):
            return None
        times = self.times(rng, intensity)
        return {column: appended(text, self.clause, times, rows.language)} if times else {}

    def times(self, rng: Random, intensity: float) -> int:
        """Return how often the clause is added: once in that share of the rows."""
        return int(rng.random() < intensity)


class Tautology(_StressTest):
    """A tautology added to the hypothesis: its words overlap less with the premise, its truth is the same.

    Intensity is the share of the rows.

        He left early.  ->  He left early and true is true.
    """

    name = "tautology"
    columns = ("hypothesis",)
    description = "'and true is true' added to the hypothesis"


class Negation(_StressTest):
    """A tautology with a negation added to the hypothesis, which models take for a sign of contradiction.

    Intensity is the share of the rows.

        He left early.  ->  He left early and false is not true.
    """

    name = "negation"
    columns = ("hypothesis",)
    clause = "negation"
    description = "'and false is not true' added to the hypothesis"


class Length(_StressTest):
    """A tautology added five times to the premise, so that premise and hypothesis differ in length.

    Intensity is the share of the five times.

        He left early.  ->  He left early and true is true and true is true and true is true ...
    """

    name = "length"
    columns = ("premise",)
    description = "'and true is true' added five times to the premise"

    def times(self, rng: Random, intensity: float) -> int:
        """Return that share of five times, at least one."""
        return max(1, int(intensity * _REPEATED + 0.5))


def appended(text: str, clause: str, times: int, language: str) -> str:
    """Return the text with a clause joined to its last sentence, before the full stop.

    After a question, an exclamation or a quotation the clause is a sentence of its own.
    """
    form = _sentences()[base(language)]
    end = _AFTER.search(text)
    assert end is not None
    body, after = text[: end.start()], end.group()
    added = (form["and"] + form[clause]) * times
    if not _WORD.search(body):
        return text + added
    open_, stop = _opened(body, language)
    if open_ is None:
        alone = added[len(form["and"]) :]
        blank = " " if spaced(language) or not form["stop"] else ""
        return f"{body}{blank}{upper(alone[0], language)}{alone[1:]}{form['stop']}{after}"
    return f"{open_}{added}{stop}{after}"


def _opened(body: str, language: str) -> tuple[str | None, str]:
    """Return a sentence without its full stop, and the full stop; None where no clause can be joined to it."""
    last = _CLOSERS.sub("", body)[-1:]
    if last in "?!…؟？！" or (last == ";" and base(language) == "el"):
        return None, ""
    if last in _STOPS and body[-1:] != last:
        return None, ""
    if body.endswith(".."):
        return None, ""
    if body[-1:] not in _STOPS:
        return _LOOSE.sub("", body) or body, ""
    return (body, ".") if _ABBREVIATED.search(body) else (body[:-1].rstrip() or body, body[-1])


@cache
def _sentences() -> Mapping[str, Mapping[str, str]]:
    table: dict[str, dict[str, str]] = read_table("stress_tests.yaml")
    return table
