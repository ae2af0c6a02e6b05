"""Network: an encoder with a head for each task, and what its inputs look like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

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
    """An encoder and one head for each task."""

    def __init__(self, encoder: PreTrainedModel, heads: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = nn.ModuleDict({_slot(name): head for name, head in heads.items()})

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

    def forward(self, name: str, batch: Batch) -> Tensor:
        """Return the logits of the head `name`; the encoder sees only the inputs among the batch.

        A head with ``reads_embeddings`` gets the rows of the embedding table, and the encoder is not run; one
        with a ``layer`` gets that layer's hidden states.
        """
        head = self.heads[_slot(name)]
        if getattr(head, "reads_embeddings", False):
            embedded: Tensor = head(self.encoder.get_input_embeddings()(batch["input_ids"]), batch)
            return embedded
        inputs = {
            key: batch[key] for key in ("input_ids", "attention_mask", "token_type_ids") if key in batch
        }
        layer = getattr(head, "layer", None)
        if layer is None:
            hidden = self.encoder(**inputs).last_hidden_state
        else:
            hidden = self.encoder(**inputs, output_hidden_states=True).hidden_states[layer]
        logits: Tensor = head(hidden, batch)
        return logits


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
