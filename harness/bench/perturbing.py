"""How many sentences are disturbed in a second, on one core, against nlpaug's operators for the same noise."""

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
from harness.languages import languages
from harness.perturbation import Perturbation
from harness.registry import Registry
from harness.text import disturb_table
from harness.text.passages import Passages

NOISE = ("noise.keyboard", "noise.swap")
TREES = ("syntactic.scramble",)
GOAL = {"noise": 30_000, "trees": 10_000}  # sentences a second
LANGUAGE = "en"
LEAST, COUNT = 1_000, 200  # sentences of ours, of nlpaug's


@dataclass(frozen=True)
class Pace:
    """How fast a perturbation is.

    Attributes:
        perturbation: its full name.
        sentences: how many are disturbed at once.
        words: how many words they have on average.
        first: seconds of processor time in each round, with sentences that were never seen.
        again: the same, with sentences that another perturbation has seen.
        other: seconds that nlpaug takes for as many sentences; None where it has nothing like it.
    """

    perturbation: str
    sentences: int
    words: float
    first: tuple[float, ...]
    again: tuple[float, ...]
    other: tuple[float, ...] | None

    @property
    def pace(self) -> float:
        """Sentences a second, by the median round."""
        return self.sentences / median(self.first)

    @property
    def pace_again(self) -> float:
        """Sentences a second where they are cut and parsed already."""
        return self.sentences / median(self.again)

    @property
    def other_pace(self) -> float | None:
        """nlpaug's sentences a second."""
        return self.sentences / median(self.other) if self.other else None


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


def measure(
    perturbation: Perturbation, table: pa.Table, language: str, repeats: int, heed: Callable[[str], None]
) -> Pace:
    """Disturb the rows as a run does, and with nlpaug where it can, in turn."""
    texts = table.column("text").to_pylist()
    other = nlpaug_operator(perturbation.full_name, language)
    first: list[float] = []
    again: list[float] = []
    theirs: list[float] = []

    def ours(seed: int, passages: Passages | None) -> float:
        started = time.process_time()
        disturb_table(
            perturbation,
            table,
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
            some = texts[:COUNT]
            started = time.process_time()
            for text in some:
                other(text)
            theirs.append((time.process_time() - started) * len(texts) / max(len(some), 1))
        first.append(ours(number, None))
        again.append(ours(number, kept))
    words = sum(len(text.split()) for text in texts) / max(len(texts), 1)
    return Pace(perturbation.full_name, len(texts), words, tuple(first), tuple(again), tuple(theirs) or None)


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
