"""A sentence as rows: every token once, each phrase in one piece, signs where they belong."""

from __future__ import annotations

from random import Random

import pytest
from harness_plugins.perturbations.linear import Line, Move
from harness_plugins.perturbations.rows import TOP, Rows
from harness_plugins.perturbations.typological import harness_perturbations
from hypothesis import given
from hypothesis import strategies as st
from parsed import spelled, tree, trees

from harness.text import Sentence, passage

ALL = {each.name: each for each in harness_perturbations()}


def laid_out(rows: Rows, head: int = TOP) -> list[int]:
    found: list[int] = []
    for item in rows.rows[head]:
        found += laid_out(rows, item) if item in rows.rows and item != head else [item]
    return found


@given(trees(), st.sampled_from(["de", "ja", "ar"]))
def test_rows_laid_out_are_the_sentence(parsed, language):
    text, conllu = parsed
    for sentence in passage(text, language, conllu).sentences:
        if sentence.parsed:
            rows = Rows(sentence)
            assert laid_out(rows) == list(range(len(sentence)))
            for head, row in rows.rows.items():
                assert all(rows.above[item] == head for item in row if item != head)
                assert head == TOP or row.count(head) == 1


@given(trees())
def test_a_word_hangs_on_its_head_or_on_one_above(parsed):
    text, conllu = parsed
    for sentence in passage(text, "de", conllu).sentences:
        if not sentence.parsed:
            continue
        rows = Rows(sentence)
        for index in sentence.words:
            head = sentence.head(index)
            while head != rows.above[index]:
                assert head >= 0
                head = sentence.head(head)


@given(trees(), st.randoms(use_true_random=False))
def test_other_phrases_stay_in_one_piece_whatever_is_moved(parsed, rng):
    text, conllu = parsed
    for sentence in passage(text, "de", conllu).sentences:
        if not sentence.parsed:
            continue
        rows = Rows(sentence)
        line = Line(sentence)
        for head in rows.rows:
            source = list(line.tops(head)) if head != TOP else []
            target = rng.sample(source, len(source))
            if len(source) > 1:
                line.arrange(Move(head, source, target))
                assert list(line.tops(head)) == target
        kept = [index for index in line.kept if index not in rows.signs]
        assert sorted(kept) == [index for index in range(len(sentence)) if index not in rows.signs]
        for head in rows.rows:
            inside = {index for index in kept if head in above(rows, index)}
            places = [place for place, index in enumerate(kept) if index in inside]
            assert places == list(range(places[0], places[-1] + 1)) if places else True


def above(rows: Rows, index: int) -> list[int]:
    found = [TOP]
    while index >= 0:
        found.append(index)
        index = rows.above[index]
    return found


def text_of(sentence: Sentence, name: str) -> str:
    return ALL[name].rewrite(sentence, Random(0), 1.0).text


def test_a_sign_that_words_depend_on_moves_with_them():
    korean = spelled(
        "ko",
        "분쟁이 NOUN 5 nsubj",
        "약 ADV 3 advmod",
        "3 NUM 4 nummod",
        "% PUNCT 5 obl",
        "감소했다 VERB 0 root",
    )
    assert text_of(korean, "vso") == "감소했다 분쟁이 약 3 %"


@pytest.fixture
def extraposed() -> Sentence:
    return spelled(
        "de",
        "Im ADP 2 case", "Mai NOUN 6 obl", "wurde AUX 6 aux:pass", "ein DET 5 det", "Mann NOUN 6 nsubj",
        "gesehen VERB 0 root", ", PUNCT 10 punct", "der PRON 10 nsubj PronType=Rel", "Brot NOUN 10 obj",
        "kaufte VERB 5 acl:relcl", ". PUNCT 6 punct",
    )  # fmt: skip


def test_what_lies_apart_from_its_head_moves_as_a_phrase_of_its_own(extraposed):
    rows = Rows(extraposed)
    assert rows.above[9] == 5
    assert rows.rows[5] == [1, 2, 4, 5, 6, 9]


def test_a_comma_stays_with_the_piece_that_it_belongs_to(extraposed):
    assert text_of(extraposed, "vso") == "Im Mai wurde gesehen ein Mann, der kaufte Brot."
    assert text_of(extraposed, "head-initial") == "Wurde gesehen ein Mann im Mai, der kaufte Brot."


def test_a_comma_at_the_end_of_a_phrase_lies_in_the_row_around_it():
    sentence = tree(
        "My aunt, who lives here, sings.",
        "PRON 2 nmod:poss", "NOUN 8 nsubj", "PUNCT 5 punct", "PRON 5 nsubj PronType=Rel", "VERB 2 acl:relcl",
        "ADV 5 advmod", "PUNCT 5 punct", "VERB 0 root", "PUNCT 8 punct",
    )  # fmt: skip
    rows = Rows(sentence)
    assert rows.rows[1] == [0, 1, 2, 4]
    assert rows.rows[7] == [1, 6, 7]
    assert rows.rows[TOP] == [7, 8]
    assert rows.with_commas == {4, 1, 7}


def test_a_quotation_mark_stays_at_the_edge_of_the_phrase_that_it_is_given_to():
    sentence = tree(
        'He saw "the house" there.',
        "PRON 2 nsubj", "VERB 0 root", "PUNCT 5 punct", "DET 5 det", "NOUN 2 obj", "PUNCT 5 punct",
        "ADV 2 advmod", "PUNCT 2 punct",
    )  # fmt: skip
    rows = Rows(sentence)
    assert rows.rows[4] == [2, 3, 4, 5]
    assert rows.rows[1] == [0, 1, 4, 6]
    assert text_of(sentence, "sov") == 'He "the house" saw there.'
