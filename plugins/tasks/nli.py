"""Natural language inference: XNLI, the English sets that train it, and smaller ones beside them."""

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
        Task(
            name="rte",
            labels=("entailment", "not_entailment"),
            source="rte",
            test_split="dev",
            description="recognising textual entailment, two labels",
        ),
        Task(
            name="wanli",
            labels=LABELS,
            source="wanli",
            description="NLI written by a language model and revised by people; no dev split: the last step is kept",
        ),
        Task(
            name="folio",
            labels=LABELS,
            source="folio",
            test_split="dev",  # the test split is not released
            description="conclusions from premises by first-order logic; gated on the Hub",
        ),
        Task(
            name="sick", labels=LABELS, source="sick", description="NLI on captions, made to try composition"
        ),
    ]
