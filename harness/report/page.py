"""The report of a run: one page that holds all it shows, and its figures as files beside it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.report.curves import draw_curves, sweeps
from harness.report.effects import BARELY, COLUMNS, left_out_notes, legend, shown_columns, written
from harness.report.figures import draw_drops, draw_scores
from harness.report.wording import (
    MEAN_NAMES,
    duration,
    headline,
    named,
    others,
    percent,
    reasons,
    rows_of,
    scored,
    signed,
    signed_span,
    span,
)
from harness.scoring.effects import effects
from harness.scoring.records import RunRecord
from harness.scoring.scores import CLEAN, Average, CellScores

if TYPE_CHECKING:
    from jinja2 import Environment


def write_report(record: RunRecord, folder: Path) -> list[Path]:
    """Write ``report.html`` and its figures and return the paths.

    The figures are ``scores.png``, ``drop.png`` where text was disturbed, and ``intensity.png`` where a
    perturbation was tried at several intensities.

    The page needs nothing but itself: styles and figures are inside.
    """
    folder.mkdir(parents=True, exist_ok=True)
    figures = {"Scores": draw_scores(record, folder / "scores.png")}
    if record.disturbed:
        figures["Drop"] = draw_drops(record, folder / "drop.png")
    if sweeps(record):
        figures["Intensity"] = draw_curves(record, folder / "intensity.png")
    did = effects(record)
    page = folder / "report.html"
    text = render(
        "report.html.j2",
        record=record,
        headline=headline(record),
        rows=[*((row, row) for row in rows_of(record)), *_means(record)],
        variants=[variant.label for variant in record.variants],
        disturbed=[variant.label for variant in record.disturbed],
        reasons=reasons(record),
        worst_of=list(dict.fromkeys(variant for worst in record.worst for variant in worst.variants)),
        figures={title: _embedded(path) for title, path in figures.items()},
        scored=lambda row, variant: scored(record, row, variant),
        shade=_shade,
        metric=named(record.metric),
        barely=BARELY,
        left_out=left_out_notes(record),
        effects=did,
        accounts={name: COLUMNS[name][0] for name in shown_columns(did)},
        legend=legend(record),
        written=written,
        others={metric: named(metric) for metric in others(record)},
    )
    page.write_text(text, encoding="utf-8")
    return [page, *figures.values()]


def _environment() -> Environment:
    """Return the templates' environment: everything is escaped, an unknown name is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("harness.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "percent": percent,
        "signed": signed,
        "duration": duration,
        "named": named,
    }
    made.globals |= {"span": span, "signed_span": signed_span}
    return made


def _means(record: RunRecord) -> list[tuple[str, str]]:
    return [(row, name) for row, name in MEAN_NAMES.items() if scored(record, row, CLEAN)]


def _shade(found: CellScores | Average) -> str:
    """Return a cell's background: the redder, the more of the room above chance is lost."""
    if not found.drop:
        return "transparent"
    strength = min(1.0, abs(found.drop) / max(1e-9, 1 - found.chance) * 2)
    colour = "200, 60, 40" if found.drop > 0 else "50, 100, 190"
    return f"rgba({colour}, {0.55 * strength:.2f})"


def _embedded(path: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()


def render(template: str, **content: Any) -> str:
    """Return a template of this package filled with `content`."""
    return _environment().get_template(template).render(**content)
