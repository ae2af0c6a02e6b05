"""An answer is carried through a translation by marks around it, or its row is left out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.formats.marked_spans import (
    LOST,
    MARKS,
    NOT_THERE,
    TWICE,
    UNMARKABLE,
    marked_pieces,
    unmarked,
    with_marked_pieces,
)
from harness.formats.translation import EMPTY

PLAIN = st.sampled_from(["Rome", "the", "old.", "Yes!", "7", "a b", "é", "Über", "。", "3.5", "?", "ß"])
WORDS = PLAIN | st.sampled_from(["[note]", "{x}", "<i>", "［"])
GAPS = st.sampled_from([" ", "  ", "\n", " \n ", ""])


@st.composite
def rows(draw: st.DrawFn, words: st.SearchStrategy[str] = WORDS) -> dict[str, Any]:
    """Draw a row whose answer is any stretch of its context that holds more than white space."""
    context = "".join(draw(words) + draw(GAPS) for _ in range(draw(st.integers(1, 12))))
    start = draw(st.integers(0, len(context) - 1))
    answer = context[start : draw(st.integers(start + 1, len(context)))]
    assume(answer.strip())
    return {
        "id": "1",
        "context": context,
        "question": "Where? Who?",
        "answers": [answer],
        "answer_starts": [start],
    }


def row(context: str, answer: str, question: str = "Who?") -> dict[str, Any]:
    return {
        "context": context,
        "question": question,
        "answers": [answer],
        "answer_starts": [context.index(answer)],
    }


@given(rows())
def test_a_translation_that_changes_nothing_gives_the_row_back(row: dict[str, Any]) -> None:
    sent = marked_pieces(row)
    made = with_marked_pieces(row, sent, "de")
    if not sent:
        assert made == UNMARKABLE
        return
    assert not isinstance(made, str)
    answer = row["answers"][0]
    lead = len(answer) - len(answer.lstrip())
    assert made == {**row, "answers": [answer.strip()], "answer_starts": [row["answer_starts"][0] + lead]}


@given(rows(PLAIN))
def test_the_answer_is_found_in_the_translation_wherever_it_went(row: dict[str, Any]) -> None:
    def other_words_in_another_order(piece: str) -> str:
        before, opens, rest = piece.partition("[")
        inside, closes, after = rest.partition("]")
        return f"{opens}{inside.upper()}{closes} {after.upper()} x {before.upper()}"

    made = with_marked_pieces(
        row, [other_words_in_another_order(piece) for piece in marked_pieces(row)], "de"
    )
    assert not isinstance(made, str)
    (answer,), (start,) = made["answers"], made["answer_starts"]
    assert answer == row["answers"][0].strip().upper()
    assert made["context"][start : start + len(answer)] == answer


@given(rows())
def test_without_its_marks_a_row_is_left_out(row: dict[str, Any]) -> None:
    sent = marked_pieces(row)
    assume(sent)
    bare = [piece.translate({ord(mark): "x" for pair in MARKS for mark in "".join(pair)}) for piece in sent]
    assert with_marked_pieces(row, bare, "de") == LOST


def test_the_sentences_an_answer_touches_stay_together_and_the_others_are_apart() -> None:
    sent = marked_pieces(
        row("It rained. He came. She left. They sang.", "came. She", "Who came? And who left?")
    )
    assert sent == ["Who came?", "And who left?", "It rained.", "He [came. She] left.", "They sang."]


def test_other_marks_are_taken_where_the_sentence_holds_brackets() -> None:
    assert marked_pieces(row("He [sic] came.", "came", ""))[-1] == "He [sic] {came}."
    assert marked_pieces(row("[See] this. He came.", "came", ""))[-1] == "He [came]."


@pytest.mark.parametrize(
    ("translated", "answer", "context"),
    [
        ("Er kam [gestern].", "gestern", "Er kam gestern."),
        ("Er kam [ gestern ] an.", "gestern", "Er kam gestern an."),
        ("Er kam[ gestern ]an.", "gestern", "Er kam gestern an."),
        ("他【昨天】来了", "昨天", "他昨天来了"),
        ("他［昨天］来了", "昨天", "他昨天来了"),
        ("[Gestern] kam er.", "Gestern", "Gestern kam er."),
    ],
)
def test_marks_are_taken_out_with_the_space_that_they_left(
    translated: str, answer: str, context: str
) -> None:
    found = unmarked(translated, MARKS[0])
    assert not isinstance(found, str)
    assert (found[0], found[2]) == (context, answer)
    assert found[0][found[1] :].startswith(answer)


@pytest.mark.parametrize(
    ("translated", "reason"),
    [
        ("Er kam gestern.", LOST),
        ("Er kam [gestern.", LOST),
        ("Er kam ]gestern[.", LOST),
        ("Er kam [ ].", LOST),
        ("[Er] kam [gestern].", TWICE),
        ("Er kam [gestern]].", TWICE),
        (" ", EMPTY),
    ],
)
def test_what_cannot_be_found_is_told(translated: str, reason: str) -> None:
    given_row = row("He came yesterday.", "yesterday")
    assert with_marked_pieces(given_row, ["Wer?", translated], "de") == reason


def test_an_answer_that_is_not_where_the_row_says_is_left_out() -> None:
    wrong = {**row("He came.", "came"), "answer_starts": [1]}
    assert marked_pieces(wrong) == []
    assert with_marked_pieces(wrong, [], "de") == NOT_THERE


def test_a_question_without_an_answer_is_translated_without_marks() -> None:
    unanswered = {"context": "He came.", "question": "Why?", "answers": [], "answer_starts": []}
    assert marked_pieces(unanswered) == ["Why?", "He came."]
    made = with_marked_pieces(unanswered, ["Warum?", "Er kam."], "de")
    assert made == {"context": "Er kam.", "question": "Warum?", "answers": [], "answer_starts": []}


def test_chinese_sentences_follow_each_other_without_a_space() -> None:
    given_row = row("It rained. He came.", "He")
    made = with_marked_pieces(given_row, ["谁？", "下雨了。", "[他]来了。"], "zh")
    assert made == {
        "context": "下雨了。他来了。",
        "question": "谁？",
        "answers": ["他"],
        "answer_starts": [4],
    }
