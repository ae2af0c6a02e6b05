"""How long a training step takes and how much memory training needs, against transformers' Trainer.

Each side trains in a process of its own, on the same batches in the same order, from the same weights, with
the same loss, learning rates and optimiser.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.bench import Compared

if TYPE_CHECKING:
    from harness.formats import Encoded
    from harness.registry import Registry

LABELS = ("entailment", "neutral", "contradiction")
SHAPES = {
    "tiny": {"layers": 2, "hidden": 64, "heads": 2, "inner": 128, "vocabulary": 2000},
    "base": {"layers": 12, "hidden": 768, "heads": 12, "inner": 3072, "vocabulary": 250_002},
    "large": {"layers": 24, "hidden": 1024, "heads": 16, "inner": 4096, "vocabulary": 250_002},
}
OURS, TRAINER, PADDED = "harness", "Trainer", "Trainer, padded to 128"
SIDES = (OURS, TRAINER, PADDED)
GOAL, MEMORY_GOAL = 2.5, 0.65  # Trainer's time over ours, at least; our memory over Trainer's, at most
LONGEST, MEAN, SPREAD, REACHED = 128, 38.0, 18.0, 45_000
WARM = {"cpu": 2, "cuda": 20}
RATE = 5e-5


@dataclass(frozen=True)
class Job:
    """What both sides do: a shape, how many steps after those that warm up, and how; `compile`: ours alone."""

    shape: str
    steps: int
    batch_size: int
    device: str
    precision: str
    dropout: float = 0.1
    compile: bool = False

    @property
    def warm(self) -> int:
        """Steps that warm up."""
        return WARM[self.device]

    @property
    def all_steps(self) -> int:
        """The steps, those that warm up among them."""
        return self.steps + self.warm


@dataclass(frozen=True)
class Side:
    """What one side took.

    Attributes:
        seconds: a step, by the clock; `processor`: of all cores together.
        tokens: a step, without padding.
        peak: the most memory that was taken, in bytes: the process's, or the GPU's.
        loss: mean over all steps.
        share: of the card's measured matrix product limit, by useful operations; None on a CPU.
        held: rows of the embedding table that were trained.
    """

    seconds: float
    processor: float
    tokens: float
    peak: int
    loss: float
    share: float | None
    held: int


def measure(
    job: Job, rows: Encoded, heed: Callable[[str], None], sides: Sequence[str] = SIDES
) -> dict[str, Side]:
    """Train on `rows` by each of `sides`, in turn."""
    found = {}
    assert rows.labels is not None
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        np.savez(folder / "rows.npz", tokens=rows.tokens, starts=rows.starts, labels=rows.labels)
        (folder / "job.json").write_text(json.dumps(asdict(job)), encoding="utf-8")
        for side in sides:
            heed(f"{side}: {job.all_steps} steps")
            command = [sys.executable, "-m", "harness.bench.training", side, str(folder)]
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(f"{side}: {done.stderr.strip()[-2000:]}")
            found[side] = Side(**json.loads(done.stdout.splitlines()[-1]))
    return found


def compared(job: Job, sides: Mapping[str, Side]) -> list[Compared]:
    """Return the lines of the table: time of a step, and memory, ours beside each other side's."""
    ours, lines = sides[OURS], []
    for name, other in sides.items():
        if name == OURS:
            continue
        goals = (f"{GOAL}x", f"at most {MEMORY_GOAL}") if name == TRAINER else ("", "")
        times = [("a step", ours.seconds, other.seconds)]
        if job.device == "cpu":
            times.append(("its processor time", ours.processor, other.processor))
        for what, mine, its in times:
            lines.append(Compared(f"{name}: {what}", f"{mine:.3f} s", f"{its:.3f} s", its / mine, goals[0]))
        mine, its = ours.peak / 2**30, other.peak / 2**30
        lines.append(
            Compared(f"{name}: most memory", f"{mine:.2f} GiB", f"{its:.2f} GiB", mine / its, goals[1])
        )
    return lines


def notes(job: Job, sides: Mapping[str, Side], rows: Encoded, made: bool) -> list[str]:
    """Return what is to be known of the measurement, a line each."""
    ours, vocabulary = sides[OURS], SHAPES[job.shape]["vocabulary"]
    kind = "made rows" if made else "rows of MNLI"
    lines = [
        f"XLM-R {job.shape} shape, {job.device}, {job.precision}, batches of {job.batch_size}, {job.steps} steps after "
        f"{job.warm}; {len(rows):,} {kind} of {rows.widths.mean():.1f} subwords (sd {rows.widths.std():.1f}); "
        f"{ours.held:,} of {vocabulary:,} embeddings trained",
        "tokens a second, without padding: "
        + ", ".join(f"{name} {side.tokens / side.seconds:,.0f}" for name, side in sides.items()),
        "mean loss: " + ", ".join(f"{name} {side.loss:.4f}" for name, side in sides.items()),
    ]
    shares = [f"{name} {side.share:.1%}" for name, side in sides.items() if side.share is not None]
    return [*lines, "share of the measured matrix product limit: " + ", ".join(shares)] if shares else lines


