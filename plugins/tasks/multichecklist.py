"""MultiCheckList: XTREME-R's six templated tests of question answering, in 50 languages.

The rows are made from the template file, which the user gives in a folder. As in the released generator, a
*case* fills a test's slots once and asks each of its questions of each of its contexts. A case's fillers are
the same in every language that has a translation for them; where one has none, it takes the case's next
draw. A row's id is ``test/case/number``, its cluster ``test/case``.

What is not as in the released generator: names are ours, men's in every test (the templates are in the
masculine); a translation is chosen by whole words of its list; of two properties each is asked by its own
name; and a context whose translation lost a slot (Gujarati, Azerbaijani) is left out, since it cannot be
answered. Other slips of the translations stay: Gujarati turns the comparison around.

Source: Ruder et al. 2021 (arXiv 2104.07412); CheckList: Ribeiro et al. 2020 (arXiv 2005.04118).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness_plugins.tasks.checklist_templates import SLOT, Case, Said, Templates, Test

from harness import HarnessError, Task, hookimpl

if TYPE_CHECKING:
    import pyarrow as pa

FILE = "checklist_templates.tsv"
# fmt: off
LANGUAGES = (
    "af", "ar", "az", "bg", "bn", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "gu", "ha", "he",
    "hi", "ht", "hu", "id", "it", "ja", "jv", "ka", "kk", "ko", "lt", "ml", "mr", "ms", "my", "nl", "pa",
    "pl", "pt", "qu", "ru", "sw", "ta", "te", "th", "tl", "tr", "uk", "ur", "vi", "wo", "yo", "zh",
)
# fmt: on
# The official file's names of tests, shortened.
SHORT = {
    "A is COMP than B. Who is more / less COMP?": "comparison",
    "Intensifiers (very, super, extremely) and reducers (somewhat, kinda, etc)?": "intensifiers",
    "size, shape, age, color": "properties",
    "Profession vs nationality": "profession",
    "Animal vs Vehicle": "animal-vehicle",
    "Animal vs Vehicle v2": "animal-vehicle-2",
}
ROWS_OF_A_CASE = 32  # questions times contexts, over the official file's six tests
LEFT_OUT = {"gu": 4, "az": 2}  # of them, in contexts that lost a slot in the translation
# Words at the edge of an answer that the official scoring leaves out: articles, and Tagalog's marker of names.
ARTICLES = {
    "af": ("’n",),
    "bn": ("একটি", "একজন"),
    "de": ("ein", "eine", "einen"),
    "el": ("Ο", "ένα", "μια"),
    "en": ("a", "an", "the"),
    "es": ("un", "una"),
    "eu": ("bat",),
    "fa": ("یک",),
    "fr": ("un", "une"),
    "hi": ("एक",),
    "hu": ("egy",),
    "it": ("un", "una"),
    "ml": ("ഒരു",),
    "mr": ("एक",),
    "nl": ("een",),
    "pa": ("ਇੱਕ", "ਇਕ"),
    "pt": ("um", "uma"),
    "ta": ("ஒரு",),
    "tl": ("Si",),
    "tr": ("bir",),
    "vi": ("một",),
    "yo": ("kan",),
}

Row = dict[str, Any]


class MultiCheckList(Task):
    """The tests as rows of span extraction.

    Attributes:
        cases: cases of each test; the official suites have 200.
        seed: seed of the draws. Both are part of every key.
    """

    name = "multichecklist"
    format = "span-extraction"
    languages = LANGUAGES
    train_on = "squad"
    roles = ("target",)
    metric = "exact_match"
    scoring = "squad"
    folder = "MultiCheckList"
    folder_help = (
        f"Put `{FILE}` there, from the folder multichecklist of github.com/google-research/xtreme. "
        "The rows are made of it."
    )
    description = "six templated tests of models trained on SQuAD: comparisons, properties, taxonomy"
    licence = "Apache-2.0"
    citation = "Ruder et al. 2021 (arXiv 2104.07412)"
    cases: int = 200
    seed: int = 0

    def options(self) -> Mapping[str, Any]:
        return {"cases": self.cases, "seed": self.seed}

    def row_count(self, split: str, language: str) -> int | None:
        if split != "test" or language not in self.languages:
            return 0
        return self.cases * (ROWS_OF_A_CASE - LEFT_OUT.get(language, 0))

    def read_folder(self, path: Path, split: str, language: str) -> list[Row]:
        """Make the rows from the template file in the folder `path`.

        Raises:
            HarnessError: there is no such file, or a line of it cannot be understood; the message names it.
        """
        if split != "test":
            return []
        file = path / FILE
        if not file.is_file():
            raise HarnessError(f"{self.name}: no file {FILE} in {path}", self.folder_help)
        templates = _templates(file, file.stat().st_mtime_ns)
        if language not in templates.languages:
            raise HarnessError(
                f"{file}: no column '{language}'", f"It has: {' '.join(sorted(templates.languages))}"
            )
        people = names(language)
        return [
            row
            for test in templates.tests.values()
            for number in range(self.cases)
            for row in _rows(
                templates,
                test,
                templates.draw(test, language, len(people), self.name, self.seed, test.name, number),
                f"{short(test.name)}/{number}",
                language,
                people,
            )
        ]


def short(name: str) -> str:
    """Return a test's name as ids begin with it."""
    return SHORT.get(name) or re.sub(r"\W+", "-", name.lower()).strip("-")


