"""The Hugging Face family: fast tokenizers, safetensors, no pooling layer, no remote code."""

from __future__ import annotations

import pytest

from harness import HarnessError
from harness.registry import load_registry


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny encoder with a fast tokenizer, as a repository lies on disk."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    place = tmp_path_factory.mktemp("hub") / "tiny-bert"
    words = {word: number for number, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b"])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]").save_pretrained(place)
    config = BertConfig(
        vocab_size=6, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    BertModel(config).half().save_pretrained(place)
    return place


def model_in(folder):
    return load_registry().model(str(folder))


def test_a_folder_gives_a_fast_tokenizer(folder):
    tokenizer = model_in(folder).tokenizer(folder)
    assert tokenizer.is_fast
    assert tokenizer("a b")["input_ids"] == [4, 5]


def test_the_encoder_is_in_float32_without_a_pooling_layer(folder):
    import torch

    encoder = model_in(folder).encoder(folder)
    assert {weight.dtype for weight in encoder.parameters()} == {torch.float32}
    assert not any("pooler" in name for name, _ in encoder.named_parameters())


def test_a_repository_with_pickled_weights_only_is_refused_with_the_mend(folder, tmp_path):
    (tmp_path / "config.json").write_text((folder / "config.json").read_text())
    (tmp_path / "pytorch_model.bin").write_bytes(b"not read")
    with pytest.raises(HarnessError, match=r"holds only \.bin weights, and only safetensors") as error:
        model_in(tmp_path).encoder(tmp_path)
    assert "refs/pr" in error.value.mend


def test_a_repository_without_weights_says_so(folder, tmp_path):
    (tmp_path / "config.json").write_text((folder / "config.json").read_text())
    with pytest.raises(HarnessError, match="holds no weights"):
        model_in(tmp_path).encoder(tmp_path)


def test_remote_code_is_never_run(folder, tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "odd", "auto_map": {"AutoConfig": "odd.Odd"}}')
    (tmp_path / "odd.py").write_text("raise SystemExit('remote code ran')")
    (tmp_path / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
    with pytest.raises(HarnessError, match="no encoder could be loaded"):
        model_in(tmp_path).encoder(tmp_path)


def test_a_repository_without_a_tokenizer_says_so(folder, tmp_path):
    (tmp_path / "config.json").write_text((folder / "config.json").read_text())
    with pytest.raises(HarnessError, match="tokenizer"):
        model_in(tmp_path).tokenizer(tmp_path)
