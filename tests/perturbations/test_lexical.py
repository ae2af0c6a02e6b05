"""Synonyms: of the commonest sense, in the form of the old word, from WordNet's own files."""

from __future__ import annotations

import random
import zipfile

import pytest
from harness_plugins.perturbations import lexical, wordnet
from harness_plugins.perturbations.lexical import Synonym
from hypothesis import given
from hypothesis import strategies as st
from messy_texts import HOSTILE

from harness import HarnessError
from harness.text import Sentence, disturb, passage

# A WordNet of our own: the words of each sense, the commonest sense of a word first.
SENSES = {
    "noun": ["car auto automobile motorcar railcar_body", "railcar car", "child kid youngster", "kid goat_skin",
             "box case", "aim purpose", "end goal", "stone rock", "coffee java"],
    "verb": ["buy purchase", "chase pursue trail", "stop halt", "carry bear", "run go", "run operate", "run flow",
             "run lead", "run melt", "run race"],
    "adj": ["small little", "glad happy(p)"],
    "adv": ["quickly rapidly speedily"],
}  # fmt: skip
EXCEPTIONS = {"noun": ["children child"], "verb": ["bought buy", "stopped stop", "bore bear", "ran run"]}
RARE = ("motorcar",)
LETTERS = {"noun": "n", "verb": "v", "adj": "a", "adv": "r"}


def written(folder):
    """Write the files of a WordNet as Princeton does: lines told by their place in the file."""
    for part, senses in SENSES.items():
        data, found = "  1 a notice\n", {}
        for words in (each.split() for each in senses):
            place = len(data)
            named = " ".join(f"{word} 0" for word in words)
            data += f"{place:08d} 03 {LETTERS[part]} {len(words):02x} {named} 000 | a gloss\n"
            for word in words:
                found.setdefault(word.partition("(")[0], []).append(f"{place:08d}")
        lines = [
            f"{word} {LETTERS[part]} {len(places)} 0 {len(places)} {int(word not in RARE)} {' '.join(places)}"
            for word, places in sorted(found.items())
        ]
        (folder / f"data.{part}").write_text(data, encoding="latin-1", newline="\n")
        (folder / f"index.{part}").write_text("  1 a notice\n" + "\n".join(lines) + "\n", encoding="latin-1")
        (folder / f"{part}.exc").write_text("\n".join(EXCEPTIONS.get(part, [])) + "\n", encoding="latin-1")
    return folder


@pytest.fixture(autouse=True)
def own_wordnet(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("WNSEARCHDIR", str(written(tmp_path_factory.mktemp("dict"))))
    lexical._wordnet.cache_clear()
    yield
    lexical._wordnet.cache_clear()


def tree(text, *rows):
    """Return the parsed sentence: a row for each token, 'lemma UPOS head deprel [feats]'."""
    lines = []
    for number, (token, row) in enumerate(zip(Sentence.plain(text, "en").tokens, rows, strict=True), 1):
        lemma, upos, head, deprel, *feats = row.split()
        lines.append(
            "\t".join(
                map(str, (number, token.text, lemma, upos, "_", *(feats or "_"), head, deprel, "_", "_"))
            )
        )
    (sentence,) = passage(text, "en", "\n".join(lines) + "\n\n").sentences
    assert sentence.parsed
    return sentence


BOUGHT = tree(
    "The child bought two cars quickly.",
    "the DET 2 det", "child NOUN 3 nsubj Number=Sing", "buy VERB 0 root Mood=Ind|Tense=Past|VerbForm=Fin",
    "two NUM 5 nummod", "car NOUN 3 obj Number=Plur", "quickly ADV 3 advmod", ". PUNCT 3 punct",
)  # fmt: skip
CHASES = tree(
    "Chasing a small stone stops.",
    "chase VERB 5 csubj VerbForm=Ger", "a DET 4 det", "small ADJ 4 amod Degree=Pos", "stone NOUN 1 obj Number=Sing",
    "stop VERB 0 root Mood=Ind|Number=Sing|Person=3|Tense=Pres|VerbForm=Fin", ". PUNCT 5 punct",
)  # fmt: skip


def texts(sentence, count=60, intensity=1.0):
    return {Synonym().rewrite(sentence, random.Random(seed), intensity).text for seed in range(count)}


def test_synonyms_share_the_commonest_sense_and_take_the_form_of_the_word():
    assert texts(BOUGHT, 200) == {
        f"The {child} purchased two automobiles {how}."
        for child in ("kid", "youngster")
        for how in ("rapidly", "speedily")
    }
    assert texts(tree("two kids", "two NUM 2 nummod", "kid NOUN 0 root Number=Plur")) == {"two youngsters"}
    assert texts(CHASES) == {f"{verb} a little rock halts." for verb in ("Pursuing", "Trailing")}


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("They run.", ("they PRON 2 nsubj", "run VERB 0 root VerbForm=Inf", ". PUNCT 2 punct")),
        ("a car box", ("a DET 3 det", "car NOUN 3 compound Number=Sing", "box NOUN 0 root Number=Sing")),
        ("Car", ("Car PROPN 0 root Number=Sing",)),
        ("an aim", ("a DET 2 det", "aim NOUN 0 root Number=Sing")),
        ("He carried.", ("he PRON 2 nsubj", "carry VERB 0 root Tense=Past|VerbForm=Fin", ". PUNCT 2 punct")),
        ("smaller", ("small ADJ 0 root Degree=Cmp",)),
    ],
)  # fmt: skip
def test_where_sense_form_or_article_are_not_sure_nothing_changes(text, rows):
    sentence = tree(text, *rows)
    assert texts(sentence) == {text}
    assert not Synonym().rewrite(sentence, random.Random(0), 1.0).eligible


