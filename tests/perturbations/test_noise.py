"""Typos: one a word, on the right keys, in whole graphemes."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest
from harness_plugins.perturbations.noise import Keyboard, Swap, neighbours
from hypothesis import given
from hypothesis import strategies as st
from messy_texts import HOSTILE, languages, messy

from harness.text import Sentence, disturb, graphemes
from harness.text.writing import lower

seeds = st.integers(0, 2**32)
intensities = st.floats(0.01, 1.0)
SERVED = ("en", "de", "fr", "es", "tr", "th")


def folded(cluster: str) -> str:
    """Fold case, the Turkish dotless i included."""
    return cluster.casefold().replace("\u0307", "").replace("ı", "i")


@given(messy, languages, seeds, intensities)
def test_swap_moves_whole_graphemes_only(text, language, seed, intensity):
    sentence = Sentence.plain(text, language)
    rewrite = Swap().rewrite(sentence, random.Random(seed), intensity)
    for piece in rewrite.pieces:
        old, new = sentence.tokens[piece.source].text, piece.text
        assert sorted(map(folded, graphemes(new))) == sorted(map(folded, graphemes(old)))
        assert len(new) == len(old)


@given(messy, st.sampled_from(SERVED), seeds, intensities)
def test_keyboard_hits_a_neighbouring_key_and_keeps_the_capital(text, language, seed, intensity):
    sentence = Sentence.plain(text, language)
    rewrite = Keyboard().rewrite(sentence, random.Random(seed), intensity)
    for piece in rewrite.pieces:
        old, new = graphemes(sentence.tokens[piece.source].text), graphemes(piece.text)
        typos = [(left, right) for left, right in zip(old, new, strict=True) if left != right]
        assert len(typos) <= 1
        for left, right in typos:
            assert lower(right, language) in neighbours(language)[lower(left, language)]
            assert left.isupper() == right.isupper()


@pytest.mark.parametrize("perturbation", [Keyboard(), Swap()], ids=lambda each: each.name)
@given(st.integers(1, 40), seeds, intensities, intensities)
def test_a_lower_intensity_makes_some_of_the_typos_of_a_higher(perturbation, count, seed, one, other):
    sentence = Sentence.plain(" ".join(["word"] * count), "en")
    low, high = sorted((one, other))
    texts = [
        [piece.text for piece in perturbation.rewrite(sentence, random.Random(seed), each).pieces]
        for each in (low, high)
    ]
    changed = [sum(text != "word" for text in each) for each in texts]
    assert changed == [max(1, int(each * count + 0.5)) for each in (low, high)]
    assert all(right == left for left, right in zip(*texts, strict=True) if left != "word")


@pytest.mark.parametrize("text", ["", "12 3.5", "a I", "COVID19", "?!", "www"])
def test_words_that_no_typo_fits_are_left_alone(text):
    rewrite = Swap().rewrite(Sentence.plain(text, "en"), random.Random(0), 1.0)
    assert not rewrite.eligible
    assert rewrite.text == text


def test_capitals_keep_their_place_when_letters_are_swapped():
    sentence = Sentence.plain("Ab", "en")
    assert Swap().rewrite(sentence, random.Random(0), 1.0).text == "Ba"
    assert Swap().rewrite(Sentence.plain("USA", "en"), random.Random(0), 1.0).text in ("SUA", "UAS")


def test_devanagari_syllables_are_swapped_whole():
    sentence = Sentence.plain("किताब", "hi")
    found = {Swap().rewrite(sentence, random.Random(seed), 1.0).text for seed in range(50)}
    assert found == {"ताकिब", "किबता"}


def test_a_language_without_a_layout_is_unserved():
    assert "zh" in Keyboard().unserved("zh")
    assert all(Keyboard().unserved(language) is None for language in SERVED)
    assert Swap().unserved("zh") is None


@pytest.mark.parametrize("language", SERVED)
def test_layouts_hold_letters_that_are_no_neighbours_of_themselves(language):
    table = neighbours(language)
    assert len(table) >= 20
    for key, around in table.items():
        assert key not in around
        assert all(other.isalpha() == key.isalpha() and other.islower() == key.islower() for other in around)


def test_layouts_are_read_without_importing_nlpaug():
    code = (
        "import sys; from harness_plugins.perturbations.noise import neighbours; assert neighbours('de');"
        "assert not {'nlpaug', 'torch', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("perturbation", [Keyboard(), Swap()], ids=lambda each: each.name)
def test_hostile_texts_are_never_lost(perturbation, text):
    for language in ("en", "th", "tr"):
        found = disturb(
            perturbation, text, language=language, example_id="1", column="text", seed=0, intensity=1.0
        )
        assert bool(found.text.strip()) == bool(text.strip())
        assert len(found.text) == len(text)
