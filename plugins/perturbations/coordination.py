"""Conjuncts exchanged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from harness_plugins.perturbations.reordering import (
    Change,
    Part,
    Rewording,
    folded,
    has_reference,
    points_at_order,
    relations,
)

from harness import Sentence
from harness.text.writing import base

# Conjunctions on whose two sides the same may stand in either order.
_AND = {
    "ar": "و", "bg": "и", "de": "und sowie", "el": "και", "en": "and", "es": "y", "fr": "et", "hi": "और एवं तथा",
    "ru": "и", "th": "และ", "tr": "ve", "ur": "اور", "zh": "和 與 与 及 以及",
}  # fmt: skip
_OR = {
    "ar": "أو", "bg": "или", "de": "oder", "el": "ή", "en": "or", "es": "o", "fr": "ou", "hi": "या",
    "ru": "или", "th": "หรือ", "tr": "veya", "ur": "یا", "zh": "或 或者",
}  # fmt: skip
_LANGUAGES = ("ar", "bg", "de", "el", "en", "es", "fr", "hi", "ru", "th", "tr", "ur", "zh")
_COMMAS = frozenset(",،、，")
_ROLES = frozenset(
    {
        "nsubj",
        "obj",
        "iobj",
        "obl",
        "nmod",
        "root",
        "amod",
        "ccomp",
        "acl",
        "dislocated",
        "appos",
        "xcomp",
        "advmod",
    }
)
# What a conjunct may have in front; case and det may be said once for all conjuncts.
_OUTER = frozenset({"case", "det"})
_MODIFIERS = frozenset({"amod", "nmod", "compound", "flat", "clf", "fixed", "goeswith"})
# Names and fixed expressions of two nouns, and nouns that count on what was named before.
_FIXED = frozenset(
    {"bosnia", "bosnien", "bosnie", "босния", "босна", "bosna", "trinidad", "trinité-et-tobago", "тринидад",
     "antigua", "saint", "são", "sao", "law", "romeo", "羅密歐", "罗密欧", "रोमियो", "ромео",
     "others", "other", "another", "rest", "similar",
     "andere", "anderen", "autre", "autres", "otro", "otros", "otra", "otras", "другой", "другие", "других",
     "more", "such", "same", "half", "foremost", "art", "hab", "grund", "cabo", "συνέχεια", "continuación", "anschluss",
     "etc", "usw", "so", "etc.", "usw.", "др", "т", "vs",
     "diğer", "अन्य", "其他", "其它", "khác", "อื่น", "أخرى", "آخرون", "غير", "دیگر"}
)  # fmt: skip
# Between two times the earlier stands first.
_BETWEEN = frozenset({"between", "zwischen", "entre", "между", "بين", "μεταξύ", "ระหว่าง", "在"})
# Adpositions whose form fits only what follows them.
_SOUNDING = frozenset({"во", "со", "ко", "обо", "изо", "надо", "подо", "във", "със", "《"})
# In these languages what stands before the first noun, or the last noun itself, may belong to all.
_HEAD_LAST = frozenset({"hi", "tr", "ur", "zh"})
# French words that lose their vowel before another, so that they fit only what follows them.
_ELIDED = frozenset({"de", "le", "la", "que", "du", "au", "ce", "cet"})


class SwapCoordinates(Rewording):
    """Conjuncts exchanged: nouns, adjectives and adverbs of manner joined by *and* or *or*.

    What is said once for all of them (*in*, *the*, *both*, *of Rome* behind the last) keeps its place, each
    one's own words go with it.
    Left alone: verbs and clauses, whose order may be that of events; conjuncts with a pronoun or a clause
    inside; an adjective or complement that might belong to one or to all; numbers; fixed names; subjects
    whose verb agrees with the nearest one, unless they agree alike.

        We saw the old town and the harbour.  ->  We saw the harbour and the old town.
        Er sprach mit Frauen und Männern.  ->  Er sprach mit Männern und Frauen.
        Il vient de France ou d'Espagne.  ->  Il vient d'Espagne ou de France.
    """

    name = "swap-coordinates"
    version = "2"
    languages = _LANGUAGES
    description = "conjuncts exchanged: cats and dogs, dogs and cats"
    reference = "Huddleston and Pullum 2002, The Cambridge Grammar, ch. 15 (symmetric coordination)"

    def changes(self, sentence: Sentence) -> Iterator[Change]:
        if points_at_order(sentence):
            return
        for head in range(len(sentence)):
            conjuncts = _conjuncts(sentence, head)
            if conjuncts:
                cores = _cores(sentence, conjuncts)
                if cores and _alike(sentence, conjuncts, cores):
                    yield _exchanged(sentence, cores)


def _conjuncts(sentence: Sentence, head: int) -> list[int]:
    """Return the conjuncts that `head` is the first of; empty if they are none that can be exchanged."""
    token = sentence.tokens[head]
    others = [child for child in sentence.children(head) if sentence.tokens[child].relation == "conj"]
    if not others or others[0] < head or token.relation not in _ROLES:
        return []
    found = [head, *others]
    kinds = {sentence.tokens[index].upos for index in found}
    if token.relation == "advmod" and (kinds != {"ADV"} or not _of_manner(sentence, found)):
        return []
    if not (kinds <= {"NOUN", "PROPN"} or kinds in ({"ADJ"}, {"ADV"})) or len(
        {*_texts(sentence, found)}
    ) < len(found):
        return []
    if any(_event(sentence, index) for index in found):
        return []
    if any("conj" in _relations_below(sentence, other) for other in others):
        return []
    if len(kinds) == 2 and not all(_determined(sentence, index) for index in found):
        return []
    if sentence.tokens[head].upos == "ADJ" and _clausal(sentence, found):
        return []
    above = sentence.head(head)
    if token.relation == "nmod" and above >= 0 and sentence.tokens[above].upos == "PROPN":
        return []
    return [] if any(text in _FIXED for text in _texts(sentence, found)) else found


def _of_manner(sentence: Sentence, indices: Sequence[int]) -> bool:
    """Say whether adverbs are made of adjectives, by one ending: quickly and quietly, not now and then."""
    texts = _texts(sentence, indices)
    return all(len(text) > 5 for text in texts) and len({text[-2:] for text in texts}) == 1


def _event(sentence: Sentence, index: int) -> bool:
    """Say whether a noun or adjective is made of a verb, or written in digits."""
    token = sentence.tokens[index]
    return "VerbForm" in token.feats or "Polarity" in token.feats or any(map(str.isdigit, token.text))


def _determined(sentence: Sentence, index: int) -> bool:
    """Say whether a noun is a name or has a determiner: *Ann and allies* are her allies."""
    children = sentence.children(index)
    named = base(sentence.language) != "de" and index > 0 and sentence.tokens[index].text[:1].isupper()
    return (
        named
        or sentence.tokens[index].upos == "PROPN"
        or any("det" in relations(sentence, child) for child in children)
    )


def _texts(sentence: Sentence, indices: Sequence[int]) -> list[str]:
    return [
        folded(sentence, index)[1:] if _fused(sentence, index) else folded(sentence, index)
        for index in indices
    ]


def _relations_below(sentence: Sentence, index: int) -> set[str]:
    return {sentence.tokens[each].relation for each in sentence.subtree(index) if each != index}


def _clausal(sentence: Sentence, conjuncts: Sequence[int]) -> bool:
    """Say whether a later adjective is a predicate with a subject or copula of its own."""
    return any(
        sentence.tokens[child].relation in ("nsubj", "cop", "aux", "csubj")
        for index in conjuncts[1:]
        for child in sentence.children(index)
    )


def _joins(sentence: Sentence, index: int) -> str:
    """Return ``and`` or ``or`` for a conjunction's token, "" for another word."""
    language, text = base(sentence.language), folded(sentence, index)
    for name, forms in (("and", _AND), ("or", _OR)):
        if text in forms.get(language, "").split():
            return name
    return ""


