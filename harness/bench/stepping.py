"""What an optimiser step takes, with the whole table of embeddings and with the rows alone that data reach."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

from harness.bench import Compared
from harness.engine.trimming import TrimmedEmbedding

REACHED = 20_000


@dataclass(frozen=True)
class Side:
    """What one side took.

    Attributes:
        seconds: clipping the gradients and stepping, by the clock; `processor`: of all cores together.
        held: bytes of weights, gradients and moments.
        fused: whether the optimiser ran fused.
    """

    seconds: float
    processor: float
    held: int
    fused: bool


def measure(
    sizes: dict[str, int], reached: int, device: str, repeats: int, heed: Callable[[str], None]
) -> tuple[Side, Side]:
    """Step on made gradients with the table trimmed to `reached` rows, then with the whole one."""
    found = []
    for rows in (reached, None):
        heed(f"{sizes['vocabulary'] if rows is None else rows:,} embeddings")
        found.append(_side(_encoder(sizes, rows).to(device), repeats))
    return found[0], found[1]


def compared(trimmed: Side, whole: Side) -> list[Compared]:
    """Return the lines of the table: time and memory, trimmed beside whole."""
    lines = [
        Compared(what, f"{mine:.3f} s", f"{its:.3f} s", its / mine, "2x")
        for what, mine, its in (
            ("clip and step", trimmed.seconds, whole.seconds),
            ("its processor time", trimmed.processor, whole.processor),
        )
    ]
    mine, its = (side.held / 2**30 for side in (trimmed, whole))
    return [
        *lines,
        Compared("weights, gradients, moments", f"{mine:.2f} GiB", f"{its:.2f} GiB", its / mine, "2x"),
    ]


def notes(sizes: dict[str, int], reached: int, device: str, trimmed: Side) -> list[str]:
    """Return what is to be known of the measurement, a line each."""
    kind = "fused" if trimmed.fused else "not fused"
    return [
        f"{device}, {kind}, float32; {reached:,} of {sizes['vocabulary']:,} embeddings; gradients are made, "
        "their norm is clipped"
    ]


def _encoder(sizes: dict[str, int], rows: int | None) -> nn.Module:
    """Return an encoder of XLM-R's shape with random weights; its table holds `rows` rows of it, None: all."""
    from transformers import XLMRobertaConfig, XLMRobertaModel

    config = XLMRobertaConfig(
        vocab_size=sizes["vocabulary"],
        hidden_size=sizes["hidden"],
        num_hidden_layers=sizes["layers"],
        num_attention_heads=sizes["heads"],
        intermediate_size=sizes["inner"],
        max_position_embeddings=514,
        type_vocab_size=1,
        pad_token_id=1,
    )
    encoder: nn.Module = XLMRobertaModel(config, add_pooling_layer=False)
    if rows is not None:
        model: Any = encoder
        held = torch.randperm(sizes["vocabulary"] - 2)[: rows - 2] + 2
        both = torch.cat([torch.arange(2), held.sort().values])
        model.set_input_embeddings(TrimmedEmbedding(model.get_input_embeddings(), both))
    return encoder


def _side(encoder: nn.Module, repeats: int) -> Side:
    from harness.engine.training import adamw
    from harness.registry_schema import Recipe

    optimizer = adamw(encoder, Recipe())
    parameters = list(encoder.parameters())
    for parameter in parameters:
        parameter.grad = torch.randn_like(parameter)
    read: list[tuple[float, float]] = []
    for _ in range(repeats + 1):  # the first makes the moments
        started = _now(parameters[0])
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        ended = _now(parameters[0])
        read.append((ended[0] - started[0], ended[1] - started[1]))
    tensors = [value for values in optimizer.state.values() for value in values.values()]
    tensors += [tensor for parameter in parameters for tensor in (parameter.data, parameter.grad)]
    seconds, processor = zip(*read[1:], strict=True)
    fused = all(bool(group["fused"]) for group in optimizer.param_groups)
    return Side(median(seconds), median(processor), sum(tensor.nbytes for tensor in tensors), fused)


def _now(tensor: Tensor) -> tuple[float, float]:
    if tensor.is_cuda:
        torch.cuda.synchronize()
    return time.perf_counter(), time.process_time()
