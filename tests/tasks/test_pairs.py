"""Pair tasks: labels by the names that each source gives them, and pairs without a sentence left out and counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from harness_plugins.tasks.paraphrase import PAWSX_LANGUAGES

from harness.data.identity import DataPlaces
from harness.data.load import Loaded, load
from harness.data.revisions import Revisions
from harness.registry import Registry, load_registry

GLUE = {
    "rte": (("sentence1", "sentence2"), ("entailment", "not_entailment")),
    "qqp": (("question1", "question2"), ("not_duplicate", "duplicate")),
    "mrpc": (("sentence1", "sentence2"), ("not_equivalent", "equivalent")),
}


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


@pytest.fixture
def read(registry: Registry, tmp_path: Path) -> Any:
    """Return a function that writes a source's table and loads it as a task's rows."""

    def loaded(
        task: str, split: str, table: pa.Table, language: str = "en", suffix: str = ".parquet"
    ) -> Loaded:
        found = registry.task(task)
        source = registry.source(found, language)
        assert source is not None
        place = tmp_path / source.hub / (source.config or "")
        place.mkdir(parents=True, exist_ok=True)
        if suffix == ".parquet":
            pq.write_table(table, place / f"{source.splits[split]}-00000-of-00001.parquet")
        else:
            lines = [json.dumps(row) for row in table.to_pylist()]
            (place / f"{source.splits[split]}{suffix}").write_text("\n".join(lines), encoding="utf-8")
        return load(found, split, language, DataPlaces(registry, Revisions(), tmp_path, allow_changed=True))

    return loaded


def named(table: pa.Table, names: tuple[str, ...]) -> pa.Table:
    features: dict[str, Any] = {name: {"dtype": "string", "_type": "Value"} for name in table.column_names}
    features["label"] = {"names": list(names), "_type": "ClassLabel"}
    return table.replace_schema_metadata(
        {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    )


@pytest.mark.parametrize("task", sorted(GLUE))
def test_glue_s_numbers_become_the_names_that_it_gives_them(read: Any, task: str) -> None:
    (first, second), names = GLUE[task]
    table = pa.table({first: ["a", "b", "c"], second: ["d", "e", "f"], "label": [0, 1, 0]})
    rows = read(task, "dev", named(table, names)).table
    assert rows["label"].to_pylist() == [names[0], names[1], names[0]]
    assert rows["premise"].to_pylist() == ["a", "b", "c"]
    assert rows["hypothesis"].to_pylist() == ["d", "e", "f"]


def test_paws_x_leaves_out_pairs_without_a_translation_and_counts_them(read: Any) -> None:
    table = pa.table(
        {
            "sentence1": ["Ein Haus.", "NS", "Ein Fluss.", "", "Ein NS."],
            "sentence2": ["Das Haus.", "Ein Tag.", " NS ", "Eine Nacht.", "Kein NS."],
            "label": ["1", "0", "0", "1", "0"],
        }
    )
    found = read("paws-x", "test", table, "de")
    assert found.table["premise"].to_pylist() == ["Ein Haus.", "Ein NS."]
    assert found.table["hypothesis"].to_pylist() == ["Das Haus.", "Kein NS."]
    assert found.table["label"].to_pylist() == ["paraphrase", "not_paraphrase"]
    assert found.table["id"].to_pylist() == ["test:0", "test:4"]
    assert found.dropped == {"empty premise": 3}


def test_paws_x_has_seven_languages_and_trains_in_english(registry: Registry) -> None:
    task = registry.task("paws-x")
    assert task.languages == PAWSX_LANGUAGES
    assert len(PAWSX_LANGUAGES) == 7
    assert task.train_on is None
    assert registry.source(task, "ko").config == "PAWS-X.ko"


def test_wanli_s_gold_is_its_label_and_it_has_no_dev_split(read: Any, registry: Registry) -> None:
    table = pa.table({"premise": ["a", "b"], "hypothesis": ["c", "d"], "gold": ["neutral", "contradiction"]})
    found = read("wanli", "train", table, suffix=".jsonl")
    assert found.table["label"].to_pylist() == ["neutral", "contradiction"]
    assert "dev" not in registry.source(registry.task("wanli"), "en").splits


def test_folio_s_truth_values_become_the_labels_of_inference(read: Any) -> None:
    table = pa.table(
        {"premises": ["p"] * 3, "conclusion": ["c"] * 3, "label": ["True", "False", "Uncertain"]}
    )
    found = read("folio", "dev", table, suffix=".jsonl")
    assert found.table["label"].to_pylist() == ["entailment", "contradiction", "neutral"]


def test_sick_is_read_from_files_of_one_s_own(read: Any) -> None:
    table = pa.table({"sentence_A": ["a"], "sentence_B": ["b"], "label": ["CONTRADICTION"]})
    found = read("sick", "test", table, suffix=".jsonl")
    assert (
        found.table.to_pylist()[0] | {"premise": "a", "label": "contradiction"} == found.table.to_pylist()[0]
    )
