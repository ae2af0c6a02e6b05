"""``harness ui``: MLflow's UI on the store that the runs are logged to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from harness.tracking.store import Destination
# Else the UI opens on traces of language model applications.
_TRAINING = "workflowType=machine_learning"


def ui(
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 5000,
    workspace: Annotated[Path | None, typer.Option(help="The folder of runs.", show_default=False)] = None,
    uri: Annotated[
        str | None,
        typer.Option(help="The store; else MLFLOW_TRACKING_URI or ./mlflow.db.", show_default=False),
    ] = None,
) -> None:
    """Start MLflow's UI on the right store, and say where the runs and their comparison are."""
    import os
    import sys

    from harness.errors import HarnessError
    from harness.tracking.store import destination
    from harness.workspace import Workspace

    place = destination(uri)
    here = f"http://127.0.0.1:{port}" if place.database else place.shown.rstrip("/")
    if place.database and not place.database.exists():
        raise HarnessError(
            f"{place.database}: no MLflow store here yet",
            "Run `harness run` or `harness sync` in this folder first, or name the store with --uri.",
        )
    for line in addresses(here, Workspace.at(workspace).journals, place):
        print(line, flush=True)
    if place.database is None:
        return
    # Not needed to look at runs: usage reports, and the worker processes of server-side evaluation.
    environ = {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        **os.environ,
    }
    command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", place.uri]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    # The server takes this process's place, so that whatever ends this command ends the server.
    os.execve(sys.executable, command, environ)


def addresses(here: str, folder: Path, place: Destination) -> list[str]:
    """Return the pages worth opening: the experiment, and the last invocation's runs side by side."""
    from json import dumps
    from urllib.parse import quote

    from harness.tracking.journal import journals, read
    from harness.tracking.position import State

    lines: list[str] = []
    for journal in reversed(journals(folder)):
        state = State.load(journal)
        if not state or (state.tracking_uri, state.experiment) != (place.shown, place.experiment):
            continue
        starts = [event for event, _ in read(journal) if event["event"] == "run_start"]
        top = [event["run"] for event in starts if event["parent"] is None]
        runs = list(dict.fromkeys(state.runs[local] for local in top if local in state.runs))
        if not lines:
            page = f"{here}/#/experiments/{state.experiment_id}/runs?{_TRAINING}"
            lines.append(f"Experiment '{place.experiment}': {page}")
            lines.append(f"As charts: {page}&compareRunsMode=CHART")
        if len(runs) > 1:
            sides = f"runs={quote(dumps(runs))}&experiments={quote(dumps([state.experiment_id]))}"
            lines.append(f"The last runs compared: {here}/#/compare-runs?{sides}&{_TRAINING}")
            break
    return lines or [f"MLflow: {here}"]
