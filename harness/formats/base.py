"""Format: what a kind of task has in common, from its columns to its scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

    from harness.registry_schema import Recipe
    from harness.text import Disturbed, Passage

Batch = dict[str, "torch.Tensor"]
IGNORED = -100  # the label of a token that is not predicted, as torch's cross-entropy has it
WEIGHT = "/weight"
AT_ONCE = 8192  # texts that are tokenised in one call


@dataclass(frozen=True)
class Encoded:
    """Token sequences, one after the other, and which of them belong together.

    An *item* is what is trained on at once: one sequence, or several that must share a batch (the choices of
    a question). A *row* of the table may give several items (the windows of a long text).

    Attributes:
        tokens: [total] int32 token ids of all sequences.
        starts: [sequences + 1] int64; sequence i is ``tokens[starts[i]:starts[i + 1]]``.
        segments: [total] int8 token type ids, or None where the encoder has none.
        labels: [items] int64 label numbers, -1 where there is none; None where an item has no label.
        items: [items + 1] int64; item i has the sequences ``items[i]`` to ``items[i + 1]``; None: one each.
        rows: [items] int64, the table row of each item, not falling; None: item i is of row i.
        marks: what a format notes of each token, by name: arrays [total, ...] (targets, offsets).
        notes: what a format notes of each sequence, by name: arrays [sequences, ...].
    """

    tokens: np.ndarray
    starts: np.ndarray
    segments: np.ndarray | None = None
    labels: np.ndarray | None = None
    items: np.ndarray | None = None
    rows: np.ndarray | None = None
    marks: Mapping[str, np.ndarray] = field(default_factory=dict)
    notes: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self.starts) - 1 if self.items is None else len(self.items) - 1

    @cached_property
    def widths(self) -> np.ndarray:
        """[sequences] int64 tokens in each sequence."""
        return np.diff(self.starts)

    @cached_property
    def lengths(self) -> np.ndarray:
        """[items] int64 tokens of each item, padded to its longest sequence."""
        if self.items is None:
            return self.widths
        return np.maximum.reduceat(self.widths, self.items[:-1]) * np.diff(self.items)

    @cached_property
    def tokens_of_items(self) -> np.ndarray:
        """[items] int64 tokens of each item, without any padding."""
        return self.widths if self.items is None else np.add.reduceat(self.widths, self.items[:-1])

    @cached_property
    def row_of_item(self) -> np.ndarray:
        """[items] int64 the table row of each item."""
        return np.arange(len(self), dtype=np.int64) if self.rows is None else self.rows

    def subwords(self, count: int) -> np.ndarray:
        """Return the tokens that each of `count` table rows takes, [count] int64."""
        return np.bincount(self.row_of_item, weights=self.tokens_of_items, minlength=count).astype(np.int64)

    def sequences(self, items: np.ndarray) -> np.ndarray:
        """Return the numbers of the sequences of `items`, in that order."""
        return np.asarray(items, dtype=np.int64) if self.items is None else ranges(self.items, items)

    def take(self, rows: np.ndarray) -> tuple[Encoded, np.ndarray, np.ndarray]:
        """Return what the table rows `rows` hold, in that order; a row may come several times.

        Returns:
            the items as a new `Encoded` whose `rows` count from 0, and the numbers that its sequences and its
            tokens have here (to select outputs).
        """
        rows = np.asarray(rows, dtype=np.int64)
        edges = np.searchsorted(self.row_of_item, np.arange(int(rows.max(initial=-1)) + 2))
        items = ranges(edges, rows)
        counts = np.diff(edges)[rows]
        sequences = self.sequences(items)
        tokens = ranges(self.starts, sequences)
        return (
            Encoded(
                self.tokens[tokens],
                offsets(self.widths[sequences]),
                None if self.segments is None else self.segments[tokens],
                None if self.labels is None else self.labels[items],
                None if self.items is None else offsets(np.diff(self.items)[items]),
                np.repeat(np.arange(len(rows), dtype=np.int64), counts),
                {name: mark[tokens] for name, mark in self.marks.items()},
                {name: note[sequences] for name, note in self.notes.items()},
            ),
            sequences,
            tokens,
        )


def joined(parts: Sequence[Encoded]) -> Encoded:
    """Put encoded tables one after the other; rows are counted on."""
    if len(parts) == 1:
        return parts[0]
    rows, count = [], 0
    for part in parts:
        rows.append(part.row_of_item + count)
        count += int(part.row_of_item.max(initial=-1)) + 1
    first = parts[0]
    return Encoded(
        np.concatenate([part.tokens for part in parts]),
        offsets(np.concatenate([part.widths for part in parts])),
        None if first.segments is None else np.concatenate([_array(part.segments) for part in parts]),
        None if first.labels is None else np.concatenate([_array(part.labels) for part in parts]),
        None
        if first.items is None
        else offsets(np.concatenate([np.diff(_array(part.items)) for part in parts])),
        np.concatenate(rows),
        {name: np.concatenate([part.marks[name] for part in parts]) for name in first.marks},
        {name: np.concatenate([part.notes[name] for part in parts]) for name in first.notes},
    )


def _array(value: np.ndarray | None) -> np.ndarray:
    assert value is not None
    return value


def offsets(counts: np.ndarray | Sequence[int]) -> np.ndarray:
    """Return where stretches of these lengths begin, and the end of the last: [n + 1] int64."""
    starts = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=starts[1:])
    return starts


def ranges(starts: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the numbers from ``starts[i]`` to ``starts[i + 1]`` of all i in `wanted`, one after the other."""
    first, counts = starts[wanted], (starts[1:] - starts[:-1])[wanted]
    inside = np.arange(int(counts.sum()), dtype=np.int64)
    return np.asarray(inside + np.repeat(first - (np.cumsum(counts) - counts), counts))


