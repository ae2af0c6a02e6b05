"""Answers: F1 and exact match as the official rules have them, in all their corners."""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import HarnessError, UnknownName
from harness.formats.answers import grade, grades, normalised, rule_names

MLQA = ("ar", "de", "en", "es", "hi", "vi", "zh")


# The published rules, said once more: characters and lists, no expressions, no sharing between rules.
def stated_words(text: str, rule: str, language: str) -> list[str]:
    unicode = rule == "mlqa"
    kept = []
    for character in text.lower():
        ascii_sign = character in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
        if ascii_sign or (unicode and unicodedata.category(character)[0] == "P"):
            continue
        kept.append(character)
    plain = "".join(kept)
    articles = {
        "en": {"a", "an", "the"},
        "es": {"un", "una", "unos", "unas", "el", "la", "los", "las"},
        "vi": {"của", "là", "cái", "chiếc", "những"},
        "de": {"ein", "eine", "einen", "einem", "eines", "einer", "der", "die", "das", "den", "dem", "des"},
    }.get(language if unicode else "en", set())
    runs = ["".join(run) for _, run in groupby(plain, lambda c: c.isalnum() or c == "_")]
    plain = "".join(" " if run in articles else run for run in runs)
    if unicode and language == "ar":
        plain = " ".join(plain.split("ال"))
    if unicode and language == "zh":
        words, word = [], ""
        for character in plain:
            if "一" <= character <= "龥":
                words += [*word.split(), character]
                word = ""
            else:
                word += character
        return [*words, *word.split()]
    return plain.split()


def stated_f1(guess: Sequence[str], gold: Sequence[str]) -> float:
    rest, common = list(gold), 0
    for word in guess:
        if word in rest:
            rest.remove(word)
            common += 1
    if common == 0:
        return 0.0
    precision, recall = common / len(guess), common / len(gold)
    return (2 * precision * recall) / (precision + recall)


def stated(prediction: str, answers: Sequence[str], rule: str, language: str) -> tuple[float, float]:
    guess = stated_words(prediction, rule, language)
    golds = [stated_words(answer, rule, language) for answer in answers]
    if rule == "squad2":
        golds = [gold for gold in golds if gold] or [[]]
        f1 = [stated_f1(guess, gold) if guess and gold else float(guess == gold) for gold in golds]
    else:
        f1 = [stated_f1(guess, gold) for gold in golds]
    return max(f1), max(float(guess == gold) for gold in golds)


PIECES = [
    *("a", "an", "the", "The", "AN", "river", "rivers", "Old", "x_y", "42", "U.S.", "l'eau", "über", "Straße"),
    *("der", "Die", "das", "eines", "el", "Los", "unas", "la", "của", "là", "Những", "bà", "ال", "البيت", "قال"),
    *("में", "किताब", "कि", "ताब", "中", "国", "中国", "龥", "龦", "３", "ＡＢ", "ภาษา", "Ⅻ", "ß", "İ"),
    *("-", "—", "。", "，", "¿", "!", "$", "€", "_", "'", "`", "+", "،", "؟", "।", "…", "\u00a0", "\u3000", "\t"),
]  # fmt: skip
texts = st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(["", " ", " ", "  "])), max_size=7).map(
    lambda found: "".join(piece + gap for piece, gap in found)
)
rules = st.one_of(
    st.tuples(st.sampled_from(["squad", "squad2", "tydiqa"]), st.sampled_from([*MLQA, "th", "ko"])),
    st.tuples(st.just("mlqa"), st.sampled_from(MLQA)),
)


@given(texts, st.lists(texts, min_size=1, max_size=3), rules)
def test_scores_are_those_of_the_rule_as_it_is_published(
    guess: str, answers: list[str], rule: tuple[str, str]
) -> None:
    assert grade(guess, answers, *rule) == stated(guess, answers, *rule)
    assert normalised(guess, *rule) == " ".join(stated_words(guess, *rule))


@given(st.text(max_size=12), st.text(max_size=12), rules)
def test_scores_are_those_of_the_rule_for_any_characters(
    guess: str, answer: str, rule: tuple[str, str]
) -> None:
    assert grade(guess, [answer], *rule) == stated(guess, [answer], *rule)


@pytest.mark.parametrize(
    ("rule", "language", "text", "plain"),
    [
        ("squad", "en", "The  Old, old-River!", "old oldriver"),
        ("squad", "en", "a an the", ""),
        ("squad", "en", "theatre an-other", "theatre another"),
        ("squad", "en", "Theo’s “The” —", "theo’s “ ” —"),  # not ASCII, so it stays
        ("squad", "de", "Der Fluss", "der fluss"),  # English articles, whatever the language
        ("squad", "zh", "中国 the 人", "中国 人"),
        ("tydiqa", "fi", "The Talo.", "talo"),
        ("mlqa", "en", "Theo’s “The” —", "theos"),
        ("mlqa", "en", "¿the end?", "end"),
        ("mlqa", "es", "¿El niño y la una?", "niño y"),
        ("mlqa", "es", "the niño", "the niño"),
        ("mlqa", "de", "einem Haus des Königs", "haus königs"),
        ("mlqa", "de", "Dergestalt", "dergestalt"),
        ("mlqa", "vi", "những con sông của Việt Nam", "con sông việt nam"),
        ("mlqa", "ar", "البيت الكبير", "بيت كبير"),
        ("mlqa", "ar", "قال", "ق"),  # inside a word, too
        ("mlqa", "hi", "किताब।", "किताब"),
        ("mlqa", "hi", "a the", "a the"),
        ("mlqa", "zh", "中国人，GDP 10%！", "中 国 人 gdp 10"),
        ("mlqa", "zh", "a中b c", "a 中 b c"),
        ("mlqa", "zh", "ひ龦", "ひ龦"),  # only U+4E00 to U+9FA5 stand alone
    ],
)
def test_plain_forms(rule: str, language: str, text: str, plain: str) -> None:
    assert normalised(text, rule, language) == " ".join(plain.split())


