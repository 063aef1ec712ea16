"""Days made by code: no gaps, no overlaps, 24 hours, commitments at their times."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogitate.agents.town.clock import Clock, end_of, hhmm, minutes_of
from cogitate.agents.town.plans import (
    Block,
    Commitment,
    block_at,
    clashes,
    faults,
    fitted,
    hours,
    overlaid,
    schedule,
    with_commitments,
)
from cogitate.errors import SetupError

WORDS = ("sleeping", "getting up")


def day(*items: tuple[int, str]) -> list[Block]:
    return schedule(items, wake=420, bed=1380, words=WORDS)


def commitment(start: int, end: int, name: str = "dinner", day: int = 1) -> Commitment:
    return Commitment(
        id=name, what=name, place="Cafe > hall", day=day, start=start, end=end, host="anna"
    )


def test_each_activity_lasts_until_the_next_one_begins() -> None:
    blocks = day((480, "work"), (720, "lunch"))
    assert [(b.start, b.end, b.what) for b in blocks] == [
        (0, 420, "sleeping"),
        (420, 480, "getting up"),
        (480, 720, "work"),
        (720, 1380, "lunch"),
        (1380, 1440, "sleeping"),
    ]
    assert [b.rest for b in blocks] == [True, False, False, False, True]


def test_what_is_outside_of_the_waking_hours_or_twice_at_a_time_is_left_out() -> None:
    blocks = day((300, "swim"), (480, "work"), (483, "play"), (1400, "dance"), (600, "  "))
    assert [b.what for b in blocks] == ["sleeping", "getting up", "work", "sleeping"]


def test_an_activity_at_the_time_of_getting_up_takes_the_place_of_the_routine() -> None:
    assert [b.what for b in day((420, "run"))] == ["sleeping", "run", "sleeping"]


def test_a_commitment_is_at_its_time_whatever_was_planned() -> None:
    blocks = with_commitments(day((480, "work")), [commitment(1080, 1200)])
    assert [(b.start, b.end, b.what, b.commitment) for b in blocks][2:5] == [
        (480, 1080, "work", ""),
        (1080, 1200, "dinner", "dinner"),
        (1200, 1380, "work", ""),
    ]
    assert block_at(blocks, 1100).place == "Cafe > hall"


def test_a_block_that_covers_several_takes_all_of_them_out() -> None:
    blocks = overlaid(day((480, "work"), (540, "tea"), (600, "rest")), Block(500, 620, "talk"))
    assert [(b.start, b.end, b.what) for b in blocks][2:5] == [
        (480, 500, "work"),
        (500, 620, "talk"),
        (620, 1380, "rest"),
    ]


@given(
    st.lists(st.tuples(st.integers(0, 1439), st.sampled_from("abcdef")), max_size=12),
    st.lists(st.tuples(st.integers(0, 143), st.integers(1, 40)), max_size=3),
)
def test_a_day_is_always_24_hours_without_gaps(
    items: list[tuple[int, str]], busy: list[tuple[int, int]]
) -> None:
    due = [
        commitment(start * 10, min(start * 10 + length * 10, 1440), f"c{n}")
        for n, (start, length) in enumerate(busy)
    ]
    blocks = with_commitments(schedule(items, 400, 1330, WORDS), due)
    assert faults(blocks) == []
    assert len(hours(blocks)) == 24


def test_a_day_that_is_too_long_or_has_a_hole_is_told() -> None:
    assert faults([Block(0, 700, "a"), Block(710, 1440, "b")])[0].endswith("do not meet")
    assert faults([Block(0, 1500, "a")]) == ["the day has 1500 minutes"]


def test_pieces_fill_their_span_exactly() -> None:
    pieces = fitted([(30, "knead"), (60, "wait"), (30, "clean")], 480, 600)
    assert [(p.start, p.end, p.what) for p in pieces] == [
        (480, 510, "knead"),
        (510, 570, "wait"),
        (570, 600, "clean"),
    ]


def test_pieces_that_do_not_sum_up_are_scaled_and_too_many_are_left_out() -> None:
    assert [(p.start, p.end) for p in fitted([(60, "a"), (60, "b")], 600, 640)] == [
        (600, 620),
        (620, 640),
    ]
    assert [p.what for p in fitted([(5, "a"), (5, "b"), (5, "c")], 600, 620)] == ["a", "b"]
    assert fitted([], 600, 700) == []


@given(
    st.lists(st.tuples(st.sampled_from([5, 10, 20, 60]), st.just("x")), min_size=1, max_size=8),
    st.integers(1, 30),
)
def test_pieces_never_overlap(parts: list[tuple[int, str]], ticks: int) -> None:
    pieces = fitted(parts, 100, 100 + 10 * ticks)
    edges = [100, *(p.end for p in pieces)]
    assert edges[-1] == 100 + 10 * ticks
    assert [p.start for p in pieces] == edges[:-1]
    assert all(p.end > p.start for p in pieces)


def test_two_commitments_at_one_time_clash_on_the_same_day_only() -> None:
    old = [commitment(1080, 1200)]
    assert clashes(old, commitment(1190, 1250, "film")) == old
    assert clashes(old, commitment(1200, 1250, "film")) == []
    assert clashes(old, commitment(1190, 1250, "film", day=2)) == []
    assert clashes(old, commitment(1080, 1200)) == []


def test_an_hour_is_named_by_what_is_mainly_done_in_it() -> None:
    assert hours(day((480, "work"), (530, "tea")))[7:9] == ["getting up", "work"]


def test_times_are_read_and_written() -> None:
    assert [minutes_of("07:05"), minutes_of("24:00"), hhmm(1445), end_of(1440)] == [
        425,
        1440,
        "00:05",
        "24:00",
    ]
    for wrong in ("7", "25:00", "24:30", "noon"):
        with pytest.raises(SetupError, match="no time of a day"):
            minutes_of(wrong)


def test_a_moment_is_a_date_and_a_time() -> None:
    from datetime import date

    clock = Clock(date(2026, 2, 28), 1440 + 430)
    assert (clock.day, clock.minute, clock.stamp()) == (2, 430, "2026-03-01T07:10")
    assert clock.moment_of(clock.seconds()) == clock.moment
