"""Raises when it is called."""

from harness import Model, Task, hookimpl


@hookimpl
def harness_tasks() -> list[Task]:
    raise RuntimeError("no disk left")


@hookimpl
def harness_models() -> list[Model]:
    return [Model(name="survivor")]
