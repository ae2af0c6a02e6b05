"""Rows: labels by name, hidden ones dropped and counted, the same sample in every language."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq
import pytest

from harness import HarnessError, HubSource, Task
from harness.data.identity import DataPlaces, expected_rows, rows_identity, training_rows
from harness.data.load import NoRowsError, fingerprint, load, sample
from harness.data.revisions import Revisions
from harness.registry import Registry, load_registry

NLI = ("entailment", "neutral", "contradiction")


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


def class_labels(names: list[str]) -> dict[bytes, bytes]:
    """Return the schema metadata by which datasets knows a column of label numbers."""
    feature = {"names": names, "_type": "ClassLabel"}
    text = {"dtype": "string", "_type": "Value"}
    return {b"huggingface": json.dumps(
        {"info": {"features": {"premise": text, "hypothesis": text, "label": feature}}}
    ).encode()}  # fmt: skip


def write(folder: Path, config: str, split: str, labels: list[Any], names: list[str] | None = None) -> None:
    table = pa.table(
        {
            "premise": [f"premise {number // 3} {config}" for number in range(len(labels))],
            "hypothesis": [f"hypothesis {number}" for number in range(len(labels))],
            "label": labels,
        }
    )
    if names:
        table = table.replace_schema_metadata(class_labels(names))
    place = folder / config
    place.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, place / f"{split}-00000-of-00001.parquet")


def places(registry: Registry, folder: Path) -> DataPlaces:
    return DataPlaces(registry, Revisions(), folder)


def test_labels_are_matched_by_name_whatever_their_numbers(registry: Registry, tmp_path: Path) -> None:
    write(tmp_path / "facebook" / "xnli", "de", "test", [0, 1, 2], ["contradiction", "entailment", "neutral"])
    found = load(registry.task("xnli"), "test", "de", places(registry, tmp_path))
    assert found.table["label"].to_pylist() == ["contradiction", "entailment", "neutral"]
    assert found.table["id"].to_pylist() == ["test:0", "test:1", "test:2"]


def test_rows_without_a_label_are_dropped_and_counted_and_ids_stay(
    registry: Registry, tmp_path: Path
) -> None:
    write(tmp_path / "stanfordnlp" / "snli", "plain_text", "train", [0, -1, 2, -1], list(NLI))
    found = load(registry.task("snli"), "train", "en", places(registry, tmp_path))
    assert found.table["id"].to_pylist() == ["train:0", "train:2"]
    assert found.dropped == {"no label": 2}
    assert "published" in found.notes[0]


def test_hidden_labels_are_an_error_in_words(registry: Registry, tmp_path: Path) -> None:
    write(tmp_path / "facebook" / "xnli", "de", "test", [-1, -1], list(NLI))
    with pytest.raises(NoRowsError, match="hidden labels"):
        load(registry.task("xnli"), "test", "de", places(registry, tmp_path))


def test_an_unknown_label_names_the_mend(registry: Registry, tmp_path: Path) -> None:
    write(tmp_path / "facebook" / "xnli", "de", "test", ["maybe", "neutral"])
    with pytest.raises(HarnessError, match=r"label 'maybe'[\s\S]*`labels`"):
        load(registry.task("xnli"), "test", "de", places(registry, tmp_path))


def test_a_missing_column_is_named(registry: Registry, tmp_path: Path) -> None:
    folder = tmp_path / "xnli" / "de"
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"hypothesis": ["a"], "label": ["neutral"]}), folder / "test-0.parquet")
    with pytest.raises(HarnessError, match="no column 'premise'"):
        load(registry.task("xnli"), "test", "de", places(registry, tmp_path))
    # a column that may be missing must be there once the source names it
    named = HubSource(
        hub="facebook/xnli", config="de", columns={"premise": "hypothesis", "hypothesis": "second"}
    )
    with pytest.raises(HarnessError, match="no column 'second'"):
        load(Task(name="x", labels=NLI, source=named), "test", "en", places(registry, tmp_path))


def test_a_language_without_rows_says_so(registry: Registry) -> None:
    with pytest.raises(NoRowsError, match="no rows in 'ja'"):
        load(registry.task("xnli"), "test", "ja", DataPlaces(registry, Revisions()))


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl"])
def test_a_local_folder_may_hold_text_files(registry: Registry, tmp_path: Path, suffix: str) -> None:
    folder = tmp_path / "xnli" / "sw"
    folder.mkdir(parents=True)
    rows = [("a b", "c", "neutral"), ("d", "e", "contradiction")]
    if suffix == "jsonl":
        lines = [json.dumps(dict(zip(("premise", "hypothesis", "label"), row, strict=True))) for row in rows]
    else:
        mark = "," if suffix == "csv" else "\t"
        lines = [mark.join(("premise", "hypothesis", "label")), *(mark.join(row) for row in rows)]
    (folder / f"test.{suffix}").write_text("\n".join(lines) + "\n")
    found = load(registry.task("xnli"), "test", "sw", places(registry, tmp_path))
    assert found.table["label"].to_pylist() == ["neutral", "contradiction"]


def test_anli_plus_joins_its_parts_and_keeps_their_ids_apart(registry: Registry, tmp_path: Path) -> None:
    write(tmp_path / "stanfordnlp" / "snli", "plain_text", "train", [0, 1], list(NLI))
    write(tmp_path / "nyu-mll" / "glue", "mnli", "train", [2], list(NLI))
    for part in (1, 2, 3):
        write(tmp_path / "facebook" / "anli", "plain_text", f"train_r{part}", [0], list(NLI))
    found = load(registry.task("anli+"), "train", "en", places(registry, tmp_path))
    ids = found.table["id"].to_pylist()
    assert len(ids) == len(set(ids)) == 6
    assert {name.partition("/")[0] for name in ids} == {"snli", "mnli", "anli"}


def test_a_limit_draws_the_same_rows_in_every_language_and_a_smaller_ones_rows_lie_in_a_larger_ones(
    registry: Registry, tmp_path: Path
) -> None:
    for language in ("de", "th"):
        write(tmp_path / "facebook" / "xnli", language, "test", [0, 1, 2] * 40, list(NLI))
    drawn = {
        (language, limit): load(
            registry.task("xnli"), "test", language, places(registry, tmp_path), limit
        ).table
        for language in ("de", "th")
        for limit in (10, 50)
    }
    assert drawn["de", 50]["id"].equals(drawn["th", 50]["id"])
    assert drawn["de", 50].num_rows == 50
    assert set(drawn["de", 10]["id"].to_pylist()) < set(drawn["de", 50]["id"].to_pylist())
    numbers = [int(name.partition(":")[2]) for name in drawn["de", 50]["id"].to_pylist()]
    assert numbers == sorted(numbers)


def test_rows_with_the_same_premise_are_one_cluster_and_the_same_one_in_every_language(
    registry: Registry, tmp_path: Path
) -> None:
    found = []
    for language in ("de", "th"):
        write(tmp_path / "facebook" / "xnli", language, "test", [0, 1, 2, 0, 1, 2], list(NLI))
        found.append(
            load(registry.task("xnli"), "test", language, places(registry, tmp_path)).table["cluster"]
        )
    assert found[0].to_pylist() == ["test:0"] * 3 + ["test:3"] * 3
    assert found[0].equals(found[1])


def test_the_identity_follows_the_files_contents(registry: Registry, tmp_path: Path) -> None:
    folder = tmp_path / "facebook" / "xnli"
    write(folder, "de", "test", [0, 1, 2], list(NLI))
    first = rows_identity(registry.task("xnli"), "test", "de", places(registry, tmp_path))
    write(folder, "de", "test", [0, 1, 1], list(NLI))
    assert rows_identity(registry.task("xnli"), "test", "de", places(registry, tmp_path)) != first


class Made(Task):
    name = "made"
    labels = ("yes", "no")

    def rows(self, split: str, language: str) -> Iterable[Mapping[str, Any]]:
        return [{"premise": "a", "hypothesis": "b", "label": self.description or "yes"}]


def test_a_tasks_own_rows_are_checked(registry: Registry) -> None:
    nowhere = DataPlaces(registry, Revisions())
    assert load(Made(), "test", "en", nowhere).table["id"].to_pylist() == ["test:0"]
    with pytest.raises(HarnessError, match="label 'perhaps'"):
        load(Made(description="perhaps"), "test", "en", nowhere)


def test_a_fingerprint_sees_every_value_and_its_place() -> None:
    table = pa.table({"id": ["a", "b"], "label": ["x", "yz"]})
    others = [
        pa.table({"id": ["a", "b"], "label": ["xy", "z"]}),
        pa.table({"id": ["b", "a"], "label": ["x", "yz"]}),
        pa.table({"id": ["a", "b"], "gold": ["x", "yz"]}),
        table.slice(0, 1),
    ]
    assert fingerprint(table) == fingerprint(pa.table({"label": ["x", "yz"], "id": ["a", "b"]}))
    assert len({fingerprint(each) for each in [table, *others]}) == 5


def test_a_sample_of_all_rows_is_all_rows() -> None:
    table = pa.table({"id": [str(number) for number in range(20)]})
    assert sample(table, 20).equals(table)


def test_a_source_without_the_split_says_which_it_has(registry: Registry) -> None:
    task = Task(name="x", labels=NLI, source=HubSource(hub="a/b", splits={"train": "train"}))
    with pytest.raises(NoRowsError, match="no test split"):
        load(task, "test", "en", DataPlaces(registry, Revisions()))


class Filed(Task):
    """A task whose rows are made of the files in a folder."""

    name = "filed"
    folder = "corpus"
    folder_help = "Ask the Corpus Office for it."
    labels = ("yes", "no")

    def read_folder(self, path: Path, split: str, language: str) -> Iterable[Mapping[str, Any]]:
        for line in (path / f"{language}-{split}.txt").read_text().splitlines():
            premise, hypothesis, label = line.split("|")
            yield {"premise": premise, "hypothesis": hypothesis, "label": label}


def test_a_task_may_read_a_folder_and_says_how_to_get_it(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for where, said in ((None, "no --data-dir is given"), (tmp_path, "has no such folder")):
        with pytest.raises(HarnessError, match=said) as refused:
            load(Filed(), "test", "en", DataPlaces(registry, Revisions(), where))
        assert refused.value.mend == "Ask the Corpus Office for it."
    (tmp_path / "corpus").mkdir()
    text = tmp_path / "corpus" / "en-test.txt"
    text.write_text("a|b|yes\nc|d|no\ne|f|\n|g|no\n")
    found = load(Filed(), "test", "en", places(registry, tmp_path))
    assert found.table["label"].to_pylist() == ["yes", "no"]
    assert found.dropped == {"empty premise": 1, "no label": 1}
    monkeypatch.setattr(Registry, "origin", lambda *_: registry._plugins.origins["task", "xnli"])
    first = rows_identity(Filed(), "test", "en", places(registry, tmp_path))
    text.write_text("a|b|yes\n")
    changed = rows_identity(Filed(), "test", "en", places(registry, tmp_path))
    assert changed != first
    text.rename(tmp_path / "corpus" / "en-dev.txt")
    assert rows_identity(Filed(), "test", "en", places(registry, tmp_path)) not in (first, changed)


class Prepared(Task):
    name = "prepared"
    labels = NLI
    languages = ("en", "de")
    source = HubSource(hub="owner/mixed", columns={"premise": "text"}, rows={"test": {"en": 1, "de": 9}})

    def prepare(self, rows: pa.Table, split: str, language: str) -> pa.Table:
        own = rows.filter(pa.compute.equal(rows["language"], language))
        return own.append_column("text", pa.compute.utf8_upper(own["premise"]))


def test_a_task_may_prepare_a_sources_rows_and_what_is_published_goes_by_language(
    registry: Registry, tmp_path: Path
) -> None:
    write(tmp_path / "owner" / "mixed", "", "test", [0, 1, 2], list(NLI))
    path = tmp_path / "owner" / "mixed" / "test-00000-of-00001.parquet"
    table = pq.read_table(path)
    pq.write_table(table.append_column("language", pa.array(["de", "en", "de"])), path)
    found = {
        language: load(Prepared(), "test", language, places(registry, tmp_path)) for language in ("en", "de")
    }
    assert found["de"].table["label"].to_pylist() == ["entailment", "contradiction"]
    assert found["en"].table["premise"].to_pylist() == ["PREMISE 0 "]
    assert found["en"].notes == ()
    assert "2 rows, 9 are published" in found["de"].notes[0]


@pytest.mark.parametrize(
    ("task", "language", "trainer"),
    [
        ("xnli", "en", "mnli"),
        ("xnli", "sw", "xnli"),
        ("grammar-nli", "de", "grammar-nli"),
        ("mnli", "en", "mnli"),
    ],
)
def test_english_rows_come_from_the_trainer_and_others_from_the_task_itself(
    registry: Registry, task: str, language: str, trainer: str
) -> None:
    assert training_rows(registry.task(task), language, DataPlaces(registry, Revisions())).name == trainer


def test_without_rows_in_a_language_the_users_translations_train_and_are_asked_for(
    registry: Registry, tmp_path: Path
) -> None:
    nowhere = DataPlaces(registry, Revisions())
    with pytest.raises(HarnessError, match=r"no training rows for snli in 'de'[\s\S]*--translations DIR"):
        training_rows(registry.task("snli"), "de", nowhere)
    folder = tmp_path / "own" / "snli" / "de"
    folder.mkdir(parents=True)
    (folder / "train.csv").write_text("premise,hypothesis,label\na,b,neutral\nc,d,-\n")
    own = DataPlaces(registry, Revisions(), translations=tmp_path / "own")
    assert training_rows(registry.task("snli"), "de", own).name == "snli"
    found = load(registry.task("snli"), "train", "de", own)
    assert found.table["premise"].to_pylist() == ["a"]
    assert found.dropped == {"no label": 1}
    before = rows_identity(registry.task("snli"), "train", "de", own)
    (folder / "train.csv").write_text("premise,hypothesis,label\na,b,entailment\n")
    assert rows_identity(registry.task("snli"), "train", "de", own) != before
    # a target's own folder comes before its trainer's, and both before rows on the Hub
    for name, language in (("mnli", "sw"), ("xnli", "ur")):
        place = tmp_path / "own" / name / language
        place.mkdir(parents=True)
        (place / "train.jsonl").write_text('{"premise": "a", "hypothesis": "b", "label": "neutral"}\n')
        assert training_rows(registry.task("xnli"), language, own).name == name
    assert expected_rows(registry.task("mnli"), "train", "sw", registry) is None


def test_the_first_split_that_a_language_has_is_taken_and_named(registry: Registry) -> None:
    task = Task(name="sizes", languages=("en", "de"), labels=("a", "b"))
    rows = [{"premise": "p", "hypothesis": "h", "label": "a"}]
    held = {("test", "en"): rows, ("dev", "de"): rows * 2}
    task.rows = lambda split, language: held.get((split, language), [])  # type: ignore[method-assign]
    places = DataPlaces(registry, Revisions())
    assert load(task, "test,dev", "en", places).notes == ()
    found = load(task, "test,dev", "de", places)
    assert found.table.num_rows == 2
    assert "dev rows stand in for test rows" in found.notes[0]
    with pytest.raises(NoRowsError):
        load(task, "test", "de", places)


def test_a_local_copy_without_a_language_or_a_split_does_not_lend_another_ones_rows(
    registry: Registry, tmp_path: Path
) -> None:
    write(tmp_path / "facebook" / "xnli", "de", "test", [0, 1, 2], list(NLI))
    for split, language in (("test", "fr"), ("dev", "de")):
        rows_identity(registry.task("xnli"), split, language, places(registry, tmp_path))
        with pytest.raises(NoRowsError, match="no data files"):
            load(registry.task("xnli"), split, language, places(registry, tmp_path))
    # one file that is named after no split is all of them
    write(tmp_path / "facebook" / "xnli", "sw", "all", [0, 1], list(NLI))
    assert load(registry.task("xnli"), "dev", "sw", places(registry, tmp_path)).table.num_rows == 2


def test_a_sentence_is_kept_if_one_of_its_words_has_a_label(registry: Registry) -> None:
    task = Task(name="tags", format="token-tagging", labels=("A", "B"), test_split="test")
    rows = [
        {"tokens": ["x", "y"], "tags": ["A", None]},
        {"tokens": ["x", "y"], "tags": [None, None]},
    ]
    task.rows = lambda split, language: rows  # type: ignore[method-assign]
    found = load(task, "test", "en", DataPlaces(registry, Revisions()))
    assert found.table["tags"].to_pylist() == [["A", None]]
    assert sum(found.dropped.values()) == 1
