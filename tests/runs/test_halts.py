"""A run that was stopped from outside is stopped at the same place when it happens again."""

import asyncio
from dataclasses import replace

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from cogitate import Agent, Limits, ScriptedModel, tool
from cogitate.agents.running import Going, result_of
from cogitate.errors import CogitateError
from cogitate.llm.scripted import call
from cogitate.planners import hand_on

HEIGHTS = {"oak": 15, "elm": 9}


@tool(effect="read")
def height(tree: str) -> str:
    """Return how high a tree is.

    Args:
        tree: its name.
    """
    return f"the {tree} is {HEIGHTS[tree]} m high"


class Silent(ScriptedModel):
    """A model that does not answer its last question."""

    silent: asyncio.Event
    """Set when that is asked."""

    async def _agenerate(self, messages, stop=None, run_manager=None, **options):
        if len(self._seen) == len(self.replies):
            self.silent.set()
            await asyncio.Event().wait()
        return await super()._agenerate(messages, stop, run_manager, **options)


ASKED = (call("height", tree="oak"), call("height", tree="elm"))
ANSWER = "The oak is 15 m high and the elm 9 m."


def agent(model, *, seconds=60.0, **parts):
    limits = Limits(steps=9, seconds=seconds)
    given = {"tools": (height,), "loop": "act", "offline": True, **parts}
    return Agent(model=model, limits=limits, **given)


async def replayed(run):
    made = agent(ScriptedModel(replies=()))
    return await result_of(made.going(Going(run=run, mode="replay")))


def same(one, other):
    return replace(one, seconds=0) == replace(other, seconds=0)


@pytest.mark.parametrize("calls", [0, 1, 2])
async def test_a_person_s_stop_during_a_call_is_replayed_where_it_was(calls):
    silent = asyncio.Event()
    model = Silent(replies=ASKED[:calls], silent=silent)
    ended = await result_of(agent(model).stream("How high?", run_id="r", stop=silent))
    assert (ended.stopped, ended.steps) == ("interrupted", calls + 1)
    assert same(await replayed("r"), ended)
    done = await agent(ScriptedModel(replies=[*ASKED, ANSWER])).aresume("r")
    assert (done.answer, done.steps) == (ANSWER, 3)
    assert same(await replayed("r"), done)


@pytest.mark.parametrize("calls", [0, 1, 2])
async def test_the_end_of_the_time_is_replayed_where_it_was(calls):
    model = Silent(replies=ASKED[:calls], silent=asyncio.Event())
    ended = await result_of(agent(model, seconds=0.3).stream("How high?", run_id="r"))
    assert (ended.stopped, ended.steps) == ("time", calls + 1)
    assert same(await replayed("r"), ended)
    made = agent(ScriptedModel(replies=[*ASKED, ANSWER]), seconds=0.3)
    done = await made.aresume("r", limits=Limits(steps=9, seconds=60.0))
    assert (done.answer, done.steps) == (ANSWER, 3)


class Asks(ScriptedModel):
    """A model for two tasks side by side: it asks for a height, and then says it or is silent."""

    silent: str = ""

    async def _agenerate(self, messages, stop=None, run_manager=None, **options):
        shown = str(messages)
        tree = "oak" if "oak" in shown else "elm"
        if not any(message.type == "tool" for message in messages):
            return self._result(messages, call("height", tree=tree))
        if tree == self.silent:
            await asyncio.Event().wait()
        return self._result(messages, AIMessage(f"{tree}: {HEIGHTS[tree]} m"))

    def _result(self, messages, message):
        return ChatResult(generations=[ChatGeneration(message=self._counted(messages, message))])


async def both(turn):
    """Hand two tasks on, and put their answers together."""
    if "they" not in turn.task.goal:
        return await turn.model.ainvoke([HumanMessage(turn.task.goal), *turn.messages])
    if not turn.results:
        return hand_on("How high is the oak?", "How high is the elm?", tasks=["one", "two"])
    return " and ".join(result.text for result in turn.good)


@pytest.mark.parametrize("tree", HEIGHTS)
async def test_the_time_of_a_task_that_was_handed_on_is_replayed_and_gone_on_from(tree):
    def made(seconds=60.0, silent=""):
        return agent(Asks(replies=(), silent=silent), seconds=seconds, executor=both)

    whole = await result_of(made().stream("How high are they?"))
    assert whole.answer == "oak: 15 m and elm: 9 m"
    ended = await result_of(made(0.5, tree).stream("How high are they?", run_id="r"))
    assert ended.stopped == "time"
    assert same(await result_of(made(0.5).going(Going(run="r", mode="replay"))), ended)
    done = await made(0.5).aresume("r", limits=Limits(steps=9, seconds=60.0))
    assert (done.answer, done.stopped) == (whole.answer, "answered")
    assert same(await result_of(made(0.5).going(Going(run="r", mode="replay"))), done)


async def test_a_replay_that_a_person_stops_is_over_and_no_mismatch():
    await result_of(agent(ScriptedModel(replies=[ASKED[0], ANSWER])).stream("How?", run_id="r"))
    stop = asyncio.Event()
    stop.set()
    made = agent(ScriptedModel(replies=()))
    with pytest.raises(CogitateError, match="the replay was interrupted"):
        await result_of(made.going(Going(run="r", mode="replay"), stop=stop))
