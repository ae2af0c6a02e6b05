"""Token tagging: parts of speech (UD-POS), named entities (PAN-X), and supertags as intermediate tasks."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from harness import HarnessError, Task, hookimpl

PARTS_OF_SPEECH = (
    "ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM",
    "PART", "PRON", "PROPN", "PUNCT", "SCONJ", "SYM", "VERB", "X",
)  # fmt: skip
ENTITIES = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")
UDPOS_LANGUAGES = (
    "af", "ar", "bg", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "he", "hi", "hu", "id", "it",
    "ja", "kk", "ko", "mr", "nl", "pt", "ru", "ta", "te", "th", "tl", "tr", "ur", "vi", "yo", "zh",
)  # fmt: skip
UDPOS_R_LANGUAGES = tuple(sorted((*UDPOS_LANGUAGES, "lt", "pl", "ro", "uk", "wo")))
PANX_LANGUAGES = tuple(sorted((*UDPOS_LANGUAGES, "bn", "jv", "ka", "ml", "ms", "my", "sw")))
PANX_R_LANGUAGES = tuple(sorted((*PANX_LANGUAGES, "az", "gu", "lt", "pa", "pl", "qu", "ro", "uk")))
CORE = frozenset({"nsubj", "csubj", "obj", "iobj", "ccomp", "xcomp"})
BRACKETS = {"-LRB-": "(", "-RRB-": ")", "-LCB-": "{", "-RCB-": "}", "-LSB-": "[", "-RSB-": "]"}
SECTIONS = {"train": [f"{number:02}" for number in range(2, 22)], "dev": ["00"], "test": ["23"]}
_LEAF = re.compile(r"<L (\S+) \S+ \S+ (\S+) \S+>")
_NAME = re.compile(r"^ID=(\S+)")


@hookimpl
def harness_tasks() -> list[Task]:
    return [
        Task(
            name="udpos",
            format="token-tagging",
            languages=UDPOS_LANGUAGES,
            labels=PARTS_OF_SPEECH,
            source="udpos",
            description="universal parts of speech in 33 languages, as in XTREME: all treebanks of UD 2.5",
        ),
        Task(
            name="udpos-r",
            format="token-tagging",
            languages=UDPOS_R_LANGUAGES,
            labels=PARTS_OF_SPEECH,
            source="udpos-r",
            description="universal parts of speech in 38 languages, as in XTREME-R: all treebanks of UD 2.7",
        ),
        Task(
            name="pan-x",
            format="token-tagging",
            languages=PANX_LANGUAGES,
            labels=ENTITIES,
            source="pan-x",
            description="people, organisations and places in Wikipedia, 40 languages, tagged by its links",
        ),
        Task(
            name="pan-x-r",
            format="token-tagging",
            languages=PANX_R_LANGUAGES,
            labels=ENTITIES,
            source="wikiann",
            description="PAN-X in the 48 languages of XTREME-R",
        ),
        CombinatoryCategories(),
        DependencySupertags(),
        DependencySupertagFiles(),
    ]


class CombinatoryCategories(Task):
    """Lexical categories of CCGbank: sections 02-21 train, 00 is dev, 23 test. Labels are those of training."""

    name = "ccg"
    format = "token-tagging"
    roles = ("intermediate",)
    folder = "CCGbank"
    folder_help = (
        "CCGbank is sold by the Linguistic Data Consortium (LDC2005T13). Give the folder that holds it: "
        "--data-dir DIR, with DIR/CCGbank/data/AUTO/02/wsj_0201.auto and so on. supertag-ud is a free stand-in."
    )
    metric = "accuracy"
    description = "CCG supertagging: the lexical category of each word in CCGbank, from a folder of your own"
    licence = "LDC User Agreement"
    citation = "Hockenmaier and Steedman 2007 (doi 10.1162/coli.2007.33.3.355)"

    def read_folder(self, path: Path, split: str, language: str) -> Iterable[Mapping[str, Any]]:
        """Return the sentences of a split's sections; brackets stand as themselves, not as -LRB-."""
        place = next(
            (each for each in (path / "data" / "AUTO", path / "AUTO", path) if _sections(each)), None
        )
        if place is None:
            raise HarnessError(f"{path} holds no sections of CCGbank (data/AUTO/02/*.auto)", self.folder_help)
        files = [file for section in SECTIONS[split] for file in sorted((place / section).glob("*.auto"))]
        return [row for file in files for row in _categories(file)]


