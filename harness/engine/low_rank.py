"""Low-rank updates (LoRA) in place of training the whole encoder, through peft."""

from __future__ import annotations

import copy
from typing import Any

from harness.engine.network import Network
from harness.errors import HarnessError
from harness.registry_schema import Recipe


def add_low_rank(network: Network, recipe: Recipe) -> bool:
    """Put low-rank updates on all linear layers of the encoder where the recipe has a `lora_rank`.

    The encoder's own weights are frozen; heads are trained as ever. Source: Hu et al. 2021 (arXiv 2106.09685);
    on all linear layers as in Dettmers et al. 2023 (arXiv 2305.14314, section 4).

    Returns:
        whether it did.

    Raises:
        HarnessError: peft is not installed.
    """
    if recipe.lora_rank is None:
        return False
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError as error:
        raise HarnessError(
            "lora_rank needs the package peft", "Install it: pip install 'transfer-harness[lora]'."
        ) from error
    settings = LoraConfig(
        r=recipe.lora_rank, lora_alpha=recipe.lora_alpha, target_modules="all-linear", lora_dropout=0.0
    )
    adapted: Any = get_peft_model(network.encoder, settings)
    network.encoder = adapted
    return True


def merged(network: Network) -> Network:
    """Return a copy of the network whose encoder is a plain one, with the updates added to its weights."""
    plain = copy.deepcopy(network)
    encoder: Any = plain.encoder
    plain.encoder = encoder.merge_and_unload()
    return plain
