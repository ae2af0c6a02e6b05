"""The measurement of prediction: every way gives the same outputs, and growth is told from linear growth."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness_plugins.tasks.grammar import GrammarNli

from harness.bench import predicting
from harness.bench.growth import Growth, draw
from harness.data.identity import DataPlaces
from harness.data.revisions import Revisions
from harness.errors import HarnessError
from harness.registry import Registry, load_registry


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    found = load_registry()
    few = GrammarNli(sizes={"train": 20, "dev": 10, "test": 10})
    found._plugins.things["task", few.name] = few

    def made(registry: Registry, limit: int) -> object:
        tables = predicting._tables(registry, predicting.MADE, DataPlaces(registry, Revisions()), limit)
        return predicting._tokenizer(registry, predicting.MADE_MODEL), tables, "made"

    monkeypatch.setattr(predicting, "_rows", made)
    return found


@pytest.mark.parametrize("variants", [0, 3])
def test_every_way_predicts_the_same(registry: Registry, variants: int) -> None:
    found = predicting.measure(registry, "tiny", 3, variants, 512, "cpu", "fp32", 1, lambda line: None)
    assert set(found.took) == {"ours", "trainer"} | (set() if variants else {"padded"})
    assert found.sequences == found.languages * 3 * (variants + 1)
    assert found.same >= found.languages * variants
    assert found.limit is None


def test_outputs_that_differ_are_an_error(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    own = predicting._trainer
    monkeypatch.setattr(predicting, "_trainer", lambda *given: own(*given) + 1)
    with pytest.raises(HarnessError, match="trainer: a logit differs"):
        predicting.measure(registry, "tiny", 1, 0, 512, "cpu", "fp32", 1, lambda line: None)


def test_the_slope_is_one_where_cost_is_linear_but_for_the_start(tmp_path: Path) -> None:
    linear = Growth("languages", 3.0, (1, 5, 15), (4.0, 8.0, 18.0), (4.0, 8.0, 18.0), (5.0, 13.0, 33.0))
    square = Growth("variants", 3.0, (1, 10, 40), (4.0, 103.0, 1603.0), (0.0, 0.0, 0.0), (4.0, 13.0, 43.0))
    assert linear.slope == pytest.approx(1)
    assert square.slope == pytest.approx(2)
    assert "svg" in draw([linear, square], tmp_path / "growth.svg").read_text(encoding="utf-8")