def _cores(sentence: Sentence, conjuncts: Sequence[int]) -> list[tuple[int, int]] | None:
    """Return what changes places: each conjunct with its own words, shared ones left out."""
    cores = []
    for number, index in enumerate(conjuncts):
        span = _own(sentence, index, conjuncts if number == 0 else None)
        if span is None:
            return None
        cores.append(span)
    joints = [(left[1], right[0]) for left, right in pairwise(cores)]
    if any(start > end or not _is_joint(sentence, start, end) for start, end in joints):
        return None
    whole = _without_shared(sentence, conjuncts, cores)
    return whole if whole is not None and _closed(sentence, conjuncts, whole) else None


def _own(sentence: Sentence, index: int, conjuncts: Sequence[int] | None) -> tuple[int, int] | None:
    """Return the stretch of a conjunct's own words around it, conjunctions and commas cut off.

    What the first conjunct has behind the last one is said of all, and keeps its place.
    """
    members = {index}
    for child in sentence.children(index):
        relation = sentence.tokens[child].relation
        if relation in ("conj", "cc", "punct", "cop", "aux", "nsubj", "mark", "expl"):
            continue
        if conjuncts is not None and child > conjuncts[1]:
            if relation in ("nmod", "acl", "case") and _behind(sentence, child, conjuncts[-1]):
                continue
            return None
        if relation == "advmod" and sentence.tokens[index].upos != "ADJ":
            return None
        if relation in ("obl", "advcl", "parataxis", "discourse", "appos", "acl", "dep", "orphan", "obj"):
            return None
        members.update(sentence.subtree(child))
    start, end = min(members), max(members) + 1
    return (start, end) if len(members) == end - start else None


