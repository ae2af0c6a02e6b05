"""`Draws` gives what a new `Random` of the seed gives, whatever was drawn before."""

from collections.abc import Callable
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from harness.text.draws import Draws

WAYS: list[Callable[[Random], object]] = [
    lambda rng: rng.random(),
    lambda rng: rng.getrandbits(40),
    lambda rng: rng.randrange(1000),
    lambda rng: rng.sample(range(20), 5),
    lambda rng: rng.choice("abcdef"),
    lambda rng: rng.choices("abcdef", k=3),
    lambda rng: rng.gauss(0, 1),
    lambda rng: rng.betavariate(2, 3),
    lambda rng: rng.getstate(),
    lambda rng: rng.randbytes(3),
]


@given(st.lists(st.tuples(st.integers(0, 2**64 - 1), st.lists(st.sampled_from(WAYS), max_size=4))))
def test_each_seed_begins_anew(rounds):
    draws = Draws()
    for seed, ways in rounds:
        draws.begin(seed)
        fresh = Random(seed)
        assert [way(draws) for way in ways] == [way(fresh) for way in ways]


def test_shuffling_and_setting_a_seed_by_hand():
    draws, fresh, items, others = Draws(), Random(7), list(range(9)), list(range(9))
    draws.begin(7)
    draws.shuffle(items)
    fresh.shuffle(others)
    assert items == others
    draws.begin(8)
    draws.seed(3)
    assert draws.random() == Random(3).random()
    draws.begin(9)
    draws.setstate(Random(4).getstate())
    assert draws.random() == Random(4).random()
