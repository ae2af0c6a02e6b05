"""The light commands: quick to start, readable in a pipe, errors in a line or two."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from harness import __version__, cli

HEAVY = (
    "torch",
    "transformers",
    "datasets",
    "mlflow",
    "nlpaug",
    "pandas",
    "scipy",
    "accelerate",
    "matplotlib",
)


@pytest.fixture(autouse=True)
def _outside_the_repository(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in ("HARNESS_PLUGINS", "HARNESS_STRICT_PLUGINS"):
        monkeypatch.delenv(name, raising=False)


def harness(*arguments: str):
    return CliRunner().invoke(cli.app, arguments)


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["list", "all"], ["show", "task", "xnli"], ["plugins"], ["run", "--help"]],
    ids=" ".join,
)
def test_a_light_command_imports_nothing_heavy(arguments, tmp_path):
    program = (
        "import sys; from harness.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: code = end.code\n"
        f"print('\\nheavy:', [name for name in {HEAVY} if name in sys.modules], 'code:', code)"
    )
    command = [sys.executable, "-c", program, *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HARNESS_")}
    environment["XDG_CACHE_HOME"] = os.devnull  # nothing is remembered
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert result.stdout.splitlines()[-1] == "heavy: [] code: 0", result.stderr


def test_help_imports_no_command_and_no_schema(tmp_path):
    program = (
        "import sys; from harness.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "slow = ('harness', 'pydantic', 'rich', 'yaml', 'pluggy')\n"
        "loaded = {name for name in sys.modules if name.startswith(slow)}\n"
        "print('loaded:', sorted(loaded - {'harness', 'harness.cli', 'harness.cli.state'}))"
    )
    command = [sys.executable, "-c", program, "--help"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "loaded: []"


def test_help_tells_every_command_in_a_line():
    shown = harness("--help").stdout
    assert all(name in shown and line.split(":")[0] in shown for name, (_, line) in cli.COMMANDS.items())


def test_without_arguments_the_help_is_shown():
    assert "Commands:" in harness().output


def test_the_version_is_printed():
    assert harness("--version").stdout == f"harness {__version__}\n"


def test_a_table_in_a_pipe_keeps_every_row_on_a_line():
    lines = harness("list", "tasks").stdout.splitlines()
    (xnli,) = [line for line in lines if line.strip().startswith("xnli ")]
    assert "ar bg de el en es fr hi ru sw th tr ur vi zh" in xnli
    assert xnli.endswith("into 15 languages")


def test_list_as_json_holds_every_kind():
    listed = json.loads(harness("list", "all", "--json").stdout)
    assert list(listed) == [
        "tasks", "models", "perturbations", "groups", "recipes", "translators", "suites", "formats", "languages"
    ]  # fmt: skip
    noise = next(group["perturbations"] for group in listed["groups"] if group["name"] == "noise")
    assert noise[:2] == ["noise.keyboard", "noise.swap"]


def test_list_tells_of_every_task_where_its_rows_come_from_and_under_which_licence():
    tasks = {task["name"]: task for task in json.loads(harness("list", "tasks", "--json").stdout)["tasks"]}
    assert tasks["xnli"]["source"] == "facebook/xnli"
    assert tasks["xnli"]["licence"] == "CC-BY-NC-4.0"
    assert tasks["xnli"]["roles"] == ["target"]
    assert tasks["anli+"]["source"] == "snli + mnli + anli"
    assert "CC-BY-SA-4.0; OANC and others" in tasks["anli+"]["licence"]
    assert tasks["grammar-nli"]["source"] == "made by the task"
    assert tasks["ccg"]["source"] == "folder CCGbank"
    assert tasks["hellaswag"]["format"] == "multiple-choice"


def test_list_takes_one_kind():
    assert list(json.loads(harness("list", "models", "--json").stdout)) == ["models"]


def test_listing_an_unknown_kind_answers_with_near_names():
    result = harness("list", "task")
    assert result.exit_code == 2
    assert "Did you mean tasks" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("task", "xnli"), ["facebook/xnli", "CC-BY-NC-4.0", "1809.05053", "mnli (English)", "test 5,010"]),
        (
            ("task", "tydiqa"),
            ["scoring rule", "main metric        f1", "train languages    ar bn", "2003.05002"],
        ),
        (("task", "xcopa"), ["siqa (English)", "train languages    en", "main metric        accuracy"]),
        (("format", "multiple-choice"), ["choices texts", "the harness itself", "hellaswag"]),
        (("xlmr-large",), ["FacebookAI/xlm-roberta-large", "302,309,376", "MIT", "1911.02116"]),
        (("recipe", "paper"), ["1e-05", "jiant", "for xnli", "epochs 2"]),
        (("group", "syntactic"), ["syntactic.scramble"]),
        (("source", "snli"), ["stanfordnlp/snli", "CC-BY-SA-4.0"]),
        (("language", "th"), ["Thai", "xnli"]),
        (("some-org/some-encoder",), ["not pinned", "encoders"]),
    ],
    ids=lambda each: " ".join(each),
)
def test_show_tells_what_is_known(arguments, expected):
    result = harness("show", *arguments)
    assert result.exit_code == 0, result.output
    assert [each for each in expected if each not in result.stdout] == []


def test_show_as_json_names_the_kind():
    assert json.loads(harness("show", "xnli", "--json").stdout)["kind"] == "task"


def test_a_name_of_two_kinds_must_be_told_apart(tmp_path):
    (tmp_path / "harness.yaml").write_text("recipes: {mbert: {}}")
    result = harness("show", "mbert")
    assert result.exit_code == 2
    assert "harness show model mbert or harness show recipe mbert" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message", "mend"),
    [
        (("lst",), "unknown command 'lst'", "Did you mean list"),
        (("show", "task", "xnl"), "unknown task 'xnl'", "Did you mean xnli"),
        (("show", "xnl"), "unknown name 'xnl'", "xnli"),
        (("show", "tsk", "xnli"), "unknown kind 'tsk'", "task"),
        (("show", "a", "b", "c"), "not a b c", "one thing"),
        (("list", "--registry", "nowhere.yaml"), "cannot read nowhere.yaml", "existing YAML file"),
        (("plugins", "--no-plugin", "nli2"), "unknown plugin 'nli2'", "nli"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)
def test_what_a_user_can_mend_is_two_lines_and_code_2(arguments, message, mend):
    result = harness(*arguments)
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("Error: ")
    assert message in lines[0]
    assert mend in lines[1]


def test_debug_shows_the_traceback():
    result = harness("--debug", "show", "xnl")
    assert type(result.exception).__name__ == "UnknownName"
    assert type(harness("show", "xnl", "--debug").exception).__name__ == "UnknownName"


def test_an_error_of_ours_is_code_1_and_says_how_to_see_more(monkeypatch):
    monkeypatch.setattr("harness.registry.load_registry", lambda *_: 1 / 0)
    result = harness("list")
    assert result.exit_code == 1
    assert "internal error: ZeroDivisionError" in result.stderr
    assert "--debug" in result.stderr


def test_an_interrupt_is_code_130(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.registry.load_registry", interrupted)
    assert harness("list").exit_code == 130


def test_a_closed_pipe_is_quiet(tmp_path):
    command = [sys.executable, "-c", "from harness.cli import main; main()", "list", "all"]
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(command, cwd=tmp_path, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert result.stderr == ""


@pytest.mark.parametrize("order", [("--registry", "more.yaml", "list"), ("list", "--registry", "more.yaml")])
def test_common_options_stand_before_or_after_the_command(tmp_path, order):
    (tmp_path / "more.yaml").write_text("models: {mine: {path: me/mine}}")
    models = json.loads(harness(*order, "--json").stdout)["models"]
    assert "mine" in [each["name"] for each in models]


def test_common_options_add_up_and_are_forgotten_afterwards():
    result = harness("--no-plugin", "nli", "plugins", "--no-plugin", "noise", "--json")
    status = {each["name"]: each["status"] for each in json.loads(result.stdout)}
    assert (status["nli"], status["noise"], status["encoders"]) == ("blocked", "blocked", "ok")
    status = {each["name"]: each["status"] for each in json.loads(harness("plugins", "--json").stdout)}
    assert status["nli"] == "ok"


def test_common_options_reach_a_subcommand():
    assert "--registry FILE" in harness("data", "lock", "--help").stdout


def test_the_table_of_plugins_names_status_and_version():
    result = harness("plugins")
    assert result.exit_code == 0
    (nli,) = [line.split() for line in result.stdout.splitlines() if line.split()[:1] == ["nli"]]
    assert nli[:7] == ["nli", "task", "transfer-harness", __version__, "ok", "task", "xnli,"]


def test_strict_plugins_still_show_the_table(monkeypatch, tmp_path):
    (tmp_path / "bad_one-1.0.dist-info").mkdir()
    (tmp_path / "bad_one-1.0.dist-info" / "METADATA").write_text("Name: bad-one\nVersion: 1.0\n")
    (tmp_path / "bad_one-1.0.dist-info" / "entry_points.txt").write_text("[harness]\nbad = nowhere_at_all\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "ModuleNotFoundError" in harness("plugins").stdout
    assert "1 plugin failed to load: bad." in harness("list").stderr
    monkeypatch.setenv("HARNESS_STRICT_PLUGINS", "1")
    result = harness("plugins")
    assert result.exit_code == 2
    assert "ModuleNotFoundError" in result.stdout
    assert "bad (bad-one)" in result.stderr
