"""Rows in another language: what is translated of them, what stays, what is left out and counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import HarnessError, Task
from harness.formats import Format, format_named
from harness.formats.marked_spans import LOST, NOT_THERE
from harness.formats.translation import EMPTY, SAME
from harness.text.segments import segments
from harness.translation.rows import CUT_OFF, check_translatable, pieces_to_translate, translated_table

PAIRS = format_named("pair-classification")


class Choosing(Format):
    """A question with choices."""

    name = "choosing"
    columns = ("question", "choices", "label")
    types: Mapping[str, str] = {"choices": "texts", "label": "label"}


class Tagging(Format):
    """Tokens with tags."""

    name = "tagging"
    columns = ("tokens", "tags")
    types: Mapping[str, str] = {"tokens": "texts", "tags": "labels"}


class Pointing(Tagging):
    """A place in a text."""

    types: Mapping[str, str] = {"tags": "numbers"}


class Finding(Choosing):
    """Evaluated as the encoder stands."""

    trains = False


def pairs(*rows: tuple[str, str]) -> pa.Table:
    return pa.table(
        {
            "id": [f"train:{number}" for number in range(len(rows))],
            "cluster": ["c"] * len(rows),
            "premise": [first for first, _ in rows],
            "hypothesis": [second for _, second in rows],
            "label": ["neutral"] * len(rows),
            "premise.conllu": [""] * len(rows),
        }
    )


def shout(texts: list[str]) -> dict[str, str | None]:
    return {text: text.upper() for text in texts}


def test_texts_are_translated_sentence_by_sentence_and_all_else_stays() -> None:
    table = pairs(("A dog runs.  It is old.\nVery.", "A dog runs."))
    pieces = pieces_to_translate(table, PAIRS)
    assert pieces == ["A dog runs.", "It is old.", "Very."]
    made = translated_table(table, PAIRS, shout(pieces), "de")
    assert made.table.to_pylist() == [
        {
            "id": "train:0",
            "cluster": "c",
            "premise": "A DOG RUNS.  IT IS OLD.\nVERY.",
            "hypothesis": "A DOG RUNS.",
            "label": "neutral",
        }
    ]
    assert not made.dropped


def test_what_is_translated_is_in_an_order_that_does_not_depend_on_the_rows() -> None:
    rows = [("Same length.", "Dame length."), ("Another text here.", "No.")]
    assert pieces_to_translate(pairs(*rows), PAIRS) == pieces_to_translate(pairs(*rows[::-1]), PAIRS)


def test_rows_whose_translation_is_empty_or_cut_off_are_left_out_and_counted() -> None:
    table = pairs(("One.", "Two."), ("One.", "Three."), ("Four.", "Two."), ("Four.", "Five."))
    found = {"One.": "Eins.", "Two.": " ", "Three.": "Drei.", "Four.": None, "Five.": "Fünf."}
    made = translated_table(table, PAIRS, found, "de")
    assert made.table["id"].to_pylist() == ["train:1"]
    assert made.dropped == {EMPTY: 1, CUT_OFF: 2}


def test_choices_are_translated_and_may_not_become_the_same() -> None:
    kind = pa.list_(pa.string())
    table = pa.table(
        {
            "id": ["a", "b"],
            "cluster": ["a", "b"],
            "question": ["What?", ""],
            "choices": pa.array([["big", "large"], ["big", "big", ""]], kind),
            "label": ["0", "1"],
        }
    )
    shape = Choosing()
    made = translated_table(table, shape, {"What?": "Was?", "big": "groß", "large": "groß"}, "de")
    assert made.dropped == {SAME: 1}
    assert made.table.schema.field("choices").type == kind
    assert made.table.to_pylist() == [
        {"id": "b", "cluster": "b", "question": "", "choices": ["groß", "groß", ""], "label": "1"}
    ]


@pytest.mark.parametrize(
    ("shape", "why"),
    [(Tagging(), "every token has a label"), (Pointing(), "point into"), (Finding(), "not trained on")],
)
def test_formats_that_no_machine_translates_are_refused_with_what_serves_instead(
    shape: Format, why: str
) -> None:
    with pytest.raises(HarnessError, match=why) as error:
        check_translatable(Task(name="pos"), shape)
    assert "--translations DIR" in error.value.mend
    assert "DIR/pos/LANGUAGE/train.parquet" in error.value.mend


def test_pairs_choices_and_spans_may_be_translated() -> None:
    for name in ("pair-classification", "multiple-choice", "span-extraction", "masked-lm"):
        check_translatable(Task(name="any"), format_named(name))


def test_tags_candidates_and_pairs_of_translations_may_not() -> None:
    for name in ("token-tagging", "retrieval", "translation-ranking"):
        with pytest.raises(HarnessError, match="cannot be translated by machine"):
            check_translatable(Task(name="any"), format_named(name))


def test_a_table_of_answers_is_translated_with_its_answers_in_place() -> None:
    shape = format_named("span-extraction")
    kinds = {"answers": pa.list_(pa.string()), "answer_starts": pa.list_(pa.int64())}
    context = "It rained. He came late [sic] and left."
    rows = [("came", 14), ("rained", 3), ("late [sic]", 19), ("never", 0)]
    table = pa.table(
        {
            "id": [answer for answer, _ in rows],
            "cluster": ["c"] * 4,
            "context": [context] * 4,
            "question": ["What?"] * 4,
            "answers": pa.array([[answer] for answer, _ in rows], kinds["answers"]),
            "answer_starts": pa.array([[start] for _, start in rows], kinds["answer_starts"]),
        }
    )
    found = shout(pieces_to_translate(table, shape))
    found["It [rained]."] = "ES REGNETE."
    made = translated_table(table, shape, found, "de")
    assert made.table.schema == table.schema
    assert made.dropped == {LOST: 1, NOT_THERE: 1}
    assert [(row["answers"], row["answer_starts"]) for row in made.table.to_pylist()] == [
        (["CAME"], [14]),
        (["LATE [SIC]"], [19]),
    ]
    assert set(made.table["context"].to_pylist()) == {context.upper()}


TEXTS = st.lists(st.sampled_from(["A dog.", "Dr. Who came", "No!", " ", "\n", "3.5", "。是。", "?"])).map(
    "".join
)


@given(TEXTS)
def test_sentences_put_back_in_place_are_the_text(text: str) -> None:
    cut = segments(text, "en")
    joined, starts = cut.joined(cut.pieces, "de")
    assert joined == text
    assert tuple(starts) == cut.starts
    assert all(piece == piece.strip() and piece for piece in cut.pieces)


@given(TEXTS, st.data())
def test_a_stretch_that_is_to_stay_whole_lies_in_one_piece(text: str, data: Any) -> None:
    places = [place for place, character in enumerate(text) if not character.isspace()]
    if not places:
        return
    start = data.draw(st.sampled_from(places))
    end = data.draw(st.sampled_from([place for place in places if place >= start])) + 1
    cut = segments(text, "en", (start, end))
    assert cut.joined(cut.pieces, "de")[0] == text
    holding = [
        first
        for first, piece in zip(cut.starts, cut.pieces, strict=True)
        if first <= start and end <= first + len(piece)
    ]
    assert len(holding) == 1
