"""Figures of a run as PNG: scores with their intervals, and drops by language and variant."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.report.effects import BARELY
from harness.report.wording import MEAN_SHORT, named, rows_of, scored
from harness.scoring.records import RunRecord
from harness.scoring.scores import CLEAN

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DPI = 150


def draw_scores(record: RunRecord, path: Path) -> Path:
    """Draw clean accuracy as bars and each variant as points, all with 95 % intervals; the trivial guess as lines."""
    from matplotlib.figure import Figure

    rows = [row for row in (*rows_of(record), *MEAN_SHORT) if scored(record, row, CLEAN)]
    variants = [variant.label for variant in record.disturbed]
    figure = Figure(figsize=(max(6.0, 1.6 + 0.55 * len(rows)), 3.8), layout="constrained")
    axes = figure.add_subplot()
    step = 0.7 / max(1, len(variants))
    series = [(CLEAN, 0.0)] + [
        (name, (i - (len(variants) - 1) / 2) * step) for i, name in enumerate(variants)
    ]
    for variant, shift in series:
        places, values, below, above = [], [], [], []
        for place, row in enumerate(rows):
            found = scored(record, row, variant)
            if found:
                places.append(place + shift)
                values.append(100 * found.score)
                below.append(100 * max(0.0, found.score - found.score_lo))
                above.append(100 * max(0.0, found.score_hi - found.score))
        if variant == CLEAN:
            axes.bar(places, values, width=0.82, color="#d5dce4", label=CLEAN, zorder=1)
            axes.errorbar(
                places, values, [below, above], fmt="none", ecolor="#6b7785", elinewidth=1, zorder=2
            )
        elif values:
            axes.errorbar(
                places, values, [below, above], fmt="o", ms=3.5, elinewidth=1, label=variant, zorder=3
            )
    chance = [100 * found.chance for row in rows if (found := scored(record, row, CLEAN))]
    starts, ends = ([place + side for place in range(len(rows))] for side in (-0.46, 0.46))
    axes.hlines(
        chance, starts, ends, color="#a33", linestyle="--", linewidth=1, label="trivial guess", zorder=4
    )
    axes.set_xticks(range(len(rows)), [MEAN_SHORT.get(row, row) for row in rows])
    for label in axes.get_xticklabels()[len(rows) - sum(row in MEAN_SHORT for row in rows) :]:
        label.set_rotation(30)
    axes.set_ylim(0, 100)
    axes.set_ylabel(f"{named(record.metric)} (%)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(record.name, loc="left", fontsize=10)
    columns = 3 if figure.get_figwidth() < 7.5 else 4
    figure.legend(loc="outside lower center", ncols=columns, fontsize=8, frameon=False)
    return _save(figure, path)


def draw_drops(record: RunRecord, path: Path) -> Path:
    """Draw the drop of each language on each variant as a heatmap; cells that are not served are hatched."""
    import numpy as np
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    rows = [row for row in (*rows_of(record), *MEAN_SHORT) if scored(record, row, CLEAN)]
    variants = [variant.label for variant in record.disturbed]
    drops = np.full((len(variants), len(rows)), np.nan)
    for i, variant in enumerate(variants):
        for j, row in enumerate(rows):
            found = scored(record, row, variant)
            if found and found.drop is not None:
                drops[i, j] = 100 * found.drop
    size = (max(6.0, 2.6 + 0.52 * len(rows)), 1.6 + 0.42 * len(variants))
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.add_subplot()
    known = drops[~np.isnan(drops)]
    reach = max(5.0, float(np.abs(known).max())) if known.size else 5.0
    image = axes.imshow(drops, cmap="RdBu_r", vmin=-reach, vmax=reach, aspect="auto")
    for i, j in np.ndindex(*drops.shape):
        if np.isnan(drops[i, j]):
            axes.add_patch(
                Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor="#eee", edgecolor="#bbb", hatch="///")
            )
        else:
            light = abs(drops[i, j]) > 0.6 * reach
            cell = record.score(rows[j], variants[i])
            text = f"{drops[i, j]:.1f}{BARELY if cell and cell.barely_changed else ''}"
            axes.text(j, i, text, ha="center", va="center", fontsize=8, color="w" if light else "k")
    axes.set_xticks(range(len(rows)), [MEAN_SHORT.get(row, row) for row in rows])
    axes.set_yticks(range(len(variants)), variants)
    for label in axes.get_xticklabels()[len(rows) - sum(row in MEAN_SHORT for row in rows) :]:
        label.set_rotation(30)
    axes.axvline(len(rows) - sum(row in MEAN_SHORT for row in rows) - 0.5, color="w", linewidth=3)
    marked = any(cell.barely_changed for cell in record.scores)
    barely = f", {BARELY}: texts barely changed" if marked else ""
    title = f"{record.name}: points lost\nhatched: not served{barely}"
    axes.set_title(title, loc="left", fontsize=10)
    figure.colorbar(image, ax=axes, shrink=0.9, pad=0.01)
    return _save(figure, path)


def _save(figure: Figure, path: Path) -> Path:
    figure.savefig(path, dpi=_DPI)
    return path
