"""The columns of a tree: what they say agrees with the heads, and a sentence without a tree says why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import Sentence, Token
from harness.text.sentence import Word
from harness.text.tree import Tree


@st.composite
def heads(draw):
    """Draw the heads of a tree, its tokens in any order."""
    size = draw(st.integers(1, 12))
    order = draw(st.permutations(range(size)))
    found = [-1] * size
    for place in range(1, size):
        found[order[place]] = order[draw(st.integers(0, place - 1))]
    return found


def tokens(above):
    return tuple(
        Token(2 * index, 2 * index + 1, "a", True, "NOUN", head, "nmod:poss", {}, (WORD,), "nmod")
        for index, head in enumerate(above)
    )


WORD = Word("a", "a", "NOUN", "nmod:poss")


def below(above, index):
    return {each for each in range(len(above)) if index in chain(above, each)}


def chain(above, index):
    found = []
    while index >= 0:
        found.append(index)
        index = above[index]
    return found


@given(heads())
def test_every_column_agrees_with_the_heads(above):
    tree = Tree(tokens(above))
    assert list(tree.heads) == above
    assert sorted(tree.upwards) == list(range(len(above)))
    for index in range(len(above)):
        inside = below(above, index)
        assert list(tree.children[index]) == [n for n, head in enumerate(above) if head == index]
        assert (tree.starts[index], tree.ends[index]) == (min(inside), max(inside) + 1)
        assert tree.whole[index] == (len(inside) == max(inside) + 1 - min(inside))
        assert all(tree.upwards.index(index) < tree.upwards.index(n) for n in chain(above, index)[1:])


@given(heads())
def test_a_sentence_answers_as_its_tree_does(above):
    sentence = Sentence(" ".join("a" * len(above)), "en", tokens(above), 0, None)
    for index in range(len(above)):
        assert set(sentence.subtree(index)) == below(above, index)
        assert sentence.head(index) == above[index]
        assert sentence.extent(index)[:2] == (min(sentence.subtree(index)), max(sentence.subtree(index)) + 1)


def test_a_cycle_is_left_out_of_what_goes_upwards():
    assert Tree(tokens([-1, 2, 1])).upwards == [0]


def test_a_token_of_several_words_is_named():
    first, second = tokens([1, -1])
    assert list(Tree((first, second._replace(words=(WORD, WORD)))).contracted) == [1]
    assert list(Tree((first, second)).contracted) == []


@pytest.mark.parametrize("sentence", [Sentence.plain("It rains.", "en"), Sentence("a", "en", tokens([-1]))])
def test_a_sentence_without_a_tree_says_why(sentence):
    for asked in (sentence.head, sentence.children, sentence.subtree, sentence.extent):
        with pytest.raises(ValueError, match=r"^the sentence has no tree: no parse was given$"):
            asked(0)
