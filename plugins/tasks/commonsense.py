"""Multiple choice: commonsense (HellaSwag, CosmosQA, CommonsenseQA, Social IQa, COPA, XCOPA) and logic (LogiQA).

XTREME-R trains on Social IQa, goes on with COPA, and evaluates on XCOPA. Here each stage has a head of its
own, so the closest is ``--intermediate siqa --target xcopa-r``: Social IQa, then COPA, then XCOPA. ``xcopa`` is
trained on Social IQa alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import Task, hookimpl

if TYPE_CHECKING:
    import pyarrow as pa

XCOPA_LANGUAGES = ("et", "ht", "id", "it", "qu", "sw", "ta", "th", "tr", "vi", "zh")


class MultipleChoiceTask(Task):
    """A context, perhaps a question, and choices."""

    format = "multiple-choice"
    test_split = "dev"  # test labels are hidden, or there is no test split


class HellaSwag(MultipleChoiceTask):
    """How a description goes on: the first sentence, and each ending after the second one's beginning."""

    name = "hellaswag"
    source = "hellaswag"
    description = "which of four endings goes on with a description of an event"

    def prepare(self, rows: pa.Table, split: str, language: str) -> pa.Table:
        """Put the beginning of the second sentence before each ending: the column ``choices``."""
        import pyarrow as pa
        import pyarrow.compute as pc

        endings = rows["endings"].combine_chunks()
        parents = pc.list_parent_indices(endings)
        begun = pc.fill_null(rows["ctx_b"], "").combine_chunks().take(parents)
        texts = pc.utf8_trim_whitespace(pc.binary_join_element_wise(begun, endings.flatten(), " "))
        lengths = pc.fill_null(pc.list_value_length(endings), 0)
        starts = pa.concat_arrays([pa.array([0], pa.int64()), pc.cumulative_sum(lengths.cast(pa.int64()))])
        return rows.append_column("choices", pa.ListArray.from_arrays(starts.cast(pa.int32()), texts))


class CommonsenseQa(MultipleChoiceTask):
    """Questions without a context: the question stands in its place."""

    name = "commonsenseqa"
    source = "commonsenseqa"
    description = "questions of general knowledge with five answers"

    def prepare(self, rows: pa.Table, split: str, language: str) -> pa.Table:
        """Call the question the context."""
        return rows.rename_columns(["context" if name == "question" else name for name in rows.column_names])


class Copa(MultipleChoiceTask):
    """Cause or effect of a premise; asked in English, in every language, as XTREME-R does (run_xcopa.py)."""

    def prepare(self, rows: pa.Table, split: str, language: str) -> pa.Table:
        """Make a question of ``cause`` and ``effect``."""
        import pyarrow.compute as pc

        asked = pc.binary_join_element_wise("What was the ", rows["question"], "?", "")
        return rows.set_column(rows.column_names.index("question"), "question", asked)


@hookimpl
def harness_tasks() -> list[Task]:
    xcopa = {
        "source": "xcopa",
        "languages": XCOPA_LANGUAGES,
        "roles": ("target",),
        "test_split": "test",
    }
    return [
        HellaSwag(),
        MultipleChoiceTask(
            name="cosmosqa",
            source="cosmosqa",
            description="what a story leaves unsaid, four answers",
        ),
        CommonsenseQa(),
        MultipleChoiceTask(
            name="siqa",
            source="siqa",
            description="Social IQa: why people do what they do, three answers",
        ),
        Copa(name="copa", source="copa", description="which of two is the cause or the effect"),
        Copa(
            name="xcopa",
            train_on="siqa",
            description="COPA translated by people into 11 languages; trained on Social IQa",
            **xcopa,
        ),
        Copa(
            name="xcopa-r",
            train_on="copa",
            description="XCOPA trained on COPA; with --intermediate siqa, the order of XTREME-R",
            **xcopa,
        ),
        MultipleChoiceTask(
            name="logiqa",
            source="logiqa",
            test_split="test",
            description="logic questions of China's civil service examination, four answers",
        ),
    ]