class DependencySupertags(Task):
    """A free stand-in for CCG supertagging: a word's part of speech with its place in the dependency tree.

    A tag is ``UPOS|relation;core``: the relation to the head and the head's side (``<`` left, ``>`` right), then
    subjects, objects and clausal complements of the word with theirs: ``VERB|root;nsubj<,obj>``. Like a lexical
    category it says what a word combines with, and where. A tag that training sees less than ten times is the
    part of speech alone. These are no categories of CCG, and its scores are not CCG's.
    """

    name = "supertag-ud"
    format = "token-tagging"
    roles = ("intermediate",)
    source: str | None = "ud-ewt"
    metric = "accuracy"
    description = "supertags made of UD trees (English EWT): a free stand-in for CCG, not CCG"
    licence = "CC-BY-SA-4.0"
    citation = "Silveira et al. 2014 (LREC), Nivre et al. 2020 (arXiv 2004.10643)"

    def prepare(self, rows: pa.Table, split: str, language: str) -> pa.Table:
        """Make tags of the columns ``tokens``, ``upos``, ``head`` and ``deprel``."""
        names = _label_names(rows, "upos")
        made = []
        for row in rows.select(["tokens", "upos", "head", "deprel"]).to_pylist():
            parts = [names[part] if isinstance(part, int) else part for part in row["upos"]]
            made.append(_sentence(zip(row["tokens"], parts, row["head"], row["deprel"], strict=True)))
        texts = pa.list_(pa.string())
        return pa.table(
            {
                "tokens": pa.array([tokens for tokens, _ in made], texts),
                "tags": pa.array([tags for _, tags in made], texts),
            }
        )


class DependencySupertagFiles(DependencySupertags):
    """The same, from a treebank's own files: with another one under that name, from other trees."""

    name = "supertag-ud-files"
    source = None
    folder = "UD_English-EWT"
    folder_help = (
        "Give the treebank's files: --data-dir DIR, with DIR/UD_English-EWT/en_ewt-ud-train.conllu, "
        "en_ewt-ud-dev.conllu and en_ewt-ud-test.conllu (or .conllu.gz); they are at "
        "github.com/UniversalDependencies/UD_English-EWT."
    )
    description = "supertag-ud from CoNLL-U files in a folder of your own"

    def read_folder(self, path: Path, split: str, language: str) -> Iterable[Mapping[str, Any]]:
        """Return the sentences of a split's CoNLL-U files."""
        said = re.compile(rf"(?:^|[-_.]){split}(?:[-_.]|$)")
        files = [
            file
            for file in sorted(path.rglob("*"))
            if file.name.endswith((".conllu", ".conllu.gz")) and said.search(file.name)
        ]
        if not files:
            raise HarnessError(f"{path} holds no CoNLL-U file for the split {split}", self.folder_help)
        return [row for file in files for row in _trees(file)]


def supertags(words: Sequence[tuple[str, int, str]]) -> list[str]:
    """Return the tags of a sentence's words.

    Args:
        words: part of speech, number of the head (from 1; 0: none) and relation of each.
    """
    core: list[list[str]] = [[] for _ in words]
    for number, (_, head, relation) in enumerate(words, start=1):
        kind = relation.partition(":")[0]
        if kind in CORE and 0 < head <= len(words):
            core[head - 1].append(kind + ("<" if number < head else ">"))
    tags = []
    for number, (part, head, relation) in enumerate(words, start=1):
        side = "" if not head else "<" if head < number else ">"
        tags.append(f"{part}|{relation.partition(':')[0]}{side};{','.join(core[number - 1])}")
    return tags


def _sections(place: Path) -> bool:
    return any((place / section).is_dir() for sections in SECTIONS.values() for section in sections)


def _categories(file: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the sentences of an .auto file: a line that names one, and a line with its derivation."""
    name = file.stem
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        named = _NAME.match(line)
        if named:
            name = named[1]
        elif line.strip():
            leaves = _LEAF.findall(line)
            if not leaves:
                raise HarnessError(f"{file}:{number}: no derivation of CCGbank: {line[:60]!r}")
            yield {
                "id": name,
                "tokens": [BRACKETS.get(word, word) for _, word in leaves],
                "tags": [category for category, _ in leaves],
            }


def _trees(file: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the sentences of a CoNLL-U file."""
    content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    blocks = re.split(r"\n\s*\n", content.decode().replace("\r\n", "\n"))
    for place, block in enumerate(blocks):
        lines = block.split("\n")
        words = [line.split("\t") for line in lines if line and line[0] != "#"]
        short = next((word for word in words if len(word) < 8), None)
        if short is not None:
            raise HarnessError(f"{file}: not a line of CoNLL-U: {' '.join(short)[:60]!r}")
        tokens, tags = _sentence((word[1], word[3], word[6], word[7]) for word in words if word[0].isdigit())
        if tokens:
            named = next(
                (line.partition("=")[2].strip() for line in lines if line.startswith("# sent_id")), ""
            )
            yield {"id": named or f"{file.name}:{place}", "tokens": tokens, "tags": tags}


def _sentence(words: Iterable[tuple[str, str, Any, str]]) -> tuple[list[str], list[str]]:
    """Return forms and tags; a surface form that stands for several words has no head and is left out."""
    kept = [(form, part, int(head), relation) for form, part, head, relation in words if str(head).isdigit()]
    return [form for form, *_ in kept], supertags(
        [(part, head, relation) for _, part, head, relation in kept]
    )


def _label_names(rows: pa.Table, column: str) -> list[str]:
    """Return the names of a column's label numbers, as datasets keeps them in a table's schema."""
    told = json.loads((rows.schema.metadata or {}).get(b"huggingface", b"{}"))
    feature = told.get("info", {}).get("features", {}).get(column, {})
    while isinstance(feature, list) or "feature" in feature:
        feature = feature[0] if isinstance(feature, list) else feature["feature"]
    return list(feature.get("names", ()))
