"""Rows disturbed and texts parsed in chunks, in this process or in several: how many changes nothing in the result."""

from __future__ import annotations

import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing import get_context, parent_process
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from harness.formats import Format
from harness.perturbation import Perturbation
from harness.text import disturb_table
from harness.text.parses import Parser, UDPipe
from harness.text.passages import Passages
from harness.text.table import FURTHER

CHUNK = 1000  # rows
PARSED = (
    250  # texts that are parsed at once; fewer than twice as many are parsed here before a worker has started
)
FEWEST = 2000  # texts: fewer are disturbed here before a worker has started
MOST = 8
Place = tuple[tuple[Any, ...], str | None]
Sent = tuple[bytes, bytes]  # a perturbation, and the rest of a job


@dataclass(frozen=True)
class Job:
    """A perturbation of a table.

    Attributes:
        place: what tells the rows from other rows, and their trees from other trees of them.
        table: the rows, with the trees that the perturbation needs in ``<column>.conllu``.
        columns: the text columns that it disturbs.
        language: code of their language.
        shape: the rows' format.
    """

    perturbation: Perturbation
    place: Place
    table: pa.Table = field(repr=False)
    columns: Sequence[str]
    language: str
    seed: int
    intensity: float
    shape: Format


def processors() -> int:
    """Return how many processors this process may use, each thread of a core being one."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def default_workers() -> int:
    """Return how many workers are worth while: a processor less than there are, at most 8, 0 where that is one."""
    cores = processors()
    return min(cores - 1, MOST) if cores > 2 else 0


class Workers:
    """Processes that disturb rows and parse texts. They start when they are first needed; `close` ends them.

    A chunk of a table always goes to the same worker, which keeps its sentences for the next perturbation.
    """

    def __init__(self, count: int = 0) -> None:
        self.count = count
        self._pools: list[ProcessPoolExecutor] = []
        self._holds: list[Place | None] = []
        self._here = _Bench()

    def disturb(self, job: Job, told: Callable[[int], None]) -> pa.Table:
        """Return the variant that `disturb_table` makes of a job's table.

        Args:
            told: called with the number of rows that are done, again and again.
        """
        sent = self._sendable(job)
        if sent is not None:
            try:
                return self._spread(job, sent, told)
            except (BrokenProcessPool, _NotThereError):
                # A worker was killed, or lacks the perturbation's module: this process has both.
                self.close()
                self.count = 0
        self._here.take(job.place, job.table)
        parts = []
        for low, high in _chunks(job, 1):
            parts.append(self._here.disturb(job, low, high))
            told(high)
        return _joined(job.table, parts)

    def parse(
        self, parser: Parser, texts: Sequence[str], language: str, told: Callable[[int], None]
    ) -> list[str | None]:
        """Return the trees of each text, as the parser's own `parse` does; several processes only for UDPipe.

        Args:
            told: called with the number of texts that are done, again and again.
        """
        chunks = [texts[low : low + PARSED] for low in range(0, len(texts), PARSED)]
        if self.count > 0 and len(chunks) > 2 and isinstance(parser, UDPipe):
            try:
                return self._parsed(pickle.dumps(parser), chunks, language, told)
            except BrokenProcessPool:
                self.close()
                self.count = 0
        found: list[str | None] = []
        for chunk in chunks:
            found += parser.parse(chunk, language)
            told(len(found))
        return found

    def _parsed(
        self, sent: bytes, chunks: Sequence[Sequence[str]], language: str, told: Callable[[int], None]
    ) -> list[str | None]:
        self._start()
        waits = [
            self._pools[number % self.count].submit(_parse, sent, chunk, language)
            for number, chunk in enumerate(chunks)
        ]
        found: list[str | None] = []
        try:
            for each in waits:
                found += each.result()
                told(len(found))
        except BaseException as error:
            _cancel(waits, error)
            raise
        return found

    def close(self) -> None:
        """End the workers; what they are at is finished first, what waits is dropped."""
        for pool in self._pools:
            pool.shutdown(wait=False, cancel_futures=True)
        for pool in self._pools:
            pool.shutdown()
        self._pools, self._holds, self._here = [], [], _Bench()

    def _sendable(self, job: Job) -> Sent | None:
        """Return a job without its table as bytes; None where workers are of no use to it."""
        texts = job.table.num_rows * len(job.columns)
        if self.count < 1 or texts < FEWEST or "model" in job.perturbation.needs:
            return None
        try:
            return pickle.dumps(job.perturbation), pickle.dumps(
                {**vars(job), "perturbation": None, "table": None}
            )
        except (pickle.PicklingError, AttributeError, TypeError):
            return None

    def _spread(self, job: Job, sent: Sent, told: Callable[[int], None]) -> pa.Table:
        self._start()
        waits: dict[Future[pa.Table], tuple[int, int]] = {}
        try:
            for number, (low, high) in enumerate(_chunks(job, self.count)):
                worker = number % self.count
                if self._holds[worker] != job.place:
                    self._pools[worker].submit(_take, job.place, job.table)
                    self._holds[worker] = job.place
                waits[self._pools[worker].submit(_disturb, sent, low, high)] = (low, high)
            parts = []
            for each, (_, high) in waits.items():
                parts.append(each.result())
                told(high)
        except BaseException as error:
            _cancel(waits, error)
            raise
        return _joined(job.table, parts)

    def _start(self) -> None:
        while len(self._pools) < self.count:
            pool = ProcessPoolExecutor(1, get_context("spawn"), _begin)
            with _uninterrupted():
                pool.submit(int)
            self._pools.append(pool)
            self._holds.append(None)


def _cancel(waits: Iterable[Future[Any]], error: BaseException) -> None:
    """Drop what waits. Not where a worker died: the pool then fails what waits, and must not meet it cancelled."""
    if not isinstance(error, BrokenProcessPool):
        for each in waits:
            each.cancel()


class _NotThereError(Exception):
    """A worker cannot make the perturbation again."""


class _Bench:
    """What a process holds while it works: one table, and the sentences of its texts."""

    def __init__(self) -> None:
        self.place: Place = ((), None)
        self.table: pa.Table = None
        self.passages: dict[str, Passages] = {}

    def take(self, place: Place, table: pa.Table) -> None:
        if place[0] != self.place[0]:
            self.passages = {}
        if place != self.place:
            self.place, self.table = place, table

    def disturb(self, job: Job, low: int, high: int) -> pa.Table:
        edits = _edits_rows(job.perturbation)
        if not edits and job.shape.name not in self.passages:
            self.passages[job.shape.name] = Passages(job.language, job.shape.passage)
        return disturb_table(
            job.perturbation,
            self.table if edits else self.table.slice(low, high - low),
            job.columns,
            language=job.language,
            seed=job.seed,
            intensity=job.intensity,
            shape=job.shape,
            passages=None if edits else self.passages[job.shape.name],
            only=range(low, high) if edits else None,
        )


_BENCH = _Bench()  # a worker's own


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one that started it is interrupted, and ends it
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _take(place: Place, table: pa.Table) -> None:
    _BENCH.take(place, table)


def _disturb(sent: Sent, low: int, high: int) -> pa.Table:
    try:
        job = Job(**{**pickle.loads(sent[1]), "perturbation": _perturbation(sent[0])})
    except Exception as error:
        raise _NotThereError(str(error)) from None
    return _BENCH.disturb(job, low, high)


@lru_cache(maxsize=8)
def _perturbation(sent: bytes) -> Perturbation:
    """Return a perturbation that was sent: the same each time, with all that it has found out about words."""
    perturbation: Perturbation = pickle.loads(sent)
    return perturbation


def _parse(sent: bytes, texts: Sequence[str], language: str) -> list[str | None]:
    return _parser(sent).parse(texts, language)


@lru_cache(maxsize=1)
def _parser(sent: bytes) -> Parser:
    parser: Parser = pickle.loads(sent)
    return parser


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let a process that starts here ignore interrupts from its first moment on."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _edits_rows(perturbation: Perturbation) -> bool:
    return type(perturbation).edit is not Perturbation.edit


def _chunks(job: Job, workers: int) -> list[tuple[int, int]]:
    """Return the rows of each chunk; where all rows are looked at, as few chunks as there are workers."""
    rows = job.table.num_rows
    size = -(-rows // workers) if _edits_rows(job.perturbation) else min(CHUNK, -(-rows // workers))
    return [(low, min(low + size, rows)) for low in range(0, rows, max(size, 1))] or [(0, 0)]


def _joined(table: pa.Table, parts: Sequence[pa.Table]) -> pa.Table:
    """Put chunks one after the other; a column that only some of them changed is as it was in the others."""
    names = dict.fromkeys(name for part in parts for name in part.column_names if name not in FURTHER)
    whole, low = [], 0
    for part in parts:
        columns = {}
        for name in (*names, *FURTHER):
            if name in part.column_names:
                columns[name] = part.column(name)
            else:
                old = table.column(name).slice(low, part.num_rows)
                text = pa.types.is_string(old.type) or pa.types.is_large_string(old.type)
                columns[name] = pc.fill_null(old, "") if text else old
        whole.append(pa.table(columns))
        low += part.num_rows
    return pa.concat_tables(whole).combine_chunks()
