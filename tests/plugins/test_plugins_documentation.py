"""The package in docs/plugins.md is one that works."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness import Sentence, Settings
from harness.data.identity import DataPlaces
from harness.data.load import load
from harness.data.revisions import Revisions
from harness.plugins import load_plugins
from harness.registry import load_registry
from harness.registry_schema import Recipe
from harness.text import disturb

DOCUMENT = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def acme(install, monkeypatch):
    monkeypatch.delenv("HARNESS_PLUGINS", raising=False)
    project = tomllib.loads("\n".join(blocks("toml")))["project"]
    (name,) = project["entry-points"]["harness"]
    install(name, "\n".join(blocks("python")), distribution=project["name"], version=project["version"])
    plugins = load_plugins()
    (record,) = [each for each in plugins.records if each.origin == project["name"]]
    assert record.status == "ok", record.error
    return {
        name: thing for (kind, name), thing in plugins.things.items() if f"{kind} {name}" in record.provides
    }


def test_the_perturbation_does_what_its_example_says(acme):
    sentence = Sentence.plain("I see a cat.", "en")
    assert acme["acme.echo"].rewrite(sentence, Random(0), 1.0).text == "I I see see a a cat cat."


def test_the_tasks_rows_have_its_labels_and_count(acme):
    task = acme["acme-parity"]
    for language in task.languages:
        rows = list(task.rows("dev", language))
        assert len(rows) == task.row_count("dev", language)
        assert {row["label"] for row in rows} == set(task.labels)


def test_a_task_from_the_hub_is_a_plugin_of_at_most_twelve_lines(install, monkeypatch, tmp_path):
    monkeypatch.delenv("HARNESS_PLUGINS", raising=False)
    (whole,) = blocks("python whole")
    assert len(whole.strip().splitlines()) <= 12
    install("topics", whole, distribution="acme-topics")
    registry = load_registry()
    task = registry.task("topics")
    place = tmp_path / "acme" / "topics" / "test.parquet"
    place.parent.mkdir(parents=True)
    pq.write_table(pa.table({"text": ["a goal", "an atom"], "topic": ["sport", "science"]}), place)
    table = load(task, "test", "en", DataPlaces(registry, Revisions(), tmp_path)).table
    assert table["premise"].to_pylist() == ["a goal", "an atom"]
    assert table["label"].to_pylist() == ["sport", "science"]


def test_the_format_rewards_what_is_near(acme):
    shape, task = acme["acme-rating"], acme["acme-length"]
    settings = Settings(task.labels, Recipe())
    table = pa.Table.from_pylist([dict(row) for row in task.rows("dev", "en")])
    assert shape.trivial(table, settings)["accuracy"] == pytest.approx(1 / 3)
    decoded = shape.decode(np.full((30, 1), 0.9, dtype=np.float32), None, table, settings)
    assert set(decoded["prediction"].to_pylist()) == {"middling"}
    assert shape.score(decoded) == {"accuracy": pytest.approx(1 / 3), "closeness": pytest.approx(2 / 3)}


def test_the_model_reads_pairs_and_returns_vectors(acme):
    model = acme["acme-letters"]
    tokenizer, encoder = model.tokenizer(None), model.encoder(None)
    batch = tokenizer(["The number is 3"], ["Die Zahl"], return_tensors="pt")
    assert tokenizer.unk_token_id not in batch["input_ids"]
    assert encoder(**batch).last_hidden_state.shape == (1, batch["input_ids"].shape[1], 64)
    embeddings = sum(weight.numel() for weight in encoder.embeddings.parameters())
    assert sum(weight.numel() for weight in encoder.parameters()) - embeddings == model.parameters
    assert embeddings == model.embeddings


def test_the_perturbation_in_the_readme_works() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    code = readme.partition("```python\n")[2].partition("```")[0]
    module: dict[str, Any] = {}
    exec(code, module)
    (backwards,) = module["harness_perturbations"]()
    found = disturb(
        backwards, "A cat sees me.", language="en", example_id="1", column="text", seed=0, intensity=1.0
    )
    assert found.text == "Me sees cat a."
