"""Multiple-choice tasks: from each source's own columns to a context, a question, choices and the right one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from harness_plugins.tasks.commonsense import XCOPA_LANGUAGES

from harness.data.identity import DataPlaces, training_language
from harness.data.load import NoRowsError, load
from harness.data.revisions import Revisions
from harness.registry import Registry, load_registry

Rows = list[dict[str, Any]]
TASKS = ("hellaswag", "cosmosqa", "commonsenseqa", "siqa", "copa", "xcopa", "xcopa-r", "logiqa")


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


@pytest.fixture
def read(registry: Registry, tmp_path: Path) -> Any:
    """Return a function that writes a source's table and loads it as a task's rows."""

    def loaded(task: str, split: str, table: pa.Table, language: str = "en") -> Rows:
        found = registry.task(task)
        source = registry.source(found, language)
        assert source is not None
        place = tmp_path / source.hub / (source.config or "data")
        place.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, place / f"{source.splits[split]}-00000-of-00001.parquet")
        places = DataPlaces(registry, Revisions(), tmp_path, allow_changed=True)
        rows = load(found, split, language, places).table.to_pylist()
        return [
            {name: row.get(name) or "" for name in ("context", "question", "choices", "label")}
            for row in rows
        ]

    return loaded


def row(context: str, question: str, choices: list[str], label: str) -> dict[str, Any]:
    return {"context": context, "question": question, "choices": choices, "label": label}


def test_hellaswag_puts_the_second_sentence_s_beginning_before_each_ending(read: Any) -> None:
    table = pa.table(
        {
            "ind": [7, 9, 11],
            "ctx_a": ["A man has a kite.", "How to knot.", "Dogs run."],
            "ctx_b": ["He", "", "they"],
            "ctx": ["A man has a kite. He", "How to knot.", "Dogs run. they"],
            "endings": [["runs.", "eats it.", "is it.", "sits."], ["Pull.", "Push."], ["stop.", "go."]],
            "label": ["2", "0", "1"],
        }
    )
    assert read("hellaswag", "train", table.slice(0, 2)) == [
        row("A man has a kite.", "", ["He runs.", "He eats it.", "He is it.", "He sits."], "2"),
        row("How to knot.", "", ["Pull.", "Push."], "0"),
    ]
    assert read("hellaswag", "dev", table.slice(2))[0]["choices"] == ["they stop.", "they go."]


def test_cosmosqa_s_four_columns_become_choices(read: Any) -> None:
    answers = {f"answer{number}": [f"because {number}", f"so {number}"] for number in range(4)}
    table = pa.table(
        {"id": ["x", "y"], "context": ["It rained.", "I ate."], "question": ["Why?", "So?"], **answers}
    )
    table = table.append_column("label", pa.array([3, 0], pa.int32()))
    assert read("cosmosqa", "dev", table) == [
        row("It rained.", "Why?", [f"because {number}" for number in range(4)], "3"),
        row("I ate.", "So?", [f"so {number}" for number in range(4)], "0"),
    ]


def test_commonsenseqa_s_question_is_the_context_and_its_letters_are_numbers(read: Any) -> None:
    table = pa.table(
        {
            "id": ["x", "y"],
            "question": ["Where is a pan?", "What is wet?"],
            "question_concept": ["pan", "wet"],
            "choices": [
                {"label": list("ABCDE"), "text": ["shelf", "sky", "sea", "sand", "sun"]},
                {"label": list("ABCDE"), "text": ["a", "b", "c", "d", "e"]},
            ],
            "answerKey": ["A", "E"],
        }
    )
    assert read("commonsenseqa", "train", table) == [
        row("Where is a pan?", "", ["shelf", "sky", "sea", "sand", "sun"], "0"),
        row("What is wet?", "", ["a", "b", "c", "d", "e"], "4"),
    ]


def test_siqa_s_labels_count_from_one(read: Any) -> None:
    table = pa.table(
        {
            "context": ["Kim fell."] * 3,
            "question": ["Why?"] * 3,
            "answerA": ["ice"] * 3,
            "answerB": ["fire"] * 3,
            "answerC": ["rain"] * 3,
            "label": ["1", "2", "3"],
        }
    )
    assert [each["label"] for each in read("siqa", "train", table)] == ["0", "1", "2"]
    assert read("siqa", "train", table)[0] == row("Kim fell.", "Why?", ["ice", "fire", "rain"], "0")


def copa(labels: pa.Array) -> pa.Table:
    return pa.table(
        {
            "premise": ["The vase broke.", "I slept."],
            "choice1": ["It fell.", "I was fresh."],
            "choice2": ["It sang.", "I was red."],
            "question": ["cause", "effect"],
            "label": labels,
            "idx": pa.array([0, 1], pa.int32()),
        }
    )


@pytest.mark.parametrize("task", ["xcopa", "xcopa-r"])
def test_xcopa_asks_for_cause_or_effect_in_words(read: Any, task: str) -> None:
    rows = read(task, "test", copa(pa.array([1, 0], pa.int32())), "sw")
    assert rows == [
        row("The vase broke.", "What was the cause?", ["It fell.", "It sang."], "1"),
        row("I slept.", "What was the effect?", ["I was fresh.", "I was red."], "0"),
    ]


def test_copa_s_label_names_are_numbers(read: Any) -> None:
    table = copa(pa.array([1, 0], pa.int64()))
    features = {name: {"dtype": "string", "_type": "Value"} for name in table.column_names}
    features["idx"] = {"dtype": "int32", "_type": "Value"}
    features["label"] = {"names": ["choice1", "choice2"], "_type": "ClassLabel"}
    told = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    assert [each["label"] for each in read("copa", "train", table.replace_schema_metadata(told))] == [
        "1",
        "0",
    ]


def test_logiqa_s_letters_are_numbers(read: Any) -> None:
    table = pa.table(
        {
            "context": ["All cats run."],
            "question": ["Which follows?"],
            "choices": [["a", "b", "c", "d"]],
            "answer": ["C"],
            "answer_index": [2],
        }
    )
    assert read("logiqa", "test", table) == [
        row("All cats run.", "Which follows?", ["a", "b", "c", "d"], "2")
    ]


def test_a_hidden_label_is_no_row(read: Any) -> None:
    table = pa.table({"ctx_a": ["A"], "ctx_b": ["b"], "endings": [["c", "d"]], "label": [""]})
    with pytest.raises(NoRowsError, match="hidden labels"):
        read("hellaswag", "dev", table)


def test_every_task_names_a_source_with_citation_and_a_trainer_of_its_format(registry: Registry) -> None:
    for name in TASKS:
        task = registry.task(name)
        assert task.format == "multiple-choice"
        source = registry.source(task, task.languages[0])
        assert source is not None
        assert source.citation
        assert source.licence
        assert task.test_split in source.splits
        trainer = registry.task(task.train_on or name)
        assert trainer.format == task.format
        assert "train" in registry.source(trainer, "en").splits
    assert len(XCOPA_LANGUAGES) == 11
    assert registry.task("xcopa").train_on == "siqa"
    assert training_language(registry.task("xcopa")) == "en"
