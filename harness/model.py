"""Model: how an encoder and its tokenizer are built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast


@dataclass(frozen=True)
class Pretraining:
    """Training that a model needs before its first phase: a stage of the plan like any other.

    Attributes:
        task: a task, or several joined by ``+``.
        recipe: the recipe's name.
    """

    task: str
    recipe: str


class Model:
    """How to build an encoder and its tokenizer. A plugin subclasses it or calls it with keyword arguments.

    Attributes:
        name: the model's name, as on the command line.
        path: a Hub repository (``owner/name``) or a local folder; None where `build` makes the encoder.
        revision: a commit pinned by a public source, else None: it is resolved when used.
        pretraining: a stage that comes before all others, or None.
        version: changed by the author when `build` changes; part of every key.
        parameters: number of parameters outside the embeddings, for the plan's estimate; None: read
            from the model's config.
        embeddings: number of parameters in the embeddings, likewise.
        description: one line for ``harness list``.
    """

    name: str = ""
    path: str | None = None
    revision: str | None = None
    pretraining: Pretraining | None = None
    version: str = "1"
    parameters: int | None = None
    embeddings: int | None = None
    description: str = ""
    licence: str = ""
    citation: str = ""

    def __init__(self, **attributes: Any) -> None:
        for name, value in attributes.items():
            if not hasattr(type(self), name):
                raise TypeError(f"{type(self).__name__} has no attribute {name!r}")
            setattr(self, name, value)

    def options(self) -> Mapping[str, Any]:
        """Return what besides path, revision and version changes the model: part of every key."""
        return {}

    def tokenizer(self, folder: Path | None) -> PreTrainedTokenizerFast:
        """Build the tokenizer from `folder`, the downloaded or local repository (None without a path)."""
        raise TypeError(f"model {self.name} builds no tokenizer")

    def encoder(self, folder: Path | None) -> PreTrainedModel:
        """Build the encoder, weights in float32; `folder` as for `tokenizer`.

        Where the weights are drawn at random, they are drawn from torch's global generator, which the
        engine has seeded.
        """
        raise TypeError(f"model {self.name} builds no encoder")
