"""Search stages: rows whose words are disturbed one after another, those that matter most to a checkpoint first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from transformers import PreTrainedTokenizerFast

from harness.engine.network import Network, TaskData, inputs_of
from harness.engine.prediction import predict
from harness.execute.context import Context
from harness.execute.data_stages import PARSES, VARIANT
from harness.formats import Format
from harness.formats.base import WEIGHT
from harness.keys import number
from harness.perturbation import Perturbation
from harness.plan.stages import SearchStage
from harness.text import Disturbed, Passage, Rewrite
from harness.text.passages import Passages
from harness.text.table import FURTHER, QUERIES, Outcome, with_trees

ROWS = 500  # rows that are searched at once, and kept when they are done
ASKED = 4096  # rows that the model is asked about at once


class Judgement(NamedTuple):
    """What a model says of rows: the log-probability of their gold answers, and their scores; [n] float64."""

    confidence: np.ndarray
    score: np.ndarray


Judge = Callable[[pa.Table], Judgement]


def run_search(
    stage: SearchStage,
    network: Network,
    data: TaskData,
    tokenizer: PreTrainedTokenizerFast,
    context: Context,
) -> None:
    """Search a language's rows and leave ``variant.parquet``, as a perturb stage does.

    A word matters as much as the log-probability of the gold answer falls when it is left out. One after the other
    the words are disturbed, the first ones first; what does not make the answer less probable is taken back. The
    search of a row ends when its score is 0, or when as many words were tried as the stage says. What is found is
    kept some hundred rows at a time, so that a stopped search goes on.
    """
    with context.workspace.working("perturb", stage.key) as folder:
        if context.workspace.done("perturb", stage.key):
            return
        started = time.monotonic()
        perturbation = context.registry.perturbation(stage.perturbation).given(context.plan.resources)
        table = context.rows(stage.task, stage.split, stage.language, stage.limit).table
        if stage.parse is not None:
            table = with_trees(table, stage.columns, context.table("parse", stage.parse, PARSES))
        judge = _judge(stage, network, data, tokenizer, context)
        seeker = _Seeker(table, stage, perturbation, data.format, judge)
        parts = []
        with context.progress.work(f"search {stage.task} {stage.language} {stage.label}", len(table)) as bar:
            for low in range(0, max(len(table), 1), ROWS):
                path = folder / f"searched-{low}.parquet"
                if not path.is_file():
                    aside = path.with_suffix(".tmp")
                    pq.write_table(seeker.found(range(low, min(low + ROWS, len(table)))), aside)
                    aside.replace(path)
                parts.append(path)
                bar.to(min(low + ROWS, len(table)))
        pq.write_table(pa.concat_tables(map(pq.read_table, parts)), folder / VARIANT, compression="zstd")
        for path in parts:
            path.unlink()
        context.workspace.commit("perturb", stage.identity, {"seconds": time.monotonic() - started})


def _judge(
    stage: SearchStage,
    network: Network,
    data: TaskData,
    tokenizer: PreTrainedTokenizerFast,
    context: Context,
) -> Judge:
    """Return what asks a checkpoint about rows."""
    shape, settings = data.format, data.settings.within(stage.language)
    inputs, weight = inputs_of(network.encoder, tokenizer), stage.metric + WEIGHT

    def judge(table: pa.Table) -> Judgement:
        encoded = shape.encode(table, tokenizer, settings)
        outputs = predict(network, data.slot, shape, encoded, inputs, context.accelerator, context.budget)
        decoded = shape.decode(outputs, encoded, table, settings)
        score = decoded[stage.metric].to_numpy().astype(np.float64)
        if weight in decoded.column_names:
            score = score / np.maximum(decoded[weight].to_numpy(), 1)
        return Judgement(shape.confidence(outputs, encoded, table, settings), score)

    return judge


@dataclass(frozen=True)
class _Word:
    """A word that can be disturbed: where it stands, and what it becomes."""

    column: str
    sentence: int
    token: int
    text: str


@dataclass
class _Item:
    """A row in search.

    Attributes:
        words: what can be disturbed, most important first when that is known.
        most: so many are tried at most.
        taken: what is disturbed; `outcome`: what the row is with it.
        confidence: what the model says of the row as it is, and `score`.
        queries: how often it was asked.
    """

    row: Mapping[str, Any]
    texts: Mapping[str, Passage]
    words: list[_Word]
    most: int
    confidence: float = 0.0
    score: float = 0.0
    taken: list[_Word] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Outcome)
    refused: bool = False
    queries: int = 0


class _Seeker:
    """A search through a table's rows.

    Args:
        table: clean rows, with the trees that the perturbation needs.
        judge: asks the model.
    """

    def __init__(
        self, table: pa.Table, search: SearchStage, perturbation: Perturbation, shape: Format, judge: Judge
    ) -> None:
        self.table, self.search, self.perturbation, self.shape = table, search, perturbation, shape
        self.judge, self.passages = judge, Passages(search.language, shape.passage)
        self.names = [name for name in table.column_names if not name.endswith(".conllu")]

    def found(self, rows: range) -> pa.Table:
        """Search rows; return what `disturb_table` does of them, and ``queries``: how often each was asked about."""
        items = [self._item(each) for each in self.table.slice(rows.start, len(rows)).to_pylist()]
        for item, confidence, score in self._asked([(item, item.row) for item in items]):
            item.confidence, item.score = confidence, score
        self._rank([item for item in items if item.score > 0 and item.most])
        for turn in range(max((item.most for item in items), default=0)):
            self._try(turn, [item for item in items if item.score > 0 and turn < item.most])
        return self._table(items)

    def _item(self, row: Mapping[str, Any]) -> _Item:
        texts: dict[str, Passage] = {}
        words: list[_Word] = []
        needs_tree = "parse" in self.perturbation.needs
        for column in self.search.columns:
            tree = row.get(f"{column}.conllu") if needs_tree else None
            texts[column] = self.passages.of(row[column] or "", tree)
            for place, sentence in enumerate(texts[column].sentences):
                if needs_tree and not sentence.parsed:
                    continue
                parts = (self.search.seed, self.perturbation.full_name, str(row["id"]), column, place)
                made = self.perturbation.reword(sentence, sentence.words, Random(number(*parts)))
                words += [_Word(column, place, token, text) for token, text in sorted(made.items())]
        share = max(1, int(self.search.intensity * len(words) + 0.5)) if self.search.intensity > 0 else 0
        most = min(self.search.words, share, len(words))
        return _Item(row, texts, words, most, outcome=Outcome(eligible=bool(words)))

    def _rank(self, items: Sequence[_Item]) -> None:
        """Put each row's words in the order of how much the model needs them."""
        falls: dict[int, list[float]] = {id(item): [0.0] * len(item.words) for item in items}
        asked: list[tuple[_Item, Mapping[str, Any]]] = []
        places = []
        for item in items:
            for place, word in enumerate(item.words):
                left = self._changed(item, [], without=word)
                if left is not None:
                    asked.append((item, left.new))
                    places.append(place)
        for place, (item, confidence, _) in zip(places, self._asked(asked), strict=True):
            falls[id(item)][place] = item.confidence - confidence
        for item in items:
            fall = falls[id(item)]
            order = sorted(range(len(fall)), key=lambda place, fall=fall: (-fall[place], place))  # type: ignore[misc]
            item.words = [item.words[place] for place in order]

    def _try(self, turn: int, items: Sequence[_Item]) -> None:
        """Disturb one more word of each row, and leave it so where that harms the model."""
        asked: list[tuple[_Item, Mapping[str, Any]]] = []
        outcomes = []
        for item in items:
            outcome = self._changed(item, [*item.taken, item.words[turn]])
            if outcome is None:
                item.refused = True
            elif outcome.touched:
                asked.append((item, outcome.new))
                outcomes.append(outcome)
        for outcome, (item, confidence, score) in zip(outcomes, self._asked(asked), strict=True):
            if (score, confidence) < (item.score, item.confidence):
                item.taken.append(item.words[turn])
                item.confidence, item.score, item.outcome = confidence, score, outcome

    def _changed(self, item: _Item, words: Sequence[_Word], without: _Word | None = None) -> Outcome | None:
        """Return a row with words disturbed, or with one left out; None where the row cannot bear it."""
        found = {name: _disturbed(name, text, words, without) for name, text in item.texts.items()}
        if any(source.text.strip() and not found[name].text.strip() for name, source in item.texts.items()):
            return None
        new = self.shape.carried(item.row, found)
        if new is None:
            return None
        every = found.values()
        return Outcome(
            new,
            eligible=True,
            touched=any(each.touched for each in every),
            char_edits=sum(each.char_edits for each in every) if words else 0,
            token_edits=sum(each.token_edits for each in every) if words else 0,
        )

    def _asked(
        self, asked: Sequence[tuple[_Item, Mapping[str, Any]]]
    ) -> Iterator[tuple[_Item, float, float]]:
        """Ask the model about rows with new values, and yield what it says of each."""
        for low in range(0, len(asked), ASKED):
            part = asked[low : low + ASKED]
            columns = {
                name: pa.array(
                    [new.get(name, item.row[name]) for item, new in part], self.table.schema.field(name).type
                )
                for name in self.names
            }
            judged = self.judge(pa.table(columns))
            for (item, _), confidence, score in zip(part, *map(np.ndarray.tolist, judged), strict=True):
                item.queries += 1
                yield item, confidence, score

    def _table(self, items: Sequence[_Item]) -> pa.Table:
        """Return the rows as `disturb_table` does, and how often the model was asked."""
        made: dict[str, pa.Array] = {"id": pa.array([str(item.row["id"]) for item in items], pa.string())}
        for name in self.shape.columns:
            if name in self.names:
                values = [item.outcome.new.get(name, item.row[name]) for item in items]
                made[name] = pa.array(values, self.table.schema.field(name).type)
        for name, kind in FURTHER.items():
            values = [getattr(item.outcome, name) for item in items]
            made[name] = pa.array(values, kind)
        made["refused"] = pa.array([item.refused and not item.outcome.touched for item in items], pa.bool_())
        made[QUERIES] = pa.array([item.queries for item in items], pa.int32())
        return pa.table(made)


def _disturbed(column: str, source: Passage, words: Sequence[_Word], without: _Word | None) -> Disturbed:
    rewrites = []
    for place, sentence in enumerate(source.sentences):
        texts = {word.token: word.text for word in words if (word.column, word.sentence) == (column, place)}
        if without is not None and (without.column, without.sentence) == (column, place):
            rewrites.append(
                Rewrite.of(sentence, [index for index in range(len(sentence)) if index != without.token])
            )
        else:
            rewrites.append(Rewrite.replace(sentence, texts) if texts else Rewrite.unchanged(sentence))
    parts = [source.gaps[0]]
    for gap, rewrite in zip(source.gaps[1:], rewrites, strict=True):
        parts += (rewrite.text, gap)
    text = "".join(parts)
    return Disturbed(text, True, text != source.text, source, tuple(rewrites))
