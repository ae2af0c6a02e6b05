"""Trimming: a table of which only the reachable rows are held trains as the whole one does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pytest
import torch
from accelerate import Accelerator
from harness_plugins.models.encoders import HuggingFaceEncoder
from safetensors.torch import load_file
from torch import Tensor, nn

from harness import HarnessError
from harness.engine.low_rank import add_low_rank
from harness.engine.network import Network, TaskData, inputs_of
from harness.engine.training import (
    BEST,
    Selection,
    Training,
    Watch,
    adamw,
    decay,
    rate,
    restore_best,
    train,
    trim_embeddings,
)
from harness.engine.trimming import TrimmedEmbedding, reached, trimmed_embedding, whole
from harness.formats import Inputs, Settings, format_named
from harness.registry_schema import Recipe

LABELS = ("yes", "no")
STEPS = 50
# the norm is clipped at every step, the rate rises and falls, and the decay shows
RECIPE = Recipe(
    learning_rate=2e-3, weight_decay=0.5, clip=0.05, warmup=0.2, max_steps=STEPS, epochs=50.0, batch_size=8,
    max_length=32, eval_every=20, tokens_per_batch=150,
)  # fmt: skip
NAME = "encoder.embeddings.word_embeddings.weight"


class Case(NamedTuple):
    training: Training
    network: Network
    inputs: Inputs


class StoppedError(Exception):
    pass


def rows(count: int, words: str = "red blue green old seven bird") -> pa.Table:
    rng = np.random.default_rng(0)
    labels = [LABELS[int(number)] for number in rng.integers(0, 2, count)]
    first = [" ".join(rng.choice(words.split(), rng.integers(1, 6))) for _ in labels]
    second = [f"{'XX' if label == 'yes' else 'oo'} {rng.choice(words.split())}" for label in labels]
    return pa.table(
        {"premise": first, "hypothesis": second, "label": labels, "text": first, "text_pair": second}
    )


def case(
    folder: Path, model: Path, recipe: Recipe = RECIPE, shape: str = "pair-classification", **more: Any
) -> Case:
    """A training, a new network for it and what that takes; the first selection counts, so best is not last."""
    folder.mkdir(exist_ok=True)
    tokenizer, encoder = HuggingFaceEncoder().tokenizer(model), HuggingFaceEncoder().encoder(model)
    form = type(format_named(shape))()
    form.dev_scores = lambda losses, terms, predictions, metric: ({}, 0.0)  # type: ignore[method-assign]
    settings = Settings(LABELS, recipe)
    encoded = form.encode(rows(60, **more), tokenizer, settings)
    task = TaskData("toy", form, settings, train=encoded)
    dev = rows(10, "the river 90")
    selection = Selection(task, form.encode(dev, tokenizer, settings), dev)
    torch.manual_seed(7)
    network = Network.build(encoder, [task])
    add_low_rank(network, recipe)
    training = Training([task], [selection], recipe, 3, folder, 500)
    return Case(training, network, inputs_of(encoder, tokenizer))


def table(model: Path) -> Tensor:
    return HuggingFaceEncoder().encoder(model).get_input_embeddings().weight.detach()


def parameters(network: Network) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in network.named_parameters()}


def both(made: Case, model: Path, done: int) -> dict[str, dict[str, Tensor]]:
    """Return the whole network's weights as it is after its last step, and as its best was."""
    found = {}
    for which, steps in (("last", done), ("best", 20)):
        if which == "best":
            restore_best(made.training, made.network)
        with whole(made.network, lambda: table(model), decay(made.training, steps)):
            found[which] = parameters(made.network)
    return found


def trained(made: Case, model: Path, trimmed: bool, stops: tuple[int, ...] = ()) -> dict[str, Any]:
    training = made.training
    for stop in (*stops, None):

        def look(done: int, total: int, stop: int | None = stop) -> None:
            if done == stop:
                raise StoppedError

        shape = training.tasks[0].format.name
        made = case(training.folder, model, training.recipe, shape)
        made = made._replace(
            training=replace(made.training, watch=Watch(step=look), save_seconds=0.0 if stop else 1e9)
        )
        if trimmed:
            assert trim_embeddings(made.training, made.network, made.inputs) is not None
        try:
            state = train(made.training, made.network, made.inputs, Accelerator(cpu=True))
        except StoppedError:
            assert stop
    assert (state.step, state.best_step) == (STEPS, 20)
    return both(made, model, STEPS)


def close(first: dict[str, dict[str, Tensor]], second: dict[str, dict[str, Tensor]]) -> bool:
    assert {which: weights.keys() for which, weights in first.items()} == {
        which: weights.keys() for which, weights in second.items()
    }
    return all(
        torch.allclose(value, second[which][name], rtol=1e-5, atol=2e-6)
        for which, weights in first.items()
        for name, value in weights.items()
    )


