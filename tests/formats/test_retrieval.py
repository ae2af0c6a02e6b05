"""Retrieval: vectors of both sides, and each rule against a plain statement of it."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from harness_plugins.models.encoders import HuggingFaceEncoder
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.engine.network import Network, TaskData, inputs_of
from harness.engine.vectors import SequenceVectors
from harness.errors import HarnessError
from harness.formats import Encoded, Settings, format_named
from harness.formats.nearest import mine
from harness.formats.retrieval import average_precision, depth, random_precision
from harness.registry_schema import Recipe

RETRIEVAL = format_named("retrieval")
Row = tuple[str, str, list[str]]


def using(rule: str = "", threshold: float | None = None, **recipe: object) -> Settings:
    calibration = {} if threshold is None else {"threshold": threshold}
    return Settings((), Recipe.model_validate(recipe), rule=rule, calibration=calibration)


def table_of(rows: list[Row]) -> pa.Table:
    return pa.table(
        {
            "id": [f"r{number}" for number in range(len(rows))],
            "text": [row[0] for row in rows],
            "text_pair": pa.array([row[1] or None for row in rows], pa.string()),
            "relevant": pa.array([row[2] for row in rows], pa.list_(pa.string())),
        }
    )


def encoded_of(rows: list[Row], seed: int) -> tuple[np.ndarray, Encoded, dict[str, np.ndarray]]:
    """Give each text a random vector of positive numbers, the same wherever it occurs."""
    rng = np.random.default_rng(seed)
    vector: dict[str, np.ndarray] = {}
    owners, sides, outputs = [], [], []
    for number, row in enumerate(rows):
        for side, text in enumerate(row[:2]):
            if text:
                if text not in vector:
                    made = np.abs(rng.normal(size=6))
                    vector[text] = (made / np.linalg.norm(made)).astype(np.float32)
                owners.append(number)
                sides.append(side)
                outputs.append(vector[text])
    count = len(owners)
    encoded = Encoded(
        np.zeros(count, dtype=np.int32),
        np.arange(count + 1, dtype=np.int64),
        rows=np.array(owners, dtype=np.int64),
        notes={"side": np.array(sides, dtype=np.int8)},
    )
    return np.array(outputs), encoded, vector


def decode(rows: list[Row], seed: int, use: Settings) -> pa.Table:
    outputs, encoded, _ = encoded_of(rows, seed)
    return RETRIEVAL.decode(outputs, encoded, table_of(rows), use)


@st.composite
def pools(draw: st.DrawFn, gold: bool = True) -> list[Row]:
    """Rows with queries, candidates and both, in any order, with repeated texts and several relevant rows."""
    kinds = [*draw(st.lists(st.sampled_from("qcb"), max_size=14)), "q", "c"]
    offering = [f"r{number}" for number, kind in enumerate(kinds) if kind in "cb"]
    rows: list[Row] = []
    for kind in kinds:
        text = f"q{draw(st.integers(0, 8))}" if kind in "qb" else ""
        pair = f"c{draw(st.integers(0, 8))}" if kind in "cb" else ""
        least = 1 if kind == "q" and gold else 0
        named = (
            draw(st.lists(st.sampled_from(offering), unique=True, min_size=least, max_size=3)) if text else []
        )
        rows.append((text, pair, named))
    return rows


def plainly(rows: list[Row], seed: int) -> list[tuple[list[int], list[int]]]:
    """Give for each query the rows of all candidates, the nearest first, and the rows that are relevant."""
    _, _, vector = encoded_of(rows, seed)
    found = []
    for number, (text, pair, named) in enumerate(rows):
        if not text:
            continue
        offered = [other for other, row in enumerate(rows) if row[1]]
        cosine = {
            other: float(vector[text].astype(float) @ vector[rows[other][1]].astype(float))
            for other in offered
        }
        ranking = sorted(offered, key=lambda other: (-cosine[other], other))
        relevant = [int(name[1:]) for name in named] if named else [number] if pair else []
        found.append((ranking, relevant))
    return found


@given(rows=pools(), seed=st.integers(0, 999))
@settings(max_examples=80)
def test_accuracy_is_the_share_of_queries_whose_nearest_text_is_relevant(rows: list[Row], seed: int) -> None:
    answers = decode(rows, seed, using("accuracy"))
    right = [
        float(rows[ranking[0]][1] in {rows[other][1] for other in relevant})
        for ranking, relevant in plainly(rows, seed)
    ]
    assert answers["accuracy"].to_pylist() == right
    assert RETRIEVAL.score(answers)["accuracy"] == pytest.approx(np.mean(right))
    named = zip(answers["prediction"].to_pylist(), answers["gold"].to_pylist(), strict=True)
    assert [float(prediction in gold.split()) for prediction, gold in named] == right


@given(count=st.integers(1, 12), seed=st.integers(0, 999))
def test_reverse_accuracy_is_the_accuracy_with_the_sides_exchanged(count: int, seed: int) -> None:
    rows: list[Row] = [(f"q{n}", f"c{n}", []) for n in range(count)]
    outputs, encoded, _ = encoded_of(rows, seed)
    turned = Encoded(
        encoded.tokens, encoded.starts, rows=encoded.rows, notes={"side": 1 - encoded.notes["side"]}
    )
    there = RETRIEVAL.decode(outputs, encoded, table_of(rows), using("accuracy"))
    back = RETRIEVAL.decode(outputs, turned, table_of(rows), using("accuracy"))
    assert there["reverse-accuracy"].to_pylist() == back["accuracy"].to_pylist()
    assert there["accuracy"].to_pylist() == back["reverse-accuracy"].to_pylist()


def official_average_precision(targets: set[int], ranked: list[int], k: int) -> float:
    """Average precision at k, as XTREME-R defines it: hits so far over rank, at each hit."""
    kept = ranked[:k]
    precisions = [
        len(targets & set(kept[: rank + 1])) / (rank + 1)
        for rank, place in enumerate(kept)
        if place in targets
    ]
    return sum(precisions) / min(len(targets), k)


@given(rows=pools(), seed=st.integers(0, 999))
@settings(max_examples=80)
def test_map_is_the_mean_of_the_average_precision_of_each_query(rows: list[Row], seed: int) -> None:
    answers = decode(rows, seed, using("map@20"))
    expected = [official_average_precision(set(r), ranking, 20) for ranking, r in plainly(rows, seed)]
    np.testing.assert_allclose(answers["map@20"].to_pylist(), expected, rtol=1e-6)
    assert RETRIEVAL.score(answers)["map@20"] == pytest.approx(np.mean(expected), rel=1e-6)


def test_map_looks_at_twenty_candidates_and_is_the_reciprocal_rank_where_one_is_relevant() -> None:
    assert average_precision([False] * 19 + [True], 1) == 1 / 20
    assert average_precision([False] * 20 + [True], 1) == 0.0
    assert average_precision([True] * 20, 30) == 1.0
    assert average_precision([True, False, True], 4) == pytest.approx((1 + 2 / 3) / 4)
    rows: list[Row] = [("q0", "", ["r25"]), *(("", f"c{n}", []) for n in range(30))]
    for seed in range(5):
        ranking = plainly(rows, seed)[0][0]
        rank = ranking.index(25) + 1
        expected = 1 / rank if rank <= 20 else 0.0
        assert decode(rows, seed, using("map@20"))["map@20"].to_pylist() == pytest.approx([expected])


def official_mining(rows: list[Row], seed: int, neighbours: int) -> dict[tuple[int, int], float]:
    """Pairs of rows and scores as BUCC's evaluation in XTREME makes them: unique texts, repeated ones dropped."""
    _, _, vector = encoded_of(rows, seed)
    sides = [list(dict.fromkeys(row[side] for row in rows if row[side])) for side in (0, 1)]
    mined = mine(*(np.array([vector[text] for text in side]) for side in sides), neighbours)
    pairs = {}
    for query, candidate, score in zip(mined.queries, mined.candidates, mined.scores, strict=True):
        asked = [n for n, row in enumerate(rows) if row[0] == sides[0][query]]
        offered = [n for n, row in enumerate(rows) if row[1] == sides[1][candidate]]
        if len(asked) == len(offered) == 1:
            pairs[asked[0], offered[0]] = float(score)
    return pairs


