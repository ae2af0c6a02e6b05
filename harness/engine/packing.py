"""Packing: an encoder run on the real tokens of a padded batch alone, one after the other in a line.

Batches and heads stay padded, [s, t]. `lay_out` notes on the host where a batch's tokens stand in the line,
the encoder's linear layers then meet no padding, and attention keeps to the bounds of each sequence. The
hidden states, and with them loss and gradients, are those of the padded batch but for rounding.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from harness.engine.attending import ATTENTION
from harness.engine.layout import Layout, lay_out, moved
from harness.formats.base import Batch

# Model types whose positions are absolute, and whether positions are counted on from the padding token's id,
# over the tokens that are not padding (fairseq's way), or are the columns of the batch.
COUNTED_FROM_PADDING = {
    "bert": False,
    "camembert": True,
    "electra": False,
    "roberta": True,
    "xlm-roberta": True,
    "xlm-roberta-xl": True,
}
CLOSE = 1e-3  # largest difference of hidden states, as a share of the largest value, that counts as rounding


def plain(encoder: nn.Module) -> Any:
    """Return the transformers model of an encoder that low-rank updates may be wrapped around."""
    return encoder.get_base_model() if hasattr(encoder, "get_base_model") else encoder  # type: ignore[operator]


def counted_from(encoder: nn.Module) -> int | None:
    """Return what `lay_out` takes as `padding` for an encoder that `fits`."""
    config = plain(encoder).config
    return int(config.pad_token_id) if COUNTED_FROM_PADDING[config.model_type] else None


def fits(encoder: nn.Module) -> bool:
    """Say whether the encoder can be packed, and let it attend our way if so.

    Its type must be one of those whose positions are known, and hidden states of two made sequences must be
    the same, packed and padded, and read at all tokens and at the first ones. Weights are left as they are.
    """
    model = plain(encoder)
    config: Any = getattr(model, "config", None)
    before = getattr(config, "_attn_implementation", None)
    if getattr(config, "model_type", None) not in COUNTED_FROM_PADDING or before not in ("sdpa", ATTENTION):
        return False
    model.set_attn_implementation(ATTENTION)
    if config._attn_implementation == ATTENTION and _trial(encoder):
        return True
    model.set_attn_implementation(before)
    return False


@torch.no_grad()
def _trial(encoder: nn.Module) -> bool:
    """Run two made sequences packed and padded, the padding token among their own, and compare."""
    config, device, training = plain(encoder).config, plain(encoder).device, encoder.training
    lengths = torch.tensor([[12], [5]])
    inside = torch.arange(12) < lengths
    ids = torch.where(inside, torch.arange(24).view(2, 12), config.pad_token_id)
    batch: Batch = {"input_ids": ids, "attention_mask": inside.long()}
    if config.type_vocab_size > 1:
        batch["token_type_ids"] = (torch.arange(12) > lengths // 2).long()
    layout = lay_out(batch, counted_from(encoder))
    batch, moved_layout = moved(batch, layout, device)
    encoder.eval()
    try:
        with torch.autocast(device.type, enabled=False), _made_embeddings(encoder):
            wanted = hidden_states(encoder, batch)
            line = hidden_states(encoder, batch, moved_layout)
            # the first use sets transformers' hooks on all layers, so it must not be one that leaves some out
            layers = [hidden_states(encoder, batch, layer=1, fitting=cut) for cut in (False, True)]
            firsts = [
                hidden_states(encoder, batch, way, first=True, fitting=True) for way in (moved_layout, None)
            ]
    except (TypeError, ValueError):
        return False
    finally:
        encoder.train(training)
    near = CLOSE * float(wanted.abs().max())
    pairs = [(wanted[inside], line[inside]), *((wanted[:, :1], first) for first in firsts), tuple(layers)]
    return all(bool(((one - other).abs() <= near).all()) for one, other in pairs)


@contextmanager
def _made_embeddings(encoder: nn.Module) -> Iterator[None]:
    """Put a small table of made embeddings into the encoder, whichever rows its own holds."""
    model = plain(encoder)
    own = model.get_input_embeddings()
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(max(24, model.config.pad_token_id + 1), own.embedding_dim, generator=generator)
    model.set_input_embeddings(nn.Embedding(len(rows), own.embedding_dim, _weight=rows.to(model.device)))
    try:
        yield
    finally:
        model.set_input_embeddings(own)


def hidden_states(
    encoder: nn.Module,
    batch: Batch,
    layout: Layout | None = None,
    layer: int | None = None,
    first: bool = False,
    fitting: bool = False,
) -> Tensor:
    """Return the encoder's hidden states, [s, t, h] or, where only the first tokens were computed, [s, 1, h].

    Args:
        layout: the batch's, to run the encoder packed; None: padded.
        layer: which hidden states, 0 those of the embeddings; None: the last layer's.
        first: whether the first token of each sequence is all that is read.
        fitting: whether the encoder `fits`, so that what is not read need not be computed.
    """
    names = [name for name in ("input_ids", "token_type_ids") if name in batch]
    if layout is None:
        inputs: dict[str, Any] = {name: batch[name] for name in (*names, "attention_mask")}
    else:
        inputs = {name: layout.packed(batch[name]) for name in names}
        inputs |= {"position_ids": layout.positions, "layout": layout}
    if layer is None and first and fitting:
        with _sliced(encoder, layout):
            hidden: Tensor = encoder(**inputs).last_hidden_state
        return hidden if layout is None else hidden.transpose(0, 1)
    if layer is None:
        hidden = encoder(**inputs).last_hidden_state
    else:
        with _cut_off(encoder, layer) if fitting else nullcontext():
            hidden = encoder(**inputs, output_hidden_states=True).hidden_states[layer]
    return hidden if layout is None else layout.padded(hidden)


@contextmanager
def _sliced(encoder: nn.Module, layout: Layout | None) -> Iterator[None]:
    """Let what follows the last layer's attention see the first tokens alone.

    All tokens are attended to; the output projection and the feed-forward, three quarters of the layer's
    multiplications, are position by position.
    """

    def slice_(module: nn.Module, tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        if layout is None:
            return tuple(tensor[:, :1] for tensor in tensors)
        return tuple(tensor[:, layout.firsts] for tensor in tensors)

    handle = plain(encoder).encoder.layer[-1].attention.output.register_forward_pre_hook(slice_)
    try:
        yield
    finally:
        handle.remove()


@contextmanager
def _cut_off(encoder: nn.Module, layer: int) -> Iterator[None]:
    """Leave out the layers above `layer`; one more stays where the last one's output has a norm of its own."""
    stack = plain(encoder).encoder
    layers = stack.layer
    stack.layer = layers[: max(1, layer + hasattr(stack, "LayerNorm"))]
    try:
        yield
    finally:
        stack.layer = layers
