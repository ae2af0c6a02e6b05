"""Token tagging: every word has its label on its first subword, whatever the tokenizer and the length."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from harness_plugins.models.encoders import HuggingFaceEncoder
from hypothesis import given
from hypothesis import strategies as st

from harness.engine.network import inputs_of
from harness.errors import HarnessError
from harness.formats import Encoded, Settings, format_named
from harness.formats.token_tagging import TokenTagging, together
from harness.registry_schema import Recipe

LABELS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
SHAPE = TokenTagging()

letters = st.text("abcdexyz!?", min_size=1, max_size=9)
words = st.one_of(letters, st.sampled_from(["", " ", "\t", "é", "<s>", "a b"]))
sentences = st.lists(st.lists(words, max_size=12), min_size=1, max_size=6)
lengths = st.sampled_from([3, 4, 7, 16, 64])


def using(max_length: int = 64, labels: tuple[str, ...] = LABELS) -> Settings:
    return Settings(labels, Recipe(max_length=max_length))


def rows(sentences: list[list[str]], tags: list[list[Any]] | None = None) -> pa.Table:
    """Return a table of sentences; without `tags`, labels in turn."""
    if tags is None:
        tags = [
            [LABELS[(start + number) % len(LABELS)] for number in range(len(each))]
            for start, each in enumerate(sentences)
        ]
    kind = pa.list_(pa.string())
    return pa.table(
        {
            "id": [f"test:{number}" for number in range(len(sentences))],
            "tokens": pa.array(sentences, kind),
            "tags": pa.array(tags, kind),
        }
    )


def perfect(encoded: Encoded, labels: int = len(LABELS)) -> np.ndarray:
    """Return outputs whose highest logit is the gold label, and noise where there is none."""
    outputs = np.random.default_rng(0).normal(size=(len(encoded.tokens), labels)).astype(np.float32)
    marked = np.flatnonzero(encoded.marks["labels"] >= 0)
    outputs[marked, encoded.marks["labels"][marked]] += 20
    return outputs


@pytest.fixture(scope="module")
def tokenizer(tiny_model: Path) -> Any:
    return HuggingFaceEncoder().tokenizer(tiny_model)


@given(sentences=sentences)
def test_subwords_are_those_of_the_tokenizer_and_labels_stand_on_the_first(
    tokenizer: Any, sentences: list[list[str]]
) -> None:
    encoded = SHAPE.encode(rows(sentences), tokenizer, using(1000))
    for row, sentence in enumerate(sentences):
        alone = [tokenizer(word, add_special_tokens=False)["input_ids"] for word in sentence]
        pieces = [ids or [tokenizer.unk_token_id] for ids in alone]
        expected = [tokenizer.cls_token_id, *(id for ids in pieces for id in ids), tokenizer.sep_token_id]
        span = slice(encoded.starts[row], encoded.starts[row + 1])
        assert encoded.tokens[span].tolist() == expected
        numbers = [
            number if not inner else -1 for number, ids in enumerate(pieces) for inner in range(len(ids))
        ]
        assert encoded.marks["words"][span].tolist() == [-1, *numbers, -1]
        named = [(row + number) % len(LABELS) if number >= 0 else -100 for number in numbers]
        assert encoded.marks["labels"][span].tolist() == [-100, *named, -100]


@given(sentences=sentences)
def test_words_given_apart_are_encoded_as_the_tokenizer_encodes_them_together(
    tokenizer: Any, sentences: list[list[str]]
) -> None:
    known = [[word for word in sentence if word.strip()] for sentence in sentences]
    encoded = SHAPE.encode(rows(known), tokenizer, using(1000))
    together = tokenizer(known, is_split_into_words=True)["input_ids"]
    assert [ids.tolist() for ids in np.split(encoded.tokens, encoded.starts[1:-1])] == together


@given(sentences=sentences, max_length=lengths)
def test_long_sentences_are_cut_between_words_and_nothing_but_the_end_of_a_giant_word_is_lost(
    tokenizer: Any, sentences: list[list[str]], max_length: int
) -> None:
    table = rows(sentences)
    encoded, whole = (SHAPE.encode(table, tokenizer, using(length)) for length in (max_length, 1000))
    assert encoded.widths.max() <= max_length
    assert (np.diff(encoded.row_of_item) >= 0).all()
    assert set(encoded.row_of_item.tolist()) == set(range(len(sentences)))
    room = max_length - 2
    for row in range(len(sentences)):
        items = np.flatnonzero(encoded.row_of_item == row)
        parts = [slice(encoded.starts[item] + 1, encoded.starts[item + 1] - 1) for item in items]
        numbers = np.concatenate([encoded.marks["words"][part] for part in parts])
        assert numbers[numbers >= 0].tolist() == list(range(len(sentences[row])))
        assert all(encoded.marks["words"][part][0] >= 0 for part in parts if part.stop > part.start)
        span = slice(whole.starts[row] + 1, whole.starts[row + 1] - 1)
        pieces = np.split(whole.tokens[span], np.flatnonzero(whole.marks["words"][span] >= 0)[1:])
        kept = np.concatenate([piece[:room] for piece in pieces])
        assert np.concatenate([encoded.tokens[part] for part in parts]).tolist() == kept.tolist()


@given(sentences=sentences, max_length=lengths)
def test_a_perfect_model_scores_one_and_gives_back_the_gold_tags(
    tokenizer: Any, sentences: list[list[str]], max_length: int
) -> None:
    table = rows(sentences)
    encoded = SHAPE.encode(table, tokenizer, using(max_length))
    decoded = SHAPE.decode(perfect(encoded), encoded, table, using(max_length))
    assert decoded["prediction"].to_pylist() == [" ".join(tags) for tags in table["tags"].to_pylist()]
    assert decoded["gold"].to_pylist() == decoded["prediction"].to_pylist()
    scores = SHAPE.score(decoded)
    count = sum(map(len, sentences))
    assert scores["accuracy"] == (1 if count else 0)
    assert scores["f1"] in (0, 1)
    assert sum(decoded["accuracy/weight"].to_pylist()) == count


@given(sentences=sentences, max_length=lengths, data=st.data())
def test_rows_that_are_taken_twice_and_out_of_order_are_decoded_as_their_own(
    tokenizer: Any, sentences: list[list[str]], max_length: int, data: st.DataObject
) -> None:
    table = rows(sentences)
    encoded = SHAPE.encode(table, tokenizer, using(max_length))
    outputs = np.random.default_rng(1).normal(size=(len(encoded.tokens), len(LABELS))).astype(np.float32)
    chosen = np.array(data.draw(st.lists(st.integers(0, len(sentences) - 1), min_size=1, max_size=8)))
    part, _, tokens = encoded.take(chosen)
    each = SHAPE.decode(outputs, encoded, table, using(max_length))["prediction"].take(pa.array(chosen))
    some = SHAPE.decode(outputs[tokens], part, table.take(pa.array(chosen)), using(max_length))
    assert some["prediction"].to_pylist() == each.to_pylist()


def test_a_word_the_tokenizer_makes_nothing_of_is_unknown_and_shifts_no_label(tokenizer: Any) -> None:
    table = rows([["ab", "", "c"]], [["B-PER", "O", "B-LOC"]])
    encoded = SHAPE.encode(table, tokenizer, using())
    assert tokenizer.convert_ids_to_tokens(encoded.tokens) == ["<s>", "a", "##b", "<unk>", "c", "</s>"]
    assert encoded.marks["labels"].tolist() == [-100, 1, -100, 0, 3, -100]


def test_a_byte_level_tokenizer_sees_the_blank_before_each_word() -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    vocabulary = {piece: number for number, piece in enumerate(["<s>", "</s>", "a", "b", "Ġ", "Ġa", "Ġb"])}
    inner = Tokenizer(models.BPE(vocabulary, [("Ġ", "a"), ("Ġ", "b")]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, bos_token="<s>", eos_token="</s>", cls_token="<s>", sep_token="</s>"
    )
    encoded = SHAPE.encode(rows([["a", "ba", "b"]]), tokenizer, using())
    assert tokenizer.convert_ids_to_tokens(encoded.tokens) == ["<s>", "Ġa", "Ġb", "a", "Ġb", "</s>"]


@pytest.mark.parametrize("missing", [None, "", "_"])
def test_a_word_without_a_tag_has_no_loss_and_no_score(tokenizer: Any, missing: str | None) -> None:
    table = rows([["a", "b", "c"]], [["B-PER", missing, "B-LOC"]])
    encoded = SHAPE.encode(table, tokenizer, using())
    assert encoded.marks["labels"].tolist() == [-100, 1, -100, 3, -100]
    outputs = perfect(encoded)
    outputs[2] = [0, 9, 0, 0, 0]
    decoded = SHAPE.decode(outputs, encoded, table, using())
    assert decoded["gold"].to_pylist() == ["B-PER _ B-LOC"]
    assert decoded["prediction"].to_pylist() == ["B-PER B-PER B-LOC"]
    assert (decoded["accuracy"][0].as_py(), decoded["accuracy/weight"][0].as_py()) == (2, 2)
    assert (decoded["f1"][0].as_py(), decoded["f1/weight"][0].as_py()) == (4, 4)


def test_a_gold_tag_that_training_has_not_seen_is_not_trained_on_and_counts_as_wrong(tokenizer: Any) -> None:
    table = rows([["a", "b"]], [["B-PER", "B-NEW"]])
    encoded = SHAPE.encode(table, tokenizer, using())
    assert encoded.marks["labels"].tolist() == [-100, 1, -100, -100]
    decoded = SHAPE.decode(perfect(encoded), encoded, table, using())
    assert decoded["gold"].to_pylist() == ["B-PER B-NEW"]
    assert (decoded["accuracy"][0].as_py(), decoded["accuracy/weight"][0].as_py()) == (1, 2)


def test_open_labels_are_those_seen_and_a_rare_frame_counts_as_what_it_falls_back_on(tokenizer: Any) -> None:
    often, rare = "VERB|root;obj>", "VERB|root;iobj>"
    train = rows([["a"]] * 10 + [["b", "c"]], [[often]] * 10 + [[rare, "N/N"]])
    labels = SHAPE.label_names(train)
    assert labels == ("N/N", "VERB", often)
    encoded = SHAPE.encode(train, tokenizer, using(labels=labels))
    last = encoded.marks["labels"][encoded.starts[-2] :]
    assert last.tolist() == [-100, labels.index("VERB"), labels.index("N/N"), -100]
    decoded = SHAPE.decode(perfect(encoded, 3), encoded, train, using(labels=labels))
    assert decoded["gold"][-1].as_py() == "VERB N/N"


def test_scores_are_shares_of_words_and_of_entities(tokenizer: Any) -> None:
    table = rows([["a", "b", "c", "d"]], [["B-PER", "I-PER", "O", "B-LOC"]])
    encoded = SHAPE.encode(table, tokenizer, using())
    guess = ["B-PER", "O", "O", "B-LOC"]
    outputs = np.zeros((len(encoded.tokens), len(LABELS)), dtype=np.float32)
    outputs[np.flatnonzero(encoded.marks["words"] >= 0), [LABELS.index(tag) for tag in guess]] = 1
    scores = SHAPE.score(SHAPE.decode(outputs, encoded, table, using()))
    assert scores == {"f1": 2 / 4, "accuracy": 3 / 4, "token_f1": 4 / 5}


def test_the_trivial_guess_is_the_most_frequent_tag() -> None:
    table = rows([["a", "b", "c"], ["d"]], [["O", "O", "B-PER"], [None]])
    assert SHAPE.trivial(table, using()) == {"f1": 0, "accuracy": 2 / 3, "token_f1": 0}
    parts = rows([["a"], ["b", "c"]], [["NOUN"], ["VERB", "NOUN"]])
    scores = SHAPE.trivial(parts, using(labels=("NOUN", "VERB")))
    assert scores == {"f1": 2 / 5, "accuracy": 2 / 3, "token_f1": 4 / 6}


def test_tokens_and_tags_of_different_number_are_an_error_that_names_the_row(tokenizer: Any) -> None:
    table = rows([["a"], ["b", "c"]], [["O"], ["O"]])
    with pytest.raises(HarnessError, match="test:1: 2 tokens and 1 tags"):
        SHAPE.encode(table, tokenizer, using())


def test_the_loss_is_summed_over_first_subwords_and_outputs_lie_as_the_tokens_do(tiny_model: Path) -> None:
    encoder, tokenizer = HuggingFaceEncoder().encoder(tiny_model), HuggingFaceEncoder().tokenizer(tiny_model)
    table = rows([["abc", "d"], ["e"], [], ["f", "gh", "i", "jjj", "k"]])
    settings = using(7)
    encoded = SHAPE.encode(table, tokenizer, settings)
    batch = SHAPE.collate(encoded, np.arange(len(encoded)), inputs_of(encoder, tokenizer), None)
    assert SHAPE.weight(batch) == 8
    torch.manual_seed(0)
    head = SHAPE.head(encoder, settings).eval()
    with torch.no_grad():
        hidden = encoder(batch["input_ids"], batch["attention_mask"]).last_hidden_state
        logits = head(hidden, batch)
        loss = SHAPE.loss(logits, batch)
    inside = batch["attention_mask"].bool()
    outputs = logits[inside].numpy()
    assert batch["labels"][inside].tolist() == encoded.marks["labels"].tolist()
    first = np.flatnonzero(encoded.marks["words"] >= 0)
    chances = torch.log_softmax(torch.from_numpy(outputs[first]), dim=1)
    expected = -chances[torch.arange(8), torch.from_numpy(encoded.marks["labels"][first]).long()].sum()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_format_is_found_by_name() -> None:
    assert isinstance(format_named("token-tagging"), TokenTagging)


@pytest.mark.parametrize(
    ("tags", "sources", "kept"),
    [
        (["B-PER", "I-PER", "O"], [2, 0, 1], True),
        (["B-PER", "I-PER", "O"], [0, 2, 1], False),
        (["B-PER", "I-PER", "O"], [0, 2], False),
        (["B-PER", "I-PER", "O"], [0, None, 1, 2], False),
        # the second entity would become the end of the first
        (["B-PER", "O", "I-PER"], [0, 2, 1], False),
        (["B-PER", "O", "I-LOC"], [0, 2, 1], True),
        (["B-PER", "O", "I-PER"], [0, 2], False),
        (["B-PER", "O", "I-PER"], [2, 0, 1], True),
        (["I-PER", "I-PER", None], [2, 0, 1], True),
    ],
)
def test_entities_stay_whole_and_apart_or_the_row_is_refused(tags, sources, kept):
    assert together(tags, sources) is kept
