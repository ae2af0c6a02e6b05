"""Columns: lists and labels in them, answers where they are said to lie, rows that cannot be used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import HarnessError, Task
from harness.data.columns import Given, reach, shaped
from harness.data.identity import DataPlaces
from harness.data.load import fingerprint, load, sample
from harness.data.revisions import Revisions
from harness.formats import Format, use_formats
from harness.registry import load_registry


class Tagged(Format):
    name = "made-tags"
    columns = ("tokens", "tags")
    types: Mapping[str, str] = {"tokens": "texts", "tags": "labels"}
    texts = ("tokens",)


class Spans(Format):
    name = "made-spans"
    columns = ("context", "question", "answers", "answer_starts")
    types: Mapping[str, str] = {"answers": "texts", "answer_starts": "numbers"}
    texts = ("context", "question")
    groups = "context"


class Choices(Format):
    name = "made-choices"
    columns = ("context", "question", "choices", "label")
    types: Mapping[str, str] = {"choices": "texts", "label": "label"}
    texts = ("context", "choices")
    optional = ("question",)
    groups = "choices"


class Search(Format):
    name = "made-search"
    columns = ("text", "text_pair", "relevant")
    types: Mapping[str, str] = {"relevant": "texts"}
    texts = ("text", "text_pair")
    optional = ("text", "text_pair", "relevant")
    groups = "text"

    def examples(self, table: pa.Table) -> np.ndarray:
        return np.array([bool(text) for text in table["text"].to_pylist()], dtype=bool)


FORMATS = {each.name: each for each in (Tagged(), Spans(), Choices(), Search())}
TAGS = ("O", "B-PER", "I-PER")


@pytest.fixture(scope="module")
def nowhere() -> DataPlaces:
    return DataPlaces(load_registry(), Revisions())


@pytest.fixture(autouse=True)
def _formats(nowhere: DataPlaces) -> Iterator[None]:
    use_formats(FORMATS.values())
    yield
    use_formats(())


class Names:
    """A feature of label names, as datasets has it."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)


class ListOf:
    def __init__(self, feature: Any) -> None:
        self.feature = feature


def read(task: Task, rows: pa.Table, **how: Any) -> Any:
    return shaped(task, FORMATS[task.format], "dev", Given(rows, origin="here", **how))


def tagging(**attributes: Any) -> Task:
    return Task(name="x", format="made-tags", labels=TAGS, **attributes)


def test_a_list_of_label_numbers_is_mapped_by_name() -> None:
    rows = pa.table({"words": [["a", "b"], ["c"]], "ner_tags": [[1, 2], [0]]})
    found = read(
        tagging(),
        rows,
        features={"ner_tags": ListOf(Names(["I-PER", "O", "B-PER"]))},
        columns={"tokens": "words", "tags": "ner_tags"},
    )
    assert found.table["tags"].to_pylist() == [["O", "B-PER"], ["I-PER"]]
    assert found.table["tokens"].type == pa.list_(pa.string())
    assert found.dropped == {}


def test_rows_that_cannot_be_tagged_are_left_out_and_each_is_counted_once() -> None:
    rows = pa.table(
        {
            "tokens": [["a"], [], ["a", "b"], ["a"], ["a", "b"], None],
            "tags": [["O"], [], ["O"], [None], ["O", "B-PER"], ["O"]],
        }
    )
    found = read(tagging(), rows)
    assert found.table["id"].to_pylist() == ["dev:0", "dev:4"]
    assert sum(found.dropped.values()) == 4
    assert found.dropped == {"empty tokens": 2, "no label": 1, "tags and tokens differ in number": 1}


