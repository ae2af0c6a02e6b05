"""Words that a masked language model puts in place of others: whole ones, written alike, the same each time."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest
from harness_plugins.perturbations.masked_models import MaskedModel
from harness_plugins.perturbations.substitution import CANDIDATES, Substitute, replaces
from hypothesis import given, settings
from hypothesis import strategies as st
from messy_texts import HOSTILE

from harness import HarnessError
from harness.perturbation import Resources
from harness.text import Sentence, disturb

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
WORDS = [
    "dog",
    "dogs",
    "cat",
    "house",
    "garden",
    "bird",
    "river",
    "stone",
    "the",
    "and",
    "saw",
    "Paris",
    "Rome",
    "USA",
]
OTHERS = ["x", "1890", ".", ",", "дом", "кот", "река", "лес"]
TEXT = "The bird saw the house and the garden of Paris ."


def saved(folder, sentencepiece):
    """Save a random model of two small layers, its words marked as SentencePiece or as WordPiece marks them."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, XLMRobertaConfig, XLMRobertaForMaskedLM

    pieces = [*WORDS, *OTHERS]
    if sentencepiece:
        pieces = [*(f"▁{piece}" for piece in pieces), "ing", "s"]
        words = Tokenizer(
            models.WordLevel({each: n for n, each in enumerate([*SPECIAL, *pieces])}, unk_token="<unk>")
        )
        words.pre_tokenizer = pre_tokenizers.Metaspace()
    else:
        pieces = [*pieces, "##ing", "##s"]
        words = Tokenizer(
            models.WordPiece({each: n for n, each in enumerate([*SPECIAL, *pieces])}, unk_token="<unk>")
        )
        words.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    PreTrainedTokenizerFast(
        tokenizer_object=words, cls_token="<s>", sep_token="</s>", pad_token="<pad>", unk_token="<unk>",
        mask_token="<mask>", model_max_length=128,
    ).save_pretrained(folder)  # fmt: skip
    torch.manual_seed(0)
    config = XLMRobertaConfig(
        vocab_size=len(SPECIAL) + len(pieces), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=130, type_vocab_size=1, pad_token_id=1, bos_token_id=0,
        eos_token_id=2, initializer_range=0.5,
    )  # fmt: skip
    XLMRobertaForMaskedLM(config).save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module", params=[True, False], ids=["SentencePiece", "WordPiece"])
def substitute(request, tmp_path_factory):
    folder = saved(tmp_path_factory.mktemp("masked"), request.param)
    return Substitute().given(Resources(model=folder))


def rewritten(substitute, text=TEXT, seed=0, intensity=1.0, language="en"):
    sentence = Sentence.plain(text, language)
    return substitute.rewrite(sentence, random.Random(seed), intensity)


def test_content_words_become_others_that_are_written_alike(substitute):
    for seed in range(5):
        rewrite = rewritten(substitute, seed=seed)
        assert rewrite.touched
        for piece in rewrite.pieces:
            old = rewrite.sentence.tokens[piece.source].text
            if piece.text != old:
                assert piece.text in WORDS
                assert replaces(piece.text, old, "en")
        assert [piece.text for piece in rewrite.pieces if piece.text in ("The", "the", "and", "of", ".")] == [
            "The", "the", "and", "the", "of", "."
        ]  # fmt: skip


def test_words_of_another_script_are_not_taken(substitute):
    assert all(piece.text in OTHERS for piece in rewritten(substitute, "дом река кот", language="ru").pieces)


def test_many_at_once_are_as_one_by_one(substitute):
    texts = [TEXT, "bird", "", "cat and dog " * 30, "?!", "The river saw Rome ."]
    sentences = [Sentence.plain(text, "en") for text in texts]
    together = substitute.rewrite_many(sentences, [random.Random(n) for n in range(len(texts))], 0.7)
    alone = [rewritten(substitute, text, n, 0.7).text for n, text in enumerate(texts)]
    assert [rewrite.text for rewrite in together] == alone


@settings(max_examples=20)
@given(st.integers(0, 99), st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_lower_intensity_replaces_some_of_the_words_of_a_higher(substitute, seed, one, other):
    low, high = (rewritten(substitute, seed=seed, intensity=each).text for each in sorted((one, other)))
    for old, few, many in zip(TEXT.split(), low.split(), high.split(), strict=True):
        assert few in (old, many)


def test_several_draws_are_made_of_the_likeliest_words(substitute):
    found = {rewritten(substitute, "the bird and the", seed).text for seed in range(60)}
    assert 1 < len(found) <= CANDIDATES


@pytest.mark.parametrize(
    ("word", "old", "fits"),
    [
        ("cat", "dog", True),
        ("Cat", "dog", False),
        ("cat", "Dog", False),
        ("USA", "Paris", False),
        ("dogs", "dog", False),
        ("dog", "dogs", False),
        ("houses", "housing", False),
        ("house", "horse", True),
        ("international", "interest", True),
        ("the", "dog", False),
        ("x", "dog", False),
        ("a1", "dog", False),
        ("дом", "dog", False),
        ("rock'n'roll", "dog", True),
    ],
)
def test_a_word_stands_only_for_another_of_its_kind(word, old, fits):
    assert replaces(word, old, "en") is fits


def test_languages_without_blanks_are_unserved():
    assert all("apart" in Substitute().unserved(language) for language in ("zh", "ja", "th"))
    assert all(Substitute().unserved(language) is None for language in ("en", "de", "ar", "ru", "vi"))


def test_the_model_is_part_of_the_key(substitute, tmp_path):
    digests = substitute.options()["model"]["files"]
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= set(digests)
    assert Substitute().options() == {"model": None}
    commit = "0123456789" * 4
    named = Substitute().given(Resources(model=f"acme/masked@{commit}"))
    assert named.options() == {"model": {"hub": "acme/masked", "commit": commit}}


def test_what_is_no_model_is_an_error_that_names_it(tmp_path):
    with pytest.raises(HarnessError, match="no masked language model"):
        MaskedModel("nothing", "cpu")
    with pytest.raises(HarnessError, match=tmp_path.name):
        MaskedModel(str(tmp_path), "cpu").words([("the ", " saw")])


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_texts_are_never_lost(substitute, text):
    found = disturb(substitute, text, language="en", example_id="1", column="text", seed=0, intensity=0.01)
    assert bool(found.text.strip()) == bool(text.strip())


def test_nothing_heavy_is_imported_before_a_model_is_used():
    code = (
        "import sys, harness_plugins.perturbations.adversarial;"
        "assert not {'torch', 'transformers', 'huggingface_hub', 'nltk', 'nlpaug'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
