"""Every loop, cut off at any outcome, goes on to the end that it would have had, and replays.

What a model writes is drawn from what it is shown, so that it is the same in another process.
"""

import json
import random
import sqlite3
from dataclasses import replace
from functools import partial

import pytest

from cogitate import Agent, Limits, ScriptedModel, shipped_tools, tool
from cogitate.agents import RolePlay
from cogitate.agents.loops import LOOPS
from cogitate.agents.running import Going, result_of
from cogitate.runs.events import RunEnded
from cogitate.runs.record import JOURNAL
from cogitate.runs.rows import digest_of
from cogitate.runs.sameness import Sameness
from cogitate.runs.store import RunStore
from tests.agents.test_every_loop import fuzz

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


def written(run):
    store = RunStore()
    same = Sameness((), store.workspace(run))
    return [same.form(event) for event in store.events(run)]


def cut_off(run, keep):
    """Leave of a run what was on the disk when it had `keep` outcomes."""
    folder = RunStore().root / run
    base = sqlite3.connect(folder / JOURNAL, isolation_level=None)
    base.execute("delete from rows where seq > ?", (keep,))
    base.close()
    lines = (folder / "events.jsonl").read_text().splitlines(keepends=True)
    seen, kept = 0, []
    for line in lines:  # about as many events as there were then
        kept.append(line)
        seen += json.loads(line)["kind"] in ("ModelCalled", "Observed")
        if seen >= keep // 2:
            break
    (folder / "events.jsonl").write_text("".join(kept))


class Played:
    """A role-play in the shape of an agent."""

    def __init__(self):
        self.model = Drawn(replies=(), asked=[0])
        self._play = RolePlay(
            assistant="Programmer",
            user="Clerk",
            task="Count what is in stock",
            model=self.model,
            tools=[*shipped_tools(["calculate"]), stock],
            max_turns=4,
            offline=True,
        )

    def stream(self, goal, run_id):
        return self._play.stream(run_id=run_id)

    def going(self, going):
        return self._play.stream(going=going)


MADE = {**{name: partial(agent, name) for name in LOOPS}, "roleplay": Played}


@pytest.mark.parametrize("number, name", [*enumerate(MADE)], ids=[*MADE])
async def test_whatever_runs_goes_on_replays_and_forks(number, name):
    goal, make = GOALS[number % len(GOALS)], MADE[name]
    made = make()
    EFFECTS.clear()
    whole = await result_of(made.stream(goal, run_id="whole"))
    effects, events, asked = list(EFFECTS), written("whole"), made.model.asked[0]

    replayed = await result_of(make().going(Going(run="whole", mode="replay")))
    assert replace(replayed, seconds=0) == replace(whole, seconds=0)
    assert effects == EFFECTS  # nothing was done again

    rows = sqlite3.connect(RunStore().root / "whole" / JOURNAL).execute("select count(*) from rows")
    (many,) = rows.fetchone()
    cut_off("whole", 1 + many // 2)
    again = make()
    EFFECTS.clear()
    resumed = await result_of(again.going(Going(run="whole", on_unknown="redo")))
    assert (resumed.answer, resumed.stopped) == (whole.answer, whole.stopped)
    assert resumed.usage == whole.usage
    assert again.model.asked[0] <= asked
    same = {e for e in written("whole") if not e.startswith("Resumed")}
    assert same == set(events) and written("whole")[-1] == events[-1]

    forked = await result_of(again.going(Going(run="whole", mode="fork", at=1, run_id="fork")))
    assert (forked.answer, forked.stopped) == (whole.answer, whole.stopped)
    assert (await result_of(again.going(Going(run="fork", mode="replay")))).answer == whole.answer


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
