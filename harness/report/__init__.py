"""Reports: run records and comparisons as terminal tables, figures and one self-contained page each."""

from harness.report.comparison import comparison_table, write_comparison
from harness.report.note import note
from harness.report.page import write_report
from harness.report.suite import suite_table, target_table
from harness.report.table import summary_table

__all__ = [
    "comparison_table",
    "note",
    "suite_table",
    "summary_table",
    "target_table",
    "write_comparison",
    "write_report",
]
