"""Prediction: equal sequences once, in any batches, whatever the memory: the outputs stay those of each alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from accelerate import Accelerator
from harness_plugins.models.encoders import HuggingFaceEncoder
from hypothesis import given
from hypothesis import strategies as st

from harness.engine import prediction
from harness.engine.network import Network, TaskData, inputs_of
from harness.engine.prediction import distinct, losses, predict
from harness.formats import Encoded, Settings, format_named
from harness.formats.base import joined, offsets
from harness.registry_schema import Recipe

WORDS = ["red", "blue", "a house", "the river", "old", "seven", "bird", "oooo", "XX"]
RECIPE = {"max_length": 32, "stride": 4}
LABELS = {"token-tagging": ("A", "B", "O"), "multiple-choice": (), "retrieval": ()}


def rows(shape: str, count: int, seed: int = 0) -> pa.Table:
    rng = np.random.default_rng(seed)

    def text(most: int = 8) -> str:
        return " ".join(rng.choice(WORDS, rng.integers(1, most)))

    ids = [str(row) for row in range(count)]
    made: Any = {
        "pair-classification": {
            "premise": [text() for _ in ids],
            "hypothesis": [text() for _ in ids],
            "label": ["yes"] * count,
        },
        "multiple-choice": {
            "context": [text() for _ in ids],
            "question": [""] * count,
            "choices": [[text(3) for _ in range(2 + row % 2)] for row in range(count)],
            "label": ["1"] * count,
        },
        "span-extraction": {
            "context": [text(30) for _ in ids],
            "question": [text(4) for _ in ids],
            "answers": [["red"]] * count,
            "answer_starts": [[0]] * count,
        },
        "token-tagging": {
            "tokens": (words := [text().split() for _ in ids]),
            "tags": [["A"] * len(each) for each in words],
        },
        "retrieval": {"text": [text() for _ in ids], "text_pair": [text() for _ in ids]},
    }[shape]
    return pa.table({"id": ids, **made})


@pytest.fixture(scope="module")
def model(tiny_model: Path) -> tuple[Any, Any]:
    return HuggingFaceEncoder().encoder(tiny_model), HuggingFaceEncoder().tokenizer(tiny_model)


def network_for(shape: str, model: tuple[Any, Any]) -> tuple[Network, Any, Settings]:
    encoder, tokenizer = model
    settings = Settings(LABELS.get(shape, ("yes", "no")), Recipe.model_validate(RECIPE))
    torch.manual_seed(1)
    network = Network.build(encoder, [TaskData("toy", format_named(shape), settings)])
    return network, inputs_of(encoder, tokenizer), settings


SHAPES = ["pair-classification", "multiple-choice", "span-extraction", "token-tagging", "retrieval"]


@pytest.mark.parametrize("shape", SHAPES)
def test_equal_sequences_are_computed_once_and_outputs_are_those_of_each_alone(
    shape: str, model: tuple[Any, Any]
) -> None:
    network, inputs, settings = network_for(shape, model)
    form, cpu = format_named(shape), Accelerator(cpu=True)
    once = form.encode(rows(shape, 12), model[1], settings)
    again = form.encode(rows(shape, 5, seed=3), model[1], settings)
    encoded = joined([once, again, once])
    every = type(form)()
    every.alone = False
    asked: list[int] = []
    counting = Network.forward

    def forward(self: Network, name: str, batch: Any, *more: Any) -> Any:
        asked.append(len(batch["input_ids"]))
        return counting(self, name, batch, *more)

    plain = np.concatenate(
        [predict(network, "toy", every, part, inputs, cpu, 60) for part in (once, again, once)]
    )
    network.forward = forward.__get__(network)  # type: ignore[method-assign]
    found = predict(network, "toy", form, encoded, inputs, cpu, 200)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, plain, rtol=1e-4, atol=1e-5)
    assert sum(asked) == len(distinct(encoded)[0]) <= len(once.widths) + len(again.widths)


def test_progress_counts_every_sequence(model: tuple[Any, Any]) -> None:
    network, inputs, settings = network_for("pair-classification", model)
    form = format_named("pair-classification")
    once = form.encode(rows("pair-classification", 9), model[1], settings)
    told: list[int] = []
    predict(network, "toy", form, joined([once, once]), inputs, Accelerator(cpu=True), 50, told.append)
    assert sum(told) == 18
    assert len(told) > 1


@pytest.mark.parametrize("shape", ["masked-lm", "translation-ranking"])
def test_what_selects_does_not_depend_on_the_machine(shape: str, model: tuple[Any, Any]) -> None:
    network, inputs, settings = network_for(shape, model)
    form = format_named(shape)
    encoded = form.encode(rows("retrieval", 40), model[1], settings)
    found = [
        losses(network, "toy", form, encoded, inputs, Accelerator(cpu=True), size) for size in (50, 9999)
    ]
    assert found[0] == found[1]


def test_out_of_memory_halves_the_budget_from_then_on(model: tuple[Any, Any]) -> None:
    network, inputs, settings = network_for("pair-classification", model)
    form, cpu = format_named("pair-classification"), Accelerator(cpu=True)
    encoded = form.encode(rows("pair-classification", 40), model[1], settings)
    plain = predict(network, "toy", form, encoded, inputs, cpu, 10_000)
    sizes: list[int] = []
    own = network.forward

    def forward(name: str, batch: Any, *more: Any) -> Any:
        sizes.append(batch["input_ids"].numel())
        if sizes[-1] > 150:
            raise torch.OutOfMemoryError("full")
        return own(name, batch, *more)

    network.forward = forward  # type: ignore[assignment]
    found = predict(network, "toy", form, encoded, inputs, cpu, 10_000)
    np.testing.assert_allclose(found, plain, rtol=1e-4, atol=1e-5)
    failed = [place for place, size in enumerate(sizes) if size > 150]
    assert failed == list(range(len(failed)))  # and none of those that follow
    assert len(failed) > 1


def test_out_of_memory_with_one_sequence_is_an_error(model: tuple[Any, Any]) -> None:
    network, inputs, settings = network_for("pair-classification", model)
    form = format_named("pair-classification")
    encoded = form.encode(rows("pair-classification", 3), model[1], settings)

    def forward(name: str, batch: Any, *more: Any) -> Any:
        raise torch.OutOfMemoryError("full")

    network.forward = forward  # type: ignore[assignment]
    with pytest.raises(torch.OutOfMemoryError):
        predict(network, "toy", form, encoded, inputs, Accelerator(cpu=True), 100)


def test_nothing_to_predict_is_no_failure(model: tuple[Any, Any]) -> None:
    network, inputs, _ = network_for("pair-classification", model)
    nothing = Encoded(np.zeros(0, np.int32), np.zeros(1, np.int64))
    found = predict(
        network, "toy", format_named("pair-classification"), nothing, inputs, Accelerator(cpu=True), 9
    )
    assert len(found) == 0


sequences = st.lists(st.lists(st.integers(0, 3), max_size=4), max_size=30)


@given(sequences)
def test_distinct_sequences_stand_for_those_that_equal_them(given_: list[list[int]]) -> None:
    encoded = Encoded(
        np.array([token for each in given_ for token in each], np.int32),
        offsets([len(each) for each in given_]),
    )
    firsts, which = distinct(encoded)
    assert [given_[firsts[place]] for place in which] == given_
    assert len(firsts) == len({tuple(each) for each in given_})


@given(sequences)
def test_sequences_that_differ_are_told_apart_even_where_their_hashes_are_equal(
    given_: list[list[int]],
) -> None:
    encoded = Encoded(
        np.array([token for each in given_ for token in each], np.int32),
        offsets([len(each) for each in given_]),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prediction, "sequence_hashes", lambda each: np.zeros(len(each.widths), np.uint64))
        firsts, which = distinct(encoded)
    assert [given_[firsts[place]] for place in which] == given_


def test_sequences_of_other_segments_are_others() -> None:
    tokens, starts = np.array([5, 6, 5, 6], np.int32), np.array([0, 2, 4])
    encoded = Encoded(tokens, starts, np.array([0, 0, 0, 1], np.int8))
    assert len(distinct(encoded)[0]) == 2
    assert len(distinct(replace(encoded, segments=None))[0]) == 1
