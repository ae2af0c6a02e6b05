"""Noise in words of many languages, against what a reader of them expects."""

from __future__ import annotations

import random

import pytest
from harness_plugins.perturbations.hangul import letters, syllable
from harness_plugins.perturbations.kana import retyped
from harness_plugins.perturbations.keyboards import neighbours
from harness_plugins.perturbations.looks import confusions
from harness_plugins.perturbations.noise import harness_perturbations
from harness_plugins.perturbations.spelling import bare, lowercase, uppercase
from harness_plugins.perturbations.spoken import cardinal, said
from hypothesis import given
from hypothesis import strategies as st

from harness.text import Sentence

NOISE = {each.name: each for each in harness_perturbations()}


def made(name, text, language, intensity=1.0, tries=400):
    """Return everything that a perturbation makes of a text."""
    sentence = Sentence.plain(text, language)
    return {NOISE[name].rewrite(sentence, random.Random(seed), intensity).text for seed in range(tries)}


@pytest.mark.parametrize(
    ("language", "key", "around"),
    [
        ("ru", "п", "аекнримв"),
        ("el", "σ", "ασδςεζχ"),
        ("ar", "ت", "اعنةىمهغو"),
        ("bg", "о", "ажишъэ"),
        ("hi", "क", "रतगदस"),
        ("sw", "g", "fhtyvbcn"),
        ("fi", "ö", "läpåä"),
        ("lt", "č", "ąęqwe"),
    ],
)
def test_neighbouring_keys_touch(language, key, around):
    found = neighbours(language)[key]
    assert set(found) <= set(around)
    assert len(found) >= 3