@pytest.mark.parametrize(
    ("shape", "stops"),
    [("pair-classification", ()), ("pair-classification", (13, 31)), ("translation-ranking", ())],
)
def test_it_ends_with_the_weights_of_the_whole_table(
    tiny_model: Path, tmp_path: Path, stops: tuple[int, ...], shape: str
) -> None:
    plain = trained(case(tmp_path / "whole", tiny_model, shape=shape), tiny_model, trimmed=False)
    held = trained(case(tmp_path / "held", tiny_model, shape=shape), tiny_model, trimmed=True, stops=stops)
    assert close(plain, held)
    before = table(tiny_model)
    for which in ("last", "best"):
        moved = (held[which][NAME] - before).abs().amax(1)
        assert float(moved.min()) > 1e-6 or bool((before[moved.argmin()] == 0).all())
    assert not torch.allclose(plain["last"][NAME], plain["best"][NAME], atol=1e-4)
    assert torch.equal(decayed(before, STEPS), held["last"][NAME]) is False


def decayed(rows: Tensor, steps: int) -> Tensor:
    for step in range(steps):
        rows = rows * (1 - rate(step, STEPS, RECIPE) * RECIPE.weight_decay)
    return rows


def test_rows_that_no_batch_names_change_by_weight_decay_alone(tiny_model: Path, tmp_path: Path) -> None:
    made = case(tmp_path / "held", tiny_model)
    held = trim_embeddings(made.training, made.network, made.inputs)
    assert held is not None
    kept = held.held
    found = trained(made, tiny_model, trimmed=True)["last"][NAME]
    apart = torch.ones(len(found), dtype=torch.bool)
    apart[kept] = False
    assert int(apart.sum()) > 50
    expected = decayed(table(tiny_model), STEPS)
    assert torch.allclose(found[apart], expected[apart], rtol=1e-5)
    assert not torch.allclose(found[~apart], expected[~apart], rtol=1e-2)


def test_what_is_saved_holds_the_reachable_rows_only(tiny_model: Path, tmp_path: Path) -> None:
    made = case(tmp_path / "held", tiny_model)
    training = replace(made.training, save_seconds=0.0)
    held = trim_embeddings(training, made.network, made.inputs)
    assert held is not None
    train(training, made.network, made.inputs, Accelerator(cpu=True))
    files = [training.folder / BEST, *(training.folder / f"state-{STEPS}").glob("*.safetensors")]
    shapes = [
        value.shape
        for path in files
        for name, value in load_file(path).items()
        if NAME in name and value.ndim
    ]
    assert len(files) == 3
    assert shapes == [held.weight.shape] * 4
    assert held.weight.shape[0] == len(held.held) < held.num_embeddings


def test_a_state_with_other_rows_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    made = case(tmp_path / "held", tiny_model)
    trim_embeddings(made.training, made.network, made.inputs)
    train(replace(made.training, save_seconds=0.0), made.network, made.inputs, Accelerator(cpu=True))
    other = case(tmp_path / "held", tiny_model, words="rad blue green old seven bird")
    trim_embeddings(other.training, other.network, other.inputs)
    with pytest.raises(HarnessError, match="other rows of the embedding table"):
        train(other.training, other.network, other.inputs, Accelerator(cpu=True))
    untrimmed = case(tmp_path / "held", tiny_model)
    with pytest.raises(HarnessError, match="other rows of the embedding table"):
        train(untrimmed.training, untrimmed.network, untrimmed.inputs, Accelerator(cpu=True))


def test_another_table_is_not_written_back(tiny_model: Path, tmp_path: Path) -> None:
    made = case(tmp_path / "held", tiny_model)
    trim_embeddings(made.training, made.network, made.inputs)
    with (
        pytest.raises(HarnessError, match="not the one that training began with"),
        whole(made.network, lambda: table(tiny_model) + 1, 1.0),
    ):
        pass


def test_the_whole_table_is_there_inside_the_block_alone(tiny_model: Path, tmp_path: Path) -> None:
    made = case(tmp_path / "held", tiny_model)
    held = trim_embeddings(made.training, made.network, made.inputs)
    names = [name for name, _ in made.network.named_parameters()]
    with whole(made.network, lambda: table(tiny_model), 1.0):
        full = made.network.encoder.get_input_embeddings()
        assert type(full) is nn.Embedding
        assert torch.equal(full.weight, table(tiny_model))
        assert full.padding_idx == 1
        assert [name for name, _ in made.network.named_parameters()] == names
        assert trimmed_embedding(made.network) is None
    assert made.network.encoder.get_input_embeddings() is held


