"""The demo's model: the same tokenizer in every process, every language spelt, transfer that is real."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from harness_plugins.models.demo import DemoEncoder
from harness_plugins.tasks.grammar import GrammarNli

from harness.scoring.records import records

DIGEST = """
import hashlib
from harness_plugins.models.demo import DemoEncoder
print(hashlib.sha256(DemoEncoder().tokenizer(None).backend_tokenizer.to_str().encode()).hexdigest())
"""


def test_the_tokenizer_is_the_same_in_every_process() -> None:
    found = {
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={**os.environ, "PYTHONHASHSEED": seed, "RAYON_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, threads in (("1", "1"), ("2", "2"))
    }
    assert len(found) == 1


@pytest.mark.parametrize("language", GrammarNli.languages)
def test_every_language_is_read_without_an_unknown_token(language: str) -> None:
    tokenizer = DemoEncoder().tokenizer(None)
    task = GrammarNli(sizes={"test": 60})
    for row in task.rows("test", language):
        pieces = tokenizer(row["premise"], row["hypothesis"])["input_ids"]
        assert tokenizer.unk_token_id not in pieces
        assert (
            tokenizer.decode(tokenizer(row["premise"])["input_ids"], skip_special_tokens=True).strip()
            == (row["premise"])
        )


def test_its_size_is_what_the_plan_says() -> None:
    model = DemoEncoder()
    encoder = model.encoder(None)
    embedded = sum(value.numel() for value in encoder.embeddings.parameters())
    inside = sum(value.numel() for value in encoder.parameters()) - embedded
    assert inside == pytest.approx(model.parameters, rel=0.02)
    assert embedded <= 1.1 * model.embeddings


@pytest.mark.slow
def test_what_is_learnt_in_english_transfers_to_the_other_languages(tmp_path: Path) -> None:
    arguments = ["run", "--model", "demo", "--target", "grammar-nli", "-i", "none", "--recipe", "demo"]
    subprocess.run(
        [sys.executable, "-c", "from harness.cli import main; main()", *arguments], cwd=tmp_path, check=True
    )
    (record,) = records(tmp_path / "harness-runs" / "runs")
    scores = {score.language: score for score in record.scores}
    assert scores["en"].score > 0.55
    above = [language for language, score in scores.items() if not score.at_chance]
    assert len(above) >= 6