def names(language: str) -> Sequence[str]:
    """Return men's first names as a language writes them; name i is the same in every language.

    The template file has none. Its sentences are in the masculine where a language asks for a gender.
    """
    found = _names().get(language)
    if found is None:
        raise HarnessError(
            f"multichecklist has no names in '{language}'", f"It has: {' '.join(sorted(_names()))}"
        )
    return found


def error_rates(predictions: pa.Table) -> dict[str, dict[str, float]]:
    """Return how often each test fails, from a table of predictions with ``cluster`` and ``exact_match``.

    Returns:
        for each test the share of wrong answers, ``answers``, and the share of cases with at least one
        wrong answer, ``cases``, which is the official error rate (CheckList counts a case once).
    """
    wrong: dict[str, dict[str, list[bool]]] = {}
    clusters, scores = predictions["cluster"].to_pylist(), predictions["exact_match"].to_pylist()
    for cluster, score in zip(clusters, scores, strict=True):
        wrong.setdefault(cluster.partition("/")[0], {}).setdefault(cluster, []).append(score < 1)
    rates = {}
    for test, cases in wrong.items():
        answers = [answer for case in cases.values() for answer in case]
        rates[test] = {
            "answers": sum(answers) / len(answers),
            "cases": sum(any(case) for case in cases.values()) / len(cases),
        }
    return rates


@lru_cache(maxsize=1)
def _names() -> dict[str, list[str]]:
    text = files("harness_plugins.tasks").joinpath("multichecklist_names.tsv").read_text(encoding="utf-8")
    lines = [line.split("\t") for line in text.splitlines()[1:]]
    return {language: given.split(", ") for languages, given in lines for language in languages.split()}


@lru_cache(maxsize=2)
def _templates(file: Path, changed: int) -> Templates:
    try:
        text = file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise HarnessError(f"{file}: byte {error.start} is not UTF-8", "Save the file as UTF-8.") from error
    return Templates(text, str(file))


def _rows(
    templates: Templates, test: Test, case: Case, cluster: str, language: str, people: Sequence[str]
) -> Iterator[Row]:
    for place, said in enumerate(templates.say(test, case, language, people)):
        if said is None:
            continue
        context, question, forms = said
        start, end = _answer(context, forms)
        spans = [(start, end), *_without_article(context.text, start, end, language)]
        yield {
            "id": f"{cluster}/{place}",
            "cluster": cluster,
            "context": context.text,
            "question": question,
            "answers": [context.text[first:last] for first, last in spans],
            "answer_starts": [first for first, _ in spans],
        }


def _answer(context: Said, forms: Sequence[str]) -> tuple[int, int]:
    """Return where the answer lies in a context: its slot there, with the affixes that the answer asks for."""
    slots = []
    for form in forms:
        slot = SLOT.search(form)
        if slot is None:
            continue
        before, after = form[: slot.start()], form[slot.end() :]
        for name, start, end in context.spans:
            if name != slot["name"]:
                continue
            slots.append((start, end))
            if context.text[:start].endswith(before) and context.text[end:].startswith(after):
                return start - len(before), end + len(after.rstrip(" .,"))
    return slots[0]


def _without_article(text: str, start: int, end: int, language: str) -> Iterator[tuple[int, int]]:
    """Yield the span without a word at its edge that need not be answered."""
    for word in ARTICLES.get(language, ()):
        answer = text[start:end]
        if answer.startswith(word + " "):
            yield start + len(word) + 1, end
        elif answer.endswith(" " + word):
            yield start, end - len(word) - 1


@hookimpl
def harness_tasks() -> list[Task]:
    return [MultiCheckList()]
