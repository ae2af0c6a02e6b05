"""Evaluate stages: all missing cells of a checkpoint in a language, predicted in one pass."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from transformers import PreTrainedTokenizerFast

from harness.engine.network import Network, TaskData, inputs_of
from harness.engine.prediction import predict
from harness.execute.context import Context
from harness.execute.data_stages import VARIANT
from harness.formats import Encoded, Format
from harness.formats.base import WEIGHT
from harness.plan.stages import EvaluateStage
from harness.text.table import COUNTS, FLAGS, LENGTH

PREDICTIONS = "predictions.parquet"
ACCOUNTS = (*FLAGS, *COUNTS, LENGTH)


def run_evaluate(
    stages: Sequence[EvaluateStage],
    network: Network,
    data: TaskData,
    tokenizer: PreTrainedTokenizerFast,
    context: Context,
) -> None:
    """Predict the cells of one checkpoint in one language and leave ``predictions.parquet`` in each.

    Rows that a variant leaves as they are, are predicted once.
    """
    started = time.monotonic()
    first, shape = stages[0], data.format
    rows = context.rows(first.task, first.split, first.language, first.limit)
    settings = data.settings.within(first.language)
    notes = list(rows.notes)
    if shape.calibrates(settings):
        if "dev" in first.split.split(","):
            notes.append(f"{first.task}: its threshold is fitted on dev rows, which are evaluated")
            context.say(notes[-1])
        dev = context.rows(first.task, "dev", first.language, None).table
        outputs, encoded = _outputs(
            dev, f"dev of {first.task} {first.language}", network, data, tokenizer, context
        )
        settings = settings.within(first.language, shape.calibrate(outputs, encoded, dev, settings))
    drawn = [
        [_variant(key, rows.table, context, shape) for key in stage.perturb or (None,)] for stage in stages
    ]
    tables = [table for draws in drawn for table in draws]
    unique, places = _distinct(tables, shape)
    title = f"{first.task} {first.language} ({len(stages)} variants)"
    outputs, encoded = _outputs(unique, title, network, data, tokenizer, context)
    trivial = shape.trivial(rows.table, settings)
    subwords = encoded.subwords(unique.num_rows)
    made: list[pa.Table] = []
    for table, place in zip(tables, places, strict=True):
        mine, sequences, tokens = encoded.take(place)
        taken = outputs[tokens if shape.outputs == "token" else sequences]
        decoded = shape.decode(taken, mine, table, settings)
        examples = shape.examples(table)
        kept = table.filter(pa.array(examples)).select(["id", "cluster", *ACCOUNTS])
        kept = kept.append_column("subwords", pa.array(subwords[place][examples].astype(np.int32)))
        for name in decoded.column_names:
            kept = kept.append_column(name, decoded[name])
        made.append(kept)
    each = iter(made)
    for stage, draws in zip(stages, drawn, strict=True):
        kept = worst([next(each) for _ in draws], stage.metric)
        with context.workspace.working("evaluate", stage.key) as folder:
            if context.workspace.done("evaluate", stage.key):
                continue
            pq.write_table(kept, folder / PREDICTIONS, compression="zstd")
            facts = {
                "language": stage.language,
                "variant": stage.variant,
                "labels": list(settings.labels),
                "rows": kept.num_rows,
                "draws": len(draws),
                "trivial": {name: float(value) for name, value in trivial.items()},
                "calibration": {name: float(value) for name, value in settings.calibration.items()},
                "fingerprint": rows.fingerprint,
                "origin": rows.origin,
                "dropped": dict(rows.dropped),
                "notes": notes,
                "predicted": unique.num_rows,
                "seconds": time.monotonic() - started,
            }
            context.workspace.commit("evaluate", stage.identity, facts)


def _outputs(
    table: pa.Table,
    title: str,
    network: Network,
    data: TaskData,
    tokenizer: PreTrainedTokenizerFast,
    context: Context,
) -> tuple[np.ndarray, Encoded]:
    with context.progress.work(f"tokenise {title}", table.num_rows):
        encoded = data.format.encode(table, tokenizer, data.settings)
    with context.progress.work(f"predict {title}", len(encoded)) as bar:
        done = 0

        def advance(count: int) -> None:
            nonlocal done
            done += count
            bar.to(done)

        inputs = inputs_of(network.encoder, tokenizer)
        outputs = predict(
            network, data.slot, data.format, encoded, inputs, context.accelerator, context.budget, advance
        )
    return outputs, encoded


def worst(draws: Sequence[pa.Table], metric: str) -> pa.Table:
    """Return of several predictions tables of the same examples, for each the row with the lowest score.

    The first draw counts where several are as low. A row's score is its value over its weight; one without
    weight has none, and is never the lowest.
    """
    if len(draws) == 1:
        return draws[0]
    scores = []
    for table in draws:
        value = table[metric].to_numpy().astype(np.float64)
        name = metric + WEIGHT
        weight = table[name].to_numpy() if name in table.column_names else np.ones(len(value))
        scores.append(np.where(weight > 0, value / np.where(weight > 0, weight, 1), np.inf))
    chosen = np.argmin(scores, axis=0)
    rows = np.arange(len(chosen)) + chosen * len(chosen)
    return pa.concat_tables(draws).take(pa.array(rows))


def _variant(perturb: str | None, clean: pa.Table, context: Context, shape: Format) -> pa.Table:
    """Return the rows of a cell: clean ones, or those with the disturbed texts in place of their own."""
    if perturb is None:
        no, zero = pa.array(np.zeros(clean.num_rows, bool)), pa.array(np.zeros(clean.num_rows, np.int32))
        values = {name: no if name in FLAGS else zero for name in (*FLAGS, *COUNTS)}
        for name, column in values.items():
            clean = clean.append_column(name, column)
        return clean.append_column(LENGTH, pa.nulls(clean.num_rows, pa.float32()))
    disturbed = context.table("perturb", perturb, VARIANT)
    assert disturbed["id"].equals(clean["id"].cast(disturbed["id"].type))
    for name in shape.columns:
        if name in disturbed.column_names:
            clean = clean.set_column(clean.column_names.index(name), name, disturbed[name])
    for name in (*FLAGS, *COUNTS):
        clean = clean.append_column(name, disturbed[name])
    known = LENGTH in disturbed.column_names  # variants of before it was counted lack it
    lengths = disturbed[LENGTH] if known else pa.nulls(clean.num_rows, pa.float32())
    return clean.append_column(LENGTH, lengths)


def _distinct(tables: Sequence[pa.Table], shape: Format) -> tuple[pa.Table, list[np.ndarray]]:
    """Return the distinct rows of the tables, and for each table where its rows are among them.

    All tables hold the same examples in the same order, and differ in their texts alone.
    """
    columns = [name for name in ("id", *shape.columns) if name in tables[0].column_names]
    seen: dict[tuple[Any, ...], int] = {}
    kept: list[pa.Table] = []
    places: list[np.ndarray] = []
    for table in tables:
        texts = zip(range(table.num_rows), *(_hashable(table[name]) for name in shape.texts), strict=True)
        fresh: list[int] = []
        place = np.empty(table.num_rows, dtype=np.int64)
        for row, key in enumerate(texts):
            if key not in seen:
                seen[key] = len(seen)
                fresh.append(row)
            place[row] = seen[key]
        places.append(place)
        kept.append(table.select(columns).take(pa.array(fresh, pa.int64())))
    return pa.concat_tables(kept), places


def _hashable(column: pa.ChunkedArray) -> list[Any]:
    return [tuple(value) if isinstance(value, list) else value for value in column.to_pylist()]
