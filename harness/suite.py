"""Suite: target tasks in groups, and how their scores are averaged into one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Suite:
    """A benchmark of several target tasks.

    Attributes:
        name: the suite's name, as on the command line.
        groups: the tasks' names, group by group.
        metrics: for each task that is not scored by its main metric, the metrics whose mean is its score.
        description: one line for ``harness list``.
        citation: where groups and scores come from.
    """

    name: str
    groups: Mapping[str, tuple[str, ...]]
    metrics: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    description: str = ""
    citation: str = ""

    @property
    def tasks(self) -> tuple[str, ...]:
        """The names of all tasks, in order."""
        return tuple(task for group in self.groups.values() for task in group)
