"""Changes of word order that keep the meaning: what they share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from random import Random
from typing import Any

from harness_plugins.perturbations.tables import read_table

from harness import Perturbation, Rewrite, Sentence, Token
from harness.text.sentence import Word
from harness.text.writing import base, spaced

Part = int | str | tuple[int, str]
# Demonstratives and words that point at the order of what was named before.
_POINTING = frozenset(
    {"former", "latter", "respectively", "respective", "ersterer", "letzterer", "ersteres", "letzteres",
     "beziehungsweise", "jeweils", "respectivement", "respectivamente", "dernier", "dernière", "derniers", "dernières",
     "последний", "последние", "соответственно", "съответно",
     "αντίστοιχα", "sırasıyla", "क्रमशः", "分别", "分別", "それぞれ", "각각", "ตามลำดับ", "بالترتيب"}
)  # fmt: skip
# Possessives that Russian treebanks do not mark as such.
_POSSESSIVES = frozenset({"его", "её", "ее", "их"})
# Relations in which no finite verb stands.
_NO_VERB = frozenset({"case", "det", "nummod", "cc", "flat", "compound", "advmod", "nmod", "punct", "clf"})
_PAIRED = frozenset("\"'“”„‘’‚«»‹›()[]{}「」『』《》（）【】〈〉")


@dataclass(frozen=True, slots=True)
class Change:
    """One place of a sentence told in another way.

    Attributes:
        start: its first token.
        end: the token after its last.
        parts: what stands there instead, as `Rewrite.of` takes it.
        still: the tokens inside that keep their place, and the blanks around them.
    """

    start: int
    end: int
    parts: tuple[Part, ...]
    still: frozenset[int] = frozenset()


class Rewording(Perturbation):
    """Tells places of a sentence in another way; a subclass finds the places.

    Intensity is the share of places, at least one.
    """

    family = "syntactic"
    keeps_meaning = True
    needs = ("parse",)

    def changes(self, sentence: Sentence) -> Iterator[Change]:
        """Yield the changes that are sure; they may overlap."""
        raise NotImplementedError

    def rewrite(self, sentence: Sentence, rng: Random, intensity: float) -> Rewrite:
        if not plausible(sentence):
            return Rewrite.unchanged(sentence)
        found = [change for change in self.changes(sentence) if _begins_well(sentence, change)]
        rng.shuffle(found)
        apart: list[Change] = []
        for change in found:
            if all(change.end <= other.start or other.end <= change.start for other in apart):
                apart.append(change)
        if not apart:
            return Rewrite.unchanged(sentence)
        return applied(sentence, apart[: share(intensity, len(apart))])


def plausible(sentence: Sentence) -> bool:
    """Say whether a tree is none that only a parser's error explains: no finite verb does a function word's work."""
    return not any(
        token.upos == "VERB" and token.relation in _NO_VERB and is_finite(token) for token in sentence.tokens
    )


def predicate(sentence: Sentence, head: int) -> bool:
    """Say whether a token is a verb or has a copula: a clause's head, not half of a broken phrase."""
    if sentence.tokens[head].upos in ("VERB", "AUX"):
        return True
    return any(sentence.tokens[child].relation == "cop" for child in sentence.children(head))


def _begins_well(sentence: Sentence, change: Change) -> bool:
    """Say whether a changed sentence begins with a small letter only if it did."""
    if not sentence.words or change.start > sentence.words[0]:
        return True
    old, new = sentence.text.strip(), applied(sentence, [change]).text.strip()
    return not new[:1].islower() or old[:1].islower()


def share(intensity: float, count: int, least: int = 1) -> int:
    """Return how many of `count` a share is: rounded half up, at least `least`, at most all."""
    return min(count, max(least, int(intensity * count + 0.5)))


def applied(sentence: Sentence, changes: Sequence[Change]) -> Rewrite:
    """Return the sentence with all changes; none may overlap another."""
    parts: list[Part] = []
    position = 0
    for change in sorted(changes, key=lambda change: change.start):
        parts += range(position, change.start)
        parts += change.parts
        position = change.end
    parts += range(position, len(sentence))
    return _blanks_kept(Rewrite.of(sentence, parts), changes)


