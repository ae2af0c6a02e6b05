"""Classification of a pair of texts, or of one text (NLI, paraphrase, sentiment): one label out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from harness.formats.base import Batch, Encoded, Format, Inputs, Settings
from harness.formats.pairing import texts_of, tokenise_rows

if TYPE_CHECKING:
    import pyarrow as pa
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerFast


class PairClassification(Format):
    """Cross-entropy over labels, from one vector for the pair; scored by accuracy."""

    name = "pair-classification"
    version = 2
    columns = ("premise", "hypothesis", "label")
    types: Mapping[str, str] = {"label": "label"}
    texts = ("premise", "hypothesis")
    optional = ("hypothesis",)
    groups = "premise"
    metrics = ("accuracy",)
    uses = ("pooling",)
    alone = True
    encodes_by = ("max_length",)

    def encode(self, table: pa.Table, tokenizer: PreTrainedTokenizerFast, settings: Settings) -> Encoded:
        """Encode premise and hypothesis by the tokenizer's pair template, a premise alone by its single one."""
        tokens, starts, segments = tokenise_rows(
            tokenizer, texts_of(table, "premise"), texts_of(table, "hypothesis"), settings.recipe.max_length
        )
        numbers = {name: number for number, name in enumerate(settings.labels)}
        gold = np.array([numbers.get(name, -1) for name in table["label"].to_pylist()], dtype=np.int64)
        return Encoded(tokens, starts, segments, gold)

    def collate(
        self, encoded: Encoded, items: np.ndarray, inputs: Inputs, rng: np.random.Generator | None
    ) -> Batch:
        """Pad, and add ``labels`` [b] int64."""
        import torch

        batch = inputs.pad(encoded, encoded.sequences(items))
        assert encoded.labels is not None
        batch["labels"] = torch.from_numpy(encoded.labels[items])
        return batch

    def weight(self, batch: Batch) -> float:
        """Return the number of examples."""
        return float(len(batch["labels"]))

    def head(self, encoder: PreTrainedModel, settings: Settings) -> torch.nn.Module:
        """Return pooling, a dense layer with tanh, and a linear layer: logits [b, labels]."""
        from harness.engine.heads import PooledClassifier

        size: int = encoder.config.hidden_size
        return PooledClassifier(size, len(settings.labels), settings.recipe.pooling, settings.dropout)

    def loss(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Return the summed cross-entropy of logits [b, labels]."""
        import torch

        return torch.nn.functional.cross_entropy(logits.float(), batch["labels"], reduction="sum")

    def decode(self, outputs: np.ndarray, encoded: Encoded, table: pa.Table, settings: Settings) -> pa.Table:
        """Take the label with the highest logit [n, labels]; ``accuracy`` is 1 or 0."""
        import pyarrow as pa

        shifted = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        probabilities = shifted / shifted.sum(axis=1, keepdims=True)
        gold = table["label"].to_pylist()
        guesses = [settings.labels[number] for number in outputs.argmax(axis=1)]
        right = [float(a == b) for a, b in zip(gold, guesses, strict=True)]
        return pa.table(
            {
                "gold": pa.array(gold, pa.string()),
                "prediction": pa.array(guesses, pa.string()),
                "accuracy": pa.array(right, pa.float32()),
                "probabilities": pa.array(list(probabilities.astype(np.float32)), pa.list_(pa.float32())),
            }
        )

    def confidence(
        self, outputs: np.ndarray, encoded: Encoded, table: pa.Table, settings: Settings
    ) -> np.ndarray:
        """Return the log-probability of each row's label, from logits [n, labels]."""
        assert encoded.labels is not None
        shifted = outputs.astype(np.float64) - outputs.max(axis=1, keepdims=True)
        rows = np.arange(len(outputs))
        return np.asarray(shifted[rows, encoded.labels] - np.log(np.exp(shifted).sum(axis=1)))

    def trivial(self, table: pa.Table, settings: Settings) -> Mapping[str, float]:
        """Return the share of the most frequent label."""
        _, counts = np.unique(np.array(table["label"].to_pylist(), dtype=str), return_counts=True)
        return {"accuracy": float(counts.max(initial=0) / max(table.num_rows, 1))}
