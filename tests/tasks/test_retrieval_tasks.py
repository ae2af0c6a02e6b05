"""Retrieval tasks: rows made of the files that people download, and the errors that say how."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from harness_plugins.tasks.retrieval import LAREQA_LANGUAGES, MEWSLI_LANGUAGES, marked

from harness import HarnessError, Task
from harness.data.identity import DataPlaces, has_split
from harness.data.load import NoRowsError, load
from harness.data.revisions import Revisions
from harness.formats import format_named
from harness.registry import Registry, load_registry

TASKS = ("tatoeba", "tatoeba-r", "bucc", "bucc-pairs", "lareqa", "mewsli-x")


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


def places(registry: Registry, folder: Path, **more: Any) -> DataPlaces:
    return DataPlaces(registry, Revisions(), folder, **more)


def read(task: Task, folder: Path, split: str, language: str) -> dict[str, dict[str, Any]]:
    return {row["id"]: dict(row) for row in task.read_folder(folder, split, language)}


@pytest.mark.parametrize("name", TASKS)
def test_every_retrieval_task_is_a_target_with_a_rule_and_its_metric(registry: Registry, name: str) -> None:
    task = registry.task(name)
    assert task.format == "retrieval"
    assert task.roles == ("target",)
    assert task.metric in format_named("retrieval").metrics
    assert list(task.languages) == sorted(task.languages)
    assert not has_split(task, "train", registry)
    assert has_split(task, "test", registry)


def test_xtreme_has_36_languages_of_tatoeba_and_xtreme_r_five_more(registry: Registry) -> None:
    first, more = registry.task("tatoeba").languages, registry.task("tatoeba-r").languages
    assert len(first) == 36
    assert set(more) - set(first) == {"az", "lt", "pl", "ro", "uk"}
    source = registry.source(registry.task("tatoeba"), "zh")
    assert source is not None
    assert source.config == "tatoeba.cmn"
    source = registry.source(registry.task("tatoeba-r"), "uk")
    assert source is not None
    assert source.config == "ukr-eng"


def test_a_foreign_sentence_asks_for_its_english_translation(registry: Registry, tmp_path: Path) -> None:
    place = tmp_path / "google" / "xtreme" / "tatoeba.swh"
    place.mkdir(parents=True)
    pq.write_table(
        pa.table(
            {
                "source_sentence": ["moja", "mbili"],
                "target_sentence": ["one", "two"],
                "source_lang": ["swh"] * 2,
                "target_lang": ["eng"] * 2,
            }
        ),
        place / "validation-00000-of-00001.parquet",
    )
    table = load(registry.task("tatoeba"), "test", "sw", places(registry, tmp_path)).table
    assert table["text"].to_pylist() == ["moja", "mbili"]
    assert table["text_pair"].to_pylist() == ["one", "two"]
    assert format_named("retrieval").examples(table).all()


def bucc(folder: Path, part: str = "training", inside: str = "de-en/") -> None:
    files = {
        "de": "de-001\tEin Haus.\nde-002\tEin Baum.\nde-003\tEin\u2028Tag.\nde-004\t\n",
        "en": "en-001\tA tree.\nen-002\tA house.\nen-003\tA river.\n",
        "gold": "de-001\ten-002\nde-002\ten-001\n",
    }
    for end, text in files.items():
        file = folder / f"{inside}de-en.{part}.{end}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("inside", ["de-en/", ""])
@pytest.mark.parametrize(
    ("split", "part"), [("dev", "sample"), ("test", "training"), ("dev", "dev"), ("test", "test")]
)
def test_bucc_reads_the_raw_files_wherever_they_are_unpacked(
    registry: Registry, tmp_path: Path, split: str, part: str, inside: str
) -> None:
    bucc(tmp_path, part, inside)
    rows = read(registry.task("bucc"), tmp_path, split, "de")
    assert rows["de-001"]["text"] == "Ein Haus."
    assert rows["de-001"]["relevant"] == ["en-002"]
    assert rows["de-003"]["relevant"] == []
    assert rows["en-003"]["text_pair"] == "A river."
    assert rows["en-003"]["text"] == rows["de-001"]["text_pair"] == rows["de-004"]["text"] == ""
    assert len(rows) == 7


def test_bucc_s_examples_are_the_foreign_sentences(registry: Registry, tmp_path: Path) -> None:
    bucc(tmp_path / "bucc2018")
    loaded = load(registry.task("bucc"), "test", "de", places(registry, tmp_path))
    examples = format_named("retrieval").examples(loaded.table)
    assert loaded.table["id"].filter(pa.array(examples)).to_pylist() == ["de-001", "de-002", "de-003"]
    with pytest.raises(NoRowsError):
        load(registry.task("bucc"), "train", "de", places(registry, tmp_path))


def test_a_missing_bucc_file_is_named_with_the_place_to_get_it(registry: Registry, tmp_path: Path) -> None:
    bucc(tmp_path)
    with pytest.raises(HarnessError, match=r"de-en\.sample\.gold") as error:
        read(registry.task("bucc"), tmp_path, "dev", "de")
    assert "comparable.limsi.fr" in str(error.value.mend)
    with pytest.raises(HarnessError, match="--data-dir") as error:
        load(registry.task("bucc"), "dev", "de", places(registry, tmp_path / "elsewhere"))
    assert "comparable.limsi.fr" in str(error.value.mend)


def test_a_bucc_line_without_a_tab_is_named(registry: Registry, tmp_path: Path) -> None:
    bucc(tmp_path)
    (tmp_path / "de-en" / "de-en.training.en").write_text("en-001\tA tree.\nno tab\n", encoding="utf-8")
    with pytest.raises(HarnessError, match="line 2"):
        read(registry.task("bucc"), tmp_path, "test", "de")


def lareqa(folder: Path) -> None:
    """Two paragraphs in each language; the first has a sentence twice, the second question's answer no sentence."""
    for language in LAREQA_LANGUAGES:
        sentences = [f"{language} one. ", f"{language} two. ", f"{language} two. "]
        first = "".join(sentences)
        breaks, start = [], 0
        for sentence in sentences:
            breaks.append([start, start + len(sentence) - 1])
            start += len(sentence)
        second = f"{language} three\nlines."
        data = [
            {
                "paragraphs": [
                    {
                        "context": first,
                        "sentence_breaks": breaks,
                        "qas": [
                            {"id": "qa", "question": f"{language} a?", "answers": [{"answer_start": 1}]},
                            {
                                "id": "qb",
                                "question": f"{language} b?",
                                "answers": [{"answer_start": breaks[1][0]}],
                            },
                        ],
                    }
                ]
            },
            {
                "paragraphs": [
                    {
                        "context": second,
                        "sentence_breaks": [[0, 8]],
                        "qas": [
                            {"id": "qc", "question": f"{language} c?", "answers": [{"answer_start": 3}]},
                            {"id": "qd", "question": f"{language} d?", "answers": [{"answer_start": 9}]},
                        ],
                    }
                ]
            },
        ]
        file = folder / "xquad-r" / f"{language}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"data": data}), encoding="utf-8")


