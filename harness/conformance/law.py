"""What a law is: a demand, and how breaches of it are found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.conformance.samples import Sample

if TYPE_CHECKING:
    from harness.conformance.trial import Trial

# A law that so many texts break is broken.
ENOUGH = 25


class Unable(Exception):
    """Why a law cannot be tried."""


@dataclass(frozen=True)
class Breach:
    """One breach of a law: in which language, on which text, and what was wrong."""

    note: str
    language: str = ""
    text: str | None = None


@dataclass(frozen=True)
class Law:
    """A demand that every perturbation meets.

    Attributes:
        name: one word.
        says: the demand.
        judge: says what is wrong with what becomes of one text; None where nothing is.
        find: yields breaches, where a law concerns more than one text alone; raises `Unable`.
        rows: whether it holds for perturbations of rows; texts: for those of sentences.
    """

    name: str
    says: str
    judge: Callable[[Trial, Sample], str | None] | None = None
    find: Callable[[Trial], Iterator[Breach]] | None = None
    rows: bool = True
    texts: bool = True

    def breaches(self, trial: Trial) -> Iterator[Breach]:
        """Yield the breaches of the law; an exception that the perturbation raises is one."""
        if self.find is not None:
            yield from self.find(trial)
            return
        for sample in trial.samples:
            note = self.told(trial, sample)
            if note is not None:
                yield Breach(note, sample.language, sample.text)

    def told(self, trial: Trial, sample: Sample) -> str | None:
        """Return what is wrong with what becomes of one text; an exception is."""
        assert self.judge is not None
        try:
            return self.judge(trial, sample)
        except Exception as error:
            return raised(error)


def raised(error: Exception) -> str:
    """Return an exception in a line."""
    return f"{type(error).__name__}: {error}".partition("\n")[0][:300]
