"""Translate stages: a task's English rows in another language, by a translator of the registry."""

from __future__ import annotations

from typing import Any

from harness.data.identity import DataPlaces, file_digest, has_split, rows_identity, training_task
from harness.errors import HarnessError
from harness.formats import format_named
from harness.formats.translation import SOURCE
from harness.keys import key
from harness.plan.model_identity import local_folder
from harness.plan.stages import TranslateStage
from harness.registry_schema import TranslatorEntry
from harness.task import Task
from harness.translation.rows import check_translatable
from harness.translation.translator import FILES, filled, of_language

KIND = "translate"
TRANSLATE_VERSION = 1


def translated_task(task: Task, split: str, places: DataPlaces) -> Task:
    """Return the task whose English rows are translated for `task`: for training those that train it.

    Raises:
        HarnessError: there is no such split, no English row in it, or none that can be translated.
    """
    found = training_task(task, places.registry) if split == "train" else task
    if SOURCE not in found.languages:
        raise HarnessError(
            f"{found.name} has no English rows to translate", f"It has: {' '.join(found.languages)}"
        )
    if not has_split(found, split, places.registry, SOURCE):
        raise HarnessError(f"{found.name} has no {split} split in English", "Choose another with --split.")
    check_translatable(found, format_named(found.format))
    return found


def translate_stage(
    task: Task,
    split: str,
    language: str,
    translator: str,
    places: DataPlaces,
    limit: int | None = None,
    precision: str = "fp32",
) -> TranslateStage:
    """Return the stage that translates a task's English rows into a language.

    Args:
        translator: its name in the registry.
        limit: rows that are drawn before the translation; None: all.

    Raises:
        HarnessError: the task's rows cannot be translated, the translator does not know the language, or
            its commit cannot be resolved.
    """
    task = translated_task(task, split, places)
    entry = places.registry.translator(translator)
    if language not in entry.codes:
        raise HarnessError(
            f"{translator} does not translate to '{language}'", f"It does to: {' '.join(sorted(entry.codes))}"
        )
    path = filled(entry.path, entry.codes[language])
    model = _model_identity(path, entry, language, places)
    identity = {
        "kind": KIND,
        "code": TRANSLATE_VERSION,
        "data": rows_identity(task, split, SOURCE, places),
        "limit": limit,
        "language": language,
        "model": model,
        "told": {
            "source": entry.source,
            "target_token": filled(entry.target_token, entry.codes[language]),
            "prefix": filled(of_language(entry.prefix, language) or "", entry.codes[language]),
        },
        "search": {"beams": entry.beams, "max_length": entry.max_length},
        "precision": precision,
    }
    return TranslateStage(
        key(identity),
        identity,
        task.name,
        split,
        language,
        limit,
        translator,
        path,
        model.get("commit"),
        precision,
    )


def _model_identity(path: str, entry: TranslatorEntry, language: str, places: DataPlaces) -> dict[str, Any]:
    """Return repository and commit, or the digests of a folder's files."""
    folder = local_folder(path)
    if folder is None:
        found = places.revisions.resolve("model", path, of_language(entry.revision, language))
        return {"hub": path, "commit": found.commit}
    files = sorted(file for pattern in FILES for file in folder.glob(pattern))
    return {"files": {file.name: file_digest(file, file.stat().st_mtime_ns) for file in files}}
