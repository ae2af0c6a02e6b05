"""Retrieval: translations (Tatoeba, BUCC), answers (LAReQA) and entities (Mewsli-X), found by vectors alone.

XTREME-R first trains the encoder on English pairs for LAReQA and Mewsli-X (of SQuAD, of Wikipedia) and on SQuAD
for Tatoeba; here the encoder is evaluated as it stands, after whatever intermediate training it had.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from harness import HarnessError, Task, hookimpl

# evaluate.py of google-research/xtreme; the paper's table has 33
TATOEBA_LANGUAGES = (
    "af", "ar", "bg", "bn", "de", "el", "es", "et", "eu", "fa", "fi", "fr", "he", "hi", "hu", "id", "it", "ja",
    "jv", "ka", "kk", "ko", "ml", "mr", "nl", "pt", "ru", "sw", "ta", "te", "th", "tl", "tr", "ur", "vi", "zh",
)  # fmt: skip
LAREQA_LANGUAGES = ("ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh")
MEWSLI_LANGUAGES = ("ar", "de", "en", "es", "fa", "ja", "pl", "ro", "ta", "tr", "uk")
# mewsli-x.md of google-research, version 20220518_6: entities, and mentions in the order of the languages
ENTITIES = 1_003_893
MENTIONS = {
    "dev": (318, 326, 316, 311, 72, 310, 304, 145, 312, 262, 315),
    "test": (1501, 1551, 1490, 1552, 458, 1519, 1562, 672, 1567, 1215, 1537),
}
Row = Mapping[str, Any]


def query(name: str, text: str, relevant: list[str], cluster: str = "") -> Row:
    """Return a row that asks; `relevant` names the rows whose candidates it should find."""
    return {"id": name, "cluster": cluster or name, "text": text, "text_pair": "", "relevant": relevant}


def candidate(name: str, text: str) -> Row:
    """Return a row that is there to be found."""
    return {"id": name, "cluster": name, "text": "", "text_pair": text, "relevant": []}


def found(path: Path, names: Iterable[str], task: Task) -> Path:
    """Return the first of `names` that is a file in `path`; raise HarnessError where none is."""
    names = list(names)
    for name in names:
        if (path / name).is_file():
            return path / name
    raise HarnessError(f"{task.name}: {path} has no file {' or '.join(names)}", task.folder_help)


class Bucc(Task):
    """Sentences of two languages, of which few are translations of each other, and the pairs that are.

    As in XTREME the shared task's sample is the dev split and its training set, whose pairs are public, the
    test split. The threshold comes from the dev split of the same language.
    """

    name = "bucc"
    format = "retrieval"
    languages = ("de", "fr", "ru", "zh")
    folder = "bucc2018"
    folder_help = (
        "Get https://comparable.limsi.fr/bucc2018/bucc2018-LL-en.sample-gold.tar.bz2 and -LL-en.training-gold.tar.bz2 "
        "for LL of de, fr, ru, zh, unpack them in one folder (they make bucc2018/LL-en), and give it with --data-dir."
    )
    scoring = "mining"
    metric = "f1"
    roles = ("target",)
    description = "translations mined among the sentences of two languages, by F1; raw files, from a folder"
    citation = "Zweigenbaum et al. 2018; Hu et al. 2020 (arXiv 2003.11080)"

    PARTS: Mapping[str, tuple[str, str]] = {"dev": ("sample", "dev"), "test": ("training", "test")}

    def read_folder(self, path: Path, split: str, language: str) -> Iterator[Row]:
        """Read ``LL-en.PART.LL``, ``.en`` (id and sentence) and ``.gold`` (two ids), all with tabs."""
        if split not in self.PARTS:
            return
        gold: dict[str, list[str]] = {}
        for source, target in self._lines(path, split, language, "gold"):
            gold.setdefault(source, []).append(target)
        for name, text in self._lines(path, split, language, language):
            yield query(name, text, gold.get(name, []))
        for name, text in self._lines(path, split, language, "en"):
            yield candidate(name, text)

    def row_count(self, split: str, language: str) -> int | None:
        """Say that there is no training split."""
        return None if split in self.PARTS else 0

    def _lines(self, path: Path, split: str, language: str, end: str) -> Iterator[tuple[str, str]]:
        names = [f"{language}-en.{part}.{end}" for part in self.PARTS[split]]
        file = found(path, [f"{place}{name}" for place in (f"{language}-en/", "") for name in names], self)
        with file.open(encoding="utf-8", newline="\n") as stream:
            for number, line in enumerate(stream, start=1):
                first, tab, second = line.rstrip("\r\n").partition("\t")
                if not tab:
                    if not first.strip():
                        continue
                    raise HarnessError(f"{file}, line {number}: no tab", self.folder_help)
                yield first.strip(), second.strip()


class Lareqa(Task):
    """XQuAD-R: questions in 11 languages, and the sentences of the paragraphs in all of them to answer from.

    A sentence stands with its paragraph, as XTREME-R encodes it. The same question has an answer in each
    language, and all of these are relevant.
    """

    name = "lareqa"
    format = "retrieval"
    languages = LAREQA_LANGUAGES
    folder = "lareqa"
    folder_help = (
        "Run `git clone https://github.com/google-research-datasets/lareqa` in a folder, and give that folder "
        "with --data-dir."
    )
    scoring = "map@20"
    metric = "map@20"
    roles = ("target",)
    description = "XQuAD-R: sentences that answer a question, among those of 11 languages; from a folder"
    licence = "CC-BY-SA-4.0"
    citation = "Roy et al. 2020 (arXiv 2004.05484)"

    def read_folder(self, path: Path, split: str, language: str) -> Iterator[Row]:
        """Read ``xquad-r/LL.json``: SQuAD's layout, with ``sentence_breaks`` in each paragraph."""
        if split != "test":
            return
        answers: dict[str, list[str]] = {}
        rows = []
        for other in self.languages:
            for number, paragraph in enumerate(self._paragraphs(path, other), start=1):
                context, breaks = paragraph["context"], paragraph["sentence_breaks"]
                sentences = [context[start:end] for start, end in breaks]
                names = [f"{other}:{number}:{place}" for place in range(len(sentences))]
                asked = False
                for question in paragraph["qas"]:
                    start = int(question["answers"][0]["answer_start"])
                    inside = next(
                        (i for i, (left, right) in enumerate(breaks) if left <= start < right), None
                    )
                    if inside is None:
                        continue  # the answer begins in no sentence: left out there, too
                    same = [
                        name for name, text in zip(names, sentences, strict=True) if text == sentences[inside]
                    ]
                    answers.setdefault(question["id"], []).extend(same)
                    asked = True
                    if other == language:
                        rows.append((question["id"], question["question"], f"paragraph:{number}"))
                if asked:
                    for name, text in zip(names, sentences, strict=True):
                        yield candidate(name, (text + context).replace("\n", ""))
        for name, text, cluster in rows:
            yield query(name, text, answers[name], cluster)

    def row_count(self, split: str, language: str) -> int | None:
        """Return the questions of a language and the sentences of all."""
        return 1190 + 13014 if split == "test" else 0

    def _paragraphs(self, path: Path, language: str) -> Iterator[Mapping[str, Any]]:
        file = found(path, [f"xquad-r/{language}.json", f"{language}.json"], self)
        for article in json.loads(file.read_text(encoding="utf-8"))["data"]:
            yield from article["paragraphs"]


