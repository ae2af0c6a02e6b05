"""Implements a hook that does not exist."""

from harness import Task, hookimpl


@hookimpl
def harness_taskz() -> list[Task]:
    return [Task(name="never-seen")]
