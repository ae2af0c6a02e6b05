from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from made_runs import KEYBOARD, LANGUAGES, SCRAMBLE, SWAP, SWEPT, accounted, predictions

from harness.scoring.compare import Comparison, compare_runs
from harness.scoring.records import Cell, RunRecord, TrainStage, Variant
from harness.scoring.scores import score_run

CHANCE = dict.fromkeys(LANGUAGES, 1 / 3)


def key(language: str, variant: str, gain: float) -> str | None:
    return None if (language, variant) == ("sw", SCRAMBLE) else f"{language}/{variant}/{gain}"


def cell(language: str, variant: str, gain: float) -> Cell:
    found = key(language, variant, gain)
    return Cell(language, variant, found, None if found else "no parser for sw")


def version(label: str) -> Variant:
    name = label.split(":")[0]
    return Variant(label) if label == "clean" else Variant(label, name, name.split(".")[0], 0.3, True)


def make(name: str, gain: float = 0.0, variants: tuple[str, ...] = ("clean", SCRAMBLE, SWAP)) -> RunRecord:
    cells = tuple(cell(language, variant, gain) for language in LANGUAGES for variant in variants)
    served: dict[str, dict[str, pa.Table]] = {language: {} for language in LANGUAGES}
    for each in cells:
        if each.key:
            served[each.language][each.variant] = predictions(each.language, each.variant, gain)
    record = RunRecord(
        run_id=(name.encode().hex() * 32)[:32],
        name=name,
        model="demo",
        intermediate="none",
        target="xnli",
        seed=0,
        recipe="quick",
        precision="fp32",
        created="2026-01-01T10:00:00+00:00",
        command="harness run --target '<xnli>'",
        split="test",
        limit=200,
        labels=("a", "b", "c"),
        chance=CHANCE,
        metric="accuracy",
        train_stages=(TrainStage("k" * 32, "train <xnli>", "target", 18000, 1125, 903.7, 0.674),),
        languages=LANGUAGES,
        variants=tuple(version(label) for label in variants),
        cells=cells,
    )
    return record.with_scores(score_run(served, chance=CHANCE, meaning_kept=(SWAP,), resamples=100))


def answers(language: str, count: int = 200) -> pa.Table:
    """Return predictions of span extraction: F1 and exact match, both without weights."""
    f1 = np.random.default_rng(7).random(count) ** (2 if language == "sw" else 0.5)
    table = predictions(language, "clean", 0.0, count).drop_columns("accuracy")
    table = table.append_column("f1", pa.array(f1, pa.float32()))
    return table.append_column("exact_match", pa.array(f1 > 0.8).cast(pa.float32()))


@pytest.fixture(scope="session")
def answered() -> RunRecord:
    """A run on span extraction: two metrics, another trivial guess in each language, settings."""
    chance = {"ar": 0.05, "de": 0.1, "en": 0.2, "sw": 0.4}
    served = {language: {"clean": answers(language)} for language in LANGUAGES}
    record = replace(
        make("demo>mlqa s0", variants=("clean",)),
        target="mlqa",
        metric="f1",
        labels=(),
        chance=chance,
        settings={"rule": "mlqa", "stride": "128"},
    )
    return record.with_scores(score_run(served, metric="f1", chance=chance, resamples=100))


@pytest.fixture(scope="session")
def record() -> RunRecord:
    """A run with a cell that is not served, and a language at chance."""
    return make("demo>xnli s0")


@pytest.fixture(scope="session")
def swept() -> RunRecord:
    """A run on one perturbation at three intensities and at its worst of eight draws, and on another."""
    variants = ("clean", *SWEPT)
    served = {
        language: {variant: accounted(language, variant) for variant in variants} for language in LANGUAGES
    }
    versions = (
        Variant("clean"),
        *(
            Variant(label, KEYBOARD, "noise", value)
            for label, value in zip(SWEPT, (0.1, 0.3, 0.5), strict=False)
        ),
        Variant(SWEPT[3], KEYBOARD, "noise", 0.5, True, 8),
        Variant(SWEPT[4], SWEPT[4], "typological", 1.0, True),
    )
    record = replace(make("demo>xnli s2", variants=variants), variants=versions)
    return record.with_scores(score_run(served, chance=CHANCE, resamples=100))


@pytest.fixture(scope="session")
def clean_only() -> RunRecord:
    return make("demo>xnli s1", variants=("clean",))


@pytest.fixture(scope="session")
def comparison(record: RunRecord) -> Comparison:
    def load(name: str) -> pa.Table:
        language, variant, gain = name.split("/")
        return predictions(language, variant, float(gain))

    return compare_runs([record, make("demo+snli>xnli s0", 0.05)], load, resamples=100)
