"""Misspellings: lists in several formats, capitals, errors that name the line."""

from __future__ import annotations

import json
import random

import pytest
from harness_plugins.perturbations.misspellings import Misspellings, misspellings

from harness import HarnessError
from harness.perturbation import Resources
from harness.text import Sentence

LISTS = {
    "tabs.tsv": "receive\trecieve\nbelieve\tbeleive\tbelive\n",
    "arrows.txt": "# Wikipedia writes them so\nrecieve->receive\nbeleive->believe\nbelive->believe\n",
    "mitton.dat": "$receive\nrecieve\n$believe\nbeleive 2\nbelive\n",
    "blanks.txt": "receive recieve\n\nbelieve beleive belive\n",
    "words.json": json.dumps({"receive": ["recieve"], "believe": ["beleive", "belive"]}),
    "wrong.json": json.dumps({"recieve": "receive", "beleive": "believe", "belive": "believe"}),
}


def written(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", LISTS)
def test_every_format_says_the_same(tmp_path, name):
    found = misspellings(written(tmp_path, name, LISTS[name]))
    assert found == {"receive": ("recieve",), "believe": ("beleive", "belive")}


def test_capitals_are_kept_and_only_known_words_change(tmp_path):
    noise = Misspellings().given(Resources(words=written(tmp_path, "tabs.tsv", LISTS["tabs.tsv"])))
    sentence = Sentence.plain("Receive it, RECEIVE it, and receive them.", "en")
    rewrite = noise.rewrite(sentence, random.Random(0), 1.0)
    assert rewrite.text == "Recieve it, RECIEVE it, and recieve them."
    assert not noise.rewrite(Sentence.plain("Nothing here.", "en"), random.Random(0), 1.0).eligible


def test_the_lists_content_is_part_of_the_key(tmp_path):
    path = written(tmp_path, "tabs.tsv", LISTS["tabs.tsv"])
    noise = Misspellings()
    first = noise.given(Resources(words=path)).options()
    path.write_text("receive\trecive\n", encoding="utf-8")
    assert noise.given(Resources(words=path)).options() != first
    assert noise.given(Resources()) is noise


def test_of_a_folder_each_language_has_its_own_list(tmp_path):
    written(tmp_path, "de.tsv", "Straße\tStrasse\n")
    written(tmp_path, "en.txt", "recieve->receive\n")
    noise = Misspellings().given(Resources(words=tmp_path))
    assert noise.unserved("de") is None
    assert "fr" in noise.unserved("fr")
    assert noise.rewrite(Sentence.plain("Straße", "de"), random.Random(0), 1.0).text == "Strasse"
    assert noise.rewrite(Sentence.plain("Straße", "en"), random.Random(0), 1.0).text == "Straße"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.txt", "receive recieve\nalone\n", "a.txt:2"),
        ("a.tsv", "receive\t\n", "a.tsv:1"),
        ("a.txt", "recieve->\n", "a.txt:1"),
        ("a.txt", "# nothing\n", "no misspelling"),
        ("a.txt", "same same\n", "no misspelling"),
        ("a.json", "{", "a.json:1"),
        ("a.json", "[1]", "no JSON mapping"),
        ("a.json", '{"receive": 3}', "'receive'"),
        ("a.json", '{"receive": [""]}', "'receive'"),
    ],
)
def test_a_bad_line_is_named(tmp_path, name, text, said):
    with pytest.raises(HarnessError, match=said) as error:
        misspellings(written(tmp_path, name, text))
    assert "word<TAB>misspelling" in error.value.mend


def test_a_file_that_is_no_text_is_named(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(HarnessError, match="not UTF-8"):
        misspellings(path)


def test_without_a_list_it_says_what_to_give():
    with pytest.raises(HarnessError, match="no list") as error:
        Misspellings().rewrite(Sentence.plain("receive", "en"), random.Random(0), 1.0)
    assert "--noise-words" in error.value.mend
