from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rich.console import Console, RenderableType

from harness.execute.tracked import scores as logged
from harness.report import note, suite_table, summary_table, target_table, write_report
from harness.report.wording import percent
from harness.scoring.records import RunRecord
from harness.scoring.suites import suite_runs
from harness.suite import Suite

SUITE = Suite("small", {"pairs": ("xnli", "paws-x"), "answers": ("mlqa",)}, {"mlqa": ("f1", "exact_match")})


def printed(drawn: RenderableType, width: int = 120) -> list[str]:
    console = Console(width=width, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(drawn)
    return [line.rstrip() for line in console.export_text().splitlines()]


def cells(lines: list[str], name: str) -> list[str]:
    return next(line.split() for line in lines if line.split()[:1] == [name])


def test_the_summary_names_the_metric_and_shows_the_trivial_guess_and_the_other_metric(
    answered: RunRecord,
) -> None:
    lines = printed(summary_table(answered))
    assert lines[0].startswith("demo>mlqa s0: F1 in %")
    german = answered.score("de", "clean")
    assert german is not None
    assert cells(lines, "de")[1:3] == ["10.0", percent(german.score)]
    assert cells(lines, "de")[-1] == percent(german.metrics["exact_match"])
    assert lines[-1] == "scored by F1; rule mlqa, stride 128"


def test_each_language_is_marked_by_its_own_trivial_guess(answered: RunRecord) -> None:
    found = {cell.language: cell.at_chance for cell in answered.scores}
    assert found == {"ar": False, "de": False, "en": False, "sw": True}
    assert cells(printed(summary_table(answered)), "sw")[2].endswith("*")
    assert "\\*" in next(line for line in note(answered).splitlines() if line.startswith("| sw"))


def test_a_wide_run_fits_120_columns(record: RunRecord) -> None:
    many = tuple(replace(record.variants[1], label=f"syntactic.scramble:{n / 10}") for n in range(1, 8))
    scores = [
        replace(cell, variant=variant.label, at_chance=True)
        for cell in record.scores
        if cell.variant == "syntactic.scramble"
        for variant in many
    ]
    clean = [replace(cell, at_chance=True) for cell in record.scores if cell.variant == "clean"]
    wide = replace(record, variants=(record.variants[0], *many), scores=(*clean, *scores))
    lines = printed(summary_table(wide))
    assert max(map(len, lines)) <= 120
    assert "…" not in "".join(lines)


def test_the_page_names_settings_metrics_and_trivial_guesses(answered: RunRecord, tmp_path: Path) -> None:
    text = write_report(answered, tmp_path)[0].read_text("utf-8")
    assert "F1, rule mlqa, stride 128" in text
    assert "<th>trivial</th>" in text
    assert "<th>exact match" in text
    assert '<td class="soft">40.0</td>' in text
    assert "Labels" not in text
    assert "None" not in text


def test_all_targets_stand_in_one_table_with_their_trivial_guesses(
    record: RunRecord, answered: RunRecord
) -> None:
    lines = printed(target_table([record, answered]))
    header = cells(lines, "target")
    assert header == ["target", "mean", "mean-en", "en", "ar", "de", "sw"]
    first = cells(lines, "mlqa")
    assert first[-1] == f"{percent(answered.score('sw', 'clean').score)}*"
    below = lines[lines.index(next(line for line in lines if line.strip().startswith("mlqa"))) + 1]
    assert below.split()[-4:] == ["20.0", "5.0", "10.0", "40.0"]
    assert max(map(len, lines)) <= 120


def test_forty_languages_fit_120_columns(record: RunRecord) -> None:
    languages = tuple(f"{a}{b}" for a in "abcde" for b in "abcdefgh")
    scores = tuple(replace(record.scores[0], language=language) for language in languages)
    lines = printed(target_table([replace(record, languages=languages, scores=scores)]))
    assert max(map(len, lines)) <= 120
    assert all(any(language in line.split() for line in lines) for language in languages)


def test_runs_of_other_trainings_have_a_table_of_their_own(record: RunRecord) -> None:
    lines = printed(target_table([record, replace(record, intermediate="snli")]))
    assert [line for line in lines if "scores in %" in line] == [
        "demo s0, recipe quick: scores in %",
        "demo+snli s0, recipe quick: scores in %",
    ]


def test_a_suite_shows_means_missing_tasks_and_cells_at_chance(
    record: RunRecord, answered: RunRecord
) -> None:
    (scores,) = suite_runs(SUITE, [record, answered])
    lines = printed(suite_table([scores]))
    assert cells(lines, "mlqa")[1:5] == ["F1", "+", "exact", "match"]
    assert cells(lines, "mlqa")[-2:] == [percent(scores.task("mlqa").score), "*1/4"]
    assert cells(lines, "paws-x") == ["paws-x", "missing"]
    assert cells(lines, "pairs")[-2:] == [percent(scores.groups["pairs"].score), "1/2"]
    assert cells(lines, "all")[-2:] == [percent(scores.total.score), "2/3"]
    assert "missing: paws-x" in " ".join(lines)


def test_every_metric_is_logged_by_its_name(answered: RunRecord, record: RunRecord) -> None:
    values = logged(answered)
    german = answered.score("de", "clean")
    assert german is not None
    assert {name: value for name, value in values.items() if name.startswith("eval/mlqa/de/")} == {
        "eval/mlqa/de/f1": german.score,
        "eval/mlqa/de/f1_lo": german.score_lo,
        "eval/mlqa/de/f1_hi": german.score_hi,
        "eval/mlqa/de/exact_match": german.metrics["exact_match"],
        "eval/mlqa/de/trivial": 0.1,
    }
    assert values["eval/mlqa/mean/exact_match"] == answered.average("mean", "clean").metrics["exact_match"]
    names = set(logged(record))
    assert {
        "eval/xnli/de/accuracy",
        "eval/xnli/mean_transfer/accuracy_lo",
        "robust/xnli/de/syntactic.scramble/accuracy",
        "robust/xnli/de/syntactic.scramble/consistency",
        "robust/xnli/mean/noise.swap:0.3/drop_hi",
        "robust/xnli/de/worst/accuracy",
    } < names
    assert not any("robust" in name and "accuracy_lo" in name for name in names)
