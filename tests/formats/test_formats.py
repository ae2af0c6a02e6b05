"""Formats: rows in, batches out; nothing lost, labels by name, targets where they belong."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from harness_plugins.models.encoders import HuggingFaceEncoder
from hypothesis import given
from hypothesis import strategies as st

from harness.engine.heads import pool
from harness.engine.network import Network, TaskData, inputs_of
from harness.errors import UnknownName
from harness.formats import Encoded, Inputs, Settings, format_named, format_names
from harness.registry_schema import Recipe

PAIRS = pa.table(
    {
        "premise": ["a red house", "b", "the river is old and long"],
        "hypothesis": ["c", "d e f", "g"],
        "label": ["no", "yes", "no"],
    }
)
TEXTS = pa.table(
    {"text": ["a red house", "b c", "the river"], "text_pair": ["ein rotes Haus", "", "der Fluss"]}
)


def using(*labels: str, **recipe: object) -> Settings:
    return Settings(labels, Recipe.model_validate({"max_length": 64, "packed": False, **recipe}))


@pytest.fixture(scope="module")
def parts(tiny_model: Path) -> tuple[torch.nn.Module, object, Inputs]:
    encoder, tokenizer = HuggingFaceEncoder().encoder(tiny_model), HuggingFaceEncoder().tokenizer(tiny_model)
    encoder.eval()
    return encoder, tokenizer, inputs_of(encoder, tokenizer, masked=0.5)


def test_an_unknown_format_is_answered_with_near_names() -> None:
    with pytest.raises(UnknownName, match="pair-classification"):
        format_named("pair-clasification")


@pytest.mark.parametrize("name", format_names())
def test_every_format_says_which_columns_hold_text(name: str) -> None:
    shape = format_named(name)
    assert shape.name == name
    assert set(shape.texts) <= set(shape.columns)
    assert set(shape.optional) <= set(shape.columns)


def test_padding_puts_every_token_in_its_place_and_masks_the_rest() -> None:
    encoded = Encoded(np.array([5, 6, 7, 8, 9, 10], dtype=np.int32), np.array([0, 1, 4, 6]))
    batch = Inputs(padding=1, segments=True).pad(encoded, np.array([2, 0, 1]))
    assert batch["input_ids"].tolist() == [[9, 10, 1], [5, 1, 1], [6, 7, 8]]
    assert batch["attention_mask"].tolist() == [[1, 1, 0], [1, 0, 0], [1, 1, 1]]
    assert batch["token_type_ids"].sum() == 0


def test_pairs_are_encoded_as_the_tokenizer_does_and_labels_numbered_by_name(parts) -> None:
    _, tokenizer, _ = parts
    shape = format_named("pair-classification")
    encoded = shape.encode(PAIRS, tokenizer, using("yes", "no"))
    texts = zip(PAIRS["premise"].to_pylist(), PAIRS["hypothesis"].to_pylist(), strict=True)
    alone = [tokenizer(first, second)["input_ids"] for first, second in texts]
    assert encoded.tokens.tolist() == list(chain(*alone))
    assert encoded.lengths.tolist() == [len(row) for row in alone]
    assert encoded.labels.tolist() == [1, 0, 1]
    assert shape.encode(PAIRS, tokenizer, using("no", "yes")).labels.tolist() == [0, 1, 0]


def test_truncation_keeps_both_texts(parts) -> None:
    _, tokenizer, _ = parts
    shape = format_named("pair-classification")
    long = pa.table({"premise": ["x " * 200], "hypothesis": ["y z"], "label": ["yes"]})
    encoded = shape.encode(long, tokenizer, using("yes", "no", max_length=20))
    assert encoded.lengths.tolist() == [20]
    assert tokenizer.convert_tokens_to_ids("z") in encoded.tokens.tolist()


def test_a_padded_row_gets_the_logits_it_gets_alone(parts) -> None:
    encoder, tokenizer, inputs = parts
    for pooling in ("first", "mean"):
        shape = format_named("pair-classification")
        task = TaskData("toy", shape, using("yes", "no", pooling=pooling))
        torch.manual_seed(0)
        network = Network.build(encoder, [task]).eval()
        encoded = shape.encode(PAIRS, tokenizer, task.settings)
        with torch.inference_mode():
            together = network("toy", shape.collate(encoded, np.arange(3), inputs, None))
            for row in range(3):
                alone = network("toy", shape.collate(encoded, np.array([row]), inputs, None))
                assert torch.allclose(alone[0], together[row], atol=1e-5)


def test_decoding_gives_labels_by_name_and_probabilities_that_sum_to_one(parts) -> None:
    shape, settings = format_named("pair-classification"), using("no", "yes")
    encoded = shape.encode(PAIRS, parts[1], settings)
    logits = np.array([[2.0, 1.0], [0.0, 3.0], [-5.0, 5.0]], dtype=np.float32)
    decoded = shape.decode(logits, encoded, PAIRS, settings)
    assert decoded["gold"].to_pylist() == ["no", "yes", "no"]
    assert decoded["prediction"].to_pylist() == ["no", "yes", "yes"]
    assert decoded["accuracy"].to_pylist() == [1.0, 1.0, 0.0]
    assert np.allclose([sum(row) for row in decoded["probabilities"].to_pylist()], 1)
    assert shape.score(decoded) == {"accuracy": pytest.approx(2 / 3)}
    assert shape.dev_scores(3.0, 2.0, decoded, "accuracy") == (
        {"loss": 1.5, "accuracy": pytest.approx(2 / 3)},
        pytest.approx(2 / 3),
    )


def test_the_trivial_guess_is_the_most_frequent_label() -> None:
    shape = format_named("pair-classification")
    assert shape.trivial(PAIRS, using("yes", "no", "maybe")) == {"accuracy": pytest.approx(2 / 3)}


def test_a_text_without_a_second_one_is_encoded_alone(parts) -> None:
    _, tokenizer, _ = parts
    shape = format_named("pair-classification")
    table = pa.table({"premise": ["a b", "c", "d e f"], "hypothesis": ["", "g", None], "label": ["yes"] * 3})
    wanted = [
        tokenizer("a b")["input_ids"],
        tokenizer("c", "g")["input_ids"],
        tokenizer("d e f")["input_ids"],
    ]
    encoded = shape.encode(table, tokenizer, using("yes", "no"))
    assert encoded.tokens.tolist() == list(chain(*wanted))
    assert encoded.lengths.tolist() == [len(row) for row in wanted]
    alone = shape.encode(table.drop_columns("hypothesis"), tokenizer, using("yes", "no"))
    assert alone.tokens.tolist() == list(
        chain(*(tokenizer(text)["input_ids"] for text in ("a b", "c", "d e f")))
    )


def test_masking_hides_about_its_share_and_remembers_what_was_there(parts) -> None:
    _, tokenizer, inputs = parts
    shape = format_named("masked-lm")
    table = pa.table({"text": ["a red house by the old river"] * 200, "text_pair": [""] * 200})
    encoded = shape.encode(table, tokenizer, using())
    plain = inputs.pad(encoded, np.arange(200))["input_ids"]
    batch = shape.collate(encoded, np.arange(200), inputs, np.random.default_rng(0))
    chosen = batch["labels"] != -100
    special = torch.isin(plain, torch.tensor(inputs.special))
    assert not (chosen & special).any()
    assert 0.45 < chosen.sum() / (~special).sum() < 0.55
    assert torch.equal(batch["labels"][chosen], plain[chosen])
    assert torch.equal(batch["input_ids"][~chosen], plain[~chosen])
    masked = (batch["input_ids"][chosen] == inputs.mask).float().mean()
    assert 0.75 < masked < 0.85


def test_a_pair_of_translations_is_read_as_one_sequence_and_a_text_alone_as_itself(parts) -> None:
    _, tokenizer, _ = parts
    encoded = format_named("masked-lm").encode(TEXTS, tokenizer, using())
    first = TEXTS["text"].to_pylist()
    wanted = [
        tokenizer(text, pair)["input_ids"] if pair else tokenizer(text)["input_ids"]
        for text, pair in zip(first, TEXTS["text_pair"].to_pylist(), strict=True)
    ]
    assert encoded.tokens.tolist() == list(chain(*wanted))


@given(
    st.lists(st.lists(st.sampled_from("abcde"), max_size=12).map(" ".join), min_size=1, max_size=9),
    st.lists(st.booleans(), min_size=9, max_size=9),
    st.integers(8, 30),
)
def test_packed_texts_are_all_read_in_order_and_no_sequence_is_too_long(parts, texts, paired, length) -> None:
    _, tokenizer, _ = parts
    pairs = ["z" if pair else "" for pair, _ in zip(paired, texts, strict=False)]
    table = pa.table({"text": texts, "text_pair": pairs})
    encoded = format_named("masked-lm").encode(table, tokenizer, using(packed=True, max_length=length))
    first, last = tokenizer.cls_token_id, tokenizer.sep_token_id
    sequences = np.split(encoded.tokens, encoded.starts[1:-1]) if len(encoded) else []
    rows = encoded.row_of_item.tolist()
    assert rows == sorted(rows)
    assert all(len(each) <= length and each[0] == first and each[-1] == last for each in sequences)
    packed = [each for each, row in zip(sequences, rows, strict=True) if not pairs[row]]
    assert all(len(each) >= length - 1 for each in packed[:-1])
    said = [token for each in packed for token in each[1:-1].tolist() if token != last]
    alone = [text for text, pair in zip(texts, pairs, strict=True) if not pair]
    assert said == list(chain(*(tokenizer(text, add_special_tokens=False)["input_ids"] for text in alone)))
    together = [each for each, row in zip(sequences, rows, strict=True) if pairs[row]]
    wanted = [text for text, pair in zip(texts, pairs, strict=True) if pair]
    cut = {"truncation": "longest_first", "max_length": length}
    assert [each.tolist() for each in together] == [
        tokenizer(text, "z", **cut)["input_ids"] for text in wanted
    ]


def test_a_separator_parts_packed_texts_and_none_stands_at_an_end(parts) -> None:
    _, tokenizer, _ = parts
    table = pa.table({"text": ["a b", "c d e", "", "f"]})
    encoded = format_named("masked-lm").encode(table, tokenizer, using(packed=True, max_length=7))
    said = [tokenizer.convert_ids_to_tokens(each) for each in np.split(encoded.tokens, encoded.starts[1:-1])]
    assert said == [["<s>", "a", "b", "</s>", "c", "d", "</s>"], ["<s>", "e", "</s>", "f", "</s>"]]
    assert encoded.row_of_item.tolist() == [0, 1]


def test_a_translation_is_ranked_by_its_words_embeddings_alone(parts) -> None:
    encoder, tokenizer, inputs = parts
    shape = format_named("translation-ranking")
    table = pa.table(
        {"text": ["a red house", "the river", "seven"], "text_pair": ["a red house", "river the", "nine"]}
    )
    encoded = shape.encode(table, tokenizer, using())
    batch = shape.collate(encoded, np.arange(3), inputs, None)
    network = Network.build(encoder, [TaskData("rank", shape, using())])
    logits = network("rank", batch)
    assert logits.shape == (3, 3)
    assert torch.allclose(logits[:2].diagonal(), torch.full((2,), 20.0), atol=1e-4)
    assert logits[2, 2] < 20
    assert shape.loss(logits, batch) > 0


def test_pooling_takes_the_first_token_or_the_mean_of_those_that_are_there() -> None:
    hidden = torch.arange(12.0).reshape(1, 3, 4)
    mask = torch.tensor([[1, 1, 0]])
    assert pool(hidden, mask, "first").tolist() == [[0, 1, 2, 3]]
    assert pool(hidden, mask, "mean").tolist() == [[2, 3, 4, 5]]
