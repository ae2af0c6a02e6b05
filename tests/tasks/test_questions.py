"""Question answering: rows as they lie on the Hub come out in the format's columns, language by language."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from harness_plugins.tasks.questions import TYDIQA_NAMES

from harness.data.identity import DataPlaces, rows_identity, selection_task, training_task
from harness.data.load import NoRowsError, load
from harness.data.revisions import Revisions
from harness.formats import Settings, format_named
from harness.formats.answers import grade, rule_names
from harness.languages import language as language_named
from harness.registry import Registry, load_registry
from harness.registry_schema import Recipe

TASKS = ("squad", "squad-v2", "xquad", "xquad-r", "mlqa", "tydiqa")
FILES = {
    "squad": "rajpurkar/squad/plain_text",
    "squad-v2": "rajpurkar/squad_v2/squad_v2",
    "xquad": "google/xtreme/XQuAD.{language}",
    "xquad-r": "google/xquad/xquad.{language}",
    "mlqa": "google/xtreme/MLQA.{language}.{language}",
}


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


def write(
    path: Path, rows: Sequence[tuple[str, str, str, list[tuple[str, int]]]], swapped: bool = False
) -> None:
    """Write (id, context, question, answers with their places) as the Hub has them."""
    answers = pa.array(
        [
            {"text": [text for text, _ in found], "answer_start": [place for _, place in found]}
            for *_, found in rows
        ],
        pa.struct(
            sorted([("text", pa.list_(pa.string())), ("answer_start", pa.list_(pa.int32()))], reverse=swapped)
        ),
    )
    names = ("id", "context", "question")
    columns = {name: pa.array([row[at] for row in rows], pa.string()) for at, name in enumerate(names)}
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({**columns, "title": pa.array([""] * len(rows)), "answers": answers}), path)


def read(registry: Registry, folder: Path, task: str, split: str, language: str = "en") -> pa.Table:
    return load(registry.task(task), split, language, DataPlaces(registry, Revisions(), folder)).table


ROWS = [
    ("q1", "The tower is old.", "What is old?", [("The tower", 0), ("tower", 4)]),
    ("q2", "The tower is old.", "How is it?", [("old", 13)]),
    ("q3", "A new bridge.", "What is new?", [("bridge", 6)]),
]


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(
    ("task", "split", "theirs", "language"),
    [
        ("squad", "train", "train", "en"),
        ("squad", "dev", "validation", "en"),
        ("squad-v2", "train", "train", "en"),
        ("squad-v2", "dev", "validation", "en"),
        ("xquad", "test", "validation", "de"),
        ("xquad-r", "test", "validation", "ro"),
        ("mlqa", "dev", "validation", "zh"),
        ("mlqa", "test", "test", "hi"),
    ],
)
def test_rows_come_with_their_ids_answers_and_places(
    registry: Registry, tmp_path: Path, task: str, split: str, theirs: str, language: str, swapped: bool
) -> None:
    place = FILES[task].replace("{language}", language)
    write(tmp_path / place / f"{theirs}-00000-of-00001.parquet", ROWS, swapped)
    rows = read(registry, tmp_path, task, split, language)
    assert rows["id"].to_pylist() == ["q1", "q2", "q3"]
    assert rows["context"].to_pylist() == [row[1] for row in ROWS]
    assert rows["question"].to_pylist() == [row[2] for row in ROWS]
    assert rows["answers"].to_pylist() == [["The tower", "tower"], ["old"], ["bridge"]]
    assert rows["answer_starts"].to_pylist() == [[0, 4], [13], [6]]
    # questions on one paragraph are not independent
    assert rows["cluster"].to_pylist() == ["q1", "q1", "q3"]


def test_questions_without_an_answer_are_kept(registry: Registry, tmp_path: Path) -> None:
    rows = [*ROWS, ("q4", "A new bridge.", "Who built it?", [])]
    write(tmp_path / FILES["squad-v2"] / "validation-00000-of-00001.parquet", rows)
    found = read(registry, tmp_path, "squad-v2", "dev")
    assert found["answers"].to_pylist()[-1] == []
    assert found["answer_starts"].to_pylist()[-1] == []
    settings = Settings(labels=(), recipe=Recipe(), rule=registry.task("squad-v2").scoring)
    assert format_named("span-extraction").trivial(found, settings)["exact_match"] >= 0.25


def tydiqa(folder: Path) -> None:
    """Write two splits of TyDiQA in three languages, as one table each."""
    for split in ("train", "validation"):
        rows = [
            (f"{name}-{split}{number}-0", f"{name} {number} here", "which ?", [(name, 0)])
            for number in range(2)
            for name in ("arabic", "english", "korean")
        ]
        write(folder / "google/xtreme/tydiqa" / f"{split}-00000-of-00001.parquet", rows)


@pytest.mark.parametrize(
    ("split", "language", "ids"),
    [
        ("train", "en", ["english-train0-0", "english-train1-0"]),
        ("train", "ko", ["korean-train0-0", "korean-train1-0"]),
        ("dev", "en", ["english-validation0-0", "english-validation1-0"]),
        ("test", "en", ["english-validation0-0", "english-validation1-0"]),
        ("test", "ar", ["arabic-validation0-0", "arabic-validation1-0"]),
    ],
)
def test_tydiqas_languages_are_told_apart_by_their_ids(
    registry: Registry, tmp_path: Path, split: str, language: str, ids: list[str]
) -> None:
    tydiqa(tmp_path)
    found = read(registry, tmp_path, "tydiqa", split, language)
    assert found["id"].to_pylist() == ids
    assert found["answers"].to_pylist() == [[TYDIQA_NAMES[language]]] * 2


def test_tydiqa_has_no_dev_rows_but_english_ones_and_keys_that_know_the_language(
    registry: Registry, tmp_path: Path
) -> None:
    tydiqa(tmp_path)
    task, places = registry.task("tydiqa"), DataPlaces(registry, Revisions(), tmp_path)
    with pytest.raises(NoRowsError):
        load(task, "dev", "ko", places)
    assert rows_identity(task, "test", "ar", places) != rows_identity(task, "test", "ko", places)


def test_tydiqas_names_are_those_of_its_languages() -> None:
    assert {code: language_named(code).name.lower() for code in TYDIQA_NAMES} == TYDIQA_NAMES


def test_what_trains_and_what_selects_is_as_in_xtreme(registry: Registry) -> None:
    trainers = {name: training_task(registry.task(name), registry).name for name in TASKS}
    assert trainers == {
        "squad": "squad",
        "squad-v2": "squad-v2",
        "xquad": "squad",
        "xquad-r": "squad",
        "mlqa": "squad",
        "tydiqa": "tydiqa",
    }
    assert selection_task(registry.task("xquad"), registry).name == "squad"
    assert selection_task(registry.task("mlqa"), registry).name == "mlqa"
    assert selection_task(registry.task("tydiqa"), registry).name == "tydiqa"


@pytest.mark.parametrize("name", TASKS)
def test_every_task_names_a_rule_that_knows_its_languages_and_a_source_that_knows_its_rows(
    registry: Registry, name: str
) -> None:
    task = registry.task(name)
    assert task.format == "span-extraction"
    assert task.scoring in rule_names()
    for language in task.languages:
        assert grade("7", ["7"], task.scoring, language) == (1, 1)
        source = registry.source(task, language)
        assert source is not None
        assert source.licence
        assert "arXiv" in source.citation
        counts: Any = source.rows[task.test_split]
        assert (counts if isinstance(counts, int) else counts[language]) > 0


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize(
    ("recipe", "length", "batch", "stride"),
    # the original scripts' 128 is the step from window to window, ours is what two windows share
    [("paper", 384, 16, 240), ("xtreme", 384, 32, 240), ("quick", 256, 16, 128), ("smoke", 128, 8, 32)],
)
def test_recipes_give_questions_longer_windows(
    registry: Registry, name: str, recipe: str, length: int, batch: int, stride: int
) -> None:
    found = registry.recipe_for(recipe, name)
    assert (found.max_length, found.batch_size, found.stride) == (length, batch, stride)
    assert (found.best_answers, found.answer_length) == (20, 30)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("task", "split", "language"),
    [
        ("squad", "train", "en"),
        ("squad-v2", "dev", "en"),
        ("xquad", "test", "th"),
        ("mlqa", "dev", "ar"),
        ("tydiqa", "train", "en"),
        ("tydiqa", "test", "ko"),
    ],
)
def test_real_rows_are_read_and_every_answer_stands_in_its_context(
    registry: Registry, task: str, split: str, language: str
) -> None:
    folder = Path(os.environ["HARNESS_REALDATA"]) / "hub" / "datasets"
    rows = read(registry, folder, task, split, language)
    assert rows.num_rows > 200
    for context, answers, starts in zip(
        *(rows[name].to_pylist() for name in ("context", "answers", "answer_starts")), strict=True
    ):
        assert all(context.startswith(answer, start) for answer, start in zip(answers, starts, strict=True))
        assert answers or task == "squad-v2"