@pytest.mark.parametrize(
    ("lemma", "part", "feats", "expected"),
    [
        ("automobile", "noun", "Number=Plur", "automobiles"),
        ("box", "noun", "Number=Plur", "boxes"),
        ("country", "noun", "Number=Plur", "countries"),
        ("toy", "noun", "Number=Plur", "toys"),
        ("piano", "noun", "Number=Plur", None),
        ("child", "noun", "Number=Plur", None),
        ("carry", "verb", "Tense=Past|VerbForm=Fin", "carried"),
        ("purchase", "verb", "Tense=Past|VerbForm=Part", "purchased"),
        ("purchase", "verb", "VerbForm=Ger", "purchasing"),
        ("agree", "verb", "VerbForm=Ger", "agreeing"),
        ("tie", "verb", "Tense=Pres|VerbForm=Part", "tying"),
        ("watch", "verb", "Number=Sing|Person=3|Tense=Pres|VerbForm=Fin", "watches"),
        ("watch", "verb", "Number=Plur|Person=3|Tense=Pres|VerbForm=Fin", "watch"),
        ("stop", "verb", "Tense=Past|VerbForm=Fin", None),
        ("small", "adj", "Degree=Sup", None),
        ("small", "adj", "", "small"),
        ("car", "noun", "", None),
    ],
)
def test_english_forms(lemma, part, feats, expected):
    found = lexical._wordnet()
    told = dict(each.split("=") for each in feats.split("|") if each)
    assert found.form(lemma, part, told) == expected


def test_words_of_many_senses_and_of_several_parts_have_no_synonyms():
    found = lexical._wordnet()
    assert found.synonyms("run", "verb") == []
    assert found.synonyms("car", "noun") == ["auto", "automobile"]
    assert found.synonyms("glad", "adj") == []
    assert found.synonyms("nothing", "noun") == []


@given(st.integers(0, 999), st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_lower_intensity_replaces_some_of_the_words_of_a_higher(seed, one, other):
    low, high = (
        Synonym().rewrite(BOUGHT, random.Random(seed), each).text.split() for each in sorted((one, other))
    )
    assert all(few in (old, many) for old, few, many in zip(BOUGHT.text.split(), low, high, strict=True))


def test_a_word_that_no_tagged_text_holds_is_no_synonym():
    assert lexical._wordnet().synonyms("car", "noun") == ["auto", "automobile"]


def test_line_ends_of_windows_make_no_difference(tmp_path):
    folder = wordnet.find()
    for each in folder.iterdir():
        (tmp_path / each.name).write_bytes(each.read_bytes().replace(b"\n", b"\r\n"))
    assert wordnet.WordNet(tmp_path).synonyms("buy", "verb") == ["purchase"]
    assert wordnet.WordNet(tmp_path).digest == wordnet.WordNet(folder).digest


def test_files_that_do_not_fit_each_other_are_named(tmp_path):
    for each in wordnet.find().iterdir():
        (tmp_path / each.name).write_bytes(each.read_bytes())
    data = tmp_path / "data.verb"
    data.write_bytes(b"more " + data.read_bytes())
    with pytest.raises(HarnessError, match=r"data\.verb does not fit"):
        wordnet.WordNet(tmp_path).synonyms("buy", "verb")


def test_an_archive_of_nltk_serves_like_a_folder(tmp_path, monkeypatch):
    folder = wordnet.find()
    archive = tmp_path / "corpora" / "wordnet.zip"
    archive.parent.mkdir()
    with zipfile.ZipFile(archive, "w") as file:
        for each in folder.iterdir():
            file.write(each, f"wordnet/{each.name}")
    monkeypatch.delenv("WNSEARCHDIR")
    monkeypatch.setenv("NLTK_DATA", str(tmp_path))
    assert wordnet.find() == archive
    assert wordnet.WordNet(archive).digest == wordnet.WordNet(folder).digest
    assert wordnet.WordNet(archive).synonyms("buy", "verb") == ["purchase"]


def test_without_wordnet_and_in_other_languages_it_is_unserved(monkeypatch):
    assert Synonym().unserved("en") is None
    assert Synonym().options()["wordnet"]
    assert "English alone" in Synonym().unserved("de")
    monkeypatch.setattr(wordnet, "find", lambda: None)
    lexical._wordnet.cache_clear()
    assert "nltk.downloader wordnet" in Synonym().unserved("en")
    assert Synonym().options() == {"wordnet": None}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_texts_are_never_lost(text):
    found = disturb(Synonym(), text, language="en", example_id="1", column="text", seed=0, intensity=1.0)
    assert found.text == text
