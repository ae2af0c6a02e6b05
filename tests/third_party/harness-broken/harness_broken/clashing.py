"""Takes a name that a built-in plugin has, and one that is free."""

from harness import Task, hookimpl


@hookimpl
def harness_tasks() -> list[Task]:
    return [Task(name="xnli"), Task(name="mine")]
