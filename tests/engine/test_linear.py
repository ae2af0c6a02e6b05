"""Linear layers by oneDNN give what torch's own give, and their gradients."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from harness.engine import linear as engine_linear
from harness.engine.linear import quick_linears

needs_onednn = pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="torch without oneDNN")


@needs_onednn
@pytest.mark.parametrize("bias", [True, False])
def test_outputs_and_gradients_are_torchs_own(monkeypatch: pytest.MonkeyPatch, bias: bool) -> None:
    monkeypatch.setattr(engine_linear, "pays", lambda: True)
    torch.manual_seed(0)
    layer, x = nn.Linear(24, 40, bias=bias), torch.randn(3, 7, 24, requires_grad=True)
    found = []
    for quick in (False, True):
        layer.zero_grad()
        x.grad = None
        if quick:
            with quick_linears(layer):
                made = layer(x.transpose(0, 1))
        else:
            made = layer(x.transpose(0, 1))
        (made**2).sum().backward()
        gradients = [each.grad.clone() for each in (x, *layer.parameters())]  # type: ignore[union-attr]
        found.append([made.detach(), *gradients])
    for plain, quick_one in zip(*found, strict=True):
        torch.testing.assert_close(plain, quick_one)


@needs_onednn
def test_the_layers_are_their_own_again_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_linear, "pays", lambda: True)
    network = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2))
    with quick_linears(network), torch.inference_mode():
        assert all("forward" in vars(network[place]) for place in (0, 2))
        assert network(torch.ones(0, 4)).shape == (0, 2)
    assert all("forward" not in vars(layer) for layer in network)
