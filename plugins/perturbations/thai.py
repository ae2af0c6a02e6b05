"""Which stretches of a Thai text are statements: no full stop ends them, and a space stands inside them as well."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import regex

_LINE = regex.compile(r"[^\n\r\x0b\x0c\x85\u2028\u2029]+")
# A space after ๆ or ฯ is spelling, no pause.
_PAUSE = regex.compile(r"(?<![ๆฯ\s])[ \u00a0]+(?=\p{Script=Thai})(?![ๆฯ])")
_WHOLE = regex.compile(r"[\p{L}\p{M}\p{N}\p{Pe}\p{Pf}\"']")
_LONGEST = 12  # signs of a word that is `open`


class _Words(NamedTuple):
    """Patterns for what stands at a pause, of ``thai_sentences.yaml``."""

    subjects: regex.Pattern[str]
    follows: regex.Pattern[str]
    open: regex.Pattern[str]
    verbs: regex.Pattern[str]


def statements(text: str) -> list[tuple[int, int]]:
    """Return where stretches of a text begin and end that are statements, each of a sentence or a clause.

    A stretch begins with a line, after two spaces or, after one, with a noun that is often a subject (not after a
    number, which it may be counted by); it ends with a line, at two spaces or before a conjunction. What begins or
    ends otherwise is left out, and so is what holds no verb.
    """
    words, found = _words(), []
    for line in _LINE.finditer(text):
        start = line.start() + len(line[0]) - len(line[0].lstrip(" \u00a0\ufeff"))
        for pause in _PAUSE.finditer(text, line.start(), line.end()):
            if words.open.search(text, max(start, pause.start() - _LONGEST), pause.start()):
                continue
            if pause.end() - pause.start() > 1 or words.follows.match(text, pause.end()):
                found.append((start, pause.start()))
                start = pause.end()
            elif (
                words.subjects.match(text, pause.end())
                and not text[pause.start() - 1 : pause.start()].isnumeric()
            ):
                start = pause.end()
        found.append((start, line.start() + len(line[0].rstrip())))
    return [
        (start, end)
        for start, end in found
        if words.follows.match(text, start) is None
        and words.verbs.match(text, start, end) is not None
        and words.open.search(text, max(start, end - _LONGEST), end) is None
        and _WHOLE.match(text, max(start, end - 1), end) is not None
    ]


@cache
def _words() -> _Words:
    import yaml

    path = Path(__file__).with_name("thai_sentences.yaml")
    lists = {name: value.split() for name, value in yaml.safe_load(path.read_text(encoding="utf-8")).items()}

    def one_of(name: str, form: str) -> regex.Pattern[str]:
        return regex.compile(form.format("|".join(sorted(lists[name], key=len, reverse=True))))

    return _Words(
        one_of("subjects", r"(?:{})"),
        one_of("follows", r"(?:{})"),
        one_of("open", r"(?:{})\Z"),
        one_of("verbs", r"(?:(?!ที่|ซึ่ง).)+?(?<!การ|ความ|ผู้|นัก|คน)(?:{})"),
    )
