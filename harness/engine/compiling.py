"""torch.compile by region: what stands beside attention in each of the encoder's layers.

All layers are alike, so each kind of region is compiled once, for any number of tokens. Attention is left
alone: it is one kernel already, and a line of packed sequences has other bounds at each step.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from harness.engine.packing import plain
from harness.errors import HarnessError

REGIONS = ("attention.output", "intermediate", "output")


@contextmanager
def compiled(encoder: nn.Module, wanted: bool = True, backend: str = "inductor") -> Iterator[None]:
    """Run the encoder's regions compiled while the block runs; without `wanted` do nothing.

    The first steps wait for the compiler. Dropout is drawn by the compiled code, otherwise than without it.

    Raises:
        HarnessError: the encoder has no such regions, or they could not be compiled.
    """
    if not wanted:
        yield
        return
    from torch._dynamo.exc import TorchDynamoException

    regions = _regions(encoder)
    for region in regions:
        # the method, not the module: hooks stay outside of what is compiled
        region.forward = torch.compile(region.forward, dynamic=True, backend=backend)
    try:
        yield
    except TorchDynamoException as error:
        raise HarnessError(
            f"the encoder's layers could not be compiled: {_reason(error)}",
            "Leave --compile out, or install a C++ compiler such as g++ (on a GPU: Triton, too).",
        ) from error
    finally:
        for region in regions:
            del region.forward


def _regions(encoder: nn.Module) -> list[nn.Module]:
    layers = getattr(getattr(plain(encoder), "encoder", None), "layer", ())
    inside = [dict(layer.named_modules()) for layer in layers]
    found = [modules[name] for modules in inside for name in REGIONS if name in modules]
    if not found:
        raise HarnessError("this encoder has no layers that can be compiled", "Leave --compile out.")
    return found


def _reason(error: BaseException) -> str:
    """Return the first line of what the compiler itself says."""
    inner = getattr(error, "inner_exception", error)
    return f"{type(inner).__name__}: {inner}".strip().partition("\n")[0]
