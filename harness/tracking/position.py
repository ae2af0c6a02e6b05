"""Position: how far a journal has come in MLflow. Read and written without mlflow."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from harness.tracking.store import Destination


@dataclass
class State:
    """How far a journal has come in MLflow, kept beside it as ``<journal>.mlflow.json``.

    `runs` maps local run ids to MLflow's; `top` counts those without a parent.
    """

    tracking_uri: str
    experiment: str
    experiment_id: str = ""
    position: int = 0
    runs: dict[str, str] = field(default_factory=dict)
    top: int = 0

    @classmethod
    def load(cls, journal: Path) -> State | None:
        """Return the state beside a journal; None where there is none yet, or none that can be read."""
        try:
            return cls(**json.loads(_beside(journal).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def save(self, journal: Path) -> None:
        """Write the state beside a journal, whole or not at all."""
        path = _beside(journal)
        aside = path.with_name(f"{path.name}.{os.getpid()}")
        aside.write_text(json.dumps(vars(self)), encoding="utf-8")
        aside.replace(path)


def pending(journal: Path, place: Destination) -> bool:
    """Return whether a journal holds what `place` does not have yet. Imports no mlflow."""
    state = State.load(journal)
    if state is None or (state.tracking_uri, state.experiment) != (place.shown, place.experiment):
        return journal.stat().st_size > 0
    return journal.stat().st_size > state.position


def _beside(journal: Path) -> Path:
    return journal.with_name(f"{journal.name}.mlflow.json")
