"""What many tests share: a tiny model in a folder, a workspace, and the real data where they are."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from harness.tracking.follower import replay
from harness.tracking.store import Destination

# a slow machine is no failure, and CI must give the same answer twice; elsewhere new examples are drawn each time
settings.register_profile("harness", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("harness")

REALDATA = os.environ.get("HARNESS_REALDATA")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not REALDATA:
        skip = pytest.mark.skip(reason="HARNESS_REALDATA is not set")
        for item in items:
            if "realdata" in item.keywords:
                item.add_marker(skip)


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Run each test in a folder of its own, with no setting of the user's."""
    monkeypatch.chdir(tmp_path)
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME", "HARNESS_WORKSPACE", "HARNESS_PLUGINS",
                 "HARNESS_STRICT_PLUGINS", "HARNESS_UDPIPE"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture(autouse=True)
def _remember_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep what is listed in the test's own folder."""
    monkeypatch.setattr("harness.cli.remembered._folder", lambda: tmp_path / "listed")


class FollowerInAThread:
    """What `Follower` is, without a process: each would import mlflow anew."""

    def __init__(
        self, folder: Path, place: Destination, own: Path | None, warn: Callable[[str], None]
    ) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=replay, args=(folder, place, own, self._stop, warn), daemon=True
        )
        self._thread.start()

    def finish(self, patience: float) -> None:
        self._stop.set()
        self._thread.join(patience)


@pytest.fixture(autouse=True)
def _follow_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.tracking.tracker.Follower", FollowerInAThread)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as save_pretrained writes it: XLM-R's architecture with 2 layers of 32, words as tokens."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast, XLMRobertaConfig, XLMRobertaModel

    folder = tmp_path_factory.mktemp("tiny-model")
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    letters = [chr(code) for code in range(33, 127)]
    vocabulary = {
        piece: number for number, piece in enumerate([*special, *letters, *("##" + x for x in letters)])
    }
    words = Tokenizer(models.WordPiece(vocabulary, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    words.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=words, bos_token="<s>", cls_token="<s>", eos_token="</s>", sep_token="</s>",
        pad_token="<pad>", unk_token="<unk>", mask_token="<mask>", model_max_length=128,
        model_input_names=["input_ids", "attention_mask"],
    ).save_pretrained(folder)  # fmt: skip
    torch.manual_seed(0)
    config = XLMRobertaConfig(
        vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=130, type_vocab_size=1, pad_token_id=1, bos_token_id=0, eos_token_id=2,
    )  # fmt: skip
    XLMRobertaModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def nli_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for ``--data-dir``: MNLI's training rows, XNLI's rows in English and German, all made up."""
    import random

    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = tmp_path_factory.mktemp("nli")
    words = ["red", "blue", "green", "house", "river", "old", "seven", "bird", "of", "the", "and", "to"]
    sizes = {
        "nyu-mll/glue/mnli/train": 60,
        "nyu-mll/glue/mnli/validation_matched": 12,
        "facebook/xnli/en/validation": 12,
        "facebook/xnli/en/test": 12,
        "facebook/xnli/de/test": 12,
    }
    for place, count in sizes.items():
        path = folder / f"{place}-00000-of-00001.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        rng = random.Random(place)
        rows = {
            name: [" ".join(rng.choices(words, k=5)) for _ in range(count)]
            for name in ("premise", "hypothesis")
        }
        labels = [("entailment", "neutral", "contradiction")[number % 3] for number in range(count)]
        pq.write_table(pa.table({**rows, "label": labels}), path)
    return folder
