"""Training: a loop over steps, each of them a function of (seed, step) and the weights before it."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from accelerate import Accelerator
from safetensors.torch import save_file
from torch import nn

from harness.engine.batches import Mixture, Order, ahead, cut, generator, shares
from harness.engine.checkpoints import State, load_state, load_trained_weights, save_state, trained_weights
from harness.engine.compiling import compiled
from harness.engine.layout import Layout, moved, pinned
from harness.engine.linear import quick_linears
from harness.engine.network import Network, TaskData
from harness.engine.prediction import losses
from harness.engine.trimming import TrimmedEmbedding, trim
from harness.errors import HarnessError
from harness.formats import Encoded, Inputs
from harness.formats.base import Batch
from harness.keys import number
from harness.registry_schema import Recipe

LOSS_EVERY = 20
BEST = "best.safetensors"


@dataclass(frozen=True)
class Selection:
    """Rows that select the checkpoint: the task whose head is used, its dev rows, encoded and as a table."""

    task: TaskData
    encoded: Encoded
    table: pa.Table


@dataclass(frozen=True)
class Watch:
    """What looks on while training goes: called back with events, never asked for anything.

    Attributes:
        step: called with (finished steps, total steps) after each step.
        metrics: called with (step, values) at each reading of the loss and each evaluation.
    """

    step: Callable[[int, int], None] = lambda done, total: None
    metrics: Callable[[int, dict[str, float]], None] = lambda step, values: None


@dataclass(frozen=True)
class Training:
    """All that a training stage is made of, but for the network itself.

    Attributes:
        folder: where state and best weights are kept; training goes on from what lies there.
        steps: optimiser steps; None: what `total_steps` says.
        save_seconds: time between two saved states. It changes nothing but how much is done again.
        compile: whether the encoder's layers are compiled, as `compiled` does.
    """

    tasks: Sequence[TaskData]
    selection: Sequence[Selection]
    recipe: Recipe
    seed: int
    folder: Path
    prediction_budget: int
    steps: int | None = None
    save_seconds: float = 120.0
    watch: Watch = field(default_factory=Watch)
    compile: bool = False

    @property
    def total(self) -> int:
        """The number of optimiser steps."""
        sizes = [len(task.train) for task in self.tasks if task.train is not None]
        return self.steps or total_steps(sizes, self.recipe)


def total_steps(sizes: Sequence[int], recipe: Recipe) -> int:
    """Return the number of optimiser steps: epochs over all items (of each task of several, at most the cap)."""
    counted = [min(size, recipe.sampling_cap) for size in sizes] if len(sizes) > 1 else list(sizes)
    steps = max(1, round(sum(-(-size // recipe.batch_size) for size in counted) * recipe.epochs))
    return min(steps, recipe.max_steps) if recipe.max_steps else steps


def _selection_interval(steps: int, recipe: Recipe) -> int:
    """Return the steps between two selections: as many, or as large a share of an epoch, as the recipe says."""
    asked = recipe.eval_every or 1.0
    return int(asked) if isinstance(asked, int) else max(1, round(asked * steps / max(1.0, recipe.epochs)))


def rate(step: int, steps: int, recipe: Recipe) -> float:
    """Return the learning rate of a step (0-based): linear warm-up, then linear decay to zero."""
    warm = round(recipe.warmup * steps)
    if step < warm:
        return recipe.learning_rate * (step + 1) / warm
    return recipe.learning_rate * (steps - step) / max(1, steps - warm)


def decay(training: Training, done: int) -> float:
    """Return what weight decay leaves after `done` steps of a weight that gets no gradient."""
    recipe, steps = training.recipe, training.total
    return math.prod(1 - rate(step, steps, recipe) * recipe.weight_decay for step in range(done))


def trim_embeddings(training: Training, network: Network, inputs: Inputs) -> TrimmedEmbedding | None:
    """Hold in the network only the embeddings that `training` can reach; None where all are held."""
    freeze(network, training.recipe)
    return trim(network, training.tasks, [chosen.encoded for chosen in training.selection], inputs)


def train(training: Training, network: Network, inputs: Inputs, accelerator: Accelerator) -> State:
    """Train `network` in place and leave it with the last weights; the best lie in ``folder/best.safetensors``.

    Returns:
        the final state; ``best_step`` says which step's weights were selected on dev.

    Raises:
        KeyboardInterrupt: Ctrl-C or SIGTERM came; the state is saved.
        HarnessError: the loss is not finite.
    """
    recipe = training.recipe
    freeze(network, recipe)
    network.to(accelerator.device)
    network.fits()  # tried before the thread that draws batches asks
    optimizer = adamw(network, recipe)
    model, prepared = accelerator.prepare(network, optimizer)
    state = load_state(training.folder, network, optimizer)
    for entry in state.history:
        training.watch.metrics(
            entry["step"], {name: value for name, value in entry.items() if name != "step"}
        )
    steps, every = training.total, _selection_interval(training.total, recipe)
    draw = _drawing(training, network, inputs, pin=accelerator.device.type == "cuda")
    parameters = [value for value in network.parameters() if value.requires_grad]
    running, since, started, saved = (
        torch.zeros((), device=accelerator.device),
        0,
        time.monotonic(),
        time.monotonic(),
    )
    before = state.seconds
    with (
        _stopping() as stop,
        compiled(network.encoder, training.compile),
        nullcontext() if training.compile else quick_linears(network),
        closing(ahead(draw, state.step, steps)) as drawn,
    ):
        while state.step < steps and not _patience_spent(state, recipe):
            torch.manual_seed(number(training.seed, "step", state.step) % 2**63)
            model.train()
            running += _gradients(accelerator, model, next(drawn))
            if recipe.clip:
                accelerator.clip_grad_norm_(parameters, recipe.clip)
            for group in optimizer.param_groups:
                group["lr"] = rate(state.step, steps, recipe)
            prepared.step()
            prepared.zero_grad(set_to_none=True)
            state.step, since = state.step + 1, since + 1
            state.seconds = before + time.monotonic() - started
            training.watch.step(state.step, steps)
            if state.step % LOSS_EVERY == 0 or state.step == steps:
                _read_loss(training, state, float(running) / since)
                running, since = torch.zeros_like(running), 0
            if training.selection and (state.step % every == 0 or state.step == steps):
                _select(training, state, network, inputs, accelerator)
            if stop.is_set() or time.monotonic() - saved > training.save_seconds:
                save_state(training.folder, state, network, optimizer)
                saved = time.monotonic()
            if stop.is_set():
                raise KeyboardInterrupt
    if state.best_step < 0:
        state.best_step = state.step
        _save_best(training, network)
    return state


def restore_best(training: Training, network: Network) -> None:
    """Put the weights that were selected on dev into the network."""
    load_trained_weights(network, training.folder / BEST)


def freeze(network: Network, recipe: Recipe) -> None:
    """Freeze what the recipe names: ``embeddings`` (all of the encoder's embedding module), ``encoder``."""
    for part in recipe.freeze:
        module: nn.Module
        if part == "embeddings":
            module = getattr(network.encoder, "embeddings", None) or network.encoder.get_input_embeddings()
        elif part == "encoder":
            module = network.encoder
        else:
            raise HarnessError(f"the recipe freezes '{part}'", "Known: embeddings encoder")
        for parameter in module.parameters():
            parameter.requires_grad_(False)


def adamw(network: nn.Module, recipe: Recipe) -> torch.optim.AdamW:
    """Return AdamW, fused where the device allows it, with no decay on biases and LayerNorm weights."""
    decayed: list[nn.Parameter] = []
    plain: list[nn.Parameter] = []
    for parameter in network.parameters():
        if parameter.requires_grad:
            (decayed if parameter.ndim > 1 else plain).append(parameter)
    groups = [
        {"params": decayed, "weight_decay": recipe.weight_decay},
        {"params": plain, "weight_decay": 0.0},
    ]
    settings: dict[str, Any] = {
        "lr": recipe.learning_rate,
        "betas": (recipe.adam_beta1, recipe.adam_beta2),
        "eps": recipe.adam_eps,
    }
    try:
        return torch.optim.AdamW(groups, **settings, fused=True)
    except RuntimeError:
        return torch.optim.AdamW(groups, **settings)


@dataclass(frozen=True)
class _Step:
    """What a step trains on, on the host: a task, its micro-batches with their layouts, the loss's terms."""

    task: TaskData
    pieces: Sequence[tuple[Batch, Layout | None]]
    weight: float


def _drawing(training: Training, network: Network, inputs: Inputs, pin: bool) -> Callable[[int], _Step]:
    """Return what draws a step by its number alone, so that it can be drawn ahead."""
    recipe = training.recipe
    tasks = [task for task in training.tasks if task.train is not None]
    encoded = [task.train for task in tasks if task.train is not None]
    sizes = [len(rows) for rows in encoded]
    orders = [
        Order(rows.lengths, recipe.batch_size, training.seed, recipe.length_grouped) for rows in encoded
    ]
    chances = shares(sizes, recipe.sampling, recipe.sampling_cap, recipe.sampling_temperature)
    mixture = Mixture(chances, training.total, training.seed)

    def draw(step: int) -> _Step:
        which, index = mixture.at(step)
        task, rows = tasks[which], encoded[which]
        packs = network.packs(task.slot)
        lengths = rows.tokens_of_items if packs else rows.lengths
        pieces: list[tuple[Batch, Layout | None]] = []
        weight = 0.0
        for place, items in enumerate(
            cut(lengths, orders[which].batch(index), recipe.tokens_per_batch, padded=not packs)
        ):
            rng = generator(training.seed, "collate", step, place)
            batch = task.format.collate(rows, items, inputs, rng)
            weight += task.format.weight(batch)
            piece = batch, network.layout(task.slot, batch)
            pieces.append(pinned(*piece) if pin else piece)
        return _Step(task, pieces, weight)

    return draw


def _gradients(accelerator: Accelerator, model: nn.Module, step: _Step) -> torch.Tensor:
    """Add the gradients of a step's loss; return the loss, a scalar on the device."""
    total = torch.zeros((), device=accelerator.device)
    for place, piece in enumerate(step.pieces):
        batch, layout = moved(*piece, accelerator.device)
        last = place + 1 == len(step.pieces)
        with nullcontext() if last else accelerator.no_sync(model):
            with accelerator.autocast():
                logits = model(step.task.slot, batch, layout)
            loss = step.task.format.loss(logits, batch) / step.weight
            accelerator.backward(loss)
        total += loss.detach()
    return total


def _read_loss(training: Training, state: State, loss: float) -> None:
    if not np.isfinite(loss):
        raise HarnessError(
            f"the training loss is {loss} at step {state.step}",
            "Try a smaller learning rate (--set learning_rate=1e-5) or --precision fp32.",
        )
    state.history.append({"step": state.step, "loss": loss})
    training.watch.metrics(state.step, {"loss": loss})


def _select(
    training: Training, state: State, network: Network, inputs: Inputs, accelerator: Accelerator
) -> None:
    scores: dict[str, float] = {}
    mains = []
    for chosen in training.selection:
        task, shape = chosen.task, chosen.task.format
        total, terms, outputs = losses(
            network, task.slot, shape, chosen.encoded, inputs, accelerator, training.prediction_budget
        )
        predictions = None
        if outputs is not None:
            settings = task.settings
            if shape.calibrates(settings):
                found = shape.calibrate(outputs, chosen.encoded, chosen.table, settings)
                settings = settings.within(settings.language, found)
            predictions = shape.decode(outputs, chosen.encoded, chosen.table, settings)
        each, main = shape.dev_scores(total, terms, predictions, task.metric or "".join(shape.metrics[:1]))
        scores |= {f"{task.name}/{name}": value for name, value in each.items()}
        mains.append(main)
    score = float(np.mean(mains))
    shown = {"dev": score, **{f"dev/{name}": value for name, value in scores.items()}}
    state.history.append({"step": state.step, **shown})
    training.watch.metrics(state.step, shown)
    if score > state.best and training.recipe.select == "dev":
        state.best, state.best_step, state.waiting = score, state.step, 0
        _save_best(training, network)
    else:
        state.waiting += 1


def _save_best(training: Training, network: Network) -> None:
    aside = training.folder / f"{BEST}.tmp"
    save_file(trained_weights(network), aside)
    aside.replace(training.folder / BEST)


def _patience_spent(state: State, recipe: Recipe) -> bool:
    return recipe.patience is not None and state.waiting >= recipe.patience


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """Turn the first Ctrl-C or SIGTERM into an event that the loop reads between two steps."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    old = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}

    def ask(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    try:
        for name in old:
            signal.signal(name, ask)
        yield asked
    finally:
        for name, handler in old.items():
            signal.signal(name, handler)
