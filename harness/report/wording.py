"""How numbers, languages and means are written in tables, figures and pages."""

from __future__ import annotations

from harness.scoring.records import RunRecord, Variant
from harness.scoring.scores import SOURCE_LANGUAGE, Average, CellScores

MEAN_NAMES = {"mean": "mean", "mean_transfer": f"mean without {SOURCE_LANGUAGE}"}
MEAN_SHORT = {"mean": "mean", "mean_transfer": f"mean-{SOURCE_LANGUAGE}"}


def percent(value: float) -> str:
    """Return a share in percent with one decimal: 0.523 is ``52.3``."""
    return f"{100 * value:.1f}"


def signed(value: float) -> str:
    """Return a difference in percentage points with its sign; what rounds to zero has none."""
    text = f"{100 * value:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text


def span(low: float, high: float) -> str:
    """Return an interval of shares in percent: ``50.1-54.4``."""
    return f"{percent(low)}\u2013{percent(high)}"


def signed_span(low: float, high: float) -> str:
    """Return an interval of differences in percentage points: ``-1.2 to +3.4``."""
    return f"{signed(low)} to {signed(high)}"


def named(metric: str) -> str:
    """Return a metric's name as it is written in a sentence: ``exact match``, ``F1``."""
    return {"f1": "F1"}.get(metric, metric.replace("_", " "))


def settings_of(record: RunRecord) -> str:
    """Return what the scores are made by: ``F1; rule mlqa, pooling mean``."""
    given = ", ".join(f"{name} {value}" for name, value in record.settings.items())
    return f"{named(record.metric)}; {given}" if given else named(record.metric)


def others(record: RunRecord) -> list[str]:
    """Return the metrics that a run is scored by besides its own."""
    metrics = dict.fromkeys(metric for cell in record.scores for metric in cell.metrics)
    return [metric for metric in metrics if metric != record.metric]


def duration(seconds: float) -> str:
    """Return a time as ``12 s``, ``4 min 05 s`` or ``2 h 03 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def rows_of(record: RunRecord) -> list[str]:
    """Return the rows of a table of languages: English first, then the others as the task names them."""
    return sorted(record.languages, key=lambda language: language != SOURCE_LANGUAGE)


def scored(record: RunRecord, row: str, variant: str) -> CellScores | Average | None:
    """Return the scores of a language or of a mean on a variant; None where there are none."""
    return record.average(row, variant) if row in MEAN_NAMES else record.score(row, variant)


def reasons(record: RunRecord) -> dict[str, list[tuple[str, str]]]:
    """Return why cells are not served: reason -> (language, variant) of each."""
    found: dict[str, list[tuple[str, str]]] = {}
    for cell in record.cells:
        if cell.key is None:
            found.setdefault(cell.reason or "no reason given", []).append((cell.language, cell.variant))
    return found


def _effort(variant: Variant) -> tuple[int, int]:
    return variant.greedy, variant.draws


def headline(record: RunRecord) -> list[str]:
    """Return the run's result in two or three sentences, most important first."""
    sentences = []
    average = record.average("mean_transfer", "clean") or record.average("mean", "clean")
    if average:
        where = f"Mean {named(record.metric)} over {len(average.languages)} languages"
        where += " other than English" if average.name == "mean_transfer" else ""
        sentence = f"{where}: {percent(average.score)} ({span(average.score_lo, average.score_hi)})"
        english = record.score(SOURCE_LANGUAGE, "clean")
        sentence += f"; English: {percent(english.score)}" if english else ""
        sentences.append(f"{sentence}; a trivial guess: {percent(average.chance)}.")
    # what is the worst of several draws, or was searched for, costs more than one draw, whatever the perturbation
    fewest = min(map(_effort, record.disturbed), default=(0, 1))
    drops = [
        found
        for variant in record.disturbed
        if _effort(variant) == fewest
        and (found := record.average("mean", variant.label))
        and found.drop is not None
    ]
    if drops:
        worst = max(drops, key=lambda found: found.drop or 0.0)
        assert worst.drop is not None
        assert worst.drop_lo is not None
        assert worst.drop_hi is not None
        sentences.append(
            f"{worst.variant} costs the most: {percent(worst.drop)} points "
            f"({span(worst.drop_lo, worst.drop_hi)}) over {len(worst.languages)} languages."
        )
    chance = [cell.language for cell in record.scores if cell.variant == "clean" and cell.at_chance]
    if chance:
        sentences.append(
            f"At chance on clean text (no better than a trivial guess), so that nothing may be read from "
            f"them: {', '.join(chance)}."
        )
    return sentences
