"""The figure of a sweep: scores against intensity, for perturbations that were tried at several."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.report.wording import named, rows_of
from harness.scoring.records import RunRecord, Variant
from harness.scoring.scores import CLEAN

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_DPI = 150
_BESIDE = 3
Sweep = tuple[str, tuple[Variant, ...]]


def sweeps(record: RunRecord) -> list[Sweep]:
    """Return the perturbations that a run has at several intensities above 0, with their variants, weakest first."""
    grouped: dict[str, list[Variant]] = {}
    for variant in record.disturbed:
        if variant.perturbation and variant.intensity:
            grouped.setdefault(variant.search + variant.perturbation, []).append(variant)
    return [
        (name, tuple(sorted(variants, key=lambda variant: variant.intensity or 0.0)))
        for name, variants in grouped.items()
        if len({variant.intensity for variant in variants}) > 1
    ]


def curves(record: RunRecord, variants: tuple[Variant, ...]) -> dict[str, list[tuple[float, float]]]:
    """Return each language's points (intensity, score), clean text first; only languages that have all of them."""
    found: dict[str, list[tuple[float, float]]] = {}
    for language in rows_of(record):
        labels = [(0.0, CLEAN), *((variant.intensity or 0.0, variant.label) for variant in variants)]
        cells = [(intensity, record.score(language, label)) for intensity, label in labels]
        points = [(intensity, cell.score) for intensity, cell in cells if cell]
        if len(points) == len(labels):
            found[language] = points
    return found


def draw_curves(record: RunRecord, path: Path) -> Path:
    """Draw a panel for each sweep: a thin line for each language, the mean over them as a thick one."""
    from matplotlib.figure import Figure

    panels = sweeps(record)
    across = min(_BESIDE, len(panels))
    down = -(-len(panels) // across)
    figure = Figure(figsize=(1.4 + 3.6 * across, 0.6 + 3.2 * down), layout="constrained")
    grid = figure.subplots(down, across, squeeze=False, sharey=True)
    colours = {language: f"C{place % 10}" for place, language in enumerate(rows_of(record))}
    dashes = {language: ("-", "--", ":")[place // 10 % 3] for place, language in enumerate(rows_of(record))}
    for number, axes in enumerate(grid.flat):
        if number < len(panels):
            name, variants = panels[number]
            found = curves(record, variants)
            _panel(axes, name, found, colours, dashes)
            if found:
                chance = sum(record.chance[language] for language in found) / len(found)
                axes.axhline(100 * chance, color="#a33", linestyle="--", linewidth=1, label="trivial guess")
        else:
            axes.set_axis_off()
    for axes in grid[:, 0]:
        axes.set_ylabel(f"{named(record.metric)} (%)")
    handles: dict[str, Artist] = {}
    for axes in grid.flat:
        lines, labels = axes.get_legend_handles_labels()
        handles |= dict(zip(labels, lines, strict=True))
    figure.legend(list(handles.values()), list(handles), loc="outside right upper", fontsize=8, frameon=False)
    figure.savefig(path, dpi=_DPI)
    return path


def _panel(
    axes: Axes,
    name: str,
    found: dict[str, list[tuple[float, float]]],
    colours: dict[str, str],
    dashes: dict[str, str],
) -> None:
    for language, points in found.items():
        places, values = zip(*points, strict=True)
        axes.plot(
            places,
            [100 * value for value in values],
            color=colours[language],
            linestyle=dashes[language],
            linewidth=1,
            alpha=0.8,
            marker="o",
            markersize=2.5,
            label=language,
        )
    if len(found) > 1:
        columns = list(zip(*found.values(), strict=True))
        means = [100 * sum(score for _, score in column) / len(column) for column in columns]
        axes.plot([column[0][0] for column in columns], means, color="k", linewidth=2.2, label="mean")
    axes.set_title(name, loc="left", fontsize=9)
    axes.set_xlabel("intensity")
    axes.set_xlim(left=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e3e7ec", linewidth=0.8)
