import asyncio
import io
import os
import pty

import pytest

from cogitate.cli.asking import Asking, asking_for
from cogitate.cli.view import View
from cogitate.runs.context import RunContext, running


@pytest.fixture
def terminal():
    """Give the two ends of a terminal: what a person types, and what the program reads."""
    person, program = pty.openpty()
    reader = os.fdopen(program, encoding="utf-8")
    yield person, reader
    reader.close()
    os.close(person)


def test_nobody_is_asked_where_there_is_no_terminal() -> None:
    assert asking_for(View(io.StringIO())) is None


async def test_a_reply_is_the_line_that_a_person_writes(terminal) -> None:
    person, reader = terminal
    drawn = io.StringIO()
    asking = Asking(View(drawn), reader)
    os.write(person, "\n  看一看 \n".encode())  # an empty line is no reply
    assert await asking("Run [bold]it[/bold]?\x1b[31m") == "看一看"
    assert drawn.getvalue().count("Run [bold]it[/bold]?") == 2
    assert "\x1b[31m" not in drawn.getvalue()


async def test_waiting_for_a_person_can_be_cancelled(terminal) -> None:
    _, reader = terminal
    asking = Asking(View(io.StringIO()), reader)
    task = asyncio.create_task(asking("Run it?"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_end_of_the_input_ends_the_run() -> None:
    out, into = os.pipe()
    os.close(into)
    with os.fdopen(out) as reader:
        assert await Asking(View(io.StringIO()), reader)("Run it?") == "q"


async def test_ctrl_c_takes_back_what_was_authorised_and_then_ends_the_run(terminal) -> None:
    person, reader = terminal
    asking = Asking(View(io.StringIO()), reader)
    assert not asking.interrupt()  # nothing was authorised: the run is to end
    os.write(person, b"y 5\n")
    await asking("Run it?")
    assert asking.interrupt() and not asking.interrupt()
    assert asking.taken_back() and not asking.taken_back()
    os.write(person, b"y\n")
    await asking("Run it?")
    assert not asking.interrupt() and not asking.taken_back()


async def test_the_loop_knows_who_can_take_back() -> None:
    from pathlib import Path

    from cogitate.planners.loops.autogpt.asking import left_over

    asking = Asking(View(io.StringIO()), io.StringIO())
    with running(RunContext(run_id="r", workspace=Path("."), ask=asking)):
        assert left_over(4) == 4
        asking._free = True
        asking.interrupt()
        assert left_over(4) == 0
        assert left_over(4) == 4
