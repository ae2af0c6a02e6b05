"""Where a dependent goes when it changes to the other side of its head."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from harness_plugins.perturbations.closed_class import CLITICS
from harness_plugins.perturbations.constructions import COMPOUND, GERUND, NOUN_PHRASE, leaning, predicative
from harness_plugins.perturbations.linear import Block, Line

from harness import Sentence

# The blocks from the first to the last that changes, as they lie and as they shall lie.
Move = tuple[Sequence[Block], Sequence[Block]]
# What stands beside a noun that is no predicate, or before an adjective.
_WITH_ADVERBS = NOUN_PHRASE | {"advmod"}
# What an adjective, and a possessor behind the noun, does not come between.
_ADJECTIVES = COMPOUND | {"amod"}
_CLASSIFIED = _ADJECTIVES | {"clf"}
_TRAILING = frozenset({"conj", "parataxis", "discourse"})


def to_side(line: Line, kind: str, head: int, dependents: Sequence[int], before: bool) -> Move | None:
    """Return the move that takes dependents of one kind before, or behind, their head; None where there is none.

    The nearest stays the nearest: *big red house*, *house red big*.
    """
    sentence, nominal = line.sentence, kind in _SLOTS
    if before and nominal and _proclitic(sentence, head):
        return None
    blocks = line.blocks(head)
    run = _noun_phrase(sentence, blocks, head, kind) if nominal else blocks
    moving = _groups(sentence, run, kind, dependents)
    if len(moving) < len(dependents):
        return None
    inserted = [block for group in reversed(moving) for block in group]
    rest = [block for block in run if block not in inserted]
    slot = _SLOTS.get(kind, _clause_slot)(sentence, rest, head, kind, before)
    return trimmed(run, [*rest[:slot], *inserted, *rest[slot:]])


def _proclitic(sentence: Sentence, head: int) -> bool:
    """Say whether a noun's token begins with a function word (ar *bi-*), before which nothing of it can go."""
    words = sentence.tokens[head].words
    return len(words) > 1 and words[0].deprel.partition(":")[0] in ("case", "cc", "mark")


def trimmed(source: Sequence[Block], target: Sequence[Block]) -> Move | None:
    """Leave off what is the same at both ends; None if nothing differs, or a quotation would be torn."""
    changed = [n for n, block in enumerate(source) if block is not target[n]]
    if not changed:
        return None
    first, last = changed[0], changed[-1] + 1
    if False in [block.whole for block in source[first:last]]:
        return None
    return source[first:last], target[first:last]


def _groups(
    sentence: Sentence, run: Sequence[Block], kind: str, dependents: Sequence[int]
) -> list[Sequence[Block]]:
    """Return the blocks of the dependents, an auxiliary with the pronouns that lean on it."""
    numbers = [number for number, block in enumerate(run) if block.top in dependents]
    if kind != "auxiliary":
        return [run[number : number + 1] for number in numbers]
    starts = []
    for start in numbers:
        while start > 0 and is_clitic(sentence, run[start - 1].top):
            start -= 1
        starts.append(start)
    return [run[start : number + 1] for start, number in zip(starts, numbers, strict=True)]


@cache
def _clitics(language: str) -> frozenset[str]:
    return frozenset(CLITICS.get(language, "").split())


def is_clitic(sentence: Sentence, index: int) -> bool:
    """Say whether a token is a weak pronoun that leans on the verb."""
    token = sentence.tokens[index]
    return token.relation in ("nsubj", "obj", "iobj", "obl", "expl") and token.text.casefold().replace(
        "’", "'"
    ) in _clitics(sentence.language)


def noun_phrase_bounds(sentence: Sentence, blocks: Sequence[Block], head: int) -> tuple[int, int]:
    """Return which blocks, [start, end), are the phrase of a noun: its subject and copula are none of it."""
    inner = NOUN_PHRASE if predicative(sentence, head) else _WITH_ADVERBS
    before = _WITH_ADVERBS if sentence.tokens[head].upos in ("ADJ", "ADV") else inner
    start = _number(blocks, head)
    end = start + 1
    while (
        start > 0
        and blocks[start - 1].end == blocks[start].start
        and _inner(sentence, blocks[start - 1].top, before)
    ):
        start -= 1
    while end < len(blocks) and _inner(sentence, blocks[end].top, inner):
        end += 1
    return start, end


def _inner(sentence: Sentence, index: int, relations: frozenset[str]) -> bool:
    token = sentence.tokens[index]
    if token.relation == "advmod" and leaning(sentence, index):
        return False
    # A measure: *a little different*.
    return token.relation in relations or token.deprel in ("obl:npmod", "obl:unmarked")


def _noun_phrase(sentence: Sentence, blocks: Sequence[Block], head: int, kind: str) -> Sequence[Block]:
    start, end = noun_phrase_bounds(sentence, blocks, head)
    if kind == "adposition":
        # In *in Paris and London* the adposition stands before both, in *in Paris and in London* not.
        while (
            end < len(blocks)
            and sentence.tokens[blocks[end].top].relation in ("conj", "case")
            and not _has_adposition(sentence, blocks[end].top)
        ):
            end += 1
    return blocks[start:end]


