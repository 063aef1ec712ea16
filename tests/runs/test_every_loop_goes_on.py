"""Whatever runs - every loop, role-play, the town - is killed, goes on, is replayed and forked.

What a model writes is drawn from what it is shown, so that it is the same in another process.
"""

import json
import os
import random
import shutil
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from cogitate import Agent, Limits, ScriptedModel, shipped_tools, tool
from cogitate.agents import RolePlay
from cogitate.agents.loops import LOOPS
from cogitate.agents.running import Going, result_of
from cogitate.agents.town import Town
from cogitate.home import home
from cogitate.runs.events import Resumed, RunEnded
from cogitate.runs.rows import digest_of
from cogitate.runs.sameness import Sameness
from cogitate.runs.store import RunStore
from tests.agents.test_every_loop import fuzz
from tests.agents.town.conftest import Brain

MILLBROOK = Path(__file__).parents[2] / "examples" / "towns" / "millbrook.toml"
GOALS = (
    "A box holds 14 jars of 36 pickles and 5 jars break. How many pickles are left?",
    "查一下仓库里有多少把椅子，然后乘以3。",
)
EFFECTS: list[str] = []


@tool(effect="once")
def stock(thing: str) -> str:
    """Return how many of a thing are in stock, and note that somebody asked.

    Args:
        thing: what is counted.
    """
    EFFECTS.append(thing)
    return f"there are {len(thing) + 40} of {thing}"


class Drawn(ScriptedModel):
    """A model whose answer is a function of what it is shown."""

    asked: list[int]

    def _next(self, messages, options):
        self.asked[0] += 1
        shown = [
            [m.type, m.content, [c["args"] for c in getattr(m, "tool_calls", [])]] for m in messages
        ]
        draw = random.Random(digest_of(json.dumps(shown, default=str)))
        return self._counted(messages, fuzz(draw, options.get("schema")))

    def pass_over(self, messages, options):
        """Note nothing: there is no script."""


def agent(loop, **limits):
    given = {"steps": 10, "tool_calls": 12, "seconds": 60.0, "tokens": 30_000, **limits}
    tools = [*shipped_tools(["calculate"]), stock]
    model = Drawn(replies=(), asked=[0])
    return Agent(model=model, tools=tools, loop=loop, limits=Limits(**given), offline=True)


class Pursued:
    """A goal that is pursued by a loop."""

    def __init__(self, loop):
        self.made = agent(loop)
        self.model = self.made.model
        self.goal = GOALS[list(LOOPS).index(loop) % len(GOALS)]

    def begin(self):
        return self.made.stream(self.goal, run_id="whole")

    def resume(self):
        return self.made.going(Going(run="whole", on_unknown="redo"))

    async def check_replay(self, result, run="whole"):
        again = await result_of(self.made.going(Going(run=run, mode="replay")))
        assert replace(again, seconds=0) == replace(result, seconds=0)

    async def fork(self):
        going = Going(run="whole", mode="fork", at=1, run_id="fork")
        forked = await result_of(self.made.going(going))
        await self.check_replay(forked, "fork")
        return forked

    def record(self, run="whole"):
        store = RunStore()
        form = Sameness((), store.workspace(run)).form
        return [form(event) for event in store.events(run) if not isinstance(event, Resumed)]


class Played(Pursued):
    """A role-play."""

    def __init__(self):
        self.model, self.goal = Drawn(replies=(), asked=[0]), ""
        play = RolePlay(
            assistant="Programmer",
            user="Clerk",
            task="Count what is in stock",
            model=self.model,
            tools=[*shipped_tools(["calculate"]), stock],
            max_turns=4,
            offline=True,
        )
        self.made = SimpleNamespace(
            stream=lambda goal, run_id: play.stream(run_id=run_id),
            going=lambda going: play.stream(going=going),
        )