@pytest.mark.parametrize(
    ("name", "word", "language", "expected"),
    [
        # ㅎ lies beside ㄹ ㅗ ㅅ ㅛ ㅍ ㅠ: of vowels no syllable comes
        ("keyboard", "하나", "ko", {"라나", "사나", "파나", "히나", "허나"}),
        ("keyboard", "かな", "ja", {"まな", "ぁな", "かば", "かは", "かま"}),
        ("swap", "किताब", "hi", {"ताकिब", "किबता"}),
        ("swap", "学校", "zh", {"校学"}),
        ("drop", "کتاب", "ur", {"تاب", "کاب", "کتب", "کتا"}),
        ("drop", "किताब", "hi", {"कताब", "कितब", "किता"}),
        ("drop", "한국", "ko", {"한국"}),
        ("drop", "한국어", "ko", {"하국어", "한구어", "한국"}),
        ("drop", "โรงเรียน", "th",
         {"รงเรียน", "โงเรียน", "โรเรียน", "โรงรียน", "โรงเรยน", "โรงเรีน", "โรงเรีย"}),
        ("repeat", "Öl", "de", {"ÖÖl", "Öll"}),
        ("repeat", "학교", "ko", {"학ㄱ교", "학교ㅛ"}),
        ("repeat", "كَتب", "ar", {"ككَتب", "كَتتب", "كَتبب"}),
        ("no-diacritics", "Đường", "vi", {"Duong"}),
        ("no-diacritics", "ışık", "tr", {"isik"}),
        ("no-diacritics", "כָּתַב", "he", {"כתב"}),
        ("no-diacritics", "أَكَلَ", "ar", {"أكل"}),
        ("no-diacritics", "Ещё", "ru", {"Еще"}),
        ("no-diacritics", "мой", "ru", {"мой"}),
        ("no-diacritics", "παϊδάκια", "el", {"παιδακια"}),
        ("no-diacritics", "żółć", "pl", {"zolc"}),
        ("uppercase", "ilık", "tr", {"İLIK"}),
        ("lowercase", "ISIRIK", "tr", {"ısırık"}),
        ("uppercase", "και καλή", "el", {"ΚΑΙ ΚΑΛΗ"}),
        ("lowercase", "ΟΔΟΣ", "el", {"οδος"}),
        ("uppercase", "groß", "de", {"GROSS"}),
        ("ocr", "modern", "en", {"rnodern", "m0dern", "moclern"}),
        ("homoglyphs", "กำ", "th", {"กํา"}),
        ("homoglyphs", "ー", "ja", {"一"}),
        ("unicode", "مدرسة", "ar", {"ﻣﺪﺭﺳﺔ"}),
        ("unicode", "สำ", "th", {"สํา"}),
        ("unicode", "スカート", "ja", {"ｽｶｰﾄ"}),
        ("unicode", "ガス", "ja", {"ｶﾞｽ", "\u30ab\u3099ス"}),
        ("unicode", "می‌روم", "fa", {"میروم", "ﻣﯽ‌ﺭﻭﻡ"}),
        ("unicode", "don't", "en", {"don’t"}),
        ("case", "a", "tr", {"A"}),
        ("case", "i", "tr", {"İ"}),
        ("punctuation", "„Ja“, sagte er – und ging!", "de", {"Ja sagte er und ging"}),
        ("punctuation", "Quoi ? « Rien » !", "fr", {"Quoi Rien"}),
        ("punctuation", "我们，你们。", "zh", {"我们你们"}),
        ("punctuation", "هل ذهبتَ؟ نعم، ذهبت.", "ar", {"هل ذهبتَ نعم ذهبت"}),
        ("punctuation", '그는 "말"이 많다.', "ko", {"그는 말이 많다"}),
        ("punctuation", "one,two—three", "en", {"one two three"}),
        ("punctuation", "50% at -5, AT&T", "en", {"50% at -5 AT&T"}),
        ("punctuation", "क्या? हाँ।", "hi", {"क्या हाँ"}),
        ("spaces", "ab cd", "en", {"abcd"}),
        ("spaces", "3 4", "en", {"3 4"}),
        ("spaces", "word", "en", {"w ord", "wo rd", "wor d"}),
        ("spaces", "안녕 세상", "ko", {"안녕세상"}),
        ("asr", "Gestern, am 3. Mai, kam Frau Ölmez!", "de", {"gestern am 3 mai kam frau ölmez"}),
        ("asr", "I'm 21, it's 5% of $3.", "en", {"i'm twenty one it's five percent of three dollars"}),
        ("asr", "The U.S. team won 3-1 at -5°.", "en", {"the u s team won 3-1 at minus five°"}),
        ("asr", "IŞIK var.", "tr", {"ışık var"}),
        ("asr", "他来了。", "zh", {"他来了"}),
    ],
)  # fmt: skip
def test_gold(name, word, language, expected):
    found = made(name, word, language)
    assert found == expected or (name in ("ocr", "keyboard") and found >= expected)


def test_words_with_digits_and_signs_are_no_words_of_letters():
    for name in ("keyboard", "swap", "drop", "repeat", "insert", "replace", "ocr"):
        assert made(name, "COVID19 12 3.5 a1 ?!", "en", tries=20) == {"COVID19 12 3.5 a1 ?!"}


@pytest.mark.parametrize(
    ("language", "word", "alphabet"),
    [("en", "cat", "abcdefghijklmnopqrstuvwxyz"), ("el", "και", "αβγδεζηθικλμνξοπρστυφχψω"),
     ("hi", "कल", "कखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह"), ("th", "มา", "กขคฆงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรลวศษสหฬอฮ")],
)  # fmt: skip
def test_letters_put_in_are_the_languages_own(language, word, alphabet):
    for text in made("insert", word, language):
        assert len(text) == len(word) + 1
        assert set(text) - set(word) <= set(alphabet)
    for text in made("replace", word, language):
        assert sum(old != new for old, new in zip(word, text, strict=True)) == 1


