"""Edit distances are exact."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.text import Rewrite, Sentence
from harness.text.edits import levenshtein, levenshteins, moved, replaced

short = st.text(alphabet="abcä👩", max_size=12)


def textbook(old: str, new: str) -> int:
    row = list(range(len(new) + 1))
    for i, left in enumerate(old, 1):
        above, row = row, [i]
        for j, right in enumerate(new, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (left != right)))
    return row[-1]


@given(short, short)
def test_levenshtein_equals_the_textbook_matrix(old, new):
    assert levenshtein(old, new) == textbook(old, new)


long = st.text(alphabet="ab c\0ä👩\ud800", max_size=200)


@given(st.lists(st.tuples(long, long), max_size=30))
def test_the_distances_of_many_pairs_are_those_of_each(pairs):
    assert levenshteins(pairs) == [levenshtein(old, new) for old, new in pairs]


def test_very_long_pairs_and_lanes_of_many_widths_are_exact():
    texts = [("ab " * size)[:size] for size in (0, 1, 63, 64, 65, 128, 129, 999, 1000, 1001, 3000)]
    pairs = [(old, new) for old in texts for new in texts]
    assert levenshteins(pairs) == [levenshtein(old, new) for old, new in pairs]


@given(
    st.lists(st.text(alphabet="aabcdefgh", min_size=1, max_size=8), min_size=1, max_size=8),
    st.dictionaries(st.integers(0, 7), st.text(alphabet="aabcdefgh", min_size=1, max_size=9)),
)
def test_edits_of_words_in_their_places_are_counted_exactly(words, texts):
    sentence = Sentence.plain(" ".join(words), "en")
    rewrite = Rewrite.replace(sentence, {index: text for index, text in texts.items() if index < len(words)})
    assert rewrite.char_edits == levenshtein(sentence.text, rewrite.text)


def test_an_alignment_that_slides_over_what_repeats_is_found():
    old, new = "xabababababy", "abababababax"
    islands = [(0, 1, 0, 1), (11, 12, 11, 12)]
    new = "a" + old[1:11] + "z"
    assert levenshtein(old, new) == replaced(old, new, islands) == 2


@given(st.permutations(range(7)))
def test_what_is_not_moved_rises_and_nothing_more_could_stay(order):
    stays = [item for item in order if item not in moved(order)]
    assert stays == sorted(stays)
    longest = [0] * 8
    for item in order:
        longest[item] = 1 + max(longest[:item], default=0)
    assert len(stays) == max(longest)
