"""Dependency lengths before and after a change."""

from __future__ import annotations

import pytest

from harness.text import Rewrite, Sentence, passage
from harness.text.dependencies import dependency_lengths

# "He gave her, quickly, books.": gave is the root of He, her, quickly and books.
CONLLU = "\n".join(
    "\t".join((str(number), form, form, upos, "_", "_", str(head), deprel, "_", "_"))
    for number, (form, upos, head, deprel) in enumerate(
        [
            ("He", "PRON", 2, "nsubj"),
            ("gave", "VERB", 0, "root"),
            ("her", "PRON", 2, "iobj"),
            (",", "PUNCT", 5, "punct"),
            ("quickly", "ADV", 2, "advmod"),
            (",", "PUNCT", 5, "punct"),
            ("books", "NOUN", 2, "obj"),
            (".", "PUNCT", 2, "punct"),
        ],
        start=1,
    )
)


@pytest.fixture
def sentence() -> Sentence:
    (found,) = passage("He gave her, quickly, books.", "en", CONLLU + "\n\n").sentences
    assert found.parsed
    return found


def test_words_are_counted_and_punctuation_is_not(sentence: Sentence) -> None:
    assert dependency_lengths(Rewrite.unchanged(sentence)) == (1 + 1 + 2 + 3, 7)


def test_a_verb_moved_to_the_end_is_further_from_its_dependents(sentence: Sentence) -> None:
    assert dependency_lengths(Rewrite.reorder(sentence, [0, 2, 4, 6, 1])) == (7, 4 + 3 + 2 + 1)


def test_words_put_in_push_others_apart_and_signs_do_not(sentence: Sentence) -> None:
    assert dependency_lengths(Rewrite.of(sentence, [0, "really", *range(1, 8)])) == (7, 8)
    assert dependency_lengths(Rewrite.of(sentence, [0, "-", *range(1, 8)])) == (7, 7)


def test_a_dependency_that_lost_a_word_counts_neither_before_nor_after(sentence: Sentence) -> None:
    assert dependency_lengths(Rewrite.of(sentence, [0, 1, 3, 4, 5, 6, 7])) == (1 + 2 + 3, 1 + 1 + 2)
    assert dependency_lengths(Rewrite.of(sentence, [0, 2, 4, 6])) == (0, 0)


def test_without_a_tree_there_is_nothing_to_measure() -> None:
    assert dependency_lengths(Rewrite.unchanged(Sentence.plain("He left.", "en"))) == (0, 0)
