"""Templates of tests in many languages: the layout of MultiCheckList's file, and saying a case in a language.

The file is a table with tabs. Its first line names the languages; a language may have several columns, for
translations that depend on what is filled in, and then each is followed by ``<language>-placeholders``,
which lists the English fillers that the translation is for (empty: all). A line is ``Name`` (of a test),
``Capability``, ``Context``, ``Question``, ``Answer`` (of the question above it), or a word of the lexicon
that its first field names. A blank line ends a test. Slots: ``{first_name}`` a name, ``{adj[0]}`` the first
of the forms that a lexicon's cell holds, ``{p.p1}`` and ``{p.v1}`` a property and its value.

Source: Ruder et al. 2021 (arXiv 2104.07412), appendix on MultiCheckList, and its released generator.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from random import Random

from harness import HarnessError, number

SLOT = re.compile(r"\{(?:(?P<flag>\w):)?(?P<name>[A-Za-z_]+\d*|p\.[pv]\d)(?:\[(?P<form>\d)\])?\}")
NAME = re.compile(r"(first_name|male|female)\d*")
FORMS = re.compile(r"\s*[,，،၊]+\s*")
SENTENCE = re.compile(r"(?:^|[.!?]\s+)$")
LEXICONS = {"s": "state"}  # the slots that are not called as their lexicon is
ATTEMPTS = 2000

Span = tuple[str, int, int]


@lru_cache(maxsize=1 << 16)
def listed(phrase: str, items: tuple[str, ...]) -> bool:
    """Say whether a list of English fillers names `phrase`: a form of it, or its last word.

    ``a sofa, the sofa`` is named by ``the sofa`` and by ``sofa``, not by ``sofas``.
    """
    if "{" in phrase:  # a context stands for itself only
        return phrase in items
    forms = [form for form in FORMS.split(phrase) if form]
    last = {form.split()[-1] for form in forms}
    return any(item in forms or item.split()[-1] in last for item in items)


@dataclass(frozen=True)
class Variant:
    """One translation of a cell, and the English fillers that it is for (none: all)."""

    text: str
    listed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """A line of the file.

    Attributes:
        number: counted from 1.
        kind: its first field.
        english: its English text.
        cells: language to translations, none of them empty.
    """

    number: int
    kind: str
    english: str
    cells: Mapping[str, tuple[Variant, ...]]


@dataclass
class Test:
    """A test: its contexts, its questions with their answers, and its lexicons by name."""

    name: str
    line: int
    contexts: list[Line] = field(default_factory=list)
    questions: list[Line] = field(default_factory=list)
    answers: list[Line] = field(default_factory=list)
    lexicons: dict[str, list[Line]] = field(default_factory=dict)

    @cached_property
    def slots(self) -> set[str]:
        """The names of the slots in the English contexts, questions and answers."""
        lines = (*self.contexts, *self.questions, *self.answers)
        return {slot for line in lines for slot in _slots(line.english)}

    @cached_property
    def kinds(self) -> dict[str, list[str]]:
        """The English fillers by what they are: a lexicon's name, or ``context``."""
        known = {name: [line.english for line in lines] for name, lines in self.lexicons.items()}
        return {**known, "context": [line.english for line in self.contexts]}


@dataclass(frozen=True)
class Case:
    """What fills a test's slots, before any language says it.

    Attributes:
        names: slot of a name to the number of the name.
        words: slot (``adj``, ``p.v1``) to the lexicon's line.
    """

    names: Mapping[str, int]
    words: Mapping[str, Line]

    def fillers(self, context: Line | None, which: str = "1") -> dict[str, str]:
        """Return the English filler of each kind, where `which` numbers the property that is asked for."""
        found = {LEXICONS.get(slot, slot): line.english for slot, line in self.words.items()}
        if f"p.p{which}" in self.words:
            found["property"] = self.words[f"p.p{which}"].english
        if context is not None:
            found["context"] = context.english
        return found


@dataclass(frozen=True)
class Said:
    """A text in a language, and where its slots were filled: (slot, start, end) in characters."""

    text: str
    spans: tuple[Span, ...]