@given(rows=pools(gold=False), seed=st.integers(0, 999), neighbours=st.integers(1, 4))
@settings(max_examples=80)
def test_mining_is_f1_over_pairs_with_the_threshold_of_dev(
    rows: list[Row], seed: int, neighbours: int
) -> None:
    outputs, encoded, _ = encoded_of(rows, seed)
    use = using("mining", neighbours=neighbours, similarity="margin")
    assert RETRIEVAL.calibrates(use)
    threshold = RETRIEVAL.calibrate(outputs, encoded, table_of(rows), use)["threshold"]
    answers = RETRIEVAL.decode(outputs, encoded, table_of(rows), use.within("de", {"threshold": threshold}))

    scored = official_mining(rows, seed, neighbours)
    asking = [n for n, row in enumerate(rows) if row[0]]
    gold = {(n, r) for n, (_, relevant) in zip(asking, plainly(rows, seed), strict=True) for r in relevant}

    def f1(least: float) -> float:
        mined = {pair for pair, score in scored.items() if score >= least}
        return 2 * len(mined & gold) / max(len(mined) + len(gold), 1)

    assert RETRIEVAL.score(answers)["f1"] == pytest.approx(f1(threshold))
    assert f1(threshold) == pytest.approx(max([f1(score) for score in scored.values()] + [0.0]))
    found = dict(zip(asking, answers["prediction"].to_pylist(), strict=True))
    assert {(n, int(name[1:])) for n, name in found.items() if name} == {
        p for p, s in scored.items() if s >= threshold
    }


