"""A generator of random numbers that is seeded when it is first drawn from."""

from __future__ import annotations

from random import Random
from typing import Any


class Draws(Random):
    """What `Random(seed)` draws, for one seed after another: ``draws.begin(seed)``.

    Seeding takes longer than most of what is done with a sentence, and of many sentences nothing is drawn. Until the
    first number is asked for, the two methods that all others draw by are hidden behind ones that seed.
    (`gauss` keeps every second number for its next call: that one is forgotten.)
    """

    def __init__(self) -> None:
        super().__init__(0)
        self._next = 0
        self._hiding = {"gauss_next": None, "random": self._first_random, "getrandbits": self._first_bits}

    def begin(self, seed: int) -> None:
        """Draw from now on what a new generator of that seed draws."""
        self._next = seed
        self.__dict__.update(self._hiding)

    def _unhidden(self) -> bool:
        """Show the methods themselves; say whether they were hidden."""
        hidden = self.__dict__.pop("random", None) is not None
        self.__dict__.pop("getrandbits", None)
        return hidden

    def _begun(self) -> None:
        if "random" in self.__dict__ and self._unhidden():
            super(Random, self).seed(self._next)  # as Random does for a whole number, which this is

    # Who has taken hold of one of these may call it more than once.
    def _first_random(self) -> float:
        self._begun()
        return self.random()

    def _first_bits(self, count: int, /) -> int:
        self._begun()
        return self.getrandbits(count)

    def seed(self, a: Any = None, version: int = 2) -> None:
        """Begin anew, at once."""
        self._unhidden()
        super().seed(a, version)

    def getstate(self) -> tuple[Any, ...]:
        """Return the state that the next number is drawn from."""
        self._begun()
        return super().getstate()

    def setstate(self, state: tuple[Any, ...]) -> None:
        """Draw on from a state that `getstate` gave."""
        self._unhidden()
        super().setstate(state)
