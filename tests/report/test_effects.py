"""What the perturbations did, in tables, on the page, as metrics; and scores against intensity."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from made_runs import KEYBOARD, SWEPT, accounted
from test_report import Links, printed, row

from harness.execute.tracked import scores as logged
from harness.report import comparison_table, note, summary_table, target_table, write_comparison, write_report
from harness.report.curves import curves, sweeps
from harness.report.effects import effect_table, left_out_notes
from harness.report.wording import headline
from harness.scoring.compare import compare_runs
from harness.scoring.effects import effects
from harness.scoring.records import RunRecord


def test_each_variant_is_told_as_a_mean_over_its_languages(swept: RunRecord) -> None:
    found = {each.variant.label: each for each in effects(swept)}
    assert list(found) == list(SWEPT)
    weak = found[SWEPT[0]]
    assert (weak.languages, weak.left_out) == (("ar", "de", "en", "sw"), ("ar",))
    assert weak.changed == pytest.approx((0.1 + 3 * 0.8) / 4)
    assert weak.refused == pytest.approx(0.1 / 4)
    assert (weak.token_edits, weak.dependency_growth) == (2, None)
    assert weak.subword_growth == pytest.approx(1 / 20)
    assert found["typological.like:ja"].dependency_growth == pytest.approx(0.25)


def test_the_second_table_has_a_row_a_variant_and_fits(swept: RunRecord, record: RunRecord) -> None:
    lines = printed(summary_table(swept))
    assert max(len(line.rstrip()) for line in lines) <= 120
    (start,) = [number for number, line in enumerate(lines) if line.startswith("What the perturbations did")]
    table = lines[start:]
    assert "refused" in table[2]
    assert row(table, SWEPT[0]).split()[1:] == ["4", "100%", "62%", "2%", "4.0", "2.0", "+5%", "1"]
    assert row(table, f"worst:8:{KEYBOARD}").split()[-1] == "8"
    assert "Of several draws the worst counted" in " ".join(" ".join(table).split())
    bare = " ".join(printed(summary_table(record)))
    assert not re.search("refused|subwords|dependencies|draws", bare)


def test_barely_changed_cells_are_marked_and_named(swept: RunRecord) -> None:
    lines = printed(summary_table(swept))
    assert "10%~" in row(lines, "ar")
    assert "~" not in row(lines, "de")
    (text,) = left_out_notes(swept)
    assert text.startswith("~ barely changed (less than 20% of the texts)")
    assert "ar (noise.keyboard:0.1, " in text
    assert "22.0)~" not in note(swept)
    assert "38.5\\*~" in note(swept)
    assert text in note(swept)
    table = printed(target_table([swept], SWEPT[0]))
    assert any("38.5*~" in line for line in table)
    assert any("~ texts barely changed, in no mean" in line for line in table)


def test_columns_stand_below_each_other_with_and_without_marks(swept: RunRecord) -> None:
    lines = printed(summary_table(swept))
    places = {line.index("." , line.index(")")) for line in lines if re.match(r" *(en|ar|de|sw|mean) ", line)
              and ")" in line}  # fmt: skip
    assert len(places) <= 2  # one of each block of variants


def test_nothing_disturbed_is_nothing_told(clean_only: RunRecord) -> None:
    assert effect_table(clean_only) is None
    assert left_out_notes(clean_only) == []
    assert sweeps(clean_only) == []


def test_a_variant_that_barely_changed_anything_has_no_mean_row_and_is_named(swept: RunRecord) -> None:
    cells = [replace(cell, barely_changed=cell.variant != "clean") for cell in swept.scores]
    means = [each for each in swept.averages if each.variant == "clean"]
    barely = replace(swept, scores=tuple(cells), averages=tuple(means))
    assert "all languages" in left_out_notes(barely)[0]
    assert row(printed(summary_table(barely)), "mean").split()[-1].endswith(")")
    assert "10%~" in row(printed(summary_table(barely)), "ar")


def test_a_sweep_is_one_perturbation_at_several_intensities(swept: RunRecord) -> None:
    ((name, variants),) = sweeps(swept)
    assert name == KEYBOARD
    assert [variant.intensity for variant in variants] == [0.1, 0.3, 0.5]
    found = curves(swept, variants)
    assert list(found) == ["en", "ar", "de", "sw"]
    assert [place for place, _ in found["de"]] == [0.0, 0.1, 0.3, 0.5]
    unserved = [cell for cell in swept.scores if (cell.language, cell.variant) != ("sw", SWEPT[1])]
    assert list(curves(replace(swept, scores=tuple(unserved)), variants)) == ["en", "ar", "de"]


def test_the_page_tells_each_language_and_shows_the_curve(swept: RunRecord, tmp_path: Path) -> None:
    paths = write_report(swept, tmp_path)
    assert [path.name for path in paths] == ["report.html", "scores.png", "drop.png", "intensity.png"]
    text = paths[0].read_text("utf-8")
    page = Links()
    page.feed(text)
    assert (len(page.loads), page.open) == (3, [])
    assert text.count("<details>") == len(SWEPT)
    assert "10%~" in text
    assert "barely changed (less than 20% of the texts)" in text
    assert "by intensity" in text


def test_a_consistency_that_is_not_known_is_not_shown(swept: RunRecord, tmp_path: Path) -> None:
    cells = [replace(cell, consistency=None) for cell in swept.scores]
    text = write_report(replace(swept, scores=tuple(cells)), tmp_path)[0].read_text("utf-8")
    assert " · same " not in text
    assert "lost 35 %" in text


def test_a_comparison_marks_cells_and_says_what_its_means_lack(swept: RunRecord, tmp_path: Path) -> None:
    other = replace(swept, run_id="b" * 32, name="other")
    tables = {
        cell.key: accounted(cell.language, cell.variant) for run in (swept, other) for cell in run.cells
    }
    comparison = compare_runs([swept, other], tables.__getitem__, resamples=50)
    lines = printed(comparison_table(comparison))
    assert "0.0~" in row(lines, "ar")
    assert "0.0~" not in row(lines, "de")
    assert "Less than 20% of the texts were changed" in " ".join(lines)
    text = write_comparison(comparison, tmp_path / "comparison.html").read_text("utf-8")
    assert "0.0~" in text


def test_the_accounts_are_logged_as_metrics(swept: RunRecord) -> None:
    values = logged(swept)
    place = f"robust/xnli/sw/{SWEPT[1]}"
    assert values[f"{place}/refused"] == pytest.approx(0.1)
    assert values[f"{place}/subword_growth"] == pytest.approx(0.15)
    assert (values[f"{place}/barely_changed"], values[f"robust/xnli/ar/{SWEPT[1]}/barely_changed"]) == (0, 1)
    assert f"{place}/dependency_growth" not in values
    assert values[f"robust/xnli/mean/worst:8:{KEYBOARD}/draws"] == 8
    assert all(isinstance(value, float) for value in values.values())


def test_a_record_of_before_is_read_and_shown_without_the_accounts(record: RunRecord) -> None:
    content = json.loads(record.to_json())
    for part in (*content["scores"], *content["averages"], *content["variants"]):
        for name in ("refused", "token_edits", "subword_growth", "dependency_growth", "barely_changed"):
            part.pop(name, None)
        part.pop("left_out", None)
        part.pop("draws", None)
    before = RunRecord.from_json(json.dumps(content))
    assert before.variants == record.variants
    assert before.scores[1].refused is None
    assert not before.scores[1].barely_changed
    assert "changed" in " ".join(printed(summary_table(before)))


def test_the_worst_of_several_draws_is_not_said_to_cost_more_than_one_draw(swept: RunRecord) -> None:
    dear = [
        replace(mean, drop=0.9) if mean.variant.startswith("worst:") and mean.drop is not None else mean
        for mean in swept.averages
    ]
    (told,) = [text for text in headline(replace(swept, averages=tuple(dear))) if "costs the most" in text]
    assert not told.startswith("worst:")
