"""Token tagging: a label for every word of a sentence (parts of speech, named entities, supertags).

The first subword of a word carries its label, as in XTREME and in jiant (Phang et al. 2020). A word that the
tokenizer makes nothing of (a zero-width sign, a control character) is the unknown token, as in XTREME, so that no
label shifts. A sentence longer than ``max_length`` is cut between words into sequences that share nothing, as in
XTREME (utils_preprocess.py), and joined again when decoded; only a word longer than a sequence loses its end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import HarnessError
from harness.formats.base import (
    IGNORED,
    WEIGHT,
    Batch,
    Encoded,
    Format,
    Inputs,
    Settings,
    grid,
    offsets,
    ranges,
)
from harness.formats.entities import OUTSIDE, count_entities

if TYPE_CHECKING:
    import pyarrow as pa
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

    from harness.text import Disturbed, Passage

BACK_OFF = "|"
SEEN = 10
_MISSING = ("", "_")


@dataclass(frozen=True)
class _Words:
    """The words of a table, sentence after sentence.

    Attributes:
        texts: the different words.
        numbers: [words] int64, which of them each word is.
        starts: [rows + 1] int64; row i has the words ``starts[i]`` to ``starts[i + 1]``.
    """

    texts: list[str]
    numbers: np.ndarray
    starts: np.ndarray


@dataclass(frozen=True)
class _Pieces:
    """The subwords of the different words: word i has ``tokens[starts[i]:starts[i + 1]]``."""

    tokens: np.ndarray
    starts: np.ndarray


class TokenTagging(Format):
    """Cross-entropy over the labels of first subwords; scored by entity F1, accuracy and F1 of tokens.

    ``f1`` is the F1 of entities as seqeval counts them, which XTREME reports for parts of speech too.
    ``accuracy`` is the share of words with the right tag. ``token_f1`` is the F1 over words whose tag is not ``O``.
    A word whose tag is missing (null, empty or ``_``) has no loss and no score.

    Labels may be open: without ``Task.labels`` they are what `label_names` finds in the training rows. A tag
    ``A|B`` that is none of the labels counts as ``A``.
    """

    name = "token-tagging"
    columns = ("tokens", "tags")
    types: Mapping[str, str] = {"tokens": "texts", "tags": "labels"}
    texts = ("tokens",)
    groups = "tokens"
    metrics = ("f1", "accuracy", "token_f1")
    outputs = "token"
    alone = True
    encodes_by = ("max_length",)

    def text(self, value: Any, language: str) -> str:
        """Return the words joined as the language joins them."""
        from harness.text import Sentence

        return Sentence.pretokenised(value or [], language).text

    def passage(self, value: Any, language: str, conllu: str | None) -> Passage:
        """Return the words as one sentence with these words as its tokens; a tree must have the same ones."""
        from harness.text import Passage, Sentence, passage

        sentence = Sentence.pretokenised(value or [], language)
        if conllu is not None:
            parsed = passage(sentence.text, language, conllu)
            spans = [(token.start, token.end) for token in sentence.tokens]
            if len(parsed.sentences) == 1 and parsed.unparsed is None:
                (tree,) = parsed.sentences
                if not tree.offset and [(token.start, token.end) for token in tree.tokens] == spans:
                    return parsed
            reason = parsed.unparsed or "the parser's words are not the row's"
            return Passage(sentence.text, language, (replace(sentence, unparsed=reason),), reason)
        return Passage(sentence.text, language, (sentence,))

    def carried(self, row: Mapping[str, Any], disturbed: Mapping[str, Disturbed]) -> dict[str, Any] | None:
        """Return the new words with the tags that follow them; a word put in has none.

        None where an entity's words do not stand together in their order any more.
        """
        rewrite = disturbed["tokens"].rewrites[0]
        sources = [piece.source for piece in rewrite.pieces]
        if not together(row["tags"], sources):
            return None
        tags = [None if source is None else row["tags"][source] for source in sources]
        return {"tokens": [piece.text for piece in rewrite.pieces], "tags": tags}

    def label_names(self, table: pa.Table) -> tuple[str, ...]:
        """Return the labels of training rows, sorted, for a task that does not name its own.

        A tag ``A|B`` is one of them where it is seen ten times; ``A`` always is.
        """
        tags, _ = _listed(table, "tags")
        counts = Counter(tag for tag in tags.to_pylist() if tag is not None and tag not in _MISSING)
        often = {tag for tag, count in counts.items() if count >= SEEN or BACK_OFF not in tag}
        return tuple(sorted(often | {tag.partition(BACK_OFF)[0] for tag in counts}))

    def encode(self, table: pa.Table, tokenizer: PreTrainedTokenizerFast, settings: Settings) -> Encoded:
        """Encode words; ``words`` marks a word's number in its row on its first subword, ``labels`` its label.

        Elsewhere ``words`` is -1 and ``labels`` -100.
        """
        words = _words(table)
        before, after = _frame(tokenizer)
        room = max(settings.recipe.max_length - len(before) - len(after), 1)
        pieces = _pieces(words.texts, tokenizer, room)
        sizes = np.diff(pieces.starts)[words.numbers]
        first = _first_words(words.starts, sizes, room)
        lengths = np.add.reduceat(np.append(sizes, 0), first[:-1]) * (np.diff(first) > 0)
        starts = offsets(lengths + len(before) + len(after))
        tokens, inside = _framed(starts, before, after)
        tokens[inside] = pieces.tokens[ranges(pieces.starts, words.numbers)]
        heads = np.flatnonzero(inside)[offsets(sizes)[:-1]] if len(sizes) else np.zeros(0, dtype=np.int64)
        rows = np.searchsorted(words.starts, first[:-1], side="right") - 1
        empty = np.diff(first) == 0
        rows[empty] = np.flatnonzero(np.diff(words.starts) == 0)
        marks = np.full(len(tokens), -1, dtype=np.int32)
        marks[heads] = np.arange(len(sizes)) - np.repeat(words.starts[:-1], np.diff(words.starts))
        labels = np.full(len(tokens), IGNORED, dtype=np.int32)
        gold, _ = _gold(table, words, settings)
        labels[heads] = np.where((gold >= 0) & (gold < len(settings.labels)), gold, IGNORED)
        kinds = np.zeros(len(tokens), dtype=np.int8) if _has_types(tokenizer) else None
        return Encoded(tokens, starts, kinds, rows=rows, marks={"words": marks, "labels": labels})

    def collate(
        self, encoded: Encoded, items: np.ndarray, inputs: Inputs, rng: np.random.Generator | None
    ) -> Batch:
        """Pad, and add ``labels`` [s, t] int64: the label's number on a first subword, else -100."""
        import torch

        sequences = encoded.sequences(items)
        batch = inputs.pad(encoded, sequences)
        inside, places = grid(encoded, sequences)
        labels = np.full(inside.shape, IGNORED, dtype=np.int64)
        labels[inside] = encoded.marks["labels"][places]
        batch["labels"] = torch.from_numpy(labels)
        return batch

    def weight(self, batch: Batch) -> float:
        """Return the number of words with a label."""
        return float((batch["labels"] != IGNORED).sum())

    def head(self, encoder: PreTrainedModel, settings: Settings) -> torch.nn.Module:
        """Return dropout and a linear layer: logits [s, t, labels]."""
        from harness.engine.heads import TokenClassifier

        return TokenClassifier(encoder.config.hidden_size, len(settings.labels), settings.dropout)

    def loss(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Return the summed cross-entropy of the logits [s, t, labels] of first subwords."""
        import torch

        return torch.nn.functional.cross_entropy(
            logits.flatten(0, 1).float(), batch["labels"].flatten(), reduction="sum", ignore_index=IGNORED
        )

    def decode(self, outputs: np.ndarray, encoded: Encoded, table: pa.Table, settings: Settings) -> pa.Table:
        """Take each word's label with the highest logit [total tokens, labels]; tags are joined by blanks.

        A word without a gold tag is ``_`` in ``gold``.
        """
        import pyarrow as pa

        words = _words(table)
        heads = np.flatnonzero(encoded.marks["words"] >= 0)
        sequence = np.repeat(np.arange(len(encoded.widths)), encoded.widths)[heads]
        place = words.starts[encoded.row_of_item[sequence]] + encoded.marks["words"][heads]
        guesses = np.zeros(len(words.numbers), dtype=np.int64)
        guesses[place] = outputs[heads].argmax(axis=1)
        gold, names = _gold(table, words, settings)
        return pa.table(
            {
                "gold": _joined(gold, words.starts, names),
                "prediction": _joined(guesses, words.starts, names),
                **_scores(gold, guesses, words.starts, names),
            }
        )

    def trivial(self, table: pa.Table, settings: Settings) -> Mapping[str, float]:
        """Return the scores of the most frequent tag for every word."""
        import pyarrow as pa

        words = _words(table)
        gold, names = _gold(table, words, settings)
        counts = np.bincount(gold[gold >= 0], minlength=len(names))
        guesses = np.full(len(gold), counts.argmax(), dtype=np.int64)
        return self.score(pa.table(_scores(gold, guesses, words.starts, names)))


def together(tags: Sequence[str | None], sources: Sequence[int | None]) -> bool:
    """Say whether each entity (B-, then I- of its type) still is one stretch of `sources`, in order and whole.

    Neither may an entity that begins with I- come to follow another of its type, whose end it would be.
    """
    places = {source: place for place, source in enumerate(sources) if source is not None}
    for index, (before, tag) in enumerate(pairwise(tags)):
        if _continues(before, tag) and places.get(index + 1, -1) != places.get(index, -3) + 1:
            return False
    return not any(
        left is not None and right is not None and right != left + 1 and _continues(tags[left], tags[right])
        for left, right in pairwise(sources)
    )


def _continues(before: str | None, tag: str | None) -> bool:
    """Say whether a tag goes on with the entity of the tag before it."""
    if before is None or tag is None or before[:2] not in ("B-", "I-"):
        return False
    return tag.startswith("I-") and tag[2:] == before[2:]


def _listed(table: pa.Table, name: str) -> tuple[pa.Array, np.ndarray]:
    """Return the elements of a column of lists, and where each row's begin: [rows + 1] int64."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = table[name].combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    lengths = pc.fill_null(pc.list_value_length(column), 0)
    return pc.list_flatten(column).cast(pa.string()), offsets(lengths.to_numpy(zero_copy_only=False))


def _words(table: pa.Table) -> _Words:
    import pyarrow.compute as pc

    flat, starts = _listed(table, "tokens")
    coded = pc.fill_null(flat, "").dictionary_encode()
    return _Words(coded.dictionary.to_pylist(), coded.indices.to_numpy().astype(np.int64), starts)


def _gold(table: pa.Table, words: _Words, settings: Settings) -> tuple[np.ndarray, list[str]]:
    """Return the number of each word's tag, -1 where it is missing, and the names: the labels, then others."""
    import pyarrow.compute as pc

    flat, starts = _listed(table, "tags")
    uneven = np.flatnonzero(np.diff(starts) != np.diff(words.starts))
    if len(uneven):
        row = int(uneven[0])
        raise HarnessError(
            f"row {table['id'][row] if 'id' in table.column_names else row}: "
            f"{words.starts[row + 1] - words.starts[row]} tokens and {starts[row + 1] - starts[row]} tags",
            "Give every token of a row a tag; null where it has none.",
        )
    coded = pc.fill_null(flat, "").dictionary_encode()
    numbers = {name: number for number, name in enumerate(settings.labels)}
    found = []
    for tag in coded.dictionary.to_pylist():
        if tag in _MISSING:
            found.append(-1)
        elif tag not in numbers and tag.partition(BACK_OFF)[0] in numbers:
            found.append(numbers[tag.partition(BACK_OFF)[0]])
        else:
            found.append(numbers.setdefault(tag, len(numbers)))
    return np.array(found, dtype=np.int64)[coded.indices.to_numpy()], list(numbers)


def _has_types(tokenizer: PreTrainedTokenizerFast) -> bool:
    return "token_type_ids" in tokenizer.model_input_names


def _frame(tokenizer: PreTrainedTokenizerFast) -> tuple[np.ndarray, np.ndarray]:
    """Return the special tokens that stand before and after a sequence."""
    found: Any = tokenizer("a", return_special_tokens_mask=True)
    ids, special = np.array(found["input_ids"]), np.array(found["special_tokens_mask"], dtype=bool)
    inside = np.flatnonzero(~special)
    return ids[: inside[0]], ids[inside[-1] + 1 :]


def _pieces(texts: list[str], tokenizer: PreTrainedTokenizerFast, room: int) -> _Pieces:
    """Tokenise the different words, each alone, as a fast tokenizer does with words that are given apart."""
    if not texts:
        return _Pieces(np.zeros(0, dtype=np.int32), np.zeros(1, dtype=np.int64))
    # A byte-level tokenizer knows the beginning of a word by the blank before it.
    blank = " " if "add_prefix_space=False" in str(tokenizer.backend_tokenizer.pre_tokenizer) else ""
    found: Any = tokenizer(
        [blank + text for text in texts],
        add_special_tokens=False,
        return_attention_mask=False,
        return_token_type_ids=False,
        verbose=False,
    )
    unknown = [token for token in (tokenizer.unk_token_id, tokenizer.mask_token_id, 0) if token is not None]
    ids = [(pieces or unknown[:1])[:room] for pieces in found["input_ids"]]
    starts = offsets([len(pieces) for pieces in ids])
    tokens = np.fromiter((token for pieces in ids for token in pieces), dtype=np.int32, count=int(starts[-1]))
    return _Pieces(tokens, starts)


def _first_words(starts: np.ndarray, sizes: np.ndarray, room: int) -> np.ndarray:
    """Return the first word of each sequence, and the number of words; a row without words has one of none.

    A row is filled from the left: a word that has no room left begins the next sequence.
    """
    total = offsets(sizes)
    long = np.flatnonzero(total[starts[1:]] - total[starts[:-1]] > room)
    cuts = []
    for row in long:
        begin = int(starts[row])
        while total[starts[row + 1]] - total[begin] > room:
            begin = int(np.searchsorted(total, total[begin] + room, side="right")) - 1
            cuts.append(begin)
    return np.sort(np.concatenate([starts, np.array(cuts, dtype=np.int64)]), kind="stable")


def _framed(starts: np.ndarray, before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return sequences with their special tokens, [total] int32, and which tokens are left to fill, [total] bool."""
    tokens, inside = np.zeros(int(starts[-1]), dtype=np.int32), np.ones(int(starts[-1]), dtype=bool)
    for number, token in enumerate(before):
        tokens[starts[:-1] + number], inside[starts[:-1] + number] = token, False
    for number, token in enumerate(after):
        place = starts[1:] - len(after) + number
        tokens[place], inside[place] = token, False
    return tokens, inside


def _joined(tags: np.ndarray, starts: np.ndarray, names: list[str]) -> pa.Array:
    """Return each row's tags, joined by blanks."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pa.array([*names, "_"], pa.string()).take(pa.array(np.where(tags < 0, len(names), tags)))
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(starts, pa.int32()), texts), " ")


