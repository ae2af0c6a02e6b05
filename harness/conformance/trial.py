"""A perturbation with the texts and rows that it is tried on."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING, Any

from harness.conformance import samples as made
from harness.conformance.rows import Batch, batches
from harness.conformance.samples import Sample
from harness.formats import format_named
from harness.keys import number
from harness.perturbation import Perturbation, Resources
from harness.text import Disturbed, Passage, disturb_table
from harness.text.disturbance import disturb_many

if TYPE_CHECKING:
    from harness.text import Parser

SEED = 7
# Texts of a language in a hasty check.
QUICK = 7
RESOURCES = {"words": "--noise-words", "lexicon": "--lexicon", "model": "--perturb-model"}
# Tried in turn where a perturbation takes something after a colon; most take a language.
PARAMETERS = ("ja", "de", "en", "ar", "2", "zh-Hant")
# Scripts and kinds of languages that a hasty check still tries.
VARIED = (
    "en",
    "de",
    "ru",
    "tr",
    "fi",
    "ar",
    "fa",
    "he",
    "hi",
    "th",
    "zh",
    "ja",
    "ko",
    "vi",
    "sw",
    "ta",
    "my",
)


@dataclass(frozen=True)
class Trial:
    """A perturbation and the texts that it is tried on.

    Attributes:
        bare: the perturbation as its plugin made it.
        resources: what the user gave it.
        perturbation: the perturbation with these.
        samples: texts in the languages that it serves; with trees where it needs them.
        untried: languages that it was not tried in, and why.
        missing: why it cannot be tried at all; "" where it can.
        packed: the bare perturbation and its resources as another process gets them; or why it cannot.
        quick: whether texts that take long are left out.
    """

    bare: Perturbation
    resources: Resources
    perturbation: Perturbation
    samples: tuple[Sample, ...]
    untried: Mapping[str, str]
    missing: str = ""
    quick: bool = False
    packed: bytes | str = ""

    @property
    def edits_rows(self) -> bool:
        """Whether it edits whole rows rather than sentences."""
        return type(self.perturbation).edit is not Perturbation.edit

    @property
    def needs_tree(self) -> bool:
        """Whether it works on dependency trees."""
        return "parse" in self.perturbation.needs

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages that it is tried in."""
        return tuple(dict.fromkeys(sample.language for sample in self.samples))

    @cached_property
    def batches(self) -> tuple[Batch, ...]:
        """Rows of every format that it can work on, language by language."""
        return tuple(batches(self.perturbation, self.samples, self.edits_rows))

    @cached_property
    def measured(self) -> tuple[tuple[Disturbed, ...], float]:
        """What becomes of the samples at the perturbation's own intensity, and the seconds that it takes."""
        sources = [sample.passage() for sample in self.samples]
        self.disturbed_passages(sources[:8])
        start = perf_counter()
        found = tuple(self.disturbed_passages(sources))
        return found, perf_counter() - start

    def found(self, sample: Sample) -> Disturbed:
        """Return what becomes of a text at the perturbation's own intensity; samples are disturbed once."""
        place = self._places.get(sample)
        return self.measured[0][place] if place is not None else self.disturbed([sample])[0]

    @cached_property
    def _places(self) -> Mapping[Sample, int]:
        return {sample: place for place, sample in enumerate(self.samples)}

    def disturbed(
        self,
        samples: Iterable[Sample],
        intensity: float | None = None,
        perturbation: Perturbation | None = None,
    ) -> list[Disturbed]:
        """Return what becomes of texts; without an intensity at the perturbation's own."""
        return self.disturbed_passages([sample.passage() for sample in samples], intensity, perturbation)

    def disturbed_passages(
        self,
        sources: Iterable[Passage],
        intensity: float | None = None,
        perturbation: Perturbation | None = None,
    ) -> list[Disturbed]:
        """Return what becomes of texts that are in sentences already."""
        perturbation = perturbation or self.perturbation
        texts = [(source, str(number(source.language, source.text)), "text") for source in sources]
        wanted = perturbation.intensity if intensity is None else intensity
        return disturb_many(perturbation, texts, seed=SEED, intensity=wanted)

    def variant(
        self,
        batch: Batch,
        intensity: float | None = None,
        perturbation: Perturbation | None = None,
        order: Sequence[int] | None = None,
    ) -> list[dict[str, Any]]:
        """Return the disturbed rows of a batch, or of those that `order` names."""
        perturbation = perturbation or self.perturbation
        wanted = perturbation.intensity if intensity is None else intensity
        return disturbed_rows(perturbation, batch if order is None else batch.take(order), wanted)


