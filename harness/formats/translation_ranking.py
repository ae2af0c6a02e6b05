"""Translation ranking: a sentence finds its translation among those of the batch.

Both texts of a row become the mean of their tokens' vectors; the loss is the cross-entropy of finding the
translation among all in the batch by scaled cosine, in both directions (Guo et al. 2018, arXiv 1807.11906,
section 3; in both directions as in Yang et al. 2019, arXiv 1902.08564). The vectors are those of the
embedding table, not the encoder's output: what is aligned is the vocabulary, and the encoder above it reads
every language alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.formats.base import Batch, Encoded, Format, Inputs, Settings, grid, offsets, ranges, tokenise

if TYPE_CHECKING:
    import pyarrow as pa
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

SCALE = 20.0


class TranslationRanking(Format):
    """In-batch cross-entropy over pairs of translations; selected by the negative loss."""

    name = "translation-ranking"
    columns = ("text", "text_pair")
    texts = ("text", "text_pair")
    metrics = ("negative_loss",)
    predicts = False
    encodes_by = ("max_length",)

    def encode(self, table: pa.Table, tokenizer: PreTrainedTokenizerFast, settings: Settings) -> Encoded:
        """Encode the two texts one after the other as one sequence; the mark ``second`` tells them apart."""
        length, count = settings.recipe.max_length, table.num_rows
        halves = [tokenise(tokenizer, table[name].to_pylist(), None, length) for name in self.columns]
        widths = np.concatenate([np.diff(starts) for _, starts, _ in halves])
        order = np.arange(2 * count).reshape(2, count).T.ravel()
        tokens = np.concatenate([tokens for tokens, _, _ in halves])[ranges(offsets(widths), order)]
        second = np.repeat(order >= count, widths[order])
        return Encoded(tokens, offsets(widths[:count] + widths[count:]), marks={"second": second})

    def collate(
        self, encoded: Encoded, items: np.ndarray, inputs: Inputs, rng: np.random.Generator | None
    ) -> Batch:
        """Pad, and add ``first`` and ``second`` [b, t] bool: which tokens are whose, special ones left out."""
        import torch

        sequences = encoded.sequences(items)
        batch = inputs.pad(encoded, sequences)
        inside, places = grid(encoded, sequences)
        second = np.zeros(inside.shape, dtype=bool)
        second[inside] = encoded.marks["second"][places]
        words = inside & ~np.isin(batch["input_ids"].numpy(), inputs.special)
        batch["first"] = torch.from_numpy(words & ~second)
        batch["second"] = torch.from_numpy(words & second)
        return batch

    def weight(self, batch: Batch) -> float:
        """Return the number of pairs."""
        return float(len(batch["input_ids"]))

    def head(self, encoder: PreTrainedModel, settings: Settings) -> torch.nn.Module:
        """Return the head that compares sentences by their embeddings: logits [b, b]."""
        from harness.engine.heads import EmbeddingSimilarity

        return EmbeddingSimilarity(encoder, SCALE)

    def loss(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Return the summed cross-entropy of logits [b, b] whose diagonal is right, mean of both directions."""
        import torch

        right = torch.arange(len(logits), device=logits.device)
        across = torch.nn.functional.cross_entropy(logits.float(), right, reduction="sum")
        down = torch.nn.functional.cross_entropy(logits.float().T, right, reduction="sum")
        return (across + down) / 2

    def dev_scores(
        self, losses: float, terms: float, predictions: pa.Table | None, metric: str
    ) -> tuple[dict[str, float], float]:
        """Return ``loss`` in nats per pair and its negative, which selects."""
        mean = losses / max(terms, 1.0)
        return {"loss": mean, "negative_loss": -mean}, -mean

    def untranslatable(self) -> str:
        """Say that its rows are translations of each other as they are."""
        return "its rows are pairs of translations already"
