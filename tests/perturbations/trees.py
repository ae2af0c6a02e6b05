"""Small trees written by hand, for tests."""

from __future__ import annotations

from harness.text import Sentence, passage


def tree(language: str, text: str, rows: str) -> Sentence:
    """Return a parsed sentence.

    A row for each word: form, part of speech, head (counted in words from 1), relation, then features
    (``Case=Nom|Number=Sing``) and lemma (``=go``) where they matter; rows are parted by semicolons. Words of one
    surface token follow ``token:`` in one row, parted by ``+``.
    """
    lines: list[str] = []
    number = 0
    for row in filter(None, map(str.strip, rows.split(";"))):
        surface, found, words = row.partition(" : ")
        parts = words.split(" + ") if found else [row]
        if found:
            lines.append("\t".join([f"{number + 1}-{number + len(parts)}", surface, *"________"]))
        for part in parts:
            number += 1
            lines.append(_line(number, part.split()))
    (sentence,) = passage(text, language, "\n".join(lines) + "\n\n").sentences
    assert sentence.parsed, sentence.unparsed
    return sentence


def _line(number: int, fields: list[str]) -> str:
    form, upos, head, relation, *rest = fields
    lemma = next((field[1:] for field in rest if field.startswith("=")), form.lower())
    feats = next((field for field in rest if not field.startswith("=")), "_")
    return "\t".join([str(number), form, lemma, upos, "_", feats, head, relation, "_", "_"])
