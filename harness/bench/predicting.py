"""How fast rows are predicted, against padding to a fixed length and against transformers' Trainer.predict."""

from __future__ import annotations

import copy
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from accelerate import Accelerator
from torch import Tensor, nn
from transformers import (
    DataCollatorWithPadding,
    PreTrainedTokenizerFast,
    Trainer,
    TrainingArguments,
    XLMRobertaConfig,
    XLMRobertaModel,
)
from transformers.utils import logging as transformers_logging

from harness.data.identity import DataPlaces
from harness.data.load import load
from harness.data.revisions import Revisions
from harness.engine.network import Network, TaskData, inputs_of
from harness.engine.prediction import distinct, predict
from harness.errors import HarnessError
from harness.formats import Encoded, Settings, format_named
from harness.formats.base import joined
from harness.registry import Registry
from harness.registry_schema import Recipe

TASK, MADE, MODEL, MADE_MODEL = "xnli", "grammar-nli", "xlmr-base", "demo"
SHAPES: Mapping[str, tuple[int, int, int]] = {
    "tiny": (2, 64, 2),
    "base": (12, 768, 12),
    "large": (24, 1024, 16),
}
VOCABULARY = 250_002
LENGTH, BATCH = 128, 32
GOALS = {"padded": 3.9, "trainer": 2.2, "variants": 3.0, "limit": 0.6}
CLOSE = {"fp32": 1e-3, "bf16": 5e-2}  # largest difference of two logits that counts as rounding
SIDE = 8192  # of the square matrices that say what the card can do


@dataclass(frozen=True)
class Rows:
    """Rows in several languages, encoded, and as a Trainer takes them.

    Attributes:
        tables: what each call of Trainer.predict gets: all rows, or those of a variant.
        encoded: all of them.
        seconds: what tokenising took.
    """

    origin: str
    tables: list[list[dict[str, list[int]]]]
    encoded: Encoded
    seconds: float


@dataclass
class Took:
    """Seconds on the clock and of the processor, of each round, and the largest difference to our outputs."""

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    difference: float = 0.0


@dataclass(frozen=True)
class Prediction:
    """What predicting took, each way.

    Attributes:
        took: by the way's name: ``ours``, ``padded``, ``trainer``.
        same: how many of the sequences another one's outputs are.
        tokens: of all sequences, without padding.
        useful: share of the measured matrix products that our tokens are; None on a CPU.
        limit: multiplications and additions a second in matrix products alone; None on a CPU.
    """

    origin: str
    languages: int
    sequences: int
    same: int
    tokens: int
    tokenised: float
    took: Mapping[str, Took]
    useful: float | None
    limit: float | None


class _Model(nn.Module):
    """Encoder and head as a Trainer wants them."""

    def __init__(self, network: Network, head: str) -> None:
        super().__init__()
        self.encoder, self.head = network.encoder, network.heads[head]

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return {"logits": self.head(hidden, {"attention_mask": attention_mask})}


