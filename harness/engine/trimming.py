"""Lossless trimming: in training the embedding table holds only the rows that the stage's data can reach.

A row that no batch names has a gradient of zero at every step, and so moments of zero: AdamW changes it by
its decoupled weight decay alone, one known factor a step (Loshchilov and Hutter 2019, arXiv 1711.05101,
algorithm 2). So it need not be held: what is written back is the row as it was times the product of those
factors. The rows that are not held are kept nowhere; `whole` is given them anew, from where they came.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from harness.engine.network import Network, TaskData
from harness.errors import HarnessError
from harness.formats import Encoded, Inputs
from harness.keys import key

CHUNK = 1 << 20  # token ids that are marked at once: what numpy copies to index with


class TrimmedEmbedding(nn.Module):
    """Some rows of an embedding table, looked up by the ids of the whole one.

    Attributes:
        weight: [held, h] the rows, trained.
        places: [vocabulary] int64, the place of each id's row; for a row that is not held one past the last,
            so that looking it up is an error on every device.
        held: [held] int64 ids of the rows, rising, on the host.
        padding_idx: the padding token's id; its row gets no gradient.
        checksum: of the held rows as they were.
        identity: what stands for the held ids and for the rows as they were.
    """

    places: Tensor

    def __init__(self, whole: nn.Embedding, held: Tensor) -> None:
        super().__init__()
        self.held, self.padding_idx = held, whole.padding_idx
        self.num_embeddings, self.embedding_dim = whole.num_embeddings, whole.embedding_dim
        self.weight = nn.Parameter(whole.weight.detach()[held])
        places = torch.full((whole.num_embeddings,), len(held))
        places[held] = torch.arange(len(held))
        self.register_buffer("places", places, persistent=False)
        self._padding = None if self.padding_idx is None else int(places[self.padding_idx])
        self.checksum = checksum(self.weight)
        self.identity = key({"held": held.tolist(), "of": self.num_embeddings, "rows": self.checksum})

    def forward(self, ids: Tensor) -> Tensor:
        """Return the rows of `ids` [...]: [..., h].

        Raises:
            HarnessError: a row is not held (on a GPU the device's own assertion says so).
        """
        try:
            return nn.functional.embedding(self.places[ids], self.weight, self._padding)
        except IndexError as error:
            raise HarnessError(
                "a batch holds a token that none of the stage's rows has",
                "A format that makes tokens of its own says so by `whole_vocabulary = True`.",
            ) from error

    def extra_repr(self) -> str:
        """Return how many rows are held, for people."""
        return f"{len(self.held)} of {self.num_embeddings} rows, {self.embedding_dim}"


def trim(
    network: Network, tasks: Sequence[TaskData], dev: Sequence[Encoded], inputs: Inputs
) -> TrimmedEmbedding | None:
    """Put a `TrimmedEmbedding` into the encoder's place for word embeddings, where that changes no result.

    It does not where a format uses the whole vocabulary (masked language modelling: every row is in its
    softmax), where the table is not trained (frozen, or low-rank updates: there is nothing to step), or where
    it is tied to another layer or no plain `nn.Embedding`. What is not held is freed.

    Args:
        dev: rows that are predicted while it trains.

    Returns:
        what was put there; None where the table was left as it is.
    """
    table = _table(network)
    if table is None or any(task.format.whole_vocabulary for task in tasks):
        return None
    rows = [task.train for task in tasks if task.train is not None]
    ids = [rows.tokens for rows in (*rows, *dev)]
    always = (*inputs.special, inputs.mask, inputs.padding, table.padding_idx)
    held = reached(ids, [value for value in always if value is not None], table.num_embeddings)
    if len(held) == table.num_embeddings:
        return None
    trimmed = TrimmedEmbedding(table, torch.from_numpy(held))
    network.encoder.set_input_embeddings(trimmed)
    # whoever else still holds the old table must not go on with it in silence
    table.weight.data = table.weight.data.new_empty(0, table.embedding_dim)
    return trimmed


def reached(ids: Sequence[np.ndarray], always: Sequence[int], vocabulary: int) -> np.ndarray:
    """Return the token ids that occur in `ids` or `always`, rising, int64."""
    found = np.zeros(vocabulary, dtype=bool)
    found[list(always)] = True
    for tokens in ids:
        for low in range(0, len(tokens), CHUNK):
            found[tokens[low : low + CHUNK]] = True
    return np.flatnonzero(found)


def trimmed_embedding(network: nn.Module) -> TrimmedEmbedding | None:
    """Return the network's trimmed embeddings; None where its table is whole."""
    return next((module for module in network.modules() if isinstance(module, TrimmedEmbedding)), None)


@contextmanager
def whole(network: Network, table: Callable[[], Tensor], decay: float) -> Iterator[None]:
    """Put the whole table in its place while the block runs; do nothing where the table was not trimmed.

    Args:
        table: gives the table as it was before training, [vocabulary, h] on the host, to be overwritten.
        decay: what weight decay has left of a row that got no gradient.

    Raises:
        HarnessError: `table` gives other rows than were trimmed.
    """
    trimmed = trimmed_embedding(network)
    if trimmed is None:
        yield
        return
    rows = table()
    if checksum(rows[trimmed.held]) != trimmed.checksum:
        raise HarnessError(
            "the model's embedding table is not the one that training began with",
            "Its files changed meanwhile: put them back, or remove the stage's folder, and run again.",
        )
    with torch.no_grad():
        rows.mul_(decay)
        rows[trimmed.held] = trimmed.weight.detach().to(rows.device)
    full = nn.Embedding(rows.shape[0], rows.shape[1], padding_idx=trimmed.padding_idx, _weight=rows)
    network.encoder.set_input_embeddings(full)
    try:
        yield
    finally:
        network.encoder.set_input_embeddings(trimmed)


def checksum(rows: Tensor) -> int:
    """Return the CRC-32 of the rows' bytes."""
    return zlib.crc32(rows.detach().cpu().contiguous().view(torch.uint8).numpy().data)


def _table(network: Network) -> nn.Embedding | None:
    """Return the encoder's embeddings where they are trained, plain and nobody else's."""
    try:
        table = network.encoder.get_input_embeddings()
    except NotImplementedError:  # an encoder that reads characters has none
        return None
    if type(table) is not nn.Embedding or table.max_norm is not None or table.sparse:
        return None
    uses = [value for _, value in network.named_parameters(remove_duplicate=False) if value is table.weight]
    return table if table.weight.requires_grad and len(uses) == 1 else None
