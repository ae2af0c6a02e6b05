"""Edit distances are exact."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.text.edits import levenshtein, moved

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


@given(st.permutations(range(7)))
def test_what_is_not_moved_rises_and_nothing_more_could_stay(order):
    stays = [item for item in order if item not in moved(order)]
    assert stays == sorted(stays)
    longest = [0] * 8
    for item in order:
        longest[item] = 1 + max(longest[:item], default=0)
    assert len(stays) == max(longest)
