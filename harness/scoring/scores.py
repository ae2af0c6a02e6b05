"""Scores of a run: each language on each variant, the means over languages, the worst case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from harness.scoring.bootstrap import (
    RESAMPLES,
    ClusterBootstrap,
    Floats,
    difference_interval,
    score_interval,
)
from harness.scoring.pairing import Items, align, read

CLEAN = "clean"
SOURCE_LANGUAGE = "en"


@dataclass(frozen=True)
class CellScores:
    """One language on one variant of its text. All scores and shares lie in [0, 1], differences in [-1, 1].

    Attributes:
        n: number of examples; `clusters`: of independent groups among them.
        accuracy: mean per-example score, with its 95 % cluster-bootstrap interval.
        at_chance: the interval does not lie above chance: nothing may be read from this cell.
        drop: clean minus disturbed on the same examples; None on clean text, as all below.
        relative_drop: drop / (clean - chance): 1 means that all that was above chance is lost. None where
            clean text is at chance already, because the quotient says nothing there.
        consistency: share of examples with the same prediction as on clean text.
        flipped: share of those right on clean text that are now wrong; None where none was right.
        changed: share of examples whose text was changed.
        eligible: share of examples that the perturbation could have changed.
        char_edits: mean edit distance in characters of the changed texts; None where none was changed.
    """

    language: str
    variant: str
    n: int
    clusters: int
    accuracy: float
    accuracy_lo: float
    accuracy_hi: float
    at_chance: bool
    drop: float | None = None
    drop_lo: float | None = None
    drop_hi: float | None = None
    relative_drop: float | None = None
    consistency: float | None = None
    flipped: float | None = None
    changed: float | None = None
    eligible: float | None = None
    char_edits: float | None = None


@dataclass(frozen=True)
class Average:
    """The unweighted mean over languages on one variant; ``mean_transfer`` leaves English out.

    Only served languages are in it, and `drop` is paired: it takes clean text of the same languages.
    """

    name: str
    variant: str
    languages: tuple[str, ...]
    accuracy: float
    accuracy_lo: float
    accuracy_hi: float
    drop: float | None = None
    drop_lo: float | None = None
    drop_hi: float | None = None


@dataclass(frozen=True)
class WorstCase:
    """Accuracy of a language if, example by example, the worst variant counted."""

    language: str
    variants: tuple[str, ...]
    n: int
    accuracy: float
    accuracy_lo: float
    accuracy_hi: float


@dataclass(frozen=True)
class RunScores:
    """All scores of one run."""

    cells: tuple[CellScores, ...]
    averages: tuple[Average, ...]
    worst: tuple[WorstCase, ...]


def score_cell(
    clean: pa.Table,
    cell: pa.Table,
    *,
    language: str,
    variant: str,
    chance: float,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> CellScores:
    """Score one language on one variant against clean text (for ``clean``: the same table twice).

    Raises HarnessError where the two tables do not hold the same examples.
    """
    items = _read_language({CLEAN: clean, variant: cell}, language)
    bootstrap = ClusterBootstrap({language: items[CLEAN].clusters}, resamples, seed)
    means = bootstrap.means(language, _correct(items))
    return _score(items, language, variant, chance, means, list(items), bootstrap.clusters(language))


def score_run(
    tables: Mapping[str, Mapping[str, pa.Table]],
    *,
    chance: float,
    meaning_kept: Sequence[str] = (),
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> RunScores:
    """Score all cells of a run: language -> variant -> predictions, ``clean`` among the variants.

    Languages may lack variants that cannot be served. `meaning_kept` names the variants that leave the
    label as it is: the worst case is taken over them and clean text, where there are any.
    """
    items = {language: _read_language(variants, language) for language, variants in tables.items()}
    bootstrap = ClusterBootstrap(
        {lang: cells[CLEAN].clusters for lang, cells in items.items()}, resamples, seed
    )
    cells: list[CellScores] = []
    worst: list[WorstCase] = []
    means: dict[str, dict[str, Floats]] = {}
    for language, variants in items.items():
        drawn = bootstrap.means(language, _correct(variants))
        means[language] = {variant: drawn[:, column] for column, variant in enumerate(variants)}
        count = bootstrap.clusters(language)
        cells += [_score(variants, language, name, chance, drawn, list(variants), count) for name in variants]
        kept = [name for name in variants if name in meaning_kept]
        if kept:
            worst.append(_worst(variants, language, kept, bootstrap))
    return RunScores(tuple(cells), averages(cells, means), tuple(worst))


def worst_case(
    clean: pa.Table,
    variants: Mapping[str, pa.Table],
    *,
    language: str,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> WorstCase:
    """Score each example by its lowest score over clean text and `variants`, as an adversary would choose.

    Source: Liang et al. 2022, Holistic Evaluation of Language Models (arXiv 2211.09110), section 5.3.
    """
    items = _read_language({CLEAN: clean, **variants}, language)
    bootstrap = ClusterBootstrap({language: items[CLEAN].clusters}, resamples, seed)
    return _worst(items, language, list(variants), bootstrap)


def averages(cells: Sequence[CellScores], means: Mapping[str, Mapping[str, Floats]]) -> tuple[Average, ...]:
    """Average cells over languages; `means` holds each cell's resampled accuracies, shape (resamples,)."""
    found = {(cell.language, cell.variant): cell for cell in cells}
    variants = dict.fromkeys(cell.variant for cell in cells)
    results = []
    for variant in variants:
        served = tuple(language for language in means if (language, variant) in found)
        transfer = tuple(language for language in served if language != SOURCE_LANGUAGE)
        for name, languages in (("mean", served), ("mean_transfer", transfer)):
            if languages:
                results.append(_average(name, variant, languages, found, means))
    return tuple(results)


