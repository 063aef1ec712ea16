"""What a replay shows: the events of the record, in its order."""

from cogitate.runs.events import Judged, Noted, RunEnded
from cogitate.runs.sameness import Sameness
from cogitate.values import Result, Usage

ONE, TWO, THREE = (Noted(text=name) for name in ("one", "two", "three"))
END = RunEnded(result=Result(run_id="r", answer="", stopped="answered", steps=1, usage=Usage()))


def test_events_of_tasks_side_by_side_come_in_the_order_of_the_record():
    there = Sameness([ONE, TWO, THREE, END])
    assert there.in_turn(TWO) == []
    assert there.in_turn(ONE) == [ONE, TWO]
    assert there.in_turn(THREE) == [THREE]
    assert there.in_turn(END) == [END]


def test_the_same_event_twice_is_given_twice():
    there = Sameness([ONE, TWO, ONE])
    assert there.in_turn(ONE) == [ONE]
    assert there.in_turn(ONE) == []
    assert there.in_turn(TWO) == [TWO, ONE]


def test_with_the_end_nothing_is_held_back():
    there = Sameness([ONE, TWO, END])
    assert there.in_turn(TWO) == []
    assert there.in_turn(END) == [TWO, END]


def test_an_event_that_was_not_is_not_counted_as_one_that_was():
    there = Sameness([ONE])
    assert not there.is_there(Judged(accepted=True, advice="", answer=""))
    assert there.is_there(ONE)
    assert not there.is_there(ONE)
