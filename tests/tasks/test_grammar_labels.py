"""The embedded pair tasks: labels hold by construction and cannot be guessed from half of a pair."""

from __future__ import annotations

import hashlib
import math
import random
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from itertools import islice, product
from typing import Any

import pytest
from harness_plugins.tasks.grammar import GrammarNli, GrammarPairs, GrammarParaphrase, harness_tasks
from harness_plugins.tasks.grammar_engine.logic import (
    CONTRADICTION,
    ENTAILMENT,
    LABELS,
    NEUTRAL,
    relation,
)
from harness_plugins.tasks.grammar_engine.meaning import Entity, Event, gist, sound

from harness import HarnessError

Row = dict[str, Any]
PAIR_TASKS = (GrammarNli, GrammarParaphrase)


def words(text: str) -> list[str]:
    return text.lower().replace(",", "").rstrip(".").split()


def guessed(rows: list[Row], features: Callable[[Row], Iterable[Hashable]]) -> float:
    """Accuracy of naive Bayes over counted features, trained on two thirds and tested on the rest."""
    cut = len(rows) * 2 // 3
    seen: dict[str, Counter[Hashable]] = {}
    for row in rows[:cut]:
        seen.setdefault(row["label"], Counter()).update(features(row))
    known = len(set().union(*seen.values()))
    totals = {label: sum(counts.values()) + known for label, counts in seen.items()}

    def score(label: str, row: Row) -> float:
        return sum(math.log((seen[label][feature] + 1) / totals[label]) for feature in features(row))

    hits = [max(seen, key=lambda label: score(label, row)) == row["label"] for row in rows[cut:]]
    return sum(hits) / len(hits)


@pytest.fixture(scope="module")
def nli() -> list[Row]:
    return list(GrammarNli(sizes={"train": 4500}).rows("train", "en"))


@pytest.fixture(scope="module")
def paraphrase() -> list[Row]:
    return list(GrammarParaphrase(sizes={"train": 3000}).rows("train", "en"))


def test_the_hypothesis_alone_does_not_give_the_label_away(nli: list[Row]) -> None:
    assert guessed(nli, lambda row: words(row["hypothesis"])) < 0.36


def test_the_premise_alone_gives_little_away(nli: list[Row]) -> None:
    assert guessed(nli, lambda row: words(row["premise"])) < 0.5


def test_word_overlap_alone_does_not_determine_the_label(nli: list[Row]) -> None:
    def overlap(row: Row) -> list[Hashable]:
        premise, hypothesis = set(words(row["premise"])), set(words(row["hypothesis"]))
        return [(len(hypothesis - premise), len(premise - hypothesis))]

    assert guessed(nli, overlap) < 0.6


def test_every_hypothesis_is_met_under_every_label(nli: list[Row]) -> None:
    seen: dict[str, set[str]] = {}
    for row in nli:
        seen.setdefault(row["cluster"], set()).add(f"{row['label']} {row['hypothesis']}")
    assert all(
        len(group) == 3 and len({each.split(" ", 1)[1] for each in group}) == 1 for group in seen.values()
    )


def test_negation_is_as_frequent_under_each_label(nli: list[Row]) -> None:
    for column in ("premise", "hypothesis"):
        counts = Counter(row["label"] for row in nli if "not" in words(row[column]))
        assert max(counts.values()) - min(counts.values()) < 0.04 * len(nli)


def test_half_of_a_paraphrase_does_not_give_the_label_away(paraphrase: list[Row]) -> None:
    assert guessed(paraphrase, lambda row: words(row["hypothesis"])) < 0.55
    assert guessed(paraphrase, lambda row: words(row["premise"])) < 0.6


def test_many_look_alikes_hold_the_same_words_as_the_sentence_they_differ_from(paraphrase: list[Row]) -> None:
    different = [row for row in paraphrase if row["label"] == "different"]
    same = [row for row in different if sorted(words(row["premise"])) == sorted(words(row["hypothesis"]))]
    assert len(same) > 0.15 * len(different)


