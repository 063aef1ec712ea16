"""What a note may be, and what a record says of itself."""

import pytest

from cogitate.errors import SetupError
from cogitate.memory.records import LONGEST, Hit, Note, Recalled, Record, checked


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"text": "  \n"}, "needs text"),
        ({"text": "x" * (LONGEST + 1)}, "8,001 characters"),
        ({"text": "x", "context": "y" * (LONGEST + 1)}, "the context"),
        ({"text": "x", "kind": "rumour"}, "unknown kind 'rumour'"),
        ({"text": "x", "origin": "aliens"}, "unknown origin 'aliens'"),
        ({"text": "x", "importance": 11}, "importance 11"),
        ({"text": "x", "importance": float("nan")}, "importance nan"),
        ({"text": "x", "created": float("inf")}, "created inf"),
        ({"text": "x", "meta": {"a": object()}}, "plain JSON"),
        ({"text": "half \ud83d"}, "half a character"),
    ],
)
def test_what_cannot_be_kept_is_one_clear_error(fields: dict, part: str) -> None:
    with pytest.raises(SetupError, match=part):
        checked(Note(**fields))


def test_the_longest_note_is_kept() -> None:
    assert checked(Note(text="x" * LONGEST)).text == "x" * LONGEST


def test_search_sees_the_context_and_the_text_is_given_out_alone() -> None:
    note = Note(text="Yes, on Tuesday.", context="Do we meet?")
    assert (note.indexed, note.text) == ("Do we meet?\nYes, on Tuesday.", "Yes, on Tuesday.")


def test_a_record_holds_from_its_beginning_and_until_before_its_end() -> None:
    record = Record(text="x", id="1", row=1, created=5.0, valid_from=10.0, valid_to=20.0)
    assert [record.valid_at(t) for t in (9.9, 10.0, 19.9, 20.0)] == [False, True, True, False]


def test_an_unjudged_record_counts_as_three() -> None:
    assert Record(text="x", id="1", row=1).weight == 3.0


def test_what_was_recalled_is_a_sequence_of_hits() -> None:
    hits = tuple(Hit(record=Record(text=t, id=t, row=1), score=1.0) for t in "abc")
    found = Recalled(hits=hits)
    assert (len(found), found[0].text, [h.text for h in found[1:]]) == (3, "a", ["b", "c"])
    assert found.texts == ["a", "b", "c"]
