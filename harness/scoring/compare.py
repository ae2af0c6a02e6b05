"""Comparing runs on the same examples: differences, differences of drops, tests over the whole grid."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from harness.errors import HarnessError
from harness.scoring.bootstrap import RESAMPLES, ClusterBootstrap, Floats, difference_interval
from harness.scoring.pairing import Items, common, read
from harness.scoring.records import RunRecord
from harness.scoring.scores import CLEAN, LEAST_CHANGED, SOURCE_LANGUAGE
from harness.scoring.significance import false_discovery, mcnemar, randomisation

Load = Callable[[str], pa.Table]
MEANS = ("mean", "mean_transfer")


@dataclass(frozen=True)
class Difference:
    """Another run minus the first one, for a language (or a mean over languages) on a variant.

    Attributes:
        run: run id of the other run.
        n: number of examples that both runs hold; for a mean, of languages.
        first, second: score of the first run and of the other one on these examples.
        difference: second - first, with its 95 % paired cluster-bootstrap interval.
        drop_difference: how much more the other run loses under the disturbance than the first one
            (difference in differences); None on clean text.
        p: of no difference in score; exact McNemar where each example is right or wrong and a cluster of
            its own, a randomisation test over clusters otherwise (`test` says which). None for means.
        q: p corrected over all cells of the comparison (Benjamini-Hochberg).
        barely_changed: whether less than `LEAST_CHANGED` of one of the runs' texts were changed: no mean holds
            the cell.
    """

    run: str
    language: str
    variant: str
    n: int
    first: float
    second: float
    difference: float
    difference_lo: float
    difference_hi: float
    drop_difference: float | None = None
    drop_difference_lo: float | None = None
    drop_difference_hi: float | None = None
    p: float | None = None
    q: float | None = None
    test: str | None = None
    barely_changed: bool = False

    @property
    def clear(self) -> bool:
        """Whether the interval of the difference leaves 0 out."""
        return self.difference_lo > 0 or self.difference_hi < 0


@dataclass(frozen=True)
class Comparison:
    """Runs compared with the first of them.

    `left_out` counts, for each language, the examples that not all runs hold; `unshared` are the cells
    that not both runs of a pair were evaluated on, as (run id, language, variant).
    """

    runs: tuple[RunRecord, ...]
    differences: tuple[Difference, ...]
    left_out: Mapping[str, int]
    unshared: tuple[tuple[str, str, str], ...]

    def find(self, run: str, language: str, variant: str) -> Difference | None:
        """Return the difference of a run in a language (or mean) on a variant; None where there is none."""
        wanted = (run, language, variant)
        return next((d for d in self.differences if (d.run, d.language, d.variant) == wanted), None)


def compare_runs(
    runs: Sequence[RunRecord], load: Load, *, resamples: int = RESAMPLES, seed: int = 0
) -> Comparison:
    """Compare every run with the first; `load` gives the predictions of a cell's key.

    Only examples that all runs hold on clean text, and both of a pair on a variant, are compared. Raises
    HarnessError where the runs cannot be compared: other targets, or no example in common.
    """
    _check(runs)
    first, *others = runs
    languages = [lang for lang in first.languages if all(_key(run, lang, CLEAN) for run in runs)]
    items = {lang: [_load_cells(run, lang, load) for run in runs] for lang in languages}
    left_out = {lang: _restrict(cells) for lang, cells in items.items()}
    languages = [lang for lang in languages if len(items[lang][0][CLEAN])]
    if not languages:
        raise HarnessError(
            f"{' and '.join(run.name for run in runs)} have no example in common",
            "Compare runs of the same split and languages.",
        )
    bootstrap = ClusterBootstrap(
        {lang: items[lang][0][CLEAN].clusters for lang in languages}, resamples, seed
    )
    differences: list[Difference] = []
    unshared: list[tuple[str, str, str]] = []
    for number, other in enumerate(others, start=1):
        pairs = {lang: (items[lang][0], items[lang][number]) for lang in languages}
        differences += _compare_pair(other.run_id, pairs, bootstrap, seed)
        planned = {(cell.language, cell.variant) for run in (first, other) for cell in run.cells}
        found = {(d.language, d.variant) for d in differences if d.run == other.run_id}
        unshared += [(other.run_id, *cell) for cell in sorted(planned - found)]
    tested = [place for place, difference in enumerate(differences) if difference.p is not None]
    for place, q in zip(tested, false_discovery([differences[i].p or 0.0 for i in tested]), strict=True):
        differences[place] = replace(differences[place], q=q)
    return Comparison(tuple(runs), tuple(differences), left_out, tuple(unshared))


def _compare_pair(
    run: str,
    pairs: Mapping[str, tuple[Mapping[str, Items], Mapping[str, Items]]],
    bootstrap: ClusterBootstrap,
    seed: int,
) -> list[Difference]:
    cells: dict[tuple[str, str], Difference] = {}
    drawn: dict[tuple[str, str], Floats] = {}
    for language, (first, second) in pairs.items():
        variants = [name for name in first if name in second]
        clusters = bootstrap.clusters(language)
        ours, theirs = _draw(
            bootstrap, language, [side[name] for side in (first, second) for name in variants]
        )
        gains = theirs - ours
        lost = {name: _drop(second, name) - _drop(first, name) for name in variants}
        for column, name in enumerate(variants):
            both = np.column_stack([gains[:, column], gains[:, variants.index(CLEAN)] - gains[:, column]])
            test, p = _test(first[name], second[name], clusters, seed)
            scores = (first[name].score, second[name].score)
            gain = scores[1] - scores[0]
            difference = _difference(
                run, language, name, len(first[name]), scores, gain, lost[name], both, clusters
            )
            barely = name != CLEAN and min(first[name].changed, second[name].changed) < LEAST_CHANGED
            cells[language, name] = replace(difference, p=p, test=test, barely_changed=barely)
            drawn[language, name] = both
    return [*cells.values(), *_means(run, cells, drawn, bootstrap)]


def _draw(bootstrap: ClusterBootstrap, language: str, cells: Sequence[Items]) -> list[Floats]:
    """Return the resampled scores of two runs' cells, one after the other, each of shape (resamples, variants)."""
    values = np.column_stack([cell.value for cell in cells])
    weights = np.column_stack([cell.weight for cell in cells])
    return np.hsplit(bootstrap.ratios(language, values, weights), 2)


