from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from rich.console import Console, RenderableType

from harness.report import comparison_table, note, summary_table, write_comparison, write_report
from harness.report.wording import duration, signed
from harness.scoring.compare import Comparison
from harness.scoring.records import RunRecord
from harness.tracking.headline import headline_metrics


def printed(drawn: RenderableType) -> list[str]:
    console = Console(width=120, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(drawn)
    return console.export_text().splitlines()


def row(lines: list[str], name: str) -> str:
    return next(line for line in lines if line.strip().startswith(f"{name} "))


def test_the_summary_fits_120_columns_with_english_first(record: RunRecord) -> None:
    lines = printed(summary_table(record))
    assert max(len(line.rstrip()) for line in lines) <= 120
    names = [line.split()[0] for line in lines if re.match(r" *(en|ar|de|sw|mean|mean-en) ", line)]
    assert names == ["en", "ar", "de", "sw", "mean", "mean-en"]
    assert "…" not in "".join(lines)


def test_the_summary_shows_score_drop_and_changed_share(record: RunRecord) -> None:
    score = record.score("de", "syntactic.scramble")
    assert score is not None
    assert score.drop is not None
    line = row(printed(summary_table(record)), "de")
    assert f"{100 * score.score:.1f} {100 * score.drop:5.1f} 100%" in line


def test_cells_not_served_and_at_chance_have_footnotes(record: RunRecord) -> None:
    lines = printed(summary_table(record))
    assert "not served 1" in row(lines, "sw")
    assert re.search(r"\d\*", row(lines, "sw"))
    assert "1 no parser for sw: sw (syntactic.scramble)" in [line.strip() for line in lines]
    assert "* at chance: the interval does not lie above the trivial guess" in [
        line.strip() for line in lines
    ]


def test_a_run_on_clean_text_alone_has_a_table_and_a_report(clean_only: RunRecord, tmp_path: Path) -> None:
    assert "clean" in "".join(printed(summary_table(clean_only)))
    assert [path.name for path in write_report(clean_only, tmp_path)] == ["report.html", "scores.png"]
    assert "Drop by language" not in (tmp_path / "report.html").read_text("utf-8")


class Links(HTMLParser):
    """Collects what a page loads, and checks that every element is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.loads += [value or "" for name, value in attributes if name in ("src", "href")]
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_report_is_whole_self_contained_and_escaped(record: RunRecord, tmp_path: Path) -> None:
    paths = write_report(record, tmp_path / "deep")
    assert [path.name for path in paths] == ["report.html", "scores.png", "drop.png"]
    assert all(path.stat().st_size > 1000 for path in paths)
    text = paths[0].read_text("utf-8")
    page = Links()
    page.feed(text)
    assert page.open == []
    assert len(page.loads) == 2
    assert all(link.startswith("data:image/png;base64,") for link in page.loads)
    assert "&lt;xnli&gt;" in text
    assert "<xnli>" not in text
    assert "no parser for sw" in text
    assert "15 min 04 s" in text
    assert "so that nothing may be read from them: sw." in text


def test_a_comparison_shows_differences_with_intervals(comparison: Comparison, tmp_path: Path) -> None:
    lines = printed(comparison_table(comparison))
    assert max(len(line.rstrip()) for line in lines if " > " in line) <= 120
    assert re.search(r"\+\d\.\d\*? \(\+?-?\d+\.\d \+?\d+\.\d\)", row(lines, "de"))
    assert row(lines, "de").split()[1] == "33.3"
    assert any("200 examples of each language" in line for line in lines)
    assert any("not both runs have it: syntactic.scramble in sw" in line for line in lines)
    assert any("One seed each" in line for line in lines)
    page = Links()
    page.feed(write_comparison(comparison, tmp_path / "deep" / "comparison.html").read_text("utf-8"))
    assert (page.loads, page.open) == ([], [])


def test_the_note_is_a_markdown_table_of_all_cells(record: RunRecord) -> None:
    lines = [line for line in note(record).splitlines() if line.startswith("|")]
    assert len(lines) == 2 + 4 + 2
    assert {line.count("|") for line in lines} == {6}
    assert "not served" in note(record)


def test_headline_metrics_sort_before_all_others(record: RunRecord) -> None:
    values = headline_metrics(record)
    assert next(iter(values)) == "clean/xnli/accuracy/mean_transfer"
    assert max(values) < "eval/xnli/ar/accuracy"
    assert set(values) == {
        "clean/xnli/accuracy/mean_transfer",
        "clean/xnli/accuracy/mean",
        "clean/xnli/accuracy/en",
        "drop/xnli/syntactic.scramble",
        "drop/xnli/noise.swap:0.3",
    }


def test_numbers_read_as_people_write_them() -> None:
    assert [signed(value) for value in (0.0501, -0.0501, 0.0001, -0.0001)] == ["+5.0", "-5.0", "0.0", "0.0"]
    assert [duration(value) for value in (0.42, 59.4, 61, 7380)] == [
        "0.4 s",
        "59 s",
        "1 min 01 s",
        "2 h 03 min",
    ]