def test_mining_without_a_threshold_says_that_dev_rows_are_missing() -> None:
    with pytest.raises(HarnessError, match="threshold"):
        decode([("q", "c", [])], 0, using("mining"))


def test_a_candidate_that_a_limit_left_out_is_not_found_and_still_counts() -> None:
    rows: list[Row] = [("q0", "", ["r1", "gone"]), ("", "c0", [])]
    answers = decode(rows, 0, using("map@20"))
    assert answers["map@20"].to_pylist() == [0.5]
    assert answers["gold"].to_pylist() == ["r1 gone"]


def test_of_candidates_with_the_same_text_the_relevant_one_is_named() -> None:
    rows: list[Row] = [("", "same", []), ("same", "same", []), ("", "other", [])]
    answers = decode(rows, 0, using("accuracy"))
    assert answers["accuracy"].to_pylist() == [1.0]
    assert answers["prediction"].to_pylist() == ["r1"]


def test_a_query_with_nothing_relevant_is_an_error_that_names_the_row() -> None:
    with pytest.raises(HarnessError, match="r1"):
        decode([("a", "b", []), ("q", "", [])], 0, using("accuracy"))


def test_a_table_without_candidates_is_an_error() -> None:
    with pytest.raises(HarnessError, match="text_pair"):
        decode([("q", "", ["r0"])], 0, using())


def test_an_unknown_rule_is_answered_with_near_names() -> None:
    with pytest.raises(HarnessError, match="mining"):
        decode([("q", "c", [])], 0, using("minnig"))


def test_by_margin_a_candidate_that_is_near_to_all_is_passed_over() -> None:
    """A hub has the highest cosine with each query, and no margin with any."""
    rows: list[Row] = [("q0", "c0", []), ("q1", "c1", []), ("", "hub", [])]
    vectors = {
        "q0": [1, 0, 1],
        "q1": [0, 1, 1],
        "c0": [1, 0, 0],
        "c1": [0, 1, 0],
        "hub": [0.5, 0.5, 1],
    }
    outputs = np.array([vectors[text] for row in rows for text in row[:2] if text], dtype=np.float32)
    outputs /= np.linalg.norm(outputs, axis=1, keepdims=True)
    _, encoded, _ = encoded_of(rows, 0)
    by_cosine = RETRIEVAL.decode(outputs, encoded, table_of(rows), using())
    by_margin = RETRIEVAL.decode(outputs, encoded, table_of(rows), using(similarity="margin", neighbours=2))
    assert by_cosine["prediction"].to_pylist() == ["r2", "r2"]
    assert by_margin["prediction"].to_pylist() == ["r0", "r1"]


@given(relevant=st.integers(1, 4), others=st.integers(0, 3), cut=st.integers(1, 6))
@settings(max_examples=30)
def test_the_trivial_average_precision_is_the_mean_over_all_orders(
    relevant: int, others: int, cut: int
) -> None:
    orders = list(permutations([True] * relevant + [False] * others))
    expected = np.mean([average_precision(list(order), relevant, cut) for order in orders])
    assert random_precision(relevant, relevant + others, cut) == pytest.approx(expected)


def test_the_trivial_scores_are_those_of_a_blind_choice() -> None:
    pairs = table_of([(f"q{n}", f"c{n}", []) for n in range(5)])
    assert RETRIEVAL.trivial(pairs, using()) == pytest.approx({"accuracy": 0.2, "reverse-accuracy": 0.2})
    several = table_of(
        [("q", "", ["r1", "r2"]), ("", "same", []), ("", "same", []), ("", "a", []), ("", "b", [])]
    )
    assert RETRIEVAL.trivial(several, using())["accuracy"] == pytest.approx(1 / 3)
    assert RETRIEVAL.trivial(pairs, using("mining")) == pytest.approx({"f1": 0.2})
    assert set(RETRIEVAL.trivial(pairs, using("map@20"))) == {"map@20", "accuracy"}


