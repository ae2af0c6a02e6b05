"""A text is cut into sentences that join to it again."""

from __future__ import annotations

import pytest
from hypothesis import given
from messy_texts import languages, messy

from harness.text import passage
from harness.text.passages import Passages


@given(messy, languages)
def test_sentences_and_gaps_join_to_the_text(text, language):
    found = passage(text, language)
    pieces = [
        gap + text
        for gap, text in zip(found.gaps, [*(each.text for each in found.sentences), ""], strict=True)
    ]
    assert "".join(pieces) == text
    assert all(not gap.strip() for gap in found.gaps)
    assert all(each.text == text[each.offset : each.offset + len(each.text)] for each in found.sentences)


@pytest.mark.parametrize(
    ("language", "text", "count"),
    [
        ("en", "It rained. We stayed! Did you? No.", 4),
        ("en", "Mr. Smith met J. Doe of the U.S. Army at 3.15 p.m. today.", 1),
        ("en", "wait... what?", 1),
        ("de", "Am 3. Mai kam Dr. Weber. Er blieb.", 2),
        ("zh", "我们来了。他们走了！", 2),
        ("hi", "वह आया। वह गया।", 2),
        ("ar", "جاء الولد. ذهب الرجل؟ نعم", 3),
        ("th", "ฉันไป เขามา", 1),
        ("en", "One\nTwo\r\nThree", 3),
        ("en", "  \n ", 0),
    ],
)
def test_full_stops_and_line_breaks_end_sentences(language, text, count):
    assert len(passage(text, language).sentences) == count


@given(messy, languages)
def test_a_kept_passage_is_the_one_that_is_cut(text, language):
    for room in (0, 1000):
        passages = Passages(language, room=room)
        assert passages.of(text, None) == passage(text, language)
        assert passages.of(text, None) is passages.of(text, None)


def test_room_for_passages_is_bounded_and_the_first_stay():
    passages = Passages("en", room=10)
    first = passages.of("One two.", None)
    for number in range(1000):
        passages.of(f"Another {number}.", None)
    assert passages.of("One two.", None) is first
    assert len(passages._kept) + len(passages._recent) <= 260
