"""What the stages of one invocation share: where things come from, where they go, and how to run."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from harness.data.identity import DataPlaces
from harness.data.load import Loaded, load
from harness.errors import HarnessError
from harness.execute.beside import Beside
from harness.execute.progress import Progress
from harness.execute.workers import Workers
from harness.model import Model
from harness.plan.model_identity import FILES, local_folder
from harness.plan.stages import Plan
from harness.registry import Registry
from harness.workspace import Workspace

if TYPE_CHECKING:
    from accelerate import Accelerator

    from harness.text.parses import Parser

TOKENS_CORE, TOKENS_GPU = 512, 65536
LEAST, MOST = 1024, 8192  # on a CPU
CHUNK_CPU, CHUNK_GPU = 2_000_000, 8_000_000


def default_budget(device: str) -> int:
    """Return the padded tokens of a batch at prediction: on a CPU few, which hold least padding."""
    if device == "cuda":
        return TOKENS_GPU
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(max(TOKENS_CORE * cores, LEAST), MOST)


@dataclass
class Context:
    """The surroundings of stages. Nothing in it changes a result beyond float rounding.

    Attributes:
        prediction_budget: padded tokens in a batch at prediction; None: see `default_budget`.
        save_seconds: time between two saved states of training.
        compile: whether layers are compiled in training; dropout is then drawn otherwise, as on another device.
        workers: the processes that disturb rows.
        beside: stages that are done meanwhile, by their keys; `table` waits for them.
        note: called with what a reader should know (dropped rows, row counts), each once.
    """

    plan: Plan
    registry: Registry
    places: DataPlaces
    workspace: Workspace
    parser: Parser | None
    progress: Progress
    prediction_budget: int | None = None
    save_seconds: float = 120.0
    note: Callable[[str], None] = print
    workers: Workers = field(default_factory=Workers)
    compile: bool = False
    beside: Beside = field(default_factory=Beside)
    _tables: dict[tuple[str, str, str, int | None], Loaded] = field(default_factory=dict)
    _noted: set[str] = field(default_factory=set)

    def rows(self, task: str, split: str, language: str, limit: int | None) -> Loaded:
        """Return a task's rows, read once; what was dropped is noted."""
        place = (task, split, language, limit)
        if place not in self._tables:
            found = load(self.registry.task(task), split, language, self.places, limit)
            self._tables[place] = found
            for note in found.notes:
                self.say(note)
            for reason, count in found.dropped.items():
                self.say(f"{task} {split} {language}: {count:,} rows left out, {reason}")
        return self._tables[place]

    def say(self, note: str) -> None:
        """Pass a note on, once."""
        if note not in self._noted:
            self._noted.add(note)
            self.note(note)

    def table(self, kind: str, stage_key: str, name: str) -> pa.Table:
        """Return a table that a stage holds, once it is finished."""
        import pyarrow.parquet as pq

        if self.beside.pending(stage_key):
            self.say("waiting for rows that are still being disturbed")
        self.beside.wait(stage_key)
        self.workspace.read(kind, stage_key)
        return pq.read_table(self.workspace.place(kind, stage_key) / name)

    @property
    def model(self) -> Model:
        """The model of the plan."""
        return self.registry.model(self.plan.spec.model)

    @cached_property
    def model_folder(self) -> Path | None:
        """The folder with the model's files: downloaded, local, or None where the plugin builds it."""
        path = self.model.path
        if path is None:
            return None
        folder = local_folder(path)
        if folder is not None:
            return folder
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

        commit = self.places.revisions.resolve("model", path, self.model.revision).commit
        try:
            found = snapshot_download(
                path, revision=commit, allow_patterns=list(FILES), ignore_patterns=["*/*"]
            )
        except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
            raise HarnessError(
                f"model {path} could not be downloaded: {type(error).__name__}",
                "Run the same command again, or give a local folder as --model.",
            ) from error
        return Path(found)

    @cached_property
    def accelerator(self) -> Accelerator:
        """The device and precision of the plan, through accelerate."""
        from accelerate import Accelerator

        from harness.engine.devices import check

        check(self.plan.device)
        return Accelerator(
            mixed_precision="bf16" if self.plan.precision == "bf16" else "no", cpu=self.plan.device == "cpu"
        )

    @property
    def budget(self) -> int:
        """Padded tokens in a batch at prediction."""
        return self.prediction_budget or default_budget(self.plan.device)

    @property
    def chunk(self) -> int:
        """Tokens that are predicted before anything is written: a stop loses no more, and memory is bounded."""
        return CHUNK_GPU if self.plan.device == "cuda" else CHUNK_CPU