def mnli_rows(registry: Registry, model: str, limit: int | None) -> Encoded | None:
    """Return the rows of MNLI as `model`'s tokenizer reads them; None where either cannot be had."""
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    from transformers import AutoTokenizer

    from harness.data.identity import DataPlaces
    from harness.data.load import load
    from harness.data.revisions import Revisions
    from harness.errors import HarnessError
    from harness.formats import Settings, format_named
    from harness.registry_schema import Recipe

    task, named = registry.task("mnli"), registry.model(model)
    try:
        table = load(
            task, "train", "en", DataPlaces(registry, Revisions.read(), allow_changed=True), limit
        ).table
        tokenizer = AutoTokenizer.from_pretrained(
            named.path, revision=named.revision, trust_remote_code=False
        )
    except (HarnessError, HfHubHTTPError, LocalEntryNotFoundError, OSError):
        return None
    settings = Settings(LABELS, Recipe(max_length=LONGEST))
    return format_named(task.format).encode(table, tokenizer, settings)


def made_rows(count: int, vocabulary: int) -> Encoded:
    """Return rows as long as XNLI's, of tokens as often as Zipf's law has it, of those that English reaches."""
    from harness.formats import Encoded
    from harness.formats.base import offsets

    rng = np.random.default_rng(0)
    widths = np.clip(np.rint(rng.normal(MEAN, SPREAD, count)), 8, LONGEST).astype(np.int64)
    reached = min(REACHED, vocabulary - 5)
    chances = 1 / np.arange(1, reached + 1)
    tokens = rng.choice(reached, int(widths.sum()), p=chances / chances.sum()).astype(np.int32) + 5
    starts = offsets(widths)
    tokens[starts[:-1]], tokens[starts[1:] - 1] = 0, 2
    return Encoded(tokens, starts, labels=rng.integers(0, len(LABELS), count))


def useful_operations(shape: str, lengths: np.ndarray) -> float:
    """Return the operations of a step over sequences of `lengths` that no padding causes, embeddings left out.

    Six for each weight and token, forward and backward (Kaplan et al. 2020, arXiv 2001.08361, section 2.1), and
    attention's own two products.
    """
    size = SHAPES[shape]
    weights = size["layers"] * (4 * size["hidden"] ** 2 + 2 * size["hidden"] * size["inner"])
    attended = 12 * size["layers"] * size["hidden"] * float((lengths.astype(np.float64) ** 2).sum())
    return 6.0 * weights * float(lengths.sum()) + attended


def _main(side: str, folder: Path) -> None:
    """Train by one side and print what it took, as the last line of the standard output."""
    from transformers.utils import logging

    logging.set_verbosity_error()
    job = Job(**json.loads((folder / "job.json").read_text(encoding="utf-8")))
    rows = _read(folder)
    clock = _Clock(job)
    held = _ours(job, rows, folder, clock) if side == OURS else _trainer(job, rows, folder, clock, side)
    order = _order(job, rows)
    batches = [rows.widths[order.batch(step)] for step in range(job.warm, job.all_steps)]
    seconds, processor = clock.a_step()
    share = None
    if job.device == "cuda":
        operations = sum(useful_operations(job.shape, batch) for batch in batches) / job.steps
        share = operations / seconds / matrix_limit(job.precision)
    tokens = sum(int(batch.sum()) for batch in batches) / job.steps
    found = Side(seconds, processor, tokens, clock.peak, clock.loss, share, held)
    print(json.dumps(asdict(found)))


class _Clock:
    """Reads the time after the steps that warm up and after the last, and the most memory taken by then."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.read: list[tuple[float, float]] = []
        self.peak = 0
        self.loss = 0.0

    def step(self, done: int, total: int = 0) -> None:
        """Take note that `done` steps are finished."""
        if done not in (self.job.warm, self.job.all_steps):
            return
        if self.job.device == "cuda":
            import torch

            torch.cuda.synchronize()
            self.peak = torch.cuda.max_memory_allocated()
        else:
            self.peak = _peak()
        self.read.append((time.perf_counter(), time.process_time()))

    def a_step(self) -> tuple[float, float]:
        """Return the seconds of a step, by the clock and of the processor."""
        first, last = self.read
        return (last[0] - first[0]) / self.job.steps, (last[1] - first[1]) / self.job.steps


def _peak() -> int:
    """Return the most memory that this program took, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # the parent's does not count there
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _read(folder: Path) -> Encoded:
    from harness.formats import Encoded

    with np.load(folder / "rows.npz") as held:
        return Encoded(held["tokens"], held["starts"], labels=held["labels"])


def _order(job: Job, rows: Encoded) -> Any:
    from harness.engine.batches import Order

    return Order(rows.lengths, job.batch_size, 0, grouped=False)


