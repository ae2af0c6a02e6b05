"""Adversarial input: what is put into or exchanged in a text so that a model errs where a reader does not."""

from __future__ import annotations

from collections.abc import Sequence

from harness_plugins.perturbations.code_switch import CodeSwitch
from harness_plugins.perturbations.distractor import Distractor
from harness_plugins.perturbations.entity_swap import EntitySwap
from harness_plugins.perturbations.stress_tests import Length, Negation, Tautology
from harness_plugins.perturbations.substitution import Substitute

from harness import Perturbation, hookimpl


@hookimpl
def harness_perturbations() -> Sequence[Perturbation]:
    return [
        Distractor("last"),
        Distractor("first"),
        Distractor("random"),
        Tautology(),
        Negation(),
        Length(),
        EntitySwap(),
        CodeSwitch(),
        Substitute(),
    ]
