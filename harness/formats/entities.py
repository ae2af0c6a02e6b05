"""Entities in sequences of tags, counted as seqeval 1.2.2 counts them in its default (conlleval's) mode.

A tag is a prefix, its first character, and a type, what follows the first hyphen after it. An entity begins at
``B`` and ``S``, at a change of type, and where ``I`` or ``E`` follow ``O``, ``E`` or ``S``: so an ``I`` needs no
``B`` before it. It ends before the next beginning, before ``O`` and after ``E`` and ``S``. Tags without a hyphen
follow the same letters: each run of equal parts of speech is an entity, but ``CCONJ`` and ``SCONJ`` share the
type ``CONJ``, every ``SCONJ`` stands alone (it begins with S), and a tag of one letter (``X``) has the type ``_``,
which ``O`` has too, so that it ends only where another type follows, and begins only where another went before.
XTREME's scores of parts of speech hold these peculiarities (google-research/xtreme, evaluate.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

OUTSIDE = "O"
_B, _I, _E, _S, _O, _DOT, _OTHER = range(7)
_PREFIXES = {"B": _B, "I": _I, "E": _E, "S": _S, "O": _O, ".": _DOT}


@dataclass(frozen=True)
class Entities:
    """Entities by the place where they are seen to end: the position after their last word.

    Positions count all words of all sentences and one more after each sentence.

    Attributes:
        ends: [positions] bool, whether an entity ends before that position.
        begins: [positions] int64, where the one that ends there began.
        types: [positions] int64, its type.
        sentences: [positions] int64, the sentence of each position.
    """

    ends: np.ndarray
    begins: np.ndarray
    types: np.ndarray
    sentences: np.ndarray


def find_entities(tags: np.ndarray, starts: np.ndarray, names: Sequence[str]) -> Entities:
    """Return the entities of sentences of tags.

    Args:
        tags: [words] numbers of tags in `names`.
        starts: [sentences + 1]; sentence i is ``tags[starts[i]:starts[i + 1]]``.
        names: tags by number; none may be empty.
    """
    prefixes, types = _parts((*names, OUTSIDE))
    counts = np.diff(starts)
    sentences = np.repeat(np.arange(len(counts)), counts + 1)
    padded = np.full(len(tags) + len(counts), len(names), dtype=np.int64)
    padded[np.arange(len(tags)) + np.repeat(np.arange(len(counts)), counts)] = tags
    prefix, kind = prefixes[padded], types[padded]
    before = np.concatenate([[_O], prefix])[: len(padded)]
    kind_before = np.concatenate([[-1], kind])[: len(padded)]
    changes = kind != kind_before
    ends = (
        np.isin(before, (_E, _S))
        | (np.isin(before, (_B, _I)) & np.isin(prefix, (_B, _S, _O)))
        | (~np.isin(before, (_O, _DOT)) & changes)
    )
    begins = (
        np.isin(prefix, (_B, _S))
        | (np.isin(before, (_E, _S, _O)) & np.isin(prefix, (_E, _I)))
        | (~np.isin(prefix, (_O, _DOT)) & changes)
    )
    latest = np.maximum.accumulate(np.where(begins, np.arange(len(padded)), 0)) if len(padded) else begins
    return Entities(ends, np.concatenate([[0], latest])[: len(padded)], kind_before, sentences)


def count_entities(
    gold: np.ndarray, predicted: np.ndarray, starts: np.ndarray, names: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return for each sentence how many entities are right, predicted and gold: three times [sentences] int64.

    An entity is right where one of the same type begins and ends at the same words.
    """
    theirs, ours = find_entities(gold, starts, names), find_entities(predicted, starts, names)
    right = theirs.ends & ours.ends & (theirs.begins == ours.begins) & (theirs.types == ours.types)
    return (
        _per_sentence(right, theirs.sentences, len(starts) - 1),
        _per_sentence(ours.ends, theirs.sentences, len(starts) - 1),
        _per_sentence(theirs.ends, theirs.sentences, len(starts) - 1),
    )


def _parts(names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return prefix and type of each tag, as numbers."""
    kinds: dict[str, int] = {}
    prefixes = [_PREFIXES.get(name[0], _OTHER) for name in names]
    types = [name[1:].partition("-") for name in names]
    numbers = [
        kinds.setdefault((after if hyphen else first) or "_", len(kinds)) for first, hyphen, after in types
    ]
    return np.array(prefixes, dtype=np.int64), np.array(numbers, dtype=np.int64)


def _per_sentence(chosen: np.ndarray, sentences: np.ndarray, count: int) -> np.ndarray:
    return np.bincount(sentences[chosen], minlength=count).astype(np.int64)
