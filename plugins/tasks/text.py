"""Plain text for masked language modelling beside an intermediate task."""

from __future__ import annotations

from harness import Task, hookimpl

_CODES = (
    "af ar az bg bn de el en es et eu fa fi fr gu he hi ht hu id it ja jv ka kk "
    "ko lt ml mr ms my nl pa pl pt qu ro ru sw ta te th tl tr uk ur vi wo yo zh"
)
LANGUAGES = tuple(_CODES.split())  # those of XTREME and XTREME-R; Wikipedia has the same codes


@hookimpl
def harness_tasks() -> list[Task]:
    return [
        Task(
            name="mlm",
            format="masked-lm",
            languages=LANGUAGES,
            source="wikipedia",
            multilingual=True,
            roles=("intermediate",),
            description="masked LM on Wikipedia in the target's languages; add it to a task: mnli+mlm",
        )
    ]
