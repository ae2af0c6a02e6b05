"""Natural language inference: XNLI, and the English sets that train it."""

from __future__ import annotations

from harness import Task, hookimpl

LABELS = ("entailment", "neutral", "contradiction")
XNLI_LANGUAGES = ("ar", "bg", "de", "el", "en", "es", "fr", "hi", "ru", "sw", "th", "tr", "ur", "vi", "zh")


@hookimpl
def harness_tasks() -> list[Task]:
    return [
        Task(
            name="xnli",
            languages=XNLI_LANGUAGES,
            labels=LABELS,
            source="xnli",
            train_on="mnli",
            roles=("target",),
            description="cross-lingual NLI: MNLI-like pairs translated by people into 15 languages",
        ),
        Task(
            name="mnli",
            labels=LABELS,
            source="mnli",
            test_split="dev",  # GLUE hides the labels of its test split
            description="multi-genre NLI; its matched dev split is the dev split",
        ),
        Task(name="snli", labels=LABELS, source="snli", description="NLI on captions of photographs"),
        Task(
            name="anli",
            labels=LABELS,
            source="anli",
            description="adversarial NLI, its three rounds together",
        ),
        Task(
            name="anli+",
            labels=LABELS,
            includes=("snli", "mnli", "anli"),
            roles=("intermediate",),
            test_split="dev",
            description="SNLI, MNLI and ANLI together",
            citation="Phang et al. 2020 (arXiv 2005.13013)",
        ),
    ]
