"""Train stages: from a model or a parent's checkpoint to a checkpoint of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast
from transformers.utils import logging as transformers_logging

from harness.data.load import Loaded, sample
from harness.data.mix import mixed
from harness.engine.checkpoints import (
    State,
    continue_head,
    head_facts,
    load_encoder,
    load_heads,
    save_checkpoint,
)
from harness.engine.low_rank import add_low_rank, merged
from harness.engine.network import Network, TaskData, inputs_of
from harness.engine.training import (
    Selection,
    Training,
    Watch,
    decay,
    restore_best,
    total_steps,
    train,
    trim_embeddings,
)
from harness.engine.trimming import TrimmedEmbedding, trimmed_embedding, whole
from harness.execute.context import Context
from harness.execute.encodings import Encodings
from harness.execute.translate_stage import run_translate
from harness.formats import Settings, format_named
from harness.formats.base import joined
from harness.keys import number
from harness.plan.stages import PlannedRun, TrainRows, TrainStage
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
        tasks, selection, data = _data(stage, context, encoder, tokenizer)
        torch.manual_seed(number(stage.seed, "heads", stage.phase) % 2**63)
        network = Network.build(encoder, tasks)
        if stage.continue_head and stage.parent:
            for task in {task.slot: task for task in tasks}.values():
                start = context.workspace.place("train", stage.parent) / BEST
                continue_head(start, network, task.slot, task.format.name, task.settings.labels)
        low_rank = add_low_rank(network, stage.recipe)
        inputs = inputs_of(encoder, tokenizer, stage.recipe.mlm_probability)
        steps = _steps(stage, context, [len(task.train) for task in tasks if task.train is not None])
        training = Training(
            tasks,
            selection,
            stage.recipe,
            stage.seed,
            folder,
            context.budget,
            steps,
            context.save_seconds,
            compile=context.compile,
        )
        held = trim_embeddings(training, network, inputs)
        with context.progress.work(_title(stage, held), steps) as bar:
            watch = Watch(step=lambda done, total: bar.to(done), metrics=metrics)
            state = train(replace(training, watch=watch), network, inputs, context.accelerator)
        return _finish(stage, context, training, network, tokenizer, state, data, low_rank)


def _title(stage: TrainStage, held: TrimmedEmbedding | None) -> str:
    if held is None:
        return stage.title
    return f"{stage.title} ({len(held.held):,} of {held.num_embeddings:,} embeddings)"


def _steps(stage: TrainStage, context: Context, sizes: Sequence[int]) -> int:
    if stage.steps_of is None:
        return total_steps(sizes, stage.recipe)
    return int(context.workspace.read("train", stage.steps_of)["steps"])


def build_encoder(
    context: Context, parent: str | None, recipe: Recipe, seed: int
) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """Build the model's encoder, with the weights of the stage `parent` if there is one, and its tokenizer."""
    encoder, tokenizer = _weights(context, parent, seed), context.model.tokenizer(context.model_folder)
    if recipe.dropout is not None:
        for module in encoder.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = recipe.dropout
    return encoder, tokenizer


def _weights(context: Context, parent: str | None, seed: int) -> PreTrainedModel:
    # our own bars show what goes on; what is missing from a checkpoint is checked by load_encoder
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    torch.manual_seed(number(seed, "encoder") % 2**63)
    encoder = context.model.encoder(context.model_folder)
    if parent is not None:
        context.workspace.read("train", parent)
        load_encoder(context.workspace.place("train", parent) / BEST, encoder)
    return encoder


def load_network(
    context: Context, run: PlannedRun, target: str, recipe: Recipe, device: torch.device
) -> tuple[Network, TaskData, PreTrainedTokenizerFast]:
    """Build the network that evaluates a run on `device`: the last stage's selected encoder and head.

    A target that is not trained on has the encoder as the stage before left it, or as the model comes.
    """
    last = run.train[-1] if run.train else None
    encoder, tokenizer = build_encoder(context, last, recipe, run.seed)
    task = context.registry.task(target)
    shape = format_named(task.format)
    best = context.workspace.place("train", last) / BEST if last is not None and shape.trains else None
    labels = head_facts(best)[target]["labels"] if best is not None else task.labels
    data = TaskData(target, shape, settings_of(context, target, labels, recipe, encoder))
    network = Network.build(encoder, [data])
    if best is not None:
        load_heads(best, network)
    return network.to(device), data, tokenizer


