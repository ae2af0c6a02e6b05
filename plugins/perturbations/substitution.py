"""Words replaced by others that a masked language model finds likely in their place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

import regex
from harness_plugins.perturbations.masked_models import Gap, MaskedModel

from harness import Perturbation, Rewrite, Sentence
from harness.text.casing import function_words
from harness.text.writing import base, script, spaced

if TYPE_CHECKING:
    from harness.perturbation import Resources

CANDIDATES = 8
_WORD = regex.compile(r"\p{L}[\p{L}\p{M}]+(?:['’\-][\p{L}\p{M}]+)*")
_SAME = 0.5
_SHORT = 4


class Substitute(Perturbation):
    """Content words replaced by others that a masked language model (``--perturb-model``) expects there.

    Each is masked in turn and one of the eight likeliest words drawn that are written alike (script, capitals),
    are whole words and no form of the old one; the words before it in the draw are replaced already. Another word
    may mean something else. The words are drawn without asking the model under test: BERT-Attack's and CLARE's
    search for the words that turn its answer is ``worst:8:adversarial.substitute``, eight draws of which the
    worst counts. Intensity is the share of the content words, at least one.

        The dog chased a small cat.  ->  The dog chased a white cat.
    """

    name = "substitute"
    family = "adversarial"
    needs = ("model",)
    intensity = 0.2
    description = "content words replaced by a masked language model's (--perturb-model)"
    reference = (
        "BERT-Attack: Li et al. 2020 (arXiv 2004.09984); CLARE: Li et al. 2021 (arXiv 2009.07502), replace"
    )

    def __init__(self, model: MaskedModel | None = None) -> None:
        self.model = model

    def given(self, resources: Resources) -> Substitute:
        if resources.model is None:
            return self
        return Substitute(MaskedModel(resources.model, resources.device))

    def options(self) -> Mapping[str, Any]:
        return {"model": dict(self.model.identity) if self.model else None}

    def unserved(self, language: str) -> str | None:
        if not spaced(language):
            return f"{self.full_name} masks words, and {language} does not write them apart"
        return None

    def rewrite(self, sentence: Sentence, rng: Random, intensity: float) -> Rewrite:
        return self.rewrite_many([sentence], [rng], intensity)[0]

    def rewrite_many(
        self, sentences: Sequence[Sentence], rngs: Sequence[Random], intensity: float
    ) -> Sequence[Rewrite]:
        assert self.model is not None
        drafts = [
            _Draft(sentence, rng, _drawn(sentence, rng, intensity))
            for sentence, rng in zip(sentences, rngs, strict=True)
        ]
        for turn in range(max((len(draft.places) for draft in drafts), default=0)):
            open_ = [draft for draft in drafts if turn < len(draft.places)]
            words = self.model.words([draft.gap(draft.places[turn]) for draft in open_])
            for draft, found in zip(open_, words, strict=True):
                draft.fill(draft.places[turn], found)
        return [draft.rewrite() for draft in drafts]

    def reword(self, sentence: Sentence, places: Sequence[int], rng: Random) -> dict[int, str]:
        assert self.model is not None
        known = set(_content(sentence))
        places = [place for place in places if place in known]
        draft = _Draft(sentence, rng, places)
        for place, words in zip(places, self.model.words([draft.gap(each) for each in places]), strict=True):
            draft.fill(place, words)
        return draft.texts


@dataclass
class _Draft:
    """A sentence some of whose words have been replaced.

    Attributes:
        places: the tokens whose turn comes, in that order.
        texts: what stands in place of tokens.
    """

    sentence: Sentence
    rng: Random
    places: Sequence[int]
    texts: dict[int, str] = field(default_factory=dict)

    def gap(self, place: int) -> Gap:
        """Return the text before and after a token."""
        texts = [self.texts.get(index, token.text) for index, token in enumerate(self.sentence.tokens)]
        gaps = self.sentence.gaps
        before = "".join(gap + text for gap, text in zip(gaps, texts[:place], strict=False))
        after = "".join(
            gap + text for gap, text in zip(gaps[place + 1 :], [*texts[place + 1 :], ""], strict=True)
        )
        return before, after

    def fill(self, place: int, words: Sequence[str]) -> None:
        """Replace a token by one of the words that fit, if there are any."""
        old, language = self.sentence.tokens[place].text, self.sentence.language
        fit = [word for word in words if replaces(word, old, language)][:CANDIDATES]
        if fit:
            self.texts[place] = self.rng.choice(fit)

    def rewrite(self) -> Rewrite:
        """Return the sentence as it is now."""
        if not self.texts:
            return Rewrite.unchanged(self.sentence, eligible=bool(self.places))
        return Rewrite.replace(self.sentence, self.texts)


def _drawn(sentence: Sentence, rng: Random, intensity: float) -> list[int]:
    """Return a share of the content words, at least one, in random order."""
    places = _content(sentence)
    rng.shuffle(places)
    return places[: min(len(places), max(1, int(intensity * len(places) + 0.5)))]


def _content(sentence: Sentence) -> list[int]:
    """Return the content words."""
    small = function_words(base(sentence.language))
    return [
        index
        for index in sentence.words
        if _WORD.fullmatch(sentence.tokens[index].text)
        and sentence.tokens[index].text.casefold() not in small
    ]


def replaces(word: str, old: str, language: str) -> bool:
    """Say whether a word can stand for another: a word in the same script and capitals, no form of it."""
    return (
        _WORD.fullmatch(word) is not None
        and script(word) == script(old)
        and _capitals(word) == _capitals(old)
        and not _same(word.casefold(), old.casefold())
        and word.casefold() not in function_words(base(language))
    )


def _capitals(word: str) -> tuple[bool, bool]:
    return word[0].isupper(), word.isupper()


def _same(word: str, old: str) -> bool:
    """Say whether two words may be forms of one: they begin alike, or one begins the other."""
    common = 0
    while common < min(len(word), len(old)) and word[common] == old[common]:
        common += 1
    if common == min(len(word), len(old)):
        return True
    return common >= _SHORT and common >= _SAME * max(len(word), len(old))
