"""Rows of classification and multiple-choice tasks from their real sources, over the Hub's protocol."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

REALDATA = Path(os.environ.get("HARNESS_REALDATA", ""))
READ = """
import json, sys
from collections import Counter
from harness.data.identity import DataPlaces
from harness.data.load import load
from harness.data.revisions import Revisions
from harness.registry import load_registry

registry = load_registry()
places = DataPlaces(registry, Revisions(), allow_changed=True)
for task, split, language in json.loads(sys.argv[1]):
    found = load(registry.task(task), split, language, places)
    choices = found.table["choices"].to_pylist() if "choices" in found.table.column_names else []
    print(json.dumps({
        "task": task, "language": language, "rows": found.table.num_rows, "dropped": dict(found.dropped),
        "labels": dict(Counter(found.table["label"].to_pylist())), "choices": sorted({len(row) for row in choices}),
        "ids": len(set(found.table["id"].to_pylist())),
    }))
"""
XCOPA = ("et", "ht", "id", "it", "qu", "sw", "ta", "th", "tr", "vi", "zh")

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    wanted = [
        *((task, "dev", "en") for task in ("rte", "mrpc", "hellaswag", "cosmosqa", "commonsenseqa", "siqa")),
        *(("paws-x", "test", code) for code in ("de", "ja", "zh")),
        *(("xcopa", "test", code) for code in XCOPA),
    ]
    folder = tmp_path_factory.mktemp("real")
    command = [sys.executable, str(REALDATA / "tools" / "localhub"), str(REALDATA / "hub"), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        environment = {"HF_ENDPOINT": server.stdout.readline().split()[1], "HF_HOME": str(folder / "hf")}
        try:
            told = subprocess.run(
                [sys.executable, "-c", READ, json.dumps(wanted)],
                cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
            )  # fmt: skip
        finally:
            server.terminate()
    assert told.returncode == 0, told.stderr
    return [json.loads(line) for line in told.stdout.splitlines() if line.startswith("{")]


def test_every_row_has_its_choices_and_a_right_one_among_them(found: list[dict[str, Any]]) -> None:
    sizes = {"hellaswag": 4, "cosmosqa": 4, "commonsenseqa": 5, "siqa": 3, "xcopa": 2}
    seen = {each["task"]: each for each in found if each["task"] in sizes}
    assert {name: each["choices"] for name, each in seen.items()} == {
        name: [size] for name, size in sizes.items()
    }
    for name, each in seen.items():
        assert set(each["labels"]) == {str(number) for number in range(sizes[name])}


def test_xcopa_is_whole_in_eleven_languages(found: list[dict[str, Any]]) -> None:
    rows = {each["language"]: (each["rows"], each["ids"]) for each in found if each["task"] == "xcopa"}
    assert rows == dict.fromkeys(XCOPA, (500, 500))


def test_paws_x_lacks_the_pairs_that_were_not_translated(found: list[dict[str, Any]]) -> None:
    pawsx = {each["language"]: each for each in found if each["task"] == "paws-x"}
    assert {code: each["dropped"] for code, each in pawsx.items()} == {
        "de": {"empty premise": 32},
        "ja": {"empty premise": 53},
        "zh": {"empty premise": 25},
    }
    assert pawsx["de"]["rows"] == 1968
    assert all(set(each["labels"]) == {"paraphrase", "not_paraphrase"} for each in pawsx.values())


def test_glue_s_dev_splits_have_their_published_size(found: list[dict[str, Any]]) -> None:
    assert {each["task"]: each["rows"] for each in found if each["task"] in ("rte", "mrpc")} == {
        "rte": 277,
        "mrpc": 408,
    }