def instance(perturbation: Perturbation) -> Perturbation:
    """Return a perturbation that can be tried: of one that takes something after a colon, one that has got it."""
    if not perturbation.takes:
        return perturbation
    for parameter in PARAMETERS:
        try:
            return perturbation.of(parameter)
        except ValueError:
            continue
    return perturbation


def disturbed_rows(perturbation: Perturbation, batch: Batch, intensity: float) -> list[dict[str, Any]]:
    """Return the disturbed rows of a batch."""
    found = disturb_table(
        perturbation,
        batch.table,
        batch.columns,
        language=batch.language,
        seed=SEED,
        intensity=intensity,
        shape=format_named(batch.shape) if batch.shape else None,
    )
    return list(found.to_pylist())


def arrange(
    perturbation: Perturbation,
    *,
    languages: Sequence[str] | None,
    texts: Iterable[tuple[str, str]],
    trees: Iterable[Sample],
    parser: Parser | None,
    resources: Resources,
    quick: bool,
) -> Trial:
    """Choose the texts that a perturbation is tried on and give it its resources."""
    given = [Sample(text, language) for language, text in texts]
    known = [*given, *made.sentences(), *made.trees(), *trees]
    wanted = languages if languages is not None else dict.fromkeys(sample.language for sample in known)
    if quick and languages is None:
        wanted = [language for language in wanted if language in VARIED]
    packed = _packed(perturbation, resources)
    empty = Trial(perturbation, resources, perturbation, (), {}, quick=quick, packed=packed)
    for need, option in RESOURCES.items():
        if need in perturbation.needs and getattr(resources, need) is None:
            return replace(empty, missing=f"it needs {option}")
    ready = perturbation.given(resources)
    chosen, untried = [], {}
    for language in wanted:
        mine = [sample for sample in known if sample.language == language]
        reason = ready.unserved(language)
        if reason is None and "parse" in ready.needs:
            mine, reason = _parsed(mine, parser, language)
        if reason is None and not mine:
            reason = f"there is no made text in {language}"
        if reason is not None:
            untried[language] = reason
        else:
            chosen += mine[:QUICK] if quick else mine
    if "parse" not in ready.needs:
        chosen = [Sample(sample.text, sample.language) for sample in chosen]
    missing = "" if chosen else f"no text that it could disturb: {next(iter(untried.values()), 'none')}"
    different = tuple(dict.fromkeys(chosen))
    return Trial(perturbation, resources, ready, different, untried, missing, quick, packed)


def _packed(perturbation: Perturbation, resources: Resources) -> bytes | str:
    if type(perturbation).__module__ == "__main__":
        return "its class is in __main__, which no other process can import"
    try:
        return pickle.dumps((perturbation, resources))
    except Exception as error:
        return f"it cannot be pickled: {type(error).__name__}: {error}"


def _parsed(
    samples: Sequence[Sample], parser: Parser | None, language: str
) -> tuple[list[Sample], str | None]:
    """Return the samples with trees, those of the parser among them, or why there are none."""
    found = [sample for sample in samples if sample.conllu is not None]
    bare = [sample for sample in samples if sample.conllu is None]
    if parser is not None and parser.unserved(language) is None:
        trees = parser.parse([sample.text for sample in bare], language)
        found += [replace(sample, conllu=tree) for sample, tree in zip(bare, trees, strict=True) if tree]
    return found, None if found else f"no tree in {language}: give a parser (--parser-models)"
