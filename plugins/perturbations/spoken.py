"""Numbers as they are said in English."""

from __future__ import annotations

from collections.abc import Callable

import regex

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety"
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
_ORDINALS = {
    **{
        "one": "first",
        "two": "second",
        "three": "third",
        "five": "fifth",
        "eight": "eighth",
        "nine": "ninth",
    },
    "twelve": "twelfth",
}
_WHOLE = r"(?:[1-9]\d{0,2}(?:,\d{3})+|0|[1-9]\d{0,14})"


def said(text: str) -> str | None:
    """Return a number as it is said; None where it is not known how: codes, telephone numbers, ranges.

    Four digits from 1100 on are said as a year, as most of them are.
    """
    for pattern, say in _WAYS:
        match = pattern.fullmatch(text)
        if match is not None:
            return say(match)
    return None


def cardinal(number: int) -> str:
    """Return a number below 10**15 in words."""
    ones, tens = _ONES.split(), _TENS.split()
    if number < 20:
        return ones[number]
    if number < 100:
        return tens[number // 10] + (f" {ones[number % 10]}" if number % 10 else "")
    scale, name = next((scale, name) for scale, name in _SCALES if number >= scale)
    rest = f" {cardinal(number % scale)}" if number % scale else ""
    return f"{cardinal(number // scale)} {name}{rest}"


def _whole(match: regex.Match[str]) -> str:
    text = match.group()
    number = int(text.replace(",", ""))
    return _year(number) if len(text) == 4 and "," not in text else cardinal(number)


def _year(number: int) -> str:
    century, year = divmod(number, 100)
    if not (11 <= century <= 20) or 2000 <= number < 2010:
        return cardinal(number)
    if year == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {'oh ' if year < 10 else ''}{cardinal(year)}"


def _decimal(match: regex.Match[str]) -> str:
    whole, digits = match.groups()
    ones = _ONES.split()
    return f"{cardinal(int(whole.replace(',', '')))} point {' '.join(ones[int(digit)] for digit in digits)}"


def _ordinal(match: regex.Match[str]) -> str:
    *before, last = cardinal(int(match[1].replace(",", ""))).split(" ")
    ending = f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th"
    return " ".join([*before, _ORDINALS.get(last, ending)])


def _decade(match: regex.Match[str]) -> str:
    *before, last = _year(int(match[1])).split(" ")
    return " ".join([*before, f"{last[:-1]}ies" if last.endswith("y") else f"{last}s"])


def _time(match: regex.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    if minute == 0:
        return f"{cardinal(hour)} o'clock" if 1 <= hour <= 12 else f"{cardinal(hour)} hundred"
    return f"{cardinal(hour)} {'oh ' if minute < 10 else ''}{cardinal(minute)}"


_WAYS: tuple[tuple[regex.Pattern[str], Callable[[regex.Match[str]], str]], ...] = (
    (regex.compile(_WHOLE, regex.ASCII), _whole),
    (regex.compile(rf"({_WHOLE})\.(\d{{1,6}})", regex.ASCII), _decimal),
    (regex.compile(rf"({_WHOLE})(?:st|nd|rd|th)", regex.ASCII), _ordinal),
    (regex.compile(r"((?:1[1-9]|20)?[1-9]0|(?:1[1-9]|20)00)['’]?s", regex.ASCII), _decade),
    (regex.compile(r"([01]?\d|2[0-3]):([0-5]\d)", regex.ASCII), _time),
)
