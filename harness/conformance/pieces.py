"""Laws of place: words, answers and tags lie in the new text where they should."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from harness.conformance.law import Breach
from harness.conformance.rows import answers, tags
from harness.conformance.samples import Sample
from harness.formats import format_named
from harness.text import Disturbed, Rewrite

if TYPE_CHECKING:
    from harness.conformance.trial import Trial

Place = tuple[int, int]


def aligned(trial: Trial, sample: Sample) -> str | None:
    """Every piece comes from one word of the source or from none; each word is found where it is said to be."""
    found = trial.found(sample)
    for rewrite in found.rewrites:
        note = _sound(rewrite) or _honest(rewrite)
        if note is not None:
            return note
    for sentence, token, place in _pieces(found):
        source = found.rewrites[sentence].sentence
        old = source.tokens[token]
        got = found.spans.span(source.offset + old.start, source.offset + old.end)
        if got != place and old.start < old.end:
            return f"{old.text!r} lies at {place}, and is looked for at {got}"
    return None


def _sound(rewrite: Rewrite) -> str | None:
    sources = [piece.source for piece in rewrite.pieces if piece.source is not None]
    if len(rewrite.gaps) != len(rewrite.pieces) + 1:
        return f"{len(rewrite.pieces)} pieces and {len(rewrite.gaps)} gaps"
    twice = [source for source, count in Counter(sources).items() if count > 1]
    if twice:
        return f"{rewrite.sentence.tokens[twice[0]].text!r} is the source of several pieces"
    filled = [gap for gap in rewrite.gaps if gap.strip() and gap not in rewrite.sentence.gaps]
    if filled:
        return f"{filled[0]!r} stands between two pieces and belongs to none"
    for piece in rewrite.pieces:
        if not piece.text and (piece.source is None or rewrite.sentence.tokens[piece.source].text):
            return "a piece is empty"
    return None


def _honest(rewrite: Rewrite) -> str | None:
    """Say so where words have changed places, and are said to have been altered in theirs."""
    altered = [
        (rewrite.sentence.tokens[piece.source].text.casefold(), piece.text.casefold())
        for piece, mark in zip(rewrite.pieces, rewrite.marks, strict=True)
        if mark == "altered" and piece.source is not None
    ]
    altered = [pair for pair in altered if pair[0] != pair[1]]
    old, new = (Counter(texts) for texts in zip(*altered, strict=True)) if altered else ({}, {})
    if len(old) > 2 and old == new:
        return f"its words have changed places, and are said to be altered: {rewrite.text!r}"
    return None


def _pieces(found: Disturbed) -> Iterator[tuple[int, int, Place]]:
    """Yield the number of the sentence, of the token, and the place in the new text, of each piece of a token.

    The places are counted here anew, from the pieces alone.
    """
    position = 0
    for number, (gap, rewrite) in enumerate(zip(found.source.gaps, found.rewrites, strict=False)):
        position += len(gap)
        inner = position + len(rewrite.gaps[0])
        for piece, after in zip(rewrite.pieces, rewrite.gaps[1:], strict=True):
            if piece.source is not None:
                yield number, piece.source, (inner, inner + len(piece.text))
            inner += len(piece.text) + len(after)
        position += len(rewrite.text)


def answered(trial: Trial, sample: Sample) -> str | None:
    """An answer in the new context is the words of the old answer and no other, or the row is left out."""
    found = trial.found(sample)
    return misplaced_answer(found, answers(found.source))


def misplaced_answer(found: Disturbed, wanted: Sequence[Place]) -> str | None:
    """Say which of some answers, given by their places in the context, the format carries to a wrong place."""
    shape = format_named("span-extraction")
    pieces = [(number, token, place) for number, token, place in _pieces(found)]
    for start, end in wanted:
        answer = found.source.text[start:end]
        row = {"context": found.source.text, "question": "", "answers": [answer], "answer_starts": [start]}
        new = shape.carried(row, {"context": found})
        if new is None or not found.touched:
            continue
        note = _misplaced(found, pieces, (start, end), new)
        if note is not None:
            return f"answer {answer!r}: {note}"
    return None


def _misplaced(
    found: Disturbed, pieces: Sequence[tuple[int, int, Place]], old: Place, new: dict[str, Any]
) -> str | None:
    (text,), (start,) = new["answers"], new["answer_starts"]
    end = start + len(text)
    if not text.strip():
        return "nothing is left of it"
    if found.text[start:end] != text:
        return f"{text!r} is not at {start}, where there is {found.text[start:end]!r}"
    there = {(number, token) for number, token, (left, right) in pieces if left < end and right > start}
    before = {
        (number, token)
        for number, rewrite in enumerate(found.rewrites)
        for token, each in enumerate(rewrite.sentence.tokens)
        if rewrite.sentence.offset + each.start < old[1] and rewrite.sentence.offset + each.end > old[0]
    }
    if there != before:
        return f"it has become {text!r}, which is made of other words"
    room = sum(right - left for number, token, (left, right) in pieces if (number, token) in there)
    if len("".join(text.split())) > room:
        return f"it has become {text!r}, which holds words that were put in"
    as_it_was = all(
        found.text[left:right].casefold() == found.rewrites[number].sentence.tokens[token].text.casefold()
        for number, token, (left, right) in pieces
        if (number, token) in there
    )
    if as_it_was and sorted(_solid(text)) != sorted(_solid(found.source.text[slice(*old)])):
        return f"it has become {text!r}, which is another part of its words"
    return None


def _solid(text: str) -> str:
    return "".join(text.casefold().split())


def tagged(trial: Trial, sample: Sample) -> str | None:
    """Tags are as many as words, each follows its word, entities stay whole; or the row is refused."""
    shape = format_named("token-tagging")
    for sentence in sample.passage().sentences:
        words = [token.text for token in sentence.tokens]
        if words:
            source = shape.passage(words, sample.language, sample.conllu)
            note = misplaced_tag(trial.disturbed_passages([source])[0], words, tags(len(words)))
            if note is not None:
                return note
    return None


def misplaced_tag(found: Disturbed, words: Sequence[str], marks: Sequence[str | None]) -> str | None:
    """Say what is wrong with the tags of a row that the format carries to the disturbed words."""
    shape = format_named("token-tagging")
    # A tag of its own for each word shows where each comes from.
    own = shape.carried({"tokens": words, "tags": [f"#{n}" for n in range(len(words))]}, {"tokens": found})
    new = shape.carried({"tokens": words, "tags": marks}, {"tokens": found})
    if own is None:
        return "tags that are no entities are refused"
    sources = [None if tag is None else int(tag[1:]) for tag in own["tags"]]
    note = _own_tags(words, own["tokens"], sources, found)
    if note is not None or new is None:
        return note
    if len(new["tokens"]) != len(new["tags"]):
        return f"{len(new['tokens'])} words and {len(new['tags'])} tags"
    if [None if source is None else marks[source] for source in sources] != new["tags"]:
        return f"tags are not those of the words: {new['tags']}"
    whole = {tuple(places) for places in entities(marks)}
    for places in entities(new["tags"]):
        if tuple(sources[place] for place in places) not in whole:
            return f"an entity is made of other words: {[new['tokens'][place] for place in places]}"
    return None


def _own_tags(
    words: Sequence[str], new: Sequence[str], sources: Sequence[int | None], found: Disturbed
) -> str | None:
    if len(new) != len(sources):
        return f"{len(new)} words and {len(sources)} tags"
    if not new or any(not word for word in new if "" not in words):
        return "a word is empty"
    kept = found.rewrites[0].marks
    for place, source in enumerate(sources):
        if source is not None and kept[place] in ("kept", "moved"):
            old = words[source]
            if old.casefold().replace("\u0307", "") != new[place].casefold().replace("\u0307", ""):
                if old.replace("I", "ı").casefold() == new[place].replace("I", "ı").casefold():
                    continue
                return f"the tag of {old!r} is on {new[place]!r}"
    return None


def entities(marks: Sequence[str | None]) -> list[list[int]]:
    """Return the places of each entity's words, as seqeval counts: an I- after none of its type begins one."""
    found: list[list[int]] = []
    last: str | None = None
    for place, mark in enumerate(marks):
        kind = mark[2:] if mark is not None and mark[:2] in ("B-", "I-") else None
        if kind is not None and mark is not None:
            if mark[0] == "I" and last == kind:
                found[-1].append(place)
            else:
                found.append([place])
        last = kind
    return found


def carried_rows(trial: Trial) -> Iterator[Breach]:
    """In edited rows answers begin where they are said to, tags are as many as words and known ones."""
    for batch in trial.batches:
        known: set[str | None] = {None, "O"}
        if "tags" in batch.table.column_names:
            known |= {tag for tags in batch.table.column("tags").to_pylist() for tag in tags}
        for place, row in enumerate(trial.variant(batch)):
            note = row_note(batch.table.slice(place, 1).to_pylist()[0] | row, known)
            if note is not None:
                yield Breach(note, batch.language, batch.text(place))


def row_note(row: dict[str, Any], known: set[str | None]) -> str | None:
    """Say what is wrong with an edited row, whose tags are to be among those that are known."""
    for answer, start in zip(row.get("answers") or (), row.get("answer_starts") or (), strict=True):
        if row["context"][start : start + len(answer)] != answer:
            return f"the answer {answer!r} is not at {start}"
    if "tokens" in row:
        if len(row["tokens"]) != len(row["tags"]):
            return f"{len(row['tokens'])} words and {len(row['tags'])} tags"
        if not known.issuperset(row["tags"]):
            return f"new tags: {sorted(map(str, {*row['tags']} - known))}"
    return None
