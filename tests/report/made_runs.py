"""Predictions of made runs, for the tests of reports."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

LANGUAGES = ("ar", "de", "en", "sw")
SCRAMBLE, SWAP = "syntactic.scramble", "noise.swap:0.3"
RATES = {"ar": 0.6, "de": 0.8, "en": 0.9, "sw": 0.34}
KEYBOARD = "noise.keyboard"
SWEPT = (f"{KEYBOARD}:0.1", f"{KEYBOARD}:0.3", KEYBOARD, f"worst:8:{KEYBOARD}", "typological.like:ja")


def predictions(language: str, variant: str, gain: float, count: int = 200) -> pa.Table:
    hard = np.random.default_rng(3).random(count)
    right = hard < RATES[language] + gain - (0 if variant == "clean" else 0.2)
    names = [f"test-{row}" for row in range(count)]
    return pa.table(
        {
            "id": names,
            "cluster": names,
            "gold": ["a"] * count,
            "prediction": np.where(right, "a", "b").tolist(),
            "accuracy": pa.array(right.astype(np.float32)),
            "probabilities": pa.array([[0.5, 0.5]] * count, pa.list_(pa.float32())),
            "eligible": [True] * count,
            "touched": [variant != "clean"] * count,
            "char_edits": pa.array([4] * count, pa.int32()),
        }
    )


def accounted(language: str, variant: str, count: int = 200) -> pa.Table:
    """Return predictions with all accounts; Arabic is barely changed, Swahili's tree is refused at times."""
    table = predictions(language, variant, 0.0, count)
    share = 0.0 if variant == "clean" else 0.1 if language == "ar" else 0.8
    touched = [row < share * count for row in range(count)]
    refused = [language == "sw" and row >= 0.9 * count and variant != "clean" for row in range(count)]
    longer = {"clean": 0, SWEPT[0]: 1, SWEPT[1]: 3}.get(variant, 5)
    made = {
        "touched": touched,
        "refused": refused,
        "token_edits": pa.array([2] * count, pa.int32()),
        "subwords": pa.array([20 + longer] * count, pa.int32()),
        "dependency_length": pa.array([1.25 if "like" in variant else None] * count, pa.float32()),
    }
    for name, column in made.items():
        known = [each for each in table.column_names if each != name]
        table = table.select(known).append_column(name, pa.array(column))
    return table
