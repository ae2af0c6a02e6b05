"""Holding a perturbation to all laws."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from harness.conformance import clusters, declaration, everywhere, pieces, strength
from harness.conformance.law import ENOUGH, Breach, Law, Unable, raised
from harness.conformance.report import Check, Report
from harness.conformance.samples import Sample
from harness.conformance.trial import Trial, arrange
from harness.perturbation import Perturbation, Resources

if TYPE_CHECKING:
    from harness.text import Parser


def _clustered(trial: Trial) -> Any:
    law = next(each for each in LAWS if each.name == "graphemes")
    for sample in (*trial.samples, *clusters.marked(trial)):
        note = replace(law, find=None).told(trial, sample)
        if note is not None:
            yield Breach(note, sample.language, sample.text)


LAWS: tuple[Law, ...] = (
    Law("declaration", "names, languages and needs are known ones; it says what it does and whom it follows",
        find=declaration.declared),
    Law("identity", "nothing changes at intensity 0, nor where it says that nothing can be changed",
        find=everywhere.identical),
    Law("whole", "no text is made empty, and nothing is raised", find=everywhere.whole),
    Law("effect", "at full intensity some text is changed", find=strength.moving),
    Law("determinism", "the same seed gives the same text, from a copy too", find=everywhere.deterministic),
    Law("order", "the order of rows, and what else is disturbed, change nothing", find=everywhere.ordered),
    Law("process", "another process gives the same", find=everywhere.elsewhere),
    Law("seclusion", "the generators of random, numpy and torch are left alone", find=everywhere.secluded),
    Law("alignment", "every word is found where the alignment says", judge=pieces.aligned, rows=False),
    Law("answers", "an answer is the same words in the new context, or is refused", judge=pieces.answered,
        rows=False),
    Law("tags", "each tag follows its word and entities stay whole, or are refused", judge=pieces.tagged,
        rows=False),
    Law("rows", "answers begin where the row says; tags are as many as words", find=pieces.carried_rows,
        texts=False),
    Law("graphemes", "grapheme clusters stay whole", judge=clusters.clustered, find=_clustered, rows=False),
    Law("intensity", "no more words are altered than the intensity says", judge=strength.bounded, rows=False),
    Law("monotony", "what a lower intensity alters a higher one alters alike", find=strength.rising,
        rows=False),
    Law("hostile", "nothing is raised on hostile texts", find=everywhere.hardy, rows=False),
    Law("length", "100,000 characters take less than a minute", find=everywhere.lasting, rows=False),
)  # fmt: skip


def check(
    perturbation: Perturbation,
    *,
    languages: Sequence[str] | None = None,
    texts: Iterable[tuple[str, str]] = (),
    trees: Iterable[Sample] = (),
    parser: Parser | None = None,
    resources: Resources | None = None,
    quick: bool = False,
    only: Sequence[str] | None = None,
    told: Callable[[str], None] | None = None,
) -> Report:
    """Hold a perturbation to the laws, on made texts in all languages that it serves.

    Args:
        perturbation: what is checked.
        languages: codes of the languages to try; None: all that there are texts for.
        texts: further texts, each with its language before it.
        trees: further texts with their trees.
        parser: parses the texts without a tree, for a perturbation that needs one.
        resources: what it is given besides.
        quick: a varied choice of languages and seven texts of each, without the very long ones.
        only: names of the laws to try; None: all.
        told: is told each law's name before it is tried.
    """
    trial = prepare(
        perturbation,
        languages=languages,
        texts=texts,
        trees=trees,
        parser=parser,
        resources=resources,
        quick=quick,
    )
    checks = []
    for law in LAWS:
        if only is None or law.name in only:
            if told is not None:
                told(law.name)
            checks.append(hold(law, trial))
    speed, unmoved = _measured(trial)
    return Report(perturbation.full_name, tuple(checks), trial.languages, trial.untried, unmoved, speed)


def prepare(
    perturbation: Perturbation,
    *,
    languages: Sequence[str] | None = None,
    texts: Iterable[tuple[str, str]] = (),
    trees: Iterable[Sample] = (),
    parser: Parser | None = None,
    resources: Resources | None = None,
    quick: bool = False,
) -> Trial:
    """Choose the texts that a perturbation is tried on and give it its resources; arguments as for `check`."""
    return arrange(
        perturbation,
        languages=languages,
        texts=texts,
        trees=trees,
        parser=parser,
        resources=resources or Resources(),
        quick=quick,
    )


def hold(law: Law, trial: Trial) -> Check:
    """Hold a perturbation to one law."""
    reason = _skipped(law, trial)
    if reason:
        return Check(law.name, law.says, "skipped", reason)
    try:
        breaches = list(islice(law.breaches(trial), ENOUGH))
    except Unable as unable:
        return Check(law.name, law.says, "skipped", str(unable))
    except Exception as error:
        breaches = [Breach(raised(error))]
    if not breaches:
        return Check(law.name, law.says, "passed")
    least = min(breaches, key=lambda each: len(each.text) if each.text is not None else 10**6)
    least = _smaller(law, trial, least)
    languages = sorted({each.language for each in breaches if each.language})
    more = f" (and {len(breaches) - 1} more, in {' '.join(languages)})" if len(breaches) > 1 else ""
    return Check(law.name, law.says, "failed", least.note + more, least.language, least.text)


def _skipped(law: Law, trial: Trial) -> str:
    if law.name == "declaration":
        return ""
    if trial.missing:
        return trial.missing
    if trial.edits_rows and not law.rows:
        return "it edits rows"
    if not trial.edits_rows and not law.texts:
        return "it disturbs sentences"
    if law.name == "intensity" and not strength.of_words(trial):
        return "its intensity is no share of words"
    return ""


def _smaller(law: Law, trial: Trial, breach: Breach) -> Breach:
    """Return the breach on a shorter text, found by leaving out words; a text with a tree stays as it is."""
    if law.judge is None or breach.text is None or trial.needs_tree:
        return breach
    tries = 60
    shrinking = True
    while shrinking and tries > 0:
        shrinking = False
        words = (breach.text or "").split(" ")
        for place in range(len(words)):
            text = " ".join(words[:place] + words[place + 1 :])
            note = law.told(trial, Sample(text, breach.language)) if text.strip() else None
            tries -= 1
            if note is not None:
                breach, shrinking = Breach(note, breach.language, text), True
                break
            if tries <= 0:
                break
    return breach


def _measured(trial: Trial) -> tuple[float | None, tuple[str, ...]]:
    """Return sentences (rows) a second, and the languages in which nothing was changed; None where it failed."""
    if trial.missing:
        return None, ()
    try:
        if trial.edits_rows:
            return _rows_a_second(trial), strength.unmoved(trial)
        found, seconds = trial.measured
        count = sum(len(each.rewrites) for each in found)
        return count / max(seconds, 1e-9), strength.unmoved(trial)
    except Exception:
        return None, ()


def _rows_a_second(trial: Trial) -> float:
    from time import perf_counter

    start = perf_counter()
    rows = sum(len(trial.variant(batch)) for batch in trial.batches)
    return rows / max(perf_counter() - start, 1e-9)
