"""Heads: modules that map hidden states to logits."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from harness.formats.base import Batch


def pool(hidden: Tensor, mask: Tensor, pooling: str) -> Tensor:
    """Pool hidden states [b, t, h] into [b, h]: the ``first`` token's, or the ``mean`` over those in `mask` [b, t]."""
    if pooling == "first":
        return hidden[:, 0]
    inside = mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * inside).sum(1) / inside.sum(1).clamp(min=1)


class PooledClassifier(nn.Module):
    """Pooling, dropout, dense layer with tanh, dropout, linear layer: [b, t, h] to [b, labels].

    Attributes:
        reads_first: whether it looks at the first token's hidden states only.
    """

    def __init__(self, size: int, labels: int, pooling: str, dropout: float) -> None:
        super().__init__()
        self.pooling = pooling
        self.reads_first = pooling == "first"
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(size, size)
        self.out = nn.Linear(size, labels)
        for layer in (self.dense, self.out):
            nn.init.normal_(layer.weight, std=0.02)
            nn.init.zeros_(layer.bias)

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        """Return logits [b, labels]."""
        vector = pool(hidden, batch["attention_mask"], self.pooling)
        logits: Tensor = self.out(self.dropout(torch.tanh(self.dense(self.dropout(vector)))))
        return logits


class TokenClassifier(nn.Module):
    """Dropout and a linear layer on every token: [s, t, h] to [s, t, labels]."""

    def __init__(self, size: int, labels: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(size, labels)
        nn.init.normal_(self.out.weight, std=0.02)
        nn.init.zeros_(self.out.bias)

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        """Return logits [s, t, labels]."""
        logits: Tensor = self.out(self.dropout(hidden))
        return logits


class TiedLanguageModel(nn.Module):
    """Transform and projection onto the input embeddings: chosen tokens' [n, vocabulary]."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        table = encoder.get_input_embeddings().weight  # type: ignore[operator]
        self.dense = nn.Linear(encoder.config.hidden_size, table.shape[1])  # type: ignore[union-attr, arg-type]
        self.norm = nn.LayerNorm(table.shape[1])
        self.bias = nn.Parameter(torch.zeros(table.shape[0]))
        self._table = [table]
        nn.init.normal_(self.dense.weight, std=0.02)
        nn.init.zeros_(self.dense.bias)

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        """Return logits of the batch's ``chosen`` cells, [n, vocabulary]."""
        chosen = hidden.flatten(0, 1)[batch["chosen"]]
        vectors = self.norm(nn.functional.gelu(self.dense(chosen)))
        return nn.functional.linear(vectors, self._table[0].to(vectors.dtype), self.bias.to(vectors.dtype))


class EmbeddingSimilarity(nn.Module):
    """Scaled cosines between the mean embeddings of first and second texts: [b, b]."""

    reads_embeddings = True

    def __init__(self, encoder: nn.Module, scale: float) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        """Return logits [b, b]; `hidden` [b, t, h] are the rows of the embedding table."""
        first, second = (
            nn.functional.normalize(pool(hidden, batch[name], "mean"), dim=-1) for name in ("first", "second")
        )
        return self.scale * first @ second.T


class SpanEnds(nn.Module):
    """A linear layer on each token: [s, t, h] to [s, t, 2], to be the answer's start and to be its end."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.out = nn.Linear(size, 2)
        nn.init.normal_(self.out.weight, std=0.02)
        nn.init.zeros_(self.out.bias)

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        """Return logits [s, t, 2]."""
        logits: Tensor = self.out(hidden)
        return logits