def _drop(cells: Mapping[str, Items], variant: str) -> float:
    return cells[CLEAN].score - cells[variant].score


def _means(
    run: str,
    cells: Mapping[tuple[str, str], Difference],
    drawn: Mapping[tuple[str, str], Floats],
    bootstrap: ClusterBootstrap,
) -> list[Difference]:
    """Average the differences over languages, with all languages' clusters drawn together."""
    results = []
    for variant in dict.fromkeys(variant for _, variant in cells):
        served = [
            language
            for (language, name), cell in cells.items()
            if name == variant and not cell.barely_changed
        ]
        transfer = [language for language in served if language != SOURCE_LANGUAGE]
        for name, languages in zip(MEANS, (served, transfer), strict=True):
            if not languages:
                continue
            found = [cells[language, variant] for language in languages]
            both = np.mean([drawn[language, variant] for language in languages], axis=0)
            clusters = sum(bootstrap.clusters(language) for language in languages)
            scores = (
                float(np.mean([cell.first for cell in found])),
                float(np.mean([cell.second for cell in found])),
            )
            gain = float(np.mean([cell.difference for cell in found]))
            lost = float(np.mean([cell.drop_difference or 0.0 for cell in found]))
            results.append(
                _difference(run, name, variant, len(languages), scores, gain, lost, both, clusters)
            )
    return results


def _difference(
    run: str,
    language: str,
    variant: str,
    n: int,
    scores: tuple[float, float],
    gain: float,
    lost: float,
    drawn: Floats,
    clusters: int,
) -> Difference:
    low, high = difference_interval(drawn[:, 0], clusters)
    plain = Difference(run, language, variant, n, *scores, gain, low, high)
    if variant == CLEAN:
        return plain
    low, high = difference_interval(drawn[:, 1], clusters)
    return replace(plain, drop_difference=lost, drop_difference_lo=low, drop_difference_hi=high)


def _test(first: Items, second: Items, clusters: int, seed: int) -> tuple[str, float]:
    if clusters == len(first) and first.plain and second.plain:
        only_first = int((first.right & ~second.right).sum())
        only_second = int((second.right & ~first.right).sum())
        return "mcnemar", mcnemar(only_first, only_second)
    ours, theirs = ((side.value, side.weight) for side in (first, second))
    return "randomisation", randomisation(ours, theirs, first.clusters, seed)


def _check(runs: Sequence[RunRecord]) -> None:
    if len({run.run_id for run in runs}) < 2:
        raise HarnessError(
            "one run alone cannot be compared", "Name two runs or more: harness compare lists them."
        )
    first = runs[0]
    for run in runs[1:]:
        if (run.target, run.metric) != (first.target, first.metric):
            raise HarnessError(
                f"{first.name} is scored on {first.target} ({first.metric}), {run.name} on {run.target} "
                f"({run.metric})",
                "Compare runs of one target task.",
            )


def _key(run: RunRecord, language: str, variant: str) -> str | None:
    cell = run.cell(language, variant)
    return cell.key if cell else None


def _load_cells(run: RunRecord, language: str, load: Load) -> dict[str, Items]:
    return {
        cell.variant: read(load(cell.key), f"{run.name}: {language} / {cell.variant}", run.metric)
        for cell in run.cells
        if cell.language == language and cell.key
    }


def _restrict(runs: list[dict[str, Items]]) -> int:
    """Cut all cells of a language to the examples that all of them hold; return how many were left out."""
    tables = [items for cells in runs for items in cells.values()]
    longest = max(len(items) for items in tables)
    cut = iter(common(tables))
    for cells in runs:
        for variant in cells:
            cells[variant] = next(cut)
    return longest - len(runs[0][CLEAN])
