"""All built-in perturbations keep all laws: hastily in some languages, wholly in all where asked (slow)."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.conformance import laws
from harness.conformance.samples import made_rows
from harness.conformance.trial import instance
from harness.perturbation import Resources
from harness.plugins import built_in
from harness.registry import load_registry

REGISTRY = load_registry()
BUILT_IN = [
    instance(REGISTRY.perturbation(name))
    for name in REGISTRY.names("perturbation")
    if built_in(REGISTRY.origin("perturbation", name))
]
TREES = tuple(made_rows(REGISTRY.tasks(), 2))
HASTY = ("en", "de", "tr", "ru", "ar", "hi", "th", "zh")
# Each starts a process of its own, or takes many seconds.
LONG = ("process", "length")

test_hastily = laws(*BUILT_IN, languages=HASTY, trees=TREES[::3], quick=True, without=LONG)
test_wholly = pytest.mark.slow(laws(*BUILT_IN, trees=TREES))

RESOURCES = Path(__file__).parent / "resources"
NEEDY = [
    REGISTRY.perturbation(name)
    for name in ("noise.misspellings", "adversarial.code-switch", "adversarial.code-switch:de")
]
test_with_resources = laws(
    *NEEDY,
    languages=("en", "de", "ru", "zh"),
    resources=Resources(words=RESOURCES / "words", lexicon=RESOURCES / "lexicons"),
    without=LONG,
)
