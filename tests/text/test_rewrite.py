"""A Rewrite knows where everything went."""

from __future__ import annotations

from copy import copy
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from messy_texts import languages, messy

from harness.text import Rewrite, Sentence


def plain(text: str, language: str = "en") -> Sentence:
    return Sentence.plain(text, language)


@given(messy, languages)
def test_unchanged_gives_the_text_back_character_for_character(text, language):
    rewrite = Rewrite.unchanged(plain(text, language))
    assert rewrite.text == text
    assert not rewrite.touched
    assert rewrite.token_edits == rewrite.char_edits == 0


@given(messy, languages)
def test_the_source_order_gives_the_text_back_too(text, language):
    sentence = plain(text, language)
    assert Rewrite.reorder(sentence, range(len(sentence))).text == text
    assert Rewrite.of(sentence, range(len(sentence))).text == text or not len(sentence)


@given(messy, languages, st.randoms(use_true_random=False))
def test_spans_follow_their_tokens_through_any_order(text, language, rng):
    sentence = plain(text, language)
    order = list(range(len(sentence)))
    rng.shuffle(order)
    for rewrite in (Rewrite.reorder(sentence, order), Rewrite.of(sentence, order)):
        for index, token in enumerate(sentence.tokens):
            piece = rewrite.pieces[rewrite.tokens[index]]
            start, end = rewrite.spans.span(token.start, token.end)
            assert rewrite.text[start:end] == piece.text
            assert piece.text.casefold().replace("̇", "") == token.text.casefold().replace("̇", "") or (
                piece.recased and piece.text[1:] == token.text[1:]
            )


@given(messy, languages, st.randoms(use_true_random=False))
def test_an_edge_inside_a_moved_word_moves_with_it(text, language, rng):
    sentence = plain(text, language)
    order = list(sentence.words)
    rng.shuffle(order)
    rewrite = Rewrite.reorder(sentence, order)
    for token in sentence.tokens:
        for cut in range(token.start + 1, token.end):
            start, end = rewrite.spans.span(cut, token.end)
            assert rewrite.text[start:end] == token.text[cut - token.start :]


@given(messy, languages, st.randoms(use_true_random=False))
def test_what_is_spliced_is_the_pieces_and_the_gaps_between_them(text, language, rng):
    sentence = plain(text, language)
    size = len(sentence)
    texts = {index: rng.choice(["", "new", "x y"]) for index in range(size) if rng.random() < 0.4}
    gaps = {index: rng.choice(["", " "]) for index in range(size + 1) if rng.random() < 0.3}
    put = {index: (rng.choice(["", " "]), "put", " ") for index in range(size + 1) if rng.random() < 0.3}
    rewrite = Rewrite.splice(sentence, texts, gaps, put)
    joined = [rewrite.gaps[0]]
    for piece, gap in zip(rewrite.pieces, rewrite.gaps[1:], strict=True):
        joined += (piece.text, gap)
    assert rewrite.text == "".join(joined)
    for index, token in enumerate(sentence.tokens):
        assert (rewrite.tokens[index] is None) == (texts.get(index) == "")
        place = rewrite.spans.span(token.start, token.end)
        new = texts.get(index, token.text)
        assert place is None if new == "" else rewrite.text[slice(*place)] == new
    assert rewrite.marks.count("inserted") == len(put)
    gone = [index for index, new in texts.items() if new == ""]
    altered = [index for index, new in texts.items() if new not in ("", sentence.forms[index])]
    assert rewrite.token_edits == len(gone) + len(altered) + len(put)
    again = Rewrite(sentence, rewrite.pieces, rewrite.gaps)
    assert (again.text, again.token_edits) == (rewrite.text, rewrite.token_edits)


@pytest.mark.parametrize(
    "rewrite",
    [
        Rewrite.unchanged(plain("It rains.")),
        Rewrite.replace(plain("It rains."), {1: "pours"}),
        Rewrite.reorder(plain("It rains."), [1, 0]),
        Rewrite.of(plain("It rains."), [1, "now", 0]),
    ],
)
def test_with_new_gaps_it_is_a_rewrite_like_any(rewrite):
    wide = replace(rewrite, gaps=tuple(gap and "   " for gap in rewrite.gaps))
    assert wide.pieces == rewrite.pieces
    assert wide.text == rewrite.text.replace(" ", "   ")
    assert wide.token_edits == rewrite.token_edits
    assert wide.eligible == rewrite.eligible
    again = copy(rewrite)
    assert (again.text, again.pieces) == (rewrite.text, rewrite.pieces)
    assert (again.token_edits, again.eligible) == (rewrite.token_edits, rewrite.eligible)


def test_a_reversed_sentence_as_in_the_plugin_example():
    sentence = plain("Well, the dog chased the cat.")
    rewrite = Rewrite.reorder(sentence, reversed(range(len(sentence))))
    assert rewrite.text == "Cat, the chased dog the well."


def test_a_span_that_is_split_has_no_place():
    sentence = plain("The red house stood there.")
    rewrite = Rewrite.reorder(sentence, [1, 3, 2, 0, 4])
    assert rewrite.text == "Red stood house the there."
    assert rewrite.spans.span(4, 13) is None  # red house
    assert rewrite.spans.span(8, 19) == (4, 15)  # house stood: together, though in another order


