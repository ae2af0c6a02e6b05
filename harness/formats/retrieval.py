"""Retrieval: a text finds its translation, answer or description among candidates, by vectors alone.

A row gives a query (``text``), a candidate (``text_pair``) or both; ``relevant`` names the rows whose
candidates a query should find, by default its own. Nothing is trained: the encoder stands as it is, one layer
of it is pooled, and cosines decide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import HarnessError
from harness.formats.base import WEIGHT, Encoded, Format, Settings, offsets, ratio, tokenise
from harness.formats.nearest import Mined, best_threshold, mine, nearest
from harness.formats.pool import Pool, Texts, firsts, mean, texts_of
from harness.names import unknown

if TYPE_CHECKING:
    import pyarrow as pa
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

CUT = 20  # candidates that mean average precision looks at
RULES: Mapping[str, tuple[str, ...]] = {
    "accuracy": ("accuracy", "reverse-accuracy"),
    "map@20": ("map@20", "accuracy"),
    "mining": ("f1",),
}


class Retrieval(Format):
    """Nearest neighbours among the vectors of texts; scored as the task's rule says.

    ``accuracy``: share of the queries whose nearest candidate is relevant (Tatoeba); ``reverse-accuracy``
    that of the relevant candidates whose nearest query is theirs, the direction in which XTREME's and jiant's
    code searches Tatoeba. Candidates with the same text are one, found as soon as one of them is relevant.

    ``map@20``: mean over queries of the precision at the rank of each relevant candidate among the first 20,
    summed and divided by the number of relevant ones or 20 (LAReQA; for Mewsli-X, with one relevant entity,
    it is the reciprocal rank). As in XTREME-R, candidates with the same text stay several.

    ``mining``: F1 over pairs of ids (BUCC). Texts are made unique, pairs mined by `neighbours` and
    `similarity`, those whose text occurs more than once left out, and those below a threshold fitted on dev.
    """

    name = "retrieval"
    columns = ("text", "text_pair", "relevant")
    types: Mapping[str, str] = {"relevant": "texts"}
    texts = ("text",)
    optional = ("text", "text_pair", "relevant")
    metrics = ("accuracy", "map@20", "f1", "reverse-accuracy")
    uses = ("pooling", "layer", "similarity", "neighbours")
    trains = False
    alone = True
    encodes_by = ("max_length",)

    def encode(self, table: pa.Table, tokenizer: PreTrainedTokenizerFast, settings: Settings) -> Encoded:
        """Encode each row's query, then its candidate; ``side`` notes which is which (0 and 1)."""
        texts, rows, sides = [], [], []
        for row, pair in enumerate(zip(texts_of(table, "text"), texts_of(table, "text_pair"), strict=True)):
            for side, text in enumerate(pair):
                if text:
                    texts.append(text)
                    rows.append(row)
                    sides.append(side)
        tokens, starts, segments = tokenise(tokenizer, texts, None, settings.recipe.max_length)
        return Encoded(
            tokens,
            starts,
            segments,
            rows=np.array(rows, dtype=np.int64),
            notes={"side": np.array(sides, dtype=np.int8)},
        )

    def head(self, encoder: PreTrainedModel, settings: Settings) -> torch.nn.Module:
        """Return the pooling of a layer: [s, h] float32 of length 1.

        The mean is over all tokens but padding, special tokens included, as jiant's and, unless told
        otherwise, XTREME's is.
        """
        from harness.engine.vectors import SequenceVectors

        layer = depth(settings.recipe.layer, encoder.config.num_hidden_layers)
        return SequenceVectors(settings.recipe.pooling, layer)

    def examples(self, table: pa.Table) -> np.ndarray:
        """Say which rows have a query, [n] bool."""
        return np.array([bool(text) for text in texts_of(table, "text")], dtype=bool)

    def calibrates(self, settings: Settings) -> bool:
        """Say that mining has a threshold."""
        return _rule(settings) == "mining"

    def calibrate(
        self, outputs: np.ndarray, encoded: Encoded, table: pa.Table, settings: Settings
    ) -> Mapping[str, float]:
        """Return ``threshold``, the score of mined pairs from which on F1 on these rows is highest."""
        pool = Pool.of(outputs, encoded, table)
        mined = _mined(pool, settings)
        pairs = zip(mined.queries.tolist(), mined.candidates.tolist(), strict=True)
        right = np.array([candidate in pool.relevant[query] for query, candidate in pairs], dtype=bool)
        return {"threshold": best_threshold(mined.scores, right, sum(map(len, pool.gold)))}

    def decode(self, outputs: np.ndarray, encoded: Encoded, table: pa.Table, settings: Settings) -> pa.Table:
        """Give each query what it finds: the id of the nearest candidate, or of the one mined for it.

        ``gold`` holds the ids of all relevant rows, joined by spaces. The columns of scores are those of the
        rule; in mining a query's is twice its right pairs and its weight all pairs it has, mined and gold.
        """
        import pyarrow as pa

        pool = Pool.of(outputs, encoded, table)
        found, scores = (_mine if _rule(settings) == "mining" else _rank)(pool, settings)
        return pa.table(
            {
                "gold": pa.array([" ".join(ids) for ids in pool.gold], pa.string()),
                "prediction": pa.array(found, pa.string()),
                **{name: pa.array(column, pa.float32()) for name, column in scores.items()},
            }
        )

    def trivial(self, table: pa.Table, settings: Settings) -> Mapping[str, float]:
        """Return what candidates in random order would score on average."""
        texts = Texts.of(table)
        scores = {
            "accuracy": lambda: mean(texts.share(groups) for groups in texts.relevant_groups()),
            "reverse-accuracy": lambda: mean(texts.reverse_shares()),
            "map@20": lambda: mean(random_precision(len(r), len(texts.candidates)) for r in texts.relevant),
            "f1": lambda: _random_f1(len(texts.queries), len(texts.candidates), sum(map(len, texts.gold))),
        }
        return {name: scores[name]() for name in RULES[_rule(settings)]}

    def score(self, predictions: pa.Table) -> dict[str, float]:
        """Return the scores of the metrics that the rule has."""
        return {name: ratio(predictions, name) for name in self.metrics if name in predictions.column_names}


