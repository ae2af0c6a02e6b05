"""Prediction: all sequences in one stream, longest first, under a budget of padded tokens."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from accelerate import Accelerator

from harness.engine.batches import cut
from harness.engine.network import Network
from harness.formats import Encoded, Format, Inputs

Progress = Callable[[int], None]


def predict(
    network: Network,
    name: str,
    shape: Format,
    encoded: Encoded,
    inputs: Inputs,
    accelerator: Accelerator,
    budget: int,
    progress: Progress | None = None,
) -> np.ndarray:
    """Return the logits [n, ...] float32 of the head `name`, in the order of `encoded`.

    When the device runs out of memory the budget is halved and the batch tried again; the result does
    not depend on it beyond float rounding.

    Args:
        budget: padded tokens in a batch.
        progress: called with the number of sequences done since the last call.
    """
    network.eval()
    pieces: list[tuple[np.ndarray, torch.Tensor]] = []
    pending = list(cut(encoded.lengths, np.arange(len(encoded)), budget))[::-1]
    with torch.inference_mode():
        while pending:
            rows = pending.pop()
            batch = {
                key: value.to(accelerator.device)
                for key, value in shape.collate(encoded, rows, inputs, None).items()
            }
            try:
                with accelerator.autocast():
                    logits = network(name, batch)
            except torch.OutOfMemoryError:
                if len(rows) == 1:
                    raise
                torch.cuda.empty_cache()
                pending += [rows[len(rows) // 2 :], rows[: len(rows) // 2]]
                continue
            pieces.append((rows, logits.float()))
            if progress is not None:
                progress(len(rows))
    if not pieces:
        return np.zeros((0, 0), dtype=np.float32)
    order = np.concatenate([rows for rows, _ in pieces])
    values = torch.cat([logits for _, logits in pieces]).cpu().numpy()
    result = np.empty_like(values)
    result[order] = values
    return result


def losses(
    network: Network,
    name: str,
    shape: Format,
    encoded: Encoded,
    inputs: Inputs,
    accelerator: Accelerator,
    budget: int,
) -> tuple[float, float, np.ndarray | None]:
    """Return the sum of losses over `encoded`, the number of loss terms, and logits where rows have them."""
    network.eval()
    total, terms = 0.0, 0.0
    pieces: list[tuple[np.ndarray, np.ndarray]] = []
    with torch.inference_mode():
        for place, rows in enumerate(cut(encoded.lengths, np.arange(len(encoded)), budget)):
            rng = np.random.default_rng(place)
            batch = shape.collate(encoded, rows, inputs, rng)
            terms += shape.weight(batch)
            batch = {key: value.to(accelerator.device) for key, value in batch.items()}
            with accelerator.autocast():
                logits = network(name, batch)
            total += float(shape.loss(logits, batch))
            if shape.predicts:
                pieces.append((rows, logits.float().cpu().numpy()))
    if not pieces:
        return total, terms, None
    values = np.concatenate([logits for _, logits in pieces])
    result = np.empty_like(values)
    result[np.concatenate([rows for rows, _ in pieces])] = values
    return total, terms, result
