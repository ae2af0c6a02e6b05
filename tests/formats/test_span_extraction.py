"""Span extraction: windows as the tokenizer makes them, answers where they stand, the best span found."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from harness_plugins.models.encoders import HuggingFaceEncoder
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from harness.errors import HarnessError
from harness.formats import Encoded, Inputs, Settings, format_named
from harness.formats import windows as windows_module
from harness.formats.base import IGNORED
from harness.formats.best_spans import best_spans, null_threshold
from harness.formats.span_extraction import SpanExtraction
from harness.registry_schema import Recipe
from harness.text.grapheme import graphemes

SPANS = SpanExtraction()
LETTERS = [chr(code) for code in range(33, 127)]
# one answer each, put into a context below; what tokenizers fold, compose, drop or cut without spaces
HARD = {
    "decomposed accents": ("Le cafe\u0301 de l'e\u0301te\u0301 ferme", "l'e\u0301te\u0301"),
    "marks at the end": ("elle a bu un cafe\u0301", "cafe\u0301"),
    "half-width forms": ("ﾊﾝｶｸ の ｶﾞｷﾞ です", "ｶﾞｷﾞ"),
    "ellipses": ("he waited…… then ran", "then ran"),
    "an ellipsis inside": ("he waited…… then ran", "waited…… then"),
    "control characters": ("one\x01 two\x02three four", "four"),
    "a zero-width space": ("one\u200b two three", "two"),
    "no-break and wide spaces": ("one\u00a0two\u3000three", "two"),
    "ligatures": ("a ﬁne ½ day ① here", "ﬁne ½ day"),
    "several spaces": ("  one   two \n\n three ", "two"),
    "Chinese": ("长江是中国最长的河流。", "最长的"),
    "Chinese with spaces": ("长江 是 中国 最长 的", "中国 最长"),
    "Thai": ("แม่น้ำเจ้าพระยาไหลผ่านกรุงเทพฯ", "ไหลผ่าน"),
    "Japanese": ("東京は日本の首都である。", "日本"),
    "Korean": ("서울은 한국의 수도이다", "한국"),
    "Arabic": ("وُلِدَ ﷺ في مكة", "في مكة"),
    "Hindi": ("वह हिन्दी में बोलती है", "हिन्दी में"),
    "conjoining jamo": (
        "\u1109\u1165\u110b\u116e\u11af \u1112\u1161\u11ab",
        "\u1109\u1165\u110b\u116e\u11af",
    ),
    "emoji": ("so 👍🏽 she said 😀 then", "😀 then"),
}


def table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Rows with ``context`` and ``answers``; the answers' places are looked up where they are not given."""
    filled = [
        {
            "id": str(number),
            "question": "which ?",
            "answer_starts": [row["context"].find(answer) for answer in row.get("answers", [])],
            "answers": [],
            **row,
        }
        for number, row in enumerate(rows)
    ]
    lists = {"answers": pa.list_(pa.string()), "answer_starts": pa.list_(pa.int64())}
    names = ("id", "context", "question", "answers", "answer_starts")
    return pa.table(
        {name: pa.array([row[name] for row in filled], lists.get(name, pa.string())) for name in names}
    )


def wrapped(tokenizer: Tokenizer, special: Sequence[str], types: bool) -> PreTrainedTokenizerFast:
    inputs = ["input_ids", "attention_mask", *(["token_type_ids"] if types else [])]
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, cls_token=special[0], pad_token=special[1], sep_token=special[2],
        unk_token=special[3], model_max_length=512, model_input_names=inputs,
    )  # fmt: skip


def like_bert() -> PreTrainedTokenizerFast:
    """One character a token, [CLS] q [SEP] c [SEP] with types, as BERT has it; unknown letters are [UNK]."""
    special = ["[CLS]", "[PAD]", "[SEP]", "[UNK]"]
    pieces = [*special, *LETTERS, *(f"##{letter}" for letter in LETTERS)]
    tokenizer = Tokenizer(models.WordPiece({piece: i for i, piece in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 0), ("[SEP]", 2)],
    )
    return wrapped(tokenizer, special, types=True)