def depth(layer: int | str | None, layers: int) -> int | None:
    """Return the number of a layer in an encoder of `layers`: ``14/24`` is layer 7 of 12; None: the last.

    Raises:
        HarnessError: the encoder has fewer layers.
    """
    if isinstance(layer, str):
        part, _, whole = layer.partition("/")
        layer = round(int(part) * layers / int(whole))
    if layer is not None and layer > layers:
        raise HarnessError(
            f"layer {layer} is asked for, and the encoder has {layers}",
            f"Give --set layer=0 (the embeddings) to {layers}, none for the last, or a share such as 14/24.",
        )
    return layer


def average_precision(ranked: list[bool], relevant: int, cut: int = CUT) -> float:
    """Return the average precision of a ranking cut off at `cut`.

    Args:
        ranked: whether the candidate at each rank is relevant.
        relevant: how many are, ranked or not.

    XTREME-R's definition (google-research/xtreme, third_party/utils_lareqa.py, average_precision_at_k).
    """
    hits, total = 0, 0.0
    for rank, right in enumerate(ranked[:cut], start=1):
        if right:
            hits += 1
            total += hits / rank
    return total / min(relevant, cut)


def random_precision(relevant: int, candidates: int, cut: int = CUT) -> float:
    """Return the mean of `average_precision` over all orders of the candidates."""
    if not relevant:
        return 0.0
    others = (relevant - 1) / max(candidates - 1, 1)
    ranks = np.arange(1, min(cut, candidates) + 1)
    return float(np.sum(relevant / candidates * (1 + (ranks - 1) * others) / ranks) / min(relevant, cut))


def _random_f1(queries: int, candidates: int, gold: int) -> float:
    """Return the expected F1 of as many random pairs as can be made without using a text twice."""
    pairs = min(queries, candidates)
    return 2 * pairs * gold / (queries * candidates) / (pairs + gold) if gold else 0.0


def _mined(pool: Pool, settings: Settings) -> Mined:
    """Return mined pairs of positions, without those one of whose texts occurs more than once."""
    recipe = settings.recipe
    mined = mine(pool.query_vectors, pool.candidate_vectors, recipe.neighbours, recipe.similarity)
    single = (np.bincount(pool.query_groups)[mined.queries] == 1) & (
        np.bincount(pool.candidate_groups)[mined.candidates] == 1
    )
    return Mined(
        firsts(pool.query_groups)[mined.queries[single]],
        firsts(pool.candidate_groups)[mined.candidates[single]],
        mined.scores[single],
    )


