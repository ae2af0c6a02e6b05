"""A text that is cut into sentences and tokens and put together again is the same, character for character."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from messy_texts import HOSTILE, messy

from harness.conformance.samples import HOSTILE as MORE
from harness.conformance.samples import flat, sentences, trees
from harness.formats import format_named
from harness.languages import languages
from harness.text import Passage, Rewrite, passage

HUB = Path(os.environ.get("HARNESS_REALDATA", "")) / "hub" / "datasets"
codes = st.sampled_from(sorted(languages()))


def put_together(source: Passage, rewrite) -> str:
    parts = [source.gaps[0]]
    for sentence, gap in zip(source.sentences, source.gaps[1:], strict=True):
        parts += (rewrite(sentence).text, gap)
    return "".join(parts)


def assert_round_trip(text: str, language: str, conllu: str | None = None) -> None:
    source = passage(text, language, conllu)
    every = {
        "unchanged": Rewrite.unchanged,
        "of": lambda each: Rewrite.of(each, range(len(each))),
        "reorder": lambda each: Rewrite.reorder(each, each.words),
        "replace": lambda each: Rewrite.replace(each, {i: each.tokens[i].text for i in each.words}),
    }
    for name, rewrite in every.items():
        assert put_together(source, rewrite) == text, name


@given(messy, codes)
def test_messy_text_survives_in_every_language(text, language):
    assert_round_trip(text, language)


@given(messy, codes, st.booleans())
def test_messy_text_with_a_tree_survives(text, language, deep):
    assert_round_trip(text, language, flat(text, language, deep=deep).conllu)


@given(st.lists(messy.filter(bool), max_size=8), codes)
def test_words_given_apart_survive(words, language):
    shape = format_named("token-tagging")
    (sentence,) = shape.passage(words, language, None).sentences
    for rewrite in (Rewrite.unchanged(sentence), Rewrite.of(sentence, range(len(sentence)))):
        assert [piece.text for piece in rewrite.pieces] == words
        assert rewrite.text == sentence.text


@pytest.mark.parametrize("language", sorted(languages()))
def test_hostile_texts_survive(language):
    for text in (*HOSTILE.values(), *MORE.values()):
        assert_round_trip(text, language)


def test_made_texts_survive():
    for sample in (*sentences(), *trees()):
        assert_round_trip(sample.text, sample.language, sample.conllu)


def real_texts(name: str, *columns: str) -> list[str]:
    texts = []
    for file in sorted((HUB / name).glob("*.parquet")):
        table = pq.read_table(file, columns=list(columns)).slice(0, 400)
        texts += [text for column in columns for text in table.column(column).to_pylist() if text]
    return list(dict.fromkeys(texts))


@pytest.mark.realdata
def test_real_texts_survive():
    tried: dict[str, int] = {}
    for code in sorted(languages()):
        texts = [
            *real_texts(f"google/xtreme/XQuAD.{code}", "context", "question"),
            *real_texts(f"google/xtreme/MLQA.{code}.{code}", "context"),
            *real_texts(f"facebook/xnli/{code}", "premise", "hypothesis"),
            *real_texts(f"google/xtreme/PAWS-X.{code}", "sentence1"),
        ]
        for text in texts:
            assert_round_trip(text, code)
        tried[code] = len(texts)
    assert sum(count > 0 for count in tried.values()) >= 15


@pytest.mark.realdata
def test_real_words_given_apart_survive():
    shape = format_named("token-tagging")
    for code in sorted(languages()):
        for file in sorted((HUB / f"google/xtreme/PAN-X.{code}").glob("*.parquet")):
            for words in pq.read_table(file, columns=["tokens"]).slice(0, 300).column(0).to_pylist():
                (sentence,) = shape.passage(words, code, None).sentences
                found = Rewrite.of(sentence, range(len(sentence)))
                assert [piece.text for piece in found.pieces] == words