@pytest.mark.parametrize(
    ("rule", "language", "guess", "answers", "f1", "exact"),
    [
        ("squad", "en", "the red house", ["red house"], 1.0, 1.0),
        ("squad", "en", "red house", ["old red house"], 0.8, 0.0),  # 2/2 and 2/3
        ("squad", "en", "red red", ["red blue"], 0.5, 0.0),  # a word counts as often as it is there
        ("squad", "en", "blue", ["red", "blue sea", "blue"], 1.0, 1.0),
        ("squad", "en", "", ["red"], 0.0, 0.0),
        ("squad", "en", "the", ["an"], 0.0, 1.0),  # nothing is left of both
        ("squad", "en", "", [], 0.0, 1.0),
        ("squad", "zh", "中国", ["中国人"], 0.0, 0.0),  # one word each
        ("squad2", "en", "", [], 1.0, 1.0),
        ("squad2", "en", "the", [], 1.0, 1.0),
        ("squad2", "en", "red", [], 0.0, 0.0),
        ("squad2", "en", "", ["red"], 0.0, 0.0),
        ("squad2", "en", "red", ["the", "red car"], pytest.approx(2 / 3), 0.0),  # "the" is no answer
        ("squad2", "en", "", ["the"], 1.0, 1.0),
        ("mlqa", "zh", "中国", ["中国人"], 0.8, 0.0),
        ("mlqa", "de", "das Haus", ["ein Haus"], 1.0, 1.0),
        ("mlqa", "de", "the Haus", ["Haus"], pytest.approx(2 / 3), 0.0),
        ("tydiqa", "ko", "the 서울", ["서울."], 1.0, 1.0),
    ],
)
def test_scores_by_hand(
    rule: str, language: str, guess: str, answers: list[str], f1: float, exact: float
) -> None:
    assert grade(guess, answers, rule, language) == (f1, exact)


@given(texts, texts, rules)
def test_f1_is_a_bounded_measure_that_sees_no_order_of_sides(
    one: str, other: str, rule: tuple[str, str]
) -> None:
    f1, exact = grade(one, [other], *rule)
    assert 0 <= f1 <= 1
    assert exact in (0, 1)
    assert f1 == pytest.approx(grade(other, [one], *rule)[0], abs=1e-12)
    assert exact == grade(other, [one], *rule)[1]


@given(texts, texts, rules)
def test_an_exact_match_has_full_f1_unless_nothing_is_left_of_it(
    one: str, other: str, rule: tuple[str, str]
) -> None:
    f1, exact = grade(one, [other], *rule)
    nothing = not normalised(one, *rule)
    if exact:
        assert f1 == float(not nothing or rule[0] == "squad2")
    elif f1 == 1:
        assert sorted(normalised(one, *rule).split()) == sorted(normalised(other, *rule).split())


@given(texts, st.lists(texts, min_size=1, max_size=3), texts, rules)
def test_another_gold_answer_with_something_left_of_it_never_lowers_a_score(
    guess: str, answers: list[str], more: str, rule: tuple[str, str]
) -> None:
    if rule[0] == "squad2" and not any(normalised(answer, *rule) for answer in answers):
        return  # there the question changes from unanswerable to answerable
    before, after = grade(guess, answers, *rule), grade(guess, [*answers, more], *rule)
    assert after[0] >= before[0]
    assert after[1] >= before[1]
    assert grade(guess, [more, *answers], *rule) == after


@given(st.lists(st.sampled_from("abcdef"), min_size=1), st.lists(st.sampled_from("abcdef"), min_size=1))
def test_f1_is_twice_the_common_words_over_all_words(one: list[str], other: list[str]) -> None:
    common = sum(min(one.count(letter), other.count(letter)) for letter in set(one))
    said = Fraction(2 * common, len(one) + len(other))
    # "a" alone would be an article
    spell: Callable[[list[str]], str] = lambda letters: " ".join(letter * 2 for letter in letters)  # noqa: E731
    assert grade(spell(one), [spell(other)], "squad")[0] == pytest.approx(float(said), abs=1e-12)


def test_all_of_unicodes_punctuation_is_taken_away_by_mlqa_and_nothing_else() -> None:
    for code in (*range(0x3100), 0xFF01, 0x1F600, 0x16FE2):
        sign = chr(code)
        if sign.isspace() or sign.lower() != sign:
            continue
        gone = unicodedata.category(sign).startswith("P") or sign in string.punctuation
        assert (normalised(f"x{sign}y", "mlqa", "hi") == "xy") == gone


def test_many_are_graded_as_each_alone() -> None:
    guesses, golds = ["red house", "", "blue"], [["house"], [], ["red", "blue"]]
    f1, exact = grades(guesses, golds, "squad2")
    assert list(zip(f1, exact, strict=True)) == [
        grade(*pair, "squad2") for pair in zip(guesses, golds, strict=True)
    ]
    assert [values.shape for values in grades([], [])] == [(0,), (0,)]
    assert f1.dtype == np.float64


def test_an_unknown_rule_is_answered_with_near_names_and_none_is_squads() -> None:
    with pytest.raises(UnknownName, match="squad2"):
        grade("x", ["x"], "squad-2")
    assert grade("the x", ["x"]) == (1.0, 1.0)
    assert rule_names() == ["mlqa", "squad", "squad2", "tydiqa"]


def test_mlqas_rule_says_which_languages_it_knows() -> None:
    with pytest.raises(HarnessError, match="vi, zh"):
        grade("x", ["x"], "mlqa", "th")
