"""What docs/plugins.md says of the laws is so."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from harness.conformance import LAWS

DOCUMENT = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text(encoding="utf-8")


def test_the_table_names_every_law():
    section = DOCUMENT.partition("## Whether a perturbation keeps the laws")[2].partition("\n## ")[0]
    assert re.findall(r"^\| ([a-z]+) \|", section, flags=re.MULTILINE)[1:] == [law.name for law in LAWS]


def test_the_test_of_three_lines_passes(tmp_path):
    example = DOCUMENT.partition("## A perturbation\n")[2].partition("```python\n")[2].partition("```")[0]
    test = DOCUMENT.partition("```python test\n")[2].partition("```")[0]
    assert len([line for line in test.splitlines() if line]) == 3
    (tmp_path / "acme.py").write_text(example, encoding="utf-8")
    (tmp_path / "test_echo.py").write_text(
        test.replace("laws(Echo())", 'laws(Echo(), languages=["en", "th"], quick=True)'), encoding="utf-8"
    )
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_echo.py"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stdout
    assert "passed" in found.stdout
