"""Sentence-pair classification: two texts in, one label out (NLI, paraphrase)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from harness.formats.base import Batch, Encoded, Format, HeadSettings, Inputs, tokenise

if TYPE_CHECKING:
    import pyarrow as pa
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerFast


class PairClassification(Format):
    """Cross-entropy over labels, from one vector for the pair; scored by accuracy."""

    name = "pair-classification"
    columns = ("premise", "hypothesis", "label")
    texts = ("premise", "hypothesis")
    metric = "accuracy"

    def encode(
        self, table: pa.Table, tokenizer: PreTrainedTokenizerFast, max_length: int, labels: Sequence[str]
    ) -> Encoded:
        """Encode premise and hypothesis as one sequence in the tokenizer's own pair template."""
        tokens, starts, segments = tokenise(
            tokenizer, table["premise"].to_pylist(), table["hypothesis"].to_pylist(), max_length
        )
        numbers = {name: number for number, name in enumerate(labels)}
        gold = np.array([numbers.get(name, -1) for name in table["label"].to_pylist()], dtype=np.int64)
        return Encoded(tokens, starts, segments, gold)

    def collate(
        self, encoded: Encoded, rows: np.ndarray, inputs: Inputs, rng: np.random.Generator | None
    ) -> Batch:
        """Pad, and add ``labels`` [b] int64."""
        import torch

        batch = inputs.pad(encoded, rows)
        assert encoded.labels is not None
        batch["labels"] = torch.from_numpy(encoded.labels[rows])
        return batch

    def weight(self, batch: Batch) -> float:
        """Return the number of examples."""
        return float(len(batch["labels"]))

    def head(
        self, encoder: PreTrainedModel, labels: Sequence[str], settings: HeadSettings
    ) -> torch.nn.Module:
        """Return pooling, a dense layer with tanh, and a linear layer: logits [b, labels]."""
        from harness.engine.heads import PooledClassifier

        return PooledClassifier(encoder.config.hidden_size, len(labels), settings.pooling, settings.dropout)

    def loss(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Return the summed cross-entropy of logits [b, labels]."""
        import torch

        return torch.nn.functional.cross_entropy(logits.float(), batch["labels"], reduction="sum")

    def decode(self, logits: np.ndarray, table: pa.Table, labels: Sequence[str]) -> pa.Table:
        """Take the label with the highest logit [n, labels]; ``correct`` is 1 or 0."""
        import pyarrow as pa

        shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities = shifted / shifted.sum(axis=1, keepdims=True)
        best = logits.argmax(axis=1)
        gold = table["label"].to_pylist()
        guesses = [labels[number] for number in best]
        return pa.table(
            {
                "gold": pa.array(gold, pa.string()),
                "prediction": pa.array(guesses, pa.string()),
                "correct": pa.array(
                    [float(a == b) for a, b in zip(gold, guesses, strict=True)], pa.float32()
                ),
                "probabilities": pa.array(list(probabilities.astype(np.float32)), pa.list_(pa.float32())),
            }
        )

    def score(self, predictions: pa.Table) -> Mapping[str, float]:
        """Return ``accuracy``, the mean of ``correct``."""
        return {"accuracy": float(np.mean(predictions["correct"].to_numpy()))}

    def chance(self, labels: Sequence[str]) -> float:
        """Return one over the number of labels."""
        return 1.0 / len(labels)
