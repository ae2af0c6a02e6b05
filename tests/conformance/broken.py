"""Perturbations that break one law each."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np

from harness import Perturbation, Rewrite, graphemes
from harness.text.rewrite import Piece


class Sound(Perturbation):
    """Every second word, as drawn, written in capitals backwards: breaks no law."""

    name, family, description, reference = "sound", "noise", "words backwards", "none"
    intensity = 0.5

    def rewrite(self, sentence, rng, intensity):
        words = [index for index in sentence.words if len(graphemes(sentence.tokens[index].text)) > 1]
        rng.shuffle(words)
        chosen = words[: max(1, int(intensity * len(words)))]
        if not chosen:
            return Rewrite.unchanged(sentence)
        return Rewrite.replace(sentence, {index: self.new(sentence.tokens[index].text) for index in chosen})

    def new(self, text):
        return "".join(graphemes(text)[::-1])


class Unnamed(Sound):
    name, languages, needs = "Un named", ("en", "klingon"), ("crystal ball",)
    description = ""


class Sly(Sound):
    """Says that nothing could be changed, and changes it."""

    def rewrite(self, sentence, rng, intensity):
        return replace(super().rewrite(sentence, rng, intensity), eligible=False)


class Emptying(Sound):
    def rewrite(self, sentence, rng, intensity):
        return Rewrite.of(sentence, [])


class Idle(Sound):
    def rewrite(self, sentence, rng, intensity):
        return Rewrite.unchanged(sentence, eligible=True)


class Counting(Sound):
    """Remembers what it has seen."""

    def __init__(self):
        self.seen = 0

    def rewrite(self, sentence, rng, intensity):
        self.seen += 1
        if not sentence.words:
            return Rewrite.unchanged(sentence)
        return Rewrite.replace(sentence, {sentence.words[0]: f"w{self.seen}"})


class Neighbourly(Sound):
    """Looks at the sentences that are disturbed together with its own."""

    def rewrite_many(self, sentences, rngs, intensity):
        texts = [sentence.text for sentence in sentences]
        return [
            Rewrite.replace(each, {each.words[0]: str(texts.index(each.text))})
            if each.words
            else Rewrite.unchanged(each)
            for each in sentences
        ]


class Hashing(Sound):
    """Chooses by the hash of strings, which every process draws anew."""

    def rewrite(self, sentence, rng, intensity):
        if not sentence.words:
            return Rewrite.unchanged(sentence)
        return Rewrite.replace(sentence, {sentence.words[0]: str(hash(sentence.text))})


class Drawing(Sound):
    def rewrite(self, sentence, rng, intensity):
        random.seed(1)
        return super().rewrite(sentence, rng, intensity)


class DrawingByNumpy(Sound):
    def rewrite(self, sentence, rng, intensity):
        np.random.seed(len(sentence.text))
        return super().rewrite(sentence, rng, intensity)


class Disguised(Sound):
    """Moves words, and says that it has altered them."""

    def rewrite(self, sentence, rng, intensity):
        texts = [sentence.tokens[index].text for index in sentence.words]
        rng.shuffle(texts)
        return Rewrite.replace(sentence, dict(zip(sentence.words, texts, strict=True)))


class Doubled(Sound):
    """Gives two pieces the same source."""

    def rewrite(self, sentence, rng, intensity):
        if not sentence.words:
            return Rewrite.unchanged(sentence)
        first = sentence.words[0]
        twice = Piece(sentence.tokens[first].text, first)
        plain = Rewrite.unchanged(sentence)
        return Rewrite(sentence, (twice, *plain.pieces), (plain.gaps[0], " ", *plain.gaps[1:]))


class Whispering(Sound):
    """Puts words between pieces, where no alignment sees them."""

    def rewrite(self, sentence, rng, intensity):
        plain = Rewrite.unchanged(sentence)
        gaps = [f" not{gap}" if index and gap else gap for index, gap in enumerate(plain.gaps)]
        return Rewrite(sentence, plain.pieces, tuple(gaps), True)


class Splitting(Sound):
    """Turns code points around, not characters."""

    def new(self, text):
        return text[::-1]


class Beheading(Sound):
    """Leaves out the last letter and keeps its accent."""

    def new(self, text):
        *before, last = graphemes(text)
        return "".join(before) + last[1:]


class Excessive(Sound):
    """Alters every word whatever the intensity."""

    def rewrite(self, sentence, rng, intensity):
        return super().rewrite(sentence, rng, 1.0)


class Fickle(Sound):
    """Alters other words at another intensity."""

    def rewrite(self, sentence, rng, intensity):
        rng.seed(str(intensity))
        return super().rewrite(sentence, rng, intensity)


class Squeamish(Sound):
    """Fails on a text without words."""

    def rewrite(self, sentence, rng, intensity):
        assert sentence.words
        return super().rewrite(sentence, rng, intensity)


class Deep(Sound):
    """Calls itself for every token."""

    def rewrite(self, sentence, rng, intensity):
        def walk(index):
            return 0 if index < 0 else 1 + walk(index - 1)

        walk(len(sentence) - 1)
        return super().rewrite(sentence, rng, intensity)


class SoundRows(Perturbation):
    """A sentence put before the context: breaks no law."""

    name, family, description, reference = "sound-rows", "adversarial", "a sentence before", "none"
    columns = ("context", "answers")
    before = "One two. "

    def edit(self, row, rows, rng, intensity):
        starts = [start + self.shift() for start in row["answer_starts"]]
        return {"context": self.before + row["context"], "answers": row["answers"], "answer_starts": starts}

    def shift(self):
        return len(self.before)


class Shifting(SoundRows):
    """Forgets that the answer has moved."""

    def shift(self):
        return 0


class Tagless(Perturbation):
    """Puts a word in and no tag."""

    name, family, description, reference = "tagless", "adversarial", "a word more", "none"
    columns = ("tokens", "tags")

    def edit(self, row, rows, rng, intensity):
        return {"tokens": [*row["tokens"], "word"]}


class RowByRow(SoundRows):
    """Looks at where the row stands."""

    def edit(self, row, rows, rng, intensity):
        number = list(rows.column("context")).index(row["context"])
        return {"context": f"{number} {row['context']}", "answers": [], "answer_starts": []}
