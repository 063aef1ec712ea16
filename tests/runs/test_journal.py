"""The journal by itself: order, damage, other people's files, and how much it grows."""

import asyncio
import sqlite3

import pytest

from cogitate.errors import ReplayMismatch, SetupError
from cogitate.runs.journal import Journal
from cogitate.runs.marks import END, RESUMED, RUN, STOP, up_to
from cogitate.runs.prompts import Prompts
from cogitate.runs.record import goes_on_from
from cogitate.runs.rows import VERSION, Row, as_plain
from cogitate.runs.rows_sqlite import SqliteRows

LONG = "a long text that stands once, whatever refers to it. " * 20


def journal(tmp_path, **options):
    path = tmp_path / "journal.db"
    rows = SqliteRows(path, new=not path.exists())
    made = Journal(rows, turn=lambda: 0, **options)
    made.begin()
    return made


def filled(tmp_path, *answers):
    made = journal(tmp_path)
    for asked, answer in answers:
        made.record("model", asked, {"answer": answer})
    made.close()


async def test_an_outcome_is_given_back_once_and_then_it_happens_live(tmp_path):
    filled(tmp_path, ("a", 1), ("a", 2))
    made = journal(tmp_path)
    assert (await made.take("model", "a")).data == {"answer": 1}
    assert (await made.take("model", "a")).data == {"answer": 2}
    assert await made.take("model", "a") is None
    assert made.live


async def test_calls_side_by_side_get_their_outcomes_in_the_order_in_which_these_came(tmp_path):
    filled(tmp_path, ("slow", 1), ("fast", 2))
    made, seen = journal(tmp_path), []

    async def one(asked):
        await made.take("model", asked)
        seen.append(asked)

    await asyncio.gather(one("fast"), one("slow"))
    assert seen == ["slow", "fast"]


async def test_an_outcome_that_is_never_asked_for_again_holds_up_nothing(tmp_path):
    filled(tmp_path, ("cancelled", 1), ("next", 2))
    made = journal(tmp_path)
    assert (await made.take("model", "next")).data == {"answer": 2}
    assert made.live


async def test_a_replay_that_asks_for_more_is_told_of_and_gets_nothing(tmp_path):
    filled(tmp_path, ("a", 1))
    made, told = journal(tmp_path, mode="replay"), []
    made.lost = lambda kind, asked: told.append((kind, asked))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(made.take("model", "b"), 0.05)
    assert told == [("model", "b")]
    with pytest.raises(ReplayMismatch):
        made.take_now("model", "b")


def test_a_long_text_is_stored_once(tmp_path):
    filled(tmp_path, *[(number, LONG) for number in range(50)])
    base = sqlite3.connect(tmp_path / "journal.db")
    assert base.execute("select count(*) from texts").fetchone() == (1,)
    made = journal(tmp_path)
    assert {row.data["answer"] for row in made.listed} == {LONG}


@pytest.mark.parametrize(
    "value",
    [{"~": "x"}, {"~~": {"~": 1}}, "\ud83d\ude00" * 100, "\ud83d", "\0" * 200, [None, 1.5, LONG]],
    ids=["mark", "marks", "pairs", "half", "zeros", "list"],
)
def test_whatever_data_is_recorded_is_read_back_as_it_was(tmp_path, value):
    value = as_plain(value)
    filled(tmp_path, ("a", value))
    assert journal(tmp_path).listed[0].data["answer"] == value


def test_a_damaged_last_row_is_left_out(tmp_path):
    filled(tmp_path, ("a", 1), ("b", 2))
    base = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
    base.execute("update rows set data = replace(data, '2', '3') where seq = 2")
    base.close()
    assert [row.data["answer"] for row in journal(tmp_path).listed] == [1]
    filled(tmp_path, ("b", 4))
    assert [row.data["answer"] for row in journal(tmp_path).listed] == [1, 4]


def test_damage_in_the_middle_is_refused(tmp_path):
    filled(tmp_path, ("a", 1), ("b", 2), ("c", 3))
    base = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
    base.execute("update rows set turn = 9 where seq = 2")
    base.close()
    with pytest.raises(SetupError, match=r"damaged .row 2 was changed"):
        journal(tmp_path)


def test_rows_behind_a_missing_one_are_left_out(tmp_path):
    filled(tmp_path, ("a", 1), ("b", 2), ("c", 3))
    base = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
    base.execute("delete from rows where seq = 2")
    base.close()
    assert [row.data["answer"] for row in journal(tmp_path).listed] == [1]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (f"pragma user_version={VERSION + 1}", "newer cogitate"),
        ("pragma application_id=7", "not a journal of cogitate"),
    ],
)
def test_a_foreign_or_newer_file_is_refused(tmp_path, change, says):
    filled(tmp_path, ("a", 1))
    base = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
    base.execute(change)
    base.close()
    with pytest.raises(SetupError, match=says):
        journal(tmp_path)


@pytest.mark.parametrize("content", [b"hello" * 999, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_file_that_is_no_database_is_refused(tmp_path, content):
    (tmp_path / "journal.db").write_bytes(content)
    with pytest.raises(SetupError, match="damaged"):
        journal(tmp_path)


def row(seq, kind="model", turn=1, **data):
    return Row(seq=seq, kind=kind, key="", data=data, turn=turn)


def test_a_fork_takes_the_rows_of_its_turns_without_the_last_words_of_a_stop():
    rows = [row(1), row(2), row(3, STOP), row(4), row(5, turn=2)]
    assert [r.seq for r in up_to(rows, 1)] == [1, 2]
    rows = [row(1), row(2, STOP), row(3), row(4, RESUMED, **{"from": 2}), row(5), row(6, turn=2)]
    assert [r.seq for r in up_to(rows, 1)] == [1, 2, 3, 4, 5]


# ------------------------------------------------------------------------------- damaged events


@pytest.mark.parametrize(("stopped", "goes_on"), [("answered", 3), ("interrupted", 2)])
def test_a_run_whose_last_event_is_lost_goes_on_by_its_journal(stopped: str, goes_on: int) -> None:
    rows = [
        Row(seq=1, kind=RUN, key=""),
        Row(seq=2, kind=END, key="", data={"stopped": stopped}),
    ]
    assert goes_on_from(rows, more=False, ended=False) == goes_on


@pytest.mark.parametrize(
    "line",
    [
        '{"kind": "ModelCalled", "at": 2.0, "prompt_after": [1.0, 5]}',
        '{"kind": "ModelCalled", "at": 2.0, "prompt_after": 7, "prompt": "x"}',
        '{"kind": "ModelCalled", "at": 2.0, "prom',
    ],
)
def test_a_damaged_line_of_events_is_left_as_it_is(line: str) -> None:
    assert Prompts().read(line) == line
