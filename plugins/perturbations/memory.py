"""What is worked out once for a word, and kept while there is room."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

# Words that are remembered, and how long they are at most.
_REMEMBERED, _LENGTH = 50_000, 40
_Found = TypeVar("_Found")


class Memory(dict[str, _Found]):
    """What is worked out for a text when it is first met: ``memory[text]``."""

    def __init__(self, work: Callable[[str], _Found]) -> None:
        super().__init__()
        self._work: Callable[[str], _Found] = work

    def __missing__(self, key: str) -> _Found:
        found = self._work(key)
        if len(key) <= _LENGTH:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[key] = found
        return found
