"""The measurement of the optimiser's step: both sides do the same, and less is held of a trimmed table."""

from __future__ import annotations

from typer.testing import CliRunner

from harness.bench.stepping import compared, measure
from harness.bench.training import SHAPES
from harness.cli import app


def test_both_sides_step_fused_and_the_trimmed_one_holds_less() -> None:
    trimmed, whole = measure(SHAPES["tiny"], 50, "cpu", 2, lambda what: None)
    assert trimmed.fused
    assert whole.fused
    # weights, gradients and two moments of the rows that are left out
    apart = (SHAPES["tiny"]["vocabulary"] - 50) * SHAPES["tiny"]["hidden"] * 4 * 4
    assert whole.held - trimmed.held == apart
    assert {line.what for line in compared(trimmed, whole)} > {"clip and step"}


def test_it_is_printed() -> None:
    found = CliRunner().invoke(
        app, ["bench", "step", "--shape", "tiny", "--reached", "50", "--device", "cpu"]
    )
    assert found.exit_code == 0, found.output
    assert "50 of 2,000 embeddings" in found.output
