"""Scores of a run: each language on each variant, the means over languages, the worst case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from harness.scoring.bootstrap import (
    RESAMPLES,
    ClusterBootstrap,
    Floats,
    difference_interval,
    ratio,
    score_interval,
)
from harness.scoring.pairing import Items, align, metrics_of, read, score_table

CLEAN = "clean"
SOURCE_LANGUAGE = "en"
METRIC = "accuracy"
LEAST_CHANGED = 0.2


@dataclass(frozen=True)
class CellScores:
    """One language on one variant of its text. All scores and shares lie in [0, 1], differences in [-1, 1].

    Attributes:
        n: number of examples; `clusters`: of independent groups among them.
        score: by the run's metric, sum of the examples' values over the sum of their weights, with its 95 %
            cluster-bootstrap interval.
        chance: score of the guess that does not understand the texts (Format.trivial), in this language.
        at_chance: the interval does not lie above chance: nothing may be read from this cell.
        metrics: the score by each metric that the predictions hold, the run's own among them.
        drop: clean minus disturbed on the same examples; None on clean text, as all below.
        relative_drop: drop / (clean - chance): 1 means that all that was above chance is lost. None where
            clean text is at chance already, because the quotient says nothing there.
        consistency: share of examples with the same prediction as on clean text. An example whose gold answer
            was disturbed with its text (a span, tags in a new order) is left out, because its predictions are
            no comparable strings; None where no changed example is left.
        flipped: share of those right on clean text that are now wrong; None where none was right.
        eligible: share of examples that the perturbation could have changed.
        changed: share of examples whose text was changed.
        refused: share of examples that would have been changed, but an answer or an entity would not have
            stayed whole.
        char_edits: mean edit distance in characters of the changed texts; None where none was changed or it
            was not counted, as all below.
        token_edits: mean number of tokens altered, inserted, moved or left out in the changed texts.
        subword_growth: mean over the changed texts of subwords / subwords of the clean text - 1.
        dependency_growth: mean over the changed texts of dependency length / that of the clean text - 1.
        queries: mean number of times that a search asked the model about a text; None where there was none.
        barely_changed: whether less than `LEAST_CHANGED` of the texts were changed: no average holds the cell.
    """

    language: str
    variant: str
    n: int
    clusters: int
    score: float
    score_lo: float
    score_hi: float
    chance: float
    at_chance: bool
    metrics: Mapping[str, float] = field(default_factory=dict)
    drop: float | None = None
    drop_lo: float | None = None
    drop_hi: float | None = None
    relative_drop: float | None = None
    consistency: float | None = None
    flipped: float | None = None
    eligible: float | None = None
    changed: float | None = None
    refused: float | None = None
    char_edits: float | None = None
    token_edits: float | None = None
    subword_growth: float | None = None
    dependency_growth: float | None = None
    queries: float | None = None
    barely_changed: bool = False


@dataclass(frozen=True)
class Average:
    """The unweighted mean over languages on one variant; ``mean_transfer`` leaves English out.

    Only served languages are in it, and `drop` is paired: it takes clean text of the same languages.
    `chance` and `metrics` are means over the same languages, too. `left_out` are the languages whose texts
    were barely changed.
    """

    name: str
    variant: str
    languages: tuple[str, ...]
    score: float
    score_lo: float
    score_hi: float
    chance: float
    metrics: Mapping[str, float] = field(default_factory=dict)
    drop: float | None = None
    drop_lo: float | None = None
    drop_hi: float | None = None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class WorstCase:
    """Score of a language if each example counted on the variant that lowers the score most."""

    language: str
    variants: tuple[str, ...]
    n: int
    score: float
    score_lo: float
    score_hi: float


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
    metric: str = METRIC,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> CellScores:
    """Score one language on one variant against clean text (for ``clean``: the same table twice).

    Raises HarnessError where the two tables do not hold the same examples.
    """
    scored = _Language(language, {CLEAN: clean, variant: cell}, metric, chance)
    bootstrap = ClusterBootstrap({language: scored.items[CLEAN].clusters}, resamples, seed)
    return scored.score(variant, scored.draw(bootstrap), bootstrap)


def score_run(
    tables: Mapping[str, Mapping[str, pa.Table]],
    *,
    chance: Mapping[str, float],
    metric: str = METRIC,
    meaning_kept: Sequence[str] = (),
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> RunScores:
    """Score all cells of a run: language -> variant -> predictions, ``clean`` among the variants.

    Languages may lack variants that cannot be served.

    Args:
        chance: for each language the score of the guess that does not understand the texts.
        metric: the column of the predictions that is the score.
        meaning_kept: the variants that leave the label as it is: the worst case is taken over clean text and
            those of them that changed the texts, where there are any.
    """
    languages = {
        language: _Language(language, variants, metric, chance[language])
        for language, variants in tables.items()
    }
    bootstrap = ClusterBootstrap(
        {name: language.items[CLEAN].clusters for name, language in languages.items()}, resamples, seed
    )
    cells: list[CellScores] = []
    worst: list[WorstCase] = []
    drawn: dict[str, dict[str, Floats]] = {}
    for name, language in languages.items():
        drawn[name] = language.draw(bootstrap)
        mine = [language.score(variant, drawn[name], bootstrap) for variant in language.items]
        cells += mine
        kept = [cell.variant for cell in mine if cell.variant in meaning_kept and not cell.barely_changed]
        if kept:
            worst.append(_worst(language.items, name, kept, bootstrap))
    return RunScores(tuple(cells), averages(cells, drawn), tuple(worst))


def worst_case(
    clean: pa.Table,
    variants: Mapping[str, pa.Table],
    *,
    language: str,
    metric: str = METRIC,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> WorstCase:
    """Score each example on clean text or that variant which lowers the score most, as an adversary would.

    Where all weights are 1 that is each example's lowest value; else the choices that together give the
    lowest ratio.

    Source: Liang et al. 2022, Holistic Evaluation of Language Models (arXiv 2211.09110), section 5.3; the
    lowest ratio: Dinkelbach 1967, Management Science 13(7).
    """
    items = _read_language({CLEAN: clean, **variants}, language, metric)
    bootstrap = ClusterBootstrap({language: items[CLEAN].clusters}, resamples, seed)
    return _worst(items, language, list(variants), bootstrap)


def averages(cells: Sequence[CellScores], drawn: Mapping[str, Mapping[str, Floats]]) -> tuple[Average, ...]:
    """Average cells over languages, but those whose texts were barely changed.

    Args:
        drawn: language -> variant -> the cell's resampled scores, shape (resamples,).
    """
    found = {(cell.language, cell.variant): cell for cell in cells}
    variants = dict.fromkeys(cell.variant for cell in cells)
    results = []
    for variant in variants:
        served = [language for language in drawn if (language, variant) in found]
        transfer = [language for language in served if language != SOURCE_LANGUAGE]
        for name, languages in (("mean", served), ("mean_transfer", transfer)):
            kept = tuple(each for each in languages if not found[each, variant].barely_changed)
            if kept:
                average = _average(name, variant, kept, found, drawn)
                left_out = tuple(each for each in languages if each not in kept)
                results.append(replace(average, left_out=left_out))
    return tuple(results)


def _average(
    name: str,
    variant: str,
    languages: tuple[str, ...],
    found: Mapping[tuple[str, str], CellScores],
    drawn: Mapping[str, Mapping[str, Floats]],
) -> Average:
    cells = [found[language, variant] for language in languages]
    score = float(np.mean([cell.score for cell in cells]))
    resampled = np.mean([drawn[language][variant] for language in languages], axis=0)
    clusters = sum(cell.clusters for cell in cells)
    average = Average(
        name,
        variant,
        languages,
        score,
        *score_interval(score, resampled, clusters),
        chance=float(np.mean([cell.chance for cell in cells])),
        metrics={key: float(np.mean([cell.metrics[key] for cell in cells])) for key in cells[0].metrics},
    )
    if variant == CLEAN:
        return average
    clean = np.mean([drawn[language][CLEAN] for language in languages], axis=0)
    drop = float(np.mean([found[language, CLEAN].score for language in languages])) - score
    low, high = difference_interval(clean - resampled, clusters)
    return replace(average, drop=drop, drop_lo=low, drop_hi=high)


def _read_language(tables: Mapping[str, pa.Table], language: str, metric: str) -> dict[str, Items]:
    clean = read(tables[CLEAN], f"{language} / {CLEAN}", metric)
    cells = {CLEAN: clean}
    for variant, table in tables.items():
        if variant != CLEAN:
            place = f"{language} / {variant}"
            cells[variant] = align(clean, read(table, place, metric), place)
    return cells


class _Language:
    """The cells of one language, side by side."""

    def __init__(self, name: str, tables: Mapping[str, pa.Table], metric: str, chance: float) -> None:
        self.name, self.tables, self.chance = name, tables, chance
        self.items = _read_language(tables, name, metric)

    def draw(self, bootstrap: ClusterBootstrap) -> dict[str, Floats]:
        """Return each variant's resampled scores, shape (resamples,)."""
        values = np.column_stack([cell.value for cell in self.items.values()])
        weights = np.column_stack([cell.weight for cell in self.items.values()])
        drawn = bootstrap.ratios(self.name, values, weights)
        return dict(zip(self.items, drawn.T, strict=True))

    def score(self, variant: str, drawn: Mapping[str, Floats], bootstrap: ClusterBootstrap) -> CellScores:
        """Return a cell's scores; `drawn` as `draw` gives it."""
        clean, cell = self.items[CLEAN], self.items[variant]
        low, high = self._interval(variant, drawn, bootstrap)
        table = self.tables[variant]
        scores = CellScores(
            self.name,
            variant,
            len(cell),
            bootstrap.clusters(self.name),
            cell.score,
            low,
            high,
            self.chance,
            at_chance=low <= self.chance,
            metrics={metric: score_table(table, metric) for metric in metrics_of(table)},
        )
        if variant == CLEAN:
            return scores
        drop = clean.score - cell.score
        clusters = bootstrap.clusters(self.name, clean.weight + cell.weight)
        drop_low, drop_high = difference_interval(drawn[CLEAN] - drawn[variant], clusters)
        clean_low, _ = self._interval(CLEAN, drawn, bootstrap)
        return replace(
            scores,
            drop=drop,
            drop_lo=drop_low,
            drop_hi=drop_high,
            relative_drop=drop / (clean.score - self.chance) if clean_low > self.chance else None,
            consistency=_consistency(clean, cell),
            flipped=float((~cell.right[clean.right]).mean()) if clean.right.any() else None,
            eligible=float(cell.eligible.mean()),
            changed=cell.changed,
            refused=float(cell.refused.mean()),
            char_edits=_mean(cell.char_edits, cell.touched),
            token_edits=_mean(cell.token_edits, cell.touched),
            subword_growth=_mean(cell.subwords / np.maximum(clean.subwords, 1) - 1, cell.touched),
            dependency_growth=_mean(cell.dependency_length - 1, cell.touched),
            queries=_mean(cell.queries, np.ones(len(cell), dtype=bool)),
            barely_changed=cell.changed < LEAST_CHANGED,
        )

    def _interval(
        self, variant: str, drawn: Mapping[str, Floats], bootstrap: ClusterBootstrap
    ) -> tuple[float, float]:
        cell = self.items[variant]
        return score_interval(cell.score, drawn[variant], bootstrap.clusters(self.name, cell.weight))