def test_label_names_that_differ_are_told_and_may_be_allowed() -> None:
    rows = pa.table({"tokens": [["a"], ["b"]], "tags": [[0], [1]]})
    features = {"tags": ListOf(Names(["O", "B-LOC", "B-PER"]))}
    with pytest.raises(HarnessError, match=r"unknown to the task: B-LOC; missing: I-PER[\s\S]*allow-changed"):
        read(tagging(), rows, features=features)
    found = read(tagging(), rows, features=features, lenient=True)
    assert found.table["tags"].to_pylist() == [["O"]]
    assert found.dropped == {"no label": 1}
    assert any("B-LOC" in note for note in found.notes)


def spans(answers: Any, starts: Any) -> pa.Table:
    return pa.table(
        {
            "context": ["one two öne two"] * len(answers),
            "question": ["?"] * len(answers),
            "found": pa.array(
                [{"text": text, "answer_start": start} for text, start in zip(answers, starts, strict=True)]
            ),
        }
    )


WHERE = {"answers": "found.text", "answer_starts": "found.answer_start"}
SQUAD = Task(name="q", format="made-spans")


def test_a_dotted_name_reaches_into_structs_of_lists_and_lists_of_structs() -> None:
    rows = spans([["two"], ["one", "öne"]], [[12], [0, 8]])
    found = read(SQUAD, rows, columns=WHERE)
    assert found.table["answers"].to_pylist() == [["two"], ["one", "öne"]]
    assert found.table["answer_starts"].to_pylist() == [[12], [0, 8]]
    turned = pa.table({"a": [[{"b": {"c": 1}}, {"b": {"c": 2}}], None, []]})
    column = reach(turned, "a.b.c")
    assert column is not None
    assert column.to_pylist() == [[1, 2], None, []]
    assert reach(turned, "a.b.d") is None


def test_an_answer_is_looked_for_where_it_is_not_and_left_out_where_it_is_nowhere() -> None:
    rows = spans([["two"], ["two"], ["three"], [], ["three", "one"]], [[12], [3], [0], [], [1, 0]])
    found = read(SQUAD, rows, columns=WHERE)
    assert found.table["answers"].to_pylist() == [["two"], ["two"], [], ["one"]]
    assert found.table["answer_starts"].to_pylist() == [[12], [4], [], [0]]
    assert found.dropped == {"answer not in the text": 1}
    assert "1 answers lie elsewhere" in found.notes[0]


@given(st.text(min_size=1, max_size=20), st.integers(0, 19), st.integers(1, 5), st.integers(-3, 25))
def test_after_reading_every_answer_lies_where_it_is_said_to(
    text: str, start: int, length: int, said: int
) -> None:
    answer = text[start : start + length]
    rows = pa.table(
        {"context": ["." + text], "question": ["?"], "answers": [[answer]], "answer_starts": [[said]]}
    )
    found = read(SQUAD, rows)
    assert found.table.num_rows + sum(found.dropped.values()) == 1
    for row in found.table.to_pylist():
        for each, place in zip(row["answers"], row["answer_starts"], strict=True):
            assert row["context"][place : place + len(each)] == each


def test_columns_side_by_side_make_a_list_and_the_label_may_be_a_number() -> None:
    rows = pa.table({"p": ["c", "c"], "q": ["", None], "a": ["1", "2"], "b": ["3", "4"], "label": [1, -1]})
    task = Task(name="m", format="made-choices")
    found = read(task, rows, columns={"context": "p", "question": "q", "choices": "a+b"})
    assert found.table["choices"].to_pylist() == [["1", "3"]]
    assert found.table["label"].to_pylist() == ["1"]
    assert found.dropped == {"no label": 1}


def test_a_column_of_another_kind_is_told() -> None:
    rows = pa.table({"tokens": ["a b"], "tags": [["O"]]})
    with pytest.raises(HarnessError, match="'tokens' holds string"):
        read(tagging(), rows)


def test_ids_that_come_twice_are_told_apart() -> None:
    rows = pa.table({"tokens": [["a"]] * 3, "tags": [["O"]] * 3, "n": [7, 7, 8]})
    assert read(tagging(), rows, columns={"id": "n"}).table["id"].to_pylist() == ["7", "7#2", "8"]


