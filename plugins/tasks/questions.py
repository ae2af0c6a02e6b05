"""Extractive question answering: SQuAD, and the cross-lingual sets of XTREME and XTREME-R.

SQuAD's dev split holds the English originals of XQuAD: a checkpoint that is selected on it, as in jiant, is
selected on these. XTREME's scripts keep the last step (scripts/train_qa.sh).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import Task, hookimpl

if TYPE_CHECKING:
    import pyarrow as pa

XQUAD_LANGUAGES = ("ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh")
XQUAD_R_LANGUAGES = ("ar", "de", "el", "en", "es", "hi", "ro", "ru", "th", "tr", "vi", "zh")
MLQA_LANGUAGES = ("ar", "de", "en", "es", "hi", "vi", "zh")
# The ids of TyDiQA begin with the language's name.
TYDIQA_NAMES = {
    "ar": "arabic",
    "bn": "bengali",
    "en": "english",
    "fi": "finnish",
    "id": "indonesian",
    "ko": "korean",
    "ru": "russian",
    "sw": "swahili",
    "te": "telugu",
}


class TyDiQa(Task):
    """TyDiQA-GoldP as XTREME uses it: trained on its English rows, evaluated on its development set.

    The test rows are hidden, so the development set of each language is the test split. The English one selects
    the checkpoint as well, as in jiant: the English score is a selected one. The other languages have no dev split.
    """

    name = "tydiqa"
    format = "span-extraction"
    languages = tuple(TYDIQA_NAMES)
    source = "tydiqa"
    roles = ("target",)
    scoring = "tydiqa"
    description = "questions that people asked in their own language, with the passage that answers them"

    def prepare(self, rows: pa.Table, split: str, language: str) -> pa.Table:
        """Keep the rows of the language: the Hub has all nine together."""
        import pyarrow.compute as pc

        if split == "dev" and language != "en":
            return rows.slice(0, 0)
        return rows.filter(pc.starts_with(rows["id"], f"{TYDIQA_NAMES[language]}-"))


@hookimpl
def harness_tasks() -> list[Task]:
    return [
        Task(
            name="squad",
            format="span-extraction",
            source="squad",
            test_split="dev",  # the test rows are hidden
            scoring="squad",
            description="questions on paragraphs of Wikipedia, each with its answer in the paragraph",
        ),
        Task(
            name="squad-v2",
            format="span-extraction",
            source="squad-v2",
            test_split="dev",
            scoring="squad2",
            description="SQuAD together with questions that their paragraph does not answer",
        ),
        Task(
            name="xquad",
            format="span-extraction",
            languages=XQUAD_LANGUAGES,
            source="xquad",
            train_on="squad",
            roles=("target",),
            scoring="squad",
            description="240 paragraphs of SQuAD's dev split translated by people into 10 languages",
        ),
        Task(
            name="xquad-r",
            format="span-extraction",
            languages=XQUAD_R_LANGUAGES,
            source="xquad-r",
            train_on="squad",
            roles=("target",),
            scoring="squad",
            description="XQuAD as XTREME-R has it, with Romanian",
        ),
        Task(
            name="mlqa",
            format="span-extraction",
            languages=MLQA_LANGUAGES,
            source="mlqa",
            train_on="squad",
            roles=("target",),
            scoring="mlqa",
            description="questions on parallel sentences of Wikipedia; question and context in one language",
        ),
        TyDiQa(),
    ]