class Templates:
    """The tests of a template file.

    Attributes:
        tests: by name, in the file's order.
        languages: in the file's order, English first.
    """

    def __init__(self, text: str, origin: str) -> None:
        self.origin = origin
        rows = [line.rstrip("\r").split("\t") for line in text.removeprefix("\ufeff").split("\n")]
        self.columns = _columns(rows[0], origin)
        self.languages = tuple(self.columns)
        self.tests: dict[str, Test] = {}
        self._matches: dict[tuple[str, Variant], frozenset[str]] = {}
        for block in self._blocks(rows):
            test = self._test(block)
            if test.name in self.tests:
                raise self.error(test.line, f"a second test is named '{test.name}'")
            self.tests[test.name] = test
        if not self.tests:
            raise HarnessError(f"{origin}: no test in it", "Each test begins with a line `Name`.")
        self._shared_lexicons()
        for test in self.tests.values():
            self._check(test)

    def error(self, line: int, what: str, mend: str = "") -> HarnessError:
        """Return an error that names the file and the line."""
        return HarnessError(f"{self.origin}, line {line}: {what}", mend)

    def _blocks(self, rows: Sequence[Sequence[str]]) -> Iterator[list[Line]]:
        block: list[Line] = []
        for place, row in enumerate(rows[1:], start=2):
            if not any(cell.strip() for cell in row):
                if block:
                    yield block
                block = []
                continue
            if len(row) > len(rows[0]):
                raise self.error(place, f"{len(row)} fields, the first line has {len(rows[0])}")
            cells = {}
            for language, columns in self.columns.items():
                variants = [_variant(row, *pair) for pair in columns]
                cells[language] = tuple(variant for variant in variants if variant.text)
            if not row[0].strip():
                raise self.error(place, "its first field is empty")
            english = cells["en"][0].text if cells["en"] else ""
            block.append(Line(place, row[0].strip(), english, cells))
        if block:
            yield block

    def _test(self, block: Sequence[Line]) -> Test:
        first = block[0]
        if first.kind != "Name" or not first.english:
            raise self.error(first.number, f"'{first.kind}' where a test's `Name` was expected")
        test = Test(first.english, first.number)
        for line in block[1:]:
            if line.kind == "Name":
                raise self.error(line.number, "a test's `Name` without a blank line before it")
            if line.kind == "Context":
                test.contexts.append(line)
            elif line.kind == "Question":
                test.questions.append(line)
            elif line.kind == "Answer":
                test.answers.append(line)
                if len(test.answers) != len(test.questions):
                    raise self.error(line.number, "an `Answer` that follows no `Question`")
            elif line.kind != "Capability":
                test.lexicons.setdefault(line.kind, []).append(line)
        if not test.contexts or not test.questions or len(test.answers) != len(test.questions):
            raise self.error(
                first.number,
                f"test '{test.name}' has {len(test.contexts)} contexts, {len(test.questions)} questions and "
                f"{len(test.answers)} answers",
                "It needs a context, and an `Answer` after each `Question`.",
            )
        return test

    def _shared_lexicons(self) -> None:
        """Give each test the lexicons of the tests before it that it names and does not have."""
        before: dict[str, list[Line]] = {}
        for test in self.tests.values():
            for name in list(before):
                if name in {LEXICONS.get(slot, slot) for slot in test.slots}:
                    test.lexicons.setdefault(name, before[name])
            before |= test.lexicons

    def _check(self, test: Test) -> None:
        for line in (*test.contexts, *test.questions, *test.answers):
            for language, variants in line.cells.items():
                if not variants:
                    raise self.error(line.number, f"no {line.kind} in '{language}'")
                for variant in variants:
                    self._check_slots(test, line, language, variant.text)
        shared = set.intersection(*(_slots(context.english) for context in test.contexts))
        for line in test.answers:
            for language, variants in line.cells.items():
                for variant in variants:
                    if len(_slots(variant.text)) != 1 or not _slots(variant.text) <= shared:
                        raise self.error(
                            line.number,
                            f"the answer '{variant.text}' in '{language}' is no slot of every English context",
                        )
        if any(slot.startswith("p.") for slot in test.slots):
            for line in test.lexicons.get("property", ()):
                if line.english not in test.lexicons:
                    raise self.error(line.number, f"no lexicon of the property '{line.english}'")

    def _check_slots(self, test: Test, line: Line, language: str, text: str) -> None:
        rest = SLOT.sub("", text)
        if "{" in rest or "}" in rest:
            raise self.error(line.number, f"a brace that is no slot in '{language}': {text}")
        for found in SLOT.finditer(text):
            name = found["name"]
            lexicon = "property" if name.startswith("p.") else LEXICONS.get(name, name)
            if not NAME.fullmatch(name) and lexicon not in test.lexicons:
                raise self.error(line.number, f"slot {found[0]} in '{language}' has no lexicon '{lexicon}'")

    def choose(self, test: Test, line: Line, language: str, fillers: Mapping[str, str]) -> Variant | None:
        """Return the translation that is for these fillers, else one that is for all; None: there is none."""
        spare = None
        for variant in line.cells[language]:
            if not variant.listed:
                spare = spare or variant
                continue
            kinds = self._kinds(test, variant)
            if kinds and all(kind in fillers and listed(fillers[kind], variant.listed) for kind in kinds):
                return variant
        return spare

    def _kinds(self, test: Test, variant: Variant) -> frozenset[str]:
        """Return the kinds of filler that a translation's list names some of."""
        key = (test.name, variant)
        if key not in self._matches:
            self._matches[key] = frozenset(
                kind
                for kind, phrases in test.kinds.items()
                if any(listed(phrase, variant.listed) for phrase in phrases if phrase)
            )
        return self._matches[key]

    def draw(self, test: Test, language: str, names: int, *seed: object) -> Case:
        """Draw the fillers of a case, of `names` names: the first ones of `seed` that a language can say.

        Languages that can say the same fillers get the same case.
        """
        rng = Random(number(*seed))
        lacking: Line | None = None
        for _ in range(ATTEMPTS):
            case = _drawn(test, names, rng)
            lacking = self._lacking(test, case, language)
            if lacking is None:
                return case
        assert lacking is not None
        raise self.error(
            lacking.number,
            f"no translation in '{language}' for the fillers of test '{test.name}'",
            "Give it a translation without placeholders, or list the fillers that it is for.",
        )

    def _lacking(self, test: Test, case: Case, language: str) -> Line | None:
        """Return the first line that a language has no translation of for this case."""
        for place, line in enumerate(test.questions):
            if self.choose(test, line, language, case.fillers(None, _asked(test, place))) is None:
                return line
        for context in test.contexts:
            fillers = case.fillers(context)
            for line in (context, *case.words.values()):
                if self.choose(test, line, language, fillers) is None:
                    return line
        return None

    def say(
        self, test: Test, case: Case, language: str, names: Sequence[str]
    ) -> list[tuple[Said, str, list[str]] | None]:
        """Say a case: each context with each question, and the forms of its answer (templates, not filled).

        None stands for a context whose translation lacks a slot of the English one: it cannot be answered.
        """
        found: list[tuple[Said, str, list[str]] | None] = []
        for context in test.contexts:
            wanted = _slots(context.english)
            for place, (question, answer) in enumerate(zip(test.questions, test.answers, strict=True)):
                which = _asked(test, place)
                text = self._fill(test, context, case, language, names, context, "1")
                asked = self._fill(test, question, case, language, names, context, which)
                forms = [variant.text for variant in answer.cells[language]]
                forms += [
                    item for variant in answer.cells[language] for item in variant.listed if "{" in item
                ]
                whole = wanted <= {name for name, _, _ in text.spans}
                found.append((text, asked.text, forms) if whole else None)
        return found

    def _fill(
        self,
        test: Test,
        line: Line,
        case: Case,
        language: str,
        names: Sequence[str],
        context: Line,
        which: str,
    ) -> Said:
        fillers = case.fillers(context, which)
        chosen = self.choose(test, line, language, fillers)
        assert chosen is not None
        template = chosen.text
        text, spans, done = "", [], 0
        for slot in SLOT.finditer(template):
            text += template[done : slot.start()]
            done = slot.end()
            name = slot["name"]
            if NAME.fullmatch(name):
                value = names[case.names[name]]
            else:
                # a question asks for its own answer's property, also where a translation numbers it wrongly
                key = f"p.p{which}" if name.startswith("p.p") and line.kind == "Question" else name
                value = self._word(test, case.words[key], language, fillers, slot["form"])
                if slot["flag"] == "c" or SENTENCE.search(text):
                    value = _capitalised(value, language)
            spans.append((name, len(text), len(text) + len(value)))
            text += value
        return Said(text + template[done:], tuple(spans))

    def _word(
        self, test: Test, line: Line, language: str, fillers: Mapping[str, str], form: str | None
    ) -> str:
        chosen = self.choose(test, line, language, fillers)
        assert chosen is not None
        if form is None:
            return chosen.text
        text = chosen.text
        forms = [part for part in FORMS.split(text) if part]
        if len(forms) == 1:
            forms = text.split()  # Thai puts a space between the forms
        if int(form) >= len(forms):
            raise self.error(line.number, f"'{text}' in '{language}' has no form {int(form) + 1}")
        return forms[int(form)]


