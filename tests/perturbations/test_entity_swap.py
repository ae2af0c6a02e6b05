"""Entities exchanged: of the same type, from other rows, with valid tags."""

from __future__ import annotations

import random

from harness_plugins.perturbations.entity_swap import EntitySwap, entities
from hypothesis import given
from hypothesis import strategies as st

from harness.perturbation import Rows

ROWS = [
    ("Anna Bell lives in Paris .", "B-PER I-PER O O B-LOC O"),
    ("Carl met Dora Eve Fox in Rome .", "B-PER O B-PER I-PER I-PER O B-LOC O"),
    ("Paris : the town of New York", "B-LOC O O O O B-LOC I-LOC"),
    ("Acme hired Anna Bell", "B-ORG O B-PER I-PER"),
]
TYPES = ("PER", "LOC", "ORG")
names = st.lists(st.sampled_from(["Ann", "Bob", "Cy", "Dee", "'", "(", "x"]), min_size=1, max_size=4)
pieces = st.lists(st.tuples(names, st.sampled_from(["O", *TYPES])), max_size=6)


def made(rows):
    texts = [(tokens.split(), tags.split()) for tokens, tags in rows]
    return {
        "id": [str(number) for number in range(len(rows))],
        "tokens": [tokens for tokens, _ in texts],
        "tags": [tags for _, tags in texts],
    }


def row_of(columns, number):
    return {name: values[number] for name, values in columns.items()}


def swapped(columns, number, seed=0, intensity=1.0, language="en"):
    return EntitySwap().edit(row_of(columns, number), Rows(language, columns), random.Random(seed), intensity)


def built(parts):
    tokens, tags = [], []
    for words, kind in parts:
        tokens += words
        tags += ["O"] * len(words) if kind == "O" else [f"B-{kind}", *[f"I-{kind}"] * (len(words) - 1)]
    return tokens, tags


def test_an_entity_is_replaced_by_one_of_its_type_and_the_rest_stays():
    found = {tuple(swapped(made(ROWS), 0, seed)["tokens"]) for seed in range(60)}
    people, places = {("Carl",), ("Dora", "Eve", "Fox")}, {("Rome",), ("New", "York")}
    assert found == {(*person, "lives", "in", *place, ".") for person in people for place in places}


def test_tags_follow():
    for seed in range(20):
        found = swapped(made(ROWS), 0, seed)
        kept = [word for word, tag in zip(found["tokens"], found["tags"], strict=True) if tag == "O"]
        assert kept == ["lives", "in", "."]
        assert [entity.type for entity in entities(found["tags"])] == ["PER", "LOC"]


def test_the_same_entity_has_the_same_replacement():
    rows = [("Rome and Rome and Paris", "B-LOC O B-LOC O B-LOC"), *ROWS[1:]]
    for seed in range(20):
        found = swapped(made(rows), 0, seed)
        spans = entities(found["tags"])
        left, middle, _ = (found["tokens"][each.start : each.end] for each in spans)
        assert left == middle == ["New", "York"]


def test_one_that_stands_elsewhere_after_the_same_word_is_preferred():
    rows = [
        ("near the Alps", "O O B-LOC"),
        *((f"the {word}", "O B-LOC") for word in ("Po", "Rhine", "Oder", "Elbe")),
    ]
    rows += [(f"{word}", "B-LOC") for word in ("Rome", "Bonn", "Oslo", "Bern", "Graz")]
    found = {swapped(made(rows), 0, seed)["tokens"][-1] for seed in range(60)}
    assert found == {"Po", "Rhine", "Oder", "Elbe"}


def test_rows_without_an_entity_or_without_another_one_are_left_alone():
    assert swapped(made([("no names here", "O O O"), *ROWS]), 0) is None
    assert swapped(made(ROWS), 3)["tokens"][0] == "Acme"
    assert swapped(made(ROWS[3:]), 0) is None
    assert swapped(made([("a dog", "DET NOUN"), ("a cat", "DET NOUN")]), 0) is None
    assert swapped(made([("", ""), *ROWS]), 0) is None


def test_names_that_inflect_are_unserved():
    assert EntitySwap().unserved("en") is None
    for language in ("ru", "tr", "fi", "ko"):
        assert "inflect" in EntitySwap().unserved(language)


@given(st.lists(pieces, min_size=1, max_size=5), st.integers(0, 999), st.floats(0.01, 1))
def test_tags_stay_valid_and_types_in_their_order(parts, seed, intensity):
    texts = [built(each) for each in parts]
    columns = {
        "id": list(map(str, range(len(texts)))),
        "tokens": [tokens for tokens, _ in texts],
        "tags": [tags for _, tags in texts],
    }
    for number, (tokens, tags) in enumerate(texts):
        found = swapped(columns, number, seed, intensity)
        if not found:
            continue
        assert len(found["tokens"]) == len(found["tags"])
        assert [entity.type for entity in entities(found["tags"])] == [
            entity.type for entity in entities(tags)
        ]
        for before, tag in zip(["O", *found["tags"]], found["tags"], strict=False):
            assert not tag.startswith("I-") or before[2:] == tag[2:]
        outside = [word for word, tag in zip(tokens, tags, strict=True) if tag == "O"]
        assert [w for w, tag in zip(found["tokens"], found["tags"], strict=True) if tag == "O"] == outside
        assert found["tokens"] != tokens


@given(st.integers(0, 999), st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_higher_intensity_keeps_what_a_lower_one_replaced(seed, one, other):
    columns = made([("Carl met Dora in Rome near Oslo .", "B-PER O B-PER O B-LOC O B-LOC O"), *ROWS])
    texts = []
    for intensity in sorted((one, other)):
        found = swapped(columns, 0, seed, intensity)
        texts.append([" ".join(found["tokens"][each.start : each.end]) for each in entities(found["tags"])])
    for old, low, high in zip(("Carl", "Dora", "Rome", "Oslo"), *texts, strict=True):
        assert low in (old, high)


def test_tags_that_are_no_entities_are_not_served():
    assert "NOUN" in EntitySwap().unfit(("NOUN", "VERB", "X"))
    assert EntitySwap().unfit(("B-PER", "I-PER", "O")) is None
    assert EntitySwap().unfit(()) is None