def _behind(sentence: Sentence, child: int, last: int) -> bool:
    """Say whether what depends on the first conjunct stands behind the last and all that is its own."""
    start = min(sentence.subtree(child))
    return start > max(
        each for each in sentence.subtree(last) if each < start or sentence.tokens[each].is_word
    )


def _is_joint(sentence: Sentence, start: int, end: int) -> bool:
    """Say whether only a comma, a conjunction or both stand between two conjuncts."""
    between = list(range(start, end))
    if between and sentence.tokens[between[0]].text in _COMMAS:
        between = between[1:]
    if not between:
        return start < end or _fused(sentence, start)
    return len(between) == 1 and _joins(sentence, between[0]) != ""


def _fused(sentence: Sentence, start: int) -> bool:
    """Say whether the token holds Arabic *wa-* and a noun."""
    token = sentence.tokens[start] if start < len(sentence) else None
    return (
        token is not None
        and base(sentence.language) == "ar"
        and len(token.words) > 1
        and token.words[0].upos == "CCONJ"
        and token.words[0].form == "و"
        and token.text.startswith("و")
        and len(token.text) > 2
    )


def _closed(sentence: Sentence, conjuncts: Sequence[int], cores: Sequence[tuple[int, int]]) -> bool:
    """Say whether conjunctions stand where they should, and nothing inside hinders."""
    last, before = cores[-1][0], cores[0][0] - 1
    if before >= 0 and (_joins(sentence, before) or folded(sentence, before) in _SOUNDING):
        return False
    if any(sentence.tokens[index].text.endswith("-") for core in cores for index in range(*core)):
        return False
    if not (_fused(sentence, last) or _joins(sentence, last - 1)):
        return False
    for core in cores:
        tokens = sentence.tokens[slice(*core)]
        if any(not token.is_word or token.upos in ("NUM", "VERB", "X", "SYM") for token in tokens):
            return False
        if has_reference(sentence, core) or any("NumType" in token.feats for token in tokens):
            return False
        if any(
            token.text.casefold() in _FIXED or "Neg" in token.feats.get("PronType", "") for token in tokens
        ):
            return False
    cases = [sum(_adposes(sentence, index) for index in range(*core)) for core in cores]
    if base(sentence.language) not in _HEAD_LAST and any(
        sentence.tokens[core[1] - 1].upos == "ADP" for core in cores
    ):
        # The collapse of and the search for them.
        return False
    above = sentence.head(conjuncts[0])
    near = range(max(0, cores[0][0] - 3), min(len(sentence), cores[-1][1] + 4))
    if any(sentence.head(index) == above and folded(sentence, index) in _FIXED for index in near):
        # The other parts of both.
        return False
    if min(cases) and len(set(cases)) > 1:
        # Thanks to one and to the other.
        return False
    compound = [any(sentence.tokens[index].relation == "fixed" for index in range(*core)) for core in cores]
    return len(set(compound)) == 1 and not any(
        _anchored(sentence, *pair) for pair in zip(cores, range(9), strict=False)
    )


def _adposes(sentence: Sentence, index: int) -> bool:
    """Say whether a token is an adposition or a part of one (grâce à)."""
    return bool(relations(sentence, index) & {"case", "fixed"})


def _anchored(sentence: Sentence, core: tuple[int, int], number: int) -> bool:
    """Say whether a core's first token holds a conjunction, but for the Arabic one before a later conjunct."""
    if number and _fused(sentence, core[0]):
        return False
    return any(
        word.upos in ("CCONJ", "SCONJ", "VERB", "AUX", "PRON")
        for index in range(*core)
        for word in sentence.tokens[index].words
    )


