"""Paraphrase or not: PAWS-X in seven languages, and the English sets QQP and MRPC."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import Task, hookimpl

if TYPE_CHECKING:
    import pyarrow as pa

PAWSX_LANGUAGES = ("de", "en", "es", "fr", "ja", "ko", "zh")
UNTRANSLATED = ("", "NS")  # what stands where a translator gave no sentence


class PawsX(Task):
    """Pairs of sentences with many words in common, translated by people; trained in English."""

    name = "paws-x"
    languages = PAWSX_LANGUAGES
    labels = ("not_paraphrase", "paraphrase")
    source = "paws-x"
    roles = ("target",)
    description = "adversarial paraphrases in seven languages"

    def prepare(self, rows: pa.Table, split: str, language: str) -> pa.Table:
        """Empty both sentences of a pair that lacks one, so that it is left out and counted."""
        import pyarrow as pa
        import pyarrow.compute as pc

        names = ("sentence1", "sentence2")
        missing = [
            pc.is_in(pc.utf8_trim_whitespace(pc.fill_null(rows[name], "")), pa.array(UNTRANSLATED))
            for name in names
        ]
        either = pc.or_(*missing)
        for name in names:
            place = rows.column_names.index(name)
            rows = rows.set_column(place, name, pc.if_else(either, "", rows[name].cast(pa.string())))
        return rows


@hookimpl
def harness_tasks() -> list[Task]:
    return [
        PawsX(),
        Task(
            name="qqp",
            labels=("not_duplicate", "duplicate"),
            source="qqp",
            test_split="dev",  # GLUE hides the labels of its test split
            description="whether two questions on Quora ask the same; 63% do not",
        ),
        Task(
            name="mrpc",
            labels=("not_equivalent", "equivalent"),
            source="mrpc",
            test_split="dev",
            description="whether two sentences of news say the same",
        ),
    ]
