"""Entities: counted as seqeval counts them, whatever the tags."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics import f1_score
from seqeval.metrics.sequence_labeling import get_entities

from harness.formats.base import offsets
from harness.formats.entities import count_entities, find_entities

BIO = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
SCHEMES = ("O", "B-PER", "I-PER", "E-PER", "S-PER", "I-LOC", "E-LOC", "S-LOC", ".", "B-", "I-X-Y", "B-X-Y")
PARTS = ("ADJ", "AUX", "CCONJ", "SCONJ", "SYM", "INTJ", "NOUN", "X", "PUNCT", "B", "I", "O", "E-", "ORG", "-")

sentences = st.one_of(
    *(
        st.lists(st.lists(st.sampled_from(names), max_size=9), min_size=1, max_size=5)
        for names in (BIO, SCHEMES, PARTS, PARTS + SCHEMES)
    )
)


def coded(rows: Sequence[Sequence[str]], names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the tags' numbers and where each row begins."""
    numbers = [names.index(tag) for row in rows for tag in row]
    return np.array(numbers, dtype=np.int64), offsets([len(row) for row in rows])


def spans(rows: Sequence[Sequence[str]]) -> list[tuple[str, int, int]]:
    """Return the entities of rows as seqeval shows them: type, first and last word."""
    names = sorted({tag for row in rows for tag in row})
    numbers, starts = coded(rows, names)
    found = find_entities(numbers, starts, names)
    kinds: dict[int, str] = {}
    padded = [tag for row in rows for tag in [*row, "O"]]
    for place, kind in enumerate(found.types[1:].tolist()):
        kinds[kind] = padded[place][1:].split("-", maxsplit=1)[-1] or "_"
    ends = np.flatnonzero(found.ends).tolist()
    return [(kinds[int(found.types[end])], int(found.begins[end]), end - 1) for end in ends]


def theirs(rows: Sequence[Sequence[str]]) -> list[tuple[str, int, int]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found: list[tuple[str, int, int]] = get_entities([list(row) for row in rows])
    return found


def f1(gold: list[list[str]], guesses: list[list[str]]) -> float:
    names = sorted({tag for row in [*gold, *guesses] for tag in row})
    numbers, starts = coded(gold, names)
    right, predicted, there = count_entities(numbers, coded(guesses, names)[0], starts, names)
    total = predicted.sum() + there.sum()
    return float(2 * right.sum() / total) if total else 0.0


@given(sentences)
def test_entities_are_seqevals_whatever_the_tags(rows: list[list[str]]) -> None:
    assert spans(rows) == theirs(rows)


@given(st.data())
def test_the_score_is_seqevals_whatever_is_predicted(data: st.DataObject) -> None:
    names = data.draw(st.sampled_from([BIO, SCHEMES, PARTS]))
    gold = data.draw(st.lists(st.lists(st.sampled_from(names), max_size=9), min_size=1, max_size=5))
    guesses = [[data.draw(st.sampled_from(names)) for _ in row] for row in gold]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert f1(gold, guesses) == pytest.approx(f1_score(gold, guesses), abs=1e-12)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("B-PER I-PER O B-LOC", [("PER", 0, 1), ("LOC", 3, 3)]),
        ("I-PER I-PER O I-LOC", [("PER", 0, 1), ("LOC", 3, 3)]),  # no B is needed
        ("B-PER I-LOC I-LOC", [("PER", 0, 0), ("LOC", 1, 2)]),  # a change of type begins another
        ("B-PER B-PER I-PER", [("PER", 0, 0), ("PER", 1, 2)]),
        ("S-PER I-PER E-PER S-PER", [("PER", 0, 0), ("PER", 1, 2), ("PER", 3, 3)]),
        ("B-PER E-PER E-PER", [("PER", 0, 1), ("PER", 2, 2)]),
        ("DET NOUN NOUN VERB", [("ET", 0, 0), ("OUN", 1, 2), ("ERB", 3, 3)]),  # a run of equal tags
        ("SCONJ SCONJ", [("CONJ", 0, 0), ("CONJ", 1, 1)]),  # S stands alone
        ("CCONJ SCONJ VERB", [("CONJ", 1, 1), ("ERB", 2, 2)]),  # the first is lost: its type goes on
        ("NOUN X", [("OUN", 0, 0)]),  # X has the type of the O after it, and does not end
        ("O . O", []),
    ],
)
def test_entities_of_tags_by_hand(row: str, expected: list[tuple[str, int, int]]) -> None:
    assert spans([row.split()]) == expected == theirs([row.split()])


def test_entities_are_counted_in_the_sentence_that_holds_them() -> None:
    gold, guess = [["B-PER"], [], ["B-LOC", "I-LOC", "O"]], [["B-PER"], [], ["B-LOC", "O", "B-PER"]]
    numbers, starts = coded(gold, BIO)
    right, predicted, there = count_entities(numbers, coded(guess, BIO)[0], starts, BIO)
    assert (right.tolist(), predicted.tolist(), there.tolist()) == ([1, 0, 0], [1, 0, 2], [1, 0, 1])