class MewsliX(Task):
    """Mentions in news of 11 languages, and a million entities, each described in one of 50 languages.

    Texts are made as XTREME-R's baseline makes them: the mention, and its sentence with the mention in
    braces; the sentences of an entity's description.
    """

    name = "mewsli-x"
    format = "retrieval"
    languages = MEWSLI_LANGUAGES
    folder = "mewsli-x"
    folder_help = (
        "Run dense_representations_for_entity_retrieval/mel/get-mewsli-x.sh of github.com/google-research/"
        "google-research (it adds the text of the news), call its folder mewsli_x/output/dataset `mewsli-x`, and give "
        "the folder that this lies in with --data-dir."
    )
    scoring = "map@20"
    metric = "map@20"
    roles = ("target",)
    description = "entities that news of 11 languages mention, among a million; from a folder"
    licence = "CC-BY-SA-3.0 (Wikipedia), CC-BY-2.5 (Wikinews)"
    citation = "Ruder et al. 2021 (arXiv 2104.07412)"

    def read_folder(self, path: Path, split: str, language: str) -> Iterator[Row]:
        """Read ``wikinews_mentions-SPLIT.jsonl`` and ``candidate_set_entities.jsonl``."""
        if split not in MENTIONS:
            return
        entities = found(path, ["candidate_set_entities.jsonl"], self)
        mentions = found(path, [f"wikinews_mentions-{split}.jsonl"], self)
        for article in _objects(mentions):
            context = article["context"]
            if context["language"] != language:
                continue
            if not context["text"]:
                raise HarnessError(f"{mentions}: the news have no text", self.folder_help)
            for mention in article["mentions"]:
                yield query(
                    mention["example_id"],
                    marked(context["text"], context["sentence_spans"], mention["mention_span"]),
                    [mention["entity_id"]],
                    context["document_id"],
                )
        for entity in _objects(entities):
            text = entity["description"]
            sentences = (text[span["start"] : span["end"]] for span in entity["sentence_spans"])
            yield candidate(entity["entity_id"], on_one_line(" ".join(sentences)) or entity["title"])

    def row_count(self, split: str, language: str) -> int | None:
        """Return the mentions of a language and the entities."""
        if split not in MENTIONS:
            return 0
        return MENTIONS[split][self.languages.index(language)] + ENTITIES