def _without_shared(
    sentence: Sentence, conjuncts: Sequence[int], cores: list[tuple[int, int]]
) -> list[tuple[int, int]] | None:
    """Cut off what the first conjunct has at its left, or the last at its right, for all of them."""
    first, last = cores[0], cores[-1]
    for kind in ("case", "det"):
        has = [_has(sentence, index, kind, core) for index, core in zip(conjuncts, cores, strict=True)]
        if all(has) or not any(has):
            continue
        if has[0] and not any(has[1:]) and (cut := _cut_left(sentence, conjuncts, first, kind)):
            first = cut
        elif has[-1] and not any(has[:-1]) and kind == "case":
            while last[1] - 1 > conjuncts[-1] and sentence.tokens[last[1] - 1].relation == "case":
                last = (last[0], last[1] - 1)
            if _has(sentence, conjuncts[-1], "case", last):
                return None
        else:
            return None
    return [first, *cores[1:-1], last]


def _has(sentence: Sentence, index: int, kind: str, core: tuple[int, int]) -> bool:
    near = (index, *sentence.children(index))
    return any(core[0] <= each < core[1] and _holds(sentence, each, index, kind) for each in near)


def _holds(sentence: Sentence, each: int, index: int, kind: str) -> bool:
    if each == index:
        return len(sentence.tokens[each].words) > 1 and kind in relations(sentence, each)
    return kind in relations(sentence, each)


def _cut_left(
    sentence: Sentence, conjuncts: Sequence[int], core: tuple[int, int], kind: str
) -> tuple[int, int] | None:
    """Return the first core without the case or determiner that it shares; None if it cannot be shared."""
    start = core[0]
    while start < conjuncts[0] and sentence.tokens[start].relation in _OUTER:
        if kind == "det" or sentence.tokens[start].relation == "case":
            text = folded(sentence, start)
            if text in ("a", "an") and base(sentence.language) == "en":
                return None
            if base(sentence.language) == "fr" and text in _ELIDED:
                return None
            start += 1
        else:
            break
    cut = (start, core[1])
    if start == core[0] or _has(sentence, conjuncts[0], kind, cut):
        return None
    if any("det" in relations(sentence, each) for each in range(core[0], start)):
        # A name takes no article, and a genitive stands in the place of one.
        bare = any(sentence.tokens[index].upos == "PROPN" for index in conjuncts) or any(
            sentence.tokens[child].deprel == "nmod:poss"
            for index in conjuncts[1:]
            for child in sentence.children(index)
        )
        if bare or not _same(sentence, conjuncts, ("Gender", "Number", "Case", "Animacy")):
            return None
    return cut


def _same(sentence: Sentence, conjuncts: Sequence[int], features: Sequence[str]) -> bool:
    tokens = [sentence.tokens[index] for index in conjuncts]
    return all(len({token.feats.get(feature) for token in tokens}) == 1 for feature in features)


def _alike(sentence: Sentence, conjuncts: Sequence[int], cores: Sequence[tuple[int, int]]) -> bool:
    """Say whether the conjuncts can stand in each other's place: modifiers, case and agreement."""
    language = base(sentence.language)
    before, after = zip(
        *(_modified(sentence, index, core) for index, core in zip(conjuncts, cores, strict=True)), strict=True
    )
    own = all(
        any(_has(sentence, index, kind, core) for kind in _OUTER)
        for index, core in zip(conjuncts, cores, strict=True)
    )
    if len(set(after)) > 1 and not (
        own and _articled(sentence, cores) and _ends_own(sentence, conjuncts, cores)
    ):
        return False
    if len(set(before)) > 1 and not (own or _agree_alone(sentence, conjuncts, cores)):
        return False
    if not _same(sentence, conjuncts, ("Case",)) or _times(sentence, conjuncts, cores):
        return False
    if language in _HEAD_LAST and sentence.tokens[conjuncts[0]].upos != "ADJ" and any(before):
        return False
    last = [end - 1 for _, end in cores]
    if language == "tr" and not _same(sentence, last, ("Case", "Number", "Number[psor]", "Person[psor]")):
        # The last of several may bear the ending of all.
        return False
    return _agrees(sentence, conjuncts, cores) and _sounds(sentence, cores)


def _articled(sentence: Sentence, cores: Sequence[tuple[int, int]]) -> bool:
    """Say whether each conjunct begins with an article or an adposition, so that each is a phrase of its own."""
    return all(relations(sentence, core[0]) & {"det", "case"} and core[1] - core[0] > 1 for core in cores)


