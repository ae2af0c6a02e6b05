"""Prediction: all sequences in one stream, longest first, under a budget of padded tokens."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from accelerate import Accelerator

from harness.engine.batches import cut
from harness.engine.network import Network
from harness.formats import Encoded, Format, Inputs
from harness.formats.base import Batch, ranges

Progress = Callable[[int], None]


def predict(
    network: Network,
    head: str,
    shape: Format,
    encoded: Encoded,
    inputs: Inputs,
    accelerator: Accelerator,
    budget: int,
    progress: Progress | None = None,
) -> np.ndarray:
    """Return the outputs of a head in the order of `encoded`, float32: [sequences, ...] or [tokens, ...].

    When the device runs out of memory the budget is halved and the batch tried again; the result does
    not depend on it beyond float rounding.

    Args:
        budget: padded tokens in a batch.
        progress: called with the number of items done since the last call.
    """
    network.eval()
    outputs = _Outputs(shape, encoded)
    pending = list(cut(encoded.lengths, np.arange(len(encoded)), budget))[::-1]
    with torch.inference_mode():
        while pending:
            items = pending.pop()
            batch = {
                key: value.to(accelerator.device)
                for key, value in shape.collate(encoded, items, inputs, None).items()
            }
            try:
                with accelerator.autocast():
                    logits = network(head, batch)
            except torch.OutOfMemoryError:
                if len(items) == 1:
                    raise
                torch.cuda.empty_cache()
                pending += [items[len(items) // 2 :], items[: len(items) // 2]]
                continue
            outputs.add(items, logits, batch)
            if progress is not None:
                progress(len(items))
    return outputs.joined()


def losses(
    network: Network,
    head: str,
    shape: Format,
    encoded: Encoded,
    inputs: Inputs,
    accelerator: Accelerator,
    budget: int,
) -> tuple[float, float, np.ndarray | None]:
    """Return the sum of losses over `encoded`, the number of loss terms, and outputs where rows have them."""
    network.eval()
    total, terms = 0.0, 0.0
    outputs = _Outputs(shape, encoded)
    with torch.inference_mode():
        for place, items in enumerate(cut(encoded.lengths, np.arange(len(encoded)), budget)):
            rng = np.random.default_rng(place)
            batch = shape.collate(encoded, items, inputs, rng)
            terms += shape.weight(batch)
            batch = {key: value.to(accelerator.device) for key, value in batch.items()}
            with accelerator.autocast():
                logits = network(head, batch)
            total += float(shape.loss(logits, batch))
            if shape.predicts:
                outputs.add(items, logits, batch)
    return total, terms, outputs.joined() if shape.predicts else None


class _Outputs:
    """Outputs as they come, batch by batch, put in the order of the sequences or tokens at the end."""

    def __init__(self, shape: Format, encoded: Encoded) -> None:
        self.by_token, self.encoded = shape.outputs == "token", encoded
        self.places: list[np.ndarray] = []
        self.pieces: list[torch.Tensor] = []

    def add(self, items: np.ndarray, logits: torch.Tensor, batch: Batch) -> None:
        """Take the logits of a batch: [s, ...] or, by token, [s, t, ...]."""
        sequences = self.encoded.sequences(items)
        self.places.append(ranges(self.encoded.starts, sequences) if self.by_token else sequences)
        kept = logits[batch["attention_mask"].bool()] if self.by_token else logits
        self.pieces.append(kept.float())

    def joined(self) -> np.ndarray:
        """Return all outputs in order, on the host."""
        if not self.pieces:
            return np.zeros((0, 0), dtype=np.float32)
        values = torch.cat(self.pieces).cpu().numpy()
        result = np.empty_like(values)
        result[np.concatenate(self.places)] = values
        return result
