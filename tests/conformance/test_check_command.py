"""``harness plugins check``: a table of laws, exit code 1 where one is broken."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from harness import cli
from harness.conformance import LAWS

BROKEN = """
from harness import Perturbation, Rewrite, hookimpl


class Whisper(Perturbation):
    name, family, description, reference = "whisper", "acme", "words nobody sees", "none"

    def rewrite(self, sentence, rng, intensity):
        plain = Rewrite.unchanged(sentence)
        return Rewrite(sentence, plain.pieces, tuple(gap and " not " for gap in plain.gaps))


class Loud(Perturbation):
    name, family, description, reference = "loud", "acme", "capitals", "none"

    def rewrite(self, sentence, rng, intensity):
        return Rewrite.replace(sentence, {index: sentence.tokens[index].text.upper() for index in sentence.words})


@hookimpl
def harness_perturbations():
    return [Whisper(), Loud()]
"""


def harness(*arguments: str):
    return CliRunner().invoke(cli.app, ["plugins", "check", *arguments])


@pytest.fixture
def acme(tmp_path, monkeypatch):
    folder = tmp_path / "site"
    information = folder / "acme-0.1.dist-info"
    information.mkdir(parents=True)
    (folder / "acme_words.py").write_text(BROKEN)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 0.1\n")
    (information / "entry_points.txt").write_text("[harness]\nacme = acme_words\n")
    monkeypatch.syspath_prepend(folder)


def test_a_perturbation_that_keeps_the_laws_is_told_law_by_law():
    result = harness("noise.swap", "--language", "en", "--quick")
    assert result.exit_code == 0, result.output
    assert "noise.swap" in result.stdout
    assert "a second" in result.stdout
    assert all(law.name in result.stdout for law in LAWS)
    assert "failed" not in result.stdout


def test_a_broken_one_is_told_with_its_smallest_text_and_the_exit_code_is_1(acme):
    result = harness("acme", "--language", "en", "--quick")
    assert result.exit_code == 1, result.output
    assert "acme.whisper" in result.stdout
    assert "acme.loud" in result.stdout
    assert "belongs to none" in result.stdout


def test_reports_are_printed_as_json(acme):
    result = harness("acme.loud", "--language", "en", "--quick", "--json")
    (report,) = json.loads(result.stdout)
    assert result.exit_code == 0
    assert report["name"] == "acme.loud"
    assert [check["law"] for check in report["checks"]] == [law.name for law in LAWS]


def test_texts_of_a_file_are_tried_too(tmp_path):
    (tmp_path / "texts.txt").write_text("Ein Satz.\n\nNoch ein Satz.\n", encoding="utf-8")
    assert harness("noise.swap", "-l", "de", "--quick", "--texts", "texts.txt").exit_code == 0
    result = CliRunner().invoke(cli.app, ["plugins", "check", "noise.swap", "--texts", "texts.txt"])
    assert result.exit_code == 2
    assert "--language" in result.output


def test_an_unknown_name_brings_near_ones():
    result = harness("noise.swop")
    assert result.exit_code == 2
    assert "noise.swap" in result.output


def test_a_language_that_nobody_knows_is_refused():
    assert harness("noise.swap", "-l", "xx").exit_code == 2


def test_the_list_of_plugins_is_still_there():
    result = CliRunner().invoke(cli.app, ["plugins"])
    assert result.exit_code == 0
    assert "noise" in result.stdout
