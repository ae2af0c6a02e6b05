"""Span extraction: a question and a context in, a stretch of the context out (Devlin et al. 2019, arXiv 1810.04805).

A row is encoded as windows: the question, and as many subwords of the context as fit; two windows that follow
each other share ``stride`` subwords. A linear layer gives each token two logits, to be the answer's start and
to be its end. Trained on the cross-entropy of both over a window's tokens. A window that does not hold the
answer is kept in training, with its first token as start and end, which is also what says that there is no
answer at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.formats.answers import NO_ANSWER_RULES, grades
from harness.formats.base import IGNORED, Batch, Encoded, Format, Inputs, Settings
from harness.formats.best_spans import best_spans, null_threshold
from harness.formats.marked_spans import marked_pieces, with_marked_pieces
from harness.formats.windows import encode_windows
from harness.text.tokens import is_word, spans

if TYPE_CHECKING:
    import pyarrow as pa
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

    from harness.text import Disturbed

TRIVIAL_WORDS = 3


class SpanExtraction(Format):
    """Cross-entropy on start and end; scored by F1 and exact match under the task's rule."""

    name = "span-extraction"
    columns = ("context", "question", "answers", "answer_starts")
    types: Mapping[str, str] = {"answers": "texts", "answer_starts": "numbers"}
    texts = ("context", "question")
    groups = "context"
    metrics = ("f1", "exact_match")
    uses = ("stride", "answer_length", "best_answers")
    outputs = "token"
    alone = True
    encodes_by = ("max_length", "stride")

    def encode(self, table: pa.Table, tokenizer: PreTrainedTokenizerFast, settings: Settings) -> Encoded:
        """Encode each question with the windows of its context.

        The mark ``offsets`` [total, 2] int32 says which characters of the context a token stands for, -1
        where it stands for none. The notes ``start`` and ``end`` [sequences] int64 are the answer's first
        and last token, counted in the window; both 0 where the window does not hold it, both -100 where the
        row's answer is not in its context at all. A row with several answers is trained on the first.
        """
        return encode_windows(table, tokenizer, settings.recipe)

    def collate(
        self, encoded: Encoded, items: np.ndarray, inputs: Inputs, rng: np.random.Generator | None
    ) -> Batch:
        """Pad, and add ``start`` and ``end`` [s] int64."""
        import torch

        sequences = encoded.sequences(items)
        batch = inputs.pad(encoded, sequences)
        for name in ("start", "end"):
            batch[name] = torch.from_numpy(encoded.notes[name][sequences].astype(np.int64))
        return batch

    def weight(self, batch: Batch) -> float:
        """Return the number of windows with a target."""
        return float((batch["start"] != IGNORED).sum())

    def head(self, encoder: PreTrainedModel, settings: Settings) -> torch.nn.Module:
        """Return a linear layer on the last hidden states: logits [s, t, 2] of start and end."""
        from harness.engine.heads import SpanEnds

        return SpanEnds(encoder.config.hidden_size)

    def loss(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Return the summed mean of the cross-entropies of start and end, from logits [s, t, 2].

        The softmax is over a window's tokens, the question's among them, but not over its padding.
        """
        import torch

        padding = (batch["attention_mask"] == 0).unsqueeze(-1)
        scores = logits.float().masked_fill(padding, torch.finfo(torch.float32).min)
        parts = [
            torch.nn.functional.cross_entropy(
                scores[..., side], batch[name], reduction="sum", ignore_index=IGNORED
            )
            for side, name in enumerate(("start", "end"))
        ]
        return (parts[0] + parts[1]) / 2

    def calibrates(self, settings: Settings) -> bool:
        """Say whether questions may have no answer, so that a threshold is to be found."""
        return settings.rule in NO_ANSWER_RULES

    def calibrate(
        self, outputs: np.ndarray, encoded: Encoded, table: pa.Table, settings: Settings
    ) -> Mapping[str, float]:
        """Return ``null``: how far the null answer must lead on dev for the best F1."""
        best = best_spans(outputs, encoded, table.num_rows, settings.recipe)
        gold = _gold(table)
        answered, _ = grades(best.texts(table), gold, settings.rule, settings.language)
        silent, _ = grades([""] * table.num_rows, gold, settings.rule, settings.language)
        return {"null": null_threshold(best.lead, answered, silent)}

    def decode(self, outputs: np.ndarray, encoded: Encoded, table: pa.Table, settings: Settings) -> pa.Table:
        """Take the best span over a row's windows, or no answer where the rule knows such questions.

        A span's score is the sum of its start's and its end's logit; looked at are, in each window, the
        ``best_answers`` best starts and ends in the context. The null answer's score is that of the first
        token, in the window where it is lowest; it is taken where it leads the best span by more than
        ``settings.calibration["null"]``. ``gold`` joins the answers by `` | ``; ``logits`` holds the score of the
        best span and that of the null answer.
        """
        import pyarrow as pa

        best = best_spans(outputs, encoded, table.num_rows, settings.recipe)
        guesses = best.texts(table)
        if settings.rule in NO_ANSWER_RULES:
            threshold = settings.calibration.get("null", 0.0)
            guesses = [
                "" if lead > threshold else guess for lead, guess in zip(best.lead, guesses, strict=True)
            ]
        gold = _gold(table)
        f1, exact = grades(guesses, gold, settings.rule, settings.language)
        scores = np.stack([best.score, best.score + best.lead], axis=1)
        return pa.table(
            {
                "gold": pa.array([" | ".join(dict.fromkeys(answers)) for answers in gold], pa.string()),
                "prediction": pa.array(guesses, pa.string()),
                "f1": pa.array(f1.astype(np.float32)),
                "exact_match": pa.array(exact.astype(np.float32)),
                "logits": pa.array(list(scores.astype(np.float32)), pa.list_(pa.float32())),
            }
        )

    def confidence(
        self, outputs: np.ndarray, encoded: Encoded, table: pa.Table, settings: Settings
    ) -> np.ndarray:
        """Return the log-probability of each row's first answer, in the window where it is highest.

        It is that of its start times that of its end, each over the window's tokens, from logits [total, 2]. Where
        no window holds the answer it is that of no answer (the first token).
        """
        first, widths = encoded.starts[:-1], encoded.widths
        scores = outputs.astype(np.float64)
        top = np.maximum.reduceat(scores, first)
        sums = np.add.reduceat(np.exp(scores - np.repeat(top, widths, axis=0)), first)
        places = [np.maximum(encoded.notes[name].astype(np.int64), 0) for name in ("start", "end")]
        told = np.zeros(len(first))
        for side, place in enumerate(places):
            told += scores[first + place, side] - top[:, side] - np.log(sums[:, side])
        windows = np.searchsorted(encoded.row_of_item, np.arange(table.num_rows))
        held = places[0] > 0
        inside = np.maximum.reduceat(np.where(held, told, -np.inf), windows)
        none = np.minimum.reduceat(np.where(held, np.inf, told), windows)
        return np.where(np.isfinite(inside), inside, none)

    def carried(self, row: Mapping[str, Any], disturbed: Mapping[str, Disturbed]) -> dict[str, Any] | None:
        """Return the new texts, and the answers where they lie in the new context.

        None where an answer does not lie together any more. An answer whose letters were disturbed is then
        the disturbed letters: what the context holds is what can be extracted.
        """
        values: dict[str, Any] = {name: found.text for name, found in disturbed.items()}
        context = disturbed.get("context")
        if context is None or not context.touched or not row["answers"]:
            return values
        places = [
            context.spans.span(start, start + len(answer))
            for answer, start in zip(row["answers"], row["answer_starts"], strict=True)
        ]
        if any(place is None or place[0] == place[1] for place in places):
            return None
        found = [place for place in places if place is not None]
        values["answers"] = [context.text[start:end] for start, end in found]
        values["answer_starts"] = [start for start, _ in found]
        return values

    def untranslatable(self) -> str:
        """Return "": the answer is marked in the context that is translated, and found again by its marks."""
        return ""

    def to_translate(self, row: Mapping[str, Any]) -> list[str]:
        """Return the sentences of question and context, the answer marked; none where it cannot be."""
        return marked_pieces(row)

    def translated(
        self, row: Mapping[str, Any], translations: Sequence[str], language: str
    ) -> dict[str, Any] | str:
        """Return the row in `language` with its answer in place, or why it is left out."""
        return with_marked_pieces(row, translations, language)

    def trivial(self, table: pa.Table, settings: Settings) -> Mapping[str, float]:
        """Return the scores of the context's first three words, or of no answer, whichever are higher."""
        gold = _gold(table)
        leads = [_first_words(text, settings.language) for text in table["context"].to_pylist()]
        tried = [
            grades(guesses, gold, settings.rule, settings.language)
            for guesses in (leads, [""] * table.num_rows)
        ]
        return {
            name: max(float(scores[side].mean()) if len(scores[side]) else 0.0 for scores in tried)
            for side, name in enumerate(self.metrics)
        }


def _gold(table: pa.Table) -> list[list[str]]:
    """Return the gold answers of each row; an empty list where there are none."""
    return [answers or [] for answers in table["answers"].to_pylist()]


def _first_words(text: str, language: str) -> str:
    """Return the first words of a text, with what stands between them."""
    # so many characters hold that many words in any language, and cutting up a whole context takes long
    beginning = text[:400]
    words = [span for span in spans(beginning, language) if is_word(beginning[slice(*span)])][:TRIVIAL_WORDS]
    return text[words[0][0] : words[-1][1]] if words else ""
