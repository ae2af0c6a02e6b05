"""Disturbing is local, repeatable, and never silent."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from messy_texts import languages, messy

from harness import HarnessError, Perturbation, Rewrite
from harness.keys import number, numbers
from harness.text import disturb, disturb_table

GO = "1\tGo\tgo\tVERB\t_\t_\t0\troot\t_\t_\n2\thome\thome\tADV\t_\t_\t1\tadvmod\t_\t_\n\n"


class Mix(Perturbation):
    """Words in random order."""

    name, family = "mix", "syntactic"

    def rewrite(self, sentence, rng, intensity):
        order = list(sentence.words)
        rng.shuffle(order)
        return Rewrite.reorder(sentence, order)


class Tree(Perturbation):
    name, family, needs = "tree", "syntactic", ("parse",)

    def rewrite(self, sentence, rng, intensity):
        root = next(index for index in range(len(sentence)) if sentence.head(index) < 0)
        return Rewrite.replace(sentence, {root: "ROOT"})


class Broken(Perturbation):
    name, family = "broken", "noise"

    def __init__(self, result=None):
        self.result = result

    def rewrite(self, sentence, rng, intensity):
        if self.result is None:
            raise KeyError("oops")
        return self.result(sentence)


def disturbed(perturbation, text, **changes):
    arguments = {"language": "en", "example_id": "7", "column": "premise", "seed": 0, "intensity": 1.0}
    return disturb(perturbation, text, **{**arguments, **changes})


def examples(**columns) -> pa.Table:
    count = len(next(iter(columns.values())))
    return pa.table({"id": [str(number) for number in range(count)], **columns})


TEXTS = [f"one two three four five {word} six seven." for word in "abcdefghij"]


@given(messy, languages)
def test_intensity_0_is_the_identity_even_of_a_broken_perturbation(text, language):
    found = disturbed(Broken(), text, language=language, intensity=0.0)
    assert found.text == text
    assert (found.touched, found.token_edits, found.char_edits) == (False, 0, 0)


@given(messy, languages)
def test_the_whole_text_is_aligned(text, language):
    found = disturbed(Mix(), text, language=language)
    for rewrite in found.rewrites:
        for index, token in enumerate(rewrite.sentence.tokens):
            offset = rewrite.sentence.offset
            start, end = found.spans.span(offset + token.start, offset + token.end)
            assert found.text[start:end] == rewrite.pieces[rewrite.tokens[index]].text


def test_the_same_arguments_give_the_same_text_and_each_of_them_matters():
    text = " ".join(f"w{number}" for number in range(20))
    first = disturbed(Mix(), text).text
    assert disturbed(Mix(), text).text == first
    for change in ({"example_id": "8"}, {"column": "hypothesis"}, {"seed": 1}):
        assert disturbed(Mix(), text, **change).text != first


def test_a_sentence_is_disturbed_alike_whatever_stands_before_it():
    second = "One two three four five six seven."
    firsts = ("We left.", "We left early that day.")
    short, long = (disturbed(Mix(), f"{first} {second}").rewrites[1].text for first in firsts)
    assert short.casefold() == long.casefold()


def test_global_random_state_is_not_touched():
    random.seed(1)
    np.random.seed(1)
    before = random.getstate(), np.random.get_state()[1].tolist()
    disturb_table(Mix(), examples(premise=TEXTS), ["premise"], language="en", seed=0, intensity=1.0)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before


def test_a_table_is_disturbed_alike_in_any_order():
    table = examples(premise=TEXTS, hypothesis=TEXTS[::-1])
    columns = ["premise", "hypothesis"]

    def rows(rows: pa.Table) -> dict[str, dict]:
        variant = disturb_table(Mix(), rows, columns, language="en", seed=3, intensity=1.0)
        return {row["id"]: row for row in variant.to_pylist()}

    assert rows(table.take(list(range(9, -1, -1)))) == rows(table)
    assert rows(table.slice(0, 4)) | rows(table.slice(4)) == rows(table)


def test_a_variant_has_the_columns_of_the_contract():
    table = examples(premise=["One two three.", "One.", ""], hypothesis=["Yes.", None, ""], label=["a"] * 3)
    variant = disturb_table(Mix(), table, ["premise", "hypothesis"], language="en", seed=1, intensity=1.0)
    assert variant.schema == pa.schema(
        {
            "id": pa.string(),
            "premise": pa.string(),
            "hypothesis": pa.string(),
            "eligible": pa.bool_(),
            "touched": pa.bool_(),
            "refused": pa.bool_(),
            "char_edits": pa.int32(),
            "token_edits": pa.int32(),
            "dependency_length": pa.float32(),
        }
    )
    assert variant["dependency_length"].to_pylist() == [None] * 3
    assert variant["touched"].to_pylist()[1:] == [False, False]
    assert variant["premise"].to_pylist()[1:] == ["One.", ""]


def test_a_tree_comes_from_the_example_or_from_the_parses_or_the_text_is_not_eligible():
    table = examples(premise=["Go home", "Go home", "Go away"], **{"hypothesis": ["Go home"] * 3})
    gold = table.append_column("premise.conllu", pa.array([GO, None, GO]))
    parses = pa.table({"id": ["2", "1", "0"], "hypothesis.conllu": pa.array([None, GO, GO], pa.string())})
    arguments = {"language": "en", "seed": 0, "intensity": 1.0}
    variant = disturb_table(Tree(), gold, ["premise", "hypothesis"], parses=parses, **arguments)
    assert variant["premise"].to_pylist() == ["ROOT home", "Go home", "Go away"]
    assert variant["hypothesis"].to_pylist() == ["ROOT home", "ROOT home", "Go home"]
    assert variant["eligible"].to_pylist() == [True, True, False]
    assert disturb_table(Tree(), table, ["premise"], **arguments)["eligible"].to_pylist() == [False] * 3
    with pytest.raises(HarnessError, match="lack 2 of 3 examples, 1 first"):
        disturb_table(Tree(), table, ["hypothesis"], parses=parses.slice(2), **arguments)


def test_a_perturbation_that_asks_for_no_tree_gets_none():
    seen = []

    class Look(Mix):
        def rewrite(self, sentence, rng, intensity):
            seen.append(sentence.parsed)
            return Rewrite.unchanged(sentence)

    assert disturbed(Look(), "Go home", conllu=GO).eligible is False
    assert seen == [False]


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (None, "KeyError: 'oops'"),
        (lambda sentence: sentence.text, "must return a Rewrite"),
        (lambda sentence: Rewrite.of(sentence, []), "nothing was left"),
    ],
)
def test_a_broken_perturbation_is_named_with_the_example_and_the_language(result, words):
    with pytest.raises(HarnessError) as caught:
        disturbed(Broken(result), "Some text", language="de")
    for part in (words, "noise.broken", "Broken", "example 7", "column premise", "language de"):
        assert part in caught.value.message


def test_an_example_is_named_though_another_has_the_same_text():
    class Once(Mix):
        seen = 0

        def rewrite(self, sentence, rng, intensity):
            if rng.random() == wanted:
                raise KeyError("oops")
            return Rewrite.unchanged(sentence)

    wanted = random.Random(number(0, "syntactic.mix", "2", "premise")).random()
    with pytest.raises(HarnessError, match="example 2, column premise"):
        disturb_table(
            Once(), examples(premise=["Same."] * 4), ["premise"], language="en", seed=0, intensity=1.0
        )


@given(messy, st.text(max_size=5))
def test_numbers_that_begin_alike_are_those_of_each(first, second):
    assert numbers(0, first)(second, 3) == number(0, first, second, 3)
