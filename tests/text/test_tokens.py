"""Tokens cover the text, split no grapheme cluster, and keep words whole."""

from __future__ import annotations

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st
from messy_texts import HOSTILE, languages, messy

from harness.text import Sentence, graphemes, tokens
from harness.text.tokens import cut, indivisible, segmentation_identity, spans


def texts(text: str, language: str) -> list[str]:
    return [token.text for token in Sentence.plain(text, language).tokens]


@given(messy, languages)
def test_only_whitespace_lies_between_tokens(text, language):
    for find in (spans, indivisible):
        position = 0
        for start, end in [*find(text, language), (len(text), len(text))]:
            assert position <= start <= end
            assert not text[position:start].strip("\r\n\t\x0b\x0c\x1c\x1d\x1e\x1f\x85\u2028\u2029 ").strip()
            position = end


letters = st.sampled_from(
    ["aé1_ ", "नमस्ते 3\u094d\u200c", "قال،٣\u064e", "가각ㄱ", "ไทยภาษาก็", "Iİıßñ", "אב\u05b0"]
)


@given(messy | letters.flatmap(lambda some: st.text(alphabet=some + ".' ,-:a1", max_size=14)))
def test_the_fast_pattern_finds_what_the_exact_one_finds(text):
    found = [match.span() for match in tokens._token(text).finditer(text)]
    assert found == [match.span() for match in tokens._TOKEN.finditer(text)]


@given(messy, languages)
def test_a_text_is_cut_where_its_tokens_begin_and_end(text, language):
    parts, found = cut(text, language), spans(text, language)
    assert "".join(parts) == text
    assert parts[1::2] == [text[start:end] for start, end in found]
    sentence = Sentence.plain(text, language)
    assert (list(sentence.spans), sentence.gaps) == (found, tuple(parts[::2]))


@example("0\u0e31", "th")
@given(messy, languages)
def test_no_token_ends_inside_a_grapheme_cluster(text, language):
    boundaries = {match.start() for match in regex.finditer(r"\X", text)} | {len(text)}
    for start, end in spans(text, language):
        assert {start, end} <= boundaries


@pytest.mark.parametrize("language", ["en", "zh", "th", "my"])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_texts_have_tokens(text, language):
    assert bool(spans(text, language)) == bool(text.strip())


@given(messy)
def test_graphemes_join_to_the_text(text):
    assert "".join(graphemes(text)) == text
    assert graphemes(text) == regex.findall(r"\X", text)


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "Don't touch well-known AT&T, e.g. 3.14!", "Don't|touch|well-known|AT&T|,|e.g|.|3.14|!"),
        ("en", "He said 'no' (twice).", "He|said|'|no|'|(|twice|)|."),
        ("fr", "L’homme qu'il a vu, est-il là ?", "L’homme|qu'il|a|vu|,|est-il|là|?"),
        ("ar", "حسنا،لم أكن", "حسنا|،|لم|أكن"),
        ("hi", "क्षत्रिय है।", "क्षत्रिय|है|।"),
        ("zh", "我们用AFFC的Air Force，没有3.5%。", "我们|用|AFFC|的|Air|Force|，|没有|3.5|%|。"),
        ("th", "ฉันไม่ได้คุยกับเขา", "ฉัน|ไม่|ได้|คุย|กับ|เขา"),
        ("ja", "私は昨日学校で先生に会いました。", "私は|昨日学校で|先生に|会いました|。"),
        ("vi", "Tôi đã không nói.", "Tôi|đã|không|nói|."),
    ],
)
def test_words_are_cut_as_the_language_writes_them(language, text, expected):
    assert texts(text, language) == expected.split("|")


def test_the_segmenter_is_part_of_the_identity_only_where_it_cuts():
    assert "segmenter" not in segmentation_identity("de")
    assert segmentation_identity("zh")["segmenter"]["model"] == "zh-hans"
    assert segmentation_identity("zh-Hant")["segmenter"]["model"] == "zh-hant"
