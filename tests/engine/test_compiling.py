"""Compiling by region: the same numbers, the encoder as before afterwards, and errors that name the mend."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate import Accelerator
from harness_plugins.models.encoders import HuggingFaceEncoder
from torch import Tensor, nn

from harness import HarnessError
from harness.engine import compiling, training
from harness.engine.compiling import compiled
from harness.engine.network import Network, TaskData
from harness.formats import Encoded, Inputs, Settings, format_named
from harness.formats.base import Batch, offsets
from harness.registry_schema import Recipe

LABELS = ("yes", "no")


def network(model: Path) -> Network:
    encoder = HuggingFaceEncoder().encoder(model)
    torch.manual_seed(3)
    task = TaskData("toy", format_named("pair-classification"), Settings(LABELS, Recipe(), dropout=0.0))
    made = Network.build(encoder, [task]).train()
    for module in made.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return made


def batches() -> list[Batch]:
    found = []
    for lengths in ([7, 3], [9, 9, 2], [4, 11]):
        inside = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
        ids = torch.where(inside, torch.arange(2, 2 + inside.numel()).view(inside.shape), 1)
        found.append({"input_ids": ids, "attention_mask": inside.long()})
    return found


def test_outputs_and_gradients_are_those_without_it(tiny_model: Path) -> None:
    made = network(tiny_model)

    def gradients(wanted: bool) -> list[Tensor]:
        made.zero_grad()
        with compiled(made.encoder, wanted, backend="eager"):
            for batch in batches():
                made("toy", batch, made.layout("toy", batch)).square().sum().backward()
        return [value.grad.clone() for value in made.parameters() if value.grad is not None]

    before = dict(made.named_parameters())
    plain, regions = gradients(False), gradients(True)
    assert len(plain) == len(regions) > 30
    assert all(torch.allclose(one, other, atol=1e-5) for one, other in zip(plain, regions, strict=True))
    assert dict(made.named_parameters()).keys() == before.keys()
    assert not [module for module in made.modules() if "forward" in vars(module)]


def test_what_cannot_be_compiled_is_an_error_that_names_the_mend(tiny_model: Path) -> None:
    def broken(graph: Any, inputs: Any) -> Any:
        raise OSError("no compiler here\nand much more")

    made = network(tiny_model)
    with (
        pytest.raises(HarnessError, match=r"compiled: OSError: no compiler here\nLeave --compile out"),
        compiled(made.encoder, backend=broken),
    ):
        made("toy", batches()[0])
    assert not [module for module in made.modules() if "forward" in vars(module)]


def test_an_encoder_of_another_kind_is_refused() -> None:
    with pytest.raises(HarnessError, match="no layers"), compiled(nn.Linear(2, 2)):
        pass


@pytest.mark.parametrize("wanted", [True, False])
def test_training_compiles_where_it_is_asked_to(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: bool
) -> None:
    asked = []

    def look(encoder: nn.Module, compile_: bool) -> Any:
        asked.append(compile_)
        return nullcontext()

    monkeypatch.setattr(training, "compiled", look)
    made, recipe = network(tiny_model), Recipe(batch_size=2)
    rows = Encoded(
        torch.arange(2, 26).numpy().astype("int32"),
        offsets([6, 6, 6, 6]),
        labels=torch.zeros(4).long().numpy(),
    )
    task = TaskData("toy", format_named("pair-classification"), Settings(LABELS, recipe), train=rows)
    what = training.Training([task], [], recipe, 0, tmp_path, 100, 2, compile=wanted)
    training.train(what, made, Inputs(padding=1, segments=False), Accelerator(cpu=True))
    assert asked == [wanted]


def test_every_layer_has_its_regions(tiny_model: Path) -> None:
    assert len(compiling._regions(network(tiny_model).encoder)) == 2 * len(compiling.REGIONS)
