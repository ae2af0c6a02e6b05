"""Training: stopped anywhere it ends as if it had not been; micro-batches change nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from accelerate import Accelerator
from harness_plugins.models.encoders import HuggingFaceEncoder
from safetensors.torch import load_file

from harness import HarnessError
from harness.engine.checkpoints import trained_weights
from harness.engine.low_rank import add_low_rank, merged
from harness.engine.network import Network, TaskData, inputs_of
from harness.engine.training import BEST, Selection, Training, Watch, rate, total_steps, train
from harness.formats import Settings, format_named
from harness.registry_schema import Recipe

LABELS = ("yes", "no")
RECIPE = Recipe(
    learning_rate=1e-3,
    epochs=2,
    batch_size=8,
    max_length=48,
    eval_every=5,
    eval_examples=None,
    tokens_per_batch=200,
)


class StoppedError(Exception):
    pass


def rows(count: int) -> pa.Table:
    """Pairs whose label shows in the second text's first word."""
    rng = np.random.default_rng(0)
    words = ["red", "blue", "green", "a house", "the river", "old", "seven", "bird"]
    labels = [LABELS[int(number)] for number in rng.integers(0, 2, count)]
    return pa.table(
        {
            "premise": [" ".join(rng.choice(words, rng.integers(1, 6))) for _ in labels],
            "hypothesis": [f"{'XXXX' if label == 'yes' else 'oooo'} {rng.choice(words)}" for label in labels],
            "label": labels,
        }
    )


def build(folder: Path, model: Path, recipe: Recipe, watch: Watch, shape: str = "pair-classification") -> Any:
    tokenizer, encoder = HuggingFaceEncoder().tokenizer(model), HuggingFaceEncoder().encoder(model)
    form = format_named(shape)
    table, dev = rows(60), rows(20)
    if shape == "masked-lm":
        table = pa.table({"text": table["premise"], "text_pair": table["hypothesis"]})
        dev = table.slice(0, 20)
    settings = Settings(LABELS, recipe)
    task = TaskData("toy", form, settings, train=form.encode(table, tokenizer, settings))
    selection = Selection(task, form.encode(dev, tokenizer, settings), dev)
    torch.manual_seed(7)
    network = Network.build(encoder, [task])
    add_low_rank(network, recipe)
    training = Training([task], [selection], recipe, 3, folder, 500, save_seconds=0.0, watch=watch)
    return training, network, inputs_of(encoder, tokenizer)


def run(folder: Path, model: Path, recipe: Recipe = RECIPE, watch: Watch | None = None, **more: str) -> Any:
    folder.mkdir(exist_ok=True)
    training, network, inputs = build(folder, model, recipe, watch or Watch(), **more)
    state = train(training, network, inputs, Accelerator(cpu=True))
    return state, trained_weights(network)


def stop_at(step: int) -> Callable[[int, int], None]:
    def look(done: int, total: int) -> None:
        if done == step:
            raise StoppedError

    return look


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("shape", ["pair-classification", "masked-lm"])
@pytest.mark.parametrize("stops", [(1,), (6,), (4, 11)])
def test_training_that_was_stopped_ends_bit_for_bit_as_if_it_had_not(
    tiny_model: Path, tmp_path: Path, stops: tuple[int, ...], shape: str
) -> None:
    state, weights = run(tmp_path / "whole", tiny_model, shape=shape)
    for step in stops:
        with pytest.raises(StoppedError):
            run(tmp_path / "stopped", tiny_model, watch=Watch(step=stop_at(step)), shape=shape)
    again, resumed = run(tmp_path / "stopped", tiny_model, shape=shape)
    assert same(weights, resumed)
    assert (again.step, again.best_step, again.best) == (state.step, state.best_step, state.best)
    assert same(load_file(tmp_path / "whole" / BEST), load_file(tmp_path / "stopped" / BEST))


def test_ctrl_c_saves_the_state_and_raises(tiny_model: Path, tmp_path: Path) -> None:
    import os
    import signal

    def interrupt(done: int, total: int) -> None:
        if done == 3:
            os.kill(os.getpid(), signal.SIGINT)

    folder = tmp_path / "interrupted"
    folder.mkdir()
    training, network, inputs = build(folder, tiny_model, RECIPE, Watch(step=interrupt))
    with pytest.raises(KeyboardInterrupt):
        train(replace(training, save_seconds=1e9), network, inputs, Accelerator(cpu=True))
    assert (folder / "state-3").is_dir()


def test_frozen_embeddings_do_not_move_and_are_not_saved(tiny_model: Path, tmp_path: Path) -> None:
    _, weights = run(tmp_path / "frozen", tiny_model, RECIPE.model_copy(update={"freeze": ("embeddings",)}))
    assert not [name for name in weights if "embeddings" in name]
    assert [name for name in weights if "encoder.layer.0" in name]


