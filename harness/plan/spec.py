"""RunSpec: what was asked for, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

NO_INTERMEDIATE = "none"


@dataclass(frozen=True)
class RunSpec:
    """What ``harness run`` was asked for. Nothing in it is resolved yet.

    Attributes:
        model: name or path.
        intermediates: each gives one run a seed: ``none``, a task, or tasks joined by ``+``.
        target: the task that is evaluated.
        perturbations: names, groups, and ``name:intensity``.
        languages: codes; empty: all that the target has.
        seeds: training seeds, one run each.
        recipe: name of the recipe.
        settings: values that replace the recipe's.
        limit: evaluated examples in each language at most.
        train_limit: training examples of each task at most.
        split: evaluated split; None: the target's own choice.
        fields: text columns that are disturbed; empty: all of the format.
        perturb_seed: seed of the perturbations; the same for all training seeds, so that runs meet the
            same disturbed items.
        keep_head: start a phase's head from the head before where formats and labels agree.
    """

    model: str
    intermediates: tuple[str, ...]
    target: str
    perturbations: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    seeds: tuple[int, ...] = (0,)
    recipe: str = "paper"
    settings: Mapping[str, str] = field(default_factory=dict)
    limit: int | None = None
    train_limit: int | None = None
    split: str | None = None
    fields: tuple[str, ...] = ()
    perturb_seed: int = 0
    keep_head: bool = False
    device: str = "auto"
    precision: str = "auto"


def task_names(joined: str) -> tuple[str, ...]:
    """Split ``a+b`` into task names; a name may itself end in ``+`` (``snli+anli+`` is snli and anli+)."""
    names: list[str] = []
    for piece in joined.split("+"):
        if piece or not names:
            names.append(piece)
        else:
            names[-1] += "+"
    return tuple(names)
