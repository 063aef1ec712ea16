"""Conversations in host memory: bounded, and only those that are of use."""

from hypothesis import given
from hypothesis import strategies as st

from cogitate.llm.snapshots import Snapshots


def test_the_state_that_shares_most_comes_back_once():
    kept = Snapshots()
    kept.put([1, 2, 3, 4], b"a")
    kept.put([1, 2, 9], b"b")
    assert kept.take([1, 2, 3, 7], 0, whole=False) == ([1, 2, 3, 4], b"a")
    assert kept.take([1, 2, 3, 7], 0, whole=False) == ([1, 2, 9], b"b")
    assert kept.take([1, 2, 3, 7], 0, whole=False) is None


def test_a_state_that_saves_too_little_stays():
    kept = Snapshots()
    kept.put([1, 2, 3], b"a")
    assert kept.take([1, 2, 3, 4], 3, whole=False) is None
    assert kept.take([1, 2, 3, 4], 2, whole=False) is not None


def test_where_only_the_whole_can_be_used_a_part_is_of_no_use():
    kept = Snapshots()
    kept.put([1, 2, 3], b"a")
    assert kept.take([1, 2, 3], 0, whole=True) is None
    assert kept.take([1, 2, 7, 8], 0, whole=True) is None
    assert kept.take([1, 2, 3, 8], 0, whole=True) == ([1, 2, 3], b"a")


def test_a_longer_state_of_the_same_conversation_takes_the_place_of_the_shorter():
    kept = Snapshots()
    kept.put([1, 2], b"a")
    kept.put([1, 2, 3], b"b")
    assert list(kept.held) == [(1, 2, 3)]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 700_000)), max_size=30))
def test_it_never_holds_more_than_its_bound_and_keeps_the_newest(states: list[tuple[int, int]]):
    kept = Snapshots(limit_mb=1)
    for name, size in states:
        assert kept.fits(size)
        kept.put([name], bytes(size))
        assert kept.size <= 1_000_000
        assert (name,) in kept.held
    assert not kept.fits(1_000_001) and not kept.fits(0)
