"""Perturbation: a sentence and a generator in, a Rewrite out; or a whole row in, new values out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.text import Rewrite, Sentence


@dataclass(frozen=True)
class Resources:
    """What a user gives perturbations besides text.

    Attributes:
        words: ``--noise-words``: a file of known misspellings.
        lexicon: ``--lexicon``: a bilingual lexicon, or a folder of them.
        model: ``--perturb-model``: name or path of a masked language model.
        device: where that model runs.
    """

    words: Path | None = None
    lexicon: Path | None = None
    model: str | None = None
    device: str = "cpu"


class Perturbation:
    """Disturbs one sentence at a time, or one row. A plugin subclasses it.

    It overrides `rewrite`; or `rewrite_many`, where sentences are disturbed in batches; or `edit`, where what
    becomes of a row depends on more than one sentence.

    Attributes:
        name: the name inside the family (``scramble``); `full_name` is ``syntactic.scramble``.
        family: ``syntactic``, ``typological``, ``noise``, ``adversarial``, ``lexical`` or an own one.
        keeps_meaning: whether a careful reader would give the same label.
        languages: codes of the languages it serves; None: every language.
        needs: resources it needs, among ``parse`` (a dependency tree on the sentence), ``words``, ``lexicon``
            and ``model`` (see `Resources`).
        columns: columns without which it cannot work (``("context", "answers")``); the texts among them are
            the only ones that it disturbs. Empty: it disturbs every text column.
        takes: what the part of the name after a colon says (``a language``); "": it takes none.
        intensity: the default intensity. In the syntactic family the share of eligible clauses or
            words that are moved, in noise the share of words that are disturbed; 0 is the identity.
        version: changed by the author when the output changes; part of every key.
        reference: the paper or table that it follows.
    """

    name: str = ""
    family: str = ""
    keeps_meaning: bool = False
    languages: tuple[str, ...] | None = None
    needs: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    takes: str = ""
    intensity: float = 1.0
    version: str = "1"
    description: str = ""
    reference: str = ""

    @property
    def full_name(self) -> str:
        """Family and name, as on the command line."""
        return f"{self.family}.{self.name}"

    def options(self) -> Mapping[str, Any]:
        """Return what besides name, version, intensity and seed changes the output: part of every key."""
        return {}

    def of(self, parameter: str) -> Perturbation:
        """Return the perturbation for what its name is followed by (``like:ja``): a copy with that name.

        Raises:
            ValueError: the parameter means nothing; the message says which do.
        """
        raise ValueError(f"{self.full_name} takes nothing after a colon but an intensity")

    def given(self, resources: Resources) -> Perturbation:
        """Return the perturbation with the resources that the user gave; itself where it needs none.

        What of them changes the output belongs into `options` of the copy: a file's digest, a model's commit.
        """
        return self

    def unserved(self, language: str) -> str | None:
        """Say why a language cannot be served (no keyboard layout, say); None if it can."""
        if self.languages is not None and language not in self.languages:
            return f"{self.full_name} does not serve {language}"
        return None

    def unfit(self, labels: Sequence[str]) -> str | None:
        """Say why rows with a task's labels cannot be disturbed (tags that name no entities, say); None if they can.

        `labels` is empty where only the training rows tell them.
        """
        return None

    def rewrite(self, sentence: Sentence, rng: Random, intensity: float) -> Rewrite:
        """Return the disturbed sentence; ``Rewrite.unchanged(sentence)`` where nothing can be done.

        `rng` is local to (seed, perturbation, example, column); `intensity` lies in (0, 1].
        """
        raise TypeError(f"perturbation {self.full_name} rewrites nothing")

    def rewrite_many(
        self, sentences: Sequence[Sentence], rngs: Sequence[Random], intensity: float
    ) -> Sequence[Rewrite]:
        """Return the disturbed sentences; one by one unless overridden. Each has a generator of its own."""
        return [self.rewrite(sentence, rng, intensity) for sentence, rng in zip(sentences, rngs, strict=True)]

    def reword(self, sentence: Sentence, places: Sequence[int], rng: Random) -> Mapping[int, str]:
        """Return new texts for tokens of a sentence, each as if it alone were disturbed, for ``greedy:K:NAME``.

        Tokens that cannot be disturbed are left out. Overridden where words are disturbed one by one.
        """
        raise TypeError(f"perturbation {self.full_name} disturbs no single words")

    @property
    def rewords(self) -> bool:
        """Whether it disturbs words one by one, so that a search can choose among them."""
        return type(self).reword is not Perturbation.reword

    def edit(
        self, row: Mapping[str, Any], rows: Rows, rng: Random, intensity: float
    ) -> Mapping[str, Any] | None:
        """Return new values of a row's columns; {} where it is left as it is, None where nothing can be done.

        Values that follow a text (where answers begin, tags) are returned with it. `rng` is local to (seed,
        perturbation, example).

        Args:
            row: all columns, ``id`` among them.
            rows: the rows that it is one of.
        """
        raise TypeError(f"perturbation {self.full_name} edits no rows")


class Rows:
    """The rows of one language that are disturbed together, for perturbations that look at other rows.

    Attributes:
        language: its code.
        found: room for what a perturbation works out once for all rows (an index), by a name of its own.
    """

    def __init__(self, language: str, columns: Mapping[str, Sequence[Any]]) -> None:
        self.language = language
        self.found: dict[str, Any] = {}
        self._columns = columns

    def column(self, name: str) -> Sequence[Any]:
        """Return a column's values, row by row; KeyError where there is none."""
        return self._columns[name]

    def __len__(self) -> int:
        return len(self._columns["id"])
