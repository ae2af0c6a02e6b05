"""Checkpoints in safetensors: what a stage leaves behind, and what training needs to go on."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

from harness.engine.network import Network
from harness.engine.trimming import trimmed_embedding
from harness.errors import HarnessError
from harness.workspace import write_json

HEADS, HEADS_FACTS = "heads.safetensors", "heads.json"


def save_checkpoint(
    folder: Path, network: Network, tokenizer: PreTrainedTokenizerFast, heads: Mapping[str, Mapping[str, Any]]
) -> None:
    """Write ``encoder/`` (a folder that transformers loads, with the tokenizer) and the heads.

    Args:
        heads: head name to its format and labels, kept beside the weights.
    """
    network.encoder.save_pretrained(folder / "encoder")
    tokenizer.save_pretrained(folder / "encoder")
    save_file(_contiguous(network.heads.state_dict()), folder / HEADS)
    write_json(folder / HEADS_FACTS, heads)


def load_encoder(folder: Path, encoder: nn.Module) -> None:
    """Put the weights of ``folder/encoder`` into `encoder`; raise HarnessError where names or shapes differ."""
    weights: dict[str, Tensor] = {}
    for path in sorted((folder / "encoder").glob("*.safetensors")):
        weights |= load_file(path)
    own = dict(encoder.state_dict())
    tied = {name for name in own if name not in weights and _shares(own, name, weights)}
    missing, extra = own.keys() - weights.keys() - tied, weights.keys() - own.keys()
    if missing or extra:
        raise HarnessError(
            f"{folder}: the checkpoint is not one of this model "
            f"(missing {sorted(missing)[:2]}, unexpected {sorted(extra)[:2]})",
            "Remove that stage's folder and run again.",
        )
    encoder.load_state_dict(weights, strict=False)


def load_heads(folder: Path, network: Network) -> None:
    """Put the heads of `folder` into the network's heads of the same names."""
    network.heads.load_state_dict(load_file(folder / HEADS), strict=True)


def head_facts(folder: Path) -> dict[str, dict[str, Any]]:
    """Return head name to its format and labels."""
    facts: dict[str, dict[str, Any]] = json.loads((folder / HEADS_FACTS).read_text(encoding="utf-8"))
    return facts


def continue_head(folder: Path, network: Network, name: str, form: str, labels: Sequence[str]) -> None:
    """Start the head `name` from the parent's head of the same format and labels, matched by name.

    Raises:
        HarnessError: the parent has no such head.
    """
    heads = head_facts(folder)
    fitting = [
        head
        for head, facts in heads.items()
        if facts["format"] == form and sorted(facts["labels"]) == sorted(labels)
    ]
    if not fitting:
        raise HarnessError(
            f"no head of the phase before has format {form} and labels {' '.join(labels)}",
            "Leave --continue-head out: a new head is drawn then.",
        )
    other = fitting[0]
    prefix = other.replace(".", "_") + "."
    weights = {
        key[len(prefix) :]: value
        for key, value in load_file(folder / HEADS).items()
        if key.startswith(prefix)
    }
    order = torch.tensor([list(heads[other]["labels"]).index(label) for label in labels])
    for key in ("out.weight", "out.bias"):
        if key in weights:
            weights[key] = weights[key][order]
    network.heads[name.replace(".", "_")].load_state_dict(weights)


@dataclass
class State:
    """Where training stands, besides weights and optimiser: enough to go on as if never stopped.

    Attributes:
        step: number of finished optimiser steps.
        best_step: step of the best checkpoint so far, and `best` its dev score.
        waiting: evaluations since then.
        history: one entry for each evaluation, and for each reading of the loss.
        seconds: time spent on training so far.
    """

    step: int = 0
    best_step: int = -1
    best: float = float("-inf")
    waiting: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0


def save_state(folder: Path, state: State, network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Write the state beside the last one, put it at its place, and remove the older."""
    aside, place = folder / "state.tmp", folder / f"state-{state.step}"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    save_file(trained_weights(network), aside / "network.safetensors")
    names = {id(value): name for name, value in network.named_parameters()}
    moments = {
        f"{names[id(parameter)]}|{kind}": value
        for parameter, values in optimizer.state.items()
        for kind, value in values.items()
    }
    save_file(_contiguous(moments), aside / "optimizer.safetensors")
    facts = {
        **state.__dict__,
        "best": state.best if state.best_step >= 0 else None,
        "embeddings": _embeddings(network),
    }
    write_json(aside / "state.json", facts)
    if place.exists():
        shutil.rmtree(place)
    os.replace(aside, place)
    for other in folder.glob("state-*"):
        if other != place:
            shutil.rmtree(other, ignore_errors=True)


def load_state(folder: Path, network: nn.Module, optimizer: torch.optim.Optimizer) -> State:
    """Restore weights, optimiser and state from the last saved step; a new State where there is none.

    Raises:
        HarnessError: the state holds other rows of the embedding table than the network.
    """
    saved = sorted(folder.glob("state-*"), key=lambda path: int(path.name.partition("-")[2]))
    if not saved:
        return State()
    facts = json.loads((saved[-1] / "state.json").read_text(encoding="utf-8"))
    facts["best"] = float("-inf") if facts["best"] is None else facts["best"]
    if facts.pop("embeddings", None) != _embeddings(network):
        raise HarnessError(
            f"{saved[-1]}: the state was saved with other rows of the embedding table",
            f"The rows or the model changed since. Remove {folder} and run again.",
        )
    load_trained_weights(network, saved[-1] / "network.safetensors")
    moments = load_file(saved[-1] / "optimizer.safetensors")
    parameters = dict(network.named_parameters())
    for name, value in moments.items():
        parameter, _, kind = name.rpartition("|")
        target = parameters[parameter]
        optimizer.state[target][kind] = (
            value if kind == "step" and not target.is_cuda else value.to(target.device)
        )
    return State(**facts)


def trained_weights(network: nn.Module) -> dict[str, Tensor]:
    """Return the parameters that training changes, by name; frozen ones are as the stage began."""
    return _contiguous({name: value for name, value in network.named_parameters() if value.requires_grad})


def load_trained_weights(network: nn.Module, path: Path) -> None:
    """Put back what `trained_weights` returned and `save_file` wrote."""
    parameters = dict(network.named_parameters())
    with torch.no_grad():
        for name, value in load_file(path).items():
            parameters[name].copy_(value)


def _embeddings(network: nn.Module) -> str | None:
    trimmed = trimmed_embedding(network)
    return None if trimmed is None else trimmed.identity


def _contiguous(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().contiguous().cpu() for name, value in tensors.items()}


def _shares(own: Mapping[str, Tensor], name: str, weights: Mapping[str, Tensor]) -> bool:
    return any(own[name].data_ptr() == own[other].data_ptr() for other in weights if other in own)
