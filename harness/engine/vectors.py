"""The head of retrieval: one vector for each sequence, from the encoder as it stands."""

from __future__ import annotations

from torch import Tensor, nn

from harness.engine.heads import pool
from harness.formats.base import Batch


class SequenceVectors(nn.Module):
    """Pooled hidden states of one layer, of length 1; nothing in it is trained.

    Attributes:
        layer: number of the layer that is read, 0 the embeddings; None: the last.
        reads_first: whether it looks at the first token's hidden states only.
    """

    def __init__(self, pooling: str, layer: int | None) -> None:
        super().__init__()
        self.pooling = pooling
        self.layer = layer
        self.reads_first = pooling == "first"

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        """Return [s, h] float32 of hidden states [s, t, h]; a mean counts special tokens, not padding."""
        vectors = pool(hidden.float(), batch["attention_mask"], self.pooling)
        return nn.functional.normalize(vectors, dim=-1)