def _mine(pool: Pool, settings: Settings) -> tuple[list[str], dict[str, np.ndarray]]:
    """Return what is mined for each query ("": nothing), and ``f1`` with its weights."""
    if "threshold" not in settings.calibration:
        raise HarnessError(
            "mining needs a threshold, which is fitted on dev rows, and there are none",
            "Give the dev rows in the task's folder, too.",
        )
    mined = _mined(pool, settings)
    kept = mined.scores >= settings.calibration["threshold"]
    found = [""] * len(pool.queries)
    hits, weights = np.zeros(len(found)), np.array([float(len(ids)) for ids in pool.gold])
    for query, candidate in zip(mined.queries[kept].tolist(), mined.candidates[kept].tolist(), strict=True):
        found[query] = pool.ids[pool.candidates[candidate]]
        hits[query] = 2.0 * (candidate in pool.relevant[query])
        weights[query] += 1
    return found, {"f1": hits, "f1" + WEIGHT: weights}


def _rank(pool: Pool, settings: Settings) -> tuple[list[str], dict[str, np.ndarray]]:
    """Return the nearest candidate of each query, and the scores of the rule."""
    for row, ids in zip(pool.queries.tolist(), pool.gold, strict=True):
        if not ids:
            raise HarnessError(
                f"retrieval: row {pool.ids[row]} asks, and neither `relevant` nor `text_pair` says what is right"
            )
    means = _means(pool, settings)
    ranked = nearest(pool.query_vectors, pool.candidate_vectors, CUT, means).places[pool.query_groups]
    members = np.argsort(pool.candidate_groups, kind="stable")
    edges = offsets(np.bincount(pool.candidate_groups))

    def expanded(groups: np.ndarray) -> list[int]:
        """Candidates in the order of their groups, and within a group of their rows."""
        places: list[int] = []
        for group in groups.tolist():
            if len(places) < CUT:
                places += members[edges[group] : edges[group + 1]].tolist()
        return places

    found = []
    for groups, relevant in zip(ranked, pool.relevant, strict=True):
        best = members[edges[groups[0]] : edges[groups[0] + 1]].tolist()
        found.append(next((place for place in best if place in relevant), best[0]))
    scores: dict[str, Callable[[], list[float]]] = {
        "accuracy": lambda: [float(p in r) for p, r in zip(found, pool.relevant, strict=True)],
        "map@20": lambda: [
            average_precision([place in relevant for place in expanded(groups)], len(ids))
            for groups, relevant, ids in zip(ranked, pool.relevant, pool.gold, strict=True)
        ],
        "reverse-accuracy": lambda: _reverse(pool, means),
    }
    names = [pool.ids[pool.candidates[place]] for place in found]
    return names, {name: np.array(scores[name]()) for name in RULES[_rule(settings)]}


def _means(pool: Pool, settings: Settings) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the mean cosines of both sides' neighbours, where the recipe compares by margin."""
    if settings.recipe.similarity != "margin":
        return None
    count = settings.recipe.neighbours
    return (
        nearest(pool.query_vectors, pool.candidate_vectors, count).means,
        nearest(pool.candidate_vectors, pool.query_vectors, count).means,
    )


def _reverse(pool: Pool, means: tuple[np.ndarray, np.ndarray] | None) -> list[float]:
    """Return for each query the share of its relevant candidates that find it, or one like it."""
    askers = pool.askers()
    groups = np.unique(pool.candidate_groups[sorted(askers)])
    turned = None if means is None else (means[1][groups], means[0])
    nearest_query = nearest(pool.candidate_vectors[groups], pool.query_vectors, 1, turned).places[:, 0]
    best = dict(zip(groups.tolist(), nearest_query.tolist(), strict=True))
    hits = {place: best[int(pool.candidate_groups[place])] in asking for place, asking in askers.items()}
    return [
        sum(hits[place] for place in places) / len(ids)
        for places, ids in zip(pool.relevant, pool.gold, strict=True)
    ]


def _rule(settings: Settings) -> str:
    rule = settings.rule or "accuracy"
    if rule not in RULES:
        raise unknown("scoring rule of retrieval", rule, list(RULES))
    return rule