def measure(
    registry: Registry,
    shape: str,
    limit: int,
    variants: int,
    budget: int,
    device: str,
    precision: str,
    repeats: int,
    heed: Callable[[str], None],
) -> Prediction:
    """Predict the same rows with the same weights each way, in turn.

    Args:
        limit: rows in each language.
        variants: how many disturbed variants come beside the clean rows, a third of their rows unchanged; 0:
            clean rows alone.
        budget: padded tokens in a batch of ours.

    Raises:
        HarnessError: the outputs differ by more than rounding.
    """
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    heed("reading rows")
    tokenizer, tables, origin = _rows(registry, limit)
    rows = _encoded(tokenizer, tables, origin, variants)
    network = _network(shape, tokenizer, device)
    plain = _Model(copy.deepcopy(network), TASK)
    accelerator = Accelerator(mixed_precision="bf16" if precision == "bf16" else "no", cpu=device == "cpu")
    inputs = inputs_of(network.encoder, tokenizer)
    form = format_named(registry.task(TASK).format)

    def ours() -> np.ndarray:
        return predict(network, TASK, form, rows.encoded, inputs, accelerator, budget)

    ways: dict[str, Callable[[], np.ndarray]] = {
        "ours": ours,
        "trainer": lambda: _trainer(plain, tokenizer, rows.tables, device, precision),
    }
    if not variants:
        ways["padded"] = lambda: _padded(plain, tokenizer, rows.tables[0], accelerator)
    took = _in_turn(ways, repeats, device, heed)
    for name, each in took.items():
        if each.difference > CLOSE[precision]:
            raise HarnessError(f"{name}: a logit differs by {each.difference:.2g} from ours")
    firsts, _ = distinct(rows.encoded)
    operations, limit_here = _useful(network, rows.encoded.widths[firsts]), _limit(device, precision)
    return Prediction(
        rows.origin,
        len(tables),
        len(rows.encoded),
        len(rows.encoded) - len(firsts),
        len(rows.encoded.tokens),
        rows.seconds,
        took,
        operations / min(took["ours"].wall) / limit_here if limit_here else None,
        limit_here,
    )


def _in_turn(
    ways: Mapping[str, Callable[[], np.ndarray]], repeats: int, device: str, heed: Callable[[str], None]
) -> dict[str, Took]:
    took = {name: Took() for name in ways}
    for number in range(repeats):
        outputs = {}
        for name in [*ways][:: -1 if number % 2 else 1]:
            heed(f"{name}: round {number + 1} of {repeats}")
            wall, processor = time.perf_counter(), time.process_time()
            outputs[name] = ways[name]()
            if device == "cuda":
                torch.cuda.synchronize()
            took[name].wall.append(time.perf_counter() - wall)
            took[name].processor.append(time.process_time() - processor)
        for name, found in outputs.items():
            took[name].difference = float(np.abs(found - outputs["ours"]).max())
    return took


def _rows(registry: Registry, limit: int) -> tuple[PreTrainedTokenizerFast, dict[str, pa.Table], str]:
    """Return a tokenizer, and each language's rows: XNLI's, or made ones where the Hub cannot be reached."""
    places = DataPlaces(registry, Revisions.read(), allow_changed=True)
    try:
        found = _tables(registry, TASK, places, limit)
        return _tokenizer(registry, MODEL), found, TASK
    except (HarnessError, OSError):
        return _tokenizer(registry, MADE_MODEL), _tables(registry, MADE, places, limit), f"{MADE}, made"


def _tables(registry: Registry, name: str, places: DataPlaces, limit: int) -> dict[str, pa.Table]:
    task = registry.task(name)
    split = f"{task.test_split},dev"
    return {language: load(task, split, language, places, limit).table for language in task.languages}


def _tokenizer(registry: Registry, name: str) -> PreTrainedTokenizerFast:
    from huggingface_hub import snapshot_download

    model = registry.model(name)
    folder = None
    if model.path is not None:
        kept = ["config.json", "tokenizer*", "special_tokens_map.json"]
        commit = Revisions.read().resolve("model", model.path, model.revision).commit
        folder = Path(snapshot_download(model.path, revision=commit, allow_patterns=kept))
    return model.tokenizer(folder)


def _encoded(
    tokenizer: PreTrainedTokenizerFast, tables: Mapping[str, pa.Table], origin: str, variants: int
) -> Rows:
    form = format_named("pair-classification")
    settings = Settings(("contradiction", "entailment", "neutral"), Recipe(max_length=LENGTH))
    started = time.perf_counter()
    parts = [
        [form.encode(_variant(table, number), tokenizer, settings) for table in tables.values()]
        for number in range(variants + 1)
    ]
    seconds = time.perf_counter() - started
    groups = [joined(part) for part in parts]
    given = [[{"input_ids": tokens} for tokens in _lists(group)] for group in groups]
    return Rows(origin, given, joined(groups), seconds)


