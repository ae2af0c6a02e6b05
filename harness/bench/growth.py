"""How the cost of an evaluation grows with languages and with variants, through the harness's own path."""

from __future__ import annotations

import math
import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from harness.data.identity import DataPlaces
from harness.data.revisions import Revisions
from harness.execute.context import Context
from harness.execute.local import LocalExecutor
from harness.execute.progress import RichProgress
from harness.plan.build import build_plan
from harness.plan.spec import RunSpec
from harness.registry import Registry
from harness.workspace import Workspace

if TYPE_CHECKING:
    import pyarrow as pa

GOAL = 1.0  # slope of the cost against the count, both as logarithms
LANGUAGES, VARIANTS = (1, 5, 15), (1, 10, 40)
FEW_LANGUAGES, FEW_VARIANTS = 2, 2  # that stay the same where the others grow
CODES = ("ar", "bg", "de", "el", "en", "es", "fr", "hi", "ru", "sw", "th", "tr", "ur", "vi", "zh")
NOISE = "noise.swap"
STARTS = 5  # times that the start is measured
LABELS = ("entailment", "neutral", "contradiction")
MADE = ("evaluate", "perturb", "parse", "encoded")  # stages that are made anew each time


@dataclass(frozen=True)
class Growth:
    """What evaluations of several sizes took.

    Attributes:
        of: ``languages`` or ``variants``.
        start: seconds of processor time of the smallest evaluation there is: what every one takes.
        counts: of languages or variants; `seconds` of processor time and `wall` of each, the least of all rounds.
        linear: seconds that each would take at linear growth: of languages those of all of them, each evaluated
            alone, for they differ; of variants the first one's, times their number; the start counted once.
    """

    of: str
    start: float
    counts: tuple[int, ...]
    seconds: tuple[float, ...]
    wall: tuple[float, ...]
    linear: tuple[float, ...]

    @property
    def slope(self) -> float:
        """Slope of log cost against the log of `linear` by least squares, the start apart; 1 is linear."""
        xs = [math.log(max(each - self.start, 1e-3)) for each in self.linear]
        ys = [math.log(max(each - self.start, 1e-3)) for each in self.seconds]
        x, y = sum(xs) / len(xs), sum(ys) / len(ys)
        return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs)


def measure(registry: Registry, rows: int, repeats: int, heed: Callable[[str], None]) -> list[Growth]:
    """Train a tiny model once, then evaluate it in more and more languages, and on more and more variants.

    An evaluation plans, disturbs, tokenises, predicts and scores `rows` made rows in each language and variant, on
    one core, so that no thread's waiting is counted.
    """
    import torch

    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        trial = _Trial(registry, Path(name), rows)
        heed("training a tiny model")
        trial.cost(CODES[:1], 0)
        start = min(trial.cost(CODES[:1], 0, limit=1) for _ in range(STARTS))[0]
        sizes = {
            "languages": [(CODES[:count], FEW_VARIANTS) for count in LANGUAGES],
            "variants": [(CODES[:FEW_LANGUAGES], count) for count in VARIANTS],
        }
        found = []
        for of, each in sizes.items():
            alone = [((code,), FEW_VARIANTS) for code in CODES] if of == "languages" else []
            best = _least(trial, [*each, *alone], repeats, heed)
            best, apart = best[: len(each)], [time for time, _ in best[len(each) :]]
            if of == "languages":
                counts = LANGUAGES
                best[0] = min(best[0], (apart[0], best[0][1]))  # the same evaluation
                apart[0] = best[0][0]
                linear = tuple(start + sum(apart[:count]) - start * count for count in counts)
            else:
                counts = VARIANTS
                linear = tuple(start + (best[0][0] - start) * count / counts[0] for count in counts)
            seconds = tuple(time for time, _ in best)
            found.append(Growth(of, start, counts, seconds, tuple(wall for _, wall in best), linear))
        return found


def _least(
    trial: _Trial, sizes: Sequence[tuple[tuple[str, ...], int]], repeats: int, heed: Callable[[str], None]
) -> list[tuple[float, float]]:
    """Return the least seconds of each evaluation, (languages, number of variants), of all rounds."""
    costs: list[list[tuple[float, float]]] = [[] for _ in sizes]
    for number in range(repeats):
        for place, (languages, variants) in enumerate(sizes):
            heed(f"{len(languages)} languages, {variants} variants: round {number + 1} of {repeats}")
            costs[place].append(trial.cost(languages, variants))
    return [min(times) for times in costs]