def _blanks_kept(rewrite: Rewrite, changes: Sequence[Change]) -> Rewrite:
    """Keep the blanks around what has not moved where blanks part not words but phrases (Thai)."""
    sentence = rewrite.sentence
    if spaced(sentence.language):
        return rewrite
    moved = {
        index for change in changes for index in range(change.start, change.end) if index not in change.still
    }
    gaps = list(rewrite.gaps)
    for slot, (left, right) in enumerate(pairwise(rewrite.pieces), 1):
        if right.source is not None and right.source not in moved:
            gaps[slot] = sentence.gaps[right.source]
        elif left.source is not None and left.source not in moved:
            gaps[slot] = sentence.gaps[left.source + 1]
    return replace(rewrite, gaps=tuple(gaps))


def phrase(sentence: Sentence, top: int) -> tuple[int, int] | None:
    """Return where a subtree lies, without punctuation at its edges; None if a foreign token lies inside."""
    inside = set(sentence.subtree(top))
    kept = [index for index in sentence.subtree(top) if not _is_punctuation(sentence, index)]
    if not kept:
        return None
    start, end = kept[0], kept[-1] + 1
    return (start, end) if all(index in inside for index in range(start, end)) else None


def _is_punctuation(sentence: Sentence, index: int) -> bool:
    """Say whether a token is no word and no sign that is read like one (%)."""
    token = sentence.tokens[index]
    return not token.is_word and (token.upos == "PUNCT" or token.relation == "punct")


def is_finite(word: Token | Word) -> bool:
    """Say whether a verb's features tell it to be finite; some treebanks give such verbs a mood only."""
    form = word.feats.get("VerbForm")
    return form == "Fin" or (form is None and "Mood" in word.feats)


def relations(sentence: Sentence, index: int) -> set[str]:
    """Return the relations of all words in a token, subtypes left out: fr *qu'il* holds mark and nsubj."""
    token = sentence.tokens[index]
    return {word.deprel.partition(":")[0] for word in token.words} or {token.relation}


def folded(sentence: Sentence, index: int) -> str:
    """Return a token's text in small letters, with a straight apostrophe."""
    return sentence.tokens[index].text.casefold().replace("’", "'")


def is_reference(sentence: Sentence, index: int) -> bool:
    """Say whether a token holds a word that points at a person or thing named elsewhere.

    Pronouns of the third person, possessives, reflexives and demonstratives standing alone; not *I*, *you*,
    *there*, relative and question words.
    """
    token = sentence.tokens[index]
    for word in token.words:
        if word.form.casefold() in _POSSESSIVES:
            return True
        kinds = set(word.feats.get("PronType", "").split(","))
        if word.feats.get("Poss") == "Yes" or word.feats.get("Reflex") == "Yes" or "Rcp" in kinds:
            return True
        alone = word.upos == "DET" and word.deprel.partition(":")[0] in ("nsubj", "obj", "iobj", "obl")
        if not (word.upos == "PRON" or alone) or kinds & {"Int", "Rel"} or word.deprel.startswith("expl"):
            continue
        if word.feats.get("Person") not in ("1", "2"):
            return True
    return False


def has_reference(sentence: Sentence, span: tuple[int, int]) -> bool:
    """Say whether a stretch holds a word that may point at something outside it."""
    return any(is_reference(sentence, index) for index in range(*span))


def has_pair(sentence: Sentence, span: tuple[int, int]) -> bool:
    """Say whether a stretch holds a quotation mark or bracket."""
    return any(sentence.tokens[index].text in _PAIRED for index in range(*span))


def points_at_order(sentence: Sentence) -> bool:
    """Say whether a word of the sentence counts on the order in which things are named."""
    return any(folded(sentence, index) in _POINTING for index in range(len(sentence)))


def negated(sentence: Sentence, head: int) -> bool:
    """Say whether a word of negation depends on `head`, alone or inside a contraction (*don't*)."""
    near = (head, *sentence.children(head))
    return any(
        word.feats.get("Polarity") == "Neg" or word.lemma in ("not", "never", "nicht", "nie", "jamais", "не")
        for index in near
        for word in sentence.tokens[index].words
    )


def root(sentence: Sentence) -> int | None:
    """Return the sentence's only root; None if it has several or none."""
    found = [index for index in range(len(sentence)) if sentence.head(index) < 0]
    return found[0] if len(found) == 1 else None


@cache
def table(name: str, language: str) -> dict[str, Any]:
    """Return a language's part of the table ``name.yaml`` beside this module; {} where it has none."""
    found: dict[str, Any] = read_table(f"{name}.yaml").get(base(language), {})
    return found