@pytest.mark.parametrize("task", PAIR_TASKS)
def test_pairs_are_never_one_text_twice(task: type[GrammarPairs]) -> None:
    for language in task.languages:
        for row in task(sizes={"test": 60}).rows("test", language):
            assert row["premise"] != row["hypothesis"]


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_labels_of_inference_follow_from_the_meaning(split: str) -> None:
    task = GrammarNli()
    for group in range(60):
        (hypothesis, _), premises = task.group(split, group)
        assert sound(hypothesis)
        assert tuple(premises) == LABELS
        for label, (premise, _) in premises.items():
            assert sound(premise)
            assert relation(premise, hypothesis) == label


SLEEP = Event("sleep", Entity("woman"))
BUY = Event("buy", Entity("woman"), Entity("apple"))


@pytest.mark.parametrize(
    ("premise", "hypothesis", "label"),
    [
        (Event("sleep", Entity("queen")), SLEEP, ENTAILMENT),
        (SLEEP, Event("sleep", Entity("queen")), NEUTRAL),
        (Event("sleep", Entity("man")), SLEEP, CONTRADICTION),
        (Event("run", Entity("woman")), SLEEP, CONTRADICTION),
        (Event("sleep", Entity("woman"), place="park"), SLEEP, ENTAILMENT),
        (SLEEP, Event("sleep", Entity("woman"), place="park"), NEUTRAL),
        (BUY, Event("buy", Entity("woman"), Entity("fruit")), ENTAILMENT),
        (BUY, Event("buy", Entity("woman"), Entity("pear")), CONTRADICTION),
        (BUY, Event("buy", Entity("woman"), Entity("apple", "red")), NEUTRAL),
        (BUY, Event("buy", Entity("woman"), Entity("fruit"), negated=True), CONTRADICTION),
        (BUY, Event("buy", Entity("woman"), Entity("apple", "red"), negated=True), NEUTRAL),
        (Event("buy", Entity("woman"), Entity("fruit"), negated=True), BUY, CONTRADICTION),
        (Event("buy", Entity("woman"), Entity("apple", "red"), negated=True), BUY, NEUTRAL),
        # Old for a grandmother is not old for a woman; red for an apple is red for a fruit.
        (Event("sleep", Entity("grandmother", "young")), Event("sleep", Entity("woman", "young")), None),
        (
            Event("buy", Entity("woman"), Entity("apple", "red")),
            Event("buy", Entity("woman"), Entity("fruit", "red")),
            ENTAILMENT,
        ),
        # Who pushes is not pushed; who hugs may well be hugged.
        (
            Event("push", Entity("boy"), Entity("dog")),
            Event("push", Entity("dog"), Entity("boy")),
            CONTRADICTION,
        ),
        (Event("watch", Entity("boy"), Entity("dog")), Event("watch", Entity("dog"), Entity("boy")), None),
        # What goes on in the morning says nothing about the evening.
        (
            Event("sleep", Entity("woman"), time="this_morning"),
            Event("run", Entity("woman"), time="this_evening"),
            None,
        ),
    ],
)
def test_the_logic_knows_what_follows(premise: Event, hypothesis: Event, label: str | None) -> None:
    assert relation(premise, hypothesis) == label


def test_negation_turns_entailment_round() -> None:
    narrow = Event("buy", Entity("woman"), Entity("apple"), negated=True)
    wide = Event("buy", Entity("woman"), Entity("fruit"), negated=True)
    assert relation(wide, narrow) == ENTAILMENT
    assert relation(narrow, wide) == NEUTRAL


