"""Word order disturbed: reversed, shuffled, scrambled along the dependency tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from random import Random
from typing import Any

from harness_plugins.perturbations.clause_order import SwapClauses
from harness_plugins.perturbations.clauses import clauses
from harness_plugins.perturbations.constituents import Unit
from harness_plugins.perturbations.controls import BreakAgreement, DropFunctionWords
from harness_plugins.perturbations.coordination import SwapCoordinates
from harness_plugins.perturbations.extraposition import Extrapose
from harness_plugins.perturbations.fronting import Front
from harness_plugins.perturbations.passive import Passive
from harness_plugins.perturbations.reordering import share

from harness import Perturbation, Rewrite, Sentence, hookimpl


class Reverse(Perturbation):
    """Words in reversed order; punctuation keeps its place.

    At an intensity below 1 one stretch of that share of the words is reversed, at least two.

        The dog chased the cat, twice.  ->  Twice cat the chased dog, the.
    """

    name = "reverse"
    family = "syntactic"
    description = "words in reversed order"
    reference = "Abdou et al. 2022 (arXiv 2203.11025); Sinha et al. 2021 (arXiv 2104.06644)"

    def rewrite(self, sentence: Sentence, rng: Random, intensity: float) -> Rewrite:
        words = list(sentence.words)
        size = share(intensity, len(words), least=2)
        if size < 2:
            return Rewrite.unchanged(sentence)
        start = rng.randrange(len(words) - size + 1)
        words[start : start + size] = reversed(words[start : start + size])
        return Rewrite.reorder(sentence, words)


class Shuffle(Perturbation):
    """Words, or runs of n words, in random order: none keeps its place; punctuation keeps its own.

    At an intensity below 1 that share of the words (runs) is drawn and exchanges places, at least two;
    the others stay.

        The dog chased the cat.  ->  Cat the the dog chased.
    """

    family = "syntactic"
    reference = "Sinha et al. 2021 (arXiv 2104.06644), n-gram shuffling: section 3"

    def __init__(self, size: int = 1) -> None:
        self.size = size
        self.name = "shuffle" if size == 1 else f"shuffle-{size}"
        self.description = (
            "words shuffled" if size == 1 else f"runs of {size} words shuffled, order inside kept"
        )

    def options(self) -> Mapping[str, Any]:
        return {"size": self.size}

    def rewrite(self, sentence: Sentence, rng: Random, intensity: float) -> Rewrite:
        words = sentence.words
        blocks = [words[start : start + self.size] for start in range(0, len(words), self.size)]
        count = share(intensity, len(blocks), least=2)
        # A shorter last block that moves would push on all that stand after its new place.
        whole = len(blocks) if count == len(blocks) else len(words) // self.size
        if whole < 2:
            return Rewrite.unchanged(sentence)
        drawn = sorted(rng.sample(range(whole), min(count, whole)))
        texts = [tuple(sentence.tokens[word].text for word in block) for block in blocks]
        order = list(range(len(blocks)))
        for slot, block in zip(drawn, _derangement(drawn, texts, rng), strict=True):
            order[slot] = block
        return Rewrite.reorder(sentence, [word for block in order for word in blocks[block]])


def _derangement(items: Sequence[int], texts: Sequence[object], rng: Random) -> list[int]:
    """Return `items` in a random order in which none keeps its place; by text too if soon found."""
    found = list(items)
    for attempt in range(1000):
        rng.shuffle(found)
        if attempt < 20 and any(texts[new] == texts[old] for new, old in zip(found, items, strict=True)):
            continue
        if all(new != old for new, old in zip(found, items, strict=True)):
            return found
    return [*items[1:], items[0]]


class Scramble(Perturbation):
    """The head of a clause and the phrases that depend on it in random order, each phrase whole.

    Kept: every phrase's own words and order, the dependency tree, conjunctions and complementizers before
    their clause, auxiliaries, negation and clitics with their verb, relative and question words in front,
    coordinated clauses in sequence, punctuation in its slots. So who did what to whom can still be read
    where case, adpositions or sense tell it; an order in which two arguments have merely changed places and
    nothing else tells them apart is never used, and a clause goes to the edge of the one around it. Not
    kept: emphasis, given and new, at times the scope of adverbs and quantifiers; the result is
    ungrammatical in languages of rigid order.

    Intensity is the share of clauses that are permuted, at least one.

        The boy gave the dog a bone.  ->  Gave the dog a bone the boy.
    """

    name = "scramble"
    family = "syntactic"
    keeps_meaning = True
    needs = ("parse",)
    description = "phrases of each clause in random order, along the dependency tree"
    reference = "Ross 1967, section 3.1.2 (scrambling); phrases by Universal Dependencies"

    def rewrite(self, sentence: Sentence, rng: Random, intensity: float) -> Rewrite:
        found = clauses(sentence)
        if not found:
            return Rewrite.unchanged(sentence)
        able = sorted(found)
        rng.shuffle(able)
        drawn = able[: share(intensity, len(able))]
        targets = {head: found[head].another_order(rng) for head in drawn}
        order = list(range(len(sentence)))
        superfluous: set[int] = set()
        # From the leaves up: what has been permuted inside a phrase lies where the phrase lay.
        for head, permuted in found.items():
            if head in targets:
                target = [permuted.units[index] for index in targets[head]]
                superfluous |= _rearrange(sentence, order, permuted.units, target)
        return Rewrite.of(sentence, [index for index in order if index not in superfluous])


def _rearrange(
    sentence: Sentence, order: list[int], source: Sequence[Unit], target: Sequence[Unit]
) -> set[int]:
    """Put the units of a clause into `order` as `target` has them, and return the commas left without use.

    A comma that sets a unit off goes with it: to the side on which it has a neighbour.
    """
    start, end = source[0].start, source[-1].end
    edges = {comma for unit in source for comma in unit[4:] if comma is not None}
    commas = {comma for comma in edges if start < comma < end}
    moved: list[int] = []
    gaps = [order[left.end : right.start] for left, right in pairwise(source)]
    if not commas:
        for unit, between in zip(target, [*gaps, []], strict=True):
            moved += order[unit.start : unit.end]
            moved += between
        order[start:end] = moved
        return commas
    for slot, (unit, between) in enumerate(zip(target, [*gaps, []], strict=True)):
        before = unit.before if unit.before in commas else None
        after = unit.after if unit.after in commas else None
        if slot == 0:
            before, after = None, after or before
        elif slot == len(target) - 1:
            before, after = before or after, None
        between = [index for index in between if index not in commas]
        if before is not None and sentence.tokens[moved[-1]].is_word:
            moved.append(before)
        moved += order[unit.start : unit.end]
        if after is not None and (not between or sentence.tokens[between[0]].is_word):
            moved.append(after)
        moved += between
    spare = commas.difference(moved)
    # Spare commas stay in `order`, so that every phrase keeps its length, until the sentence is whole.
    order[start:end] = [*moved, *sorted(spare)]
    return spare


@hookimpl
def harness_perturbations() -> Sequence[Perturbation]:
    return [
        Reverse(),
        Shuffle(),
        Shuffle(2),
        Shuffle(3),
        Scramble(),
        Front(),
        SwapCoordinates(),
        SwapClauses(),
        Extrapose(),
        Passive(),
        DropFunctionWords(),
        BreakAgreement(),
    ]
