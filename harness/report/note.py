"""A run's result as Markdown, for the description that MLflow shows on the run's page."""

from __future__ import annotations

from harness.report.wording import MEAN_NAMES, headline, percent, reasons, rows_of, scored, signed
from harness.scoring.records import RunRecord
from harness.scoring.scores import CLEAN


def note(record: RunRecord) -> str:
    """Return headline and table as Markdown: the value of MLflow's tag ``mlflow.note.content``."""
    variants = [variant.label for variant in record.variants]
    lines = [" ".join(headline(record)), ""]
    lines.append("| | " + " | ".join(variants) + " |")
    lines.append("|---|" + "---:|" * len(variants))
    for row in (*rows_of(record), *MEAN_NAMES):
        if scored(record, row, CLEAN):
            cells = " | ".join(_cell(record, row, variant) for variant in variants)
            lines.append(f"| {MEAN_NAMES.get(row, row)} | {cells} |")
    lines += ["", f"{record.metric} in per cent and points lost; chance {percent(record.chance)}."]
    lines += [f"Not served: {len(cells)} cells, {reason}." for reason, cells in reasons(record).items()]
    return "\n".join(lines)


def _cell(record: RunRecord, row: str, variant: str) -> str:
    found = scored(record, row, variant)
    if found is None:
        return "not served"
    if found.drop is None:
        return percent(found.accuracy)
    return f"{percent(found.accuracy)} ({signed(-found.drop)})"
