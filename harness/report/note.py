"""A run's result as Markdown, for the description that MLflow shows on the run's page."""

from __future__ import annotations

from harness.report.effects import BARELY, left_out_notes
from harness.report.wording import (
    MEAN_NAMES,
    headline,
    named,
    percent,
    reasons,
    rows_of,
    scored,
    settings_of,
    signed,
)
from harness.scoring.records import RunRecord
from harness.scoring.scores import CLEAN, CellScores


def note(record: RunRecord) -> str:
    """Return headline and table as Markdown: the value of MLflow's tag ``mlflow.note.content``."""
    variants = [variant.label for variant in record.variants]
    lines = [" ".join(headline(record)), ""]
    lines.append("| | trivial | " + " | ".join(variants) + " |")
    lines.append("|---|---:|" + "---:|" * len(variants))
    for row in (*rows_of(record), *MEAN_NAMES):
        clean = scored(record, row, CLEAN)
        if clean:
            cells = " | ".join(_cell(record, row, variant) for variant in variants)
            lines.append(f"| {MEAN_NAMES.get(row, row)} | {percent(clean.chance)} | {cells} |")
    lines += ["", f"{named(record.metric)} in per cent and points lost; \\* at chance."]
    lines += [f"{note}." for note in left_out_notes(record)]
    lines += [f"Scored by {settings_of(record)}."] if record.settings else []
    lines += [f"Not served: {len(cells)} cells, {reason}." for reason, cells in reasons(record).items()]
    return "\n".join(lines)


def _cell(record: RunRecord, row: str, variant: str) -> str:
    found = scored(record, row, variant)
    if found is None:
        return "not served"
    mark = ""
    if isinstance(found, CellScores):
        mark = ("\\*" if found.at_chance else "") + (BARELY if found.barely_changed else "")
    if found.drop is None:
        return f"{percent(found.score)}{mark}"
    return f"{percent(found.score)}{mark} ({signed(-found.drop)})"