@pytest.mark.parametrize(
    ("shape", "changes"),
    [
        ("masked-lm", {}),
        ("pair-classification", {"freeze": ("embeddings",)}),
        ("pair-classification", {"freeze": ("encoder",)}),
        ("pair-classification", {"lora_rank": 2}),
    ],
)
def test_a_table_stays_whole_where_every_row_counts_or_none_is_trained(
    tiny_model: Path, tmp_path: Path, shape: str, changes: dict[str, Any]
) -> None:
    if "lora_rank" in changes:
        pytest.importorskip("peft")
    made = case(tmp_path / "plain", tiny_model, Recipe.model_validate(RECIPE.model_dump() | changes), shape)
    before = made.network.encoder.get_input_embeddings()
    assert trim_embeddings(made.training, made.network, made.inputs) is None
    assert made.network.encoder.get_input_embeddings() is before


def test_a_table_that_another_layer_shares_stays_whole(tiny_model: Path, tmp_path: Path) -> None:
    made = case(tmp_path / "tied", tiny_model)
    layer = nn.Linear(32, 199, bias=False)
    layer.weight = made.network.encoder.get_input_embeddings().weight
    made.network.heads["tied"] = layer
    assert trim_embeddings(made.training, made.network, made.inputs) is None


def test_an_encoder_without_word_embeddings_is_left_alone(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> nn.Module:
        raise NotImplementedError

    made = case(tmp_path / "characters", tiny_model)
    monkeypatch.setattr(made.network.encoder, "get_input_embeddings", none)
    assert trim_embeddings(made.training, made.network, made.inputs) is None


def some() -> tuple[nn.Embedding, TrimmedEmbedding]:
    torch.manual_seed(0)
    full = nn.Embedding(20, 4, padding_idx=1)
    return full, TrimmedEmbedding(full, torch.tensor([0, 1, 5, 7, 19]))


def test_rows_and_their_gradients_are_those_of_the_whole_table() -> None:
    full, held = some()
    ids = torch.tensor([[0, 5, 19, 1], [7, 5, 1, 1]])
    scale = torch.randn(2, 4, 4)
    for table in (full, held):
        (table(ids) * scale).sum().backward()
    assert torch.equal(full(ids), held(ids))
    assert full.weight.grad is not None
    assert held.weight.grad is not None
    assert torch.equal(full.weight.grad[held.held], held.weight.grad)
    assert not held.weight.grad[1].any()


@pytest.mark.parametrize("token", [2, 18, 20, 400])
def test_a_token_out_of_reach_is_an_error(token: int) -> None:
    with pytest.raises(HarnessError, match="none of the stage's rows"):
        some()[1](torch.tensor([0, token]))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
@pytest.mark.parametrize("token", [2, 18, 20, 400])
def test_a_token_out_of_reach_is_an_error_on_a_gpu(token: int) -> None:
    import subprocess
    import sys

    # a device-side assertion ends what the process can do with the device
    code = (
        "import torch; from harness.engine.trimming import TrimmedEmbedding as T;"
        "held = T(torch.nn.Embedding(20, 4), torch.tensor([0, 1, 5, 19])).cuda();"
        f"held(torch.tensor([0, {token}]).cuda()); torch.cuda.synchronize()"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.returncode != 0
    assert "assert" in found.stderr


def test_tokens_are_reached_wherever_they_stand() -> None:
    ids = [np.array([3, 3, 9], dtype=np.int32), np.arange(100, 140, dtype=np.int32).repeat(40_000)]
    assert reached(ids, [0, 9], 200).tolist() == [0, 3, 9, *range(100, 140)]


def test_weights_and_moments_are_float32_under_bf16(tiny_model: Path, tmp_path: Path) -> None:
    made = case(tmp_path / "half", tiny_model, Recipe.model_validate(RECIPE.model_dump() | {"max_steps": 2}))
    training = replace(made.training, save_seconds=0.0)
    trim_embeddings(training, made.network, made.inputs)
    seen: set[torch.dtype] = set()
    layer = made.network.encoder.encoder.layer[0].intermediate.dense

    def look(module: nn.Module, inputs: Any, output: Tensor) -> None:
        if module.training:
            seen.add(output.dtype)

    layer.register_forward_hook(look)
    # accelerate keeps one state a process, and another precision is another state
    from accelerate.state import AcceleratorState

    AcceleratorState._reset_state(reset_partial_state=True)
    try:
        train(training, made.network, made.inputs, Accelerator(cpu=True, mixed_precision="bf16"))
    finally:
        AcceleratorState._reset_state(reset_partial_state=True)
    assert seen == {torch.bfloat16}
    assert {value.dtype for value in made.network.parameters()} == {torch.float32}
    moments = load_file(training.folder / "state-2" / "optimizer.safetensors")
    assert {value.dtype for value in moments.values()} == {torch.float32}


def test_the_optimizer_is_fused_also_after_accelerate_took_it(tiny_model: Path, tmp_path: Path) -> None:
    made = case(tmp_path / "fused", tiny_model)
    optimizer = adamw(made.network, RECIPE)
    _, prepared = Accelerator(cpu=True).prepare(made.network, optimizer)
    assert all(group["fused"] for group in prepared.param_groups)
    assert prepared.optimizer is optimizer
