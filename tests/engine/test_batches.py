"""Batches: every row once an epoch, the same ones for the same step, never over the budget."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.engine.batches import Mixture, Order, ahead, cut, shares

LENGTHS = st.lists(st.integers(1, 60), min_size=1, max_size=300).map(lambda found: np.array(found))


@given(LENGTHS, st.integers(1, 40), st.integers(0, 2**32), st.booleans())
def test_every_row_comes_once_an_epoch(lengths: np.ndarray, size: int, seed: int, grouped: bool) -> None:
    order = Order(lengths, size, seed, grouped)
    for epoch in range(2):
        rows = [order.batch(epoch * order.steps_per_epoch + step) for step in range(order.steps_per_epoch)]
        assert sorted(np.concatenate(rows).tolist()) == list(range(len(lengths)))
        assert max(len(batch) for batch in rows) <= size


@given(LENGTHS, st.integers(1, 20), st.integers(0, 2**32), st.integers(0, 200))
def test_a_batch_depends_on_its_number_alone(lengths: np.ndarray, size: int, seed: int, step: int) -> None:
    walked = Order(lengths, size, seed, True)
    for earlier in range(0, step, 7):
        walked.batch(earlier)
    assert walked.batch(step).tolist() == Order(lengths, size, seed, True).batch(step).tolist()


def test_grouping_by_length_leaves_less_padding() -> None:
    lengths = np.random.default_rng(0).integers(5, 120, 3200)

    def padded(grouped: bool) -> int:
        order = Order(lengths, 32, 0, grouped)
        return sum(
            len(rows) * int(lengths[rows].max()) for rows in map(order.batch, range(order.steps_per_epoch))
        )

    assert padded(True) < 1.1 * lengths.sum() < padded(False)


@given(LENGTHS, st.integers(1, 500))
def test_pieces_hold_all_rows_within_the_budget(lengths: np.ndarray, budget: int) -> None:
    pieces = list(cut(lengths, np.arange(len(lengths)), budget))
    assert sorted(np.concatenate(pieces).tolist()) == list(range(len(lengths)))
    for piece in pieces:
        assert len(piece) == 1 or len(piece) * lengths[piece].max() <= budget


@given(LENGTHS, st.integers(1, 500))
def test_pieces_without_padding_hold_all_rows_within_the_budget_and_are_no_more(
    lengths: np.ndarray, budget: int
) -> None:
    pieces = list(cut(lengths, np.arange(len(lengths)), budget, padded=False))
    assert sorted(np.concatenate(pieces).tolist()) == list(range(len(lengths)))
    for piece in pieces:
        assert len(piece) == 1 or lengths[piece].sum() <= budget
    assert len(pieces) <= len(list(cut(lengths, np.arange(len(lengths)), budget)))


@pytest.mark.parametrize(("first", "last"), [(0, 0), (3, 3), (0, 1), (0, 2), (5, 12)])
def test_what_is_made_ahead_comes_in_order(first: int, last: int) -> None:
    assert list(ahead(lambda number: number * 10, first, last)) == [
        10 * number for number in range(first, last)
    ]


def test_making_ahead_stops_with_the_loop_and_passes_errors_on_when_their_turn_comes() -> None:
    made: list[int] = []

    def make(number: int) -> int:
        made.append(number)
        if number == 4:
            raise ValueError(number)
        return number

    coming = ahead(make, 0, 100)
    assert next(coming) == 0
    coming.close()
    assert len(made) <= 4
    seen: list[int] = []
    with pytest.raises(ValueError, match="4"):
        seen.extend(ahead(make, 0, 100))
    assert seen == [0, 1, 2, 3]


def test_a_mixture_is_proportional_up_to_the_cap_and_counts_each_tasks_batches() -> None:
    mixture = Mixture(shares([2**17, 2**20], "proportional", 2**17, 5.0), 4000, seed=0)
    drawn = [mixture.at(step) for step in range(4000)]
    first = [index for task, index in drawn if task == 0]
    assert abs(len(first) - 2000) < 200
    assert first == list(range(len(first)))


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=6), st.floats(1, 50))
def test_temperature_lies_between_proportional_and_uniform(sizes: list[int], temperature: float) -> None:
    proportional = shares(sizes, "proportional", 2**17, temperature)
    between = shares(sizes, "temperature", 2**17, temperature)
    uniform = shares(sizes, "uniform", 2**17, temperature)
    for found in (proportional, between, uniform):
        assert abs(found.sum() - 1) < 1e-9
    assert np.allclose(uniform, 1 / len(sizes))
    assert np.allclose(shares(sizes, "temperature", 2**17, 1.0), proportional)
    assert between.max() <= proportional.max() + 1e-9
    assert between.min() >= proportional.min() - 1e-9
    assert np.array_equal(np.argsort(between, kind="stable"), np.argsort(proportional, kind="stable"))
