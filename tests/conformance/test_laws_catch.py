"""Every law catches a perturbation that breaks it, and passes one that does not."""

from __future__ import annotations

import broken
import pytest

from harness.conformance import LAWS, check

LANGUAGES = ("en", "hi", "th", "vi")

BREAKS = {
    "declaration": [broken.Unnamed()],
    "identity": [broken.Sly()],
    "whole": [broken.Emptying()],
    "effect": [broken.Idle()],
    "determinism": [broken.Counting()],
    "order": [broken.Neighbourly(), broken.RowByRow()],
    "process": [broken.Hashing()],
    "seclusion": [broken.Drawing(), broken.DrawingByNumpy()],
    "alignment": [broken.Disguised(), broken.Doubled(), broken.Whispering()],
    "answers": [broken.Whispering()],
    "tags": [broken.Doubled()],
    "rows": [broken.Shifting(), broken.Tagless()],
    "graphemes": [broken.Splitting(), broken.Beheading()],
    "intensity": [broken.Excessive()],
    "monotony": [broken.Fickle()],
    "hostile": [broken.Squeamish()],
    "length": [broken.Deep()],
}


def test_every_law_has_a_perturbation_that_breaks_it():
    assert list(BREAKS) == [law.name for law in LAWS]


@pytest.mark.parametrize(
    ("law", "perturbation"),
    [(law, each) for law, them in BREAKS.items() for each in them],
    ids=lambda each: each if isinstance(each, str) else type(each).__name__,
)
def test_a_law_catches_what_breaks_it(law, perturbation):
    languages = None if law == "declaration" else LANGUAGES[: 1 if law == "length" else None]
    report = check(perturbation, languages=languages, only=[law])
    assert [each.law for each in report.failures] == [law], str(report)
    assert report.failures[0].note


@pytest.mark.parametrize("perturbation", [broken.Sound(), broken.SoundRows()], ids=lambda each: each.name)
def test_what_breaks_no_law_passes_all(perturbation):
    report = check(perturbation, languages=LANGUAGES)
    assert report.passed, str(report)
    assert report.languages == LANGUAGES
    assert report.speed is not None
    assert report.speed > 0


def test_the_smallest_text_that_fails_is_told():
    class Odd(broken.Sound):
        def rewrite(self, sentence, rng, intensity):
            if "market" in sentence.text:
                return broken.Whispering().rewrite(sentence, rng, intensity)
            return super().rewrite(sentence, rng, intensity)

    (failed,) = check(Odd(), languages=["en"], only=["alignment"]).failures
    assert failed.text is not None
    assert "market" in failed.text
    assert len(failed.text.split()) <= 2
    assert failed.language == "en"


def test_a_text_of_ones_own_is_tried():
    class Odd(broken.Sound):
        def rewrite(self, sentence, rng, intensity):
            assert "zyzzyva" not in sentence.text
            return super().rewrite(sentence, rng, intensity)

    assert check(Odd(), languages=["en"], only=["whole"]).passed
    (failed,) = check(Odd(), languages=["en"], only=["whole"], texts=[("en", "A zyzzyva.")]).failures
    assert "AssertionError" in failed.note


def test_what_cannot_be_tried_is_skipped_and_says_why():
    class Reader(broken.Sound):
        needs = ("lexicon",)

    report = check(Reader())
    assert report.passed
    assert {each.note for each in report.checks if each.outcome == "skipped"} == {"it needs --lexicon"}

    class Local(broken.Sound):
        languages = ("en",)

        def __reduce__(self):
            raise TypeError("kept here")

    (process,) = check(Local(), only=["process"]).checks
    assert process.outcome == "skipped"
    assert "cannot be pickled" in process.note


def test_a_language_that_is_not_served_is_told():
    class English(broken.Sound):
        languages = ("en",)

    report = check(English(), languages=["en", "de"], only=["whole"])
    assert report.languages == ("en",)
    assert "does not serve de" in report.untried["de"]


def test_languages_in_which_nothing_changes_are_told():
    class Latin(broken.Sound):
        def rewrite(self, sentence, rng, intensity):
            able = sentence.script == "Latin"
            return super().rewrite(sentence, rng, intensity) if able else broken.Rewrite.unchanged(sentence)

    report = check(Latin(), languages=["en", "ru"], only=["effect"])
    assert report.passed
    assert report.unmoved == ("ru",)
