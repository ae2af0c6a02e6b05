"""The few metrics of a run that a table of many runs should begin with."""

from __future__ import annotations

from harness.scoring.records import RunRecord
from harness.scoring.scores import CLEAN, SOURCE_LANGUAGE


def headline_metrics(record: RunRecord) -> dict[str, float]:
    """Return the scores on clean text and the mean drops, by names that come before all others.

    These are ``clean/<target>/<metric>/{mean_transfer,mean,en}`` and ``drop/<target>/<variant>``: MLflow
    orders metrics, columns and charts by name, and the hundreds of ``eval/...`` and ``robust/...`` follow.
    """
    values: dict[str, float] = {}
    place = f"clean/{record.target}/{record.metric}"
    for name in ("mean_transfer", "mean"):
        average = record.average(name, CLEAN)
        if average:
            values[f"{place}/{name}"] = average.score
    english = record.score(SOURCE_LANGUAGE, CLEAN)
    if english:
        values[f"{place}/{SOURCE_LANGUAGE}"] = english.score
    for variant in record.disturbed:
        average = record.average("mean", variant.label)
        if average and average.drop is not None:
            values[f"drop/{record.target}/{variant.label}"] = average.drop
    return values
