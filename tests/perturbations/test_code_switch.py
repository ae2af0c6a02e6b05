"""Words in another language: from the user's lexicon, in either direction, with the capitals of the old ones."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest
from harness_plugins.perturbations.code_switch import CodeSwitch
from hypothesis import given
from hypothesis import strategies as st
from messy_texts import HOSTILE, messy

from harness import HarnessError
from harness.perturbation import Resources
from harness.text import Sentence, disturb, graphemes

ENGLISH_GERMAN = """\
the\tder
the\tdie
dog hund
cat\tkatze
saw\tsah
house haus
paris paris
new year\tneujahr
year neues jahr
broken
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("lexicons")
    (place / "en-de.txt").write_text(ENGLISH_GERMAN, encoding="utf-8")
    (place / "en-de.0-5000.txt").write_text("dog hund\ndog köter\n", encoding="utf-8")
    with gzip.open(place / "en-fr.txt.gz", "wt", encoding="utf-8") as file:
        file.write("dog chien\ncat chat\n")
    (place / "en-zh.txt").write_text("house\t房子\nlike 喜欢\nred 红色\n", encoding="utf-8")
    (place / "en-ru.txt").write_text("dog\tсобака\nhouse дом\n", encoding="utf-8")
    (place / "en-ar.txt").write_text("dog\tكلب\nhouse بيت\n", encoding="utf-8")
    (place / "en-tr.txt").write_text("light\tışık\njob iş\n", encoding="utf-8")
    (place / "README").write_text("no lexicon", encoding="utf-8")
    return place


def switch(folder: Path, text: str, language: str = "en", target: str = "de", seed=0, intensity=1.0) -> str:
    sentence = Sentence.plain(text, language)
    perturbation = CodeSwitch(target).given(Resources(lexicon=folder))
    return perturbation.rewrite(sentence, random.Random(seed), intensity).text


@pytest.mark.parametrize(
    ("language", "target", "text", "expected"),
    [
        ("en", "de", "A CAT saw a house.", "A KATZE sah a haus."),
        ("de", "en", "Der Hund sah ein Haus.", "The dog saw ein house."),
        ("en", "fr", "My cat, my dog!", "My chat, my chien!"),
        ("fr", "en", "Chat ou chien ?", "Cat ou dog ?"),
        ("en", "zh", "A red house.", "A 红色 房子."),
        ("zh", "en", "我喜欢红色房子。", "我like red house。"),
        ("ru", "en", "Собака спит.", "Dog спит."),
        ("ar", "en", "هذا بيت.", "هذا house."),
        ("tr", "en", "Işık var, İŞ yok.", "Light var, JOB yok."),
        ("en", "tr", "LIGHT and Light", "IŞIK and Işık"),
        ("en", "de", "Paris in a new year", None),
    ],
)
def test_words_are_translated_either_way_with_their_capitals(folder, language, target, text, expected):
    assert switch(folder, text, language, target) == (expected or text)


def test_every_translation_of_a_word_is_drawn(folder):
    found = {switch(folder, "the dog", seed=seed) for seed in range(60)}
    assert found == {f"{the} {dog}" for the in ("der", "die") for dog in ("hund", "köter")}


def test_without_a_language_each_word_goes_to_one_of_them(folder):
    found = {switch(folder, "dog", target="", seed=seed) for seed in range(100)}
    assert found == {"hund", "köter", "chien", "собака", "كلب"}


def test_what_no_lexicon_holds_is_unserved_with_the_reason(folder):
    german = CodeSwitch().of("de").given(Resources(lexicon=folder))
    assert german.full_name == "adversarial.code-switch:de"
    assert german.unserved("en") is None
    assert "already" in german.unserved("de")
    assert "no lexicon of zh and de" in german.unserved("zh")
    assert "another language" in CodeSwitch().given(Resources(lexicon=folder)).unserved("ja")
    assert CodeSwitch().given(Resources(lexicon=folder)).unserved("zh-Hant") is None


