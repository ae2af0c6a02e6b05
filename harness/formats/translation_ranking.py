"""Translation ranking: a sentence finds its translation among those of the batch.

Both texts of a row become the mean of their tokens' vectors; the loss is the cross-entropy of finding the
translation among all in the batch by scaled cosine, in both directions (Guo et al. 2018, arXiv 1807.11906,
section 3; in both directions as in Yang et al. 2019, arXiv 1902.08564). The vectors are those of the
embedding table, not the encoder's output: what is aligned is the vocabulary, and the encoder above it reads
every language alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from harness.formats.base import Batch, Encoded, Format, HeadSettings, Inputs, tokenise

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
    metric = "negative_loss"
    predicts = False

    def encode(
        self, table: pa.Table, tokenizer: PreTrainedTokenizerFast, max_length: int, labels: Sequence[str]
    ) -> Encoded:
        """Encode the two texts one after the other as one sequence; `segments` tells them apart."""
        halves = [tokenise(tokenizer, table[name].to_pylist(), None, max_length) for name in self.columns]
        pieces, kinds = [], []
        for row in range(table.num_rows):
            for kind, (tokens, starts, _) in enumerate(halves):
                pieces.append(tokens[starts[row] : starts[row + 1]])
                kinds.append(np.full(len(pieces[-1]), kind, dtype=np.int8))
        starts = np.zeros(table.num_rows + 1, dtype=np.int64)
        np.cumsum(
            [len(one) + len(two) for one, two in zip(pieces[::2], pieces[1::2], strict=True)], out=starts[1:]
        )
        return Encoded(np.concatenate(pieces), starts, np.concatenate(kinds))

    def collate(
        self, encoded: Encoded, rows: np.ndarray, inputs: Inputs, rng: np.random.Generator | None
    ) -> Batch:
        """Pad, and add ``first`` and ``second`` [b, t] bool: which tokens are whose, special ones left out."""
        import torch

        batch = inputs.pad(Encoded(encoded.tokens, encoded.starts), rows)
        assert encoded.segments is not None
        ids, inside = batch["input_ids"].numpy(), batch["attention_mask"].numpy().astype(bool)
        kinds = np.zeros(ids.shape, dtype=np.int8)
        kinds[inside] = np.concatenate(
            [encoded.segments[encoded.starts[row] : encoded.starts[row + 1]] for row in rows]
        )
        words = inside & ~np.isin(ids, inputs.special)
        batch["first"] = torch.from_numpy(words & (kinds == 0))
        batch["second"] = torch.from_numpy(words & (kinds == 1))
        return batch

    def weight(self, batch: Batch) -> float:
        """Return the number of pairs."""
        return float(len(batch["input_ids"]))

    def head(
        self, encoder: PreTrainedModel, labels: Sequence[str], settings: HeadSettings
    ) -> torch.nn.Module:
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

    def dev_scores(self, losses: float, terms: float, predictions: pa.Table | None) -> Mapping[str, float]:
        """Return ``loss`` in nats per pair and its negative."""
        mean = losses / max(terms, 1.0)
        return {"loss": mean, "negative_loss": -mean}
