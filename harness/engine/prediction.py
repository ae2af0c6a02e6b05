"""Prediction: all sequences in one stream, longest first, under a budget of padded tokens.

Sequences with the same tokens are computed once, wherever they come from.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor

from harness.engine.batches import cut
from harness.engine.layout import Layout, moved, pinned
from harness.engine.linear import quick_linears
from harness.engine.network import Network
from harness.formats import Encoded, Format, Inputs
from harness.formats.base import Batch, offsets, ranges

Progress = Callable[[int], None]
DEV_TOKENS = 4096  # padded tokens of a batch whose losses depend on it


@dataclass(frozen=True)
class Predicted:
    """Outputs of sequences, once for those with the same tokens.

    Attributes:
        values: [distinct sequences, ...] or, by token, [their tokens, ...] float32.
        which: [sequences] int64, which of the distinct ones each is.
        starts: [distinct + 1] int64, where the tokens of each begin in `values`; None: an output a sequence.
    """

    values: np.ndarray
    which: np.ndarray
    starts: np.ndarray | None

    def of(self, sequences: slice) -> np.ndarray:
        """Return the outputs of some of the sequences, or of their tokens, in order."""
        places = self.which[sequences]
        outputs: np.ndarray = self.values[places if self.starts is None else ranges(self.starts, places)]
        return outputs


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

    See `predict_distinct`.
    """
    found = predict_distinct(network, head, shape, encoded, inputs, accelerator, budget, progress)
    return found.of(slice(None))


