"""Named entities exchanged for others of their type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import regex

from harness import Perturbation
from harness.text.tokens import is_word

if TYPE_CHECKING:
    from harness.perturbation import Rows

_LONGEST = 6
_ENOUGH = 3
_TRIES = 20
_TAG = regex.compile(r"([BI])-(.+)")
_INSIDE = frozenset(".,-–'’&·・")
# Names do not change their form with their place in the sentence, and nothing is written onto them.
_LANGUAGES = (
    *(
        "af",
        "ar",
        "bg",
        "de",
        "en",
        "es",
        "fa",
        "fr",
        "he",
        "hi",
        "id",
        "it",
        "ja",
        "jv",
        "ms",
        "nl",
        "pt",
        "sw",
    ),
    *("th", "tl", "ur", "vi", "zh"),
)

Words = tuple[str, ...]
Name = tuple[str, Words]
Pool = Mapping[str | tuple[str, str], Sequence[Words]]


class Entity(NamedTuple):
    """Where an entity stands among the words of a row, half-open, and its type."""

    start: int
    end: int
    type: str


class EntitySwap(Perturbation):
    """Entities replaced by others of the same type from other rows; the tags follow.

    A replacement that stands elsewhere after the same word is preferred, so that articles and prepositions agree
    with it (das Rote Kliff, das Allgäu). The same entity gets the same replacement wherever it stands in the row.
    Intensity is the share of the row's different entities, at least one. Served are languages in which names do
    not inflect.

        Angela Merkel visited Paris .  ->  Umberto Eco visited New York .
    """

    name = "entity-swap"
    family = "adversarial"
    keeps_meaning = True
    columns = ("tokens", "tags")
    languages = _LANGUAGES
    description = "entities replaced by others of the same type, tags with them"
    reference = (
        "SwapEnt of TextFlint (Wang et al. 2021, ACL demo); Lin et al. 2021 (RockNER, arXiv 2109.05620)"
    )

    def unserved(self, language: str) -> str | None:
        if super().unserved(language):
            return (
                f"{self.full_name} does not serve {language}: names inflect, or are written with other words"
            )
        return None

    def unfit(self, labels: Sequence[str]) -> str | None:
        if labels and not any(map(_TAG.fullmatch, labels)):
            return f"{self.full_name} needs tags of entities (B-PER, I-PER), and these are {', '.join(labels[:3])} ..."
        return None

    def edit(
        self, row: Mapping[str, Any], rows: Rows, rng: Random, intensity: float
    ) -> Mapping[str, Any] | None:
        tokens, tags = row["tokens"] or [], row["tags"] or []
        pool = rows.found.get("entities")
        if pool is None:
            pool = rows.found["entities"] = _pool(rows)
        own = list(entities(tags)) if len(tokens) == len(tags) else []
        names: dict[Name, str] = {}
        for entity in own:
            names.setdefault(
                (entity.type, _folded(tokens[entity.start : entity.end])), _before(tokens, entity)
            )
        here = {words for _, words in names}
        able = [name for name in names if any(_folded(each) not in here for each in pool.get(name[0], ()))]
        if not able:
            return None
        rng.shuffle(able)
        new = {
            name: _draw(pool, name[0], names[name], here, rng)
            for name in able[: min(len(able), max(1, int(intensity * len(able) + 0.5)))]
        }
        return _replaced(tokens, tags, own, new)


def entities(tags: Sequence[str | None]) -> Iterator[Entity]:
    """Yield the entities of BIO tags, left to right; an I without a B before it begins one, too."""
    start, kind = 0, ""
    for place, tag in enumerate([*tags, "O"]):
        found = _TAG.fullmatch(tag or "")
        if kind and not (found and found[1] == "I" and found[2] == kind):
            yield Entity(start, place, kind)
            kind = ""
        if found and not kind:
            start, kind = place, found[2]


def _pool(rows: Rows) -> Pool:
    """Return the different entities of all rows by type, and by type and word before, sorted."""
    found: dict[str | tuple[str, str], set[Words]] = {}
    for tokens, tags in zip(rows.column("tokens"), rows.column("tags"), strict=True):
        if tokens and tags and len(tokens) == len(tags):
            for entity in entities(tags):
                words = tuple(tokens[entity.start : entity.end])
                if _is_name(words):
                    found.setdefault(entity.type, set()).add(words)
                    found.setdefault((entity.type, _before(tokens, entity)), set()).add(words)
    return {kind: tuple(sorted(names)) for kind, names in found.items()}


def _is_name(words: Words) -> bool:
    """Say whether an entity is fit to stand elsewhere: short, of words, without the marks of a page's layout."""
    edges = is_word(words[0]) and is_word(words[-1])
    return len(words) <= _LONGEST and edges and all(is_word(word) or word in _INSIDE for word in words)


def _folded(words: Sequence[str]) -> Words:
    return tuple(map(str.casefold, words))


def _before(tokens: Sequence[str], entity: Entity) -> str:
    return tokens[entity.start - 1].casefold() if entity.start else ""


def _draw(pool: Pool, kind: str, before: str, here: Set[Words], rng: Random) -> Words:
    """Return an entity that the row does not hold, if it can be from among those after the same word."""
    near = pool.get((kind, before), ())
    if len(near) >= _ENOUGH + len(here):
        for _ in range(_TRIES):
            drawn = rng.choice(near)
            if _folded(drawn) not in here:
                return drawn
    drawn = rng.choice(pool[kind])
    while _folded(drawn) in here:
        drawn = rng.choice(pool[kind])
    return drawn


def _replaced(
    tokens: Sequence[str],
    tags: Sequence[str],
    own: Sequence[Entity],
    new: Mapping[Name, Words],
) -> Mapping[str, Any]:
    words: list[str] = []
    labels: list[str] = []
    place = 0
    for entity in own:
        drawn = new.get((entity.type, _folded(tokens[entity.start : entity.end])))
        if drawn is not None:
            words += [*tokens[place : entity.start], *drawn]
            labels += [*tags[place : entity.start], f"B-{entity.type}"]
            labels += [f"I-{entity.type}"] * (len(drawn) - 1)
            place = entity.end
    return {"tokens": [*words, *tokens[place:]], "tags": [*labels, *tags[place:]]}
