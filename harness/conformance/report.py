"""What became of the laws that a perturbation was held to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True)
class Check:
    """One law, and what was found.

    Attributes:
        law: its name (``alignment``).
        says: what it demands.
        outcome: ``passed``, ``failed`` or ``skipped``.
        note: what was wrong, or why it was skipped.
        language: of the smallest text that fails.
        text: the smallest text that fails; None where the law passed or concerns no text.
    """

    law: str
    says: str
    outcome: Outcome
    note: str = ""
    language: str = ""
    text: str | None = None

    def __str__(self) -> str:
        where = "" if self.text is None else f" ({self.language or 'any language'}: {self.text!r})"
        return f"{self.law}: {self.outcome}{': ' if self.note else ''}{self.note}{where}"


@dataclass(frozen=True)
class Report:
    """All checks of one perturbation.

    Attributes:
        name: the perturbation's full name.
        checks: one for each law, in order.
        languages: codes of the languages that it was tried in.
        untried: why it was not tried in others that it serves, or that were asked for.
        unmoved: languages in which none of the texts was changed.
        speed: sentences (or rows, of a perturbation of rows) a second; None where nothing was disturbed.
    """

    name: str
    checks: tuple[Check, ...]
    languages: tuple[str, ...] = ()
    untried: Mapping[str, str] = field(default_factory=dict)
    unmoved: tuple[str, ...] = ()
    speed: float | None = None

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.outcome == "failed")

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return not self.failures

    def __str__(self) -> str:
        return "\n".join([self.name, *(f"  {check}" for check in self.checks)])
