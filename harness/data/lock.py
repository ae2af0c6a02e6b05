"""What there is to lock: the repositories that tasks and models come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.data.identity import selection_task, training_task
from harness.data.revisions import Kind
from harness.plan.model_identity import local_folder
from harness.registry import Registry
from harness.task import Task


def repositories(
    registry: Registry, tasks: Sequence[str], models: Sequence[str]
) -> Iterator[tuple[Kind, str, str | None]]:
    """Yield (kind, repository, pinned revision) for all that the named tasks and models read from the Hub."""
    seen: set[tuple[Kind, str, str | None]] = set()
    for name in tasks:
        task = registry.task(name)
        for each in (task, training_task(task, registry), selection_task(task, registry)):
            for repository, revision in _sources(registry, each):
                if ("dataset", repository, revision) not in seen:
                    seen.add(("dataset", repository, revision))
                    yield "dataset", repository, revision
    for name in models:
        model = registry.model(name)
        if model.path is not None and local_folder(model.path) is None:
            yield "model", model.path, model.revision


def _sources(registry: Registry, task: Task) -> Iterator[tuple[str, str | None]]:
    for name in task.includes:
        yield from _sources(registry, registry.task(name))
    source = registry.source(task, task.languages[0])
    if source is not None:
        yield source.hub, source.revision or source.branch
