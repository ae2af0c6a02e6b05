"""Attention over a line of sequences that do not see each other, registered with transformers.

On a CPU one sequence after the other; on a GPU by kernels that know the bounds of each.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from inspect import signature
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from harness.engine.layout import Layout

ATTENTION = "harness"
Attend = Callable[[list[Tensor], Layout, float, float | None], Tensor]


def attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    layout: Layout | None = None,
    **others: Any,
) -> tuple[Tensor, None]:
    """Attend within the bounds of each sequence of a line; without a layout, as transformers' sdpa does.

    Args:
        query: [1, heads, total, size], as `key` and `value`.

    Returns:
        [1, total, heads, size], and no weights.
    """
    if layout is None:
        found: tuple[Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **others
        )
        return found
    if query.device.type == "cpu":
        return _one_by_one(query, key, value, layout, dropout, scaling), None
    lines = [tensor[0].transpose(0, 1) for tensor in (query, key, value)]
    attend = _flash(query.dtype, query.shape[-1], dropout > 0) or jagged
    return attend(lines, layout, dropout, scaling)[None], None


def _one_by_one(
    query: Tensor, key: Tensor, value: Tensor, layout: Layout, dropout: float, scaling: float | None
) -> Tensor:
    """Attend sequence by sequence, which on a CPU is faster than any grouping that pads."""
    parts = (torch.split(tensor, list(layout.lengths), dim=2) for tensor in (query, key, value))
    found = [
        scaled_dot_product_attention(one, other, values, dropout_p=dropout, scale=scaling)
        for one, other, values in zip(*parts, strict=True)
    ]
    return torch.cat([tensor.transpose(1, 2) for tensor in found], dim=1)


def jagged(lines: list[Tensor], layout: Layout, dropout: float, scaling: float | None) -> Tensor:
    """Attend by a jagged nested tensor, [total, heads, size]: a fused kernel, in float32 too, with dropout."""
    shortest, longest = min(layout.lengths), max(layout.lengths)
    query, key, value = (
        torch.nested.nested_tensor_from_jagged(
            line.contiguous(), layout.bounds, min_seqlen=shortest, max_seqlen=longest
        ).transpose(1, 2)
        for line in lines
    )
    found = scaled_dot_product_attention(query, key, value, dropout_p=dropout, scale=scaling)
    return found.transpose(1, 2).values()


@cache
def _flash(dtype: torch.dtype, size: int, dropped: bool) -> Attend | None:
    """Return attention by flash kernels, for half precision; None where there are none for the card or heads."""
    half = dtype in (torch.bfloat16, torch.float16)
    if not half or size % 8 or size > 256 or torch.cuda.get_device_capability() < (8, 0):
        return None
    if dropped:
        return _flash_with_dropout if _takes(torch.ops.aten._flash_attention_forward.default) else None
    try:
        from torch.nn.attention.varlen import varlen_attn
    except ImportError:
        return None
    return _flash_without_dropout if "scale" in signature(varlen_attn).parameters else None


def _flash_without_dropout(
    lines: list[Tensor], layout: Layout, dropout: float, scaling: float | None
) -> Tensor:
    from torch.nn.attention.varlen import varlen_attn

    (query, key, value), bounds, longest = lines, layout.bounds, max(layout.lengths)
    found: Any = varlen_attn(query, key, value, bounds, bounds, longest, longest, scale=scaling)
    return cast(Tensor, found)


def _flash_with_dropout(lines: list[Tensor], layout: Layout, dropout: float, scaling: float | None) -> Tensor:
    """Call what `varlen_attn` and nested tensors call: the one knows no dropout, the others take longer to call."""
    bounds, longest = layout.bounds, max(layout.lengths)
    found: tuple[Tensor, ...] = torch.ops.aten._flash_attention_forward(
        *lines, bounds, bounds, longest, longest, dropout, False, False, scale=scaling
    )
    return found[0]


def _takes(operator: Any) -> bool:
    """Whether the operator, which is torch's own affair, still takes what it is given above."""
    names = [argument.name for argument in operator._schema.arguments]
    given = [
        "cum_seq_q",
        "cum_seq_k",
        "max_q",
        "max_k",
        "dropout_p",
        "is_causal",
        "return_debug_mask",
        "scale",
    ]
    return names[:11] == ["query", "key", "value", *given]


AttentionInterface.register(ATTENTION, attention)
AttentionMaskInterface.register(ATTENTION, sdpa_mask)
