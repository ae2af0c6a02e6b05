"""The law of what a perturbation says of itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from harness.conformance.law import Breach
from harness.languages import languages
from harness.text.writing import base

if TYPE_CHECKING:
    from harness.conformance.trial import Trial
    from harness.perturbation import Perturbation

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*(?::\S+)?")
_NEEDS = ("parse", "words", "lexicon", "model")


def declared(trial: Trial) -> Iterator[Breach]:
    """Yield what is missing or wrong in the declaration."""
    for note in (*_names(trial.bare), *_values(trial.bare), *_service(trial.bare), *_output(trial)):
        yield Breach(note)


def _names(perturbation: Perturbation) -> Iterator[str]:
    for what in ("name", "family"):
        if not _NAME.fullmatch(getattr(perturbation, what)):
            yield f"its {what} {getattr(perturbation, what)!r} is not made of small letters, digits and hyphens"
    for what in ("description", "reference", "version"):
        value = getattr(perturbation, what)
        if not isinstance(value, str) or not value.strip():
            yield f"it has no {what}"


def _values(perturbation: Perturbation) -> Iterator[str]:
    said: Any = perturbation
    if not isinstance(said.keeps_meaning, bool):
        yield "keeps_meaning is neither True nor False"
    if not 0 < perturbation.intensity <= 1:
        yield f"its intensity {perturbation.intensity!r} does not lie in (0, 1]"
    for what in ("needs", "columns"):
        if isinstance(getattr(said, what), str):
            yield f"{what} is a string, not a tuple of strings"
    unknown = [need for need in perturbation.needs if need not in _NEEDS]
    if unknown:
        yield f"it needs {', '.join(unknown)}; known are {', '.join(_NEEDS)}"
    try:
        json.dumps(dict(perturbation.options()))
    except (TypeError, ValueError) as error:
        yield f"its options are no part of a key: {error}"


def _service(perturbation: Perturbation) -> Iterator[str]:
    said: Any = perturbation
    if isinstance(said.languages, str):
        yield "languages is a string, not a tuple of codes"
        return
    for code in perturbation.languages or ():
        if base(code) not in languages():
            yield f"it serves {code!r}, which is no known language"
        elif (reason := perturbation.unserved(code)) is not None and not perturbation.takes:
            yield f"it serves {code}, and does not: {reason}"
    if perturbation.languages is not None and perturbation.unserved("xx") is None:
        yield "it serves some languages, and a language that there is not"


def _output(trial: Trial) -> Iterator[str]:
    kind = type(trial.bare)
    base_kind = kind.__mro__[-2]
    methods = ("rewrite", "rewrite_many", "edit")
    if all(getattr(kind, name) is getattr(base_kind, name) for name in methods):
        yield "it overrides none of rewrite, rewrite_many and edit"