def _columns(header: Sequence[str], origin: str) -> dict[str, list[tuple[int, int | None]]]:
    """Return for each language its columns, and that of the placeholders beside each."""
    if header[0].strip() != "Field" or len(header) < 2 or header[1].strip() != "en":
        raise HarnessError(
            f"{origin}, line 1: it begins with '{' '.join(header[:2])}', not with 'Field', 'en'",
            "Give the official file, or one with its columns, separated by tabs.",
        )
    columns: dict[str, list[tuple[int, int | None]]] = {}
    for place, name in enumerate(header[1:], start=1):
        language, _, rest = name.strip().partition("-")
        if rest == "placeholders" and header[place - 1].strip() == language:
            columns[language][-1] = (place - 1, place)
        elif rest or not language:
            raise HarnessError(f"{origin}, line 1: column {place + 1} is named '{name}'")
        else:
            columns.setdefault(language, []).append((place, None))
    return columns


def _variant(row: Sequence[str], text: int, placeholders: int | None) -> Variant:
    given = row[placeholders] if placeholders is not None and placeholders < len(row) else ""
    items = tuple(item.strip() for item in given.split(",") if item.strip())
    return Variant(row[text].strip() if text < len(row) else "", items)


def _slots(text: str) -> set[str]:
    return {slot["name"] for slot in SLOT.finditer(text)}