def marked(text: str, sentences: Iterable[Mapping[str, int]], span: Mapping[str, Any]) -> str:
    """Return a mention, a colon, and its sentence in which it stands in braces.

    "Smith" in "The verdict came for Smith." -> "Smith: The verdict came for { Smith } ."
    """
    left, right = span["start"], span["end"]
    around = next(
        ((s["start"], s["end"]) for s in sentences if s["start"] <= left and right <= s["end"]),
        (0, len(text)),
    )
    before, after = (
        re.sub(r"\{(.*?)\}", r"(\1)", part) for part in (text[around[0] : left], text[right : around[1]])
    )
    mention = text[left:right]
    return on_one_line(f"{mention}: {before} {{ {mention} }} {after}")


def on_one_line(text: str) -> str:
    """Return a text with spaces for line breaks, and one for two."""
    return " ".join(text.splitlines()).replace("  ", " ").strip()


def _objects(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


@hookimpl
def harness_tasks() -> list[Task]:
    return [
        Task(
            name="tatoeba",
            format="retrieval",
            languages=TATOEBA_LANGUAGES,
            source="tatoeba",
            roles=("target",),
            scoring="accuracy",
            metric="accuracy",
            description="the English translation of a sentence, among up to 1,000; XTREME's 36 languages",
        ),
        Task(
            name="tatoeba-r",
            format="retrieval",
            languages=tuple(sorted((*TATOEBA_LANGUAGES, "az", "lt", "pl", "ro", "uk"))),
            source="tatoeba-r",
            roles=("target",),
            scoring="accuracy",
            metric="accuracy",
            description="the English translation of a sentence, among up to 1,000; XTREME-R's 41 languages",
        ),
        Bucc(),
        Task(
            name="bucc-pairs",
            format="retrieval",
            languages=Bucc.languages,
            source="bucc-pairs",
            roles=("target",),
            scoring="accuracy",
            metric="accuracy",
            description="BUCC's gold pairs alone, without the other sentences: not its F1, but accuracy as in Tatoeba",
        ),
        Lareqa(),
        MewsliX(),
    ]
