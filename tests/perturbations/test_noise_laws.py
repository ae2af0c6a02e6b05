"""What holds of all noise, in any language and on any text."""

from __future__ import annotations

import pickle
import random
from itertools import takewhile

import pytest
from harness_plugins.perturbations.noise import harness_perturbations
from harness_plugins.perturbations.word_noise import WordNoise, share
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from messy_texts import HOSTILE, languages, messy

from harness.text import Sentence, disturb, graphemes

ALL = [each for each in harness_perturbations() if "words" not in each.needs]
OF_WORDS = [each for each in ALL if isinstance(each, WordNoise)]
TYPOS = [each for each in ALL if each.name in ("keyboard", "swap", "drop", "repeat", "insert", "replace")]
XTREME = (
    "af ar az bg bn de el en es et eu fa fi fr gu he hi ht hu id it ja jv ka kk ko lt ml mr ms my nl pa pl pt qu ro ru "
    "sw ta te th tl tr uk ur vi wo yo zh"
)
seeds = st.integers(0, 2**32)
intensities = st.floats(0.01, 1.0)
noises = st.sampled_from(ALL)


def words(rewrite):
    """Return the words of the source with what became of them; None where one is gone."""
    made = {piece.source: piece.text for piece in rewrite.pieces}
    return [(rewrite.sentence.tokens[index].text, made.get(index)) for index in rewrite.sentence.words]


def alike(one, other):
    """Return how many items two lists have in common at their beginnings."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


@settings(max_examples=200)
@given(messy, languages, noises, seeds, intensities)
def test_a_text_with_something_in_it_never_becomes_empty(text, language, noise, seed, intensity):
    sentence = Sentence.plain(text, language)
    rewrite = noise.rewrite(sentence, random.Random(seed), intensity)
    assert bool(rewrite.text.strip()) == bool(text.strip())
    assert rewrite.eligible or rewrite.text == text


@settings(max_examples=200)
@given(messy, languages, noises, seeds, intensities)
def test_the_same_generator_gives_the_same_text(text, language, noise, seed, intensity):
    sentence = Sentence.plain(text, language)
    again = next(each for each in harness_perturbations() if each.name == noise.name)
    texts = {each.rewrite(sentence, random.Random(seed), intensity).text for each in (noise, again, noise)}
    assert len(texts) == 1


@settings(max_examples=200)
@given(messy, languages, st.sampled_from(OF_WORDS), seeds, intensities)
def test_a_share_of_the_words_that_can_change_does(text, language, noise, seed, intensity):
    assume(noise.unserved(language) is None)
    sentence = Sentence.plain(text, language)
    able = sum(
        bool(noise.able(token.text) and noise.slips(token.text, noise.written(sentence)))
        for token in sentence.tokens
        if token.is_word
    )
    rewrite = noise.rewrite(sentence, random.Random(seed), intensity)
    changed = sum(old != new for old, new in words(rewrite))
    assert changed == (share(able, intensity) if able else 0)


@settings(max_examples=150)
@given(messy, languages, st.sampled_from(OF_WORDS), seeds, intensities, intensities)
def test_what_a_low_intensity_does_a_high_one_does_too(text, language, noise, seed, one, other):
    assume(noise.unserved(language) is None)
    sentence = Sentence.plain(text, language)
    low, high = (words(noise.rewrite(sentence, random.Random(seed), each)) for each in sorted((one, other)))
    assert all(new == more for (old, new), (_, more) in zip(low, high, strict=True) if old != new)


@settings(max_examples=150)
@given(messy, languages, st.sampled_from(TYPOS), seeds)
def test_a_typo_leaves_all_but_two_graphemes_of_a_word(text, language, noise, seed):
    sentence = Sentence.plain(text, language)
    for old, new in words(noise.rewrite(sentence, random.Random(seed), 1.0)):
        before, after = graphemes(old), graphemes(new)
        ahead = alike(before, after)
        behind = alike(before[ahead:][::-1], after[ahead:][::-1])
        assert old == new or len(before) - ahead - behind <= 2


@pytest.mark.parametrize("noise", ALL, ids=lambda each: each.name)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_texts_are_never_lost(noise, text):
    for language in ("en", "ar", "ja", "ko", "hi", "tr"):
        made = disturb(noise, text, language=language, example_id="1", column="text", seed=0, intensity=1.0)
        assert bool(made.text.strip()) == bool(text.strip())
        nothing = disturb(noise, text, language=language, example_id="1", column="text", seed=0, intensity=0)
        assert nothing.text == text


@pytest.mark.parametrize("noise", ALL, ids=lambda each: each.name)
def test_each_language_is_served_or_told_why_not(noise):
    for language in XTREME.split():
        reason = noise.unserved(language)
        assert reason is None or (noise.full_name in reason and language in reason)


@pytest.mark.parametrize(
    ("name", "unserved"),
    [
        ("keyboard", "ht zh"),
        ("insert", "zh"),
        ("drop", "my"),
        ("ocr", "gu ka ml my pa ta te"),
        ("homoglyphs", "he ka ko te"),
        ("spaces", "ja my th zh"),
        ("unicode", "ka"),
        ("no-diacritics", "bn gu hi id ja jv ka kk ko ml mr ms my pa sw ta te th zh"),
        ("case", "ar bn fa gu he hi ja ka ko ml mr my pa ta te th ur zh"),
    ],
)
def test_every_other_language_of_xtreme_is_served(name, unserved):
    noise = next(each for each in ALL if each.name == name)
    assert [each for each in XTREME.split() if noise.unserved(each)] == unserved.split()


@pytest.mark.parametrize("noise", ALL, ids=lambda each: each.name)
def test_it_can_go_to_another_process_when_it_has_been_used(noise):
    sentence = Sentence.plain("Ein schöner, langer Satz.", "de")
    first = noise.rewrite(sentence, random.Random(0), 1.0).text
    assert pickle.loads(pickle.dumps(noise)).rewrite(sentence, random.Random(0), 1.0).text == first
