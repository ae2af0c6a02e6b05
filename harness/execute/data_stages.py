"""Parse and perturb stages: a task's rows in, trees or disturbed rows out."""

from __future__ import annotations

import time
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq

from harness.errors import HarnessError
from harness.execute.context import Context
from harness.execute.progress import Bar
from harness.execute.workers import Job
from harness.formats import format_named
from harness.plan.stages import ParseStage, PerturbStage
from harness.text.table import with_trees

PARSES, VARIANT = "parses.parquet", "variant.parquet"


def run_parse(stage: ParseStage, context: Context) -> None:
    """Parse the text columns of a language's rows into CoNLL-U and leave ``parses.parquet``."""
    with context.workspace.working("parse", stage.key) as folder:
        if context.workspace.done("parse", stage.key):
            return
        started = time.monotonic()
        table = context.rows(stage.task, stage.split, stage.language, stage.limit).table
        assert context.parser is not None
        shape = format_named(context.registry.task(stage.task).format)
        columns: dict[str, list[str | None]] = {"id": table["id"].to_pylist()}
        total = table.num_rows * len(stage.columns)
        with context.progress.work(f"parse {stage.task} {stage.language}", total) as bar:
            for place, column in enumerate(stage.columns):
                texts = [shape.text(value, stage.language) for value in table[column].to_pylist()]
                told = partial(_further, bar, place * len(texts))
                parses = context.workers.parse(context.parser, texts, stage.language, told)
                columns[f"{column}.conllu"] = parses
        result = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
        pq.write_table(result, folder / PARSES, compression="zstd")
        context.workspace.commit("parse", stage.identity, {"seconds": time.monotonic() - started})


def _further(bar: Bar, before: int, done: int) -> None:
    bar.to(before + done)


def run_perturb(stage: PerturbStage, context: Context) -> None:
    """Disturb a language's rows and leave ``variant.parquet``."""
    with context.workspace.working("perturb", stage.key) as folder:
        if context.workspace.done("perturb", stage.key):
            return
        started = time.monotonic()
        perturbation = context.registry.perturbation(stage.perturbation).given(context.plan.resources)
        shape = format_named(context.registry.task(stage.task).format)
        table = context.rows(stage.task, stage.split, stage.language, stage.limit).table
        if stage.parse is not None:
            table = with_trees(table, stage.columns, context.table("parse", stage.parse, PARSES))
        elif "parse" in perturbation.needs:
            trees = [f"{column}.conllu" for column in stage.columns]
            missing = [name for name in trees if name not in table.column_names]
            if missing:
                raise HarnessError(f"task {stage.task} promises gold trees, but its rows lack {missing[0]}")
        job = Job(
            perturbation,
            ((stage.task, stage.split, stage.language, stage.limit), stage.parse),
            table,
            stage.columns,
            stage.language,
            stage.seed,
            stage.intensity,
            shape,
        )
        title = f"perturb {stage.task} {stage.language} {stage.label}"
        with context.progress.work(title, table.num_rows) as bar:
            result = context.workers.disturb(job, bar.to)
        pq.write_table(result, folder / VARIANT, compression="zstd")
        context.workspace.commit("perturb", stage.identity, {"seconds": time.monotonic() - started})
