"""Rows encoded once: kept in the workspace by what they are made of, and shared by models with the same tokenizer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from transformers import PreTrainedTokenizerFast

from harness.data.columns import is_list, whole
from harness.data.encoded import read_encoded, write_encoded
from harness.data.load import fingerprint
from harness.errors import HarnessError
from harness.execute.context import Context
from harness.formats import Encoded, Format, Settings
from harness.formats.base import joined
from harness.keys import key

KIND, FILE, CODE = "encoded", "encoded.arrow", 1
FEWEST = 500  # rows: fewer are encoded before a file is found


class Encodings:
    """What a tokenizer makes of rows.

    It lies in ``stages/encoded`` and may be deleted at any time; a file that is broken is made again.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, context: Context) -> None:
        self.tokenizer, self.context, self.workspace = tokenizer, context, context.workspace

    def of(
        self, table: pa.Table, shape: Format, settings: Settings, like: tuple[pa.Table, Encoded] | None = None
    ) -> Encoded:
        """Return the rows of a table encoded.

        Args:
            like: rows of which most may be the same ones in the same places, and what was made of them; what
                is the same is not tokenised again.
        """
        table = table.select([name for name in ("id", *shape.columns) if name in table.column_names])
        if table.num_rows < FEWEST or not self.tokenizer.is_fast:
            return self._make(table, shape, settings, like)
        identity = self._identity(table, shape, settings)
        stage_key = key(identity)
        found = self._kept(stage_key)
        if found is None:
            with self.workspace.working(KIND, stage_key) as folder:
                found = self._kept(stage_key)
                if found is None:
                    made = self._make(table, shape, settings, like)
                    write_encoded(made, folder / FILE)
                    facts = {"rows": table.num_rows, "tokens": len(made.tokens)}
                    self.workspace.commit(KIND, identity, facts)
                    found = self._kept(stage_key) or made
        return found

    def _identity(self, table: pa.Table, shape: Format, settings: Settings) -> Mapping[str, Any]:
        recipe = settings.recipe.model_dump(mode="json")
        uses = sorted(recipe) if shape.encodes_by is None else shape.encodes_by
        return {
            "kind": KIND,
            "code": CODE,
            "tokenizer": self._digest,
            "format": self.context.registry.format_identity(shape),
            "labels": list(settings.labels),
            "rule": settings.rule,
            "language": settings.language,
            "recipe": {name: recipe[name] for name in uses},
            "rows": fingerprint(table.drop_columns("id") if "id" in table.column_names else table),
        }

    @cached_property
    def _digest(self) -> str:
        return tokenizer_digest(self.tokenizer)

    def _kept(self, stage_key: str) -> Encoded | None:
        if not self.workspace.done(KIND, stage_key):
            return None
        try:
            self.workspace.read(KIND, stage_key)
            return read_encoded(self.workspace.place(KIND, stage_key) / FILE)
        except HarnessError:
            return None

    def _make(
        self, table: pa.Table, shape: Format, settings: Settings, like: tuple[pa.Table, Encoded] | None
    ) -> Encoded:
        if like is None:
            return shape.encode(table, self.tokenizer, settings)
        old, encoded = like
        changed = np.flatnonzero(differing(table, old))
        if not len(changed):
            return encoded
        fresh = shape.encode(table.take(pa.array(changed)), self.tokenizer, settings)
        # `joined` counts rows on from the last that has an item, which need not be the last there is
        missing = table.num_rows - 1 - int(encoded.row_of_item.max(initial=-1))
        both = joined([encoded, replace(fresh, rows=fresh.row_of_item + missing)])
        places = np.arange(table.num_rows)
        places[changed] = table.num_rows + np.arange(len(changed))
        return both.take(places)[0]


def differing(table: pa.Table, other: pa.Table) -> np.ndarray:
    """Say which rows of a table differ from those of another one with as many, [n] bool."""
    differ = np.zeros(table.num_rows, dtype=bool)
    for name in table.column_names:
        if name not in other.column_names:
            return np.ones(table.num_rows, dtype=bool)
        mine, its = whole(table[name]), whole(other[name])
        if not mine.equals(its):
            differ |= _unequal(mine, its)
    return differ


def _unequal(one: pa.Array, other: pa.Array) -> np.ndarray:
    try:
        texts = [_as_text(each) for each in (one, other)]
        unequal: np.ndarray = pc.not_equal(*texts).to_numpy(zero_copy_only=False).astype(bool)
        return unequal
    except pa.ArrowException:
        return np.ones(len(one), dtype=bool)


def _as_text(column: pa.Array) -> pa.Array:
    """Return a column with a text for each value, and one for a missing one."""
    if is_list(column.type):
        lists = column.cast(pa.list_(pa.string()))
        column = pc.binary_join(lists, "\x1f")
        counts = pc.list_value_length(lists).cast(pa.string())
        column = pc.binary_join_element_wise(
            counts, column, "\x1e", null_handling="replace", null_replacement="\x00"
        )
    return pc.fill_null(column.cast(pa.large_string()), "\x00")


def tokenizer_digest(tokenizer: PreTrainedTokenizerFast) -> str:
    """Return what stands for a tokenizer: the same for all that make the same tokens of any text."""
    import tokenizers

    backend = tokenizer.backend_tokenizer
    backend.no_truncation()  # set anew at each call, and no part of what the tokenizer is
    backend.no_padding()
    around = {
        "class": type(tokenizer).__name__,
        "inputs": list(tokenizer.model_input_names),
        "special": {name: str(value) for name, value in tokenizer.special_tokens_map.items()},
        "truncation_side": tokenizer.truncation_side,
        "tokenizers": tokenizers.__version__,
    }
    digest = hashlib.sha256(json.dumps(around, sort_keys=True).encode())
    digest.update(backend.to_str().encode())
    return digest.hexdigest()[:32]
