"""Replays a journal into MLflow. May be broken off anywhere and called again: nothing is logged twice."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from harness.tracking.journal import Event, read
from harness.tracking.position import State
from harness.tracking.store import Destination

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import DatasetInput, Metric, Param, RunTag

T = TypeVar("T")

# Limits of MLflow's REST interface and of its database columns (mlflow.utils.validation).
METRICS, PARAMS, PARAM_LENGTH, TAG_LENGTH, KEY_LENGTH, SOURCE_LENGTH = 1000, 100, 6000, 8000, 250, 65000
_CHUNK = 2000
# What MLflow will never take, however often it is sent; anything else may pass later.
_REFUSED = ("INVALID_PARAMETER_VALUE", "BAD_REQUEST", "RESOURCE_ALREADY_EXISTS", "RESOURCE_DOES_NOT_EXIST")
ORIGIN, RUN = "harness.invocation", "run_id"
# The UI draws a run's bars and lines in this colour; left to itself it gives several runs the same one.
_COLOURS = (
    "#1f77b4",
    "#ff7f0e",
    "#2ca02c",
    "#d62728",
    "#9467bd",
    "#8c564b",
    "#e377c2",
    "#7f7f7f",
    "#bcbd22",
    "#17becf",
)


@dataclass
class _Waiting:
    """What has been read for a run and not been sent yet."""

    metrics: list[Metric] = field(default_factory=list)
    params: dict[str, Param] = field(default_factory=dict)
    tags: dict[str, RunTag] = field(default_factory=dict)
    datasets: list[DatasetInput] = field(default_factory=list)


class MlflowSink:
    """Replays one journal into one experiment.

    Runs are found again by their tags, metrics carry the journal's time and step, so that sending twice
    what a broken connection may have lost leaves one copy. A run that an earlier invocation left KILLED
    or FAILED is taken up again instead of being logged a second time.
    """

    def __init__(
        self,
        journal: Path,
        place: Destination,
        connection: tuple[MlflowClient, str],
        warn: Callable[[str], None],
    ) -> None:
        self.journal = journal
        self.warn = warn
        self._client, experiment_id = connection
        state = State.load(journal)
        same = state and (state.tracking_uri, state.experiment_id) == (place.shown, experiment_id)
        fresh = State(place.shown, place.experiment, experiment_id)
        self.state: State = state if state and same else fresh
        self._invocation: Event = {}
        for event, _ in read(journal):
            self._invocation = event
            break

    def replay(self) -> int:
        """Send all that is new and return the number of events; raises what MLflow raises when it is away."""
        sent = 0
        while True:
            events: list[Event] = []
            position = self.state.position
            for event, end in read(self.journal, position):
                events.append(event)
                position = end
                if len(events) == _CHUNK:
                    break
            if not events:
                return sent
            self._send(events)
            self.state.position = position
            self.state.save(self.journal)
            sent += len(events)

    def _send(self, events: Iterable[Event]) -> None:
        from mlflow.entities import Metric

        waiting: dict[str, _Waiting] = {}
        for event in events:
            kind, local = event["event"], event.get("run")
            if kind == "run_start":
                self._start(event)
            if local is None or local not in self.state.runs:
                continue
            batch = waiting.setdefault(local, _Waiting())
            if kind in ("run_start", "params"):
                self._add_params(batch, event)
            if kind == "tags":
                self._add_tags(batch, event["values"])
            if kind == "metrics":
                milliseconds = int(event["time"] * 1000)
                for name, value in event["values"].items():
                    batch.metrics.append(Metric(_name(name), value, milliseconds, event["step"]))
            if kind == "dataset":
                batch.datasets.append(_dataset(event))
            if kind == "artifact":
                self._artifact(event)
            if kind == "run_end":
                self._flush(local, waiting.pop(local))
                end_time = int(event["time"] * 1000)
                self._client.set_terminated(self.state.runs[local], event["status"], end_time)
        for local, batch in waiting.items():
            self._flush(local, batch)

    def _start(self, event: Event) -> None:
        """Create the event's run in MLflow, or find it where it is there already."""
        local, invocation = event["run"], self._invocation.get("invocation_id", self.journal.stem)
        tags = {**event["tags"], RUN: local, ORIGIN: invocation, **self._source_tags()}
        if event.get("parent") in self.state.runs:
            tags["mlflow.parentRunId"] = self.state.runs[event["parent"]]
        else:
            tags["mlflow.runColor"] = _COLOURS[self.state.top % len(_COLOURS)]
            self.state.top += 1
        quoted = local.replace("'", "")
        known = self._client.search_runs(
            [self.state.experiment_id], f"tags.{RUN} = '{quoted}'", order_by=["attributes.start_time DESC"]
        )
        again = [
            run
            for run in known
            if run.data.tags.get(ORIGIN) == invocation or run.info.status in ("KILLED", "FAILED")
        ]
        tags = {_name(name): str(value)[:TAG_LENGTH] for name, value in tags.items()}
        if again:
            run_id = again[0].info.run_id
            self._client.update_run(run_id, status="RUNNING", name=event["name"])
            self._log(run_id, "tags", [_tag(name, value) for name, value in tags.items()])
        else:
            created = self._client.create_run(
                self.state.experiment_id, int(event["time"] * 1000), tags, event["name"]
            )
            run_id = created.info.run_id
        self.state.runs[local] = run_id
        self.state.save(self.journal)
        if event.get("parent") is None:
            self._client.log_dict(run_id, self._invocation.get("config", {}), "config.json")
            self._client.log_dict(run_id, self._invocation.get("environment", {}), "environment.json")

    def _source_tags(self) -> dict[str, str]:
        """Return the tags that MLflow's own columns show: user, source, version."""
        tags = {
            "mlflow.source.type": "LOCAL",
            "mlflow.source.name": self._invocation.get("command", "harness"),
        }
        if self._invocation.get("user"):
            tags["mlflow.user"] = self._invocation["user"]
        git = self._invocation.get("environment", {}).get("git")
        if git:
            tags["mlflow.source.git.commit"] = git["sha"]
        return tags

    def _add_params(self, batch: _Waiting, event: Event) -> None:
        from mlflow.entities import Param

        for name, value in (event.get("params") or event.get("values") or {}).items():
            text = str(value)
            # The whole value is in config.json; the mark says that this one is not it.
            shown = text if len(text) <= PARAM_LENGTH else text[: PARAM_LENGTH - 4] + " ..."
            batch.params[_name(name)] = Param(_name(name), shown)

    def _add_tags(self, batch: _Waiting, values: dict[str, Any]) -> None:
        for name, value in values.items():
            batch.tags[_name(name)] = _tag(_name(name), str(value)[:TAG_LENGTH])

    def _flush(self, local: str, batch: _Waiting) -> None:
        run_id = self.state.runs[local]
        for metrics in _chunks(batch.metrics, METRICS):
            self._log(run_id, "metrics", metrics)
        for params in _chunks(list(batch.params.values()), PARAMS):
            self._log(run_id, "params", params)
        for tags in _chunks(list(batch.tags.values()), PARAMS):
            self._log(run_id, "tags", tags)
        for inputs in _chunks(batch.datasets, PARAMS):
            self._try(f"datasets of {local}", partial(self._client.log_inputs, run_id, inputs))

    def _log(self, run_id: str, kind: str, items: Sequence[Any]) -> None:
        """Log `items` as one batch; where MLflow refuses it, one by one: a bad one costs only itself."""
        from mlflow.exceptions import MlflowException

        try:
            self._client.log_batch(run_id, **{kind: items})
        except MlflowException as error:
            if error.error_code not in _REFUSED:
                raise
            for item in items:
                alone = partial(self._client.log_batch, run_id, **{kind: [item]})
                self._try(f"{kind[:-1]} {item.key}", alone)

    def _artifact(self, event: Event) -> None:
        path = Path(self._invocation.get("workspace", ".")) / event["path"]
        if not path.exists():
            self.warn(f"MLflow lacks an artifact, because the file is gone: {path}")
            return
        run_id = self.state.runs[event["run"]]
        log = self._client.log_artifacts if path.is_dir() else self._client.log_artifact
        self._try(f"artifact {path.name}", partial(log, run_id, str(path), event["folder"] or None))

    def _try(self, what: str, call: Callable[[], object]) -> None:
        from mlflow.exceptions import MlflowException

        try:
            call()
        except MlflowException as error:
            if error.error_code not in _REFUSED:
                raise
            self.warn(f"MLflow refused {what}: {error.message.splitlines()[0]}")


