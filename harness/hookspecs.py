"""The contract between the harness and its plugins (pluggy, entry-point group ``harness``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from harness.formats.base import Format
    from harness.model import Model
    from harness.perturbation import Perturbation
    from harness.task import Task

PROJECT = "harness"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def harness_tasks() -> Sequence[Task]:
    """Return the tasks that this plugin adds."""
    return ()


@hookspec
def harness_models() -> Sequence[Model]:
    """Return the models that this plugin adds."""
    return ()


@hookspec
def harness_perturbations() -> Sequence[Perturbation]:
    """Return the perturbations that this plugin adds."""
    return ()


@hookspec
def harness_formats() -> Sequence[Format]:
    """Return the formats that this plugin adds, for kinds of tasks that the harness does not know."""
    return ()