def like_xlmr() -> PreTrainedTokenizerFast:
    """Letters as pieces after NFKC and ▁ for spaces, <s> q </s></s> c </s> without types, as XLM-R has it."""
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    alphabet = sorted({*LETTERS, *"".join(context for context, _ in HARD.values()), "▁", *"éóガギハンカク⁄."})
    pieces = [(piece, 0.0) for piece in special] + [
        (letter, -5.0) for letter in alphabet if not letter.isspace()
    ]
    pieces += [(f"▁{letter}", -4.0) for letter in LETTERS] + [("......", -2.0)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(r"\x01", ""), normalizers.Replace("\u200b", " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return wrapped(tokenizer, special, types=False)


TOKENIZERS = {"bert": like_bert(), "xlmr": like_xlmr()}
kinds = st.sampled_from(sorted(TOKENIZERS))


def using(rule: str = "squad", language: str = "en", **recipe: Any) -> Settings:
    return Settings(labels=(), recipe=Recipe(**recipe), rule=rule, language=language)


def knowing(encoded: Encoded) -> np.ndarray:
    """Return the outputs of a model that knows the targets of `encoded`, [total, 2]."""
    outputs = np.zeros((len(encoded.tokens), 2), dtype=np.float32)
    for side, name in enumerate(("start", "end")):
        held = encoded.notes[name] >= 0
        outputs[encoded.starts[:-1][held] + encoded.notes[name][held], side] = 10
    return outputs


# --- windows ---------------------------------------------------------------------------------------------


@given(
    kinds,
    st.lists(st.text("abc ", min_size=1, max_size=60).filter(str.strip), min_size=1, max_size=4),
    st.integers(24, 60),
    st.integers(0, 8),
)
def test_windows_are_those_of_the_tokenizer(kind: str, contexts: list[str], length: int, stride: int) -> None:
    tokenizer, rows = TOKENIZERS[kind], table([{"context": text} for text in contexts])
    ours = SPANS.encode(rows, tokenizer, using(max_length=length, stride=stride))
    theirs = tokenizer(
        rows["question"].to_pylist(), contexts, truncation="only_second", max_length=length, stride=stride,
        return_overflowing_tokens=True, return_token_type_ids=kind == "bert",
    )  # fmt: skip
    cuts = ours.starts[1:-1]
    assert [part.tolist() for part in np.split(ours.tokens, cuts)] == theirs["input_ids"]
    assert ours.row_of_item.tolist() == theirs["overflow_to_sample_mapping"]
    if kind == "bert":
        assert ours.segments is not None
        assert [part.tolist() for part in np.split(ours.segments, cuts)] == theirs["token_type_ids"]
    else:
        assert ours.segments is None


@given(
    kinds, st.text("ab ", max_size=90), st.text("ab ", max_size=90), st.integers(10, 50), st.integers(0, 200)
)
def test_every_row_has_windows_that_fit_and_hold_its_whole_context(
    kind: str, question: str, context: str, length: int, stride: int
) -> None:
    rows = table([{"context": context, "question": question}, {"context": "b", "question": question}])
    encoded = SPANS.encode(rows, TOKENIZERS[kind], using(max_length=length, stride=stride))
    assert encoded.widths.max() <= length
    assert set(encoded.row_of_item.tolist()) == {0, 1}
    seen = {
        place
        for first, last in encoded.marks["offsets"][
            : encoded.starts[(encoded.row_of_item == 0).sum()]
        ].tolist()
        for place in range(first, last)
        if first >= 0
    }
    assert seen == {place for place, letter in enumerate(context) if letter != " "}


@pytest.mark.parametrize("kind", sorted(TOKENIZERS))
def test_a_question_takes_at_most_half_of_a_window(kind: str) -> None:
    rows = table([{"context": "x y z", "question": "q" * 100}])
    encoded = SPANS.encode(rows, TOKENIZERS[kind], using(max_length=24))
    specials = 3 if kind == "bert" else 4
    assert encoded.widths.tolist() == [specials + (24 - specials) // 2 + 3]


def test_rows_come_in_blocks_without_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = table(
        [{"context": f"{'ab ' * (number % 5 * 8)}end {number}", "answers": ["end"]} for number in range(11)]
    )
    whole = SPANS.encode(rows, TOKENIZERS["bert"], using(max_length=30, stride=4))
    monkeypatch.setattr(windows_module, "BLOCK", 3)
    cut = SPANS.encode(rows, TOKENIZERS["bert"], using(max_length=30, stride=4))
    assert len(whole) > rows.num_rows
    for name in ("tokens", "starts", "segments", "rows"):
        np.testing.assert_array_equal(getattr(cut, name), getattr(whole, name))
    for name, values in {**whole.marks, **whole.notes}.items():
        np.testing.assert_array_equal({**cut.marks, **cut.notes}[name], values)


def test_what_cannot_be_encoded_is_said() -> None:
    with pytest.raises(HarnessError, match="at least 6"):
        SPANS.encode(table([{"context": "a"}]), TOKENIZERS["xlmr"], using(max_length=5))
    slow: Any = SimpleNamespace(is_fast=False)
    with pytest.raises(HarnessError, match="fast tokenizer"):
        SPANS.encode(table([{"context": "a"}]), slow, using())


def test_no_rows_give_no_windows_and_no_predictions() -> None:
    rows = table([])
    encoded = SPANS.encode(rows, TOKENIZERS["bert"], using())
    assert len(encoded) == 0
    assert SPANS.decode(np.zeros((0, 2), np.float32), encoded, rows, using()).num_rows == 0
    assert SPANS.trivial(rows, using()) == {"f1": 0, "exact_match": 0}


# --- characters ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(HARD))
@pytest.mark.parametrize("kind", sorted(TOKENIZERS))
def test_an_answer_comes_back_as_it_stands_in_the_context(kind: str, name: str) -> None:
    context, answer = HARD[name]
    rows = table([{"context": context, "answers": [answer]}])
    encoded = SPANS.encode(rows, TOKENIZERS[kind], using())
    start, end = encoded.notes["start"][0], encoded.notes["end"][0]
    assert 0 < start <= end
    prediction = SPANS.decode(knowing(encoded), encoded, rows, using(answer_length=99))["prediction"][
        0
    ].as_py()
    # a token may stand for more than the answer: BERT's [UNK] for a whole word
    first, last = encoded.marks["offsets"][start][0], encoded.marks["offsets"][end][1]
    assert prediction == context[first:last]
    assert answer in prediction
    if kind == "xlmr":
        assert prediction == answer


@given(kinds, st.text(st.sampled_from("ab é\u0301…\u3000\u00a0ｶﾞ\x01中\n👍🏽\u0938\u093e "), max_size=30))
def test_tokens_stand_for_clean_characters_in_order(kind: str, context: str) -> None:
    rows = table([{"context": context}])
    encoded = SPANS.encode(rows, TOKENIZERS[kind], using())
    spans = encoded.marks["offsets"][encoded.marks["offsets"][:, 0] >= 0].tolist()
    for first, last in spans:
        part = context[first:last]
        assert part
        assert part == part.strip()
        assert last in {0, *np.cumsum([len(letter) for letter in graphemes(context)]).tolist()}
    assert [first for first, _ in spans] == sorted(first for first, _ in spans)
    assert [last for _, last in spans] == sorted(last for _, last in spans)


# --- targets ---------------------------------------------------------------------------------------------


def test_windows_without_the_answer_point_at_their_first_token() -> None:
    context = "a b c d e f g h i j k l m n o p"
    rows = table([{"context": context, "answers": ["j k"]}])
    encoded = SPANS.encode(rows, TOKENIZERS["xlmr"], using(max_length=18, stride=2))
    pieces = np.split(encoded.marks["offsets"], encoded.starts[1:-1])
    for places, start, end in zip(pieces, encoded.notes["start"], encoded.notes["end"], strict=True):
        held = {context[first:last] for first, last in places.tolist() if first >= 0}
        if {"j", "k"} <= held:
            assert [context[slice(*places[at])] for at in (start, end)] == ["j", "k"]
        else:
            assert (start, end) == (0, 0)
    assert sorted(set(encoded.notes["start"].tolist()))[0] == 0 < encoded.notes["start"].max()


def test_targets_follow_the_first_answer_and_mend_its_place() -> None:
    rows = table(
        [
            {"context": "b a b a", "answers": ["a", "b"], "answer_starts": [6, 0]},
            {"context": "b a b a", "answers": ["a"], "answer_starts": [5]},  # "a" stands at 2 and 6
            {"context": "b a b a", "answers": ["z"], "answer_starts": [0]},  # nowhere
            {"context": "b a b a", "answers": []},
        ]
    )
    encoded = SPANS.encode(rows, TOKENIZERS["bert"], using())
    before = int(np.flatnonzero(encoded.marks["offsets"][:, 0] >= 0)[0])
    assert encoded.notes["start"].tolist() == [before + 3, before + 3, IGNORED, 0]
    assert encoded.notes["end"].tolist() == [before + 3, before + 3, IGNORED, 0]


# --- loss ------------------------------------------------------------------------------------------------


def batch_of(encoded: Encoded, items: Sequence[int]) -> dict[str, torch.Tensor]:
    return SPANS.collate(encoded, np.array(items), Inputs(padding=1, segments=True), None)


def test_the_loss_is_the_mean_of_both_sides_over_a_windows_own_tokens() -> None:
    rows = table(
        [
            {"context": "a b c", "answers": ["b c"]},
            {"context": "a b c d e f g", "answers": []},
            {"context": "a", "answers": ["z"], "answer_starts": [0]},
        ]
    )
    encoded = SPANS.encode(rows, TOKENIZERS["bert"], using())
    logits = torch.randn(
        len(encoded.tokens), 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64
    )
    expected = 0.0
    for item in (0, 1):  # the third has no target
        own = logits[encoded.starts[item] : encoded.starts[item + 1]]
        for side, name in enumerate(("start", "end")):
            expected -= float(torch.log_softmax(own[:, side], 0)[int(encoded.notes[name][item])]) / 2
    padded = torch.full((3, int(encoded.widths.max()), 2), 7.0, dtype=torch.float64)
    batch = batch_of(encoded, [0, 1, 2])
    padded[batch["attention_mask"].bool()] = logits
    assert SPANS.weight(batch) == 2
    assert float(SPANS.loss(padded, batch)) == pytest.approx(expected, rel=1e-5)
    padded[batch["attention_mask"] == 0] = -50.0
    assert float(SPANS.loss(padded, batch)) == pytest.approx(expected, rel=1e-5)


def test_a_tiny_encoder_learns_to_answer(tiny_model: Path) -> None:
    torch.manual_seed(0)
    words = ["red", "blue", "green", "house", "river", "old", "seven", "bird", "stone", "sea"]
    rng = np.random.default_rng(0)
    contexts = [" ".join(rng.permutation(words)[:6]) for _ in range(24)]
    # the answer is the word after the one that is asked for
    rows = table(
        [
            {
                "context": context,
                "question": f"{context.split()[number % 5]} ?",
                "answers": [context.split()[number % 5 + 1]],
            }
            for number, context in enumerate(contexts)
        ]
    )
    encoder, tokenizer = HuggingFaceEncoder().encoder(tiny_model), HuggingFaceEncoder().tokenizer(tiny_model)
    settings = using(max_length=64)
    encoded, head = SPANS.encode(rows, tokenizer, settings), SPANS.head(encoder, settings)
    inputs = Inputs(padding=1, segments=False)
    batch = SPANS.collate(encoded, np.arange(len(encoded)), inputs, None)
    assert len(encoded) == len(contexts)

    def logits() -> torch.Tensor:
        hidden = encoder(
            input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]
        ).last_hidden_state
        found: torch.Tensor = head(hidden, batch)
        return found

    encoder.train()
    optimizer = torch.optim.Adam([*encoder.parameters(), *head.parameters()], lr=3e-3)
    for _ in range(120):
        optimizer.zero_grad()
        (SPANS.loss(logits(), batch) / SPANS.weight(batch)).backward()
        optimizer.step()
    encoder.eval()
    with torch.inference_mode():
        outputs = logits()[batch["attention_mask"].bool()].numpy()
    assert SPANS.score(SPANS.decode(outputs, encoded, rows, settings))["f1"] > 0.9


# --- decoding --------------------------------------------------------------------------------------------


def searched(outputs: np.ndarray, encoded: Encoded, rows: int, recipe: Recipe) -> list[tuple[float, float]]:
    """Return each row's best score, and the null answer's lead, by looking at every pair of tokens."""
    found = []
    for row in range(rows):
        best, null = -np.inf, np.inf
        for window in np.flatnonzero(encoded.row_of_item == row):
            tokens = range(encoded.starts[window], encoded.starts[window + 1])
            null = min(null, float(outputs[tokens[0], 0]) + float(outputs[tokens[0], 1]))
            inside = [at for at in tokens if encoded.marks["offsets"][at, 0] >= 0]
            first, last = (
                sorted(inside, key=lambda at: -outputs[at, side])[: recipe.best_answers] for side in (0, 1)
            )
            for start in first:
                for end in last:
                    if start <= end < start + recipe.answer_length:
                        best = max(best, float(outputs[start, 0] + outputs[end, 1]))
        found.append((best, null - best))
    return found


@hypothesis_settings(max_examples=60)
@given(
    kinds,
    st.lists(st.text("ab ", max_size=50), min_size=1, max_size=4),
    st.integers(0, 2**32 - 1),
    st.integers(1, 6),
    st.integers(1, 8),
    st.integers(14, 40),
)
def test_the_best_span_is_found(
    kind: str, contexts: list[str], seed: int, longest: int, best: int, length: int
) -> None:
    settings = using(max_length=length, stride=3, answer_length=longest, best_answers=best)
    rows = table([{"context": text} for text in contexts])
    encoded = SPANS.encode(rows, TOKENIZERS[kind], settings)
    outputs = np.random.default_rng(seed).normal(size=(len(encoded.tokens), 2)).astype(np.float32)
    found = best_spans(outputs, encoded, rows.num_rows, settings.recipe)
    for row, (score, lead) in enumerate(searched(outputs, encoded, rows.num_rows, settings.recipe)):
        if score == -np.inf:
            assert (found.score[row], found.lead[row], found.texts(rows)[row]) == (0, 0, "")
            continue
        assert found.score[row] == pytest.approx(score, rel=1e-5)
        assert found.lead[row] == pytest.approx(lead, rel=1e-4, abs=1e-4)
        windows = np.flatnonzero(encoded.row_of_item == row)
        tokens = slice(encoded.starts[windows[0]], encoded.starts[windows[-1] + 1])
        first, last = found.characters[row]
        starts = np.flatnonzero(encoded.marks["offsets"][tokens, 0] == first)
        ends = np.flatnonzero(encoded.marks["offsets"][tokens, 1] == last)
        sums = [
            float(outputs[tokens][start, 0] + outputs[tokens][end, 1])
            for start in starts
            for end in ends
            if 0 <= end - start < longest
        ]
        assert pytest.approx(score, rel=1e-5) in sums


def one_row(
    context: str, starts: Sequence[float], ends: Sequence[float], null: float = 0.0
) -> tuple[Any, ...]:
    """Return outputs, encoding and table of a row whose context has one letter a token."""
    rows = table([{"context": context, "answers": ["b"]}])
    encoded = SPANS.encode(rows, TOKENIZERS["bert"], using())
    outputs = np.full((len(encoded.tokens), 2), 9.0, dtype=np.float32)  # the question's would be the best
    inside = encoded.marks["offsets"][:, 0] >= 0
    outputs[inside] = np.stack([starts, ends], axis=1)
    outputs[0] = null
    return outputs, encoded, rows


def test_spans_end_after_they_begin_and_are_not_too_long() -> None:
    outputs, encoded, rows = one_row("a b c d", [1, 2, 0, 4], [5, 1, 1, 1])
    decoded = SPANS.decode(outputs, encoded, rows, using())
    assert decoded["prediction"].to_pylist() == ["a"]  # 1 + 5; "d a" would have 9
    assert decoded["logits"].to_pylist() == [[6, 0]]
    outputs, encoded, rows = one_row("a b c d", [5, 2, 0, 0], [0, 0, 1, 5])
    assert SPANS.decode(outputs, encoded, rows, using())["prediction"].to_pylist() == ["a b c d"]
    short = SPANS.decode(outputs, encoded, rows, using(answer_length=3))
    assert short["prediction"].to_pylist() == ["b c d"]
    assert SPANS.decode(outputs, encoded, rows, using(answer_length=3, best_answers=1))[
        "prediction"
    ].to_pylist() == [""]


def test_no_answer_is_given_only_where_the_rule_knows_it_and_by_the_threshold() -> None:
    outputs, encoded, rows = one_row("a b", [0, 2], [0, 3], null=4)  # 8 against 5
    guess: Callable[[Settings], Any] = lambda settings: SPANS.decode(outputs, encoded, rows, settings)[  # noqa: E731
        "prediction"
    ][0].as_py()
    assert guess(using("squad")) == "b"
    assert guess(using("squad2")) == ""
    assert guess(replace(using("squad2"), calibration={"null": 2.9})) == ""
    assert guess(replace(using("squad2"), calibration={"null": 3.0})) == "b"


def test_predictions_carry_their_scores_and_gold_is_the_models_not() -> None:
    rows = table([{"context": "the red house", "answers": ["red house", "red", "red"]}, {"context": "a b"}])
    encoded = SPANS.encode(rows, TOKENIZERS["xlmr"], using())
    outputs = knowing(encoded)
    decoded = SPANS.decode(outputs, encoded, rows, replace(using("squad2"), calibration={"null": 0.0}))
    assert decoded["gold"].to_pylist() == ["red house | red", ""]
    assert decoded["prediction"].to_pylist() == ["red house", ""]
    assert decoded["f1"].type == decoded["exact_match"].type == pa.float32()
    # a column of floats would be taken for a metric
    assert [each.name for each in decoded.schema if pa.types.is_floating(each.type)] == list(SPANS.metrics)
    assert SPANS.score(decoded) == {"f1": 1.0, "exact_match": 1.0}
    assert decoded["gold"] == SPANS.decode(-outputs, encoded, rows, using())["gold"]


# --- calibration and the trivial guess -------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(st.integers(-3, 3), st.sampled_from([0.0, 0.25, 1.0]), st.sampled_from([0.0, 1.0])),
        min_size=1,
    )
)
def test_the_threshold_is_the_best_there_is(rows: list[tuple[int, float, float]]) -> None:
    lead, answered, silent = np.array(rows, dtype=np.float64).T

    def total(threshold: float) -> float:
        return float(np.where(lead > threshold, silent, answered).sum())

    found = null_threshold(lead, answered, silent)
    assert total(found) == max(total(value) for value in np.arange(-4, 4, 0.5))
    assert np.isfinite(found)


