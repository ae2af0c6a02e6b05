"""How many sentences are disturbed in a second: on one core, against nlpaug's operators, and in several processes."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from statistics import median

import pyarrow as pa

from harness.data.identity import DataPlaces
from harness.data.load import load
from harness.data.revisions import Revisions
from harness.errors import HarnessError
from harness.execute.workers import Job, Workers
from harness.formats import format_named
from harness.languages import languages
from harness.perturbation import Perturbation
from harness.plan.asked import RESOURCES
from harness.registry import Registry
from harness.text import disturb_table
from harness.text.passages import Passages

NOISE = ("noise.keyboard", "noise.swap")
TREES = ("syntactic.scramble",)
GOAL = {"noise": 30_000, "trees": 10_000}  # sentences a second
LANGUAGE = "en"
COUNT = 2_000  # sentences that nlpaug disturbs
WARM = 200  # sentences that are disturbed, and not timed, where the other was at work before
ROWS = 16_000  # that several processes disturb


@dataclass(frozen=True)
class Pace:
    """How fast a perturbation is, by the fastest round: what else the machine does can only add to one.

    Attributes:
        perturbation: its full name.
        sentences: how many are disturbed at once.
        first: seconds of processor time in each round, with sentences that were never seen.
        given: the same, with sentences whose words, or trees if it needs them, have been read but never disturbed.
        again: the same, with sentences that it has seen before, drawn with another seed.
        other: seconds that nlpaug takes for as many sentences; None where it has nothing like it.
    """

    perturbation: str
    sentences: int
    first: tuple[float, ...]
    given: tuple[float, ...]
    again: tuple[float, ...]
    other: tuple[float, ...] | None

    @property
    def pace(self) -> float:
        """Sentences a second."""
        return self.sentences / min(self.first)

    @property
    def pace_given(self) -> float:
        """Sentences a second where they are cut already and their trees are read."""
        return self.sentences / min(self.given)

    @property
    def pace_again(self) -> float:
        """Sentences a second where also their clauses are known."""
        return self.sentences / min(self.again)

    @property
    def other_pace(self) -> float | None:
        """nlpaug's sentences a second."""
        return self.sentences / min(self.other) if self.other else None

    @property
    def unrest(self) -> float:
        """How many times as long as the fastest round the median one took: 1 on a machine that does nothing else."""
        return max(median(rounds) / min(rounds) for rounds in (self.first, self.given, self.again))


def made_rows(registry: Registry) -> pa.Table:
    """Return ``id``, ``text`` and ``text.conllu`` of English sentences from the embedded grammar, each once."""
    places = DataPlaces(registry, Revisions.read(), allow_changed=True)
    table = load(registry.task("grammar-nli"), "test", LANGUAGE, places).table
    trees: dict[str, str] = {}
    for column in ("premise", "hypothesis"):
        texts, found = table.column(column).to_pylist(), table.column(f"{column}.conllu").to_pylist()
        trees |= dict(zip(texts, found, strict=True))
    return _table(list(trees.items()))


