"""Linear layers on a CPU by oneDNN, where torch's own BLAS leaves half of the chip unused.

torch's matrix products are MKL's, which takes its AVX2 path on CPUs that are not Intel's; oneDNN, which torch
carries as well, asks the chip what it can do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn


@cache
def pays() -> bool:
    """Whether oneDNN's matrix products are the faster ones here: torch's are MKL's, on AVX-512 that is not Intel's."""
    if not (torch._C._has_mkldnn and torch._C.has_mkl):
        return False
    if torch.backends.cpu.get_cpu_capability() != "AVX512":
        return False
    try:
        return "GenuineIntel" not in Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False


@contextmanager
def quick_linears(network: nn.Module) -> Iterator[None]:
    """Let the network's plain linear layers compute by oneDNN where that pays; other results differ by rounding."""
    plain = [each for each in network.modules() if type(each) is nn.Linear] if pays() else []
    # those of a block around this one are set already
    layers = [each for each in plain if "forward" not in vars(each)]
    for layer in layers:
        layer.forward = partial(_forward, layer)  # type: ignore[method-assign]
    try:
        yield
    finally:
        for layer in layers:
            del layer.forward


def linear(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Return ``x @ weight.T + bias`` of float32 on a CPU by oneDNN, with gradients where they are asked for."""
    if torch.is_grad_enabled():
        product: Tensor = _Product.apply(x, weight, bias)  # type: ignore[no-untyped-call]
        return product
    return _product(x, weight, bias)


def _forward(layer: nn.Linear, x: Tensor) -> Tensor:
    plain = x.device.type == "cpu" and x.dtype == layer.weight.dtype == torch.float32
    # a compiler makes products of its own, and knows these of constant weights only
    if not plain or torch.is_autocast_enabled("cpu") or torch.compiler.is_compiling():
        return nn.functional.linear(x, layer.weight, layer.bias)
    return linear(x, layer.weight, layer.bias)


def _product(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    product: Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
    return product


class _Product(torch.autograd.Function):
    """The product, whose two gradients are products too."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, weight)
        return _product(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        x, weight = ctx.saved_tensors
        wanted, flat = ctx.needs_input_grad, gradients[0].reshape(-1, weight.shape[0])
        of_x = _product(gradients[0], weight.t(), None) if wanted[0] else None
        of_weight = _product(flat.t(), x.reshape(-1, weight.shape[1]).t(), None) if wanted[1] else None
        return of_x, of_weight, flat.sum(0) if wanted[2] else None
