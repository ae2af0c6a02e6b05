"""Format: what a kind of task has in common, from its columns to its scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerFast


@dataclass(frozen=True)
class Encoded:
    """Token sequences, one after the other.

    Attributes:
        tokens: [total] int32 token ids of all sequences.
        starts: [n + 1] int64; sequence i is ``tokens[starts[i]:starts[i + 1]]``.
        segments: [total] int8 token type ids, or None where the encoder has none.
        labels: [n] int64 label numbers, -1 where there is none; None where the format has no labels.
    """

    tokens: np.ndarray
    starts: np.ndarray
    segments: np.ndarray | None = None
    labels: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> np.ndarray:
        """[n] int64 tokens in each sequence."""
        return np.diff(self.starts)


Batch = dict[str, "torch.Tensor"]
IGNORED = -100  # the label of a token that is not predicted, as torch's cross-entropy has it


class Format:
    """A kind of task. One instance each; no room outside harness.formats asks which one it is.

    Attributes:
        name: as in ``Task.format``.
        version: changed when encoding, head, loss or scoring change; part of every key.
        columns: canonical columns of its rows, besides ``id`` and ``cluster``.
        texts: those of them that hold text, which perturbations may disturb.
        optional: those of them that may be missing or empty.
        metric: name of the main score.
        predicts: whether each row gets logits of its own, from which `decode` makes a prediction.
    """

    name: str = ""
    version: int = 1
    columns: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    metric: str = ""
    predicts: bool = True

    def encode(
        self,
        table: pa.Table,
        tokenizer: PreTrainedTokenizerFast,
        max_length: int,
        labels: Sequence[str],
    ) -> Encoded:
        """Tokenise rows; sequences longer than `max_length` are truncated, the longest text first."""
        raise TypeError(f"format {self.name} encodes nothing")

    def collate(
        self, encoded: Encoded, rows: np.ndarray, inputs: Inputs, rng: np.random.Generator | None
    ) -> Batch:
        """Build a padded batch of the sequences `rows`.

        Returns:
            ``input_ids`` and ``attention_mask`` [b, t] int64, ``token_type_ids`` where the encoder has
            them, and the format's own targets. `rng` draws what training draws (masks); None at
            prediction.
        """
        return inputs.pad(encoded, rows)

    def weight(self, batch: Batch) -> float:
        """Return the number of terms in the batch's loss, by which the sum of losses is divided."""
        raise TypeError(f"format {self.name} has no loss")

    def head(
        self, encoder: PreTrainedModel, labels: Sequence[str], settings: HeadSettings
    ) -> torch.nn.Module:
        """Build the head: a module that maps (hidden [b, t, h], batch) to logits."""
        raise TypeError(f"format {self.name} has no head")

    def loss(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Return the sum (not the mean) of the losses of a batch, a scalar."""
        raise TypeError(f"format {self.name} has no loss")

    def decode(self, logits: np.ndarray, table: pa.Table, labels: Sequence[str]) -> pa.Table:
        """Turn logits [n, ...] of the rows of `table` into the columns gold, prediction, correct, probabilities."""
        raise TypeError(f"format {self.name} predicts nothing")

    def score(self, predictions: pa.Table) -> Mapping[str, float]:
        """Return scores of a prediction table; the main one under `metric`."""
        raise TypeError(f"format {self.name} scores nothing")

    def dev_scores(self, losses: float, terms: float, predictions: pa.Table | None) -> Mapping[str, float]:
        """Return what selects a checkpoint, larger is better, under `metric`."""
        assert predictions is not None
        return {"loss": losses / max(terms, 1.0), **self.score(predictions)}

    def chance(self, labels: Sequence[str]) -> float:
        """Return the expected main score of a guess that knows nothing."""
        raise TypeError(f"format {self.name} has no chance level")


@dataclass(frozen=True)
class HeadSettings:
    """What a head is built with: pooling ``first`` or ``mean``, and its dropout probability."""

    pooling: str = "first"
    dropout: float = 0.1


@dataclass(frozen=True)
class Inputs:
    """What an encoder takes.

    Attributes:
        padding: the padding token's id; `mask` the mask token's, `special` those of all special tokens.
        segments: whether it has token type ids.
        vocabulary: number of tokens.
        masked: share of the tokens that masked language modelling predicts.
    """

    padding: int
    segments: bool
    mask: int | None = None
    special: tuple[int, ...] = ()
    vocabulary: int = 0
    masked: float = 0.15

    def pad(self, encoded: Encoded, rows: np.ndarray) -> Batch:
        """Return ``input_ids``, ``attention_mask`` and, if the encoder has them, ``token_type_ids``: [b, t]."""
        import torch

        lengths = encoded.lengths[rows]
        width = int(lengths.max())
        inside = np.arange(width)[None, :] < lengths[:, None]
        places = np.concatenate([np.arange(encoded.starts[row], encoded.starts[row + 1]) for row in rows])
        ids = np.full(inside.shape, self.padding, dtype=np.int64)
        ids[inside] = encoded.tokens[places]
        batch = {
            "input_ids": torch.from_numpy(ids),
            "attention_mask": torch.from_numpy(inside.astype(np.int64)),
        }
        if self.segments:
            types = np.zeros(inside.shape, dtype=np.int64)
            if encoded.segments is not None:
                types[inside] = encoded.segments[places]
            batch["token_type_ids"] = torch.from_numpy(types)
        return batch


def tokenise(
    tokenizer: PreTrainedTokenizerFast, first: list[str], second: list[str] | None, max_length: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Tokenise texts or pairs of texts in one batch.

    Returns:
        tokens [total] int32, starts [n + 1] int64, segments [total] int8 or None.
    """
    wants_types = "token_type_ids" in tokenizer.model_input_names
    found: Any = tokenizer(
        first,
        second,
        truncation="longest_first",
        max_length=max_length,
        return_attention_mask=False,
        return_token_type_ids=wants_types,
        verbose=False,
    )
    ids = found["input_ids"]
    starts = np.zeros(len(ids) + 1, dtype=np.int64)
    np.cumsum([len(row) for row in ids], out=starts[1:])
    tokens = np.fromiter((token for row in ids for token in row), dtype=np.int32, count=int(starts[-1]))
    if not wants_types:
        return tokens, starts, None
    types = (kind for row in found["token_type_ids"] for kind in row)
    return tokens, starts, np.fromiter(types, dtype=np.int8, count=int(starts[-1]))
