"""Made texts that perturbations are tried on: sentences and small trees in many languages, and hostile texts."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from harness.text import Passage, Sentence, passage

if TYPE_CHECKING:
    from harness.task import Task

_FOLDER = Path(__file__).parent
# No parser gives longer sentences: texts are parsed in stretches of this length.
_LONGEST = 5_000


@dataclass(frozen=True)
class Sample:
    """A text in a language, with its trees in CoNLL-U where it has any."""

    text: str
    language: str
    conllu: str | None = None

    def passage(self) -> Passage:
        """Return the text in sentences."""
        return passage(self.text, self.language, self.conllu)


@cache
def sentences() -> tuple[Sample, ...]:
    """Return the made texts: one to three in each of some sixty languages, without trees."""
    with (_FOLDER / "sentences.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return tuple(Sample(row["text"], row["language"]) for row in rows)


@cache
def trees() -> tuple[Sample, ...]:
    """Return made sentences with hand-made Universal Dependencies trees, in some twenty languages."""
    text = (_FOLDER / "trees.tsv").read_text(encoding="utf-8")
    return tuple(_tree(block.split("\n")) for block in text.strip().split("\n\n"))


def _tree(lines: Sequence[str]) -> Sample:
    language, _, text = lines[0].removeprefix("# ").partition("\t")
    rows, number = [], 0
    for line in lines[1:]:
        columns = line.split("\t")
        if len(columns) == 2:
            rows.append([*columns, *"_" * 8])
            continue
        number += 1
        form, lemma, upos, head, deprel, feats = columns
        rows.append([str(number), form, lemma, upos, "_", feats, head, deprel, "_", "_"])
    return Sample(text, language, _conllu(rows))


def made_rows(tasks: Sequence[Task], count: int) -> Iterator[Sample]:
    """Yield texts with gold trees from the tasks that make their rows with them, `count` of a language."""
    for task in tasks:
        if task.source is not None or not task.gold_trees:
            continue
        for language in task.languages:
            for row in islice(task.rows("dev", language), count):
                for name in row:
                    if name.endswith(".conllu"):
                        column = name.removesuffix(".conllu")
                        yield Sample(row[column], language, row[name])


HOSTILE: Mapping[str, str] = {
    "empty": "",
    "one letter": "a",
    "one sign": ".",
    "only signs": "?!... --- «»",
    "only white space": " \t\u00a0 \u3000",
    "right to left with marks": "\u200fهَذَا\u200f ، \u202bكِتَابٌ\u202c جَدِيدٌ.",
    "right to left and left to right": "קניתי iPhone 15 ב-3,500 ש״ח \u2067(GB 128)\u2069 אתמול.",
    "combining marks first": "\u0301\u0308abc de\u0301f \u0301 g\u0323\u0307h",
    "decomposed letters": "cafe\u0301 nai\u0308ve Tie\u0302\u0301ng Vie\u0323\u0302t in\u0303i\u0301go",
    "joined emoji": "I 👩‍👩‍👧‍👦 love 🇩🇪🇯🇵 1️⃣ ❤️🧑🏽‍💻s!",
    "zero width": "a\u200bb\u200cc \u200b \ufeffd\u2060e",
    "control characters": "a\x00b \x07c\x1cd\x1f e\x85f",
    "line breaks": "\n\nOne.\r\nTwo three.\u2028Four five\n",
    "lone surrogates": "a\ud800b \udc00 word\udfff.",
    "Zalgo": "Z̷̡̛͓͐a̶͎̿l̵̰͋g̸͙̈́o̴͚͝ t̷̨̛e̸͈͑x̶̯̚t",
    "conjuncts": "क्षत्रिय ज्ञान श्री क्‍ष र्‍य দ্বন্দ্ব శ్రీ ක්‍ෂ।",
    "jamo": "\u1112\u1161\u11ab\u1100\u1173\u11af 한글",
    "Thai without blanks": "กรุงเทพมหานครอมรรัตนโกสินทร์น้ำ",
    "rare planes": "𠮷野家 𝒜𝓫𝔠 𐌰𐌱 \U0010ffff \ufdd0",
    "casing": "ß ẞ ﬁ ŉ ǅ İı Iİ ΑΣ ος",
    "capitals": "NASA SAID NO TO McDonald's iPhone.",
    "numbers": "3.14 10:30 1,000 ٣٫٥ ½ ² Ⅷ 2019-ben",
    "addresses": "See https://a.example/b?c=d&e=f or x.y@z.example, #tag @me.",
    "quotation": '"«„‚(' + "a" + "»”“’)]",
}


@cache
def long_texts() -> Mapping[str, str]:
    """Return texts of 100,000 characters: one word, many words, many sentences, many marks."""
    return {
        "one long word": "a" * 100_000,
        "many words": "ab cd, " * 14_286,
        "many sentences": "One two three. Four, five! " * 3_704,
        "many marks": "a" + "\u0301" * 999 + (" e\u0301" * 33_000),
    }


def flat(text: str, language: str, *, deep: bool = False) -> Sample:
    """Return a text with trees of no sense: each token depends on the first, or on the one before it."""
    blocks = []
    for sentence in _short(text, language):
        tokens = [token for token in sentence.tokens if token.text.strip()]
        rows = []
        for number, token in enumerate(tokens):
            head = number if deep else min(number, 1)
            upos = "NOUN" if token.is_word else "PUNCT"
            deprel = "root" if head == 0 else "nmod" if token.is_word else "punct"
            form = token.text
            rows.append([str(number + 1), form, form, upos, "_", "_", str(head), deprel, "_", "_"])
        if rows:
            blocks.append(_conllu(rows))
    return Sample(text, language, "".join(blocks) or None)


def _short(text: str, language: str) -> Iterator[Sentence]:
    for sentence in passage(text, language).sentences:
        for start in range(0, len(sentence.text), _LONGEST):
            yield Sentence.plain(sentence.text[start : start + _LONGEST], language)


def _conllu(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join("\t".join(row) for row in rows) + "\n\n"
