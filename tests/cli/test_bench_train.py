"""``harness bench train``: both sides train on the same batches, by the same loss."""

from __future__ import annotations

import numpy as np
import pytest

from harness import HarnessError
from harness.bench.training import OURS, TRAINER, Job, made_rows, measure, useful_operations
from harness.cli.bench import train


def test_both_sides_train_to_the_same_losses() -> None:
    job = Job("tiny", 3, 8, "cpu", "fp32", dropout=0.0)
    sides = measure(job, made_rows(100, 2000), lambda line: None, (OURS, TRAINER))
    assert sides[OURS].loss == pytest.approx(sides[TRAINER].loss, rel=1e-4)
    assert sides[OURS].tokens == sides[TRAINER].tokens
    assert all(side.seconds > 0 and side.peak > 2**25 for side in sides.values())


def test_made_rows_are_as_long_as_those_of_xnli() -> None:
    rows = made_rows(2000, 250_002)
    assert rows.widths.mean() == pytest.approx(38, abs=2)
    assert rows.widths.std() == pytest.approx(18, abs=2)
    assert rows.tokens.max() < 250_002


def test_useful_operations_are_six_for_each_weight_and_token_and_those_of_attention() -> None:
    layer = 4 * 768**2 + 2 * 768 * 3072
    wanted = 6 * 12 * layer * 10 + 12 * 12 * 768 * (16 + 36)
    assert useful_operations("base", np.array([4, 6])) == wanted


def test_an_unknown_shape_is_refused() -> None:
    with pytest.raises(HarnessError, match="unknown shape 'bas'"):
        train("bas", 1, 32, "cpu", "fp32", "xlmr-base", None, False)
