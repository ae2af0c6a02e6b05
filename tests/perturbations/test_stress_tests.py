"""Tautologies: at the end of a sentence, in each language's own words, in its own punctuation."""

from __future__ import annotations

import random

import pytest
from harness_plugins.perturbations.stress_tests import Length, Negation, Tautology, appended
from hypothesis import given
from hypothesis import strategies as st
from messy_texts import HOSTILE, messy

from harness.perturbation import Rows
from harness.text import graphemes

XNLI = ("ar", "bg", "de", "el", "en", "es", "fr", "hi", "ru", "sw", "th", "tr", "ur", "vi", "zh")


def edited(perturbation, text, language="en", intensity=1.0, seed=0):
    row = {"id": "1", "premise": text, "hypothesis": text}
    return perturbation.edit(row, Rows(language, {"id": ["1"]}), random.Random(seed), intensity)


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "He left early.", "He left early and true is true."),
        ("en", "He left early", "He left early and true is true"),
        ("en", "Did he leave?", "Did he leave? True is true."),
        ("en", 'He said "yes."', 'He said "yes." True is true.'),
        ("en", "He lives in the U.S.", "He lives in the U.S. and true is true."),
        ("en", "uh-huh, yeah, ", "uh-huh, yeah and true is true "),
        ("de", "Er ging früh.", "Er ging früh und wahr ist wahr."),
        ("ru", "Он ушёл рано.", "Он ушёл рано, и правда — это правда."),
        ("el", "Έφυγε;", "Έφυγε; Το αληθές είναι αληθές."),
        ("ar", "غادر مبكرا.", "غادر مبكرا والصواب صواب."),
        ("zh", "他早走了。", "他早走了，而真的就是真的。"),
        ("zh", "他走了吗？", "他走了吗？真的就是真的。"),
        ("hi", "वह चला गया।", "वह चला गया और सच सच है।"),
        ("ur", "وہ چلا گیا۔", "وہ چلا گیا اور سچ سچ ہے۔"),
        ("th", "เขากลับแล้ว", "เขากลับแล้ว และความจริงก็คือความจริง"),
    ],
)
def test_the_clause_stands_where_a_sentence_ends(language, text, expected):
    assert edited(Tautology(), text, language) == {"hypothesis": expected}


def test_negation_and_length_are_those_of_the_paper():
    assert edited(Negation(), "He left.") == {"hypothesis": "He left and false is not true."}
    assert edited(Length(), "He left.") == {"premise": f"He left{' and true is true' * 5}."}
    assert edited(Length(), "He left.", intensity=0.4) == {"premise": f"He left{' and true is true' * 2}."}


@pytest.mark.parametrize("perturbation", [Tautology(), Negation(), Length()], ids=lambda each: each.name)
def test_the_languages_of_xnli_are_served_and_no_other(perturbation):
    assert perturbation.languages == XNLI
    assert all(perturbation.unserved(language) is None for language in (*XNLI, "zh-Hant"))
    assert "ja" in perturbation.unserved("ja")
    for language in XNLI:
        assert edited(perturbation, "Abc 中文.", language)


@given(st.integers(0, 2**32), st.floats(0.01, 1), st.floats(0.01, 1))
def test_what_a_lower_intensity_changes_a_higher_one_changes_too(seed, one, other):
    low, high = sorted((one, other))
    if edited(Tautology(), "He left.", intensity=low, seed=seed):
        assert edited(Tautology(), "He left.", intensity=high, seed=seed)


@given(messy, st.sampled_from(XNLI), st.sampled_from(["tautology", "negation"]))
def test_no_word_is_lost_and_no_grapheme_is_split(text, language, clause):
    found = appended(text, clause, 1, language)
    assert len(found) > len(text)
    old, new = graphemes(text), graphemes(found)
    same = 0
    while same < len(old) and old[same] == new[same]:
        same += 1
    assert not any(character.isalnum() for cluster in old[same:] for character in cluster)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_texts_without_a_word_are_left_alone(text):
    found = edited(Tautology(), text)
    assert (found is None) == (not any(character.isalnum() for character in text))
    assert edited(Tautology(), "") is None
