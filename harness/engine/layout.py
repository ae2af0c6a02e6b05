"""Where the tokens of a padded batch stand in a line without padding, worked out on the host."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from harness.formats.base import Batch


@dataclass(frozen=True)
class Layout:
    """Where the tokens of a padded batch [s, t] stand in a line of `total` tokens.

    Attributes:
        places: [total] int64, the cell of each token of the line, counted row by row.
        positions: [1, total] int64 position ids.
        bounds: [s + 1] int32, where each sequence begins in the line, and the end of the last.
        firsts: [s] int64, the first token of each sequence.
        lengths: tokens of each sequence, on the host.
        width: t.
    """

    places: Tensor
    positions: Tensor
    bounds: Tensor
    firsts: Tensor
    lengths: tuple[int, ...]
    width: int

    def packed(self, cells: Tensor) -> Tensor:
        """Return [1, total] of a padded [s, t]."""
        return cells.flatten()[self.places][None]

    def padded(self, line: Tensor) -> Tensor:
        """Return [s, t, h], zero in the padding, of a line [1, total, h]."""
        count, size = len(self.lengths), line.shape[-1]
        cells = line.new_zeros(count * self.width, size).index_copy(0, self.places, line[0])
        return cells.view(count, self.width, size)


def lay_out(batch: Batch, padding: int | None) -> Layout:
    """Return the layout of a batch on the host.

    Args:
        padding: the token id that positions are counted on from; None: they are the columns.
    """
    inside = batch["attention_mask"].bool()
    places = inside.flatten().nonzero()[:, 0]
    if padding is None:
        positions = places % inside.shape[1]
    else:
        real = batch["input_ids"] != padding
        positions = (real.cumsum(1) * real + padding).flatten()[places]
    lengths = inside.sum(1)
    bounds = torch.zeros(len(lengths) + 1, dtype=torch.int32)
    torch.cumsum(lengths, 0, out=bounds[1:])
    return Layout(
        places, positions[None], bounds, bounds[:-1].long(), tuple(lengths.tolist()), inside.shape[1]
    )


def pinned(batch: Batch, layout: Layout | None) -> tuple[Batch, Layout | None]:
    """Return a batch and its layout in memory that a GPU can copy from by itself."""
    return _each(batch, layout, Tensor.pin_memory)


def moved(batch: Batch, layout: Layout | None, device: torch.device) -> tuple[Batch, Layout | None]:
    """Return a batch and its layout on the device; the copy of pinned ones is not waited for."""
    return _each(batch, layout, lambda value: value.to(device, non_blocking=True))


def _each(batch: Batch, layout: Layout | None, act: Any) -> tuple[Batch, Layout | None]:
    batch = {name: act(value) for name, value in batch.items()}
    if layout is None:
        return batch, None
    fields = ("places", "positions", "bounds", "firsts")
    return batch, replace(layout, **{name: act(getattr(layout, name)) for name in fields})
