from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.tracking.store import Destination, connect, destination


@pytest.fixture(scope="session")
def made_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty MLflow database: its tables take seconds to make."""
    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    connect(Destination(f"sqlite:///{path}", "other"))
    return path


@pytest.fixture
def place(made_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Destination:
    """Where the tracker logs to when it is told nothing: a fresh store in a fresh working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("MLFLOW_EXPERIMENT_NAME", raising=False)
    shutil.copy(made_store, tmp_path / "mlflow.db")
    return destination()
