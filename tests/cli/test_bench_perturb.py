"""``harness bench perturb`` measures both on the same sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import HarnessError
from harness.bench import perturbing
from harness.bench.perturbing import made_rows, measure, nlpaug_operator, scaling, unmeasured, words_each
from harness.cli.bench import perturb
from harness.registry import load_registry


def test_sentences_are_made_once_each_with_their_trees() -> None:
    rows = made_rows(load_registry())
    texts = rows["text"].to_pylist()
    assert len(texts) == len(set(texts)) > 1000
    assert all(tree.startswith("1\t") or "\n1" in tree for tree in rows["text.conllu"].to_pylist())


def test_a_tree_perturbation_has_a_pace_and_no_rival() -> None:
    registry = load_registry()
    asked = registry.perturbation("syntactic.scramble")
    found = measure(asked, made_rows(registry).slice(0, 50), "en", 2, lambda line: None)
    assert (found.sentences, len(found.first), found.other, found.other_pace) == (50, 2, None, None)
    assert found.pace > 0
    assert found.pace_given > 0
    assert found.pace_again > 0
    assert nlpaug_operator("syntactic.scramble", "en") is None


def test_what_cannot_be_measured_says_why() -> None:
    registry = load_registry()
    assert unmeasured(registry.perturbation("noise.swap"), "en") is None
    assert (
        unmeasured(registry.perturbation("syntactic.passive"), "de") == "syntactic.passive does not serve de"
    )
    assert unmeasured(registry.perturbation("noise.misspellings"), "en") == "it needs --noise-words FILE"
    assert "the column hypothesis" in str(unmeasured(registry.perturbation("adversarial.negation"), "en"))
    assert 2 < words_each(made_rows(registry)) < 30


def test_made_sentences_are_english(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="made sentences are in en"):
        perturb(None, "de", None, 1, 0)
    with pytest.raises(HarnessError, match="no treebank"):
        perturb(None, "de", tmp_path, 1, 0)


def test_one_process_is_measured_against_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(perturbing, "ROWS", 2_100)
    registry = load_registry()
    rows = made_rows(registry).slice(0, 700)
    found = scaling(registry.perturbation("noise.swap"), rows, "en", 2, 2, lambda line: None)
    assert (found.sentences, found.workers, len(found.one), len(found.many)) == (2_100, 2, 2, 2)
    assert found.linear == pytest.approx(found.pace_together / found.pace / 2)
