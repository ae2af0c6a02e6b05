"""The embedded raw text: all languages, single sentences and parallel pairs, nothing from dev or test."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from harness_plugins.tasks.grammar import GrammarNli, GrammarParaphrase, GrammarText, harness_tasks
from harness_plugins.tasks.grammar_engine.realise import LANGUAGES, grammar

TASK = GrammarText(sizes={"train": 2000, "dev": 200})


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return list(TASK.rows("train", "mul"))


def test_every_language_is_there_alone_and_in_pairs(rows: list[dict[str, Any]]) -> None:
    alone = Counter(row["language"] for row in rows if not row["text_pair"])
    paired = Counter(
        code for row in rows if row["text_pair"] for code in (row["language"], row["language_pair"])
    )
    assert set(alone) == set(paired) == set(LANGUAGES)
    assert min(alone.values()) > 8


def test_pairs_are_of_two_languages_and_single_rows_of_one(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        assert bool(row["text_pair"]) == bool(row["language_pair"])
        assert row["language"] != row["language_pair"]
        assert set(row) == {"id", "text", "text_pair", "language", "language_pair"}


@pytest.mark.parametrize("task", [GrammarNli, GrammarParaphrase])
@pytest.mark.parametrize("language", ["en", "hi", "zh"])
def test_it_says_nothing_of_what_dev_and_test_say(
    task: type, language: str, rows: list[dict[str, Any]]
) -> None:
    said = {row["text"] for row in rows if row["language"] == language}
    said |= {row["text_pair"] for row in rows if row["language_pair"] == language}
    pairs = task(sizes={"dev": 150, "test": 300})
    for split in ("dev", "test"):
        for row in pairs.rows(split, language):
            assert row["premise"] not in said
            assert row["hypothesis"] not in said


def test_its_dev_rows_are_not_among_its_train_rows(rows: list[dict[str, Any]]) -> None:
    texts = {row["text"] for row in rows} | {row["text_pair"] for row in rows}
    assert not texts & {row["text"] for row in TASK.rows("dev", "mul")}


def test_its_counts_are_told_and_kept() -> None:
    assert TASK.row_count("dev", "mul") == len(list(TASK.rows("dev", "mul"))) == 200
    assert TASK.row_count("dev", "en") == TASK.row_count("test", "mul") == 0


def test_the_tasks_are_named_once() -> None:
    assert [task.name for task in harness_tasks()] == [
        "grammar-nli",
        "grammar-paraphrase",
        "grammar-text",
        "grammar-translations",
    ]


# Concepts that a language may name alike: no sentence can hold one for the other.
ALIKE = ({"seek", "search"}, {"aged", "old"})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", ["nouns", "adjectives", "verbs", "phrases"])
def test_every_concept_has_words_of_its_own(language: str, part: str) -> None:
    words: dict[str, str] = {}
    for concept, entry in getattr(grammar(language), part).items():
        other = words.setdefault(repr(entry), concept)
        assert other == concept or {other, concept} in ALIKE


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_lexicons_name_the_same_concepts(language: str) -> None:
    here, english = grammar(language), grammar("en")
    for part in ("nouns", "adjectives", "verbs", "phrases"):
        assert list(getattr(here, part)) == list(getattr(english, part))
