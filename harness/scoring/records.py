"""Run records: what one model x intermediate x target x seed gave, as one JSON file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from harness.errors import HarnessError
from harness.names import near
from harness.scoring.scores import CLEAN, Average, CellScores, RunScores, WorstCase

SCHEMA = 2
LATEST = "latest"
T = TypeVar("T")


@dataclass(frozen=True)
class TrainStage:
    """One training stage that a run rests on; `seconds` of training, `best_dev` the selected dev score."""

    key: str
    title: str
    phase: str
    examples: int
    steps: int
    seconds: float
    best_dev: float | None = None


@dataclass(frozen=True)
class Variant:
    """One version of the evaluated text: ``clean``, or a perturbation at an intensity.

    Of `draws` above 1 the worst counted, example by example: so often the model was asked. With `greedy` above 0
    so many words at most were disturbed, those that mattered most to the model; `CellScores.queries` says how
    often it was asked.
    """

    label: str
    perturbation: str | None = None
    family: str | None = None
    intensity: float | None = None
    keeps_meaning: bool | None = None
    draws: int = 1
    greedy: int = 0

    @property
    def search(self) -> str:
        """How texts were looked for that harm the model, as the label begins: ``worst:8:``; empty: not at all."""
        if self.greedy:
            return f"greedy:{self.greedy}:"
        return f"worst:{self.draws}:" if self.draws > 1 else ""


@dataclass(frozen=True)
class Cell:
    """One language on one variant: the key of its evaluate stage, or the reason why it is not served."""

    language: str
    variant: str
    key: str | None
    reason: str | None = None


@dataclass(frozen=True)
class RunRecord:
    """One run: settings, training stages, cells and scores. See docs/scoring.md for the JSON.

    Attributes:
        chance: for each language the score of the guess that does not understand the texts.
        metric: by which the scores are made.
        settings: what else decides about a score and is shown beside it: the official rule, pooling, layer.
    """

    run_id: str
    name: str
    model: str
    intermediate: str
    target: str
    seed: int
    recipe: str
    precision: str
    created: str
    command: str
    split: str
    limit: int | None
    labels: tuple[str, ...]
    chance: Mapping[str, float]
    metric: str
    train_stages: tuple[TrainStage, ...]
    languages: tuple[str, ...]
    variants: tuple[Variant, ...]
    cells: tuple[Cell, ...]
    scores: tuple[CellScores, ...] = ()
    averages: tuple[Average, ...] = ()
    worst: tuple[WorstCase, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    schema: int = field(default=SCHEMA)

    @property
    def disturbed(self) -> tuple[Variant, ...]:
        """The variants other than clean text."""
        return tuple(variant for variant in self.variants if variant.label != CLEAN)

    def cell(self, language: str, variant: str) -> Cell | None:
        """Return the cell of a language and variant label; None where it was never planned."""
        return next((c for c in self.cells if (c.language, c.variant) == (language, variant)), None)

    def score(self, language: str, variant: str) -> CellScores | None:
        """Return the scores of a language on a variant; None where it is not served."""
        return next((s for s in self.scores if (s.language, s.variant) == (language, variant)), None)

    def average(self, name: str, variant: str) -> Average | None:
        """Return the average ``mean`` or ``mean_transfer`` on a variant; None where no language is served."""
        return next((a for a in self.averages if (a.name, a.variant) == (name, variant)), None)

    def with_scores(self, scores: RunScores) -> RunRecord:
        """Return the record with its scores."""
        return replace(self, scores=scores.cells, averages=scores.averages, worst=scores.worst)

    def to_json(self) -> str:
        """Return the record as JSON, `schema` first."""
        content = {"schema": self.schema, **asdict(self)}
        return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str, place: str = "run record") -> RunRecord:
        """Read a record. Raises HarnessError, naming `place`, where it is not one of this schema.

        Fields that this version does not know are left out, so that a newer harness's additions do no harm.
        """
        try:
            content = json.loads(text)
            if content["schema"] != SCHEMA:
                raise HarnessError(
                    f"{place}: schema {content['schema']}, this harness reads {SCHEMA}",
                    "Use the harness version that wrote it, or remove the file and run again.",
                )
            parts: dict[str, type[Any]] = {
                "train_stages": TrainStage,
                "variants": Variant,
                "cells": Cell,
                "scores": CellScores,
                "averages": Average,
                "worst": WorstCase,
            }
            known = _known(cls, content)
            for name, kind in parts.items():
                known[name] = tuple(kind(**_known(kind, part)) for part in content.get(name, ()))
            return cls(**known)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise HarnessError(
                f"{place}: not a run record ({error})", "Remove the file and run again: done stages are kept."
            ) from error

    @classmethod
    def load(cls, path: Path) -> RunRecord:
        """Read the record in a file. Raises HarnessError where it cannot be read."""
        try:
            return cls.from_json(path.read_text(encoding="utf-8"), str(path))
        except OSError as error:
            raise HarnessError(f"{path}: {error.strerror}", "Is --workspace the right folder?") from error

    def save(self, folder: Path) -> Path:
        """Write the record to ``folder/<run_id>.json``, whole or not at all; return the path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.run_id}.json"
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        aside.write_text(self.to_json(), encoding="utf-8")
        aside.replace(path)
        return path


def records(folder: Path) -> list[RunRecord]:
    """Return the records in a folder, oldest first; an empty list where there is none."""
    found = [RunRecord.load(path) for path in sorted(folder.glob("*.json"))]
    return sorted(found, key=lambda record: (record.created, record.name))


def find(known: list[RunRecord], text: str) -> RunRecord:
    """Return the record that `text` means: a run id or its beginning, a name, or ``latest``.

    `known` is ordered as `records` gives it. Raises HarnessError where none or several are meant.
    """
    if not known:
        raise HarnessError("no runs yet", "Make one: harness run")
    if text == LATEST:
        return known[-1]
    named = [record for record in known if text in (record.run_id, record.name)]
    found = named or [record for record in known if record.run_id.startswith(text)]
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(f"{record.run_id[:8]} ({record.name}, {record.created})" for record in found)
        raise HarnessError(f"'{text}' means several runs: {listed}", "Give the run id's first digits.")
    close = near(text, [record.name for record in known])
    mend = f"Did you mean {' or '.join(close)}?" if close else "List the runs: harness compare"
    raise HarnessError(f"unknown run '{text}'", mend)


def _known(kind: type[Any], content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the dataclass `kind` has fields for, lists as tuples."""
    names = {item.name for item in fields(kind)}
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in content.items()
        if name in names
    }