def settings_of(
    context: Context,
    task: str,
    labels: Sequence[str],
    recipe: Recipe,
    encoder: PreTrainedModel,
    language: str = "en",
) -> Settings:
    """Return what a task's format is used with: the head's dropout is the recipe's, or the encoder's own."""
    own = getattr(encoder.config, "hidden_dropout_prob", 0.1)
    dropout = own if recipe.dropout is None else recipe.dropout
    return Settings(labels, recipe, language, context.registry.task(task).scoring, dropout)


def _data(
    stage: TrainStage, context: Context, encoder: PreTrainedModel, tokenizer: PreTrainedTokenizerFast
) -> tuple[list[TaskData], list[Selection], list[dict[str, Any]]]:
    tasks: list[TaskData] = []
    selection: list[Selection] = []
    data: list[dict[str, Any]] = []
    encodings = Encodings(tokenizer, context)
    for part in stage.parts:
        task = context.registry.task(part.task)
        shape = format_named(task.format)
        found = [_loaded(rows, stage, context) for rows in part.rows]
        tables = [loaded.table for loaded in found]
        labels = part.labels or shape.label_names(pa.concat_tables(tables, promote_options="default"))
        settings = settings_of(context, part.task, labels, stage.recipe, encoder)
        if part.mixed:
            tables = mixed(tables, stage.recipe.mlm_alpha)
        with context.progress.work(f"tokenise {part.title}", sum(table.num_rows for table in tables)):
            encoded = joined(
                [
                    encodings.of(table, shape, settings.within(rows.language))
                    for table, rows in zip(tables, part.rows, strict=True)
                ]
            )
        tasks.append(TaskData(part.task, shape, settings, part.head, task.metric, encoded))
        for rows, loaded, table in zip(part.rows, found, tables, strict=True):
            data.append(_facts(rows, loaded, table.num_rows))
        if part.selection is not None:
            name, language = part.selection
            table = context.rows(name, "dev", language, None).table
            if stage.recipe.eval_examples and stage.recipe.eval_examples < table.num_rows:
                table = sample(table, stage.recipe.eval_examples)
            dev = encodings.of(table, shape, settings.within(language))
            selection.append(Selection(tasks[-1], dev, table))
    return tasks, selection, data


def _loaded(rows: TrainRows, stage: TrainStage, context: Context) -> Loaded:
    if rows.translate is None:
        return context.rows(rows.task, "train", rows.language, stage.train_limit)
    return run_translate(context.plan.translate[rows.translate], context)


def _facts(rows: TrainRows, loaded: Loaded, count: int) -> dict[str, Any]:
    return {
        "task": rows.task,
        "context": "train",
        "language": rows.language,
        "rows": count,
        "fingerprint": loaded.fingerprint,
        "origin": loaded.origin,
        "dropped": dict(loaded.dropped),
        "notes": list(loaded.notes),
    }


def _finish(
    stage: TrainStage,
    context: Context,
    training: Training,
    network: Network,
    tokenizer: PreTrainedTokenizerFast,
    state: State,
    data: Sequence[dict[str, Any]],
    low_rank: bool,
) -> dict[str, Any]:
    heads = {
        task.slot: {"format": task.format.name, "labels": list(task.settings.labels)}
        for task in reversed(training.tasks)
    }
    folder, held = training.folder, trimmed_embedding(network)
    for name in (BEST, LAST):
        shutil.rmtree(folder / name, ignore_errors=True)

    def table() -> torch.Tensor:
        embeddings: Any = _weights(context, stage.parent, stage.seed).get_input_embeddings()
        weight: torch.Tensor = embeddings.weight.detach()
        return weight

    for name in (LAST, BEST):
        if name == BEST:
            restore_best(training, network)
        elif state.best_step == state.step:
            continue
        done = state.best_step if name == BEST else state.step
        with whole(network, table, decay(training, done)):
            kept = merged(network) if low_rank else network
            save_checkpoint(folder / name, kept, tokenizer, heads)
    for left in [*folder.glob("state*"), *folder.glob("best.safetensors*")]:
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    facts = {
        "title": stage.title,
        "phase": stage.phase,
        "model": stage.model,
        "tasks": [part.title for part in stage.parts],
        "heads": heads,
        "steps": state.step,
        "examples": sum(part["rows"] for part in data),
        "seconds": state.seconds,
        "best_step": state.best_step,
        "best_dev": state.best if state.best > float("-inf") else None,
        "last": BEST if state.best_step == state.step else LAST,
        "history": state.history,
        "data": list(data),
        "embeddings": None if held is None else {"held": len(held.held), "of": held.num_embeddings},
        "threads": torch.get_num_threads(),
        "device": str(context.accelerator.device),
    }
    context.workspace.commit("train", stage.identity, facts)
    return context.workspace.read("train", stage.key)
