"""Parsers: what they serve, what they are, what they make."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import pytest
from messy_texts import HOSTILE

from harness import HarnessError
from harness.text import choose_parser, passage
from harness.text.parses import Stanza, UDPipe


def test_no_parser_is_chosen_where_none_is_named():
    assert choose_parser(None) is None


def test_the_environment_names_a_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HARNESS_UDPIPE", str(tmp_path))
    assert isinstance(choose_parser(None), UDPipe)
    monkeypatch.setenv("HARNESS_UDPIPE", str(tmp_path / "none"))
    with pytest.raises(HarnessError, match="no folder of parser models"):
        choose_parser(None)


def test_models_are_found_by_code_and_by_their_official_names(tmp_path):
    for name in ("english-ewt-ud-2.5-191206", "german-hdt-ud-2.5-191206", "german-gsd-ud-2.5-191206", "de"):
        (tmp_path / f"{name}.udpipe").write_bytes(name.encode())
    parser = UDPipe(tmp_path)
    assert parser.unserved("en") is parser.unserved("de") is None
    assert "no UDPipe model for fr" in parser.unserved("fr")
    assert parser.identity("de")["sha256"] != parser.identity("en")["sha256"]
    (tmp_path / "de.udpipe").unlink()
    before = parser.identity("de")
    (tmp_path / "german-gsd-ud-2.5-191206.udpipe").write_bytes(b"another")
    assert parser.identity("de") != before


def test_an_unserved_language_and_a_file_that_is_no_model_are_told(tmp_path):
    (tmp_path / "en.udpipe").write_bytes(b"no model")
    with pytest.raises(HarnessError, match="no UDPipe 1 model"):
        UDPipe(tmp_path).parse(["A text."], "en")
    with pytest.raises(HarnessError, match="no UDPipe model for fr"):
        UDPipe(tmp_path).parse(["Un texte."], "fr")


@pytest.mark.skipif(find_spec("stanza") is not None, reason="Stanza is installed")
def test_stanza_missing_says_how_to_install_it():
    with pytest.raises(HarnessError) as caught:
        choose_parser(None, "stanza")
    assert "pip install 'transfer-harness[stanza]'" in str(caught.value)
    assert "transfer-harness[stanza]" in Stanza().unserved("en")


@pytest.mark.realdata
@pytest.mark.parametrize("language", ["en", "de", "fr", "ar", "zh", "vi"])
def test_real_parses_fit_real_texts(language):
    import pyarrow.parquet as pq

    root = Path(os.environ["HARNESS_REALDATA"])
    (file,) = (root / "hub/datasets/facebook/xnli" / language).glob("test-*.parquet")
    texts = pq.read_table(file, columns=["premise"]).column("premise").to_pylist()[:400:4]
    parser = choose_parser(root / "data/udpipe")
    found = [
        passage(text, language, conllu)
        for text, conllu in zip(texts, parser.parse(texts, language), strict=True)
    ]
    assert [each.unparsed for each in found if each.unparsed] == []
    assert all(sentence.parsed for each in found for sentence in each.sentences)


@pytest.mark.realdata
def test_hostile_texts_are_parsed_or_refused_with_a_reason():
    parser = choose_parser(Path(os.environ["HARNESS_REALDATA"]) / "data/udpipe")
    texts = ["", *HOSTILE.values(), "a\ud800b", "ab cd. " * 2_000]
    found = parser.parse(texts, "en")
    assert found[0] is None
    for text, conllu in zip(texts, found, strict=True):
        if conllu is not None:
            result = passage(text, "en", conllu)
            assert result.unparsed is None or result.unparsed.strip()
