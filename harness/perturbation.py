"""Perturbation: a sentence and a generator in, a Rewrite out."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.text import Rewrite, Sentence


class Perturbation:
    """Disturbs one sentence at a time. A plugin subclasses it.

    Attributes:
        name: the name inside the family (``scramble``); `full_name` is ``syntactic.scramble``.
        family: ``syntactic``, ``typological``, ``noise``, ``adversarial``, ``lexical`` or an own one.
        keeps_meaning: whether a careful reader would give the same label.
        languages: codes of the languages it serves; None: every language.
        needs: resources it needs, among ``parse`` (a dependency tree on the sentence).
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

    def unserved(self, language: str) -> str | None:
        """Say why a language cannot be served (no keyboard layout, say); None if it can."""
        if self.languages is not None and language not in self.languages:
            return f"{self.full_name} does not serve {language}"
        return None

    def rewrite(self, sentence: Sentence, rng: Random, intensity: float) -> Rewrite:
        """Return the disturbed sentence; ``Rewrite.unchanged(sentence)`` where nothing can be done.

        `rng` is local to (seed, perturbation, example, column); `intensity` lies in (0, 1].
        """
        raise TypeError(f"perturbation {self.full_name} rewrites nothing")
