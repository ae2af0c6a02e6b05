"""How long paired cluster resamples of two runs take, against a numpy loop that draws and scores them one by one."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

import numpy as np
import pyarrow as pa

from harness.scoring.bootstrap import ClusterBootstrap, Floats, Names, difference_interval
from harness.scoring.compare import compare_runs
from harness.scoring.records import Cell, RunRecord, Variant
from harness.scoring.scores import CLEAN

LANGUAGES, VARIANTS, ITEMS = 15, 20, 5010
GROUP = 3  # XNLI's test set has three hypotheses for each premise
GOAL, SECONDS = 50, 10.0  # times as fast as the loop, and seconds at most


@dataclass(frozen=True)
class Runs:
    """Two runs that were made up: whether each example is right.

    Attributes:
        clusters: the cluster of each example, the same in all languages, shape (examples,).
        right: language -> 0 or 1, shape (examples, 2 x variants): the first run's variants, then the second's.
    """

    clusters: Names
    right: Mapping[str, Floats]


@dataclass(frozen=True)
class Scoring:
    """What resampling took.

    Attributes:
        ours: seconds for all resamples, one for each repeat.
        loop: seconds of the loop for as many, scaled from `looped` resamples, one for each repeat.
        whole: seconds of a comparison from the tables of predictions, tests and corrections included.
    """

    resamples: int
    looped: int
    ours: tuple[float, ...]
    loop: tuple[float, ...]
    whole: float

    @property
    def ratio(self) -> float:
        """How many times as long the loop takes, by the medians."""
        return median(self.loop) / median(self.ours)


def made_runs(
    languages: int = LANGUAGES, variants: int = VARIANTS, items: int = ITEMS, seed: int = 0
) -> Runs:
    """Make up two runs that are right on 80 and 78 % of clean text and on less of each further variant."""
    rng = np.random.default_rng(seed)
    rates = np.concatenate([rate - 0.01 * np.arange(variants) for rate in (0.80, 0.78)])
    hard = rng.random((items, 1))
    clusters = np.array([f"test-{item // GROUP}" for item in range(items)], dtype=object)
    return Runs(
        clusters,
        {
            f"l{number}": (hard + 0.1 * rng.normal(size=(items, 1)) < rates).astype(np.float64)
            for number in range(languages)
        },
    )


def measure(resamples: int, looped: int, repeats: int, heed: Callable[[str], None]) -> Scoring:
    """Resample both ways in turn; `heed` is called with a line before each round."""
    runs = made_runs()
    ours: list[float] = []
    loop: list[float] = []
    for number in range(repeats):
        heed(f"resampling: round {number + 1} of {repeats}")
        started = time.perf_counter()
        # Another seed each time: draws are kept while a process lives.
        resampled(runs, resamples, seed=number)
        ours.append(time.perf_counter() - started)
        started = time.perf_counter()
        resampled_by_loop(runs, looped, seed=number)
        loop.append((time.perf_counter() - started) * resamples / looped)
    heed("comparing from tables of predictions")
    records, tables = _as_records(runs)
    started = time.perf_counter()
    compare_runs(records, tables.__getitem__, resamples=resamples, seed=repeats)
    return Scoring(resamples, looped, tuple(ours), tuple(loop), time.perf_counter() - started)


def resampled(runs: Runs, resamples: int, seed: int = 0) -> Floats:
    """Return the intervals of the second run's gains, as a comparison draws them.

    Returns:
        shape (languages + 1, variants, 2): those of each language, then of the mean over languages.
    """
    bootstrap = ClusterBootstrap(dict.fromkeys(runs.right, runs.clusters), resamples, seed)
    gains = []
    for language, right in runs.right.items():
        first, second = np.hsplit(bootstrap.means(language, right), 2)
        gains.append(second - first)
    return _intervals(gains, len(np.unique(runs.clusters)))


def resampled_by_loop(runs: Runs, resamples: int, seed: int = 0) -> Floats:
    """Return what `resampled` does, with other draws: each sample's examples are gathered and averaged by numpy."""
    _, index = np.unique(runs.clusters.astype(str), return_inverse=True)
    members = np.argsort(index, kind="stable").reshape(-1, GROUP)
    rng = np.random.default_rng(seed)
    variants = next(iter(runs.right.values())).shape[1] // 2
    gains = np.empty((len(runs.right), resamples, variants))
    for sample in range(resamples):
        rows = members[rng.integers(0, len(members), len(members))].ravel()
        for place, right in enumerate(runs.right.values()):
            scores = right[rows].mean(axis=0)
            gains[place, sample] = scores[variants:] - scores[:variants]
    return _intervals(list(gains), len(members))


def _intervals(gains: list[Floats], clusters: int) -> Floats:
    drawn = [*gains, np.mean(gains, axis=0)]
    return np.array([[difference_interval(column, clusters) for column in each.T] for each in drawn])


def _as_records(runs: Runs) -> tuple[list[RunRecord], dict[str, pa.Table]]:
    """Return the two runs as `harness compare` reads them: records, and tables of predictions by key."""
    tables: dict[str, pa.Table] = {}
    records = []
    for place, name in enumerate("ab"):
        cells = []
        for language, right in runs.right.items():
            for number, column in enumerate(np.hsplit(right, 2)[place].T):
                variant = f"made.v{number}" if number else CLEAN
                cells.append(Cell(language, variant, f"{name}/{language}/{variant}"))
                tables[cells[-1].key or ""] = _table(runs.clusters, column, disturbed=number > 0)
        records.append(_record(name, tuple(runs.right), tuple(cells)))
    return records, tables


def _table(clusters: Names, right: Floats, disturbed: bool) -> pa.Table:
    count = len(right)
    return pa.table(
        {
            "id": [f"test-{item}" for item in range(count)],
            "cluster": list(clusters),
            "gold": ["yes"] * count,
            "prediction": np.where(right > 0, "yes", "no").tolist(),
            "accuracy": pa.array(right, pa.float32()),
            "eligible": [disturbed] * count,
            "touched": [disturbed] * count,
            "char_edits": pa.array([int(disturbed)] * count, pa.int32()),
        }
    )


def _record(name: str, languages: tuple[str, ...], cells: tuple[Cell, ...]) -> RunRecord:
    return RunRecord(
        run_id=name,
        name=name,
        model="made",
        intermediate="none",
        target="made",
        seed=0,
        recipe="made",
        precision="fp32",
        created="",
        command="harness bench score",
        split="test",
        limit=None,
        labels=("yes", "no"),
        chance=dict.fromkeys(languages, 0.5),
        metric="accuracy",
        train_stages=(),
        languages=languages,
        variants=tuple(Variant(variant) for variant in dict.fromkeys(cell.variant for cell in cells)),
        cells=cells,
    )
