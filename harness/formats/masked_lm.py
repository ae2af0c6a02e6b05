"""Masked language modelling on texts and on pairs of translations.

A row is a text, or a text and its translation read as one sequence: translation language modelling
(Conneau and Lample 2019, arXiv 1901.07291, section 3.4). A share of the tokens is chosen anew at every
step; of those 80% become the mask token, 10% a random one, 10% stay (Devlin et al. 2019, arXiv
1810.04805, section 3.1). Packed, the texts that have no translation are read one after the other, with a
separator between two, in sequences as long as may be (RoBERTa's FULL-SENTENCES: Liu et al. 2019, arXiv
1907.11692, section 4.2).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from harness.formats.base import IGNORED, Batch, Encoded, Format, Inputs, Settings, offsets, ranges
from harness.formats.pairing import Template, texts_of, tokenise_rows

if TYPE_CHECKING:
    import pyarrow as pa
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerFast


class MaskedLanguageModelling(Format):
    """Cross-entropy on masked tokens; selected by the negative loss."""

    name = "masked-lm"
    columns = ("text", "text_pair")
    texts = ("text",)
    optional = ("text_pair",)
    metrics = ("negative_loss",)
    predicts = False
    encodes_by = ("max_length", "packed")
    whole_vocabulary = True

    def encode(self, table: pa.Table, tokenizer: PreTrainedTokenizerFast, settings: Settings) -> Encoded:
        """Encode each pair as one sequence, and each text as one or, packed, many texts as one.

        A packed sequence is of the row whose text begins in it first, or goes on in it.
        """
        first, second = texts_of(table, "text"), texts_of(table, "text_pair")
        length = settings.recipe.max_length
        if not settings.recipe.packed:
            return Encoded(*tokenise_rows(tokenizer, first, second, length))
        alone = np.array([not text for text in second], dtype=bool)
        single, double = np.flatnonzero(alone), np.flatnonzero(~alone)
        packed, owners = _pack(tokenizer, [first[row] for row in single], length)
        if not len(double):
            return replace(packed, rows=single[owners])
        pairs = tokenise_rows(
            tokenizer, [first[row] for row in double], [second[row] for row in double], length
        )
        return _merged(packed, single[owners], Encoded(*pairs), double)

    def collate(
        self, encoded: Encoded, items: np.ndarray, inputs: Inputs, rng: np.random.Generator | None
    ) -> Batch:
        """Pad and mask; ``labels`` [b, t] holds the original token where one was chosen, else -100.

        ``chosen`` [n] int64 holds the numbers of those cells, counted row by row.
        """
        import torch

        batch = inputs.pad(encoded, encoded.sequences(items))
        rng = rng or np.random.default_rng(0)
        assert inputs.mask is not None
        ids = batch["input_ids"].numpy()
        free = batch["attention_mask"].numpy().astype(bool) & ~np.isin(ids, inputs.special)
        chosen = free & (rng.random(ids.shape) < inputs.masked)
        if not chosen.any() and free.any():
            chosen.flat[np.flatnonzero(free)[0]] = True
        labels = np.where(chosen, ids, IGNORED)
        fate = rng.random(ids.shape)
        random = rng.integers(0, inputs.vocabulary, ids.shape)
        ids = np.where(chosen & (fate < 0.8), inputs.mask, np.where(chosen & (fate >= 0.9), random, ids))
        batch["input_ids"], batch["labels"] = torch.from_numpy(ids), torch.from_numpy(labels)
        batch["chosen"] = torch.from_numpy(np.flatnonzero(chosen))
        return batch

    def weight(self, batch: Batch) -> float:
        """Return the number of chosen tokens."""
        return float(len(batch["chosen"]))

    def head(self, encoder: PreTrainedModel, settings: Settings) -> torch.nn.Module:
        """Return a transform and a projection tied to the input embeddings: logits of chosen tokens."""
        from harness.engine.heads import TiedLanguageModel

        return TiedLanguageModel(encoder)

    def loss(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Return the summed cross-entropy of logits [chosen tokens, vocabulary]."""
        import torch

        targets = batch["labels"].flatten()[batch["chosen"]]
        return torch.nn.functional.cross_entropy(logits.float(), targets, reduction="sum")

    def dev_scores(
        self, losses: float, terms: float, predictions: pa.Table | None, metric: str
    ) -> tuple[dict[str, float], float]:
        """Return ``loss`` in nats per chosen token and its negative, which selects."""
        mean = losses / max(terms, 1.0)
        return {"loss": mean, "negative_loss": -mean}, -mean


def _pack(
    tokenizer: PreTrainedTokenizerFast, texts: list[str], max_length: int
) -> tuple[Encoded, np.ndarray]:
    """Read texts one after the other in sequences of at most `max_length` tokens.

    Each sequence stands in the tokenizer's template for one text; a separator parts two texts of a
    sequence. Only the last sequence is shorter, or one that a separator would have ended or begun.

    Returns:
        the sequences, and the number of the text that each begins in, [sequences] int64.
    """
    before, after = Template.of(tokenizer, 1).special
    room = max(max_length - len(before) - len(after), 1)
    stream, text_of, parted = _stream(tokenizer, texts)
    pieces, owners, place = [], [], 0
    while place < len(stream):
        place += int(parted[place])
        end = min(place + room, len(stream))
        kept = end - int(parted[end - 1])
        pieces.append(np.concatenate([before, stream[place:kept], after]))
        owners.append(text_of[place])
        place = end
    widths = [len(piece) for piece in pieces]
    tokens = np.concatenate([*pieces, np.zeros(0, dtype=np.int32)]).astype(np.int32)
    typed = "token_type_ids" in tokenizer.model_input_names
    segments = np.zeros(len(tokens), dtype=np.int8) if typed else None
    return Encoded(tokens, offsets(widths), segments), np.array(owners, dtype=np.int64)


def _stream(
    tokenizer: PreTrainedTokenizerFast, texts: list[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the tokens of all texts with a separator between two, whose text each is, and which part texts."""
    found = (
        tokenizer(texts, add_special_tokens=False, return_attention_mask=False, verbose=False)
        if texts
        else {}
    )
    rows = [(number, ids) for number, ids in enumerate(found.get("input_ids", ())) if ids]
    separator = tokenizer.sep_token_id
    end = [] if separator is None else [separator]
    widths = [len(ids) + len(end) for _, ids in rows]
    total = max(sum(widths) - len(end), 0)
    stream = np.fromiter((token for _, ids in rows for token in (*ids, *end)), dtype=np.int32)[:total]
    parted = np.zeros(len(stream), dtype=bool)
    if end:
        parted[np.cumsum(widths[:-1], dtype=np.int64) - 1] = True
    return stream, np.repeat([number for number, _ in rows], widths)[:total], parted


def _merged(one: Encoded, rows_one: np.ndarray, two: Encoded, rows_two: np.ndarray) -> Encoded:
    """Return the sequences of both in the order of their rows."""
    rows = np.concatenate([rows_one, rows_two])
    order = np.argsort(rows, kind="stable")
    widths = np.concatenate([one.widths, two.widths])
    places = ranges(offsets(widths), order)
    typed = one.segments is not None and two.segments is not None
    segments = np.concatenate([one.segments, two.segments])[places] if typed else None
    tokens = np.concatenate([one.tokens, two.tokens])[places]
    return Encoded(tokens, offsets(widths[order]), segments, rows=rows[order])
