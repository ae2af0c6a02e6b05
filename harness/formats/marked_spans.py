"""Answers carried through a translation: marked in the context before it, found and unmarked after it.

The projection of spans by marks around them is that of Chen et al. 2023 (arXiv 2211.15613), who find square
brackets to survive translation best.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.formats.translation import EMPTY, SOURCE, pieces, with_pieces
from harness.text.segments import Segments, segments

# what is put around an answer, and what translators write for it: (opening, closing)
MARKS = (("[［【", "]］】"), ("{｛", "}｝"), ("<＜〈", ">＞〉"))
LOST = "the marks around the answer are lost"
TWICE = "the marks around the answer are there twice"
UNMARKABLE = "the answer's sentence holds every mark already"
NOT_THERE = "the answer is not where the row says"


def marked_pieces(row: Mapping[str, Any]) -> list[str]:
    """Return what is translated of a row: the question's sentences, and the context's with the answer marked.

    Of several answers the first is marked. A row that cannot be marked gives nothing.
    """
    found = _marked(row)
    if isinstance(found, str):
        return []
    return [*pieces(row, ("question",)), *found[1]]


def with_marked_pieces(
    row: Mapping[str, Any], translations: Sequence[str], language: str
) -> dict[str, Any] | str:
    """Return the row with its `marked_pieces` translated and its answer found again, or why it is left out."""
    found = _marked(row)
    if isinstance(found, str):
        return found
    cut, sent, place, marks = found
    split = len(translations) - len(sent)
    changed = with_pieces(row, ("question",), translations[:split], language)
    if isinstance(changed, str):
        return changed
    context = [text.strip() for text in translations[split:]]
    if not all(context):
        return EMPTY
    answers, starts = list[str](), list[int]()
    if place is not None:
        clean = unmarked(context[place], marks)
        if isinstance(clean, str):
            return clean
        context[place], start, answer = clean
        answers, starts = [answer], [start]
    changed["context"], offsets = cut.joined(context, language)
    if place is not None:
        starts = [offsets[place] + starts[0]]
    return {**changed, "answers": answers, "answer_starts": starts}


def unmarked(text: str, marks: tuple[str, str]) -> tuple[str, int, str] | str:
    """Take the marks out of a text.

    Args:
        marks: the characters that may open, and those that may close.

    Returns:
        the text without them, where the answer begins in it, and the answer; or why there is none.
    """
    opening = [place for place, character in enumerate(text) if character in marks[0]]
    closing = [place for place, character in enumerate(text) if character in marks[1]]
    if len(opening) > 1 or len(closing) > 1:
        return TWICE
    if not opening or not closing or closing[0] < opening[0]:
        return LOST
    before, inside, after = text[: opening[0]], text[opening[0] + 1 : closing[0]], text[closing[0] + 1 :]
    answer = inside.strip()
    if not answer:
        return LOST
    if not before or before[-1].isspace():
        inside = inside.lstrip()
    if not after or after[0].isspace():
        inside = inside.rstrip()
    start = len(before) + inside.index(answer)
    return before + inside + after, start, answer


def _marked(row: Mapping[str, Any]) -> tuple[Segments, list[str], int | None, tuple[str, str]] | str:
    """Cut the context and mark the first answer in it.

    Returns:
        the context's segments as they are, what is sent to the translator in their place, the number of
        the one that is marked (None: no answer), and the marks; or why the row cannot be marked.
    """
    context: str = row["context"]
    if not row["answers"]:
        cut = segments(context, SOURCE)
        return cut, list(cut.pieces), None, MARKS[0]
    answer = row["answers"][0].strip()
    start = row["answer_starts"][0]
    start += len(row["answers"][0]) - len(row["answers"][0].lstrip())
    end = start + len(answer)
    if not answer or context[start:end] != answer:
        return NOT_THERE
    cut = segments(context, SOURCE, (start, end))
    place = max(number for number, first in enumerate(cut.starts) if first <= start)
    piece, inside = cut.pieces[place], start - cut.starts[place]
    free = [marks for marks in MARKS if not set(piece) & set("".join(marks))]
    if not free:
        return UNMARKABLE
    opening, closing = free[0][0][0], free[0][1][0]
    sent = list(cut.pieces)
    sent[place] = f"{piece[:inside]}{opening}{answer}{closing}{piece[inside + len(answer) :]}"
    return cut, sent, place, free[0]