def treebank_rows(
    folder: Path, limit: int | None = None, pattern: str = "*"
) -> Iterator[tuple[str, pa.Table]]:
    """Yield (language, rows with gold trees) of each ``<code>_<name>-ud-<split>.conllu[.gz]`` below a folder.

    Of the files of a language whose names fit the pattern the first by name is read, and of it as many sentences
    as `limit` says, from all parts of it; a sentence without ``# text`` is left out.

    Raises:
        HarnessError: there is none.
    """
    files: dict[str, Path] = {}
    for path in sorted([*folder.rglob("*.conllu"), *folder.rglob("*.conllu.gz")], key=lambda each: each.name):
        code = path.name.partition("_")[0]
        if code in languages() and fnmatch(path.name, pattern):
            files.setdefault(code, path)
    if not files:
        raise HarnessError(
            f"no treebank below {folder}", "Files are named <code>_<name>-ud-<split>.conllu, or .conllu.gz."
        )
    for code, path in files.items():
        content = (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode(
            "utf-8"
        )
        pairs = []
        for block in content.split("\n\n"):
            text = next((line[9:] for line in block.split("\n") if line.startswith("# text = ")), None)
            if text:
                pairs.append((text, block.strip("\n") + "\n\n"))
        yield code, _table(pairs[:: max(len(pairs) // limit, 1)][:limit] if limit else pairs)


def _table(pairs: Sequence[tuple[str, str]]) -> pa.Table:
    return pa.table(
        {
            "id": [str(number) for number in range(len(pairs))],
            "text": pa.array([text for text, _ in pairs], pa.string()),
            "text.conllu": pa.array([tree for _, tree in pairs], pa.large_string()),
        }
    )


def words_each(rows: pa.Table) -> float:
    """Return how many words, parts between blanks, the texts of a table have on average."""
    texts = rows.column("text").to_pylist()
    return sum(len(text.split()) for text in texts) / max(len(texts), 1)


def unmeasured(perturbation: Perturbation, language: str) -> str | None:
    """Say why a perturbation cannot be measured on sentences with their trees; None where it can."""
    lacking = [RESOURCES[need] for need in perturbation.needs if need in RESOURCES]
    lacking += [f"the column {name}" for name in perturbation.columns if name != "text"]
    return f"it needs {' and '.join(lacking)}" if lacking else perturbation.unserved(language)


def measure(
    perturbation: Perturbation, table: pa.Table, language: str, repeats: int, heed: Callable[[str], None]
) -> Pace:
    """Disturb the rows as a run does, and with nlpaug where it can, in turn; neither in the other's caches."""
    texts = table.column("text").to_pylist()
    trees = table.column("text.conllu").to_pylist() if "parse" in perturbation.needs else [None] * len(texts)
    other = nlpaug_operator(perturbation.full_name, language)
    first: list[float] = []
    given: list[float] = []
    again: list[float] = []
    theirs: list[float] = []

    def read() -> Passages:
        found = Passages(language)
        for text, tree in zip(texts, trees, strict=True):
            for sentence in found.of(text, tree).sentences:
                _ = sentence.forms
        return found

    def ours(seed: int, passages: Passages | None, rows: pa.Table = table) -> float:
        started = time.process_time()
        disturb_table(
            perturbation,
            rows,
            ["text"],
            language=language,
            seed=seed,
            intensity=perturbation.intensity,
            passages=passages,
        )
        return time.process_time() - started

    kept = Passages(language)
    ours(0, kept)
    for number in range(repeats):
        heed(f"{perturbation.full_name}: round {number + 1} of {repeats}")
        if other is not None:
            for text in texts[:WARM]:
                other(text)
            some = texts[:: max(len(texts) // COUNT, 1)]
            started = time.process_time()
            for text in some:
                other(text)
            theirs.append((time.process_time() - started) * len(texts) / max(len(some), 1))
            ours(number, None, table.slice(0, WARM))
        first.append(ours(number, None))
        given.append(ours(number, read()))
        again.append(ours(number, kept))
    times = (tuple(first), tuple(given), tuple(again), tuple(theirs) or None)
    return Pace(perturbation.full_name, len(texts), *times)


@dataclass(frozen=True)
class Scaling:
    """How fast a perturbation is in one other process and in several.

    Attributes:
        perturbation: its full name.
        sentences: how many are disturbed at once.
        workers: how many processes there are in the second measurement.
        one: seconds of each round in one process, all sentences seen before.
        many: the same in all of them.
    """

    perturbation: str
    sentences: int
    workers: int
    one: tuple[float, ...]
    many: tuple[float, ...]

    @property
    def pace(self) -> float:
        """Sentences a second in one process, by the fastest round."""
        return self.sentences / min(self.one)

    @property
    def pace_together(self) -> float:
        """Sentences a second in all processes."""
        return self.sentences / min(self.many)

    @property
    def linear(self) -> float:
        """What share it is of as many times the pace of one process."""
        return self.pace_together / (self.workers * self.pace)


def scaling(
    perturbation: Perturbation,
    table: pa.Table,
    language: str,
    workers: int,
    repeats: int,
    heed: Callable[[str], None],
) -> Scaling:
    """Disturb the rows, again and again until there are `ROWS`, as ``run --workers`` does with 1 and with several."""
    times = -(-ROWS // max(table.num_rows, 1))
    rows = pa.concat_tables([table] * times).combine_chunks()
    ids = pa.array(list(map(str, range(rows.num_rows))), pa.string())
    rows = rows.set_column(0, "id", ids)
    shape, place = format_named("pair-classification"), ((perturbation.full_name,), None)
    found: dict[int, list[float]] = {1: [], workers: []}
    pools = {count: Workers(count) for count in found}
    try:
        for number in range(repeats + 1):
            heed(f"{perturbation.full_name}: processes, round {number} of {repeats}")
            level = perturbation.intensity
            job = Job(perturbation, place, rows, ["text"], language, number, level, shape)
            for count, pool in pools.items():
                started = time.monotonic()
                pool.disturb(job, lambda done: None)
                if number:  # in the first round processes start and sentences are seen for the first time
                    found[count].append(time.monotonic() - started)
    finally:
        for pool in pools.values():
            pool.close()
    return Scaling(perturbation.full_name, rows.num_rows, workers, tuple(found[1]), tuple(found[workers]))


def nlpaug_operator(name: str, language: str) -> Callable[[str], object] | None:
    """Return nlpaug's augment for the noise of that name, one character in a word, a fifth of the words."""
    if name not in NOISE:
        return None
    # Its import asks the Hub for models, and its keyboards speak of themselves.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    with contextlib.redirect_stdout(io.StringIO()):
        from nlpaug.augmenter.char import KeyboardAug, RandomCharAug

        given = {"aug_char_max": 1, "aug_word_p": 0.2, "aug_word_max": None}
        if name == "noise.swap":
            return _augment(RandomCharAug(action="swap", **given))
        try:
            return _augment(
                KeyboardAug(lang=language, include_special_char=False, include_numeric=False, **given)
            )
        except ValueError:
            return None


def _augment(operator: object) -> Callable[[str], object]:
    return lambda text: operator.augment(text)  # type: ignore[attr-defined]
