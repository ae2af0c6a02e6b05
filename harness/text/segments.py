"""Segments: a text as the pieces that are translated one by one, and the white space between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.text.passages import boundaries
from harness.text.writing import base

UNSPACED_SENTENCES = frozenset({"ja", "zh"})  # languages that put no space between sentences
_SPACE = " \u00a0"


@dataclass(frozen=True)
class Segments:
    """The sentences of a text.

    Attributes:
        starts: where each piece begins in the text.
        pieces: the sentences; each begins and ends with something else than white space.
        gaps: white space before, between and after them: one more than there are pieces.
    """

    starts: tuple[int, ...]
    pieces: tuple[str, ...]
    gaps: tuple[str, ...]

    def joined(self, pieces: Sequence[str], language: str) -> tuple[str, list[int]]:
        """Put pieces in another language in the place of these.

        Returns:
            the text, and where each piece begins in it.
        """
        text, starts = self.gaps[0], []
        for number, piece in enumerate(pieces):
            starts.append(len(text))
            gap = self.gaps[number + 1]
            if base(language) in UNSPACED_SENTENCES and number + 1 < len(pieces) and not gap.strip(_SPACE):
                gap = ""
            text += piece + gap
        return text, starts


def segments(text: str, language: str, whole: tuple[int, int] | None = None) -> Segments:
    """Cut a text into sentences.

    Args:
        whole: a stretch that no cut may part: the sentences that it touches stay together.
    """
    spans = boundaries(text, language)
    if whole is not None:
        touched = [span for span in spans if span[0] < whole[1] and whole[0] < span[1]]
        if len(touched) > 1:
            first = spans.index(touched[0])
            spans[first : first + len(touched)] = [(touched[0][0], touched[-1][1])]
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    return Segments(
        tuple(start for start, _ in spans),
        tuple(text[start:end] for start, end in spans),
        tuple(text[left:right] for left, right in zip(edges[::2], edges[1::2], strict=True)),
    )
