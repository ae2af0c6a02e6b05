"""Encoded rows: kept by what they are made of, read without a copy, made again where they are broken."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from harness_plugins.models.encoders import HuggingFaceEncoder

from harness.data.encoded import read_encoded, write_encoded
from harness.errors import HarnessError
from harness.execute import encodings
from harness.execute.encodings import FILE, Encodings, differing, tokenizer_digest
from harness.formats import Encoded, Format, Settings, format_named
from harness.registry_schema import Recipe
from harness.workspace import Workspace

PAIR = format_named("pair-classification")


def using(**recipe: Any) -> Settings:
    return Settings(("yes", "no"), Recipe.model_validate({"max_length": 32, **recipe}))


def rows(count: int = 20, word: str = "red") -> pa.Table:
    return pa.table(
        {
            "id": [str(row) for row in range(count)],
            "premise": [f"{word} {row}" for row in range(count)],
            "hypothesis": ["house"] * count,
            "label": ["yes", "no"] * (count // 2),
        }
    )


def same(one: Encoded, other: Encoded) -> None:
    for name in ("tokens", "starts", "segments", "labels", "items", "row_of_item"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    for group in ("marks", "notes"):
        assert getattr(one, group).keys() == getattr(other, group).keys()
        for name, array in getattr(one, group).items():
            np.testing.assert_array_equal(array, getattr(other, group)[name])
            assert array.dtype == getattr(other, group)[name].dtype


@pytest.fixture
def encoder(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Encodings:
    monkeypatch.setattr(encodings, "FEWEST", 2)
    registry = SimpleNamespace(format_identity=lambda shape: [shape.name, shape.version])
    context: Any = SimpleNamespace(workspace=Workspace(tmp_path / "work"), registry=registry)
    return Encodings(HuggingFaceEncoder().tokenizer(tiny_model), context)


def files(encoder: Encodings) -> list[Path]:
    return sorted((encoder.workspace.folder / "stages" / "encoded").glob(f"*/{FILE}"))


class Counted(Format):
    """A format that counts how many rows it was given."""

    def __init__(self, shape: Format) -> None:
        self.shape, self.rows = shape, 0

    def __getattribute__(self, name: str) -> Any:
        if name in ("shape", "rows", "encode", "__class__"):
            return object.__getattribute__(self, name)
        return getattr(object.__getattribute__(self, "shape"), name)

    def encode(self, table: pa.Table, tokenizer: Any, settings: Settings) -> Encoded:
        self.rows += table.num_rows
        return self.shape.encode(table, tokenizer, settings)


def test_arrays_of_every_kind_are_read_as_they_were_written(tmp_path: Path) -> None:
    made = Encoded(
        np.arange(6, dtype=np.int32),
        np.array([0, 2, 2, 6]),
        np.array([0, 1, 0, 1, 0, 1], np.int8),
        np.array([1, -1]),
        np.array([0, 1, 3]),
        np.array([0, 4]),
        {"offsets": np.arange(12, dtype=np.int32).reshape(6, 2), "second": np.array([True, False] * 3)},
        {"side": np.array([0, 1, 1], np.int8), "none": np.zeros(0, np.float32)},
    )
    write_encoded(made, tmp_path / FILE)
    found = read_encoded(tmp_path / FILE)
    same(found, made)
    assert not found.tokens.flags.writeable
    assert not found.tokens.flags.owndata


def test_rows_are_encoded_once(encoder: Encodings) -> None:
    counted: Any = Counted(PAIR)
    first = encoder.of(rows(), counted, using())
    second = Encodings(encoder.tokenizer, encoder.context).of(rows(), counted, using())
    assert counted.rows == 20
    same(first, second)
    same(first, PAIR.encode(rows(), encoder.tokenizer, using()))
    assert len(files(encoder)) == 1


@pytest.mark.parametrize(
    ("table", "settings"),
    [(rows(word="blue"), using()), (rows(18), using()), (rows(), using(max_length=16))],
)
def test_what_changes_the_tokens_changes_the_key(
    encoder: Encodings, table: pa.Table, settings: Settings
) -> None:
    encoder.of(rows(), PAIR, using())
    same(encoder.of(table, PAIR, settings), PAIR.encode(table, encoder.tokenizer, settings))
    assert len(files(encoder)) == 2


def test_what_does_not_change_the_tokens_does_not_change_the_key(encoder: Encodings) -> None:
    encoder.of(rows(), PAIR, using(learning_rate=1e-3))
    encoder.of(rows().set_column(0, "id", pa.array(list(map(str, range(20, 40))))), PAIR, using())
    assert len(files(encoder)) == 1


def test_a_variant_tokenises_only_what_it_changed(encoder: Encodings) -> None:
    counted: Any = Counted(PAIR)
    clean = encoder.of(rows(), counted, using())
    texts = rows()["premise"].to_pylist()
    texts[3], texts[11] = "old old old", "a"
    variant = rows().set_column(1, "premise", pa.array(texts))
    found = encoder.of(variant, counted, using(), (rows(), clean))
    assert counted.rows == 22
    same(found, PAIR.encode(variant, encoder.tokenizer, using()))


def test_a_variant_of_rows_with_several_items_or_none_keeps_their_order(encoder: Encodings) -> None:
    shape, settings = format_named("retrieval"), using()
    table = pa.table(
        {"id": list("abcd"), "text": ["red", "", "old house", ""], "text_pair": ["", "x", "y", ""]}
    )
    variant = table.set_column(1, "text", pa.array(["red", "", "bird", ""]))
    clean = encoder.of(table, shape, settings)
    found = encoder.of(variant, shape, settings, (table, clean))
    same(found, shape.encode(variant, encoder.tokenizer, settings))


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_file_that_was_cut_off_is_made_again(encoder: Encodings, share: float) -> None:
    wanted = PAIR.encode(rows(), encoder.tokenizer, using())
    encoder.of(rows(), PAIR, using())
    (path,) = files(encoder)
    os.truncate(path, int(path.stat().st_size * share))
    with pytest.raises(HarnessError):
        read_encoded(path)
    same(encoder.of(rows(), PAIR, using()), wanted)
    same(read_encoded(path), wanted)


def test_few_rows_are_not_kept(encoder: Encodings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encodings, "FEWEST", 50)
    encoder.of(rows(), PAIR, using())
    assert not files(encoder)


def test_a_tokenizer_is_known_by_what_it_does_not_by_its_last_call(encoder: Encodings) -> None:
    tokenizer = encoder.tokenizer
    before = tokenizer_digest(tokenizer)
    tokenizer(["a b c"], truncation=True, max_length=4, padding=True)
    assert tokenizer_digest(tokenizer) == before
    tokenizer.add_tokens(["zzz"])
    assert tokenizer_digest(tokenizer) != before


def test_rows_that_differ_in_any_column_are_found() -> None:
    one = pa.table({"text": ["a", None, "c"], "tags": [["x", "y"], [], None], "starts": [[1], [2], [3]]})
    assert not differing(one, one).any()
    other = pa.table({"text": ["a", "", "c"], "tags": [["x y"], [], []], "starts": [[1], [2], [4]]})
    assert differing(one, other).tolist() == [True, True, True]
    assert differing(one.select(["text"]), one.select(["starts"])).all()
