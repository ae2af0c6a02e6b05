"""``harness bench perturb`` measures both on the same sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import HarnessError
from harness.bench.perturbing import made_rows, measure, nlpaug_operator
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
    assert found.pace_again > 0
    assert nlpaug_operator("syntactic.scramble", "en") is None


def test_made_sentences_are_english(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="made sentences are in en"):
        perturb(None, "de", None, 1)
    with pytest.raises(HarnessError, match="no treebank"):
        perturb(None, "de", tmp_path, 1)
