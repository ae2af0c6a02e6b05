"""The German finite verb: second in a main clause, whatever stands first."""

from __future__ import annotations

from harness_plugins.perturbations.reordering import is_finite, phrase

from harness import Sentence


def finite_verb(sentence: Sentence, head: int) -> int | None:
    """Return the finite verb of the clause that `head` heads; None if there is none or more than one."""
    near = [
        head,
        *(child for child in sentence.children(head) if sentence.tokens[child].relation in ("aux", "cop")),
    ]
    found = [
        index
        for index in near
        if len(sentence.tokens[index].words) == 1 and is_finite(sentence.tokens[index])
    ]
    return found[0] if len(found) == 1 else None


def subject(sentence: Sentence, head: int) -> tuple[int, int] | None:
    """Return where the clause's only subject lies; None if it has none or is torn."""
    found = [
        child for child in sentence.children(head) if sentence.tokens[child].relation in ("nsubj", "expl")
    ]
    return phrase(sentence, found[0]) if len(found) == 1 else None


def inverted(sentence: Sentence, head: int, span: tuple[int, int]) -> list[int] | None:
    """Return a clause that begins with its subject and verb as it reads after something else has come first.

        ich bleibe zu Hause  ->  bleibe ich zu Hause

    None if it does not begin so.
    """
    verb, place = finite_verb(sentence, head), subject(sentence, head)
    if verb is None or place is None or place != (span[0], verb) or not _bare(sentence, place):
        return None
    behind = _weak_end(sentence, place, verb + 1, span[1])
    return [verb, *range(verb + 1, behind), *range(*place), *range(behind, span[1])]


def uninverted(sentence: Sentence, head: int, span: tuple[int, int]) -> list[int] | None:
    """Return a clause that begins with its verb with the subject before it; None if it does not begin so."""
    verb, place = finite_verb(sentence, head), subject(sentence, head)
    if verb is None or place is None or verb != span[0] or place[0] < verb or not _bare(sentence, place):
        return None
    return [*range(*place), *range(verb, place[0]), *range(place[1], span[1])]


def _bare(sentence: Sentence, place: tuple[int, int]) -> bool:
    """Say whether a subject holds no punctuation, so that none is torn from its other half."""
    return all(sentence.tokens[index].is_word for index in range(*place))


def _weak_end(sentence: Sentence, place: tuple[int, int], start: int, end: int) -> int:
    """Return where weak pronouns after the verb end: a noun as subject follows them, a pronoun goes before."""
    if sentence.tokens[place[0]].upos == "PRON" and place[1] - place[0] == 1:
        return start
    while start < end and sentence.tokens[start].upos == "PRON" and sentence.tokens[start].relation in (
        "obj", "iobj", "expl", "obl"
    ) and len(sentence.subtree(start)) == 1:  # fmt: skip
        start += 1
    return start
