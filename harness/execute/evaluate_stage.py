"""Evaluate stages: all missing cells of a checkpoint, in all languages, predicted in one stream."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from transformers import PreTrainedTokenizerFast

from harness.data.load import Loaded
from harness.engine.network import Network, TaskData, inputs_of
from harness.engine.prediction import predict, predict_distinct, sequence_hashes
from harness.execute.context import Context
from harness.execute.data_stages import VARIANT
from harness.execute.encodings import Encodings
from harness.formats import Encoded, Format, Settings
from harness.formats.base import WEIGHT, joined
from harness.plan.stages import EvaluateStage
from harness.text.table import COUNTS, FLAGS, LENGTH, QUERIES

PREDICTIONS = "predictions.parquet"
ACCOUNTS = (*FLAGS, *COUNTS, LENGTH)
CELLS = 64  # predicted at once, at most


def run_evaluate(
    stages: Sequence[EvaluateStage],
    network: Network,
    data: TaskData,
    tokenizer: PreTrainedTokenizerFast,
    context: Context,
) -> None:
    """Predict the cells of one checkpoint and leave ``predictions.parquet`` in each.

    Cells are taken in chunks of about ``Context.chunk`` tokens that differ: what is the same in cells of a
    chunk (clean and disturbed, languages, fields) is computed once, memory is bounded, and a stop loses no
    more than a chunk. Cells of a language should stand together.
    """
    evaluation = _Evaluation(network, data, tokenizer, context)
    title = f"predict {data.name} ({len(stages)} cells)"
    with context.progress.work(title, len(stages)) as bar:
        done = 0
        for cells in _ahead(evaluation.chunks(stages), context.plan.device == "cuda"):
            first = done

            def heed(share: float, first: int = first, cells: Sequence[_Cell] = cells) -> None:
                bar.to(first + share * len(cells), f"in {cells[0].stage.language}")

            evaluation.predict(cells, heed)
            done += len(cells)
            bar.to(done)


@dataclass(frozen=True)
class _Cell:
    """A stage with its rows: one table a draw, and each of them encoded."""

    stage: EvaluateStage
    rows: Loaded
    tables: list[pa.Table]
    encoded: list[Encoded]


@dataclass(frozen=True)
class _Language:
    """What the cells of a language share: settings with what was calibrated, the trivial scores, notes."""

    settings: Settings
    trivial: dict[str, float]
    notes: list[str]


class _Evaluation:
    """One checkpoint, on its way through cells."""

    def __init__(
        self, network: Network, data: TaskData, tokenizer: PreTrainedTokenizerFast, context: Context
    ) -> None:
        self.network, self.data, self.context = network, data, context
        self.shape = data.format
        self.inputs = inputs_of(network.encoder, tokenizer)
        self.encodings = Encodings(tokenizer, context)
        self._languages: dict[str, _Language] = {}
        self._clean: tuple[str, pa.Table, Encoded] | None = None

    def chunks(self, stages: Sequence[EvaluateStage]) -> Iterator[list[_Cell]]:
        """Yield cells, encoded, as many as are predicted at once."""
        cells: list[_Cell] = []
        seen, tokens = np.zeros(0, dtype=np.uint64), 0
        for stage in stages:
            cell = self._cell(stage)
            cells.append(cell)
            for each in cell.encoded:
                hashes, firsts = np.unique(sequence_hashes(each), return_index=True)
                fresh = ~np.isin(hashes, seen, assume_unique=True)
                tokens += int(each.widths[firsts[fresh]].sum())
                seen = np.concatenate([seen, hashes[fresh]])
            if tokens >= self.context.chunk or len(cells) >= CELLS:
                yield cells
                cells, seen, tokens = [], np.zeros(0, dtype=np.uint64), 0
        if cells:
            yield cells

    def predict(self, cells: Sequence[_Cell], heed: Callable[[float], None]) -> None:
        """Predict cells in one stream and commit them; `heed` is told which share is done."""
        started = time.monotonic()
        languages = [self._language(cell) for cell in cells]
        parts = [each for cell in cells for each in cell.encoded]
        stream = joined([_bare(part) for part in parts] if self.shape.alone else parts)
        done, total = 0, max(len(stream.widths), 1)

        def advance(count: int) -> None:
            nonlocal done
            done += count
            heed(done / total)

        found = predict_distinct(
            self.network,
            self.data.slot,
            self.shape,
            stream,
            self.inputs,
            self.context.accelerator,
            self.context.budget,
            advance,
        )
        first = 0
        for cell, language in zip(cells, languages, strict=True):
            draws = []
            for table, mine in zip(cell.tables, cell.encoded, strict=True):
                outputs = found.of(slice(first, first + len(mine.widths)))
                first += len(mine.widths)
                draws.append(self._decoded(outputs, mine, table, language))
            self._commit(cell, language, worst(draws, cell.stage.metric), started)

    def _cell(self, stage: EvaluateStage) -> _Cell:
        rows = self.context.rows(stage.task, stage.split, stage.language, stage.limit)
        settings = self.data.settings.within(stage.language)
        if self._clean is None or self._clean[0] != stage.language:
            self._clean = stage.language, rows.table, self.encodings.of(rows.table, self.shape, settings)
        _, clean, encoded = self._clean
        tables = [_variant(key, clean, self.context, self.shape) for key in stage.perturb or (None,)]
        each = [
            self.encodings.of(table, self.shape, settings, (clean, encoded)) if stage.perturb else encoded
            for table in tables
        ]
        return _Cell(stage, rows, tables, each)

    def _language(self, cell: _Cell) -> _Language:
        """Return what a language's cells share; found, and its threshold fitted on dev rows, at the first."""
        name = cell.stage.language
        if name not in self._languages:
            settings, notes = self.data.settings.within(name), list(cell.rows.notes)
            if self.shape.calibrates(settings):
                settings = settings.within(name, self._calibration(cell.stage, settings, notes))
            trivial = self.shape.trivial(cell.rows.table, settings)
            self._languages[name] = _Language(settings, dict(trivial), notes)
        return self._languages[name]

    def _calibration(self, stage: EvaluateStage, settings: Settings, notes: list[str]) -> Mapping[str, float]:
        if "dev" in stage.split.split(","):
            notes.append(f"{stage.task}: its threshold is fitted on dev rows, which are evaluated")
            self.context.say(notes[-1])
        dev = self.context.rows(stage.task, "dev", stage.language, None).table
        encoded = self.encodings.of(dev, self.shape, settings)
        outputs = predict(
            self.network,
            self.data.slot,
            self.shape,
            encoded,
            self.inputs,
            self.context.accelerator,
            self.context.budget,
        )
        return self.shape.calibrate(outputs, encoded, dev, settings)

    def _decoded(
        self, outputs: np.ndarray, encoded: Encoded, table: pa.Table, language: _Language
    ) -> pa.Table:
        decoded = self.shape.decode(outputs, encoded, table, language.settings)
        examples = self.shape.examples(table)
        kept = table.filter(pa.array(examples)).select(
            ["id", "cluster", *ACCOUNTS, *(name for name in (QUERIES,) if name in table.column_names)]
        )
        subwords = encoded.subwords(table.num_rows)[examples]
        kept = kept.append_column("subwords", pa.array(subwords.astype(np.int32)))
        for name in decoded.column_names:
            kept = kept.append_column(name, decoded[name])
        return kept

    def _commit(self, cell: _Cell, language: _Language, kept: pa.Table, started: float) -> None:
        stage, rows, workspace = cell.stage, cell.rows, self.context.workspace
        with workspace.working("evaluate", stage.key) as folder:
            if workspace.done("evaluate", stage.key):
                return
            pq.write_table(kept, folder / PREDICTIONS, compression="zstd")
            facts = {
                "language": stage.language,
                "variant": stage.variant,
                "labels": list(language.settings.labels),
                "rows": kept.num_rows,
                "draws": len(cell.tables),
                "trivial": {name: float(value) for name, value in language.trivial.items()},
                "calibration": {name: float(v) for name, v in language.settings.calibration.items()},
                "fingerprint": rows.fingerprint,
                "origin": rows.origin,
                "dropped": dict(rows.dropped),
                "notes": language.notes,
                "seconds": time.monotonic() - started,
            }
            workspace.commit("evaluate", stage.identity, facts)


def _bare(encoded: Encoded) -> Encoded:
    """Return the sequences alone."""
    return Encoded(encoded.tokens, encoded.starts, encoded.segments)


def _ahead(chunks: Iterator[list[_Cell]], beside: bool) -> Iterator[list[_Cell]]:
    """Yield the chunks; `beside`: each is made in a thread while the one before is predicted."""
    if not beside:
        yield from chunks
        return
    with ThreadPoolExecutor(1, "encode") as thread:
        coming = thread.submit(next, chunks, None)
        while (cells := coming.result()) is not None:
            coming = thread.submit(next, chunks, None)
            yield cells


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
    if QUERIES in disturbed.column_names:
        clean = clean.append_column(QUERIES, disturbed[QUERIES])
    return clean.append_column(LENGTH, lengths)
