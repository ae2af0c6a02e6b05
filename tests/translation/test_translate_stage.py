"""Translated rows as a stage: a key for what changes them, made once, gone on with, read as canonical rows."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from harness import HarnessError, cli
from harness.data.identity import DataPlaces
from harness.data.load import load
from harness.data.revisions import Revisions
from harness.execute.translate_stage import translate, translated_rows
from harness.plan.stages import TranslateStage
from harness.plan.translate import translate_stage
from harness.registry import load_registry
from harness.workspace import Workspace


class Quiet:
    """Progress that nobody sees."""

    def to(self, done: float, note: str = "") -> None: ...

    @contextmanager
    def work(self, title: str, total: float) -> Any:
        yield self


class Upper:
    """Translates to upper case; loses texts that hold one of `lost`; stops after `stop` texts."""

    def __init__(self, lost: str = "", stop: int | None = None) -> None:
        self.lost, self.stop, self.asked = lost, stop, 0

    def translate(self, texts: Sequence[str]) -> list[str | None]:
        if self.stop is not None and self.asked >= self.stop:
            raise KeyboardInterrupt
        self.asked += len(texts)
        return [None if self.lost and self.lost in text else text.upper() for text in texts]


def staged(
    text: str,
    folder: Path,
    task: str = "mnli",
    language: str = "de",
    limit: int | None = None,
    split: str = "train",
    precision: str = "fp32",
) -> tuple[TranslateStage, DataPlaces]:
    Path("harness.yaml").write_text(text, encoding="utf-8")
    registry = load_registry()
    places = DataPlaces(registry, Revisions(), folder, allow_changed=True)
    return translate_stage(registry.task(task), split, language, "tiny", places, limit, precision), places


def test_whatever_changes_the_translations_changes_the_key(
    registry_text: str, nli_folder: Path, tmp_path: Path, tiny_translator: Path
) -> None:
    key = staged(registry_text, nli_folder)[0].key
    other_rows = tmp_path / "other"
    shutil.copytree(nli_folder, other_rows)
    path = next((other_rows / "nyu-mll/glue/mnli").glob("train-*"))
    table = pq.read_table(path)
    pq.write_table(table.slice(0, table.num_rows - 1), path)
    other_model = tmp_path / "model"
    shutil.copytree(tiny_translator, other_model)
    (other_model / "generation_config.json").write_text("{}", encoding="utf-8")
    keys = [
        staged(registry_text, nli_folder, language="sw")[0].key,
        staged(registry_text, nli_folder, limit=3)[0].key,
        staged(registry_text, nli_folder, precision="bf16")[0].key,
        staged(registry_text, other_rows)[0].key,
        staged(registry_text.replace(str(tiny_translator), str(other_model)), nli_folder)[0].key,
        *(
            staged(registry_text.replace(*change), nli_folder)[0].key
            for change in (
                ("beams: 2", "beams: 3"),
                ("max_length: 24", "max_length: 25"),
                ("de: de", "de: sw"),
                ('target_token: "__{code}__"', "prefix: '>>{code}<<'"),
                ("beams: 2", "source: en"),
            )
        ),
    ]
    assert len({key, *keys}) == len(keys) + 1


def test_names_descriptions_and_the_folders_place_do_not(
    registry_text: str, nli_folder: Path, tmp_path: Path, tiny_translator: Path
) -> None:
    key = staged(registry_text, nli_folder)[0].key
    assert staged(registry_text + "    licence: MIT\n    description: mine\n", nli_folder)[0].key == key
    assert staged(registry_text.replace("sw: sw", "sw: de"), nli_folder)[0].key == key
    moved = shutil.copytree(tiny_translator, tmp_path / "moved")
    assert staged(registry_text.replace(str(tiny_translator), str(moved)), nli_folder)[0].key == key


def test_a_task_without_training_rows_gets_those_of_the_task_that_trains_it(
    registry_text: str, nli_folder: Path
) -> None:
    stage, _ = staged(registry_text, nli_folder, task="xnli")
    assert stage == staged(registry_text, nli_folder)[0]
    assert stage.task == "mnli"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"language": "fr"}, "tiny does not translate to 'fr'"),
        ({"split": "test"}, "mnli has no test split"),
    ],
)
def test_what_cannot_be_translated_is_told(
    registry_text: str, nli_folder: Path, asked: dict[str, Any], said: str
) -> None:
    with pytest.raises(HarnessError, match=said):
        staged(registry_text, nli_folder, **asked)


def test_rows_are_made_once_and_read_as_those_of_a_task_are(registry_text: str, nli_folder: Path) -> None:
    stage, places = staged(registry_text, nli_folder, limit=20)
    workspace = Workspace(Path("runs"))
    makers: list[Upper] = []

    def make(stage: TranslateStage) -> Upper:
        makers.append(Upper(lost="house"))
        return makers[-1]

    made = translate(stage, places, workspace, Quiet(), "cpu", make)
    again = translate(stage, places, workspace, Quiet(), "cpu", make)
    assert len(makers) == 1
    english = load(places.registry.task("mnli"), "train", "en", places, 20).table
    kept = [row for row in english.to_pylist() if "house" not in row["premise"] + row["hypothesis"]]
    assert 0 < len(kept) < 20
    assert made.table.schema.names == english.schema.names
    assert made.table.to_pylist() == [
        {**row, "premise": row["premise"].upper(), "hypothesis": row["hypothesis"].upper()} for row in kept
    ]
    assert sum(made.dropped.values()) == 20 - len(kept)
    assert again.table.equals(made.table)
    assert (again.fingerprint, again.dropped) == (made.fingerprint, made.dropped)
    facts = workspace.read("translate", stage.key)
    assert (facts["rows"], facts["dropped"], facts["identity"]) == (
        len(kept),
        made.dropped,
        dict(stage.identity),
    )
    assert {path.name for path in workspace.place("translate", stage.key).iterdir()} == {
        "rows.parquet",
        "stage.json",
    }


def test_an_interrupted_stage_goes_on_where_it_was(
    registry_text: str, nli_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.translation.chunks.translate_all.__defaults__", (10,))
    stage, places = staged(registry_text, nli_folder)
    workspace = Workspace(Path("runs"))
    with pytest.raises(KeyboardInterrupt):
        translate(stage, places, workspace, Quiet(), "cpu", lambda stage: Upper(stop=30))
    assert not workspace.done("translate", stage.key)
    rest = Upper()
    made = translate(stage, places, workspace, Quiet(), "cpu", lambda stage: rest)
    pieces = workspace.read("translate", stage.key)["pieces"]
    assert rest.asked == pieces - 30
    whole = translate(stage, places, Workspace(Path("other")), Quiet(), "cpu", lambda stage: Upper())
    assert made.table.equals(whole.table)


def test_a_translator_that_loses_every_row_is_an_error(registry_text: str, nli_folder: Path) -> None:
    stage, places = staged(registry_text, nli_folder)
    workspace = Workspace(Path("runs"))
    with pytest.raises(HarnessError, match="no row of mnli to de: 60 rows: a translation is longer"):
        translate(stage, places, workspace, Quiet(), "cpu", lambda stage: Upper(lost=" "))
    assert not workspace.done("translate", stage.key)


def test_the_command_says_what_it_will_do_does_it_and_says_where_the_rows_lie(
    registry_text: str, nli_folder: Path
) -> None:
    Path("harness.yaml").write_text(registry_text, encoding="utf-8")
    command = ["data", "translate", "xnli", "--to", "de,sw", "--model", "tiny", "--limit", "5", "--device", "cpu",
               "--allow-changed-data",
               "--data-dir", str(nli_folder), "--workspace", "runs"]  # fmt: skip
    planned = CliRunner().invoke(cli.app, [*command, "--dry-run"])
    assert planned.exit_code == 0, planned.output
    assert "mnli train, 5 English rows, by tiny on cpu in fp32, 2 beams" in planned.output
    assert planned.output.count("to do") == 2
    assert not Path("runs").exists()
    done = CliRunner().invoke(cli.app, command)
    assert done.exit_code == 0, done.output
    for language in ("de", "sw"):
        stage, places = staged(registry_text, nli_folder, language=language, limit=5)
        workspace = Workspace(Path("runs"))
        rows = translated_rows(stage, workspace).table
        assert rows.num_rows == 5
        path = workspace.place("translate", stage.key) / "rows.parquet"
        assert f"{language}: 5 rows in {path}" in done.output
        english = load(places.registry.task("mnli"), "train", "en", places, 5).table
        assert rows["id"].to_pylist() == english["id"].to_pylist()
        assert rows["premise"].to_pylist() != english["premise"].to_pylist()
    assert CliRunner().invoke(cli.app, [*command, "--dry-run"]).output.count("done") == 2


def test_the_registry_s_translators_know_their_languages() -> None:
    from harness.languages import languages

    registry = load_registry()
    assert {"nllb-600m", "m2m100", "mbart-50", "opus-mt"} <= set(registry.names("translator"))
    for name in registry.names("translator"):
        entry = registry.translator(name)
        assert set(entry.codes) <= set(languages()), name
        assert "en" not in entry.codes
        assert {"de", "ru", "sw"} <= set(entry.codes), name  # what Phang et al. 2020 translate to
        for given in (entry.prefix, entry.revision):
            assert not isinstance(given, dict) or set(given) <= set(entry.codes)


def test_a_run_translates_what_it_trains_on_where_a_language_has_no_rows(
    registry_text: str, nli_folder: Path, tiny_model: Path
) -> None:
    Path("harness.yaml").write_text(registry_text, encoding="utf-8")
    command = ["run", "--model", str(tiny_model), "-i", "mnli@sw", "-t", "xnli", "-l", "en", "--recipe", "smoke",
               "--set", "max_steps=2", "--train-limit", "5", "--limit", "4", "--device", "cpu",
               "--data-dir", str(nli_folder), "--workspace", "runs"]  # fmt: skip
    refused = CliRunner().invoke(cli.app, command)
    assert refused.exit_code == 2
    done = CliRunner().invoke(cli.app, [*command, "--translator", "tiny"])
    assert done.exit_code == 0, done.output
    stage, _ = staged(registry_text, nli_folder, language="sw", limit=5)
    facts = [Workspace(Path("runs")).read("train", path.name) for path in Path("runs/stages/train").iterdir()]
    (intermediate,) = (each for each in facts if each["phase"] == "intermediate")
    assert intermediate["data"][0]["language"] == "sw"
    assert "translated to sw by tiny" in intermediate["data"][0]["origin"]
    assert Workspace(Path("runs")).done("translate", stage.key)
