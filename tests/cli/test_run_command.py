"""``harness run`` as it is called: a plan without torch, a config file, errors in a line or two."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli import app

HEAVY = ["torch", "transformers", "datasets", "mlflow", "nlpaug", "pandas", "scipy", "accelerate"]


def harness(*arguments: str, folder: Path, tail: str = "") -> subprocess.CompletedProcess[str]:
    code = f"from harness.cli import app\ntry:\n    app()\nfinally:\n    {tail or 'pass'}"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_dry_run_prints_the_plan_and_imports_nothing_heavy(tmp_path: Path) -> None:
    tail = f"import json; print('HEAVY', json.dumps([m for m in {HEAVY} if m in sys.modules]))"
    found = harness(
        *("run", "--model", "demo", "--target", "grammar-nli", "-i", "none", "-i", "grammar-paraphrase"),
        *("--perturb", "syntactic", "--dry-run"),
        folder=tmp_path,
        tail="import sys; " + tail,
    )
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout.rpartition("HEAVY")[2]) == []
    assert "pretraining" in found.stdout
    assert "to do" in found.stdout
    assert "0/16" in found.stdout
    assert "TFLOP" in found.stdout
    assert not (tmp_path / "harness-runs").exists()


def test_a_config_file_says_what_options_say_and_options_win(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(
        "model: demo\ntarget: grammar-nli\nintermediate: none\nlanguage: [en, tr]\nseed: [3, 4]\n"
        "recipe: demo\nset:\n  learning_rate: 5.0e-4\nlimit: 7\n"
    )
    found = CliRunner().invoke(app, ["run", "--config", "study.yaml", "--seed", "9", "--dry-run"])
    assert found.exit_code == 0, found.stderr
    assert "en tr" in found.stdout
    assert "0.0005" in found.stdout
    assert "s9" in found.stdout
    assert "s3" not in found.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--model", "xlmr-lage"), "Did you mean xlmr-large"),
        (("--model", "demo", "--target", "grammar-nly"), "grammar-nli"),
        (
            ("--model", "demo", "--target", "grammar-nli", "--perturb", "syntactic.scrable"),
            "syntactic.scramble",
        ),
        (("--model", "demo", "--target", "grammar-nli", "--perturb", "noise.swap:2"), "from 0 to 1"),
        (("--model", "demo", "--target", "grammar-nli", "--set", "epochs"), "key=value"),
        (("--model", "demo", "--target", "grammar-nli", "--set", "epochs=many"), "epochs"),
        (("--model", "demo", "--target", "grammar-nli", "--recipe", "papr"), "paper"),
        (("--model", "demo", "--target", "grammar-nli", "--language", "de,xx"), "no rows in 'xx'"),
        (("--config", "missing.yaml"), "missing.yaml"),
        (("--config", "wrong.yaml"), "Did you mean model?"),
        (("--config", "typed.yaml"), "'limit' is 'ten'"),
        (("--data-dir", "nowhere"), "nowhere is no folder"),
        (("--parser", "nonsense"), "unknown parser 'nonsense'"),
        (("--parser", "udpipe"), "--parser-models"),
        (("--parser-models", "nowhere"), "no folder of parser models"),
    ],
)
def test_what_a_user_can_mend_is_said_in_words_with_exit_code_2(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    (tmp_path / "wrong.yaml").write_text("modl: demo\n")
    (tmp_path / "typed.yaml").write_text("limit: ten\n")
    found = CliRunner().invoke(app, ["run", "-i", "none", *arguments, "--dry-run"])
    assert found.exit_code == 2
    assert said in found.stderr
    assert "Traceback" not in found.stderr
    assert len(found.stderr.strip().splitlines()) <= 3
