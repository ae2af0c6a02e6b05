"""Translations of many texts in chunks that are kept on disk, so that stopped work goes on."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq

CHUNK = 1024
PATTERN = "chunk-*.parquet"


class Translator(Protocol):
    """Translates texts into one language."""

    def translate(self, texts: Sequence[str]) -> list[str | None]:
        """Return the translation of each text; None for one that could not be finished."""


def translate_all(
    texts: Sequence[str],
    translator: Translator,
    folder: Path,
    done: Callable[[int], None],
    chunk: int = CHUNK,
) -> dict[str, str | None]:
    """Translate texts chunk by chunk; a chunk that lies in `folder` is read, not made again.

    Args:
        texts: different texts, in an order that is the same every time.
        done: told how many are.
    """
    found = dict[str, str | None]()
    for number, low in enumerate(range(0, len(texts), chunk)):
        part = list(texts[low : low + chunk])
        path = folder / PATTERN.replace("*", f"{number:06d}")
        kept = _read(path, part)
        if kept is None:
            kept = translator.translate(part)
            _write(path, part, kept)
        found.update(zip(part, kept, strict=True))
        done(len(found))
    return found


def forget_chunks(folder: Path) -> None:
    """Remove the chunks that `translate_all` left in a folder."""
    for path in folder.glob(PATTERN):
        path.unlink()


def _read(path: Path, texts: list[str]) -> list[str | None] | None:
    """Return the translations that a file holds for exactly these texts; None otherwise."""
    if not path.is_file():
        return None
    table = pq.read_table(path)
    if table["text"].to_pylist() != texts:
        return None
    found: list[str | None] = table["translation"].to_pylist()
    return found


def _write(path: Path, texts: list[str], translations: Sequence[str | None]) -> None:
    table = pa.table(
        {"text": pa.array(texts, pa.string()), "translation": pa.array(translations, pa.string())}
    )
    aside = path.with_suffix(".tmp")
    pq.write_table(table, aside, compression="zstd")
    os.replace(aside, path)
