"""docs/perturbations.md tells of every built-in perturbation what the registry says."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness_plugins.perturbations.syntactic import Reverse, Shuffle

from harness import HarnessError
from harness.bench.perturbing import treebank_rows
from harness.registry import load_registry
from harness.report.perturbation_page import LISTED, effect, example, main, perturbation_tables, renewed

PAGE = Path(__file__).parents[2] / "docs" / "perturbations.md"
ROWS = """\
# text = The old dog barks.
1	The	the	DET	_	_	3	det	_	_
2	old	old	ADJ	_	_	3	amod	_	_
3	dog	dog	NOUN	_	_	4	nsubj	_	_
4	barks	bark	VERB	_	_	0	root	_	_
5	.	.	PUNCT	_	_	4	punct	_	_

1	left	leave	VERB	_	_	0	root	_	_

# text = It sleeps.
1	It	it	PRON	_	_	2	nsubj	_	_
2	sleeps	sleep	VERB	_	_	0	root	_	_
3	.	.	PUNCT	_	_	2	punct	_	_
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "UD_English-Made").mkdir()
    (tmp_path / "UD_English-Made" / "en_made-ud-test.conllu").write_text(ROWS, encoding="utf-8")
    return tmp_path


def test_the_page_has_the_registrys_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = PAGE.read_text(encoding="utf-8")
    assert page == renewed(page, LISTED, perturbation_tables(load_registry())), (
        "docs/perturbations.md is behind: python -P -m harness.report.perturbation_page docs/perturbations.md"
    )


def test_every_perturbation_has_an_example() -> None:
    registry = load_registry()
    for name in registry.names("perturbation"):
        source, arrow, result = example(registry.perturbation(name)).partition(" → ")
        assert source
        assert arrow
        assert result != source


def test_sentences_with_a_text_are_read_from_treebanks(folder: Path) -> None:
    ((language, table),) = treebank_rows(folder)
    assert language == "en"
    assert table["text"].to_pylist() == ["The old dog barks.", "It sleeps."]
    assert [rows.num_rows for _, rows in treebank_rows(folder, limit=1)] == [1]
    with pytest.raises(HarnessError, match="no treebank"):
        next(treebank_rows(folder, pattern="*_pud-*"))


def test_phrases_and_words_are_counted(folder: Path) -> None:
    ((_, table),) = treebank_rows(folder)
    found = effect(Reverse(), table, "en")
    assert (found.sentences, found.eligible, found.touched, found.kept) == (2, 2, 2, 2)
    assert (found.phrases, found.whole) == (1, 1)
    torn = effect(Shuffle(2), table, "en")
    assert (torn.phrases, torn.whole) == (1, 0)


def test_the_command_writes_both_tables(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    page = folder / "page.md"
    page.write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    assert main([str(page), "--ud", str(folder)]) == 0
    assert "2 sentences in each of 1 languages" in page.read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="the page lacks"):
        renewed("nothing", LISTED, "")