def _lists(encoded: Encoded) -> Iterator[list[int]]:
    for piece in np.split(encoded.tokens, encoded.starts[1:-1]):
        yield piece.tolist()


def _variant(table: pa.Table, number: int) -> pa.Table:
    """Return the rows with the words of both texts in another order, but for every third; number 0: as they are."""
    if not number:
        return table
    for name in ("premise", "hypothesis"):
        texts = table[name].to_pylist()
        for row, text in enumerate(texts):
            if (row + number) % 3:
                words = text.split() if " " in text else list(text)
                random.Random(f"{number} {row}").shuffle(words)
                texts[row] = (" " if " " in text else "").join(words)
        table = table.set_column(table.column_names.index(name), name, pa.array(texts, pa.string()))
    return table


def _network(shape: str, tokenizer: PreTrainedTokenizerFast, device: str) -> Network:
    layers, size, heads = SHAPES[shape]
    config = XLMRobertaConfig(
        vocab_size=len(tokenizer) if shape == "tiny" else max(VOCABULARY, len(tokenizer)),
        hidden_size=size,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=4 * size,
        max_position_embeddings=514,
        type_vocab_size=1,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    torch.manual_seed(0)
    encoder = XLMRobertaModel(config, add_pooling_layer=False)
    form = format_named("pair-classification")
    settings = Settings(("contradiction", "entailment", "neutral"), Recipe(max_length=LENGTH))
    return Network.build(encoder, [TaskData(TASK, form, settings)]).to(device).eval()


def _padded(
    model: nn.Module,
    tokenizer: PreTrainedTokenizerFast,
    rows: Sequence[Mapping[str, Sequence[int]]],
    accelerator: Accelerator,
) -> np.ndarray:
    """Predict in order, every row padded to one length."""
    outputs = []
    with torch.inference_mode():
        for first in range(0, len(rows), BATCH):
            some = {"input_ids": [row["input_ids"] for row in rows[first : first + BATCH]]}
            batch: Any = tokenizer.pad(some, padding="max_length", max_length=LENGTH, return_tensors="pt")
            batch = batch.to(accelerator.device)
            with accelerator.autocast():
                outputs.append(model(batch["input_ids"], batch["attention_mask"])["logits"].float().cpu())
    return torch.cat(outputs).numpy()


def _trainer(
    model: nn.Module,
    tokenizer: PreTrainedTokenizerFast,
    tables: Sequence[Sequence[Mapping[str, Sequence[int]]]],
    device: str,
    precision: str,
) -> np.ndarray:
    """Predict by Trainer.predict with its defaults, one call a variant."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder, report_to=[], use_cpu=device == "cpu", bf16=precision == "bf16", disable_tqdm=True
        )
        trainer = Trainer(model, arguments, data_collator=DataCollatorWithPadding(tokenizer))
        return np.concatenate([np.asarray(trainer.predict(table).predictions) for table in tables])


def _useful(network: Network, widths: np.ndarray) -> float:
    """Return the operations that sequences of these widths need: 2 a parameter and token, and attention's."""
    config: Any = network.encoder.config
    embeddings = sum(value.numel() for value in network.encoder.embeddings.parameters())
    weights = sum(value.numel() for value in network.encoder.parameters()) - embeddings
    lengths = widths.astype(np.float64)
    attention = 4 * config.num_hidden_layers * config.hidden_size * float((lengths**2).sum())
    return float(2.0 * weights * lengths.sum() + attention)


def _limit(device: str, precision: str) -> float | None:
    """Return the operations a second of large square matrix products on a GPU."""
    if device != "cuda":
        return None
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    one = torch.randn(SIDE, SIDE, device=device, dtype=kind)
    other, times = torch.randn_like(one), []
    for _ in range(10):
        torch.cuda.synchronize()
        started = time.perf_counter()
        for _ in range(10):
            one @ other
        torch.cuda.synchronize()
        times.append((time.perf_counter() - started) / 10)
    return float(2.0 * SIDE**3 / min(times))
