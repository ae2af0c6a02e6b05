"""Tagging tasks: rows from parquet, from CCGbank's files and from UD's trees, all made up."""

from __future__ import annotations

import gzip
import json
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from harness_plugins.tasks.tagging import (
    ENTITIES,
    PARTS_OF_SPEECH,
    CombinatoryCategories,
    DependencySupertagFiles,
    supertags,
)
from seqeval.metrics import f1_score
from transformers import AutoTokenizer

from harness import HarnessError
from harness.data.identity import DataPlaces, has_split, rows_identity, selection_task
from harness.data.load import load
from harness.data.revisions import Revisions
from harness.formats import Settings, format_named
from harness.languages import language
from harness.registry import Registry, load_registry
from harness.registry_schema import Recipe

TASKS = ("udpos", "udpos-r", "pan-x", "pan-x-r")


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


def places(registry: Registry, folder: Path | None) -> DataPlaces:
    return DataPlaces(registry, Revisions(), folder)


def named_lists(column: str, names: tuple[str, ...]) -> dict[bytes, bytes]:
    """Return the schema metadata by which datasets knows a column of lists of label numbers."""
    text = {"feature": {"dtype": "string", "_type": "Value"}, "_type": "List"}
    numbers = {"feature": {"names": list(names), "_type": "ClassLabel"}, "_type": "List"}
    features = {"tokens": text, column: numbers}
    return {b"huggingface": json.dumps({"info": {"features": features}}).encode()}


def write(place: Path, tokens: list[list[str]], column: str, tags: list[list[int]], names: Any) -> None:
    table = pa.table({"tokens": tokens, column: tags}).replace_schema_metadata(named_lists(column, names))
    place.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, place)


def test_parts_of_speech_are_read_by_the_language_s_english_name(registry: Registry, tmp_path: Path) -> None:
    order = tuple(reversed(PARTS_OF_SPEECH))
    place = tmp_path / "google" / "xtreme" / "udpos.German" / "test-00000-of-00001.parquet"
    write(
        place, [["Das", "Haus"], ["x"]], "pos_tags", [[order.index("DET"), order.index("NOUN")], [0]], order
    )
    found = load(registry.task("udpos"), "test", "de", places(registry, tmp_path))
    assert found.table["tokens"].to_pylist() == [["Das", "Haus"], ["x"]]
    assert found.table["tags"].to_pylist() == [["DET", "NOUN"], ["X"]]
    assert found.table["id"].to_pylist() == ["test:0", "test:1"]


def test_entities_are_read_by_the_language_s_code(registry: Registry, tmp_path: Path) -> None:
    place = tmp_path / "google" / "xtreme" / "PAN-X.sw" / "validation-00000-of-00001.parquet"
    write(place, [["a", "b", "c"]], "ner_tags", [[5, 6, 0]], ENTITIES)
    found = load(registry.task("pan-x"), "dev", "sw", places(registry, tmp_path))
    assert found.table["tags"].to_pylist() == [["B-LOC", "I-LOC", "O"]]


@pytest.mark.parametrize(("name", "count"), [("udpos", 33), ("udpos-r", 38), ("pan-x", 40), ("pan-x-r", 48)])
def test_each_benchmark_has_its_languages(registry: Registry, name: str, count: int) -> None:
    task = registry.task(name)
    assert len(set(task.languages)) == count
    assert all(language(code).code == code for code in task.languages)
    source = registry.source(task, "de")
    assert source is not None
    for numbers in source.rows.values():
        assert isinstance(numbers, dict)
        assert set(numbers) == set(task.languages)


@pytest.mark.parametrize("name", TASKS)
def test_entity_f1_is_the_main_score_and_english_selects(registry: Registry, name: str) -> None:
    task = registry.task(name)
    assert (task.metric or format_named(task.format).metrics[0]) == "f1"
    assert selection_task(task, registry) is task
    assert has_split(task, "test", registry, "yo")


def test_languages_without_a_split_say_so(registry: Registry) -> None:
    task = registry.task("udpos")
    without = [code for code in task.languages if not has_split(task, "dev", registry, code)]
    assert without == ["kk", "th", "tl", "yo"]


# CCGbank

SENTENCE = """ID=wsj_{name} PARSER=GOLD NUMPARSE=1
(<T S[dcl] 0 2> (<T NP 0 1> (<L N NNS NNS Cats N>) ) (<T S[dcl]\\NP 0 2> (<L (S[dcl]\\NP)/NP VBP VBP eat \
(S[dcl]\\NP_1)/NP_2>) (<T NP 0 2> (<L LRB -LRB- -LRB- -LRB- LRB>) (<L N NN NN fish N>) ) ) )
"""


