"""Edit distances are exact."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.text import Rewrite, Sentence
from harness.text.edits import in_common, levenshtein, moved

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


@given(st.text(alphabet="ab c\0ä👩\ud800", max_size=80), st.text(alphabet="ab c\0ä👩\ud800", max_size=80))
def test_levenshtein_counts_code_points_of_every_kind(old, new):
    assert levenshtein(old, new) == textbook(old, new)


def test_levenshtein_of_long_texts_is_exact():
    texts = [("ab " * size)[:size] for size in (0, 1, 63, 64, 65, 128, 129, 300)]
    assert all(levenshtein(old, new) == textbook(old, new) for old in texts for new in texts)


@given(
    st.lists(st.text(alphabet="aabcdefgh", min_size=1, max_size=8), min_size=1, max_size=8),
    st.dictionaries(st.integers(0, 7), st.text(alphabet="aabcdefgh", min_size=1, max_size=9)),
)
def test_edits_of_words_in_their_places_are_counted_exactly(words, texts):
    sentence = Sentence.plain(" ".join(words), "en")
    rewrite = Rewrite.replace(sentence, {index: text for index, text in texts.items() if index < len(words)})
    assert rewrite.char_edits == levenshtein(sentence.text, rewrite.text)


@given(st.permutations(range(7)))
def test_what_is_not_moved_rises_and_nothing_more_could_stay(order):
    stays = [item for item in order if item not in moved(order)]
    assert stays == sorted(stays)
    longest = [0] * 8
    for item in order:
        longest[item] = 1 + max(longest[:item], default=0)
    assert len(stays) == in_common(range(7), order) == max(longest)