def _asked(test: Test, question: int) -> str:
    """Return the number of the property that a question is about; 1 where it is about none."""
    found = re.search(r"\{p\.v(\d)\}", test.answers[question].english)
    return found[1] if found else "1"


def _drawn(test: Test, names: int, rng: Random) -> Case:
    slots = sorted(test.slots)
    people = [slot for slot in slots if NAME.fullmatch(slot)]
    words: dict[str, Line] = {}
    if any(slot.startswith("p.") for slot in slots):
        properties = test.lexicons["property"]
        # of two properties the earlier is named first, as in the released generator
        for place, chosen in enumerate(sorted(rng.sample(range(len(properties)), 2)), start=1):
            words[f"p.p{place}"] = properties[chosen]
            words[f"p.v{place}"] = rng.choice(test.lexicons[properties[chosen].english])
    for slot in slots:
        if slot not in words and slot not in people:
            words[slot] = rng.choice(test.lexicons[LEXICONS.get(slot, slot)])
    return Case(dict(zip(people, rng.sample(range(names), len(people)), strict=True)), words)


def _capitalised(text: str, language: str) -> str:
    """Return `text` with its first letter as a sentence begins; unicameral scripts stay as they are."""
    first = "İ" if text[:1] == "i" and language in ("tr", "az") else text[:1].title()
    return first + text[1:]
