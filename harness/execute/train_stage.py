"""Train stages: from a model or a parent's checkpoint to a checkpoint of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast
from transformers.utils import logging as transformers_logging

from harness.data.identity import training_language
from harness.data.load import sample
from harness.engine.checkpoints import State, continue_head, load_encoder, load_heads, save_checkpoint
from harness.engine.network import Network, TaskData, inputs_of
from harness.engine.training import Selection, Training, Watch, restore_best, total_steps, train
from harness.execute.context import Context
from harness.formats import HeadSettings, format_named
from harness.keys import number
from harness.plan.stages import TrainStage
from harness.registry_schema import Recipe

BEST, LAST = "best", "last"
Metrics = Callable[[int, dict[str, float]], None]


def run_train(stage: TrainStage, context: Context, metrics: Metrics) -> dict[str, Any]:
    """Train, or go on where it stopped; return the stage's facts.

    What it leaves: ``best/`` (the checkpoint selected on English dev) and, where it is another, ``last/``.

    Args:
        metrics: called with (step, values) while it trains.
    """
    with context.workspace.working("train", stage.key) as folder:
        if context.workspace.done("train", stage.key):
            return context.workspace.read("train", stage.key)
        encoder, tokenizer = build_encoder(context, stage.parent, stage.recipe, stage.seed)
        tasks, selection, data = _data(stage, context, tokenizer)
        torch.manual_seed(number(stage.seed, "heads", stage.phase) % 2**63)
        network = Network.build(encoder, tasks, head_settings(encoder, stage.recipe))
        if stage.keep_head and stage.parent:
            for task in tasks:
                start = context.workspace.place("train", stage.parent) / BEST
                continue_head(start, network, task.name, task.format.name, task.labels)
        inputs = inputs_of(encoder, tokenizer, stage.recipe.mlm_probability)
        steps = total_steps([len(task.train) for task in tasks if task.train is not None], stage.recipe)
        with context.progress.work(stage.title, steps) as bar:
            watch = Watch(step=lambda done, total: bar.to(done), metrics=metrics)
            training = Training(
                tasks,
                selection,
                stage.recipe,
                stage.seed,
                folder,
                context.budget,
                context.save_seconds,
                watch,
            )
            state = train(training, network, inputs, context.accelerator)
        return _finish(stage, context, folder, training, network, tokenizer, state, data)


def build_encoder(
    context: Context, parent: str | None, recipe: Recipe, seed: int
) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """Build the model's encoder, with the weights of the stage `parent` if there is one, and its tokenizer."""
    model, folder = context.model, context.model_folder
    # our own bars show what goes on; what is missing from a checkpoint is checked by load_encoder
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    torch.manual_seed(number(seed, "encoder") % 2**63)
    encoder, tokenizer = model.encoder(folder), model.tokenizer(folder)
    if parent is not None:
        context.workspace.read("train", parent)
        load_encoder(context.workspace.place("train", parent) / BEST, encoder)
    if recipe.dropout is not None:
        for module in encoder.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = recipe.dropout
    return encoder, tokenizer


def load_network(
    context: Context, stage: TrainStage, device: torch.device
) -> tuple[Network, PreTrainedTokenizerFast]:
    """Build the network of a finished train stage with its selected weights, on `device`."""
    encoder, tokenizer = build_encoder(context, stage.key, stage.recipe, stage.seed)
    tasks = [_task(context, name, None) for name in stage.heads]
    network = Network.build(encoder, tasks, head_settings(encoder, stage.recipe))
    load_heads(context.workspace.place("train", stage.key) / BEST, network)
    return network.to(device), tokenizer


def head_settings(encoder: PreTrainedModel, recipe: Recipe) -> HeadSettings:
    """Return what heads are built with: the recipe's pooling, and its dropout or the encoder's own."""
    own = getattr(encoder.config, "hidden_dropout_prob", 0.1)
    return HeadSettings(recipe.pooling, own if recipe.dropout is None else recipe.dropout)


def _task(context: Context, name: str, train: Any) -> TaskData:
    task = context.registry.task(name)
    return TaskData(name, format_named(task.format), task.labels, train)


def _data(
    stage: TrainStage, context: Context, tokenizer: PreTrainedTokenizerFast
) -> tuple[list[TaskData], list[Selection], list[dict[str, Any]]]:
    tasks: list[TaskData] = []
    selection: list[Selection] = []
    data: list[dict[str, Any]] = []
    length = stage.recipe.max_length
    for head, trained, selected in zip(stage.heads, stage.tasks, stage.selection, strict=True):
        shape, labels = format_named(context.registry.task(head).format), context.registry.task(head).labels
        language = training_language(context.registry.task(trained))
        found = context.rows(trained, "train", language, stage.train_limit)
        with context.progress.work(f"tokenise {trained}", found.table.num_rows):
            encoded = shape.encode(found.table, tokenizer, length, labels)
        tasks.append(TaskData(head, shape, labels, encoded))
        data.append(
            {
                "task": trained,
                "context": "train",
                "language": language,
                "rows": found.table.num_rows,
                "fingerprint": found.fingerprint,
                "origin": found.origin,
                "dropped": dict(found.dropped),
                "notes": list(found.notes),
            }
        )
        for part in stage.identity["tasks"][len(tasks) - 1 : len(tasks)]:
            if part["dev"] is not None:
                dev_language = training_language(context.registry.task(selected))
                table = context.rows(selected, "dev", dev_language, None).table
                if stage.recipe.eval_examples and stage.recipe.eval_examples < table.num_rows:
                    table = sample(table, stage.recipe.eval_examples)
                selection.append(Selection(tasks[-1], shape.encode(table, tokenizer, length, labels), table))
    return tasks, selection, data


def _finish(
    stage: TrainStage,
    context: Context,
    folder: Path,
    training: Training,
    network: Network,
    tokenizer: PreTrainedTokenizerFast,
    state: State,
    data: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    heads = {task.name: {"format": task.format.name, "labels": list(task.labels)} for task in training.tasks}
    for name in (BEST, LAST):
        shutil.rmtree(folder / name, ignore_errors=True)
    if state.best_step != state.step:
        save_checkpoint(folder / LAST, network, tokenizer, heads)
    restore_best(training, network)
    save_checkpoint(folder / BEST, network, tokenizer, heads)
    for left in [*folder.glob("state*"), *folder.glob("best.safetensors*")]:
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    facts = {
        "title": stage.title,
        "phase": stage.phase,
        "model": stage.model,
        "tasks": list(stage.tasks),
        "heads": heads,
        "steps": state.step,
        "examples": sum(part["rows"] for part in data),
        "seconds": state.seconds,
        "best_step": state.best_step,
        "best_dev": state.best if state.best > float("-inf") else None,
        "last": BEST if state.best_step == state.step else LAST,
        "history": state.history,
        "data": list(data),
        "threads": torch.get_num_threads(),
        "device": str(context.accelerator.device),
    }
    context.workspace.commit("train", stage.identity, facts)
    return context.workspace.read("train", stage.key)
