"""How long rows take to load, against what datasets takes for the same rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from harness.data.identity import DataPlaces
from harness.data.load import NoRowsError, load
from harness.data.revisions import Revisions
from harness.errors import HarnessError
from harness.registry import Registry
from harness.task import Task

BENCHED = ("tatoeba", "pan-x", "xnli")
GOAL = 1.3  # the harness's time over that of datasets, at most


@dataclass(frozen=True)
class Loading:
    """What loading a task in its languages took.

    Attributes:
        task: the task's name; `split` what was loaded of it.
        languages: how many of its languages have rows.
        rows: in all of them together.
        ours: seconds of the harness, one for each repeat.
        plain: seconds of ``datasets.load_dataset`` and of taking all rows, one for each repeat.
    """

    task: str
    split: str
    languages: int
    rows: int
    ours: tuple[float, ...]
    plain: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The median time of the harness over that of datasets."""
        return median(self.ours) / median(self.plain)


def measure(
    task: Task, splits: Sequence[str], registry: Registry, repeats: int, heed: Callable[[str], None]
) -> Loading:
    """Load a task's rows in all its languages, both ways in turn, after a first time that fills the cache.

    Args:
        splits: the first of them that has rows is loaded.
        heed: called with a line before each round.

    Raises:
        HarnessError: the task's rows do not lie on the Hub, or none of the splits has rows.
    """
    if registry.source(task, task.languages[0]) is None:
        raise HarnessError(f"{task.name} is not read from the Hub", "Name tasks that are: harness list tasks")
    heed(f"{task.name}: filling the cache")
    for split in splits:
        found = dict(_ours(task, split, task.languages, registry))
        if found:
            break
    else:
        raise HarnessError(f"{task.name} has no {' or '.join(splits)} rows in any language")
    ours: list[float] = []
    plain: list[float] = []
    ways = [(plain, _plain), (ours, _ours)]
    for number in range(repeats):
        heed(f"{task.name}: round {number + 1} of {repeats}")
        for times, way in ways[:: -1 if number % 2 else 1]:
            started = time.perf_counter()
            for _ in way(task, split, [*found], registry):
                pass
            times.append(time.perf_counter() - started)
    return Loading(task.name, split, len(found), sum(found.values()), tuple(ours), tuple(plain))


def _ours(task: Task, split: str, languages: Sequence[str], registry: Registry) -> Iterator[tuple[str, int]]:
    """Load as the harness does; yield each language that has rows, and their number."""
    places = DataPlaces(registry, Revisions.read(), allow_changed=True)
    for language in languages:
        try:
            table = load(task, split, language, places).table
        except NoRowsError:
            continue
        yield language, table.num_rows


def _plain(task: Task, split: str, languages: Sequence[str], registry: Registry) -> Iterator[tuple[str, int]]:
    """Load as a script with datasets alone would, and take all rows."""
    import datasets

    revisions = Revisions.read()
    for language in languages:
        source = registry.source(task, language)
        assert source is not None
        commit = revisions.rows_of(source).commit
        count = 0
        for config in (source.config or "").split("+"):
            rows = datasets.load_dataset(
                source.hub, config or None, split=source.splits[split], revision=commit
            )
            count += len(next(iter(rows[:].values()), ()))
        yield language, count