def _consistency(clean: Items, cell: Items) -> float | None:
    """Return the share of examples with the same prediction, of those whose gold answer is the same string."""
    comparable = clean.gold == cell.gold
    if not comparable.all() and not (comparable & cell.touched).any():
        return None
    return float((clean.prediction == cell.prediction)[comparable].mean())


def _mean(values: Floats, chosen: NDArray[np.bool_]) -> float | None:
    """Return the mean of the chosen values that are known; None where there is none."""
    known = chosen & ~np.isnan(values)
    return float(values[known].mean()) if known.any() else None


def _worst(
    items: Mapping[str, Items], language: str, variants: Sequence[str], bootstrap: ClusterBootstrap
) -> WorstCase:
    cells = [items[name] for name in (CLEAN, *variants)]
    values, weights = _lowest(
        np.column_stack([cell.value for cell in cells]), np.column_stack([cell.weight for cell in cells])
    )
    score = ratio(values, weights)
    drawn = bootstrap.ratios(language, values[:, None], weights[:, None])[:, 0]
    low, high = score_interval(score, drawn, bootstrap.clusters(language, weights))
    return WorstCase(language, tuple(variants), len(values), score, low, high)


def _lowest(values: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Choose a variant for each example so that sum(values) / sum(weights) is lowest.

    Shapes (examples, variants) -> (examples,), (examples,).
    """
    rows = np.arange(len(values))
    best = min(ratio(*column) for column in zip(values.T, weights.T, strict=True))
    while True:
        chosen = np.argmin(values - best * weights, axis=1)
        found = values[rows, chosen], weights[rows, chosen]
        score = ratio(*found)
        if score >= best:
            return found
        best = score
