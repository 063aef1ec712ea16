"""A session is resumed after a kill, replayed, and forked."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from roleplay_parts import DONE, do, pair, solved

from cogitate import RolePlay
from cogitate.agents.roleplay import Play
from cogitate.agents.running import Going
from cogitate.home import home

APPLES, RED = solved("apple, pear, plum"), solved("red, green, blue")

WAITS = """
import asyncio, sys
from pathlib import Path
from cogitate import RolePlay, ScriptedModel

async def ask(question):
    asked.append(question)
    if len(asked) == 1:
        return "List three fruits."
    Path(sys.argv[1]).touch()
    await asyncio.Event().wait()

asked = []
model = ScriptedModel(replies=[{"status": "solution", "solution": "apple, pear, plum"}])
play = RolePlay(assistant="Writer", user="Editor", task="Name fruits and colours", model=model,
                specify=False, human="user")
asyncio.run(play.arun(ask=ask, run_id="waits"))
"""


class Person:
    """Somebody who replies from a list, and keeps what was asked."""

    def __init__(self, *replies: str) -> None:
        self.replies = list(replies)
        self.asked: list[str] = []

    async def __call__(self, question: str) -> str:
        self.asked.append(question)
        return self.replies.pop(0)


async def gone_on(play: RolePlay, going: Going, person: Person | None = None) -> Play:
    kept: list[Play] = []
    async for _ in play.stream(ask=person, going=going, keep=kept.append):
        pass
    return kept[0]


def killed_while_it_waits(script: Path, mark: Path) -> None:
    """Run a session in a process that is killed when it has asked for the second time."""
    script.write_text(WAITS, "utf-8")
    env = {**os.environ, "COGITATE_HOME": str(home())}
    process = subprocess.Popen([sys.executable, str(script), str(mark)], env=env)
    deadline = time.monotonic() + 60
    while not mark.exists() and time.monotonic() < deadline:
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()


async def test_a_person_s_seat_goes_on_after_the_process_was_killed(tmp_path: Path) -> None:
    killed_while_it_waits(tmp_path / "waits.py", tmp_path / "asked")
    # A script is given whole: what is recorded is passed over.
    play, model = pair(APPLES, RED, "fruits and colours", human="user")
    person = Person("List three colours.", "done")
    found = await gone_on(play, Going(run="waits"), person)
    model.assert_finished()
    assert len(person.asked) == 2
    assert "apple, pear, plum" in person.asked[0]
    assert [m.instruction for m in found.messages if m.seat == "user"] == [
        *("List three fruits.", "List three colours.", "")
    ]
    assert found.solved


async def test_a_replay_says_the_same() -> None:
    script = (do("List fruits."), APPLES, do("List colours."), RED, DONE, "both")
    play, _ = pair(*script)
    first = await play.arun(run_id="first")
    again, _ = pair(*script)
    found = await gone_on(again, Going(run="first", mode="replay"))
    assert found.messages == first.messages
    assert (found.termination, found.summary) == ("done", first.summary)


async def test_a_fork_goes_another_way_from_a_turn_on() -> None:
    play, _ = pair(do("List fruits."), APPLES, do("List colours."), RED, DONE, "both")
    await play.arun(run_id="first")
    towns = (do("List towns."), solved("Rome, Oslo"), DONE, "towns")
    again, other = pair(do("List fruits."), APPLES, *towns)
    found = await gone_on(again, Going(run="first", mode="fork", at=1))
    other.assert_finished()
    assert [m.instruction for m in found.messages if m.seat == "user"] == [
        *("List fruits.", "List towns.", "")
    ]


async def test_a_session_that_ran_out_of_turns_goes_on_with_more() -> None:
    script = (do("List fruits."), APPLES, do("List colours."), RED, DONE, "both")
    play, _ = pair(*script, max_turns=1)
    first = await play.arun(run_id="first")
    assert first.termination == "max_turns"
    again, model = pair(*script, max_turns=1)
    more = replace(again.limits, steps=again.limits.steps + 5)
    found = await gone_on(again, Going(run="first", limits=more))
    model.assert_finished()
    assert (found.termination, found.turns) == ("done", 3)