def _ends_own(sentence: Sentence, conjuncts: Sequence[int], cores: Sequence[tuple[int, int]]) -> bool:
    """Say whether what stands behind the last conjunct is its own: an adjective in the singular, if anything."""
    behind = (child for child in sentence.children(conjuncts[-1]) if conjuncts[-1] < child < cores[-1][1])
    return all(
        sentence.tokens[child].relation in ("amod", "flat")
        and sentence.tokens[child].feats.get("Number") == "Sing"
        for child in behind
    )


def _agree_alone(sentence: Sentence, conjuncts: Sequence[int], cores: Sequence[tuple[int, int]]) -> bool:
    """Say whether no adjective before one conjunct could be said of another: it differs in number or gender."""
    for index, core in zip(conjuncts, cores, strict=True):
        for child in sentence.children(index):
            token = sentence.tokens[child]
            if not core[0] <= child < index or token.relation in _OUTER:
                continue
            if token.relation != "amod" or not all(
                _disagree(token.feats, sentence.tokens[other].feats) for other in conjuncts if other != index
            ):
                return False
    return True


def _disagree(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    return any(name in one and name in other and one[name] != other[name] for name in ("Number", "Gender"))


def _times(sentence: Sentence, conjuncts: Sequence[int], cores: Sequence[tuple[int, int]]) -> bool:
    """Say whether single words stand after *between*: they may be the ends of a time."""
    return all(end - start == 1 for start, end in cores) and any(
        folded(sentence, child) in _BETWEEN for child in sentence.children(conjuncts[0])
    )


def _modified(sentence: Sentence, index: int, core: tuple[int, int]) -> tuple[bool, bool]:
    outer = _OUTER | {"cc", "punct", "conj"}
    own = [
        child
        for child in sentence.children(index)
        if core[0] <= child < core[1] and sentence.tokens[child].relation not in outer
    ]
    names = ("flat", "fixed", "goeswith")
    own = [child for child in own if sentence.tokens[child].relation not in names]
    return any(child < index for child in own), any(child > index for child in own)


def _agrees(sentence: Sentence, conjuncts: Sequence[int], cores: Sequence[tuple[int, int]]) -> bool:
    """Say whether nothing outside agrees with one of the conjuncts only."""
    first = sentence.tokens[conjuncts[0]]
    above = sentence.head(conjuncts[0])
    language = base(sentence.language)
    features = ("Number", "Gender", "Person")
    if first.relation == "amod":
        return language not in ("fr", "es", "it", "pt") or above < conjuncts[0]
    if language in ("hi", "ur", "ar") and first.relation in ("nsubj", "obj", "root"):
        return _same(sentence, conjuncts, features)
    if first.relation != "nsubj":
        return True
    joined_by_or = _joins(sentence, cores[-1][0] - 1) == "or"
    return not (joined_by_or or 0 <= above < conjuncts[0]) or _same(sentence, conjuncts, features)


def _sounds(sentence: Sentence, cores: Sequence[tuple[int, int]]) -> bool:
    """Say whether Spanish *y* and *o*, which differ before their own vowel, may stay as they are."""
    if base(sentence.language) != "es":
        return True
    texts = [folded(sentence, core[0]) for core in cores]
    return not any(text.startswith(("i", "hi", "y", "o", "ho", "í", "ó")) for text in texts)


def _exchanged(sentence: Sentence, cores: Sequence[tuple[int, int]]) -> Change:
    start, end = cores[0][0], cores[-1][1]
    parts: list[Part] = []
    position = start
    for slot, core in zip(cores, reversed(cores), strict=True):
        parts += range(position, slot[0])
        parts += _fitted(sentence, slot, core, cores)
        position = slot[1]
    inside = {index for core in cores for index in range(*core)}
    return Change(start, end, tuple(parts), frozenset(range(start, end)) - inside)


def _fitted(
    sentence: Sentence, slot: tuple[int, int], core: tuple[int, int], cores: Sequence[tuple[int, int]]
) -> Iterator[Part]:
    """Yield a core's tokens as they stand in a slot: Arabic *wa-* stays with the slot."""
    takes = slot != cores[0] and _fused(sentence, slot[0])
    gives = core != cores[0] and _fused(sentence, core[0])
    text = sentence.tokens[core[0]].text
    if takes and not gives:
        yield core[0], "و" + text
    elif gives and not takes:
        yield core[0], text[1:]
    else:
        yield core[0]
    yield from range(core[0] + 1, core[1])
