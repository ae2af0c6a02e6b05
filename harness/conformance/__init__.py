"""Conformance: every perturbation, built in or a stranger's, is held to the same laws.

In a test file of three lines:

    from acme import Echo
    from harness.conformance import laws

    test_echo = laws(Echo())
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.conformance.checking import LAWS as LAWS
    from harness.conformance.checking import check as check
    from harness.conformance.report import Check as Check
    from harness.conformance.report import Report as Report
    from harness.conformance.samples import Sample as Sample
    from harness.conformance.testing import laws as laws

_PLACES = {
    "LAWS": "checking",
    "check": "checking",
    "Check": "report",
    "Report": "report",
    "Sample": "samples",
    "laws": "testing",
}

__all__ = [*_PLACES]


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    raise AttributeError(f"module 'harness.conformance' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
