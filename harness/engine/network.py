"""Network: an encoder with a head for each task, and what its inputs look like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from harness.engine import packing
from harness.engine.layout import Layout, lay_out
from harness.formats import Encoded, Format, Inputs, Settings
from harness.formats.base import Batch


@dataclass(frozen=True)
class TaskData:
    """A task as the engine sees it: rows encoded, settings, and its place in the network.

    Attributes:
        name: the task's name.
        head: name of the head it trains; tasks may share one.
        metric: the score that selects a checkpoint; "": the format's first.
        train: encoded training rows, or None at prediction.
    """

    name: str
    format: Format
    settings: Settings
    head: str = ""
    metric: str = ""
    train: Encoded | None = None

    @property
    def slot(self) -> str:
        """The head's name."""
        return self.head or self.name


class Network(nn.Module):
    """An encoder and one head for each task.

    Attributes:
        padded: run the encoder on padding too, even if it could be packed: a reference to compare with.
    """

    def __init__(self, encoder: PreTrainedModel, heads: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = nn.ModuleDict({_slot(name): head for name, head in heads.items()})
        self.padded = False
        self._fits: bool | None = None

    @classmethod
    def build(cls, encoder: PreTrainedModel, tasks: Sequence[TaskData]) -> Network:
        """Put a new head for each task on the encoder; weights come from torch's global generator.

        Tasks that share a head get the first one's.
        """
        firsts = {task.slot: task for task in reversed(tasks)}
        slots = dict.fromkeys(task.slot for task in tasks)
        return cls(
            encoder, {slot: firsts[slot].format.head(encoder, firsts[slot].settings) for slot in slots}
        )

    def fits(self) -> bool:
        """Say whether the encoder can be packed; it is tried once, while all of its embeddings are there."""
        if self._fits is None:
            self._fits = packing.fits(self.encoder)
        return self._fits

    def packs(self, name: str) -> bool:
        """Say whether `layout` has one for batches of the head `name`."""
        return not self.padded and not _reads_embeddings(self.heads[_slot(name)]) and self.fits()

    def layout(self, name: str, batch: Batch) -> Layout | None:
        """Return what `forward` takes to run a batch, still on the host, without its padding; None: padded."""
        if not self.packs(name):
            return None
        return lay_out(batch, packing.counted_from(self.encoder))

    def forward(self, name: str, batch: Batch, layout: Layout | None = None) -> Tensor:
        """Return the logits of the head `name`; the encoder sees only the inputs among the batch.

        A head with ``reads_embeddings`` gets the rows of the embedding table, and the encoder is not run; one
        with a ``layer`` gets that layer's hidden states; one that ``reads_first`` those of first tokens only.
        """
        head = self.heads[_slot(name)]
        if _reads_embeddings(head):
            hidden = self.encoder.get_input_embeddings()(batch["input_ids"])
        else:
            layer, first = getattr(head, "layer", None), bool(getattr(head, "reads_first", False))
            hidden = packing.hidden_states(self.encoder, batch, layout, layer, first, self.fits())
        logits: Tensor = head(hidden, batch)
        return logits


def _reads_embeddings(head: nn.Module) -> bool:
    return bool(getattr(head, "reads_embeddings", False))


def _slot(name: str) -> str:
    return name.replace(".", "_")


def inputs_of(encoder: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, masked: float = 0.15) -> Inputs:
    """Return what the encoder takes, as its config and its tokenizer say."""
    return Inputs(
        padding=tokenizer.pad_token_id,
        segments=int(getattr(encoder.config, "type_vocab_size", 0) or 0) > 1,
        mask=tokenizer.mask_token_id,
        special=tuple(tokenizer.all_special_ids),
        vocabulary=len(tokenizer),
        masked=masked,
    )