def _model(job: Job) -> Any:
    """Build transformers' own classifier from random weights, the same each time."""
    import torch
    from transformers import XLMRobertaConfig, XLMRobertaForSequenceClassification

    size = SHAPES[job.shape]
    torch.manual_seed(0)
    config = XLMRobertaConfig(
        vocab_size=size["vocabulary"],
        hidden_size=size["hidden"],
        num_hidden_layers=size["layers"],
        num_attention_heads=size["heads"],
        intermediate_size=size["inner"],
        max_position_embeddings=514,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        pad_token_id=1,
        hidden_dropout_prob=job.dropout,
        attention_probs_dropout_prob=job.dropout,
        num_labels=len(LABELS),
    )
    return XLMRobertaForSequenceClassification(config)


def _ours(job: Job, rows: Encoded, folder: Path, clock: _Clock) -> int:
    """Train by the harness; return how many embeddings were held."""
    from accelerate import Accelerator

    from harness.engine.network import Network, TaskData
    from harness.engine.training import Training, Watch, train, trim_embeddings
    from harness.formats import Inputs, Settings, format_named
    from harness.registry_schema import Recipe

    recipe = Recipe(
        learning_rate=RATE, warmup=0.0, weight_decay=0.0, batch_size=job.batch_size, max_length=LONGEST,
        length_grouped=False, tokens_per_batch=1 << 20, select="last", epochs=1e6, max_steps=job.all_steps,
    )  # fmt: skip
    settings = Settings(LABELS, recipe, dropout=job.dropout)
    task = TaskData("mnli", format_named("pair-classification"), settings, train=rows)
    model = _model(job)
    network = Network.build(model.roberta, [task])
    head: Any = network.heads["mnli"]
    for own, other in ((head.dense, model.classifier.dense), (head.out, model.classifier.out_proj)):
        own.load_state_dict(other.state_dict())
    del model
    watch = Watch(step=clock.step)
    training = Training(
        [task], [], recipe, 0, folder, 4096, job.all_steps, save_seconds=1e9, watch=watch, compile=job.compile
    )
    inputs = Inputs(padding=1, segments=False, special=(0, 1, 2), vocabulary=SHAPES[job.shape]["vocabulary"])
    trimmed = trim_embeddings(training, network, inputs)
    accelerator = Accelerator(
        cpu=job.device == "cpu", mixed_precision="bf16" if job.precision == "bf16" else "no"
    )
    state = train(training, network, inputs, accelerator)
    read = [(entry["step"], entry["loss"]) for entry in state.history if "loss" in entry]
    ends, losses = zip(*read, strict=True)
    clock.loss = float(np.average(losses, weights=np.diff(ends, prepend=0)))
    return SHAPES[job.shape]["vocabulary"] if trimmed is None else len(trimmed.held)


def _trainer(job: Job, rows: Encoded, folder: Path, clock: _Clock, side: str) -> int:
    """Train by transformers' Trainer, all but the numbers of the run as it comes."""
    from torch.utils.data import SequentialSampler
    from transformers import DataCollatorWithPadding, Trainer, TrainerCallback, TrainingArguments

    class InOrder(Trainer):  # type: ignore[misc]
        def _get_train_sampler(self, *given: Any) -> SequentialSampler:
            return SequentialSampler(self.train_dataset)

    class Timed(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
            clock.step(state.global_step)

    arguments = TrainingArguments(
        output_dir=str(folder / "trainer"), per_device_train_batch_size=job.batch_size, max_steps=job.all_steps,
        use_cpu=job.device == "cpu", bf16=job.precision == "bf16", save_strategy="no", report_to=[],
        disable_tqdm=True, learning_rate=RATE,
    )  # fmt: skip
    order = _order(job, rows)
    examples = []
    for step in range(job.all_steps):
        for row in order.batch(step):
            ids = rows.tokens[rows.starts[row] : rows.starts[row + 1]].tolist()
            assert rows.labels is not None
            examples.append(
                {"input_ids": ids, "attention_mask": [1] * len(ids), "label": int(rows.labels[row])}
            )
    fixed = {"padding": "max_length", "max_length": LONGEST} if side == PADDED else {}
    collator = DataCollatorWithPadding(_padding_tokenizer(), **fixed)
    trainer = InOrder(_model(job), arguments, collator, examples, callbacks=[Timed()])
    clock.loss = float(trainer.train().training_loss)
    return SHAPES[job.shape]["vocabulary"]


def _padding_tokenizer() -> Any:
    """Return a tokenizer that does no more than pad, as XLM-R's does."""
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.WordLevel({"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3}, unk_token="<unk>"))
    return PreTrainedTokenizerFast(tokenizer_object=words, pad_token="<pad>", unk_token="<unk>")


def matrix_limit(precision: str) -> float:
    """Return the operations a second of a large square matrix product on the GPU, the best of several."""
    import torch

    size = 8192
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    one, other = (torch.randn(size, size, device="cuda", dtype=dtype) for _ in range(2))
    best = float("inf")
    for _ in range(10):
        torch.cuda.synchronize()
        started = time.perf_counter()
        for _ in range(5):
            one @ other
        torch.cuda.synchronize()
        best = min(best, (time.perf_counter() - started) / 5)
    return 2.0 * size**3 / best


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]))
