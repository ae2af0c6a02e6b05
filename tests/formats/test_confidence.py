"""How probable a model finds the gold answer, which a search makes fall."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from harness.formats import Encoded, Settings, format_named
from harness.registry_schema import Recipe

LABELS = ("entailment", "neutral", "contradiction")


def test_of_a_pair_it_is_the_probability_of_its_label() -> None:
    shape, settings = format_named("pair-classification"), Settings(LABELS, Recipe())
    outputs = np.array([[2.0, 0.5, -1.0], [80.0, -90.0, 3.0]], dtype=np.float32)
    table = pa.table({"label": ["neutral", "entailment"]})
    encoded = Encoded(np.zeros(2, np.int32), np.arange(3), labels=np.array([1, 0]))
    told = shape.confidence(outputs, encoded, table, settings)
    probabilities = shape.decode(outputs, encoded, table, settings)["probabilities"].to_pylist()
    assert np.exp(told) == pytest.approx([probabilities[0][1], probabilities[1][0]])


def test_of_choices_it_is_the_probability_of_the_right_one() -> None:
    shape, settings = format_named("multiple-choice"), Settings((), Recipe())
    outputs = np.array([[1.0], [0.0], [3.0], [-2.0], [2.0]], dtype=np.float32)
    table = pa.table({"label": ["1", "0"]})
    encoded = Encoded(np.zeros(5, np.int32), np.arange(6), labels=np.array([1, 0]), items=np.array([0, 2, 5]))
    told = shape.confidence(outputs, encoded, table, settings)
    probabilities = shape.decode(outputs, encoded, table, settings)["probabilities"].to_pylist()
    assert np.exp(told) == pytest.approx([probabilities[0][1], probabilities[1][0]])


def test_of_a_span_it_is_that_of_start_and_end_in_the_best_window() -> None:
    shape, settings = format_named("span-extraction"), Settings((), Recipe())
    # a row with two windows that hold the answer, and one whose only window does not
    starts, ends = np.array([1, 2, 0]), np.array([2, 2, 0])
    outputs = np.random.default_rng(0).normal(size=(10, 2)).astype(np.float32)
    encoded = Encoded(
        np.zeros(10, np.int32), np.array([0, 4, 7, 10]), rows=np.array([0, 0, 1]),
        notes={"start": starts, "end": ends},
    )  # fmt: skip
    table = pa.table({"answers": [["a"], ["b"]]})
    told = shape.confidence(outputs, encoded, table, settings)
    windows = [np.exp(each) / np.exp(each).sum(axis=0) for each in (outputs[:4], outputs[4:7], outputs[7:])]
    held = [
        window[start, 0] * window[end, 1] for window, start, end in zip(windows, starts, ends, strict=True)
    ]
    assert np.exp(told) == pytest.approx([max(held[:2]), held[2]])


@pytest.mark.parametrize("name", ["token-tagging", "retrieval", "masked-lm"])
def test_other_formats_tell_none(name: str) -> None:
    assert not format_named(name).tells_confidence
