"""The few metrics of a run that a table of many runs should begin with."""

from __future__ import annotations

from harness.scoring.records import RunRecord
from harness.scoring.scores import CLEAN, SOURCE_LANGUAGE


def headline_metrics(record: RunRecord) -> dict[str, float]:
    """Return ``accuracy/<target>/{mean_transfer,mean,en}`` and ``drop/<target>/<variant>`` (mean drops).

    MLflow orders metrics, columns and charts by name: these come before the hundreds of ``eval/...`` and
    ``robust/...``.
    """
    values: dict[str, float] = {}
    for name in ("mean_transfer", "mean"):
        average = record.average(name, CLEAN)
        if average:
            values[f"accuracy/{record.target}/{name}"] = average.accuracy
    english = record.score(SOURCE_LANGUAGE, CLEAN)
    if english:
        values[f"accuracy/{record.target}/{SOURCE_LANGUAGE}"] = english.accuracy
    for variant in record.disturbed:
        average = record.average("mean", variant.label)
        if average and average.drop is not None:
            values[f"drop/{record.target}/{variant.label}"] = average.drop
    return values
