"""Tracker: what the executor logs to. The journal is written at once; MLflow follows in a process of its own."""

from __future__ import annotations

import getpass
import logging
import os
import secrets
import socket
import time
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import harness
from harness.tracking.catchup import finished, held, settle
from harness.tracking.follower import Follower
from harness.tracking.journal import Journal
from harness.tracking.store import Destination, destination, reason

SCHEMA = 1
SYNC_LATER = "Run `harness sync` only when no run is going on."
_PATIENCE = 60.0
logger = logging.getLogger("harness.tracking")
Number = float | int


class Tracker:
    """Logs the runs of one invocation. Use `Tracker.open` in a ``with`` statement.

    Nothing is written, and mlflow is not imported, before the first run is logged. No failure of MLflow
    reaches the caller: it is reported once, as a warning, with the command that mends it.
    """

    def __init__(
        self,
        folder: Path,
        command: str,
        config: Mapping[str, Any],
        environment: Mapping[str, Any],
        place: Destination,
    ) -> None:
        self.folder, self.place = folder, place
        self.invocation = f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{secrets.token_hex(3)}"
        self.journal = Journal(folder / "journal" / f"{self.invocation}.jsonl")
        self.warnings: list[str] = []
        self._command, self._config, self._environment = command, dict(config), dict(environment)
        self._open: dict[str, None] = {}
        self._begun = False
        self._lock: Any = None
        self._follower: Follower | None = None

    @classmethod
    def open(
        cls,
        workspace: Path,
        command: str,
        config: Mapping[str, Any],
        environment: Mapping[str, Any],
        uri: str | None = None,
        experiment: str | None = None,
    ) -> Tracker:
        """Return a tracker for one invocation in a workspace folder.

        `config` is the full resolved configuration, `environment` what
        `harness.tracking.environment.environment` gives; both become artifacts of every run. For `uri`
        and `experiment` see `harness.tracking.store.destination`. Runs that killed processes left open
        are marked so in their journals.
        """
        settle(workspace / "journal")
        return cls(workspace, command, config, environment, destination(uri, experiment))

    @cached_property
    def _finished(self) -> frozenset[str]:
        return finished(self.folder / "journal", self.place)

    def already_logged(self, local_id: str) -> bool:
        """Return whether an earlier invocation logged this run to its end, for the same experiment."""
        return local_id in self._finished

    def run(
        self,
        local_id: str,
        name: str,
        parent: str | None = None,
        kind: str = "run",
        params: Mapping[str, str | Number] | None = None,
        tags: Mapping[str, str | Number] | None = None,
    ) -> None:
        """Begin a run, inside `parent` if given. `kind` is ``run`` or ``stage``, the tag `kind` may say more.

        The tags harness.version, schema_version, git_sha and plugin.<name> are added.
        """
        self._begin()
        self._open[local_id] = None
        all_tags = {"kind": kind, **self._common_tags(), **(tags or {})}
        self.journal.write(
            "run_start",
            run=local_id,
            parent=parent,
            name=name,
            kind=kind,
            params=dict(params or {}),
            tags={key: str(value) for key, value in all_tags.items()},
        )

    def params(self, local_id: str, values: Mapping[str, str | Number]) -> None:
        """Add params to a run."""
        self.journal.write("params", run=local_id, values=dict(values))

    def tags(self, local_id: str, values: Mapping[str, str | Number]) -> None:
        """Set tags of a run."""
        self.journal.write("tags", run=local_id, values={key: str(value) for key, value in values.items()})

    def metrics(self, local_id: str, step: int, values: Mapping[str, Number]) -> None:
        """Log metrics of a run at an optimiser step (0 for what has no steps)."""
        self.journal.write(
            "metrics",
            run=local_id,
            step=int(step),
            values={key: float(value) for key, value in values.items()},
        )

    def dataset(
        self, local_id: str, *, name: str, digest: str, source: str, context: str, rows: int, language: str
    ) -> None:
        """Log a dataset that a run read. `context` is ``train``, ``eval`` or ``perturbed``.

        `digest` is our fingerprint (at most 36 characters); a Hub dataset's `source` is
        ``hf://datasets/owner/name@revision``, so that MLflow links to it.
        """
        self.journal.write(
            "dataset", run=local_id, name=name, digest=digest, source=source, context=context, rows=rows,
            language=language,
        )  # fmt: skip

    def artifact(self, local_id: str, path: Path, folder: str = "") -> None:
        """Log a file or a folder of files under the artifact path `folder`; it must stay where it is."""
        self.journal.write("artifact", run=local_id, path=str(path.absolute()), folder=folder)

    def end(self, local_id: str, status: str = "FINISHED") -> None:
        """End a run: FINISHED, FAILED or KILLED."""
        self._open.pop(local_id, None)
        self.journal.write("run_end", run=local_id, status=status)

    def close(self, status: str = "FINISHED") -> None:
        """End what is still open with `status`, and wait a bounded time for MLflow to have it all."""
        if self._begun:
            for local_id in reversed(list(self._open)):
                self.end(local_id, "FAILED" if status == "FINISHED" else status)
            self.journal.write("invocation_end", status=status)
            self.journal.close()
        elif held(self.folder / "journal", self.place):
            self._follow()
        if self._follower is not None:
            self._follower.finish(_PATIENCE)
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Tracker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.close("KILLED" if issubclass(kind, KeyboardInterrupt) else "FAILED")

    def _begin(self) -> None:
        """At the first run: take the journal's lock, say who writes it, and let MLflow follow."""
        if self._begun:
            return
        self._begun = True
        from filelock import FileLock

        self.journal.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._lock = FileLock(self.journal.path.with_suffix(".lock"))
            self._lock.acquire()
        except (OSError, NotImplementedError) as error:
            self._warn(f"{self.journal.path.parent}: no file locks here ({reason(error)}). {SYNC_LATER}")
        self.journal.write(
            "invocation",
            invocation_id=self.invocation,
            workspace=str(self.folder.absolute()),
            host=socket.gethostname(),
            pid=os.getpid(),
            user=_user(),
            tracking_uri=self.place.shown,
            experiment=self.place.experiment,
            command=self._command,
            config=self._config,
            environment=self._environment,
        )
        self._follow()

    def _follow(self) -> None:
        own = self.journal.path if self._begun else None
        self._follower = Follower(self.folder / "journal", self.place, own, self._warn)

    def _common_tags(self) -> dict[str, str]:
        about = self._environment
        tags = {"harness.version": harness.__version__, "schema_version": str(SCHEMA)}
        if about.get("git"):
            tags["git_sha"] = about["git"]["sha"]
        return {
            **tags,
            **{f"plugin.{name}": str(number) for name, number in about.get("plugins", {}).items()},
        }

    def _warn(self, message: str) -> None:
        if message not in self.warnings:
            self.warnings.append(message)
            logger.warning(message)


def _user() -> str | None:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return None