def test_a_lareqa_question_has_an_answer_in_each_language_among_the_sentences_of_all(
    registry: Registry, tmp_path: Path
) -> None:
    lareqa(tmp_path)
    rows = read(registry.task("lareqa"), tmp_path, "test", "el")
    questions = {name: row for name, row in rows.items() if row["text"]}
    assert {name: row["text"] for name, row in questions.items()} == {
        "qa": "el a?",
        "qb": "el b?",
        "qc": "el c?",
    }
    assert questions["qa"]["relevant"] == [f"{language}:1:0" for language in LAREQA_LANGUAGES]
    assert questions["qc"]["relevant"] == [f"{language}:2:0" for language in LAREQA_LANGUAGES]
    assert len(questions["qb"]["relevant"]) == 2 * len(LAREQA_LANGUAGES)
    assert questions["qa"]["cluster"] == questions["qb"]["cluster"] != questions["qc"]["cluster"]
    assert len(rows) - len(questions) == 4 * len(LAREQA_LANGUAGES)
    assert rows["th:1:0"]["text_pair"] == "th one.th one. th two. th two. "
    assert rows["th:2:0"]["text_pair"] == "th threeth threelines."


def test_lareqa_s_questions_have_the_same_ids_in_every_language(registry: Registry, tmp_path: Path) -> None:
    lareqa(tmp_path)
    german, thai = (read(registry.task("lareqa"), tmp_path, "test", language) for language in ("de", "th"))
    assert german.keys() == thai.keys()
    assert german["qb"]["relevant"] == thai["qb"]["relevant"]


