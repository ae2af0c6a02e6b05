"""Network: an encoder with a head for each task, and what its inputs look like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from harness.formats import Encoded, Format, HeadSettings, Inputs
from harness.formats.base import Batch


@dataclass(frozen=True)
class TaskData:
    """A task as the engine sees it: rows encoded, labels by name, and its place in the network.

    Attributes:
        name: the head's name.
        train: encoded training rows, or None at prediction.
    """

    name: str
    format: Format
    labels: Sequence[str]
    train: Encoded | None = None


class Network(nn.Module):
    """An encoder and one head for each task."""

    def __init__(self, encoder: PreTrainedModel, heads: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = nn.ModuleDict({_slot(name): head for name, head in heads.items()})

    @classmethod
    def build(cls, encoder: PreTrainedModel, tasks: Sequence[TaskData], settings: HeadSettings) -> Network:
        """Put a new head for each task on the encoder; weights come from torch's global generator."""
        return cls(encoder, {task.name: task.format.head(encoder, task.labels, settings) for task in tasks})

    def forward(self, name: str, batch: Batch) -> Tensor:
        """Return the logits of the head `name`; the encoder sees only the inputs among the batch.

        A head that has ``reads_embeddings`` gets the rows of the embedding table, and the encoder is not run.
        """
        head = self.heads[_slot(name)]
        if getattr(head, "reads_embeddings", False):
            embedded: Tensor = head(self.encoder.get_input_embeddings()(batch["input_ids"]), batch)
            return embedded
        inputs = {
            key: batch[key] for key in ("input_ids", "attention_mask", "token_type_ids") if key in batch
        }
        hidden = self.encoder(**inputs).last_hidden_state
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