def _dataset(event: Event) -> DatasetInput:
    """Return the dataset under our own digest: MLflow's reads the first 10,000 rows only."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    source = event["source"][:SOURCE_LENGTH]
    if source.startswith("hf://datasets/"):
        path, _, revision = source.removeprefix("hf://datasets/").partition("@")
        source_type, content = "hf", {"path": path, "revision": revision or None}
    elif source.startswith(("http://", "https://")):
        source_type, content = "http", {"url": source}
    else:
        source_type, content = "local", {"uri": source}
    dataset = Dataset(
        event["name"], event["digest"][:36], source_type, json.dumps(content),
        profile=json.dumps({"num_rows": event["rows"]}),
    )  # fmt: skip
    tags = [InputTag("mlflow.data.context", event["context"]), InputTag("language", event["language"])]
    return DatasetInput(dataset, tags)


def _tag(name: str, value: str) -> RunTag:
    from mlflow.entities import RunTag

    return RunTag(name, value)


def _name(name: str) -> str:
    """Return a name with what MLflow refuses in it replaced: ``squad+mnli`` becomes ``squad-mnli``."""
    return re.sub(r"[^/\w.\- :]", "-", name)[:KEY_LENGTH]


def _chunks(items: Sequence[T], size: int) -> Iterable[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))