def test_lareqa_needs_the_files_of_all_languages(registry: Registry, tmp_path: Path) -> None:
    lareqa(tmp_path)
    (tmp_path / "xquad-r" / "vi.json").unlink()
    with pytest.raises(HarnessError, match=r"vi\.json") as error:
        read(registry.task("lareqa"), tmp_path, "test", "de")
    assert "git clone" in str(error.value.mend)


def mewsli(folder: Path, text: str = "{Old} news. Then Smith left\nfor  Rome. More.") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    left = "{Old} news. Then Smith left\nfor  Rome. More.".index("Smith")
    articles = [
        {
            "context": {
                "document_id": f"doc-{language}",
                "language": language,
                "text": text,
                "sentence_spans": [
                    {"start": 0, "end": 11},
                    {"start": 12, "end": 38},
                    {"start": 39, "end": 44},
                ],
            },
            "mentions": [
                {
                    "example_id": f"{language}-1",
                    "entity_id": "Q2",
                    "mention_span": {"start": left, "end": left + 5, "text": "Smith"},
                }
            ],
        }
        for language in MEWSLI_LANGUAGES
    ]
    description = "Smith is a name.\nIt is old. "
    entities = [
        {
            "entity_id": f"Q{number}",
            "title": f"T{number}",
            "description": description,
            "sentence_spans": [{"start": 0, "end": 16}, {"start": 17, "end": 27}][: 2 * (number < 3)],
        }
        for number in range(1, 4)
    ]
    for name, objects in (("wikinews_mentions-test", articles), ("candidate_set_entities", entities)):
        lines = [json.dumps(one, ensure_ascii=False) for one in objects]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_a_mewsli_x_mention_asks_for_its_entity(registry: Registry, tmp_path: Path) -> None:
    mewsli(tmp_path)
    rows = read(registry.task("mewsli-x"), tmp_path, "test", "uk")
    assert rows["uk-1"]["text"] == "Smith: Then { Smith } left for Rome."
    assert rows["uk-1"]["relevant"] == ["Q2"]
    assert rows["uk-1"]["cluster"] == "doc-uk"
    assert {name: row["text_pair"] for name, row in rows.items() if row["text_pair"]} == {
        "Q1": "Smith is a name. It is old.",
        "Q2": "Smith is a name. It is old.",
        "Q3": "T3",
    }
    assert registry.task("mewsli-x").row_count("test", "uk") == 1_003_893 + 1537


def test_a_mention_is_marked_in_its_sentence_and_older_braces_become_round() -> None:
    text = "No. The {odd} day of {x} Y {z}. Yes."
    sentences = [{"start": 0, "end": 3}, {"start": 4, "end": 31}, {"start": 32, "end": 36}]
    span = {"start": text.index("Y"), "end": text.index("Y") + 1}
    assert marked(text, sentences, span) == "Y: The (odd) day of (x) { Y } (z)."
    assert marked("a b", [], {"start": 2, "end": 3}) == "b: a { b }"


def test_mewsli_x_without_the_text_of_the_news_says_how_to_add_it(registry: Registry, tmp_path: Path) -> None:
    mewsli(tmp_path, text="")
    with pytest.raises(HarnessError, match="no text") as error:
        read(registry.task("mewsli-x"), tmp_path, "test", "de")
    assert "get-mewsli-x.sh" in str(error.value.mend)
    with pytest.raises(HarnessError, match="wikinews_mentions-dev"):
        read(registry.task("mewsli-x"), tmp_path, "dev", "de")


@pytest.mark.parametrize(("name", "make", "language"), [("lareqa", lareqa, "de"), ("mewsli-x", mewsli, "de")])
def test_a_limit_keeps_all_candidates_and_the_folder_is_checked_against_what_is_published(
    registry: Registry, tmp_path: Path, name: str, make: Any, language: str
) -> None:
    make(tmp_path / name)
    task = registry.task(name)
    free = places(registry, tmp_path, allow_changed=True)
    found, one = load(task, "test", language, free), load(task, "test", language, free, limit=1).table
    assert any("are published" in note for note in found.notes)
    examples = format_named("retrieval").examples
    assert examples(one).sum() == 1
    assert (~examples(one)).sum() == (~examples(found.table)).sum() > 0
