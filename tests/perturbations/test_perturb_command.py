"""``harness perturb`` shows what each perturbation does, or why it cannot."""

from __future__ import annotations

import os
from io import StringIO

import pytest
from rich.console import Console
from typer.testing import CliRunner

from harness import cli
from harness.cli.preview import Block, show, summary
from harness.perturbation import Perturbation
from harness.registry import load_registry
from harness.text import Disturbed, Rewrite, Sentence, disturb

TREE = """1\tSie\t_\tPRON\t_\t_\t2\tnsubj\t_\t_
2\tging\t_\tVERB\t_\t_\t0\troot\t_\t_
3-4\tim\t_\t_\t_\t_\t_\t_\t_\t_
3\tin\t_\tADP\t_\t_\t5\tcase\t_\t_
4\tdem\t_\tDET\t_\t_\t5\tdet\t_\t_
5\tRegen\t_\tNOUN\t_\t_\t2\tobl\t_\t_

"""


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
    found = perturb("The dog saw the cat.", "--perturb", "shuffles", "--perturb", "noise.swap:1")
    titles = [line.split()[0] for line in found.output.splitlines() if line and not line.startswith(" ")]
    assert titles == ["syntactic.shuffle-3", "syntactic.shuffle-2", "syntactic.shuffle", "noise.swap:1"]


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


class Told:
    """A parser that knows one German sentence."""

    def unserved(self, language: str) -> str | None:
        return None if language == "de" else f"no model for {language}"

    def parse(self, texts: list[str], language: str) -> list[str | None]:
        return [TREE if text.startswith("Sie") else None for text in texts]


@pytest.fixture
def _parser(monkeypatch):
    monkeypatch.setattr("harness.text.choose_parser", lambda folder, name: Told())


def test_commas_part_names_and_intensities_hold_for_those_without_one():
    asked = ("-p", "noise.swap,noise.drop:0.5", "--intensity", "0.3", "--intensity", "1")
    found = perturb("one two three four five six", *asked)
    titles = [line.split()[0] for line in found.output.splitlines() if line and not line.startswith(" ")]
    assert titles == ["noise.swap:0.3", "noise.swap:1", "noise.drop:0.5"]
    assert perturb("one", "-p", "noise.swap", "--intensity", "2").exit_code == 2


def test_several_seeds_and_the_draws_of_a_worst_case_are_shown_each():
    text = "one two three four five six seven"
    lines = perturb(text, "-p", "syntactic.shuffle", "--seed", "4", "--seed", "5").output.splitlines()
    assert [lines[0].split()[:3], lines[3].split()[:3]] == [
        ["syntactic.shuffle", "seed", "4"],
        ["syntactic.shuffle", "seed", "5"],
    ]
    assert lines[1] == perturb(text, "-p", "syntactic.shuffle", "--seed", "4").output.splitlines()[1]
    drawn = perturb(text, "-p", "worst:3:syntactic.shuffle", "--seed", "4").output.splitlines()
    assert ["draw 1 of 3" in drawn[0], "draw 3 of 3" in drawn[6]] == [True, True]
    assert drawn[1] == lines[1]
    assert len({drawn[1], drawn[4], drawn[7]}) == 3


@pytest.mark.usefixtures("_parser")
def test_the_tree_is_drawn_on_request():
    found = perturb("Sie ging im Regen", "-l", "de", "--tree")
    assert found.exit_code == 0, found.output
    assert [line.rstrip() for line in found.output.splitlines()] == [
        "Sie ging im Regen",
        "└── 2 ging  root VERB",
        "    ├── 1 Sie  nsubj PRON",
        "    └── 4 Regen  obl NOUN",
        "        └── 3 im  case ADP  in + dem",
    ]
    both = perturb("Sie ging im Regen", "-l", "de", "--tree", "-p", "syntactic.reverse").output
    assert both.startswith(found.output.splitlines()[0])
    assert "syntactic.reverse  tokens changed" in both


@pytest.mark.usefixtures("_parser")
def test_a_tree_that_cannot_be_made_is_explained():
    assert "no model for fr" in perturb("Elle", "-l", "fr", "--tree").output
    assert "no tree: " in perturb("Er ging", "-l", "de", "--tree").output


def test_a_tree_needs_a_parser():
    found = perturb("She left.", "--tree")
    assert found.exit_code == 2
    assert "--parser-models" in found.output


def drawn(width: int, blocks: list[Block], **settings: object) -> list[str]:
    file = StringIO()
    colours = {"color_system": "standard", "no_color": False, **settings}
    console = Console(file=file, force_terminal=True, width=width, **colours)
    show(console, "one two three", blocks)
    return file.getvalue().splitlines()


def swapped(*places: int) -> Block:
    sentence = Sentence.plain("one two three", "en")
    rewrite = Rewrite.reorder(sentence, places)
    assert rewrite.touched

    class Given(Perturbation):
        name, family = "given", "own"

        def rewrite(self, sentence, rng, intensity):
            return Rewrite.reorder(sentence, places)

    found = disturb(
        Given(), "one two three", language="en", example_id="1", column="text", seed=0, intensity=1.0
    )
    return Block(f"own.{places}", summary(found), found)


def test_variants_stand_side_by_side_where_the_terminal_is_wide_enough():
    blocks = [swapped(2, 0, 1), swapped(1, 0, 2)]
    wide, narrow = drawn(160, blocks), drawn(80, blocks)
    assert sum("own." in line for line in wide) == 1
    assert "text as it is" in wide[0]
    assert sum("own." in line for line in narrow) == 2
    assert max(len(line) for line in drawn(80, blocks, no_color=True, color_system=None)) <= 80


def test_a_terminal_has_colours_and_a_legend_or_brackets_without_colours():
    coloured, plain = drawn(80, [swapped(2, 0, 1)]), drawn(80, [swapped(2, 0, 1)], color_system=None)
    assert "moved" in coloured[-1]
    assert "\x1b[33m" in coloured[-1]
    assert not any("[three" in line.replace("\x1b[", "") for line in coloured)
    assert any("[Three]" in line or "[three]" in line for line in plain)
    assert plain[-1].strip() == "[changed]"


def test_what_is_left_out_and_how_far_words_are_from_their_heads_is_summed_up():
    shuffle = load_registry().perturbation("syntactic.shuffle")

    class Short(Perturbation):
        name, family, needs = "short", "own", ("parse",)

        def rewrite(self, sentence, rng, intensity):
            return Rewrite.of(sentence, [1, 2, 0] if len(sentence) == 4 else [0])

    def done(perturbation: Perturbation, conllu: str | None) -> Disturbed:
        given = {"language": "de", "example_id": "1", "column": "text", "seed": 0, "intensity": 1.0}
        return disturb(perturbation, "Sie ging im Regen", conllu=conllu, **given)

    assert "dependencies" not in summary(done(shuffle, None))
    assert summary(done(Short(), TREE)).endswith("left out: Regen, dependencies: +100%")


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
