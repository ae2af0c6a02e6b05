"""Multiple choice: a context, perhaps a question, and any number of choices, of which one is right.

Each choice is read as a pair with the context and the question; a score comes out of each pair, and the loss is
the cross-entropy of the softmax over the scores of an item's choices.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import HarnessError
from harness.formats.base import Batch, Encoded, Format, Inputs, Settings, offsets
from harness.formats.pairing import Template, Texts, texts_of

if TYPE_CHECKING:
    import pyarrow as pa
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerFast


class MultipleChoice(Format):
    """Cross-entropy over the choices of an item, from one vector for each; scored by accuracy."""

    name = "multiple-choice"
    columns = ("context", "question", "choices", "label")
    types: Mapping[str, str] = {"choices": "texts", "label": "label"}
    texts = ("context", "question")
    optional = ("question",)
    groups = "context"
    metrics = ("accuracy",)
    uses = ("pooling",)
    alone = True
    encodes_by = ("max_length",)

    def encode(self, table: pa.Table, tokenizer: PreTrainedTokenizerFast, settings: Settings) -> Encoded:
        """Encode context and question against each choice, in the tokenizer's pair template.

        What is too long loses the start of its context first (its end, where the question is and where a story
        goes on, lies next to the choice), then of its question, and only then the end of its choice.
        """
        choices = [row or [] for row in table["choices"].to_pylist()]
        items = offsets([len(row) for row in choices])
        labels = _labels(table, np.diff(items))
        contexts, questions = texts_of(table, "context"), texts_of(table, "question")
        first = Texts.of(
            tokenizer,
            [f"{context} {asked}".strip() for context, asked in zip(contexts, questions, strict=True)],
        )
        second = Texts.of(tokenizer, [choice or "" for choice in chain.from_iterable(choices)])
        template = Template.of(tokenizer, 2)
        room = max(settings.recipe.max_length - len(template), 0)
        row = np.repeat(np.arange(len(choices)), np.diff(items))
        kept = np.minimum(second.counts, room)
        left = np.minimum(first.counts[row], room - kept)
        tokens, starts, segments = template.fill(
            [
                Texts(first.tokens, first.begins[row] + first.counts[row] - left, left),
                Texts(second.tokens, second.begins, kept),
            ]
        )
        typed = "token_type_ids" in tokenizer.model_input_names
        return Encoded(tokens, starts, segments if typed else None, labels, items)

    def collate(
        self, encoded: Encoded, items: np.ndarray, inputs: Inputs, rng: np.random.Generator | None
    ) -> Batch:
        """Pad, and add ``labels`` [b] int64 and ``choices`` [b, most choices] int64.

        They are the numbers of each item's sequences, then, where it has fewer, one that is no sequence's.
        """
        import torch

        assert encoded.labels is not None
        assert encoded.items is not None
        batch = inputs.pad(encoded, encoded.sequences(items))
        batch["labels"] = torch.from_numpy(encoded.labels[items])
        counts = np.diff(encoded.items)[items]
        inside = np.arange(int(counts.max()))[None, :] < counts[:, None]
        choices = np.full(inside.shape, int(counts.sum()), dtype=np.int64)
        choices[inside] = np.arange(int(counts.sum()))
        batch["choices"] = torch.from_numpy(choices)
        return batch

    def weight(self, batch: Batch) -> float:
        """Return the number of items."""
        return float(len(batch["labels"]))

    def head(self, encoder: PreTrainedModel, settings: Settings) -> torch.nn.Module:
        """Return pooling, a dense layer with tanh, and a linear layer: logits [sequences, 1]."""
        from harness.engine.heads import PooledClassifier

        return PooledClassifier(encoder.config.hidden_size, 1, settings.recipe.pooling, settings.dropout)

    def loss(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Return the summed cross-entropy of logits [sequences, 1], over the choices of each item."""
        import torch

        scores = torch.nn.functional.pad(logits.squeeze(1).float(), (0, 1), value=-torch.inf)[
            batch["choices"]
        ]
        return torch.nn.functional.cross_entropy(scores, batch["labels"], reduction="sum")

    def decode(self, outputs: np.ndarray, encoded: Encoded, table: pa.Table, settings: Settings) -> pa.Table:
        """Take the choice with the highest of an item's outputs [sequences, 1]; it is told by its number."""
        import pyarrow as pa

        assert encoded.items is not None
        probabilities = [
            _softmax(outputs[start:end, 0])
            for start, end in zip(encoded.items[:-1], encoded.items[1:], strict=True)
        ]
        gold = table["label"].to_pylist()
        guesses = [str(each.argmax()) for each in probabilities]
        right = [float(a == b) for a, b in zip(gold, guesses, strict=True)]
        return pa.table(
            {
                "gold": pa.array(gold, pa.string()),
                "prediction": pa.array(guesses, pa.string()),
                "accuracy": pa.array(right, pa.float32()),
                "probabilities": pa.array(probabilities, pa.list_(pa.float32())),
            }
        )

    def confidence(
        self, outputs: np.ndarray, encoded: Encoded, table: pa.Table, settings: Settings
    ) -> np.ndarray:
        """Return the log-probability of each item's right choice, from outputs [sequences, 1]."""
        assert encoded.items is not None
        assert encoded.labels is not None
        scores, first = outputs[:, 0].astype(np.float64), encoded.items[:-1]
        top = np.maximum.reduceat(scores, first)
        sums = np.add.reduceat(np.exp(scores - np.repeat(top, np.diff(encoded.items))), first)
        return np.asarray(scores[first + encoded.labels] - top - np.log(sums))

    def trivial(self, table: pa.Table, settings: Settings) -> Mapping[str, float]:
        """Return what is expected of a draw among the choices, or of the most frequent position if that is more."""
        import pyarrow.compute as pc

        if not table.num_rows:
            return {"accuracy": 0.0}
        drawn = float(np.mean(1.0 / pc.list_value_length(table["choices"]).to_numpy()))
        _, counts = np.unique(np.array(table["label"].to_pylist(), dtype=str), return_counts=True)
        return {"accuracy": max(drawn, float(counts.max() / table.num_rows))}


def _labels(table: pa.Table, counts: np.ndarray) -> np.ndarray:
    """Return the number of the right choice of each row, [n] int64; raise HarnessError where there is no such."""
    given = table["label"].to_pylist()
    labels = np.array([int(label) if label.isdecimal() else -1 for label in given], dtype=np.int64)
    wrong = np.flatnonzero((labels < 0) | (labels >= counts))
    if len(wrong):
        row = int(wrong[0])
        name = table["id"][row].as_py() if "id" in table.column_names else row
        raise HarnessError(
            f"row {name} says that choice '{given[row]}' is right and has {counts[row]}, numbered from 0",
            "Map the labels in the task's source: labels {'1': '0', '2': '1'}, say.",
        )
    return labels


def _softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max())
    return np.asarray(raised / raised.sum(), dtype=np.float32)
