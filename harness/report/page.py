"""The report of a run: one page that holds all it shows, and its figures as files beside it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.report.figures import draw_accuracy, draw_drops
from harness.report.wording import (
    MEAN_NAMES,
    duration,
    headline,
    percent,
    reasons,
    rows_of,
    scored,
    signed,
    signed_span,
    span,
)
from harness.scoring.records import RunRecord
from harness.scoring.scores import CLEAN

if TYPE_CHECKING:
    from jinja2 import Environment


def write_report(record: RunRecord, folder: Path) -> list[Path]:
    """Write ``report.html``, ``accuracy.png`` and, where text was disturbed, ``drop.png``; return the paths.

    The page needs nothing but itself: styles and figures are inside.
    """
    folder.mkdir(parents=True, exist_ok=True)
    figures = {"Accuracy": draw_accuracy(record, folder / "accuracy.png")}
    if record.disturbed:
        figures["Drop"] = draw_drops(record, folder / "drop.png")
    page = folder / "report.html"
    text = render(
        "report.html.j2",
        record=record,
        headline=headline(record),
        rows=[*((row, row) for row in rows_of(record)), *_means(record)],
        variants=[variant.label for variant in record.variants],
        disturbed=[variant.label for variant in record.disturbed],
        reasons=reasons(record),
        figures={title: _embedded(path) for title, path in figures.items()},
        scored=lambda row, variant: scored(record, row, variant),
        shade=lambda drop: _shade(drop, record),
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
    }
    made.globals |= {"span": span, "signed_span": signed_span}
    return made


def _means(record: RunRecord) -> list[tuple[str, str]]:
    return [(row, name) for row, name in MEAN_NAMES.items() if scored(record, row, CLEAN)]


def _shade(drop: float | None, record: RunRecord) -> str:
    """Return a cell's background: the redder, the more of what clean text had above chance is lost."""
    if drop is None or drop == 0:
        return "transparent"
    strength = min(1.0, abs(drop) / max(1e-9, 1 - record.chance) * 2)
    colour = "200, 60, 40" if drop > 0 else "50, 100, 190"
    return f"rgba({colour}, {0.55 * strength:.2f})"


def _embedded(path: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()


def render(template: str, **content: Any) -> str:
    """Return a template of this package filled with `content`."""
    return _environment().get_template(template).render(**content)
