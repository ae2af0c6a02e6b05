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
        intermediates: each gives one run a seed: ``none``, a task, or tasks joined by ``+``; a task may name
            the languages it is trained in: ``mnli@de,ru``.
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
        continue_head: start a phase's head from the head before where formats and labels agree.
        train_languages: languages the target is trained in; empty: English alone (zero-shot).
        control: ``steps``: beside each intermediate, a run that trains on the target's own rows for as many
            steps in its place.
        metric: the main score; None: the target's own choice.
        translator: name of the translator that makes training rows where a language has none.
        noise_words: file of known misspellings, for perturbations that need it.
        lexicon: bilingual lexicon, or a folder of them, likewise.
        perturb_model: masked language model, likewise: a name or path.
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
    continue_head: bool = False
    train_languages: tuple[str, ...] = ()
    control: str | None = None
    metric: str | None = None
    translator: str | None = None
    noise_words: str | None = None
    lexicon: str | None = None
    perturb_model: str | None = None
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


def with_languages(part: str) -> tuple[str, tuple[str, ...]]:
    """Split ``mnli@de,ru`` into the task and its training languages (none: English, or the task's own)."""
    name, _, languages = part.partition("@")
    return name, tuple(dict.fromkeys(each for each in languages.split(",") if each))
