"""Masked language modelling on texts and on pairs of translations.

A row is a text, or a text and its translation read as one sequence: translation language modelling
(Conneau and Lample 2019, arXiv 1901.07291, section 3.4). A share of the tokens is chosen anew at every
step; of those 80% become the mask token, 10% a random one, 10% stay (Devlin et al. 2019, arXiv
1810.04805, section 3.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from harness.formats.base import IGNORED, Batch, Encoded, Format, HeadSettings, Inputs, tokenise

if TYPE_CHECKING:
    import pyarrow as pa
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerFast


class MaskedLanguageModelling(Format):
    """Cross-entropy on masked tokens; selected by the negative loss."""

    name = "masked-lm"
    columns = ("text", "text_pair")
    texts = ("text",)
    optional = ("text_pair",)
    metric = "negative_loss"
    predicts = False

    def encode(
        self, table: pa.Table, tokenizer: PreTrainedTokenizerFast, max_length: int, labels: Sequence[str]
    ) -> Encoded:
        """Encode text, or text and text_pair as one sequence where there is a pair."""
        first, second = table["text"].to_pylist(), [""] * table.num_rows
        if "text_pair" in table.column_names:
            second = [value or "" for value in table["text_pair"].to_pylist()]
        alone = np.array([not value for value in second])
        parts: dict[bool, tuple[np.ndarray, np.ndarray, np.ndarray | None]] = {}
        for single in (True, False):
            rows = np.flatnonzero(alone == single)
            if len(rows):
                pair = None if single else [second[row] for row in rows]
                parts[single] = tokenise(tokenizer, [first[row] for row in rows], pair, max_length)
        return _interleave(alone, parts)

    def collate(
        self, encoded: Encoded, rows: np.ndarray, inputs: Inputs, rng: np.random.Generator | None
    ) -> Batch:
        """Pad and mask; ``labels`` [b, t] holds the original token where one was chosen, else -100."""
        import torch

        batch = inputs.pad(encoded, rows)
        rng = rng or np.random.default_rng(0)
        assert inputs.mask is not None
        ids = batch["input_ids"].numpy()
        free = batch["attention_mask"].numpy().astype(bool) & ~np.isin(ids, inputs.special)
        chosen = free & (rng.random(ids.shape) < inputs.masked)
        if not chosen.any() and free.any():
            chosen.flat[np.flatnonzero(free)[0]] = True
        labels = np.where(chosen, ids, IGNORED)
        fate = rng.random(ids.shape)
        random = rng.integers(0, inputs.vocabulary, ids.shape)
        ids = np.where(chosen & (fate < 0.8), inputs.mask, np.where(chosen & (fate >= 0.9), random, ids))
        batch["input_ids"], batch["labels"] = torch.from_numpy(ids), torch.from_numpy(labels)
        return batch

    def weight(self, batch: Batch) -> float:
        """Return the number of chosen tokens."""
        return float((batch["labels"] != IGNORED).sum())

    def head(
        self, encoder: PreTrainedModel, labels: Sequence[str], settings: HeadSettings
    ) -> torch.nn.Module:
        """Return a transform and a projection tied to the input embeddings: logits of chosen tokens."""
        from harness.engine.heads import TiedLanguageModel

        return TiedLanguageModel(encoder)

    def loss(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Return the summed cross-entropy of logits [chosen tokens, vocabulary]."""
        import torch

        targets = batch["labels"]
        return torch.nn.functional.cross_entropy(logits.float(), targets[targets != IGNORED], reduction="sum")

    def dev_scores(self, losses: float, terms: float, predictions: pa.Table | None) -> Mapping[str, float]:
        """Return ``loss`` in nats per chosen token and its negative."""
        mean = losses / max(terms, 1.0)
        return {"loss": mean, "negative_loss": -mean}


def _interleave(
    alone: np.ndarray, parts: Mapping[bool, tuple[np.ndarray, np.ndarray, np.ndarray | None]]
) -> Encoded:
    if len(parts) == 1:
        tokens, starts, segments = next(iter(parts.values()))
        return Encoded(tokens, starts, segments)
    rank = {single: iter(range(len(parts[single][1]) - 1)) for single in parts}
    pieces, types = [], []
    for single in alone.tolist():
        tokens, starts, segments = parts[single]
        row = next(rank[single])
        pieces.append(tokens[starts[row] : starts[row + 1]])
        if segments is not None:
            types.append(segments[starts[row] : starts[row + 1]])
    starts = np.zeros(len(pieces) + 1, dtype=np.int64)
    np.cumsum([len(piece) for piece in pieces], out=starts[1:])
    return Encoded(np.concatenate(pieces), starts, np.concatenate(types) if types else None)
