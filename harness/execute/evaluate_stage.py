"""Evaluate stages: all missing cells of a checkpoint in a language, predicted in one pass."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from transformers import PreTrainedTokenizerFast

from harness.engine.network import Network, inputs_of
from harness.engine.prediction import predict
from harness.execute.context import Context
from harness.execute.data_stages import VARIANT
from harness.formats import Format, format_named
from harness.plan.stages import EvaluateStage, TrainStage

PREDICTIONS = "predictions.parquet"
ACCOUNTS = ("eligible", "touched", "char_edits", "token_edits")


def run_evaluate(
    train: TrainStage,
    stages: Sequence[EvaluateStage],
    network: Network,
    tokenizer: PreTrainedTokenizerFast,
    context: Context,
) -> None:
    """Predict the cells of one checkpoint in one language and leave ``predictions.parquet`` in each.

    Rows whose texts are the same in several variants are predicted once.
    """
    started = time.monotonic()
    first = stages[0]
    task = context.registry.task(first.task)
    shape = format_named(task.format)
    rows = context.rows(first.task, first.split, first.language, first.limit)
    tables = [_variant(stage, rows.table, context, shape) for stage in stages]
    unique, places = _distinct(tables, shape)
    title = f"predict {task.name} {first.language} ({len(stages)} variants)"
    with context.progress.work(title, unique.num_rows) as bar:
        done = 0

        def advance(count: int) -> None:
            nonlocal done
            done += count
            bar.to(done)

        encoded = shape.encode(unique, tokenizer, train.recipe.max_length, task.labels)
        inputs = inputs_of(network.encoder, tokenizer)
        logits = predict(
            network, first.head, shape, encoded, inputs, context.accelerator, context.budget, advance
        )
    for stage, table, place in zip(stages, tables, places, strict=True):
        decoded = shape.decode(logits[place], table, task.labels)
        lengths = pa.array(encoded.lengths[place].astype(np.int32))
        kept = table.select(["id", "cluster", *ACCOUNTS]).append_column("subwords", lengths)
        for name in decoded.column_names:
            kept = kept.append_column(name, decoded[name])
        with context.workspace.working("evaluate", stage.key) as folder:
            if context.workspace.done("evaluate", stage.key):
                continue
            pq.write_table(kept, folder / PREDICTIONS, compression="zstd")
            facts = {
                "language": stage.language,
                "variant": stage.variant,
                "labels": list(task.labels),
                "rows": kept.num_rows,
                "fingerprint": rows.fingerprint,
                "origin": rows.origin,
                "dropped": dict(rows.dropped),
                "notes": list(rows.notes),
                "predicted": unique.num_rows,
                "seconds": time.monotonic() - started,
            }
            context.workspace.commit("evaluate", stage.identity, facts)


def _variant(stage: EvaluateStage, clean: pa.Table, context: Context, shape: Format) -> pa.Table:
    """Return the rows of a cell: clean ones, or those with the disturbed texts in place of their own."""
    if stage.perturb is None:
        no, zero = pa.array(np.zeros(clean.num_rows, bool)), pa.array(np.zeros(clean.num_rows, np.int32))
        values = {"eligible": no, "touched": no, "char_edits": zero, "token_edits": zero}
        for name, column in values.items():
            clean = clean.append_column(name, column)
        return clean
    disturbed = context.table("perturb", stage.perturb, VARIANT)
    assert disturbed["id"].equals(clean["id"].cast(disturbed["id"].type))
    for name in shape.texts:
        if name in disturbed.column_names:
            clean = clean.set_column(clean.column_names.index(name), name, disturbed[name])
    for name in ACCOUNTS:
        clean = clean.append_column(name, disturbed[name])
    return clean


def _distinct(tables: Sequence[pa.Table], shape: Format) -> tuple[pa.Table, list[np.ndarray]]:
    """Return the rows with distinct texts over all tables, and for each table where its rows are among them."""
    seen: dict[tuple[str, ...], int] = {}
    kept: list[pa.Table] = []
    places: list[np.ndarray] = []
    for table in tables:
        texts = list(zip(*(table[name].to_pylist() for name in shape.texts), strict=True))
        fresh: list[int] = []
        place = np.empty(len(texts), dtype=np.int64)
        for row, key in enumerate(texts):
            if key not in seen:
                seen[key] = len(seen)
                fresh.append(row)
            place[row] = seen[key]
        places.append(place)
        kept.append(table.select(list(shape.columns)).take(pa.array(fresh, pa.int64())))
    return pa.concat_tables(kept), places
