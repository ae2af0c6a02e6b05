"""Questions with windows of their contexts: tokens, which characters they stand for, where the answer is.

Texts are tokenised by themselves, each once however many rows share it, and put into the tokenizer's own
template for pairs. The windows are those that the tokenizer makes itself when it truncates the second text
and returns what overflows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import HarnessError
from harness.formats.base import IGNORED, Encoded, joined, offsets
from harness.formats.placed_tokens import Texts
from harness.registry_schema import Recipe

if TYPE_CHECKING:
    import pyarrow as pa
    from transformers import PreTrainedTokenizerFast

# Rows whose windows are made at once: what is in memory besides the result grows with it.
BLOCK = 4096


def encode_windows(table: pa.Table, tokenizer: PreTrainedTokenizerFast, recipe: Recipe) -> Encoded:
    """Encode each row's question with the windows of its context; see `SpanExtraction.encode`.

    A question takes at most half of a window: what is longer is cut. Neighbouring windows share ``stride``
    subwords of the context, but never more than three quarters of what they hold of it.

    Args:
        table: columns ``question``, ``context``, ``answers``, ``answer_starts``.

    Raises:
        HarnessError: the tokenizer cannot say which characters a token stands for, or ``max_length`` leaves
            no room.
    """
    template = Template.of(tokenizer)
    room = recipe.max_length - template.size
    if room < 2:
        raise HarnessError(
            f"max_length {recipe.max_length} leaves no room for a question and a context",
            f"Let it be at least {template.size + 2}.",
        )
    pieces = [
        _block(table.slice(first, BLOCK), tokenizer, template, room, recipe.stride)
        for first in range(0, max(table.num_rows, 1), BLOCK)
    ]
    return joined(pieces)


@dataclass(frozen=True)
class Template:
    """The special tokens that a tokenizer puts before, between and after two texts.

    Attributes:
        parts: before, between, after: token ids.
        types: the token types of these, and of the two texts, in the order in which they stand; None where
            the encoder has none.
    """

    parts: tuple[list[int], list[int], list[int]]
    types: tuple[list[int], int, list[int], int, list[int]] | None

    @property
    def size(self) -> int:
        """Number of special tokens."""
        return sum(map(len, self.parts))

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerFast) -> Template:
        """Read the template off a pair of texts."""
        if not tokenizer.is_fast:
            raise HarnessError(
                f"{type(tokenizer).__name__} cannot say which characters a token stands for",
                "Span extraction needs a model with a fast tokenizer (tokenizer.json).",
            )
        wants_types = "token_type_ids" in tokenizer.model_input_names
        found: Any = tokenizer("a", "a", return_token_type_ids=wants_types)
        sides = found.sequence_ids(0)
        first, second = ([at for at, side in enumerate(sides) if side == wanted] for wanted in (0, 1))
        cuts = (first[0], first[-1] + 1, second[0], second[-1] + 1)

        def parts(values: list[int]) -> tuple[list[int], list[int], list[int]]:
            return values[: cuts[0]], values[cuts[1] : cuts[2]], values[cuts[3] :]

        types = None
        if wants_types:
            given = found["token_type_ids"]
            before, between, after = parts(given)
            types = (before, given[cuts[0]], between, given[cuts[2]], after)
        return cls(parts(found["input_ids"]), types)


def _block(
    table: pa.Table, tokenizer: PreTrainedTokenizerFast, template: Template, room: int, stride: int
) -> Encoded:
    """Encode rows; `room`: tokens of a window that are not special."""
    questions, contexts = (Texts.of(table[name], tokenizer) for name in ("question", "context"))
    asked = np.minimum(questions.widths, room // 2)
    told, space = contexts.widths, room - asked
    step = space - np.minimum(stride, space * 3 // 4)
    count = 1 + np.maximum(0, -((space - told) // step))
    row = np.repeat(np.arange(table.num_rows), count)
    begin = (np.arange(len(row)) - offsets(count)[row]) * step[row]
    held = np.minimum(space[row], told[row] - begin)
    places = _Places.of(template, asked[row], held)
    context_tokens = _runs(contexts.starts[contexts.rows][row] + begin, held)
    tokens = np.empty(places.starts[-1], dtype=np.int32)
    places.fill(
        tokens,
        (template.parts[0], template.parts[1], template.parts[2]),
        questions.tokens[_runs(questions.starts[questions.rows][row], asked[row])],
        contexts.tokens[context_tokens],
    )
    segments = None
    if template.types is not None:
        before, question, between, context, after = template.types
        segments = np.empty(len(tokens), dtype=np.int8)
        places.fill(segments, (before, between, after), question, context)
    marks = np.full((len(tokens), 2), -1, dtype=np.int32)
    marks[places.context] = contexts.characters[context_tokens]
    start, end = _targets(table, contexts, row, begin, held, places.context_starts - places.starts[:-1])
    return Encoded(
        tokens,
        places.starts,
        segments,
        rows=row,
        marks={"offsets": marks},
        notes={"start": start, "end": end},
    )


@dataclass(frozen=True)
class _Places:
    """Where the parts of each window lie among all tokens."""

    starts: np.ndarray
    sides: tuple[np.ndarray, np.ndarray, np.ndarray]
    question: np.ndarray
    context: np.ndarray
    context_starts: np.ndarray

    @classmethod
    def of(cls, template: Template, asked: np.ndarray, held: np.ndarray) -> _Places:
        """Lay out windows with `asked` tokens of the question and `held` of the context, both [windows]."""
        starts = offsets(template.size + asked + held)
        question = starts[:-1] + len(template.parts[0])
        between = question + asked
        context = between + len(template.parts[1])
        sides = (starts[:-1], between, context + held)
        return cls(starts, sides, _runs(question, asked), _runs(context, held), context)

    def fill(
        self,
        values: np.ndarray,
        special: tuple[list[int], list[int], list[int]],
        question: np.ndarray | int,
        context: np.ndarray | int,
    ) -> None:
        """Write what each token has into `values` [total]."""
        for side, given in zip(self.sides, special, strict=True):
            for place, value in enumerate(given):
                values[side + place] = value
        values[self.question], values[self.context] = question, context


def _runs(first: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return ``counts[i]`` numbers from ``first[i]`` on, for all i one after the other."""
    inside = np.arange(int(counts.sum()), dtype=np.int64)
    runs: np.ndarray = inside + np.repeat(first - (np.cumsum(counts) - counts), counts)
    return runs


