"""``harness bench track`` logs a stage to MLflow as training does, and the same stage nowhere."""

from __future__ import annotations

import time

import pytest

from harness.bench.tracking import measure


@pytest.mark.slow
def test_a_stage_is_timed_with_and_without_logging_and_all_arrives() -> None:
    calls: list[float] = []
    found = measure(40, 1, lambda line: None, step=lambda: calls.append(time.perf_counter()))
    assert len(calls) == 1 + 40 + 40
    assert (found.steps, found.readings, found.arrived) == (40, 2, True)
    assert len(found.plain) == len(found.tracked) == len(found.waited) == len(found.follower) == 1
    assert found.ratio > 0
    assert found.processor_ratio > 0