def _has_adposition(sentence: Sentence, index: int) -> bool:
    return any(sentence.tokens[child].relation in ("case", "mark") for child in sentence.children(index))


def _number(blocks: Sequence[Block], head: int) -> int:
    """Return which block is the head's own."""
    return [block.top for block in blocks].index(head)


def _core(sentence: Sentence, blocks: Sequence[Block], head: int, near: frozenset[str]) -> tuple[int, int]:
    """Return which blocks, [start, end), are the head and what touches it in the relations `near`."""
    start = _number(blocks, head)
    end = start + 1
    while start > 0 and sentence.tokens[blocks[start - 1].top].relation in near:
        start -= 1
    while end < len(blocks) and sentence.tokens[blocks[end].top].relation in near:
        end += 1
    return start, end


def _adjective_slot(sentence: Sentence, rest: Sequence[Block], head: int, kind: str, before: bool) -> int:
    start, end = _core(sentence, rest, head, _ADJECTIVES)
    return start if before else end


def _genitive_slot(sentence: Sentence, rest: Sequence[Block], head: int, kind: str, before: bool) -> int:
    if not before:
        return _core(sentence, rest, head, _CLASSIFIED)[1]
    return _first(sentence, rest, frozenset({"case", "acl"}))


def _relative_slot(sentence: Sentence, rest: Sequence[Block], head: int, kind: str, before: bool) -> int:
    if before:
        return _first(sentence, rest, frozenset({"case"}))
    end = len(rest)
    while rest[end - 1].top != head and sentence.tokens[rest[end - 1].top].relation == "case":
        end -= 1
    return end


def _adposition_slot(sentence: Sentence, rest: Sequence[Block], head: int, kind: str, before: bool) -> int:
    return 0 if before else len(rest)


def _first(sentence: Sentence, rest: Sequence[Block], passed: frozenset[str]) -> int:
    """Return the place after the leading blocks in the relations `passed`."""
    return next(
        (n for n, block in enumerate(rest) if sentence.tokens[block.top].relation not in passed), len(rest)
    )


def verb_bounds(sentence: Sentence, blocks: Sequence[Block], head: int) -> tuple[int, int]:
    """Return which blocks, [start, end), are the verb with the small words that touch it."""
    start = _number(blocks, head)
    end = start + 1
    while start > 0 and leans(sentence, head, blocks[start - 1].top):
        start -= 1
    while end < len(blocks) and leans(sentence, head, blocks[end].top):
        end += 1
    return start, max(end, _last_ending(sentence, blocks, start, head))


def _last_ending(sentence: Sentence, blocks: Sequence[Block], start: int, head: int) -> int:
    """Return where the Japanese verb ends, whose endings may have particles between them (*kaketaku wa arimasen*)."""
    end = start
    if sentence.language == "ja":
        for number in range(start, len(blocks)):
            role = sentence.tokens[blocks[number].top].relation
            if role in ("aux", "cop", "fixed") and blocks[number].top > head:
                end = number + 1
            elif role not in ("case", "mark", "advmod") and blocks[number].top > head:
                break
    return end


def leans(sentence: Sentence, head: int, index: int) -> bool:
    """Say whether a dependent that touches the verb is one group with it."""
    token = sentence.tokens[index]
    if token.relation in COMPOUND or token.relation in ("aux", "expl", "clf"):
        return True
    if token.relation == "mark":
        # An infinitive's particle, and the ending of the Japanese gerund.
        return not sentence.children(index) and (
            (token.upos == "PART" and index < head) or (token.text in GERUND and index > head)
        )
    if token.relation == "xcomp":
        return token.upos == "VERB" and not sentence.children(index)
    return token.relation in ("advmod", "nsubj", "obj", "iobj", "obl") and leaning(sentence, index)


def _clause_slot(sentence: Sentence, rest: Sequence[Block], head: int, kind: str, before: bool) -> int:
    """Return where an auxiliary, an oblique, a clause or a conjunction goes among the blocks of a clause."""
    start, end = verb_bounds(sentence, rest, head)
    if kind == "subordinator":
        last = len(rest)
        while last > end and sentence.tokens[rest[last - 1].top].relation in _TRAILING:
            last -= 1
        return _first(sentence, rest, frozenset({"cc"})) if before else last
    if kind == "auxiliary":
        return start if before else end
    if before:
        while kind == "oblique" and start > 0 and sentence.tokens[rest[start - 1].top].relation == "obj":
            start -= 1
        return start
    while end < len(rest) and sentence.tokens[rest[end].top].relation in ("obj", "iobj", "obl", "nsubj"):
        end += 1
    return end


_SLOTS: dict[str, Callable[[Sentence, Sequence[Block], int, str, bool], int]] = {
    "adjective": _adjective_slot,
    "genitive": _genitive_slot,
    "relative": _relative_slot,
    "adposition": _adposition_slot,
}