class _Trial:
    """A folder with made rows, a tiny encoder and a workspace."""

    def __init__(self, registry: Registry, folder: Path, rows: int) -> None:
        self.registry, self.rows = registry, rows
        self.data, self.workspace = folder / "data", Workspace(folder / "work")
        self.model = folder / "model"
        _save_model(registry, self.model)
        _save_rows(self.data, rows)

    def cost(
        self, languages: tuple[str, ...], variants: int, limit: int | None = None
    ) -> tuple[float, float]:
        """Return the seconds of an evaluation from nothing but the checkpoint, of the processor and on the clock."""
        for kind in MADE:
            shutil.rmtree(self.workspace.folder / "stages" / kind, ignore_errors=True)
        shutil.rmtree(self.workspace.runs, ignore_errors=True)
        processor, wall = time.process_time(), time.perf_counter()
        spec = RunSpec(
            str(self.model),
            ("none",),
            "xnli",
            tuple(f"{NOISE}:{(number + 1) / (variants + 1):.3f}" for number in range(variants)),
            languages,
            recipe="smoke",
            limit=limit or self.rows,
            train_limit=16,
        )
        places = DataPlaces(self.registry, Revisions(), self.data)
        plan = build_plan(spec, self.registry, places, None)
        progress = RichProgress(Console(quiet=True))
        context = Context(plan, self.registry, places, self.workspace, None, progress, note=lambda note: None)
        tracker: Any = _Untracked()
        LocalExecutor(plan, context, tracker, "harness bench growth").run()
        return time.process_time() - processor, time.perf_counter() - wall


class _Untracked:
    """Says that all runs are tracked already."""

    def already_logged(self, run_id: str) -> bool:
        return True


def _save_model(registry: Registry, folder: Path) -> None:
    import torch
    from transformers import XLMRobertaConfig, XLMRobertaModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    tokenizer = registry.model("demo").tokenizer(None)
    tokenizer.save_pretrained(folder)
    config = XLMRobertaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=130,
        type_vocab_size=1,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    torch.manual_seed(0)
    XLMRobertaModel(config, add_pooling_layer=False).save_pretrained(folder)


def _save_rows(folder: Path, rows: int) -> None:
    """Write training rows, and rows of made words in each language, as the repositories have them."""
    import pyarrow.parquet as pq

    sizes = {"nyu-mll/glue/mnli/train": 16, "nyu-mll/glue/mnli/validation_matched": 8}
    for code in CODES:
        sizes |= {f"facebook/xnli/{code}/test": rows, f"facebook/xnli/{code}/validation": 8}
    for place, count in sizes.items():
        path = folder / f"{place}-00000-of-00001.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(_made_rows(place, count), path)


def _made_rows(seed: str, count: int) -> pa.Table:
    import pyarrow as pa

    rng = random.Random(seed)
    words = ["".join(rng.choices("abdefgiklmnoprstu", k=rng.randint(2, 9))) for _ in range(500)]
    texts = {
        name: [" ".join(rng.choices(words, k=rng.randint(4, most))) for _ in range(count)]
        for name, most in (("premise", 24), ("hypothesis", 12))
    }
    return pa.table({**texts, "label": [LABELS[number % 3] for number in range(count)]})


def draw(found: Sequence[Growth], path: Path) -> Path:
    """Draw cost against count, a panel each, with a line of what linear growth would cost."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1.2 + 3.6 * len(found), 3.6), layout="constrained")
    grid = figure.subplots(1, len(found), squeeze=False)
    for axes, each in zip(grid[0], found, strict=True):
        axes.plot(each.counts, each.seconds, marker="o", label="measured")
        axes.plot(each.counts, each.linear, color="#888", linestyle="--", label="linear")
        axes.axhline(each.start, color="#a33", linewidth=1, label="start")
        axes.set_title(f"{each.of}: slope {each.slope:.2f}", loc="left", fontsize=10)
        axes.set_xlabel(each.of)
        axes.set_ylim(bottom=0)
        axes.spines[["top", "right"]].set_visible(False)
    grid[0][0].set_ylabel("processor seconds")
    grid[0][0].legend(fontsize=8, frameon=False)
    figure.savefig(path)
    return path