def _average(
    name: str,
    variant: str,
    languages: tuple[str, ...],
    found: Mapping[tuple[str, str], CellScores],
    means: Mapping[str, Mapping[str, Floats]],
) -> Average:
    accuracy = float(np.mean([found[language, variant].accuracy for language in languages]))
    drawn = np.mean([means[language][variant] for language in languages], axis=0)
    clusters = sum(found[language, variant].clusters for language in languages)
    low, high = score_interval(accuracy, drawn, clusters)
    if variant == CLEAN:
        return Average(name, variant, languages, accuracy, low, high)
    clean = np.mean([means[language][CLEAN] for language in languages], axis=0)
    drop = float(np.mean([found[language, CLEAN].accuracy for language in languages])) - accuracy
    drop_low, drop_high = difference_interval(clean - drawn, clusters)
    return Average(name, variant, languages, accuracy, low, high, drop, drop_low, drop_high)


def _read_language(tables: Mapping[str, pa.Table], language: str) -> dict[str, Items]:
    clean = read(tables[CLEAN], f"{language} / {CLEAN}")
    cells = {CLEAN: clean}
    for variant, table in tables.items():
        if variant != CLEAN:
            place = f"{language} / {variant}"
            cells[variant] = align(clean, read(table, place), place)
    return cells


def _correct(items: Mapping[str, Items]) -> Floats:
    return np.column_stack([cell.correct for cell in items.values()])


def _score(
    items: Mapping[str, Items],
    language: str,
    variant: str,
    chance: float,
    means: Floats,
    columns: Sequence[str],
    clusters: int,
) -> CellScores:
    clean, cell = items[CLEAN], items[variant]
    drawn_clean, drawn = means[:, columns.index(CLEAN)], means[:, columns.index(variant)]
    accuracy = float(cell.correct.mean())
    low, high = score_interval(accuracy, drawn, clusters)
    if variant == CLEAN:
        return CellScores(language, variant, len(cell), clusters, accuracy, low, high, low <= chance)
    accuracy_clean = float(clean.correct.mean())
    clean_low, _ = score_interval(accuracy_clean, drawn_clean, clusters)
    # The mean of differences, not the difference of means: equal predictions must give exactly 0.
    drop = float((clean.correct - cell.correct).mean())
    drop_low, drop_high = difference_interval(drawn_clean - drawn, clusters)
    return CellScores(
        language,
        variant,
        len(cell),
        clusters,
        accuracy,
        low,
        high,
        at_chance=low <= chance,
        drop=drop,
        drop_lo=drop_low,
        drop_hi=drop_high,
        relative_drop=drop / (accuracy_clean - chance) if clean_low > chance else None,
        consistency=float((clean.prediction == cell.prediction).mean()),
        flipped=float((~cell.right[clean.right]).mean()) if clean.right.any() else None,
        changed=float(cell.touched.mean()),
        eligible=float(cell.eligible.mean()),
        char_edits=float(cell.char_edits[cell.touched].mean()) if cell.touched.any() else None,
    )


def _worst(
    items: Mapping[str, Items], language: str, variants: Sequence[str], bootstrap: ClusterBootstrap
) -> WorstCase:
    lowest = np.min([items[name].correct for name in (CLEAN, *variants)], axis=0)
    accuracy = float(lowest.mean())
    drawn = bootstrap.means(language, lowest[:, None])[:, 0]
    low, high = score_interval(accuracy, drawn, bootstrap.clusters(language))
    return WorstCase(language, tuple(variants), len(lowest), accuracy, low, high)
