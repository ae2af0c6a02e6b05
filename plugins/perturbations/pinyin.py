"""Chinese as it is typed: in pinyin without tones, from which an input method makes words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from math import log
from pathlib import Path
from typing import Any

import regex
from harness_plugins.perturbations.keyboards import neighbours
from harness_plugins.perturbations.word_noise import Slip, WordNoise

from harness import Sentence
from harness.text.writing import base

_PACKAGES = ("jieba", "opencc", "pypinyin")
_HAN = regex.compile(r"\p{Han}+")
# Regions that write in traditional characters, by the standard that they write in.
_STANDARDS = {"tw": "s2tw", "hk": "s2hk", "mo": "s2hk"}
_LONGEST = 8  # characters of a word
_OFFERED = 5  # words on the first page of an input method
_COMMON = 50  # how often a word stands in jieba's texts for an input method to offer it
# A light reading that is commoner than the first one in a dictionary.
_READINGS = {"地": "de"}
_INITIALS = (
    ("zh", "z"),
    ("ch", "c"),
    ("sh", "s"),
    ("n", "l"),
    ("z", "zh"),
    ("c", "ch"),
    ("s", "sh"),
    ("l", "n"),
)

Syllables = tuple[str, ...]


class Pinyin(WordNoise):
    """A Chinese word typed in pinyin and taken for another, the commonest of what the input method offers.

    Typed is pinyin without tones; what goes wrong is a neighbouring key, where a syllable comes of it; a sound
    that many speakers do not tell from another (zh/z, ch/c, sh/s, n/l, an/ang, en/eng, in/ing); or the choice
    among words of the same pinyin. Where no word has the pinyin, the character of one syllable is another.
    Words are those of jieba's dictionary, one for one in characters. Text in traditional characters stays so.

    他在银行工作。  ->  他再银行工作。
    """

    name = "pinyin"
    languages = ("zh",)
    description = "a Chinese word taken for another of the same or nearly the same pinyin"
    reference = (
        "errors in typed pinyin: Zheng, Li and Sun 2011 (CHIME, IJCAI); Jia and Zhao 2014 (ACL, P14-1142); wrong "
        "choices: NL-Augmenter (Dhole et al. 2021, arXiv 2112.02721), Chinese butter fingers; words of jieba, "
        "readings of pypinyin, characters of OpenCC"
    )

    def options(self) -> Mapping[str, Any]:
        return {name: _version(name) for name in (*_PACKAGES, "nlpaug")}

    def unserved(self, language: str) -> str | None:
        missing = [name for name in _PACKAGES if _version(name) is None]
        if base(language) == "zh" and missing:
            return f"{self.full_name} needs the packages {', '.join(missing)}: pip install 'transfer-harness[zh]'"
        return super().unserved(base(language))

    def written(self, sentence: Sentence) -> str:
        return f"zh-{_standard(sentence)}"

    def able(self, word: str) -> bool:
        return _HAN.fullmatch(word) is not None

    def slips(self, word: str, language: str) -> Sequence[Slip]:
        standard = language.removeprefix("zh-")
        plain = word if standard == "s" else _converted(word, "t2s")
        found = []
        for start, piece in _words(plain) if len(plain) == len(word) else ():
            old = word[start : start + len(piece)]
            for kind in _mistakes(piece):
                options = tuple(
                    new
                    for each in kind
                    if len(new := each if standard == "s" else _converted(each, standard)) == len(old)
                    and new != old
                )
                if options:
                    found.append(Slip(start, start + len(piece), options))
        return found


@dataclass(frozen=True)
class Words:
    """The words of jieba's dictionary.

    Attributes:
        weights: for each the logarithm of its share.
        unknown: that of a character that is none of them.
        offered: by pinyin the words that are offered, the commonest first.
        syllables: every syllable of theirs.
    """

    weights: Mapping[str, float]
    unknown: float
    offered: Mapping[Syllables, Sequence[str]]
    syllables: frozenset[str]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


@cache
def _dictionary() -> Words:
    spec = find_spec("jieba")  # not imported: what is needed is its list
    rows = (Path(spec.origin).parent / "dict.txt").read_text("utf-8") if spec and spec.origin else ""
    counts: dict[str, int] = {}
    for row in rows.splitlines():
        word, count, *_ = row.split(" ")
        if len(word) <= _LONGEST and _HAN.fullmatch(word):
            counts[word] = int(count)
    total = log(sum(counts.values()) or 1)
    offered: dict[Syllables, list[str]] = {}
    common = sorted(
        (word for word, count in counts.items() if count >= _COMMON), key=lambda word: (-counts[word], word)
    )
    for word in common:
        typed = _read(word)
        if typed and len(same := offered.setdefault(typed, [])) <= _OFFERED:
            same.append(word)
    weights = {word: log(count or 1) - total for word, count in counts.items()}
    syllables = frozenset(each for typed in offered for each in typed)
    return Words(weights, min(weights.values(), default=0.0) - 1, offered, syllables)


@cache
def _read(word: str) -> Syllables:
    """Return how a word is typed, a syllable for each character; () where that is not known."""
    from pypinyin import lazy_pinyin

    if word in _READINGS:
        return (_READINGS[word],)
    found = tuple(lazy_pinyin(word))
    known = len(found) == len(word) and all(each.isascii() and each.isalpha() for each in found)
    return found if known else ()


def _words(text: str) -> Iterator[tuple[int, str]]:
    """Yield the likeliest words of a text of Chinese characters, each with where it begins."""
    weights, unknown = _dictionary().weights, _dictionary().unknown
    best, ends = [0.0] * (len(text) + 1), [0] * len(text)
    for start in range(len(text) - 1, -1, -1):
        longest = min(len(text), start + _LONGEST)
        best[start], ends[start] = max(
            (weights.get(text[start:end], unknown if end == start + 1 else -1e9) + best[end], end)
            for end in range(start + 1, longest + 1)
        )
    start = 0
    while start < len(text):
        yield start, text[start : ends[start]]
        start = ends[start]


@cache
def _mistakes(word: str) -> tuple[tuple[str, ...], ...]:
    """Return the words that a word is taken for: of the same pinyin, after a wrong key, of a near sound."""
    syllables = _read(word)
    if not syllables:
        return ()
    same = _instead(word, [syllables], _OFFERED)
    if not same:
        same = [
            word[:place] + other + word[place + 1 :]
            for place, syllable in enumerate(syllables)
            for other in _instead(word[place], [(syllable,)], 1)
        ]
    return tuple(tuple(found) for found in (same, _retyped(word, _slipped), _retyped(word, _near)) if found)


def _retyped(word: str, instead: Callable[[str], Sequence[str]]) -> list[str]:
    """Return the words that come of one syllable typed otherwise, or else with a character of that syllable."""
    syllables = _read(word)
    changed = [
        (place, other)
        for place, syllable in enumerate(syllables)
        for other in instead(syllable)
        if other in _dictionary().syllables
    ]
    whole = [(*syllables[:place], other, *syllables[place + 1 :]) for place, other in changed]
    found = _instead(word, whole, 1)
    if found or len(word) == 1:
        return found
    return [
        word[:place] + character + word[place + 1 :]
        for place, other in changed
        for character in _instead(word[place], [(other,)], 1)
    ]


def _instead(word: str, typed: Sequence[Syllables], count: int) -> list[str]:
    """Return the first words offered for each of what is typed, the word itself left out."""
    offered = _dictionary().offered
    return [
        other
        for syllables in typed
        for other in [each for each in offered.get(syllables, ()) if each != word][:count]
    ]


def _slipped(syllable: str) -> list[str]:
    """Return what comes of a neighbouring key."""
    keys = neighbours("en")
    return [
        syllable[:place] + key + syllable[place + 1 :]
        for place, letter in enumerate(syllable)
        for key in keys.get(letter, ())
    ]


def _near(syllable: str) -> list[str]:
    """Return the syllables that many speakers do not tell from one."""
    first = next((pair for pair in _INITIALS if syllable.startswith(pair[0])), None)
    found = [first[1] + syllable[len(first[0]) :]] if first else []
    if syllable.endswith(("ang", "eng", "ing")):
        found.append(syllable[:-1])
    elif syllable.endswith(("an", "en", "in")):
        found.append(f"{syllable}g")
    return found


@cache
def _converter(configuration: str) -> Any:
    from opencc import OpenCC

    return OpenCC(configuration)


def _converted(text: str, configuration: str) -> str:
    found: str = _converter(configuration).convert(text)
    return found


def _standard(sentence: Sentence) -> str:
    """Return how a sentence's characters come of simplified ones: a configuration of OpenCC, ``s`` for not at all."""
    region = next((_STANDARDS[part] for part in _parts(sentence.language) if part in _STANDARDS), "s2tw")
    text = "".join(_HAN.findall(sentence.text))
    simplified = _differing(text, _converted(text, "s2t"))
    return region if _differing(text, _converted(text, "t2s")) > simplified else "s"


def _parts(language: str) -> list[str]:
    return language.lower().replace("_", "-").split("-")


def _differing(left: str, right: str) -> int:
    return sum(map(str.__ne__, left, right))