class Lived:
    """A morning of a town, which is kept in a folder of its own."""

    until = (1, "08:30")

    def __init__(self):
        self.model, folder = Brain(), home() / "town"
        if not folder.exists():
            Town.load(MILLBROOK, folder=folder, model=self.model, embeddings="hashed")
        self.town = Town.open(folder, model=self.model)

    def begin(self):
        return self.town.stream(*self.until)

    def resume(self):
        return self.town.stream(*self.until, going=Going())

    async def check_replay(self, result):
        found = await self.town.replay()
        assert found.identical and found.lines == len(self.record())

    async def fork(self):
        fork = self.town.fork(home() / "fork", at="07:00")
        result = await result_of(fork.stream(*self.until))
        assert fork.kept.log.read_bytes() == self.town.kept.log.read_bytes()
        assert (await fork.replay()).identical
        return replace(
            result, answer=result.answer.replace(str(fork.folder), str(self.town.folder))
        )

    def record(self):
        return self.town.kept.log.read_text().splitlines()


THINGS = {**{name: partial(Pursued, name) for name in LOOPS}, "roleplay": Played, "town": Lived}


def left_at(place):
    """Keep what a run has on the disk now, as a process that is killed now would leave it."""
    while (files := stated(home())) != stated(place):  # a thread may be writing
        shutil.rmtree(place, ignore_errors=True)
        with suppress(shutil.Error):
            shutil.copytree(home(), place)
        if files != stated(home()):
            shutil.rmtree(place, ignore_errors=True)
    return list(EFFECTS)


def stated(folder):
    """Return each file below a folder with its size and when it was written."""
    found = {}
    for inside, _, names in os.walk(folder):  # a folder that is gone meanwhile is passed over
        for path in (Path(inside, name) for name in names):
            with suppress(FileNotFoundError):
                found[path.relative_to(folder)] = (path.stat().st_size, path.stat().st_mtime_ns)
    return found


@pytest.mark.parametrize("name", THINGS)
async def test_whatever_runs_goes_on_replays_and_forks(name, tmp_path):
    """Killed, resumed, replayed and forked, everything that runs comes to the same end.

    The kill is what it leaves: all files as they are at a drawn event, and new objects over them.
    Processes are killed by SIGKILL in `bench.faults`, of which `test_goes_on.py` runs a part.
    """
    thing, place = THINGS[name](), tmp_path / "killed"
    drawn, done = random.Random(name).randint(2, 12), []
    EFFECTS.clear()
    events = []
    async for event in thing.begin():
        events.append(event)
        if len(events) <= drawn and not isinstance(event, RunEnded):
            done = left_at(place)
    whole, record, effects = events[-1].result, thing.record(), list(EFFECTS)
    asked = len(thing.model.seen)

    await THINGS[name]().check_replay(whole)
    assert effects == EFFECTS  # nothing was done again

    shutil.rmtree(home())
    place.rename(home())
    again = THINGS[name]()
    EFFECTS[:] = done
    resumed = await result_of(again.resume())
    assert (resumed.answer, resumed.stopped) == (whole.answer, whole.stopped)
    assert resumed.usage == whole.usage
    assert len(again.model.seen) <= asked
    assert len(EFFECTS) - len(effects) in (0, 1)  # one may have been cut off, and is made again
    assert set(again.record()) == set(record) and again.record()[-1] == record[-1]
    await again.check_replay(resumed)

    forked = await again.fork()
    assert (forked.answer, forked.stopped) == (whole.answer, whole.stopped)


@pytest.mark.parametrize("loop", LOOPS)
async def test_a_loop_that_a_limit_stopped_goes_on_with_more(loop):
    made = agent(loop, steps=1)
    ended = await result_of(made.stream(GOALS[0], run_id="r"))
    if ended.stopped != "steps":
        return  # it was over before
    more = await result_of(made.going(Going(run="r", limits=agent(loop, steps=8).limits)))
    assert more.steps > ended.steps or more.stopped != "steps"
    last = list(RunStore().events("r"))[-1]
    assert isinstance(last, RunEnded) and last.result.answer == more.answer
    assert (await result_of(made.going(Going(run="r", mode="replay")))).answer == more.answer
