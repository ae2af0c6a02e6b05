"""Whatever a plugin does wrong is recorded as its own, and everything else works."""

from __future__ import annotations

import pytest

from harness import HarnessError
from harness.plugins import Origin, load_plugins

TASK = """
@hookimpl
def harness_tasks():
    return [Task(name="{}")]
"""


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch):
    monkeypatch.delenv("HARNESS_PLUGINS", raising=False)
    monkeypatch.delenv("HARNESS_STRICT_PLUGINS", raising=False)


def record(plugins, name):
    (found,) = [each for each in plugins.records if each.name == name]
    return found


FAULTS = {
    "raise ImportError('no such library')": "ImportError: no such library",
    "import sys\nsys.exit(3)": "SystemExit: 3",
    "def broken(:": "SyntaxError",
    "@hookimpl\ndef harness_task(): return []": "unknown hook 'harness_task': did you mean harness_tasks?",
    "@hookimpl\ndef entirely_else(): return []": "unknown hook 'entirely_else'",
    "def harness_tasks(): return []": "harness_tasks is not marked with @hookimpl",
    "answer = 42": "implements no hook",
    "@hookimpl\ndef harness_tasks(split): return []": "harness_tasks(split)",
    "@hookimpl(wrapper=True)\ndef harness_tasks():\n    return (yield)": "harness_tasks is a hook wrapper",
    "@hookimpl\ndef harness_tasks(): raise OSError('full')": "harness_tasks raised OSError: full",
    "@hookimpl\ndef harness_tasks():\n    yield Task(name='a-task')\n    1 / 0": "raised ZeroDivisionError",
    "@hookimpl\ndef harness_tasks(): return None": "must return a list of Task, not NoneType",
    "@hookimpl\ndef harness_tasks(): return Task(name='a-task')": "must return a list of Task, not Task",
    "@hookimpl\ndef harness_tasks(): return ['a-task']": "must return Task objects, not 'a-task'",
    "@hookimpl\ndef harness_models(): return [Task(name='a-task')]": "must return Model objects",
    "@hookimpl\ndef harness_models(): return [Model]": "(the class itself: call it)",
    "@hookimpl\ndef harness_tasks(): return [Task(name='../up')]": "task name '../up' is not usable",
    "@hookimpl\ndef harness_tasks(): return [Task()]": "task name '' is not usable",
    "@hookimpl\ndef harness_tasks(): return [Task(nam='x')]": "TypeError: Task has no attribute 'nam'",
    "@hookimpl\ndef harness_tasks(): return [Task(name='t', labels='a')]": "must be a tuple, not a string",
    "@hookimpl\ndef harness_perturbations(): return [Perturbation()]": "perturbation name '' is not usable",
}


@pytest.mark.parametrize(("source", "error"), FAULTS.items(), ids=[each[:40] for each in FAULTS.values()])
def test_a_fault_is_recorded_and_the_next_plugin_works(install, source, error):
    install("faulty", source, distribution="a-stranger", version="0.3")
    install("sound", TASK.format("sound-task"), distribution="b-stranger")
    plugins = load_plugins()
    faulty = record(plugins, "faulty")
    assert (faulty.status, faulty.origin, faulty.version) == ("failed", "a-stranger", "0.3")
    assert error in faulty.error
    assert "\n" not in faulty.error
    assert record(plugins, "sound").status == "ok"
    assert ("task", "sound-task") in plugins.things
    assert ("task", "xnli") in plugins.things


def test_an_interrupt_while_a_plugin_loads_is_not_swallowed(install):
    install("interrupted", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        load_plugins()


def test_a_raising_hook_leaves_the_plugins_other_hooks(install):
    install(
        "half",
        "@hookimpl\ndef harness_tasks(): 1 / 0\n@hookimpl\ndef harness_models(): return [Model(name='m')]",
    )
    plugins = load_plugins()
    assert record(plugins, "half").status == "failed"
    assert record(plugins, "half").provides == ("model m",)
    assert ("model", "m") in plugins.things


def test_a_wrong_thing_leaves_the_plugins_other_things(install):
    install("mixed", "@hookimpl\ndef harness_tasks(): return [7, Task(name='good')]")
    plugins = load_plugins()
    assert record(plugins, "mixed").provides == ("task good",)


def test_of_two_strangers_the_first_by_distribution_keeps_the_name(install):
    install("second", TASK.format("same"), distribution="beta")
    install("first", TASK.format("same"), distribution="alpha")
    plugins = load_plugins()
    assert plugins.origins["task", "same"].distribution == "alpha"
    assert record(plugins, "first").status == "ok"
    assert record(plugins, "second").error == (
        "task 'same' of beta 1.0 (second) is already defined by alpha 1.0 (first)"
    )


def test_a_built_in_name_cannot_be_taken(install):
    install("thief", TASK.format("xnli"), distribution="aaa")
    plugins = load_plugins()
    assert plugins.origins["task", "xnli"].distribution == "transfer-harness"
    assert record(plugins, "thief").status == "failed"


def test_a_plugin_under_a_built_in_plugins_name_is_a_plugin_of_its_own(install):
    install("nli", TASK.format("other-nli"), distribution="namesake")
    plugins = load_plugins()
    assert {each.origin for each in plugins.records if each.name == "nli"} == {"transfer-harness", "namesake"}
    assert ("task", "other-nli") in plugins.things


def test_the_origin_names_distribution_version_and_plugin(install):
    install("toy", TASK.format("toy-task"), distribution="Some.Dist", version="2.5")
    assert load_plugins().origins["task", "toy-task"] == Origin("some-dist", "2.5", "toy")


def test_a_blocked_plugin_is_never_imported(install):
    install("dangerous", "raise KeyboardInterrupt")
    assert record(load_plugins(blocked=["dangerous"]), "dangerous").status == "blocked"


def test_blocking_an_unknown_plugin_answers_with_near_names(install):
    install("dangerous", TASK.format("t"))
    with pytest.raises(HarnessError, match="unknown plugin 'dangeros'") as error:
        load_plugins(blocked=["dangeros"])
    assert "dangerous" in error.value.mend


def test_harness_plugins_empty_leaves_the_built_in_ones_only(install, monkeypatch):
    install("toy", TASK.format("toy-task"))
    monkeypatch.setenv("HARNESS_PLUGINS", "")
    plugins = load_plugins()
    assert record(plugins, "toy").status == "blocked"
    assert record(plugins, "nli").status == "ok"


def test_harness_plugins_names_the_strangers_that_load(install, monkeypatch):
    install("toy", TASK.format("toy-task"))
    install("other", TASK.format("other-task"))
    monkeypatch.setenv("HARNESS_PLUGINS", "toy")
    plugins = load_plugins()
    assert (record(plugins, "toy").status, record(plugins, "other").status) == ("ok", "blocked")


def test_an_unknown_name_in_harness_plugins_is_an_error(monkeypatch):
    monkeypatch.setenv("HARNESS_PLUGINS", "nowhere")
    with pytest.raises(HarnessError, match="unknown plugin 'nowhere'"):
        load_plugins()


def test_required_plugins_raise_all_failures_with_their_distributions(install):
    install("faulty", "1 / 0", distribution="a-stranger")
    with pytest.raises(HarnessError, match=r"faulty \(a-stranger\): ZeroDivisionError") as error:
        load_plugins().require()
    assert "--no-plugin" in error.value.mend