def test_one_file_serves_alone(folder):
    only = CodeSwitch().given(Resources(lexicon=folder / "en-fr.txt.gz"))
    assert only.unserved("en") is None
    assert "no lexicon of de" in only.unserved("de")


@pytest.mark.parametrize("name", ["lexicon.txt", "en-de.txt", "en-fr.txt.gz"])
def test_a_file_that_is_no_lexicon_is_an_error_that_names_it(tmp_path, name):
    (tmp_path / name).write_bytes(b"\xff\xfe alone\n")
    with pytest.raises(HarnessError, match=name):
        CodeSwitch().given(Resources(lexicon=tmp_path / name)).rewrite(
            Sentence.plain("dog", "en"), random.Random(0), 1.0
        )
    with pytest.raises(ValueError, match="no code of a language"):
        CodeSwitch().of("German!")


def test_the_content_of_the_lexicons_is_part_of_the_key(tmp_path):
    def digests(content):
        (tmp_path / "en-de.txt").write_text(content, encoding="utf-8")
        given = CodeSwitch().given(Resources(lexicon=tmp_path))
        return given.options(), CodeSwitch("fr").given(Resources(lexicon=tmp_path)).options()

    first, french = digests("dog hund\n")
    second, _ = digests("dog köter!\n")
    assert first != second
    assert french == {"lexicon": {}}
    assert CodeSwitch().options() == {"lexicon": None}


@given(st.integers(0, 9999), st.floats(0.01, 1), st.floats(0.01, 1), st.sampled_from(["de", ""]))
def test_a_lower_intensity_switches_some_of_the_words_of_a_higher(folder, seed, one, other, target):
    text = "The dog and the cat saw the house and a dog."
    low, high = (switch(folder, text, "en", target, seed, each).split() for each in sorted((one, other)))
    assert all(few in (old, many) for old, few, many in zip(text.split(), low, high, strict=True))


@given(messy, st.sampled_from(["en", "zh", "de", "ar", "tr"]), st.integers(0, 99))
def test_messy_texts_keep_what_is_not_switched(folder, text, language, seed):
    sentence = Sentence.plain(text + " dog 房子 haus", language)
    target = "" if language == "en" else "en"
    perturbation = CodeSwitch(target).given(Resources(lexicon=folder))
    rewrite = perturbation.rewrite(sentence, random.Random(seed), 1.0)
    for piece in rewrite.pieces:
        old = sentence.tokens[piece.source].text
        assert piece.text == old or any(character.isalpha() for character in piece.text)
    assert rewrite.text.strip()


def test_a_thai_word_is_switched_whole_and_no_part_of_a_longer_one(tmp_path):
    (tmp_path / "en-th.txt").write_text("dog\tหมา\nproof\tหลักฐาน\npillar\tหลัก\nlike\tว่า\n", encoding="utf-8")
    given = CodeSwitch("en").given(Resources(lexicon=tmp_path))

    def switched(text):
        return given.rewrite(Sentence.plain(text, "th"), random.Random(0), 1.0).text

    assert switched("หมา กินน้ำ") == "dog กินน้ำ"
    assert "pillar" not in switched("มีหลักฐานมากมาย")
    assert switched("ความสุข") == "ความสุข"


def test_no_grapheme_is_split(folder, tmp_path):
    (tmp_path / "en-th.txt").write_text("water\tนำ\n", encoding="utf-8")
    given = CodeSwitch("en").given(Resources(lexicon=tmp_path))
    sentence = Sentence.plain("นำ้", "th")
    found = given.rewrite(sentence, random.Random(0), 1.0)
    assert graphemes(found.text) == graphemes("นำ้")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_texts_are_never_lost(folder, text):
    given = CodeSwitch().given(Resources(lexicon=folder))
    found = disturb(given, text, language="en", example_id="1", column="text", seed=0, intensity=1.0)
    assert bool(found.text.strip()) == bool(text.strip())
