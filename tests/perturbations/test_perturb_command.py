"""``harness perturb`` shows what each perturbation does, or why it cannot."""

from __future__ import annotations

import os

import pytest
from typer.testing import CliRunner

from harness import cli


def perturb(*arguments: str):
    return CliRunner().invoke(cli.app, ["perturb", *arguments])


def test_what_changed_is_marked():
    found = perturb("Der Hund sah die Katze.", "--language", "de", "--perturb", "syntactic.reverse")
    assert found.exit_code == 0, found.output
    assert found.output.splitlines() == [
        "syntactic.reverse  tokens changed: 4, characters: 18",
        "  [Katze die sah Hund] der.",
    ]


def test_one_block_for_each_perturbation_of_a_group():
    found = perturb("The dog saw the cat.", "--perturb", "noise", "--perturb", "noise.swap:1")
    titles = [line.split()[0] for line in found.output.splitlines() if line and not line.startswith(" ")]
    assert titles == ["noise.keyboard", "noise.swap", "noise.swap:1"]


def test_the_seed_decides():
    arguments = ("one two three four five six seven", "--perturb", "syntactic.shuffle")
    assert (
        perturb(*arguments).output == perturb(*arguments).output != perturb(*arguments, "--seed", "1").output
    )


def test_a_perturbation_that_cannot_serve_says_why():
    assert "needs a parser" in perturb("The dog saw.", "--perturb", "syntactic.scramble").output
    assert "no keyboard layout for zh" in perturb("我们", "-l", "zh", "-p", "noise.keyboard").output
    assert "nothing in this text" in perturb("?!", "--perturb", "syntactic.reverse").output


def test_a_perturbation_of_whole_rows_says_so():
    found = perturb("The dog saw.", "-p", "adversarial")
    assert found.exit_code == 0, found.output
    assert "changes whole rows (hypothesis)" in found.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--language", "qq"), "unknown language 'qq'"),
        (("--perturb", "sintactic"), "syntactic"),
        (("--parser", "foo"), "unknown parser 'foo'"),
        (("--parser-models", "no/such/folder"), "no folder of parser models"),
    ],
)
def test_what_the_user_can_mend_is_told_in_a_line_or_two(arguments, words):
    found = perturb("A text.", *arguments)
    assert found.exit_code == 2
    assert words in found.output
    assert "Traceback" not in found.output


@pytest.mark.realdata
def test_phrases_are_scrambled_with_a_real_parser():
    folder = os.path.join(os.environ["HARNESS_REALDATA"], "data", "udpipe")
    text = "Der Mann gab dem Kind ein Buch."
    found = perturb(text, "-l", "de", "-p", "syntactic.scramble", "--parser-models", folder)
    title, line = found.output.splitlines()
    plain = line.replace("[", "").replace("]", "").strip()
    assert "tokens changed" in title
    assert plain != text
    assert all(phrase in plain.lower() for phrase in ("der mann", "dem kind", "ein buch"))