def test_calibration_is_fitted_where_questions_may_have_no_answer() -> None:
    assert SPANS.calibrates(using("squad2"))
    assert not any(SPANS.calibrates(using(rule)) for rule in ("squad", "mlqa", "tydiqa", ""))
    rows = table([{"context": "a b", "answers": ["b"]}, {"context": "a b"}])
    encoded = SPANS.encode(rows, TOKENIZERS["bert"], using())
    outputs = knowing(encoded) * 0 + 1
    outputs[encoded.starts[:-1]] = [[3, 3], [4, 4]]  # the null answer leads in both, by 4 and 6
    settings = using("squad2")
    places = np.flatnonzero(encoded.marks["offsets"][:, 0] >= 0)
    outputs[places[1]] = outputs[places[3]] = 1.5
    assert SPANS.score(SPANS.decode(outputs, encoded, rows, settings))["f1"] == 0.5
    fitted = SPANS.calibrate(outputs, encoded, rows, settings)
    assert SPANS.score(SPANS.decode(outputs, encoded, rows, replace(settings, calibration=fitted)))["f1"] == 1


def test_the_trivial_guess_is_the_contexts_first_three_words_or_none() -> None:
    rows = table(
        [
            {"context": "“The old, red house” fell", "answers": ["old red"]},
            {"context": "x y z w", "answers": ["w"]},
        ]
    )
    # "The old, red" without its article is "old red"
    assert SPANS.trivial(rows, using()) == {"f1": 0.5, "exact_match": 0.5}
    chinese = table([{"context": "长江是中国最长的河流。", "answers": ["长江是中国"]}])
    assert SPANS.trivial(chinese, using("mlqa", "zh"))["f1"] > 0.5
    unanswered = table([{"context": "x y z w", "answers": ["w"]}, {"context": "x"}, {"context": "y"}])
    assert SPANS.trivial(unanswered, using("squad2")) == pytest.approx({"f1": 2 / 3, "exact_match": 2 / 3})