def predict_distinct(
    network: Network,
    head: str,
    shape: Format,
    encoded: Encoded,
    inputs: Inputs,
    accelerator: Accelerator,
    budget: int,
    progress: Progress | None = None,
) -> Predicted:
    """Compute the outputs of a head, of sequences with the same tokens once where the format allows it.

    When the device runs out of memory the budget is halved, from then on; the result does not depend on it
    beyond float rounding.

    Args:
        budget: padded tokens in a batch.
        progress: called with the number of sequences done since the last call, those among them whose
            outputs another one's are.
    """
    network.eval()
    work = _Work.alone(encoded, inputs) if shape.alone else _Work.of_items(encoded, shape, inputs)
    by_token = shape.outputs == "token"
    device = accelerator.device
    pieces: list[Tensor] = []
    at = 0
    with (
        torch.inference_mode(),
        accelerator.autocast(),
        quick_linears(network),
        _Feed(work, network, head, device, by_token) as feed,
    ):
        while at < len(work.lengths):
            ready = feed.take(at, budget)
            try:
                pieces.append(_outputs(network, head, ready, device))
            except torch.OutOfMemoryError:
                if ready.end - at == 1:
                    raise
                budget = max(1, (ready.end - at) * int(work.lengths[at]) // 2)
            else:
                if progress is not None:
                    progress(int(work.stands_for[at : ready.end].sum()))
                at = ready.end
                continue
            torch.cuda.empty_cache()
        values = torch.cat(pieces).float().cpu().numpy() if pieces else np.zeros((0, 0), dtype=np.float32)
    return Predicted(values, work.which, work.starts if by_token else None)


def losses(
    network: Network,
    head: str,
    shape: Format,
    encoded: Encoded,
    inputs: Inputs,
    accelerator: Accelerator,
    budget: int,
) -> tuple[float, float, np.ndarray | None]:
    """Return the sum of losses over `encoded`, the number of loss terms, and outputs where rows have them.

    Where rows have no outputs, their losses may depend on the batch (masks, the others to choose among): it is cut
    alike on every machine, whatever `budget` says.
    """
    network.eval()
    budget = budget if shape.predicts else DEV_TOKENS
    by_token, device = shape.outputs == "token", accelerator.device
    total, terms = torch.zeros((), dtype=torch.float64, device=device), 0.0
    places: list[np.ndarray] = []
    pieces: list[Tensor] = []
    with torch.inference_mode(), accelerator.autocast(), quick_linears(network):
        for number, items in enumerate(cut(encoded.lengths, np.arange(len(encoded)), budget)):
            batch = shape.collate(encoded, items, inputs, np.random.default_rng(number))
            terms += shape.weight(batch)
            real = _real(batch) if shape.predicts and by_token else None
            batch, layout = moved(batch, _layout(network, head, batch, device), device)
            logits = network(head, batch, layout)
            total += shape.loss(logits, batch)
            if shape.predicts:
                sequences = encoded.sequences(items)
                places.append(ranges(encoded.starts, sequences) if by_token else sequences)
                pieces.append(logits if real is None else logits.flatten(0, 1)[real.to(device)])
        if not shape.predicts:
            return float(total), terms, None
        values = torch.cat(pieces).float().cpu().numpy()
    outputs = np.empty_like(values)
    outputs[np.concatenate(places)] = values
    return float(total), terms, outputs


def sequence_hashes(encoded: Encoded) -> np.ndarray:
    """Return a 64-bit number for each sequence, [sequences] uint64; the same where tokens and segments are."""
    widths = encoded.widths
    values = encoded.tokens.astype(np.uint64)
    if encoded.segments is not None:
        values += encoded.segments.astype(np.uint64) << np.uint64(32)
    values = (values + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    values ^= values >> np.uint64(29)
    factors = np.random.default_rng(0).integers(2**64, size=int(widths.max(initial=0)), dtype=np.uint64)
    place = np.arange(len(values)) - np.repeat(encoded.starts[:-1], widths)
    values *= factors[place] | np.uint64(1)
    sums = np.zeros(len(values) + 1, dtype=np.uint64)
    np.cumsum(values, out=sums[1:])
    hashes: np.ndarray = sums[encoded.starts[1:]] - sums[encoded.starts[:-1]]
    hashes ^= widths.astype(np.uint64) * np.uint64(0xD6E8FEB86659FD93)
    return hashes


def distinct(encoded: Encoded) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of sequences of which no two are equal, [d], and which of them each is, [sequences]."""
    _, firsts, which = np.unique(sequence_hashes(encoded), return_index=True, return_inverse=True)
    one = firsts[which]
    odd = encoded.widths != encoded.widths[one]
    same = np.flatnonzero(~odd)
    mine, other = ranges(encoded.starts, same), ranges(encoded.starts, one[same])
    differ = encoded.tokens[mine] != encoded.tokens[other]
    if encoded.segments is not None:
        differ |= encoded.segments[mine] != encoded.segments[other]
    odd[np.repeat(same, encoded.widths[same])[differ]] = True
    others = np.flatnonzero(odd)  # as good as never: two that differ have one hash
    which[others] = len(firsts) + np.arange(len(others))
    return np.concatenate([firsts, others]), which


@dataclass(frozen=True)
class _Work:
    """What is computed, in the order of the stream.

    Attributes:
        collate: makes a batch of the units from one number to another.
        lengths: [units] padded tokens of each: of a sequence, or of an item that shares a batch.
        stands_for: [units] for how many sequences each is computed.
        which: [sequences] int64, the place of each sequence's outputs among those computed.
        starts: [computed + 1] int64, where the tokens of each begin.
    """

    collate: Callable[[int, int], Batch]
    lengths: np.ndarray
    stands_for: np.ndarray
    which: np.ndarray
    starts: np.ndarray

    @classmethod
    def alone(cls, encoded: Encoded, inputs: Inputs) -> _Work:
        """Take each sequence alone, and those with the same tokens once."""
        firsts, which = distinct(encoded)
        order = np.argsort(-encoded.widths[firsts], kind="stable")
        stream = firsts[order]
        return cls(
            lambda first, last: inputs.pad(encoded, stream[first:last]),
            encoded.widths[stream],
            np.bincount(which, minlength=len(firsts))[order],
            _inverse(order)[which],
            offsets(encoded.widths[stream]),
        )

    @classmethod
    def of_items(cls, encoded: Encoded, shape: Format, inputs: Inputs) -> _Work:
        """Take items as they are, with all that the format puts into a batch."""
        stream = np.argsort(-encoded.lengths, kind="stable")
        sequences = encoded.sequences(stream)
        counts = np.ones(len(stream), np.int64) if encoded.items is None else np.diff(encoded.items)[stream]
        return cls(
            lambda first, last: shape.collate(encoded, stream[first:last], inputs, None),
            encoded.lengths[stream],
            counts,
            _inverse(sequences),
            offsets(encoded.widths[sequences]),
        )


@dataclass(frozen=True)
class _Ready:
    """A batch of the units `at` to `end`; `real`: the cells of its tokens, where each has an output."""

    at: int
    end: int
    budget: int
    batch: Batch
    layout: Layout | None
    real: Tensor | None


class _Feed:
    """Batches of the stream; where the device is a GPU, the next one is collated and pinned meanwhile."""

    def __init__(
        self, work: _Work, network: Network, head: str, device: torch.device, by_token: bool
    ) -> None:
        self.work, self.network, self.head, self.by_token = work, network, head, by_token
        self.device = device
        self._thread = ThreadPoolExecutor(1, "collate") if device.type == "cuda" else None
        self._next: Future[_Ready] | None = None

    def __enter__(self) -> _Feed:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread is not None:
            self._thread.shutdown(wait=True, cancel_futures=True)

    def take(self, at: int, budget: int) -> _Ready:
        """Return the batch that begins with the unit `at`, the only one where one alone is over the budget."""
        coming, self._next = self._next, None
        ready = coming.result() if coming is not None else None
        if ready is None or (ready.at, ready.budget) != (at, budget):
            ready = self._make(at, budget)
        if self._thread is not None and ready.end < len(self.work.lengths):
            self._next = self._thread.submit(self._make, ready.end, budget)
        return ready

    def _make(self, at: int, budget: int) -> _Ready:
        count = max(1, budget // max(1, int(self.work.lengths[at])))
        end = min(at + count, len(self.work.lengths))
        batch = self.work.collate(at, end)
        layout = _layout(self.network, self.head, batch, self.device)
        real = _real(batch) if self.by_token else None
        if self.device.type == "cuda":
            batch, layout = pinned(batch, layout)
            real = real if real is None else real.pin_memory()
        return _Ready(at, end, budget, batch, layout, real)


def _outputs(network: Network, head: str, ready: _Ready, device: torch.device) -> Tensor:
    """Return the outputs of a batch, on the device: [s, ...] or, by token, [tokens, ...]."""
    batch, layout = moved(ready.batch, ready.layout, device)
    logits: Tensor = network(head, batch, layout)
    if ready.real is None:
        return logits
    return logits.flatten(0, 1)[ready.real.to(device, non_blocking=True)]


def _layout(network: Network, head: str, batch: Batch, device: torch.device) -> Layout | None:
    """Return a batch's packed layout; None on a CPU, where batches of like lengths are faster as they are."""
    return network.layout(head, batch) if device.type == "cuda" else None


def _real(batch: Batch) -> Tensor:
    """Return the cells of a batch on the host that are no padding, [tokens] int64, counted row by row."""
    return batch["attention_mask"].flatten().nonzero()[:, 0]


def _inverse(order: np.ndarray) -> np.ndarray:
    """Return where each number stands in a permutation."""
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    return places