def _scores(
    gold: np.ndarray, guesses: np.ndarray, starts: np.ndarray, names: list[str]
) -> dict[str, pa.Array]:
    """Return the columns of the metrics and their weights; words without a gold tag are left out."""
    import pyarrow as pa

    count = len(starts) - 1
    graded = gold >= 0
    rows = np.repeat(np.arange(count), np.diff(starts))[graded]
    gold, guesses = gold[graded], guesses[graded]
    right = gold == guesses
    entities, predicted, there = count_entities(
        gold, guesses, offsets(np.bincount(rows, minlength=count)), names
    )
    outside = names.index(OUTSIDE) if OUTSIDE in names else -1
    named = (gold != outside).astype(np.int64) + (guesses != outside)

    def per_row(weights: np.ndarray) -> np.ndarray:
        return np.bincount(rows, weights=weights, minlength=count)

    columns = {
        "f1": 2 * entities,
        "f1" + WEIGHT: predicted + there,
        "accuracy": per_row(right),
        "accuracy" + WEIGHT: per_row(np.ones(len(rows))),
        "token_f1": per_row(2 * (right & (gold != outside))),
        "token_f1" + WEIGHT: per_row(named),
    }
    return {name: pa.array(values.astype(np.float32)) for name, values in columns.items()}
