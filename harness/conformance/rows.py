"""Made rows of every format, from made texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from harness.conformance.samples import Sample
from harness.text import Passage

if TYPE_CHECKING:
    import pyarrow as pa

    from harness.perturbation import Perturbation

Row = dict[str, Any]


@dataclass(frozen=True)
class Batch:
    """Rows of one language that are disturbed together.

    Attributes:
        shape: the name of their format; None for texts alone.
        language: code of their language.
        table: ``id``, the format's columns, and trees where they are needed.
        columns: the text columns that are disturbed.
    """

    shape: str | None
    language: str
    table: pa.Table
    columns: tuple[str, ...]

    def take(self, order: Sequence[int]) -> Batch:
        """Return some of the rows, in that order."""
        return replace(self, table=self.table.take(list(order)))

    def text(self, row: int) -> str:
        """Return a row's first disturbed text, for messages."""
        value = self.table.column(self.columns[0])[row].as_py()
        return " ".join(value) if isinstance(value, list) else value or ""


def batches(perturbation: Perturbation, samples: Sequence[Sample], edits_rows: bool) -> Iterator[Batch]:
    """Yield made rows: texts alone for a perturbation of sentences, rows with its columns for one of rows."""
    from harness.formats import format_named

    by_language: dict[str, list[Sample]] = {}
    for sample in samples:
        by_language.setdefault(sample.language, []).append(sample)
    for language, mine in by_language.items():
        if not edits_rows:
            rows = [{"text": each.text, "text.conllu": each.conllu} for each in mine]
            yield Batch(None, language, _table(rows), ("text",))
            continue
        for name, make in MADE.items():
            shape = format_named(name)
            if not set(perturbation.columns) <= {*shape.columns}:
                continue
            columns = tuple(each for each in shape.texts if each in (perturbation.columns or shape.texts))
            if columns:
                yield Batch(name, language, _table(make(mine)), columns)


def _table(rows: Sequence[Row]) -> pa.Table:
    import pyarrow as pa

    columns = {name: [row[name] for row in rows] for name in rows[0]}
    kinds = {"answers": pa.list_(pa.string()), "answer_starts": pa.list_(pa.int64())} | dict.fromkeys(
        ("tokens", "tags", "choices"), pa.list_(pa.string())
    )
    arrays = {name: pa.array(values, kinds.get(name, pa.string())) for name, values in columns.items()}
    return pa.table({"id": [str(number) for number in range(len(rows))], **arrays})


def _pairs(samples: Sequence[Sample]) -> list[Row]:
    labels = ("entailment", "neutral", "contradiction")
    return [
        {
            "premise": each.text,
            "hypothesis": samples[place - 1].text,
            "label": labels[place % 3],
        }
        for place, each in enumerate(samples)
    ]


def _questions(samples: Sequence[Sample]) -> list[Row]:
    rows = []
    for place, each in enumerate(samples):
        for start, end in answers(each.passage())[::5]:
            rows.append(
                {
                    "context": each.text,
                    "question": samples[place - 1].text,
                    "answers": [each.text[start:end]],
                    "answer_starts": [start],
                }
            )
    return [*rows, {"context": samples[0].text, "question": "", "answers": [], "answer_starts": []}]


def answers(source: Passage) -> list[tuple[int, int]]:
    """Return stretches of a text that may be answers: words, two and three of them, sentences, parts of words."""
    found = []
    for sentence in source.sentences:
        places = [(sentence.offset + token.start, sentence.offset + token.end) for token in sentence.tokens]
        for size in (1, 2, 3, len(places)):
            for first in range(len(places) - size + 1):
                found.append((places[first][0], places[first + size - 1][1]))
        found += [cut for start, end in places for cut in ((start + 1, end), (start, end - 1))]
    return [(start, end) for start, end in dict.fromkeys(found) if start < end]


def tags(count: int) -> list[str]:
    """Return tags of so many words: entities of one, two and three words, side by side and apart."""
    pattern = [
        "B-PER",
        "I-PER",
        "O",
        "B-LOC",
        "B-LOC",
        "I-LOC",
        "I-LOC",
        "O",
        "I-ORG",
        "B-ORG",
        "I-ORG",
        "O",
        "O",
    ]
    return [pattern[place % len(pattern)] for place in range(count)]


def _tagged(samples: Sequence[Sample]) -> list[Row]:
    rows = []
    for each in samples:
        for sentence in each.passage().sentences:
            words = [token.text for token in sentence.tokens]
            rows.append({"tokens": words, "tags": tags(len(words))})
    return rows


def _choices(samples: Sequence[Sample]) -> list[Row]:
    return [
        {
            "context": each.text,
            "question": samples[place - 1].text,
            "choices": [other.text for other in samples],
            "label": str(place),
        }
        for place, each in enumerate(samples)
    ]


def _text_pairs(samples: Sequence[Sample]) -> list[Row]:
    return [{"text": each.text, "text_pair": samples[place - 1].text} for place, each in enumerate(samples)]


MADE = {
    "pair-classification": _pairs,
    "span-extraction": _questions,
    "token-tagging": _tagged,
    "multiple-choice": _choices,
    "translation-ranking": _text_pairs,
}
