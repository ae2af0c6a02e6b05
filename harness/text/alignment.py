"""Alignment: where a stretch of the old text lies in the new one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """One piece: its place in the old text (None: inserted) and in the new one (None: left out)."""

    old: tuple[int, int] | None
    new: tuple[int, int] | None

    def moved(self, old: int, new: int) -> Link:
        """Return the link between texts that begin `old` and `new` characters earlier."""
        return Link(
            self.old and (self.old[0] + old, self.old[1] + old),
            self.new and (self.new[0] + new, self.new[1] + new),
        )


@dataclass(frozen=True)
class Alignment:
    """The links between two texts, in the order of the new one; links without a new place come last."""

    links: tuple[Link, ...]

    @classmethod
    def joined(cls, parts: Iterable[tuple[Alignment, int, int]]) -> Alignment:
        """Join the alignments of consecutive stretches, each with its offset in the old and new text."""
        shifted = [link.moved(old, new) for part, old, new in parts for link in part.links]
        return cls(
            tuple(link for link in shifted if link.new) + tuple(link for link in shifted if not link.new)
        )

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """Return where the old characters [start, end) lie in the new text, whitespace at the edges cut off.

        None where they do not lie together any more: something else came between, part of them was left
        out, or an edge falls inside a word whose length was changed. The order inside may differ (a
        reversed answer is still the answer's words and nothing else).
        """
        parts: list[tuple[int, int, int, bool, bool]] = []
        for index, link in enumerate(self.links):
            if link.old is None or link.old[1] <= start or link.old[0] >= end:
                continue
            if link.new is None:
                return None
            left, right = max(start - link.old[0], 0), max(link.old[1] - end, 0)
            if (left or right) and link.new[1] - link.new[0] != link.old[1] - link.old[0]:
                return None
            parts.append((index, link.new[0] + left, link.new[1] - right, not left, not right))
        if not parts or parts[-1][0] - parts[0][0] + 1 != len(parts):
            return None
        whole = all(part[4] for part in parts[:-1]) and all(part[3] for part in parts[1:])
        return (parts[0][1], parts[-1][2]) if whole else None