LISTS = st.lists(st.lists(st.text(max_size=3) | st.none(), max_size=3) | st.none(), min_size=1, max_size=6)


@given(LISTS, LISTS, st.integers(0, 6))
def test_a_fingerprint_of_lists_sees_every_value_and_no_chunk(first: Any, second: Any, cut: int) -> None:
    kind = pa.list_(pa.string())
    one, other = (pa.table({"x": pa.array(each, kind)}) for each in (first, second))
    assert (fingerprint(one) == fingerprint(other)) == (first == second)
    parts = [pa.array(first[:cut], kind), pa.array(first[cut:], kind)]
    assert fingerprint(pa.table({"x": pa.chunked_array(parts)})) == fingerprint(one)
    wide = pa.table({"x": pa.array([None, *first], pa.large_list(pa.large_string()))}).slice(1)
    assert fingerprint(wide) == fingerprint(one)


@given(st.lists(st.lists(st.integers(-9, 9), max_size=3), max_size=5))
def test_a_fingerprint_of_numbers_sees_their_values_not_their_widths(rows: list[list[int]]) -> None:
    narrow, wide = (pa.table({"x": pa.array(rows, pa.list_(kind))}) for kind in (pa.int8(), pa.int64()))
    assert fingerprint(narrow) == fingerprint(wide)


@given(st.lists(st.booleans(), max_size=30), st.integers(0, 30))
def test_a_sample_thins_examples_only(wanted: list[bool], limit: int) -> None:
    table = pa.table({"id": pa.array([str(number) for number in range(len(wanted))], pa.string())})
    examples = np.array(wanted, dtype=bool)
    kept = {int(name) for name in sample(table, limit, examples)["id"].to_pylist()}
    others = set(np.flatnonzero(~examples).tolist())
    assert others <= kept
    assert len(kept - others) == min(limit, int(examples.sum()))
    fewer = {int(name) for name in sample(table, limit // 2, examples)["id"].to_pylist()}
    assert fewer <= kept


class MadeSearch(Task):
    name = "made-search-task"
    format = "made-search"

    def rows(self, split: str, language: str) -> list[dict[str, Any]]:
        queries = [{"id": f"q{n}", "text": f"t{n // 2}", "text_pair": f"p{n}"} for n in range(8)]
        return [*queries, *({"id": f"c{n}", "text": "", "text_pair": f"c{n}"} for n in range(5))]


def test_a_limit_keeps_candidates_and_rows_share_a_cluster_by_the_formats_column(
    nowhere: DataPlaces,
) -> None:
    found = load(MadeSearch(), "test", "en", nowhere, 3).table
    ids = found["id"].to_pylist()
    assert sum(name.startswith("q") for name in ids) == 3
    assert sum(name.startswith("c") for name in ids) == 5
    whole = {row["id"]: row["cluster"] for row in load(MadeSearch(), "test", "en", nowhere).table.to_pylist()}
    assert whole["q1"] == whole["q0"] == "q0"
    assert whole["q3"] == "q2"
    assert whole["c1"] == "c1"  # rows without a query are not one group


class MadeChoices(Task):
    name = "made-choices-task"
    format = "made-choices"

    def rows(self, split: str, language: str) -> list[dict[str, Any]]:
        row = {"context": "c", "choices": ["a", "b"], "label": "1"}
        return [row, {**row, "choices": ["ab"]}, {**row, "label": ""}, {**row, "label": "0"}]


def test_a_task_may_make_rows_with_lists(nowhere: DataPlaces) -> None:
    found = load(MadeChoices(), "test", "en", nowhere)
    assert found.table["choices"].to_pylist() == [["a", "b"], ["ab"], ["a", "b"]]
    assert found.table["cluster"].to_pylist() == ["test:0", "test:1", "test:0"]
    assert found.dropped == {"no label": 1}