@pytest.fixture(scope="module")
def parts(tiny_model: Path) -> tuple[Any, Any]:
    encoder, tokenizer = HuggingFaceEncoder().encoder(tiny_model), HuggingFaceEncoder().tokenizer(tiny_model)
    encoder.eval()
    return encoder, tokenizer


ROWS: list[Row] = [
    ("a red house", "b", []),
    ("", "the river is old and long", []),
    ("c d", "", ["r1"]),
    ("", "", []),
]


def test_each_text_becomes_a_sequence_that_knows_its_row_and_side(parts: tuple[Any, Any]) -> None:
    _, tokenizer = parts
    encoded = RETRIEVAL.encode(table_of(ROWS), tokenizer, using(max_length=16))
    assert encoded.row_of_item.tolist() == [0, 0, 1, 2]
    assert encoded.notes["side"].tolist() == [0, 1, 1, 0]
    words = [
        tokenizer(text)["input_ids"] for text in ("a red house", "b", "the river is old and long", "c d")
    ]
    for number, expected in enumerate(words):
        got = encoded.tokens[encoded.starts[number] : encoded.starts[number + 1]].tolist()
        assert got[:15] == expected[:15]
        assert len(got) == min(len(expected), 16)
    assert RETRIEVAL.examples(table_of(ROWS)).tolist() == [True, False, True, False]
    taken, _, _ = encoded.take(np.array([2, 0]))
    assert taken.notes["side"].tolist() == [0, 0, 1]


def test_texts_are_tokenised_in_parts_that_make_no_difference(
    parts: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = RETRIEVAL.encode(table_of(ROWS), parts[1], using())
    monkeypatch.setattr("harness.formats.base.AT_ONCE", 2)
    cut = RETRIEVAL.encode(table_of(ROWS), parts[1], using())
    assert cut.tokens.tolist() == whole.tokens.tolist()
    assert cut.starts.tolist() == whole.starts.tolist()


@pytest.mark.parametrize("layer", [0, 1, None])
@pytest.mark.parametrize("pooling", ["first", "mean"])
def test_a_vector_is_the_pooled_layer_of_length_one(
    parts: tuple[Any, Any], pooling: str, layer: int | None
) -> None:
    encoder, tokenizer = parts
    use = using(pooling=pooling, layer=layer, max_length=32)
    encoded = RETRIEVAL.encode(table_of(ROWS), tokenizer, use)
    network = Network.build(encoder, [TaskData("pool", RETRIEVAL, use)]).eval()
    with torch.no_grad():
        batch = RETRIEVAL.collate(encoded, np.arange(len(encoded)), inputs_of(encoder, tokenizer), None)
        vectors = network("pool", batch)
        assert vectors.shape == (4, 32)
        assert vectors.dtype == torch.float32
        for number in range(4):
            ids = torch.tensor(
                encoded.tokens[encoded.starts[number] : encoded.starts[number + 1]][None]
            ).long()
            states = encoder(input_ids=ids, output_hidden_states=True).hidden_states
            states = states[-1 if layer is None else layer][0]
            plain = states[0] if pooling == "first" else states.mean(0)
            torch.testing.assert_close(vectors[number], plain / plain.norm(), rtol=1e-4, atol=1e-5)


def test_the_head_has_nothing_to_train() -> None:
    assert not RETRIEVAL.trains
    assert not list(SequenceVectors("mean", 3).parameters())


@pytest.mark.parametrize(
    ("asked", "layers", "read"),
    [
        (None, 12, None),
        (0, 12, 0),
        (12, 12, 12),
        ("14/24", 24, 14),
        ("14/24", 12, 7),
        ("20/24", 12, 10),
        ("1/1", 6, 6),
    ],
)
def test_a_layer_is_a_number_or_as_deep_as_in_another_encoder(
    asked: int | str | None, layers: int, read: int | None
) -> None:
    assert depth(asked, layers) == read


@pytest.mark.parametrize("asked", [13, "26/24"])
def test_a_layer_that_the_encoder_does_not_have_is_told(asked: int | str) -> None:
    with pytest.raises(HarnessError, match="the encoder has 12"):
        depth(asked, 12)
