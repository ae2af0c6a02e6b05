"""The recipes that come with the harness: numbers for every task, the same for what trains the same."""

from __future__ import annotations

import pytest

from harness.formats import format_named
from harness.registry import Registry, load_registry

FOR_ALL = ("paper", "xtreme", "quick", "smoke")


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("empty"))
        return load_registry()


@pytest.mark.parametrize("recipe", FOR_ALL)
def test_overrides_are_of_tasks_that_there_are(registry: Registry, recipe: str) -> None:
    assert set(registry.recipe(recipe).overrides) <= set(registry.names("task"))


@pytest.mark.parametrize("recipe", FOR_ALL)
def test_a_recipe_says_where_its_numbers_come_from(registry: Registry, recipe: str) -> None:
    assert registry.recipe(recipe).source


@pytest.mark.parametrize("recipe", FOR_ALL)
def test_targets_that_train_on_squad_share_its_training(registry: Registry, recipe: str) -> None:
    trained = [task.name for task in registry.tasks() if task.train_on == "squad"]
    assert {"xquad", "xquad-r", "mlqa", "multichecklist"} <= set(trained)
    assert len({registry.recipe_for(recipe, name).model_dump_json() for name in trained}) == 1


@pytest.mark.parametrize("recipe", FOR_ALL)
def test_texts_are_retrieved_by_a_mean_or_by_what_the_source_pools(registry: Registry, recipe: str) -> None:
    for task in registry.tasks():
        if format_named(task.format).name == "retrieval" and recipe != "xtreme":
            assert registry.recipe_for(recipe, task.name).pooling == "mean"
        if task.scoring == "mining":
            assert registry.recipe_for(recipe, task.name).similarity == "margin"


# jiant, scripts/benchmarks/xtreme/subscripts; google-research/xtreme, scripts/train_*.sh
PUBLISHED = [
    ("paper", "xnli", 1e-5, 2, 32, 256),
    ("paper", "paws-x", 1e-5, 5, 32, 256),
    ("paper", "udpos", 1e-5, 10, 32, 256),
    ("paper", "pan-x", 1e-5, 10, 32, 256),
    ("paper", "xquad", 1e-5, 2, 16, 384),
    ("paper", "mlqa", 1e-5, 2, 16, 384),
    ("paper", "tydiqa", 1e-5, 2, 16, 384),
    ("paper", "mnli", 1e-5, 3, 32, 256),
    ("paper", "hellaswag", 1e-5, 3, 32, 256),
    ("xtreme", "xnli", 3e-5, 5, 32, 128),
    ("xtreme", "paws-x", 2e-5, 5, 32, 128),
    ("xtreme", "udpos", 2e-5, 10, 32, 128),
    ("xtreme", "pan-x", 2e-5, 10, 32, 128),
    ("xtreme", "xquad", 3e-5, 3, 32, 384),
    ("xtreme", "tydiqa", 3e-5, 3, 32, 384),
    ("xtreme", "xcopa", 3e-5, 5, 32, 128),
]


@pytest.mark.parametrize(("recipe", "task", "rate", "epochs", "batch", "length"), PUBLISHED)
def test_published_numbers_are_kept(
    registry: Registry, recipe: str, task: str, rate: float, epochs: int, batch: int, length: int
) -> None:
    found = registry.recipe_for(recipe, task)
    assert (found.learning_rate, found.epochs, found.batch_size, found.max_length) == (
        rate,
        epochs,
        batch,
        length,
    )


def test_selection_is_that_of_the_source(registry: Registry) -> None:
    paper, xtreme = registry.recipe_for("paper", "xnli"), registry.recipe_for("xtreme", "xnli")
    assert (paper.eval_examples, paper.eval_every, paper.patience, paper.warmup) == (500, 1000, 30, 0.1)
    assert (xtreme.eval_examples, xtreme.eval_every, xtreme.patience, xtreme.warmup) == (None, 100, None, 0)


@pytest.mark.parametrize("recipe", ["paper", "xtreme"])
def test_windows_begin_128_subwords_apart(registry: Registry, recipe: str) -> None:
    found = registry.recipe_for(recipe, "xquad")
    room = found.max_length - 4 - 12  # special tokens, and a question of a dozen subwords
    assert room - found.stride == 128