def test_a_span_whose_token_is_left_out_has_no_place():
    sentence = plain("The red house stood.")
    rewrite = Rewrite.of(sentence, [0, 2, 3, 4])
    assert rewrite.text == "The house stood."
    assert rewrite.spans.span(4, 13) is None
    assert rewrite.spans.span(8, 13) == (4, 9)
    assert rewrite.tokens == (0, None, 1, 2, 3)
    assert rewrite.token_edits == 1


def test_an_inserted_word_splits_what_it_falls_into():
    sentence = plain("The house stood.")
    rewrite = Rewrite.of(sentence, [0, "big", 1, 2, 3])
    assert rewrite.text == "The big house stood."
    assert rewrite.spans.span(0, 9) is None
    assert rewrite.spans.span(4, 15) == (8, 19)
    assert rewrite.marks == ("kept", "inserted", "kept", "kept", "kept")


def test_an_edge_inside_a_word_of_another_length_has_no_place():
    rewrite = Rewrite.replace(plain("The colour faded."), {1: "color"})
    assert rewrite.text == "The color faded."
    assert rewrite.spans.span(4, 10) == (4, 9)
    assert rewrite.spans.span(4, 8) is None
    assert rewrite.char_edits == rewrite.token_edits == 1


@pytest.mark.parametrize("order", [[0, 1], [0, 1, 1, 2], [0, 0, 1, 2]])
def test_an_order_that_is_no_permutation_is_refused(order):
    with pytest.raises(ValueError, match="every word once"):
        Rewrite.reorder(plain("One two three."), order)
    with pytest.raises(ValueError):
        Rewrite.replace(plain("One two three."), {0: ""})


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "The dog ran.", "Ran dog the."),
        ("en", "I saw it.", "It saw I."),
        ("en", "NASA sent it.", "It sent NASA."),
        ("en", "Paris fell.", "Fell Paris."),
        ("en", "paris fell.", "fell paris."),
        ("de", "Der Hund lief.", "Lief Hund der."),
        ("de", "Hunde laufen.", "Laufen Hunde."),
        ("tr", "Bu iyi.", "İyi bu."),
        ("el", "Αυτός ήρθε.", "Ήρθε αυτός."),
        ("ar", "جاء الولد.", "الولد جاء."),
        ("zh", "我们都被赋予了。", "了赋予被都我们。"),
        ("es", "¿Dónde vives tú?", "¿Tú vives dónde?"),
    ],
)
def test_the_capital_of_the_first_word_goes_to_the_new_first_word(language, text, expected):
    sentence = plain(text, language)
    assert Rewrite.reorder(sentence, reversed(sentence.words)).text == expected


def test_latin_words_in_chinese_text_stay_apart():
    sentence = plain("我在Air Force用AFFC。", "zh")
    assert [token.text for token in sentence.tokens] == ["我", "在", "Air", "Force", "用", "AFFC", "。"]
    assert Rewrite.reorder(sentence, [2, 5, 3, 0, 1, 4]).text == "Air AFFC Force我在用。"


def test_punctuation_keeps_to_the_side_it_kept_to():
    sentence = plain("He said (loudly), yes.")
    found = Rewrite.of(sentence, [2, 3, 4, 5, 6, 0, 1, 7])
    assert found.text == "(Loudly), yes he said."


def test_quotation_marks_keep_to_the_words_that_they_enclose():
    sentence = plain("It is known as „active defence“.")
    assert Rewrite.of(sentence, [4, 5, 6, 7, 2, 0, 1, 3, 8]).text == "„Active defence“ known it is as."
    sentence = plain('She said "yes".')
    assert Rewrite.of(sentence, [2, 3, 4, 1, 0, 5]).text == '"Yes" said she.'


def test_a_closing_mark_is_parted_from_a_word_that_it_did_not_touch():
    sentence = plain("Он рад «трём томам», друг.", "ru")
    assert Rewrite.of(sentence, [0, 2, 3, 4, 5, 1, 6, 7, 8]).text == "Он «трём томам» рад, друг."
    sentence = plain('나는 "소설"과 시를 쓴다.', "ko")
    assert Rewrite.of(sentence, [0, 1, 2, 3, 5, 6, 7]).text == '나는 "소설" 시를 쓴다.'
    sentence = plain("Les « uns. » Dort cela", "fr")
    assert Rewrite.of(sentence, [1, 2, 3, 4, 6, 0, 5]).text.startswith("« Uns. » cela")


def test_a_blank_between_thai_phrases_stays_where_words_change_places_beside_it():
    sentence = plain("ฉันไปบ้าน เขากินข้าว", "th")
    forms = [token.text for token in sentence.tokens]
    assert forms == ["ฉัน", "ไป", "บ้าน", "เขา", "กิน", "ข้าว"]
    assert Rewrite.of(sentence, [0, 2, 1, 3, 5, 4]).text == "ฉันบ้านไป เขาข้าวกิน"
    assert Rewrite.of(sentence, [0, 1, 3, 2, 4, 5]).text == "ฉันไปเขาบ้านกินข้าว"


def test_thai_quotations_are_written_apart():
    sentence = plain("“ไป” เขาพูด", "th")
    words = [sentence.tokens[index].text for index in sentence.words]
    assert words == ["ไป", "เขา", "พูด"]
    assert Rewrite.of(sentence, [3, 4, 0, 1, 2]).text == "เขาพูด “ไป”"
    assert Rewrite.of(sentence, [3, 0, 1, 2, 4]).text == "เขา “ไป” พูด"
