"""Which capital stands only because it is the first."""

from __future__ import annotations

import pytest

from harness.text import Sentence, passage
from harness.text.casing import positional


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "The dog ran.", True),
        ("en", "Don't go.", True),
        ("en", "I'm here.", False),
        ("en", "IBM pays.", False),
        ("en", "London fell.", False),
        ("en", "the dog ran.", False),
        ("fr", "L’homme dort.", True),
        ("fr", "L'Europe dort.", True),
        ("en", "O'Brien ran.", False),
        ("de", "Sie kommen.", False),
        ("de", "Hunde bellen.", False),
        ("ru", "Это он.", True),
        ("zh", "我们来。", False),
        ("en", "...", False),
    ],
)
def test_without_a_tree_only_function_words_are_known(language, text, expected):
    assert positional(Sentence.plain(text, language)) is expected


@pytest.mark.parametrize(
    ("language", "upos", "lemma", "expected"),
    [
        ("en", "NOUN", "book", True),
        ("en", "PROPN", "Book", False),
        ("en", "ADJ", "Bookish", False),
        ("de", "NOUN", "Buch", False),
        ("de", "VERB", "buchen", True),
        ("fr", "NUM", "Buchen", True),
    ],
)
def test_with_a_tree_the_part_of_speech_and_the_lemma_decide(language, upos, lemma, expected):
    conllu = f"1\tBuchen\t{lemma}\t{upos}\t_\t_\t0\troot\t_\t_\n\n"
    (sentence,) = passage("Buchen", language, conllu).sentences
    assert positional(sentence) is expected


@pytest.mark.parametrize(
    ("language", "word", "upos", "feats", "expected"),
    [
        ("de", "Sie", "PRON", "Number=Sing|Person=3", True),
        ("de", "Sie", "PRON", "Person=2|Polite=Form", False),
        ("en", "May", "PROPN", "_", False),
        ("en", "May", "AUX", "_", True),
        ("es", "De", "PROPN", "_", False),
    ],
)
def test_a_tree_tells_names_and_politeness_from_function_words(language, word, upos, feats, expected):
    conllu = f"1\t{word}\t{word.lower()}\t{upos}\t_\t{feats}\t0\troot\t_\t_\n\n"
    (sentence,) = passage(word, language, conllu).sentences
    assert positional(sentence) is expected