def _targets(
    table: pa.Table,
    contexts: Texts,
    row: np.ndarray,
    begin: np.ndarray,
    held: np.ndarray,
    lead: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return each window's target start and end, [windows] int64.

    Args:
        row: [windows] the row of each; `begin`: its first context token; `held`: how many it holds; `lead`:
            how many tokens stand before them.
    """
    found = np.array(list(_answer_tokens(table, contexts)), dtype=np.int64).reshape(table.num_rows, 2)[row]
    inside = (found[:, 0] >= begin) & (found[:, 1] < begin + held)
    targets = np.where(inside[:, None], found - begin[:, None] + lead[:, None], 0)
    targets[found[:, 0] == IGNORED] = IGNORED
    return targets[:, 0].copy(), targets[:, 1].copy()


def _answer_tokens(table: pa.Table, contexts: Texts) -> Iterator[tuple[int, int]]:
    """Give each row's first and last answer token in its context: -1 without an answer, -100 if it is not there."""
    columns = (table["answers"].to_pylist(), table["answer_starts"].to_pylist(), contexts.rows.tolist())
    for answers, starts, number in zip(*columns, strict=True):
        answer = answers[0] if answers else ""
        if not answer.strip():
            yield -1, -1
            continue
        place = _place(contexts.texts[number], answer, starts[0] if starts else 0)
        spans = contexts.characters[contexts.starts[number] : contexts.starts[number + 1]]
        touched = np.flatnonzero((spans[:, 1] > place) & (spans[:, 0] < place + len(answer)))
        yield (int(touched[0]), int(touched[-1])) if place >= 0 and len(touched) else (IGNORED, IGNORED)


def _place(context: str, answer: str, start: int) -> int:
    """Return where the answer stands: at `start`, else the place nearest to it, -1 if it is not there."""
    if start >= 0 and context.startswith(answer, start):
        return start
    places = [match.start() for match in re.finditer(re.escape(answer), context)]
    return min(places, key=lambda place: abs(place - start), default=-1)
