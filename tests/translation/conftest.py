"""A tiny random translator in a folder, and the registry file that names it."""

from __future__ import annotations

from pathlib import Path

import pytest

WORDS = ["the", "old", "red", "house", "river", "bird", "of", "and", "to", "seven", "one", "two"]


@pytest.fixture(scope="session")
def tiny_translator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as save_pretrained writes it: M2M-100's architecture with a layer of 16, words as tokens."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import M2M100Config, M2M100ForConditionalGeneration, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny-translator")
    special = ["<s>", "<pad>", "</s>", "<unk>", "__de__", "__sw__", ">>zh<<"]
    vocabulary = {
        word: number for number, word in enumerate([*special, *WORDS, *"ABCDEFGHIJ", ".", "[", "]"])
    }
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    words.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 2)])
    PreTrainedTokenizerFast(
        tokenizer_object=words, bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>",
        additional_special_tokens=[">>zh<<"], model_max_length=64,
        model_input_names=["input_ids", "attention_mask"],
    ).save_pretrained(folder)  # fmt: skip
    torch.manual_seed(3)
    config = M2M100Config(
        vocab_size=len(vocabulary), d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, max_position_embeddings=64,
        pad_token_id=1, bos_token_id=0, eos_token_id=2, decoder_start_token_id=2, init_std=0.8, dropout=0.0,
    )  # fmt: skip
    model = M2M100ForConditionalGeneration(config)
    model.generation_config.exponential_decay_length_penalty = (4, 1.6)  # random weights would never end
    model.generation_config.repetition_penalty = 3.0
    model.save_pretrained(folder)
    return folder


@pytest.fixture
def registry_text(tiny_translator: Path) -> str:
    """What a harness.yaml says of the tiny translator."""
    return f"""
translators:
  tiny:
    path: {tiny_translator}
    codes: {{de: de, sw: sw}}
    target_token: "__{{code}}__"
    beams: 2
    max_length: 24
"""