@pytest.fixture
def ccgbank(tmp_path: Path) -> Path:
    for section, name in (
        ("00", "0001.1"),
        ("02", "0201.1"),
        ("21", "2101.1"),
        ("22", "2201.1"),
        ("23", "2301.1"),
    ):
        place = tmp_path / "CCGbank" / "data" / "AUTO" / section
        place.mkdir(parents=True)
        (place / f"wsj_{name.split('.')[0]}.auto").write_text(SENTENCE.format(name=name))
    return tmp_path


def test_lexical_categories_are_the_tags(registry: Registry, ccgbank: Path) -> None:
    task = registry.task("ccg")
    found = load(task, "train", "en", places(registry, ccgbank))
    assert found.table["id"].to_pylist() == ["wsj_0201.1", "wsj_2101.1"]
    assert found.table["tokens"].to_pylist()[0] == ["Cats", "eat", "(", "fish"]
    assert found.table["tags"].to_pylist()[0] == ["N", "(S[dcl]\\NP)/NP", "LRB", "N"]
    assert format_named(task.format).label_names(found.table) == ("(S[dcl]\\NP)/NP", "LRB", "N")  # type: ignore[attr-defined]


def test_sections_are_those_of_the_literature(registry: Registry, ccgbank: Path) -> None:
    here = places(registry, ccgbank)
    names = {
        split: load(registry.task("ccg"), split, "en", here).table["id"].to_pylist()
        for split in ("dev", "test")
    }
    assert names == {"dev": ["wsj_0001.1"], "test": ["wsj_2301.1"]}


def test_without_ccgbank_it_is_said_how_to_give_it_and_what_is_free(
    registry: Registry, tmp_path: Path
) -> None:
    for folder in (None, tmp_path):
        with pytest.raises(HarnessError, match=r"--data-dir DIR, with DIR/CCGbank(.|\n)*supertag-ud"):
            rows_identity(registry.task("ccg"), "train", "en", places(registry, folder))
    (tmp_path / "CCGbank" / "docs").mkdir(parents=True)
    with pytest.raises(HarnessError, match="no sections of CCGbank"):
        list(CombinatoryCategories().read_folder(tmp_path / "CCGbank", "train", "en"))


def test_a_file_that_is_not_ccgbank_s_is_named_with_its_line(ccgbank: Path) -> None:
    broken = ccgbank / "CCGbank" / "data" / "AUTO" / "00" / "wsj_0001.auto"
    broken.write_text("ID=wsj_0001.1\nno derivation\n")
    with pytest.raises(HarnessError, match=r"wsj_0001\.auto:2"):
        list(CombinatoryCategories().read_folder(ccgbank / "CCGbank", "dev", "en"))


# UD

TREES = """# sent_id = made-1
# text = Cats can't eat fish
1\tCats\tcat\tNOUN\t_\t_\t4\tnsubj\t_\t_
2-3\tcan't\t_\t_\t_\t_\t_\t_\t_\t_
2\tca\tcan\tAUX\t_\t_\t4\taux\t_\t_
3\tn't\tnot\tPART\t_\t_\t4\tadvmod\t_\t_
4\teat\teat\tVERB\t_\t_\t0\troot\t_\t_
4.1\teaten\t_\t_\t_\t_\t_\t_\t_\t_
5\tfish\tfish\tNOUN\t_\t_\t4\tobj\t_\t_

# sent_id = made-2
1\tSleep\tsleep\tVERB\t_\t_\t0\troot\t_\t_
2\twell\twell\tADV\t_\t_\t1\tadvmod:lmod\t_\t_

"""
WORDS = ["Cats", "ca", "n't", "eat", "fish"]
TAGS = ["NOUN|nsubj>;", "AUX|aux>;", "PART|advmod>;", "VERB|root;nsubj<,obj>", "NOUN|obj<;"]


def test_a_tag_says_what_a_word_hangs_on_and_what_hangs_on_it() -> None:
    words = [
        ("NOUN", 2, "nsubj"),
        ("VERB", 0, "root"),
        ("VERB", 2, "xcomp"),
        ("NOUN", 3, "obj"),
        ("PUNCT", 2, "punct"),
    ]
    assert supertags(words) == [
        "NOUN|nsubj>;",
        "VERB|root;nsubj<,xcomp>",
        "VERB|xcomp<;obj>",
        "NOUN|obj<;",
        "PUNCT|punct<;",
    ]


@pytest.mark.parametrize("ending", [".conllu", "-4000.conllu.gz"])
def test_supertags_are_made_of_treebank_files(tmp_path: Path, ending: str) -> None:
    for split, content in (("train", TREES), ("dev", TREES[TREES.index("# sent_id = made-2") :])):
        file = tmp_path / f"en_ewt-ud-{split}{ending}"
        file.write_bytes(gzip.compress(content.encode()) if ending.endswith("gz") else content.encode())
    task = DependencySupertagFiles()
    train = list(task.read_folder(tmp_path, "train", "en"))
    assert [row["id"] for row in train] == ["made-1", "made-2"]
    assert train[0]["tokens"] == WORDS
    assert train[0]["tags"] == TAGS
    assert train[1]["tags"] == ["VERB|root;", "ADV|advmod<;"]
    assert [row["id"] for row in task.read_folder(tmp_path, "dev", "en")] == ["made-2"]
    with pytest.raises(HarnessError, match="no CoNLL-U file for the split test"):
        list(task.read_folder(tmp_path, "test", "en"))


