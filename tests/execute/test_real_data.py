"""The main job on real rows, served over the Hub's protocol: XNLI in 15 languages, parsed and disturbed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.scoring.records import records

REALDATA = Path(os.environ.get("HARNESS_REALDATA", ""))
LANGUAGES = ["ar", "bg", "de", "el", "en", "es", "fr", "hi", "ru", "sw", "th", "tr", "ur", "vi", "zh"]

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    command = [sys.executable, str(REALDATA / "tools" / "localhub"), str(REALDATA / "hub"), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().split()[1]
        server.terminate()


def run(folder: Path, endpoint: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from harness.cli import main; main()", *arguments],
        cwd=folder,
        env={
            **os.environ,
            "HF_ENDPOINT": endpoint,
            "HF_HOME": str(folder / "hf"),
            "HARNESS_UDPIPE": str(REALDATA / "data" / "udpipe"),
            "COLUMNS": "200",
        },
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )


def test_the_plan_for_xlmr_large_is_printed_without_a_download(tmp_path: Path, endpoint: str) -> None:
    found = run(tmp_path, endpoint, "run", "--model", "xlmr-large", "--perturb", "syntactic", "--dry-run")
    assert found.returncode == 0, found.stderr
    assert "train snli" in found.stdout
    assert "0/30" in found.stdout
    assert "PFLOP" in found.stdout
    assert not list(tmp_path.rglob("*.parquet"))


def test_xnli_runs_in_all_languages_and_says_where_there_is_no_parser(
    tmp_path: Path, endpoint: str, tiny_model: Path
) -> None:
    found = run(
        tmp_path, endpoint, "run", "--model", str(tiny_model), "-i", "none", "-i", "snli",
        "--perturb", "syntactic.scramble", "--recipe", "smoke",
        "--limit", "10", "--train-limit", "40", "--allow-changed-data",
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    assert "392,702 are published" in found.stdout
    made = records(tmp_path / "harness-runs" / "runs")
    assert len(made) == 2
    for record in made:
        assert {score.language for score in record.scores} == set(LANGUAGES)
        changed = {s.language: s.changed for s in record.scores if s.variant == "syntactic.scramble"}
        assert set(changed) == set(LANGUAGES) - {"sw", "th"}
        assert min(value for value in changed.values() if value is not None) >= 0.5
        reasons = {cell.language: cell.reason for cell in record.cells if cell.key is None}
        assert set(reasons) == {"sw", "th"}
        assert "no UDPipe model" in (reasons["sw"] or "")
    locked = run(tmp_path, endpoint, "data", "lock", "--task", "xnli")
    assert locked.returncode == 0, locked.stderr
    assert "facebook/xnli" in (tmp_path / "harness.lock").read_text()