def test_the_format_is_found_by_its_name_and_can_be_translated() -> None:
    shape = format_named("span-extraction")
    row = table([{"context": "He came.", "answers": ["came"]}]).to_pylist()[0]
    assert shape.untranslatable() == ""
    sent = shape.to_translate(row)
    assert any("[came]" in piece for piece in sent)
    made = shape.translated(row, ["welche ?", "Er [kam]."], "de")
    assert isinstance(made, dict)
    assert (made["context"], made["answers"], made["answer_starts"]) == ("Er kam.", ["kam"], [3])


# --- the real thing --------------------------------------------------------------------------------------


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["FacebookAI/xlm-roberta-base", "google-bert/bert-base-multilingual-cased"])
def test_answers_of_every_xquad_language_come_back_through_the_real_tokenizers(name: str) -> None:
    hub = Path(os.environ["HARNESS_REALDATA"]) / "hub"
    tokenizer = HuggingFaceEncoder().tokenizer(hub / "models" / name)
    for language in ("ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh"):
        path = hub / "datasets/google/xtreme" / f"XQuAD.{language}/validation-00000-of-00001.parquet"
        found = pq.read_table(path).slice(0, 300)
        answers = found["answers"].combine_chunks()
        rows = pa.table(
            {
                **{column: found[column] for column in ("id", "context", "question")},
                "answers": answers.field("text"),
                "answer_starts": answers.field("answer_start"),
            }
        )
        settings = using(max_length=256, answer_length=256, language=language)
        encoded = SPANS.encode(rows, tokenizer, settings)
        assert (encoded.notes["start"] != IGNORED).all()
        scores = SPANS.score(SPANS.decode(knowing(encoded), encoded, rows, settings))
        assert scores["exact_match"] > 0.98, (language, scores)