def test_small_micro_batches_give_the_same_gradients(tiny_model: Path, tmp_path: Path) -> None:
    recipe = RECIPE.model_copy(update={"max_steps": 1, "dropout": 0.0, "clip": 1e9, "eval_every": None})

    def once(budget: int) -> dict[str, torch.Tensor]:
        folder = tmp_path / str(budget)
        folder.mkdir()
        training, network, inputs = build(
            folder, tiny_model, recipe.model_copy(update={"tokens_per_batch": budget}), Watch()
        )
        for module in network.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        train(training, network, inputs, Accelerator(cpu=True))
        return trained_weights(network)

    whole, pieces = once(10_000), once(60)
    # Adam's first step is about the gradient's sign, so only rounding of near-zero gradients may differ
    moved = [float((whole[name] - pieces[name]).abs().mean()) for name in whole]
    assert max(moved) < 2e-5


def test_a_task_that_can_be_learnt_is_learnt(tiny_model: Path, tmp_path: Path) -> None:
    state, _ = run(
        tmp_path / "learnt", tiny_model, RECIPE.model_copy(update={"epochs": 15.0, "eval_every": 30})
    )
    losses = [entry["loss"] for entry in state.history if "loss" in entry]
    assert losses[-1] < losses[0] - 0.2
    assert state.best > 0.9


def test_patience_stops_training(tiny_model: Path, tmp_path: Path) -> None:
    recipe = RECIPE.model_copy(update={"learning_rate": 1e-12, "patience": 2, "eval_every": 1})
    state, _ = run(tmp_path / "patient", tiny_model, recipe)
    assert state.step == 3
    assert state.best_step == 1


def test_a_loss_that_is_not_finite_is_an_error_that_names_the_mend(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="learning rate"):
        run(
            tmp_path / "wild",
            tiny_model,
            RECIPE.model_copy(update={"learning_rate": 1e30, "epochs": 9.0, "clip": 1e30}),
        )


def test_the_rate_rises_to_its_height_and_falls_to_nothing() -> None:
    recipe = Recipe(learning_rate=1.0, warmup=0.1)
    rates = [rate(step, 100, recipe) for step in range(100)]
    assert rates[9] == max(rates) == 1.0
    assert rates[:10] == sorted(rates[:10])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert 0 < rates[-1] < 0.02


def test_steps_are_epochs_over_all_rows_and_a_mixture_caps_each_task() -> None:
    recipe = Recipe(epochs=2, batch_size=32)
    assert total_steps([100], recipe) == 8
    assert total_steps([2**18, 2**17], recipe) == 2 * 2 * 2**17 // 32
    assert total_steps([100], recipe.model_copy(update={"max_steps": 3})) == 3


def test_low_rank_updates_train_little_and_end_in_a_plain_encoder(tiny_model: Path, tmp_path: Path) -> None:
    pytest.importorskip("peft")
    recipe = replace_recipe(lora_rank=2, learning_rate=1e-2)
    (tmp_path / "low").mkdir()
    training, network, inputs = build(tmp_path / "low", tiny_model, recipe, Watch())
    before = {name: value.clone() for name, value in network.encoder.named_parameters()}
    train(training, network, inputs, Accelerator(cpu=True))
    changed = {
        name for name, value in network.encoder.named_parameters() if not torch.equal(before[name], value)
    }
    assert changed
    assert all("lora" in name for name in changed)
    plain = merged(network)
    fresh = HuggingFaceEncoder().encoder(tiny_model)
    assert plain.encoder.state_dict().keys() == fresh.state_dict().keys()
    batch = training.tasks[0].format.collate(training.selection[0].encoded, np.arange(4), inputs, None)
    with torch.inference_mode():
        network.eval(), plain.eval()
        assert torch.allclose(network("toy", batch), plain("toy", batch), atol=1e-4)
        fresh_network = Network.build(fresh, training.tasks).eval()
        fresh_network.heads.load_state_dict(plain.heads.state_dict())
        assert not torch.allclose(fresh_network("toy", batch), plain("toy", batch), atol=1e-4)


def replace_recipe(**changes: Any) -> Recipe:
    return Recipe.model_validate(RECIPE.model_dump() | changes)


def test_the_last_weights_are_kept_where_the_recipe_says_so(tiny_model: Path, tmp_path: Path) -> None:
    state, weights = run(tmp_path / "last", tiny_model, replace_recipe(select="last"))
    assert state.best_step == state.step
    assert same(weights, load_file(tmp_path / "last" / BEST))
    best, _ = run(tmp_path / "dev", tiny_model)
    assert best.best > float("-inf")
    assert len([entry for entry in state.history if "dev" in entry]) == len(
        [entry for entry in best.history if "dev" in entry]
    )
