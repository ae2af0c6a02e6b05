"""Past participles of English verbs."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import regex
from harness_plugins.perturbations.reordering import table

_ONE_SYLLABLE = regex.compile(r"[^aeiouy]*(?:qu)?[aeiouy][^aeiouywx]")


@cache
def _irregular() -> dict[str, str]:
    text = (files("harness_plugins.perturbations") / "irregular_verbs.tsv").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return dict(line.split("\t") for line in lines)


def participle(lemma: str, form: str) -> str | None:
    """Return the past participle of the verb of which `form` stands in a text; None if it is not sure.

    An irregular verb's is in the table; a form in *-ed* is its own; else it is made from the lemma.

        >>> participle("write", "wrote"), participle("stop", "stops"), participle("visit", "visits")
        ('written', 'stopped', 'visited')
    """
    if lemma in _irregular():
        return _irregular()[lemma]
    if not (lemma.isascii() and lemma.isalpha() and lemma.islower() and len(lemma) > 1):
        return None
    if form.endswith("ed") and len(form) > len(lemma):
        return form
    if form.endswith(("t", "k")) and form != lemma and not lemma.startswith(form[:-1]):
        return None
    if form == lemma + "es" and not lemma.endswith(("s", "x", "z", "ch", "sh", "o")):
        # makes is not of mak
        return None
    if lemma.endswith("e"):
        return lemma + "d"
    if lemma.endswith("y") and lemma[-2] not in "aeou":
        return lemma[:-1] + "ied"
    if lemma in table("passive", "en")["doubling"] or _ONE_SYLLABLE.fullmatch(lemma):
        return lemma + lemma[-1] + "ed"
    return lemma + ("ked" if lemma.endswith("ic") else "ed")
