"""A stranger's package is found beside the built-in plugins, and a broken one is its own problem."""

from __future__ import annotations

import json

GOOD, BROKEN = "harness-third-party", "harness-broken"


def test_an_installed_package_is_listed_with_its_version(harness):
    records = json.loads(harness("plugins", "--json", packages=(GOOD,)).stdout)
    record = next(each for each in records if each["name"] == "third-party")
    assert (record["origin"], record["version"], record["status"]) == (GOOD, "1.2.3", "ok")
    assert record["kinds"] == ["task", "model", "perturbation"]
    assert record["provides"] == ["task same-animal", "model tiny-random", "perturbation toy.shout"]


def test_its_things_are_listed_and_shown_like_built_in_ones(harness):
    listed = json.loads(harness("list", "--json", packages=(GOOD,)).stdout)
    for kind, name in (("tasks", "same-animal"), ("models", "tiny-random"), ("perturbations", "toy.shout")):
        assert name in [each["name"] for each in listed[kind]]
    shown = harness("show", "same-animal", packages=(GOOD,)).stdout
    assert "harness-third-party 1.2.3 (third-party)" in shown
    assert "train 96" in shown


def test_its_perturbation_disturbs_a_text(harness):
    result = harness(
        "perturb", "I see a cat.", "--language", "en", "--perturb", "toy.shout", packages=(GOOD,)
    )
    assert result.returncode == 0, result.stderr
    assert "SEE" in result.stdout


def test_a_broken_package_is_listed_and_harms_nothing(harness):
    result = harness("plugins", "--json", packages=(GOOD, BROKEN))
    assert result.returncode == 0
    records = {each["name"]: each for each in json.loads(result.stdout)}
    errors = {name: each["error"] for name, each in records.items() if each["origin"] == BROKEN}
    assert errors["broken-import"] == "ModuleNotFoundError: No module named 'a_module_that_nobody_has'"
    assert errors["broken-hook"] == "unknown hook 'harness_taskz': did you mean harness_tasks?"
    assert errors["broken-call"] == "harness_tasks raised RuntimeError: no disk left"
    assert "task 'xnli' of harness-broken 0.0.1 (broken-name) is already defined by" in errors["broken-name"]
    assert {each["status"] for each in records.values() if each["origin"] == BROKEN} == {"failed"}
    assert records["third-party"]["status"] == records["nli"]["status"] == "ok"


def test_what_a_broken_package_has_left_stays_usable(harness):
    listed = json.loads(harness("list", "--json", packages=(BROKEN,)).stdout)
    assert "mine" in [each["name"] for each in listed["tasks"]]
    assert "survivor" in [each["name"] for each in listed["models"]]
    assert "never-seen" not in [each["name"] for each in listed["tasks"]]


def test_an_unknown_name_says_which_plugins_failed(harness):
    result = harness("show", "task", "same-animl", packages=(GOOD, BROKEN))
    assert result.returncode == 2
    assert "Did you mean same-animal?" in result.stderr
    assert "broken-import" in result.stderr
    assert "harness plugins" in result.stderr


def test_strict_plugins_make_a_failure_fatal(harness):
    result = harness("list", packages=(BROKEN,), HARNESS_STRICT_PLUGINS="1")
    assert result.returncode == 2
    assert "broken-import (harness-broken): ModuleNotFoundError" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_blocked_plugin_is_not_imported(harness):
    blocked = [argument for name in ("harness-broken", "third-party") for argument in ("--no-plugin", name)]
    records = json.loads(harness("plugins", "--json", *blocked, packages=(GOOD, BROKEN)).stdout)
    strangers = [each for each in records if each["origin"] in (GOOD, BROKEN)]
    assert {each["status"] for each in strangers} == {"blocked"}
    assert not any(each["provides"] for each in strangers)


def test_harness_plugins_selects_strangers_by_name_or_distribution(harness):
    for chosen, expected in (("", "blocked"), ("third-party", "ok"), (GOOD, "ok")):
        found = harness("plugins", "--json", packages=(GOOD, BROKEN), HARNESS_PLUGINS=chosen)
        status = {each["name"]: each["status"] for each in json.loads(found.stdout)}
        assert (status["third-party"], status["broken-call"], status["nli"]) == (expected, "blocked", "ok")


def test_its_task_model_and_perturbation_run_to_the_end(harness):
    result = harness(
        *("run", "--model", "tiny-random", "--target", "same-animal", "--perturb", "toy.shout"),
        *("--intermediate", "none", "--recipe", "smoke", "--set", "max_steps=2"),
        packages=(GOOD, BROKEN),
        COLUMNS="160",
    )
    assert result.returncode == 0, result.stderr
    assert "tiny-random+none>same-animal s0" in result.stdout
    assert "toy" in result.stdout
    assert "shout" in result.stdout
    assert "100%" in result.stdout
    assert "plugins failed to load" in result.stdout