def test_splits_share_no_event_within_or_across_the_tasks() -> None:
    said: dict[str, set[str]] = {"train": set(), "dev": set(), "test": set()}
    for task in (GrammarNli(), GrammarParaphrase()):
        for split, events in said.items():
            for group in range(150):
                (shared, _), others = task.group(split, group)
                events |= {gist(shared), *(gist(event) for event, _ in others.values())}
    assert not said["train"] & said["dev"]
    assert not said["train"] & said["test"]
    assert not said["dev"] & said["test"]


@pytest.mark.parametrize("language", ["en", "hi"])
def test_splits_share_no_sentence(language: str) -> None:
    task = GrammarNli(sizes={"train": 600, "dev": 300, "test": 300})
    texts = {
        split: {row[column] for row in task.rows(split, language) for column in task.columns}
        for split in task.sizes
    }
    assert not texts["train"] & texts["dev"]
    assert not texts["train"] & texts["test"]
    assert not texts["dev"] & texts["test"]


@pytest.mark.parametrize("task", PAIR_TASKS)
def test_rows_are_parallel_across_languages(task: type[GrammarPairs]) -> None:
    made = task(sizes={"test": 60})
    facts = {
        language: [(row["id"], row["cluster"], row["label"]) for row in made.rows("test", language)]
        for language in made.languages
    }
    assert len(made.languages) == 8
    assert all(each == facts["en"] for each in facts.values())
    assert len({row_id for row_id, _, _ in facts["en"]}) == 60


@pytest.mark.parametrize("task", PAIR_TASKS)
def test_rows_are_the_same_whatever_was_made_before_and_however_many_are_asked_for(
    task: type[GrammarPairs],
) -> None:
    few = list(task(sizes={"dev": 20}).rows("dev", "de"))
    interleaved = zip(task().rows("dev", "de"), task(seed=7).rows("dev", "de"), strict=False)
    assert [row for row, _ in islice(interleaved, 20)] == few


def test_rows_neither_use_nor_disturb_the_global_generator() -> None:
    random.seed(1)
    before = random.getstate()
    first = list(GrammarNli(sizes={"dev": 12}).rows("dev", "ru"))
    assert random.getstate() == before
    random.seed(2)
    assert list(GrammarNli(sizes={"dev": 12}).rows("dev", "ru")) == first


def test_rows_are_the_same_on_every_machine() -> None:
    """Raise the tasks' version with the number below: cached results of the old rows no longer hold."""
    digest, sizes = hashlib.sha256(), {"train": 12, "dev": 12, "test": 12}
    for task in (GrammarNli(sizes=sizes), GrammarParaphrase(sizes=sizes)):
        for split, language in product(sizes, task.languages):
            for row in task.rows(split, language):
                digest.update("".join(row.values()).encode())
    assert (GrammarNli.version, digest.hexdigest()[:16]) == ("1", "e1bbb4072517b994")


def test_another_seed_makes_other_rows_and_another_version() -> None:
    task, other = GrammarNli(sizes={"dev": 30}), GrammarNli(sizes={"dev": 30}, seed=1)
    assert task.version != other.version
    premises = [{row["premise"] for row in each.rows("dev", "en")} for each in (task, other)]
    assert len(premises[0] & premises[1]) < 10


@pytest.mark.parametrize("task", [task for task in harness_tasks() if task.format == "pair-classification"])
def test_counts_are_told_and_kept(task: GrammarPairs) -> None:
    small = type(task)(sizes={"train": 10, "test": 7})
    for split, count in {"train": 10, "dev": 0, "test": 7}.items():
        assert small.row_count(split, "fr") == count
        assert len(list(small.rows(split, "fr"))) == count
    assert list(small.rows("test", "xx")) == []


def test_the_default_sizes_are_those_of_the_demo() -> None:
    assert [GrammarNli().row_count(split, "en") for split in ("train", "dev", "test")] == [16000, 500, 1000]


def test_a_language_without_a_grammar_is_refused_by_name() -> None:
    with pytest.raises(HarnessError, match="no grammar of sw"):
        GrammarNli(languages=("en", "sw"))
