"""A search for the words that matter most to a model: what it finds, how often it asks, what a stopped one does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from harness_plugins.perturbations.noise import Keyboard

from harness.errors import HarnessError
from harness.execute.search import Judgement, _Seeker
from harness.formats import format_named
from harness.plan.stages import SearchStage
from harness.registry import load_registry
from harness.registry_schema import Recipe
from harness.scoring.records import RunRecord, records
from harness.text.table import QUERIES

WORDS = "The clever children read seven long books about horses."


def stage(words: int = 3, intensity: float = 1.0, seed: int = 0) -> SearchStage:
    return SearchStage(
        "key", {}, "xnli", "test", "en", None, ("premise", "hypothesis"), "noise.keyboard", "label",
        intensity, seed, None, words, Recipe(), "accuracy",
    )  # fmt: skip


def rows(count: int = 3) -> pa.Table:
    return pa.table(
        {
            "id": [str(number) for number in range(count)],
            "premise": [WORDS] * count,
            "hypothesis": ["Horses sleep."] * count,
            "label": ["entailment"] * count,
        }
    )


class Model:
    """A model that needs some words to be right, and says how many of them it has found."""

    def __init__(self, *needed: str, enough: int = 0) -> None:
        self.needed, self.enough = needed, enough
        self.asked: list[int] = []

    def __call__(self, table: pa.Table) -> Judgement:
        self.asked.append(table.num_rows)
        found = np.array(
            [sum(word in text for word in self.needed) for text in table["premise"].to_pylist()], dtype=float
        )
        return Judgement(found - len(self.needed), (found > self.enough).astype(float))


def seek(model: Model, table: pa.Table | None = None, **more: Any) -> list[dict[str, Any]]:
    table = rows() if table is None else table
    seeker = _Seeker(table, stage(**more), Keyboard(), format_named("pair-classification"), model)
    return seeker.found(range(table.num_rows)).to_pylist()


def test_the_words_that_the_model_needs_are_disturbed_and_no_others() -> None:
    model = Model("children", "seven")
    for row in seek(model):
        assert row["touched"]
        assert row["token_edits"] == 2
        assert "children" not in row["premise"]
        assert "seven" not in row["premise"]
        kept = [word for word in WORDS.split() if word not in ("children", "seven")]
        assert all(word in row["premise"] for word in kept)
        assert row["hypothesis"] == "Horses sleep."


def test_a_search_ends_when_the_model_errs() -> None:
    assert [row["token_edits"] for row in seek(Model("children", "seven", enough=1))] == [1] * 3


def test_rows_are_asked_about_together_and_each_query_counts() -> None:
    model = Model("children", "seven")
    found = seek(model)
    able = 9 + 2  # words of two letters or more
    assert model.asked == [3, 3 * able, 3, 3]
    assert [row["queries"] for row in found] == [1 + able + 2] * 3
    assert sum(row["queries"] for row in found) == sum(model.asked)


def test_a_row_that_is_wrong_already_is_asked_about_once_and_left_alone() -> None:
    (row,) = seek(Model("absent"), rows(1))
    assert (row["queries"], row["touched"], row["eligible"], row["premise"]) == (1, False, True, WORDS)


def test_no_more_words_are_tried_than_asked_for_and_than_the_intensity_allows() -> None:
    needed = ("children", "seven", "books", "about")
    assert [row["token_edits"] for row in seek(Model(*needed), words=3)] == [3] * 3
    assert [row["token_edits"] for row in seek(Model(*needed), words=9, intensity=0.2)] == [2] * 3
    assert [row["touched"] for row in seek(Model(*needed), words=9, intensity=0.0)] == [False] * 3


def test_what_does_not_harm_the_model_is_taken_back() -> None:
    (row,) = seek(Model("children", enough=-1), rows(1), words=9)
    assert row["token_edits"] == 1
    assert row["queries"] == 1 + 11 + 9


def test_a_search_is_the_same_again_and_in_any_order() -> None:
    one, other = seek(Model("children")), seek(Model("children"), rows().take([2, 0, 1]))
    assert {row["id"]: row for row in one} == {row["id"]: row for row in other}
    assert seek(Model("children"), seed=1) != one


def test_answers_follow_their_context() -> None:
    table = pa.table(
        {
            "id": ["0"],
            "context": [WORDS],
            "question": ["What do they read?"],
            "answers": pa.array([["books"]]),
            "answer_starts": pa.array([[WORDS.index("books")]], pa.list_(pa.int32())),
        }
    )

    def model(table: pa.Table) -> Judgement:
        found = np.array(["long" in text for text in table["context"].to_pylist()], dtype=float)
        return Judgement(found, found)

    made = SearchStage(**{**vars(stage()), "columns": ("context", "question")})
    (row,) = (
        _Seeker(table, made, Keyboard(), format_named("span-extraction"), model).found(range(1)).to_pylist()
    )
    (start,), (answer,) = row["answer_starts"], row["answers"]
    assert "long" not in row["context"]
    assert row["context"][start : start + len(answer)] == answer == "books"


@pytest.mark.parametrize("name", ["drop", "keyboard", "swap", "homoglyphs", "uppercase", "unicode"])
def test_messy_texts_are_searched_and_never_lost(name: str) -> None:
    perturbation = load_registry().perturbation(f"noise.{name}")
    texts = [
        "",
        " ",
        "a",
        "I a",
        "\u200bzero\u200b width",
        "Café cafe\u0301s",
        "👩‍👩‍👧‍👦 👍🏽 ok",
        "مَرْحَبًا بِكُم",
        "กำลังไป",
        "x\ty\nz",
    ]

    def model(table: pa.Table) -> Judgement:
        size = np.array([-float(len(text)) for text in table["premise"].to_pylist()])
        return Judgement(size, np.ones(len(size)))

    for language in ("en", "th", "ar", "zh"):
        columns = {"premise": texts, "hypothesis": texts[::-1], "label": ["neutral"] * len(texts)}
        table = pa.table({"id": list(map(str, range(len(texts)))), **columns})
        made = SearchStage(**{**vars(stage(words=4)), "language": language})
        found = _Seeker(table, made, perturbation, format_named("pair-classification"), model).found(
            range(len(texts))
        )
        for old, new in zip(texts, found["premise"].to_pylist(), strict=True):
            assert bool(new.strip()) == bool(old.strip())


def test_a_search_names_what_it_cannot_do() -> None:
    registry = load_registry()
    with pytest.raises(HarnessError, match="disturbs no single words") as error:
        registry.perturbations(["greedy:4:syntactic.scramble"])
    assert "worst:4:syntactic.scramble" in str(error.value.mend)
    with pytest.raises(HarnessError, match="greedy:K:NAME"):
        registry.perturbations(["greedy:noise.keyboard"])
    (variant,) = registry.perturbations(["greedy:4:noise.keyboard:0.5"])
    assert (variant.label, variant.greedy, variant.draws, variant.intensity) == (
        "greedy:4:noise.keyboard:0.5", 4, 1, 0.5,
    )  # fmt: skip


def harness(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from harness.cli import main; main()", *arguments],
        cwd=folder, env={**os.environ, "COLUMNS": "200"}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def done(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], str]:
    folder = tmp_path_factory.mktemp("searched")
    arguments = [
        *("run", "--model", str(tiny_model), "-i", "none", "--target", "grammar-nli", "--language", "en,de"),
        *("--recipe", "smoke", "--limit", "12", "--train-limit", "60", "--perturb", "noise.keyboard:1"),
        *("--perturb", "greedy:3:noise.keyboard:1"),
    ]
    found = harness(*arguments, folder=folder)
    assert found.returncode == 0, found.stderr
    return folder, arguments, found.stdout


def test_a_run_searches_and_tells_what_it_asked(done: tuple[Path, list[str], str]) -> None:
    folder, _, output = done
    (record,) = records(folder / "harness-runs" / "runs")
    for language in ("en", "de"):
        cell = record.score(language, "greedy:3:noise.keyboard:1")
        assert cell is not None
        clean = record.score(language, "clean")
        assert clean is not None
        assert cell.score <= clean.score
        assert cell.queries is not None
        assert cell.queries >= 1
    assert "queries" in output
    assert {each.label: each.search for each in record.variants}["greedy:3:noise.keyboard:1"] == "greedy:3:"
    assert RunRecord.from_json(record.to_json()) == record


def test_a_search_that_was_stopped_goes_on_and_finds_the_same(done: tuple[Path, list[str], str]) -> None:
    folder, arguments, _ = done
    stages = folder / "harness-runs" / "stages"
    (record,) = records(folder / "harness-runs" / "runs")
    found = {path.parent: pq.read_table(path) for path in stages.glob("perturb/*/variant.parquet")}
    searched = {path: table for path, table in found.items() if QUERIES in table.column_names}
    assert len(searched) == 2
    marks = {path: table.set_column(table.column_names.index(QUERIES), QUERIES, pa.array([99] * 12, pa.int32()))
             for path, table in searched.items()}  # fmt: skip
    for path, table in marks.items():
        # as a search leaves it that is stopped after its first rows
        shutil.rmtree(path)
        partial = path.with_name(f"{path.name}.partial")
        partial.mkdir()
        pq.write_table(table, partial / "searched-0.parquet")
    for cell in record.cells:
        if cell.key and cell.variant.startswith("greedy"):
            shutil.rmtree(stages / "evaluate" / cell.key)
    for name in ("runs", "journal", "reports"):
        shutil.rmtree(folder / "harness-runs" / name)
    again = harness(*arguments, folder=folder)
    assert again.returncode == 0, again.stderr
    assert "2 of 6 cells to do" in again.stdout
    for path, table in marks.items():
        assert pq.read_table(path / "variant.parquet").equals(table)
    assert not list(stages.glob("perturb/*/searched-*"))
    (after,) = records(folder / "harness-runs" / "runs")
    assert [each.score for each in after.scores] == [each.score for each in record.scores]
    assert {each.queries for each in after.scores} == {None, 99.0}
