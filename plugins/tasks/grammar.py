"""The embedded tasks: made from a seed by a small typed grammar, in eight languages, with gold trees.

They serve the demo, the tests, and every promise that needs ground truth: labels hold by construction,
rows are parallel across languages, trees are gold. They measure a harness, not a language: the
vocabulary is about 130 concepts and each language shows a small part of its grammar.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from random import Random
from typing import Any, ClassVar

from harness_plugins.tasks.grammar_engine.logic import LABELS
from harness_plugins.tasks.grammar_engine.meaning import Put, draw_style
from harness_plugins.tasks.grammar_engine.paraphrases import KINDS, draw_pair
from harness_plugins.tasks.grammar_engine.premises import draw_group, draw_within
from harness_plugins.tasks.grammar_engine.realise import LANGUAGES, grammar

from harness import HarnessError, Task, hookimpl, number

Row = dict[str, Any]
Group = tuple[Put, Mapping[str, Put]]


@lru_cache(maxsize=2048)
def _drawn(draw: Callable[[Random, str], Group], split: str, seed: int) -> Group:
    """Draw a group; the groups of dev and test are kept, since every language says them anew."""
    return draw(Random(seed), split)


class GrammarTask(Task):
    """A task whose rows are made from a seed: the same rows in any order, on any machine.

    Attributes:
        sizes: number of rows of each split, per language.
        seed: seed of all draws. Sizes and seed are part of the version, so of every key.
    """

    sizes: Mapping[str, int] = {}
    seed: int = 0
    licence = "Apache-2.0"

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        unknown = [code for code in self.languages if code not in (*LANGUAGES, "mul")]
        if unknown:
            raise HarnessError(
                f"{self.name} has no grammar of {', '.join(unknown)}", f"Known: {', '.join(LANGUAGES)}."
            )
        sizes = ",".join(f"{split}={count}" for split, count in sorted(self.sizes.items()))
        self.version = f"{type(self).version};seed={self.seed};{sizes}"

    def row_count(self, split: str, language: str) -> int | None:
        return self.sizes.get(split, 0) if language in self.languages else 0

    def seed_of(self, split: str, group: int) -> int:
        """Return the seed of one group of rows: its own, and the same for every language."""
        return number(self.name, self.seed, split, group)


class GrammarPairs(GrammarTask):
    """Pair classification: groups of rows that share a sentence, one row for each label."""

    columns: ClassVar[tuple[str, str]] = ("premise", "hypothesis")

    @staticmethod
    def draw(rng: Random, split: str) -> Group:
        """Draw a second sentence and, for each label, a first one that goes with it."""
        raise NotImplementedError

    def group(self, split: str, group: int) -> Group:
        """Return a group of rows before any language says them."""
        return _drawn(type(self).draw, split, self.seed_of(split, group))

    def rows(self, split: str, language: str) -> Iterator[Row]:
        """Make the rows; row i says the same in every language, under the same id and label."""
        if not self.row_count(split, language):
            return
        say = grammar(language).say
        first, second = self.columns
        for index in range(self.sizes[split]):
            group, place = divmod(index, len(self.labels))
            if place == 0:
                shared, others = self.group(split, group)
                right = say(*shared)
            label = self.labels[place]
            left = say(*others[label])
            yield {
                "id": f"{split}-{group}-{place}",
                "cluster": f"{split}-{group}",
                first: left.text,
                second: right.text,
                "label": label,
                f"{first}.conllu": left.conllu,
                f"{second}.conllu": right.conllu,
            }


class GrammarNli(GrammarPairs):
    """Natural language inference. A hypothesis comes with one premise for each label.

    So the hypothesis alone says nothing about the label, and a cluster is the three rows of a
    hypothesis. Train, dev and test share no event, on either side of a pair.
    """

    name = "grammar-nli"
    languages = LANGUAGES
    labels = LABELS
    sizes: Mapping[str, int] = {"train": 16000, "dev": 500, "test": 1000}
    gold_trees = True
    description = "inference in eight languages, made from a typed grammar, with gold trees"

    @staticmethod
    def draw(rng: Random, split: str) -> Group:
        return draw_group(rng, split)


class GrammarParaphrase(GrammarPairs):
    """Paraphrase or not: the same event put otherwise, or one part of it changed or two roles swapped."""

    name = "grammar-paraphrase"
    languages = LANGUAGES
    labels = KINDS
    sizes: Mapping[str, int] = {"train": 16000, "dev": 500, "test": 1000}
    gold_trees = True
    description = "paraphrase or not in eight languages, made from a typed grammar, with gold trees"

    @staticmethod
    def draw(rng: Random, split: str) -> Group:
        return draw_pair(rng, split)


class GrammarText(GrammarTask):
    """Raw text for pretraining: sentences of all languages, and the same sentence in two of them.

    Rows hold ``text`` and ``text_pair`` (empty where the row is one sentence), ``language`` and
    ``language_pair``. Nothing in it says what is said in dev or test of the other tasks.
    """

    name = "grammar-text"
    format = "masked-lm"
    languages = ("mul",)
    roles = ()
    sizes: Mapping[str, int] = {"train": 20000, "dev": 500}
    description = "sentences of eight languages and parallel pairs, made from a typed grammar"
    # Most rows are pairs, half of these with English: what is learnt in English must transfer.
    pairs: float = 0.9

    def rows(self, split: str, language: str) -> Iterator[Row]:
        """Make the rows; all languages are mixed under the code ``mul``."""
        if not self.row_count(split, language):
            return
        within = "train" if split == "train" else "held"
        for index in range(self.sizes[split]):
            rng = Random(self.seed_of(split, index))
            event = draw_within(rng, within)
            style = draw_style(event, rng)
            codes = self.draw_languages(rng)
            texts = [grammar(code).say(event, style).text for code in codes]
            yield {
                "id": f"{split}-{index}",
                "text": texts[0],
                "text_pair": texts[1] if len(texts) > 1 else "",
                "language": codes[0],
                "language_pair": codes[1] if len(codes) > 1 else "",
            }

    def draw_languages(self, rng: Random) -> list[str]:
        """Draw the language of a row, or the two languages of a pair."""
        if rng.random() >= self.pairs:
            return [rng.choice(LANGUAGES)]
        if rng.random() < 0.5:
            return rng.sample(["en", rng.choice([code for code in LANGUAGES if code != "en"])], 2)
        return rng.sample(LANGUAGES, 2)


class GrammarTranslations(GrammarText):
    """The same sentence in two languages, for aligning words: drawn like grammar-text's pairs."""

    name = "grammar-translations"
    format = "translation-ranking"
    sizes: Mapping[str, int] = {"train": 6000, "dev": 500}
    description = "sentences in two of eight languages, made from a typed grammar"
    pairs = 1.0


@hookimpl
def harness_tasks() -> Sequence[Task]:
    return [GrammarNli(), GrammarParaphrase(), GrammarText(), GrammarTranslations()]