@dataclass(frozen=True)
class Settings:
    """What a format is used with: the task's names, and the recipe's numbers.

    Attributes:
        labels: label names, in the order of the model's outputs.
        recipe: lengths, pooling, and what a format calls its own (``Format.uses``).
        language: code of the rows' language.
        rule: the task's ``scoring``: which official rule a format follows where there are several.
        dropout: probability in the head.
        calibration: what `calibrate` found on the dev rows; empty where nothing is calibrated.
    """

    labels: Sequence[str]
    recipe: Recipe
    language: str = "en"
    rule: str = ""
    dropout: float = 0.1
    calibration: Mapping[str, float] = field(default_factory=dict)

    def within(self, language: str, calibration: Mapping[str, float] | None = None) -> Settings:
        """Return the settings for rows in another language."""
        return replace(self, language=language, calibration=calibration or {})


class Format:
    """A kind of task. One instance each; no room outside harness.formats asks which one it is.

    Attributes:
        name: as in ``Task.format``.
        version: changed when encoding, head, loss or decoding change; part of every key.
        columns: canonical columns of its rows, besides ``id`` and ``cluster``.
        types: what a column holds, where it is no text: ``label`` (a label name), ``texts`` (a list of
            strings), ``labels`` (a list of label names), ``numbers`` (a list of integers), ``any`` (as it is).
        texts: the columns that perturbations may disturb.
        optional: columns that may be missing; a text among them may be empty.
        groups: the column whose value rows that are not independent share; "": each row stands alone.
        metrics: names of the scores that `decode` gives each row; the first is the main one.
        uses: fields of the recipe, besides ``max_length``, that change predictions.
        trains: whether it has a loss; a task of a format without one is evaluated as the encoder stands.
        predicts: whether rows have outputs, from which `decode` makes predictions.
        outputs: what has an output: each ``sequence`` or each ``token``.
        alone: whether a sequence's outputs depend on its own tokens alone, its head reading nothing of a batch
            but what the encoder reads. Those with the same tokens are then predicted once, without `collate`.
        encodes_by: fields of the recipe that `encode` reads; None: it may read any.
        whole_vocabulary: whether its batches or its head use other tokens than its rows have: masks drawn at
            random, a projection tied to the embeddings. In training, the table then stays whole.
    """

    name: str = ""
    version: int = 1
    columns: tuple[str, ...] = ()
    types: Mapping[str, str] = {}
    texts: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    groups: str = ""
    metrics: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    trains: bool = True
    predicts: bool = True
    outputs: Literal["sequence", "token"] = "sequence"
    alone: bool = False
    encodes_by: tuple[str, ...] | None = None
    whole_vocabulary: bool = False

    def label_names(self, table: pa.Table) -> tuple[str, ...]:
        """Return the labels of training rows, for a task that does not name its own (``Task.labels`` empty)."""
        return ()

    def encode(self, table: pa.Table, tokenizer: PreTrainedTokenizerFast, settings: Settings) -> Encoded:
        """Tokenise rows; `settings.recipe.max_length` bounds a sequence."""
        raise TypeError(f"format {self.name} encodes nothing")

    def collate(
        self, encoded: Encoded, items: np.ndarray, inputs: Inputs, rng: np.random.Generator | None
    ) -> Batch:
        """Build a padded batch of `items`.

        Returns:
            ``input_ids`` and ``attention_mask`` [s, t] int64 of the items' sequences, ``token_type_ids``
            where the encoder has them, and the format's own targets. `rng` draws what training draws
            (masks); None at prediction.
        """
        return inputs.pad(encoded, encoded.sequences(items))

    def weight(self, batch: Batch) -> float:
        """Return the number of terms in the batch's loss, by which the sum of losses is divided."""
        raise TypeError(f"format {self.name} has no loss")

    def head(self, encoder: PreTrainedModel, settings: Settings) -> torch.nn.Module:
        """Build the head: a module that maps (hidden [s, t, h], batch) to logits.

        An attribute ``layer`` names the layer whose hidden states it reads (0: the embeddings; None or
        none: the last); ``reads_first`` says that it reads the hidden states of first tokens only (`hidden`
        may then be [s, 1, h]), ``reads_embeddings`` that it reads the rows of the embedding table.
        """
        raise TypeError(f"format {self.name} has no head")

    def loss(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Return the sum (not the mean) of the losses of a batch, a scalar."""
        raise TypeError(f"format {self.name} has no loss")

    def calibrates(self, settings: Settings) -> bool:
        """Say whether `calibrate` is to be called with a language's dev rows before `decode`."""
        return False

    def calibrate(
        self, outputs: np.ndarray, encoded: Encoded, table: pa.Table, settings: Settings
    ) -> Mapping[str, float]:
        """Fit on a language's dev rows what `decode` finds in ``settings.calibration``."""
        return {}

    def examples(self, table: pa.Table) -> np.ndarray:
        """Say which rows are examples, [n] bool; others are there for them (candidates) and not graded."""
        return np.ones(table.num_rows, dtype=bool)

    def decode(self, outputs: np.ndarray, encoded: Encoded, table: pa.Table, settings: Settings) -> pa.Table:
        """Turn outputs into predictions and their scores.

        Args:
            outputs: [sequences, ...] or [total tokens, ...] float32, as `outputs` says.
            encoded: the rows of `table`, as `encode` made them.

        Returns:
            one row for each example of `table`, in order: ``gold`` and ``prediction`` (strings, ``gold``
            independent of the model), a float32 column for each of `metrics`, ``<metric>/weight`` where an
            example weighs other than 1 in it (the score over examples is the sum of the column over the
            sum of the weights), and what else the format tells (``probabilities``).
        """
        raise TypeError(f"format {self.name} predicts nothing")

    def confidence(
        self, outputs: np.ndarray, encoded: Encoded, table: pa.Table, settings: Settings
    ) -> np.ndarray:
        """Return the logarithm of each row's gold answer's probability, [n] float64; arguments as in `decode`.

        A search (``greedy:K:NAME``) disturbs the words without which it falls most.
        """
        raise TypeError(f"format {self.name} does not tell how probable an answer is")

    @property
    def tells_confidence(self) -> bool:
        """Whether `confidence` is told."""
        return type(self).confidence is not Format.confidence

    def trivial(self, table: pa.Table, settings: Settings) -> Mapping[str, float]:
        """Return for each metric the score on `table` of the best guess that does not understand its texts."""
        raise TypeError(f"format {self.name} has no trivial guess")

    def score(self, predictions: pa.Table) -> dict[str, float]:
        """Return the score of a prediction table in each metric."""
        return {name: ratio(predictions, name) for name in self.metrics}

    def dev_scores(
        self, losses: float, terms: float, predictions: pa.Table | None, metric: str
    ) -> tuple[dict[str, float], float]:
        """Return what is shown of an evaluation on dev, and the value that selects (larger is better)."""
        assert predictions is not None
        scores = self.score(predictions)
        return {"loss": losses / max(terms, 1.0), **scores}, scores[metric]

    def text(self, value: Any, language: str) -> str:
        """Return the value of one of `texts` as one text, which is what is parsed."""
        return value or ""

    def passage(self, value: Any, language: str, conllu: str | None) -> Passage:
        """Cut the value of one of `texts` into the sentences that are disturbed."""
        from harness.text import passage

        return passage(value or "", language, conllu)

    def carried(self, row: Mapping[str, Any], disturbed: Mapping[str, Disturbed]) -> dict[str, Any] | None:
        """Return the values of the columns that change when texts are disturbed; None where the row cannot bear it.

        Args:
            row: the row as it was.
            disturbed: what became of its text columns.
        """
        return {name: found.text for name, found in disturbed.items()}

    def untranslatable(self) -> str:
        """Say why its rows cannot be translated by machine; empty where they can."""
        kinds = set(self.types.values())
        if "labels" in kinds:
            return "every token has a label, and a translation has other tokens"
        if kinds & {"numbers", "any"}:
            return "its rows point into their texts, and a translation moves what they point at"
        return "" if self.trains else "it is not trained on"

    def to_translate(self, row: Mapping[str, Any]) -> list[str]:
        """Return the pieces of an English row that are translated, each on its own: its sentences, in order."""
        from harness.formats.translation import pieces

        return pieces(row, self._translated_columns())

    def translated(
        self, row: Mapping[str, Any], translations: Sequence[str], language: str
    ) -> dict[str, Any] | str:
        """Return the row in `language`, given the translations of `to_translate`; or why it is left out."""
        from harness.formats.translation import with_pieces

        return with_pieces(row, self._translated_columns(), translations, language)

    def _translated_columns(self) -> tuple[str, ...]:
        return tuple(name for name in self.columns if self.types.get(name, "texts") == "texts")


def ratio(predictions: pa.Table, metric: str) -> float:
    """Return the sum of a metric's column over the sum of its weights (over the rows where it has none)."""
    total = float(np.sum(predictions[metric].to_numpy().astype(np.float64)))
    if metric + WEIGHT not in predictions.column_names:
        return total / max(int(predictions.num_rows), 1)
    weight = float(np.sum(predictions[metric + WEIGHT].to_numpy().astype(np.float64)))
    return total / weight if weight else 0.0


@dataclass(frozen=True)
class Inputs:
    """What an encoder takes.

    Attributes:
        padding: the padding token's id; `mask` the mask token's, `special` those of all special tokens.
        segments: whether it has token type ids.
        vocabulary: number of tokens.
        masked: share of the tokens that masked language modelling predicts.
    """

    padding: int
    segments: bool
    mask: int | None = None
    special: tuple[int, ...] = ()
    vocabulary: int = 0
    masked: float = 0.15

    def pad(self, encoded: Encoded, sequences: np.ndarray) -> Batch:
        """Return ``input_ids``, ``attention_mask`` and, if the encoder has them, ``token_type_ids``: [s, t]."""
        import torch

        inside, places = grid(encoded, sequences)
        ids = np.full(inside.shape, self.padding, dtype=np.int64)
        ids[inside] = encoded.tokens[places]
        batch = {
            "input_ids": torch.from_numpy(ids),
            "attention_mask": torch.from_numpy(inside.astype(np.int64)),
        }
        if self.segments:
            types = np.zeros(inside.shape, dtype=np.int64)
            if encoded.segments is not None:
                types[inside] = encoded.segments[places]
            batch["token_type_ids"] = torch.from_numpy(types)
        return batch


def grid(encoded: Encoded, sequences: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where sequences lie in a padded batch.

    Returns:
        inside [s, t] bool, and the numbers of the tokens there, in the order of ``padded[inside]``: a mark is
        padded by ``padded[inside] = mark[places]``.
    """
    widths = encoded.widths[sequences]
    inside = np.arange(int(widths.max()))[None, :] < widths[:, None]
    return inside, ranges(encoded.starts, sequences)


def tokenise(
    tokenizer: PreTrainedTokenizerFast, first: list[str], second: list[str] | None, max_length: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Tokenise texts or pairs of texts, truncated to `max_length`, the longest text first.

    They are taken some thousands at once: what a tokenizer tells of a text takes a hundred times its tokens.

    Returns:
        tokens [total] int32, starts [n + 1] int64, segments [total] int8 or None.
    """
    parts = [
        _tokenise(tokenizer, first[low : low + AT_ONCE], second and second[low : low + AT_ONCE], max_length)
        for low in range(0, max(len(first), 1), AT_ONCE)
    ]
    if len(parts) == 1:
        return parts[0]
    typed = [types for _, _, types in parts if types is not None]
    return (
        np.concatenate([tokens for tokens, _, _ in parts]),
        offsets(np.concatenate([np.diff(starts) for _, starts, _ in parts])),
        np.concatenate(typed) if typed else None,
    )


def _tokenise(
    tokenizer: PreTrainedTokenizerFast, first: list[str], second: list[str] | None, max_length: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    wants_types = "token_type_ids" in tokenizer.model_input_names
    if not first:
        return np.zeros(0, np.int32), offsets([]), np.zeros(0, np.int8) if wants_types else None
    found: Any = tokenizer(
        first,
        second,
        truncation="longest_first",
        max_length=max_length,
        return_attention_mask=False,
        return_token_type_ids=wants_types,
        verbose=False,
    )
    ids = found["input_ids"]
    starts = offsets([len(row) for row in ids])
    tokens = np.fromiter((token for row in ids for token in row), dtype=np.int32, count=int(starts[-1]))
    if not wants_types:
        return tokens, starts, None
    types = (kind for row in found["token_type_ids"] for kind in row)
    return tokens, starts, np.fromiter(types, dtype=np.int8, count=int(starts[-1]))
