"""Where MLflow keeps its runs: the store's address, and making it ready once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from harness.errors import HarnessError

if TYPE_CHECKING:
    from mlflow import MlflowClient

DEFAULT_EXPERIMENT = "harness"
_SQLITE = "sqlite:///"
# Set unless the user set them. MLflow's own defaults block for minutes when a server is away (7 retries of
# 120 s), report usage, and print a line for each run into the progress display.
_SETTINGS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
# Without it the UI opens on traces of language model applications.
_KIND = {"mlflow.experimentKind": "custom_model_development"}


@dataclass(frozen=True)
class Destination:
    """An MLflow store and an experiment in it."""

    uri: str
    experiment: str

    @property
    def shown(self) -> str:
        """The address without user and password, as it may be written down."""
        return re.sub(r"//[^/@]*@", "//", self.uri)

    @property
    def database(self) -> Path | None:
        """The file of a sqlite store; None for a server."""
        return Path(unquote(self.uri.removeprefix(_SQLITE))) if self.uri.startswith(_SQLITE) else None


def destination(
    uri: str | None = None, experiment: str | None = None, environ: Mapping[str, str] = os.environ
) -> Destination:
    """Return where to log: the arguments, else MLFLOW_TRACKING_URI and MLFLOW_EXPERIMENT_NAME, else defaults.

    The default is MLflow's own: the sqlite file ``mlflow.db`` in the working folder. A relative sqlite
    path is made absolute, so that the address stays true in another folder.
    """
    uri = uri or environ.get("MLFLOW_TRACKING_URI") or f"{_SQLITE}mlflow.db"
    if uri.startswith(_SQLITE):
        uri = _SQLITE + str(Path(uri.removeprefix(_SQLITE)).absolute()).replace(" ", "%20")
    return Destination(uri, experiment or environ.get("MLFLOW_EXPERIMENT_NAME") or DEFAULT_EXPERIMENT)


def connect(place: Destination) -> tuple[MlflowClient, str]:
    """Return a client of the store and the experiment's id; both are made if need be. Imports mlflow.

    Processes that meet a fresh sqlite store at once would each create its tables and fail: it is made
    under a file lock beside it. Raises HarnessError where the experiment was deleted, and whatever
    MLflow raises where the store cannot be reached.
    """
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    import logging

    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    for name in ("alembic", "mlflow.store.db.utils"):
        logging.getLogger(name).setLevel(logging.WARNING)
    with _alone(place):
        client = MlflowClient(tracking_uri=place.uri)
        found = client.get_experiment_by_name(place.experiment)
        if found is None:
            try:
                return client, client.create_experiment(place.experiment, _artifacts(place), dict(_KIND))
            except MlflowException:
                found = client.get_experiment_by_name(place.experiment)
                if found is None:
                    raise
    if found.lifecycle_stage == "deleted":
        raise HarnessError(
            f"MLflow's experiment '{place.experiment}' is deleted",
            "Restore it, or set MLFLOW_EXPERIMENT_NAME to another name.",
        )
    return client, found.experiment_id


def reason(error: BaseException) -> str:
    """Return an MLflow failure in one line of at most 200 characters."""
    line = (str(error) or type(error).__name__).splitlines()[0]
    return line if len(line) <= 200 else f"{line[:197]}..."


def _artifacts(place: Destination) -> str | None:
    """Return where a new experiment's artifacts go: beside a sqlite file, else where the server says.

    MLflow would take ``mlruns`` in the folder that a process happens to be in.
    """
    if place.database is None:
        return None
    folder = re.sub(r"[^\w.-]", "_", place.experiment)
    return (place.database.parent / "mlruns" / folder).as_uri()


@contextmanager
def _alone(place: Destination) -> Iterator[None]:
    if place.database is None:
        yield
        return
    from filelock import FileLock

    place.database.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{place.database}.lock"):
        yield
