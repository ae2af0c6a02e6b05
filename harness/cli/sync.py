"""``harness sync``: sends to MLflow what the journals hold and it lacks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from harness.tracking.catchup import Synced


def sync(
    workspace: Annotated[Path | None, typer.Option(help="The folder of runs.", show_default=False)] = None,
    uri: Annotated[
        str | None,
        typer.Option(
            help="Another MLflow store than the one each journal was meant for.", show_default=False
        ),
    ] = None,
    experiment: Annotated[
        str | None, typer.Option(help="Another experiment, likewise.", show_default=False)
    ] = None,
) -> None:
    """Send to MLflow what the journals hold and it lacks; runs that were killed are marked so."""
    import sys

    from harness.tracking.catchup import sync as send
    from harness.tracking.journal import journals
    from harness.tracking.store import destination
    from harness.workspace import Workspace

    folder = Workspace.at(workspace).journals
    place = destination(uri, experiment)
    found = journals(folder)
    results = send(
        folder, place, force=bool(uri or experiment), warn=lambda text: print(text, file=sys.stderr)
    )
    for result in results:
        print(f"{result.journal.stem}: {_told(result)}")
    if not results:
        print(f"MLflow has all of the {len(found)} journals in {folder}.")
    if any(result.problem for result in results):
        raise typer.Exit(1)


def _told(result: Synced) -> str:
    if result.busy:
        return "left to the invocation that is writing it"
    return (
        result.problem or f"{result.events:,} events sent to {result.place.shown} ({result.place.experiment})"
    )
