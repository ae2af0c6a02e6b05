"""The queries and candidates of a table, which of them belong together, and their vectors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import HarnessError
from harness.formats.base import Encoded
from harness.formats.nearest import Chosen

if TYPE_CHECKING:
    import pyarrow as pa

QUERY, CANDIDATE = 0, 1  # what ``side`` notes of a sequence


@dataclass(frozen=True)
class Texts:
    """The queries and candidates of a table.

    Attributes:
        ids: of the rows.
        queries: [q] rows that have a query; `candidates` [c] rows that have a candidate.
        query_groups: [q] number of each query's text; equal texts have the same, counted as they come.
        candidate_groups: [c] likewise.
        gold: [q] ids of the rows whose candidates are relevant.
        relevant: [q] positions of those among the candidates; those that are not there are left out.
    """

    ids: list[str]
    queries: np.ndarray
    candidates: np.ndarray
    query_groups: np.ndarray
    candidate_groups: np.ndarray
    gold: list[list[str]]
    relevant: list[frozenset[int]]

    @classmethod
    def of(cls, table: pa.Table) -> Texts:
        ids = table["id"].to_pylist()
        asked, offered = texts_of(table, "text"), texts_of(table, "text_pair")
        queries = [row for row, text in enumerate(asked) if text]
        candidates = [row for row, text in enumerate(offered) if text]
        if not queries or not candidates:
            lacking = "text_pair (candidates)" if queries else "text (queries)"
            raise HarnessError(f"retrieval: the rows have no {lacking}")
        named = table["relevant"].to_pylist() if "relevant" in table.column_names else [None] * len(ids)
        gold = [named[row] or ([ids[row]] if offered[row] else []) for row in queries]
        place = {ids[row]: position for position, row in enumerate(candidates)}
        return cls(
            ids,
            np.array(queries, dtype=np.int64),
            np.array(candidates, dtype=np.int64),
            numbered([asked[row] for row in queries]),
            numbered([offered[row] for row in candidates]),
            gold,
            [frozenset(place[name] for name in names if name in place) for names in gold],
        )

    def relevant_groups(self) -> Iterator[set[int]]:
        """Yield the groups of each query's relevant candidates."""
        for places in self.relevant:
            yield {int(self.candidate_groups[place]) for place in places}

    def askers(self) -> dict[int, set[int]]:
        """Return the groups of the queries to which each candidate is relevant."""
        found: dict[int, set[int]] = {}
        for group, places in zip(self.query_groups.tolist(), self.relevant, strict=True):
            for place in places:
                found.setdefault(place, set()).add(group)
        return found

    def share(self, groups: set[int]) -> float:
        """Return the share of the candidates' different texts that these are."""
        return len(groups) / (int(self.candidate_groups.max()) + 1)

    def reverse_shares(self) -> Iterator[float]:
        """Yield for each query the chance that a random query is one of a relevant candidate of its."""
        askers, texts = self.askers(), int(self.query_groups.max()) + 1
        for places in self.relevant:
            yield mean(len(askers[place]) / texts for place in places)


@dataclass(frozen=True)
class Pool(Texts):
    """Queries and candidates with their vectors.

    Attributes:
        query_vectors: [different texts, h], of the first query with each; `candidate_vectors` likewise.
    """

    query_vectors: Chosen
    candidate_vectors: Chosen

    @classmethod
    def of(cls, outputs: np.ndarray, encoded: Encoded, table: pa.Table) -> Pool:  # type: ignore[override]
        texts = Texts.of(table)
        sides = encoded.notes["side"]
        return cls(
            **vars(texts),
            query_vectors=Chosen(outputs, np.flatnonzero(sides == QUERY)[firsts(texts.query_groups)]),
            candidate_vectors=Chosen(
                outputs, np.flatnonzero(sides == CANDIDATE)[firsts(texts.candidate_groups)]
            ),
        )


def texts_of(table: pa.Table, name: str) -> list[str]:
    """Return a column's texts, "" where there are none."""
    if name not in table.column_names:
        return [""] * int(table.num_rows)
    return [text or "" for text in table[name].to_pylist()]


def numbered(texts: list[str]) -> np.ndarray:
    """Return a number for each text, the same for equal ones, counted from 0 as they come."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(text, len(numbers)) for text in texts], dtype=np.int64)


def firsts(groups: np.ndarray) -> np.ndarray:
    """Return where each group comes first."""
    firsts: np.ndarray = np.unique(groups, return_index=True)[1]
    return firsts


def mean(values: Iterator[float]) -> float:
    listed = list(values)
    return float(np.mean(listed)) if listed else 0.0
