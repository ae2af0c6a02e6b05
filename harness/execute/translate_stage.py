"""Translate stages: a task's English rows in, rows in another language out."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq

from harness.data.identity import DataPlaces
from harness.data.load import Loaded, fingerprint, load
from harness.errors import HarnessError
from harness.execute.context import Context
from harness.execute.progress import Progress
from harness.formats import format_named
from harness.formats.translation import SOURCE
from harness.plan.model_identity import local_folder
from harness.plan.stages import TranslateStage
from harness.plan.translate import KIND
from harness.translation.chunks import Translator, forget_chunks, translate_all
from harness.translation.rows import pieces_to_translate, translated_table
from harness.translation.translator import FILES, load_translator
from harness.workspace import Workspace

ROWS = "rows.parquet"
Make = Callable[[TranslateStage], Translator]


def run_translate(stage: TranslateStage, context: Context) -> Loaded:
    """Translate a task's rows where that is not done yet, and return them."""
    return translate(stage, context.places, context.workspace, context.progress, context.plan.device)


def translate(
    stage: TranslateStage,
    places: DataPlaces,
    workspace: Workspace,
    progress: Progress,
    device: str,
    make: Make | None = None,
) -> Loaded:
    """Translate a task's rows, leave ``rows.parquet``, and return them; a finished stage is only read.

    Stopped work goes on where it was: the finished chunks lie in the stage's unfinished folder.

    Args:
        device: ``cpu`` or ``cuda``.
        make: gives the translator; by default the model that the stage names is loaded.

    Raises:
        HarnessError: the rows or the model cannot be had, or no row could be translated.
    """
    if not workspace.done(KIND, stage.key):
        with workspace.working(KIND, stage.key) as folder:
            if not workspace.done(KIND, stage.key):
                _translate(stage, places, workspace, progress, folder, make or _loader(places, device))
    return translated_rows(stage, workspace)


def translated_rows(stage: TranslateStage, workspace: Workspace) -> Loaded:
    """Return the rows of a finished stage, as `harness.data.load.load` returns those of a task."""
    facts = workspace.read(KIND, stage.key)
    table = pq.read_table(workspace.place(KIND, stage.key) / ROWS)
    origin = f"{stage.task} {stage.split} translated to {stage.language} by {stage.translator}"
    return Loaded(table, facts["dropped"], tuple(facts["notes"]), facts["fingerprint"], origin)


def _translate(
    stage: TranslateStage,
    places: DataPlaces,
    workspace: Workspace,
    progress: Progress,
    folder: Path,
    make: Make,
) -> None:
    started = time.monotonic()
    task = places.registry.task(stage.task)
    shape = format_named(task.format)
    english = load(task, stage.split, SOURCE, places, stage.limit)
    pieces = pieces_to_translate(english.table, shape)
    translator = make(stage)
    with progress.work(stage.title, len(pieces)) as bar:
        found = translate_all(pieces, translator, folder, bar.to)
    made = translated_table(english.table, shape, found, stage.language)
    if not made.table.num_rows:
        raise HarnessError(
            f"{stage.translator} translated no row of {stage.task} to {stage.language}: {_told(made.dropped)}",
            "Look at a few of its translations, and try another translator.",
        )
    pq.write_table(made.table, folder / ROWS, compression="zstd")
    forget_chunks(folder)
    facts = {
        "rows": made.table.num_rows,
        "dropped": dict(made.dropped),
        "notes": list(english.notes),
        "pieces": len(pieces),
        "fingerprint": fingerprint(made.table),
        "seconds": time.monotonic() - started,
    }
    workspace.commit(KIND, stage.identity, facts)


def _told(dropped: object) -> str:
    reasons = dropped if isinstance(dropped, dict) else {}
    return ", ".join(f"{count:,} rows: {reason}" for reason, count in reasons.items())


def _loader(places: DataPlaces, device: str) -> Make:
    def make(stage: TranslateStage) -> Translator:
        entry = places.registry.translator(stage.translator)
        return load_translator(entry, stage.language, _folder(stage), device, stage.precision)

    return make


def _folder(stage: TranslateStage) -> Path:
    """Return the folder with the model's files: local, else downloaded."""
    folder = local_folder(stage.path)
    if folder is not None:
        return folder
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(
            snapshot_download(
                stage.path, revision=stage.commit, allow_patterns=list(FILES), ignore_patterns=["*/*"]
            )
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise HarnessError(
            f"translator {stage.path} could not be downloaded: {type(error).__name__}",
            "Run the same command again, or name a local folder as the translator's `path`.",
        ) from error