def test_capitals_are_kept():
    assert all(text.isupper() for text in made("insert", "USA", "en") | made("keyboard", "USA", "en"))
    assert all(text[1:].islower() for text in made("insert", "Haus", "de"))
    assert all(text[0].isupper() for text in made("replace", "Şimdi", "tr"))


def test_an_emoji_or_a_link_stands_after_a_sentence_or_a_clause():
    for name in ("emoji", "url"):
        for text in made(name, "Ja, das ist gut.", "de", intensity=0.1, tries=30):
            put = text.removeprefix("Ja,").removesuffix(" das ist gut.") if "gut. " not in text else text[16:]
            assert put.startswith(" ")
            assert " " not in put[1:]
            assert text.replace(put, "", 1) == "Ja, das ist gut."
        assert len(made(name, "Ja, das ist gut.", "de", intensity=1.0, tries=1).pop().split()) == 6
    assert {text[-1] != " " for text in made("emoji", "他来了。", "zh", tries=5)} == {True}


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("0", "zero"), ("13", "thirteen"), ("21", "twenty one"), ("100", "one hundred"),
        ("1,234,567", "one million two hundred thirty four thousand five hundred sixty seven"),
        ("1987", "nineteen eighty seven"), ("1905", "nineteen oh five"), ("1900", "nineteen hundred"),
        ("2000", "two thousand"), ("2005", "two thousand five"), ("2019", "twenty nineteen"),
        ("1,987", "one thousand nine hundred eighty seven"), ("3.14", "three point one four"),
        ("1st", "first"), ("22nd", "twenty second"), ("20th", "twentieth"), ("112th", "one hundred twelfth"),
        ("1990s", "nineteen nineties"), ("80s", "eighties"), ("1800s", "eighteen hundreds"),
        ("10:30", "ten thirty"), ("10:05", "ten oh five"), ("9:00", "nine o'clock"),
        ("007", None), ("555-1234", None), ("A4", None), ("1,23", None), ("٣", None), ("", None),
    ],
)  # fmt: skip
def test_numbers_are_said_as_in_english(number, words):
    assert said(number) == words


@given(st.integers(0, 10**15 - 1))
def test_no_two_numbers_are_said_alike(number):
    words = cardinal(number)
    assert words == words.strip()
    assert "  " not in words
    assert number == 0 or words != cardinal(number - 1)


@given(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3))
def test_a_syllable_is_its_letters(character):
    assert syllable(*letters(character)) == character


def test_kana_come_of_keys_that_touch():
    assert retyped("カ", lambda key: {"k": "m", "a": "s"}[key]) == ("マ",)
    assert retyped("し", lambda key: {"s": "t", "i": "uo"}[key]) == ("す", "そ", "ち")


@pytest.mark.parametrize("table", ["ocr", "homoglyphs"])
@pytest.mark.parametrize("language", ["en", "de", "tr", "ru", "el", "ar", "ur", "hi", "th", "ja", "zh", "vi"])
def test_nothing_is_taken_for_itself(table, language):
    for each, others in confusions(table, language).items():
        assert each not in others
        assert others


@given(st.sampled_from(["de", "tr", "el", "vi"]), st.text(max_size=12))
def test_what_has_lost_its_diacritics_has_none_to_lose(language, word):
    assert bare(bare(word, language), language) == bare(word, language)


@given(st.sampled_from(["tr", "az"]), st.text("abcçdefgğhıijklmnoöprsştuüvyz", max_size=12))
def test_turkish_words_survive_capitals(language, word):
    assert lowercase(uppercase(word, language), language) == word


def test_no_blank_between_listed_words_is_left_out():
    sentence = Sentence.pretokenised(["Das", "ist", "ein", "schöner", "Tag", "."], "de")
    assert {NOISE["spaces"].rewrite(sentence, random.Random(seed), 1.0).text for seed in range(60)} == {
        f"Das ist ein {word} Tag ."
        for word in ("s chöner", "sc höner", "sch öner", "schö ner", "schön er", "schöne r")
    }