def test_a_broken_tree_names_its_file(tmp_path: Path) -> None:
    (tmp_path / "en_ewt-ud-train.conllu").write_text("1 Cats cat NOUN\n")
    with pytest.raises(HarnessError, match=r"en_ewt-ud-train\.conllu"):
        list(DependencySupertagFiles().read_folder(tmp_path, "train", "en"))


def test_supertags_are_made_of_the_hub_s_columns(registry: Registry, tmp_path: Path) -> None:
    names = ("NOUN", "_", "AUX", "PART", "VERB")
    table = pa.table(
        {
            "tokens": [["Cats", "can't", "ca", "n't", "eat", "fish"]],
            "upos": [[0, 1, 2, 3, 4, 0]],
            "head": [["4", "None", "4", "4", "0", "4"]],
            "deprel": [["nsubj", "_", "aux", "advmod", "root", "obj"]],
        }
    ).replace_schema_metadata(named_lists("upos", names))
    place = tmp_path / "universal-dependencies" / "universal_dependencies" / "en_ewt"
    place.mkdir(parents=True)
    pq.write_table(table, place / "train-00000-of-00001.parquet")
    found = load(registry.task("supertag-ud"), "train", "en", places(registry, tmp_path))
    assert found.table["tokens"].to_pylist() == [WORDS]
    assert found.table["tags"].to_pylist() == [TAGS]


def test_supertags_are_never_called_ccg(registry: Registry) -> None:
    task = registry.task("supertag-ud")
    assert "not CCG" in task.description
    assert task.roles == registry.task("ccg").roles == ("intermediate",)


def test_supertags_of_files_are_loaded_from_the_folder_and_are_keyed_by_its_content(
    registry: Registry, tmp_path: Path
) -> None:
    file = tmp_path / "UD_English-EWT" / "en_ewt-ud-train.conllu"
    file.parent.mkdir()
    file.write_text(TREES)
    task, here = registry.task("supertag-ud-files"), places(registry, tmp_path)
    assert load(task, "train", "en", here).table["tags"].to_pylist()[0] == TAGS
    before = rows_identity(task, "train", "en", here)
    file.write_text(TREES.replace("Cats", "Dogs"))
    assert rows_identity(task, "train", "en", here) != before


@pytest.fixture(
    scope="module", params=["FacebookAI/xlm-roberta-base", "google-bert/bert-base-multilingual-cased"]
)
def tokenizer(request: pytest.FixtureRequest) -> Any:
    real = os.environ.get("HARNESS_REALDATA")
    return AutoTokenizer.from_pretrained(Path(real) / "hub" / "models" / request.param) if real else None


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "split", "code"),
    [("udpos", "train", "en"), ("udpos", "test", "th"), ("pan-x", "dev", "zh"), ("pan-x", "dev", "ar")],
)
def test_real_sentences_are_encoded_as_their_tokenizers_do_and_scored_as_seqeval_does(
    registry: Registry, tokenizer: Any, name: str, split: str, code: str
) -> None:
    real = Path(os.environ["HARNESS_REALDATA"])
    task, shape = registry.task(name), format_named("token-tagging")
    table = load(task, split, code, places(registry, real / "hub" / "datasets"), limit=400).table
    settings = Settings(task.labels, Recipe(max_length=128))
    encoded = shape.encode(table, tokenizer, settings)
    words = table["tokens"].to_pylist()
    ids = tokenizer(words, is_split_into_words=True, verbose=False)
    pieces = np.split(encoded.tokens, encoded.starts[1:-1])
    alone = np.bincount(encoded.row_of_item) == 1
    tagged = [set(ids.word_ids(row)) >= set(range(len(words[row]))) for row in range(len(words))]
    same = np.flatnonzero(alone & np.array(tagged)).tolist()
    assert len(same) > 350
    items = np.searchsorted(encoded.row_of_item, same)
    assert [pieces[item].tolist() for item in items] == [ids["input_ids"][row] for row in same]

    rng = np.random.default_rng(0)
    outputs = rng.normal(size=(len(encoded.tokens), len(task.labels))).astype(np.float32)
    right = np.flatnonzero(encoded.marks["labels"] >= 0)[::2]
    outputs[right, encoded.marks["labels"][right]] += 9
    decoded = shape.decode(outputs, encoded, table, settings)
    gold, guesses = ([tags.split() for tags in decoded[each].to_pylist()] for each in ("gold", "prediction"))
    assert gold == table["tags"].to_pylist()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert shape.score(decoded)["f1"] == pytest.approx(f1_score(gold, guesses))
