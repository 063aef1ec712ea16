"""The front door: what a run gives, what it leaves behind, and how it says what is wrong."""

import asyncio
import itertools
import json
import threading
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from langchain_core.messages import AIMessage, ToolMessage

from cogitate import (
    Agent,
    ScriptedModel,
    SetupError,
    ToolFailure,
    UnavailableError,
    Usage,
    direct,
    shipped_tools,
    tool,
)
from cogitate.llm.scripted import call
from cogitate.runs.events import Judged, ModelCalled, Observed, RunEnded, RunStarted, ToolCalled
from cogitate.runs.store import RunStore
from cogitate.values import Task


@tool(effect="read")
def stock(item: str) -> str:
    """Return how many pieces of an item there are.

    Args:
        item: the item's name.
    """
    if item == "ghost":
        raise ToolFailure("no item is called 'ghost'; try 'bolts'")
    return f"{item}: 4180 pieces"


@tool(effect="read")
async def price(item: str) -> str:
    """Return the price of an item.

    Args:
        item: the item's name.
    """
    await asyncio.sleep(0)
    return f"{item}: 7.35 euros"


@tool
def broken(item: str) -> str:
    """Fail with a plain exception.

    Args:
        item: anything.
    """
    raise RuntimeError("the shelf fell over")


def agent(*replies, tools=(stock, price), **parts):
    parts.setdefault("planner", direct)
    return Agent(model=ScriptedModel(replies=replies), tools=tools, **parts)


async def events_of(made, goal="How many bolts are there?", **options):
    return [event async for event in made.stream(goal, **options)]


def last_text(model):
    return model.calls[-1][-1].text


# ------------------------------------------------------------------------------------- answers


async def test_an_answer_needs_no_tool():
    made = agent("Hello to you.")
    result = await made.arun("Say hello.")
    assert (result.answer, result.stopped, result.steps) == ("Hello to you.", "answered", 1)
    assert result.ok
    made.model.assert_finished()


async def test_a_tools_result_reaches_the_model():
    made = agent(call("stock", item="bolts"), "There are 4180 bolts.")
    result = await made.arun("How many bolts are there?")
    assert result.stopped == "answered"
    assert result.answer == "There are 4180 bolts."
    results = [m for m in made.model.calls[-1] if isinstance(m, ToolMessage)]
    assert [m.text for m in results] == ["bolts: 4180 pieces"]
    assert made.model.seen[0].tools == ("stock", "price")


async def test_sync_and_async_tools_of_a_person_both_run():
    made = agent(
        call("stock", item="bolts"), call("price", item="bolts"), "4180 bolts at 7.35 euros."
    )
    result = await made.arun("How many bolts are there, and what do they cost?")
    assert (result.ok, result.steps) == (True, 3)
    shown = [m.text for m in made.model.calls[-1] if isinstance(m, ToolMessage)]
    assert shown == ["bolts: 4180 pieces", "bolts: 7.35 euros"]


async def test_several_calls_of_one_turn_all_run():
    both = AIMessage(
        "",
        tool_calls=[
            {"name": "stock", "args": {"item": "bolts"}, "id": "a"},
            {"name": "price", "args": {"item": "bolts"}, "id": "b"},
        ],
    )
    made = agent(both, "4180 bolts at 7.35 euros.")
    result = await made.arun("How many bolts are there, and what do they cost?")
    assert result.ok
    ids = [m.tool_call_id for m in made.model.calls[-1] if isinstance(m, ToolMessage)]
    assert ids == ["a", "b"]


@pytest.mark.parametrize(
    ("move", "words"),
    [
        (call("stock", item="ghost"), "no item is called 'ghost'"),
        (call("broken", item="x"), "the shelf fell over"),
        (call("stok", item="bolts"), "stock"),
        (call("stock", thing="bolts"), "item"),
    ],
    ids=["tool failure", "exception", "unknown tool", "bad arguments"],
)
async def test_what_goes_wrong_with_a_tool_is_text_for_the_model(move, words):
    made = agent(move, call("stock", item="bolts"), "4180 pieces.", tools=(stock, broken))
    result = await made.arun("How many bolts are there?")
    assert result.answer == "4180 pieces."
    first = next(m for m in made.model.calls[1] if isinstance(m, ToolMessage))
    assert first.status == "error"
    assert words in first.text


async def test_an_answer_whose_number_no_tool_gave_is_turned_down():
    made = agent(call("stock", item="bolts"), "There are 9977 bolts.")
    result = await made.arun("How many bolts are there?")
    assert result.stopped == "no_evidence"
    assert not result.ok
    assert "9977" in result.answer and "I found nothing" in result.answer


async def test_an_answer_after_failed_tools_only_is_turned_down():
    made = agent(call("stock", item="ghost"), "There are plenty.")
    assert (await made.arun("How many ghosts are there?")).stopped == "no_evidence"


async def test_what_the_python_tool_wrote_is_in_the_result():
    code = "open('table.csv', 'w').write('a,b\\n1,2\\n')\nprint('written', 6 * 7)"
    made = agent(call("python", code=code), "It is written.", tools=shipped_tools())
    events = await events_of(made, "Write a table.")
    seen = next(e for e in events if isinstance(e, Observed))
    if "confine" in seen.text and not seen.ok:
        pytest.skip("this machine's kernel cannot confine")
    result = events[-1].result
    assert result.ok
    [path] = result.artefacts
    assert path.endswith("table.csv")
    assert Path(path).read_text("utf-8") == "a,b\n1,2\n"  # noqa: ASYNC240 - the run is over


# -------------------------------------------------------------------------------------- events


async def test_events_begin_and_end_and_pair():
    made = agent(call("stock", item="bolts"), call("price", item="bolts"), "4180 at 7.35 euros.")
    events = await events_of(made)
    assert isinstance(events[0], RunStarted)
    assert isinstance(events[-1], RunEnded)
    assert [type(e) for e in events].count(RunEnded) == 1
    called = [e.call_id for e in events if isinstance(e, ToolCalled)]
    observed = [e.call_id for e in events if isinstance(e, Observed)]
    assert called == observed
    assert len(set(called)) == 2
    assert [e.accepted for e in events if isinstance(e, Judged)] == [True]
    assert all(a.at <= b.at for a, b in itertools.pairwise(events))


async def test_the_usage_of_the_model_calls_adds_up():
    events = await events_of(agent(call("stock", item="bolts"), "4180."))
    spent = sum((e.usage for e in events if isinstance(e, ModelCalled)), Usage())
    assert spent == events[-1].result.usage
    assert spent.calls == 2
    assert spent.read > 0 and spent.written > 0


async def test_the_runs_folder_holds_the_streamed_events():
    events = await events_of(agent(call("stock", item="bolts"), "4180."), run_id="my-run")
    assert events[-1].result.run_id == "my-run"
    assert list(RunStore().events("my-run")) == events
    lines = RunStore().root.joinpath("my-run", "events.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["kind"] for line in lines] == [event.kind for event in events]


async def test_the_first_event_says_what_the_run_has(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    started = (await events_of(agent("Hello.", folder=folder, sandbox="none")))[0]
    assert started.tools == ("stock", "price")
    assert started.folder == str(folder)
    assert "NOT confined" in started.sandbox


# -------------------------------------------------------------------------- what is set up wrong


@pytest.mark.parametrize("goal", ["", "   \n"])
async def test_an_empty_goal_is_a_setup_error(goal):
    with pytest.raises(SetupError, match="the goal is empty"):
        await agent("Hello.").arun(goal)
    assert RunStore().ids() == []


def test_a_missing_folder_is_a_setup_error(tmp_path):
    with pytest.raises(SetupError, match="nowhere"):
        agent(folder=tmp_path / "nowhere")


def test_two_tools_of_one_name_are_a_setup_error():
    with pytest.raises(SetupError, match="'stock'"):
        agent(tools=(stock, price, stock))


async def test_a_model_that_is_not_there_is_said_and_the_run_is_closed():
    made = agent(UnavailableError("no server at http://127.0.0.1:1"))
    seen = []
    with pytest.raises(UnavailableError, match="no server"):
        async for event in made.stream("How many bolts are there?"):
            seen.append(event)
    assert isinstance(seen[-1], RunEnded)
    assert seen[-1].result.stopped == "model_error"


@pytest.mark.parametrize(
    "error",
    [UnavailableError("the server went away"), httpx.ReadError("the connection broke")],
    ids=["unavailable", "connection"],
)
async def test_a_model_that_goes_away_later_ends_the_run_in_order(error):
    made = agent(call("stock", item="bolts"), error)
    result = await made.arun("How many bolts are there?")
    assert result.stopped == "model_error"
    assert "4180" in result.answer and "Not finished" in result.answer


# ----------------------------------------------------------------------------- agents as values


async def test_two_runs_of_one_agent_share_no_state():
    made = agent(call("stock", item="bolts"), "4180.", call("stock", item="bolts"), "4180 again.")
    first = await made.arun("How many bolts are there?")
    second = await made.arun("How many bolts are left?")
    assert (first.answer, second.answer) == ("4180.", "4180 again.")
    assert first.run_id != second.run_id
    assert first.usage.calls == second.usage.calls == 2
    # The same call in the second run is no repeat.
    assert [m.text for m in made.model.calls[-1] if isinstance(m, ToolMessage)] == [
        "bolts: 4180 pieces"
    ]


async def test_runs_at_the_same_time_do_not_mix():
    class Echo(ScriptedModel):
        def _next(self, messages, options):
            goal = next(m for m in messages if m.type == "human")
            return AIMessage(f"answer to {goal.text}")

    made = Agent(model=Echo(replies=()), planner=direct)
    goals = [f"goal {letter}" for letter in "abcdef"]
    results = await asyncio.gather(*(made.arun(goal) for goal in goals))
    assert [r.answer for r in results] == [f"answer to {goal}" for goal in goals]
    assert len({r.run_id for r in results}) == len(goals)


def test_run_works_without_a_loop_and_inside_a_thread():
    assert agent("Hello.").run("Say hello.").answer == "Hello."
    found = []
    worker = threading.Thread(target=lambda: found.append(agent("Hi.").run("Say hi.").answer))
    worker.start()
    worker.join(20)
    assert found == ["Hi."]


async def test_a_changed_agent_is_another_agent():
    made = agent("one")
    other = replace(made, model=ScriptedModel(replies=["two"]))
    assert (await other.arun("Say it.")).answer == "two"
    assert (await made.arun("Say it.")).answer == "one"


async def test_an_agent_is_a_tool_of_another_agent():
    inner = agent(call("stock", item="bolts"), "There are 4180 bolts.")
    asker = inner.as_tool("storekeeper", "Knows what is in stock.")
    assert (asker.name, set(asker.args)) == ("storekeeper", {"goal"})
    outer = agent(call("storekeeper", goal="How many bolts?"), "4180 bolts.", tools=(asker,))
    events = await events_of(outer)
    assert events[-1].result.answer == "4180 bolts."
    seen = next(e for e in events if isinstance(e, Observed))
    assert (seen.tool, seen.text) == ("storekeeper", "There are 4180 bolts.")
    # The inner run has a folder of its own; what it cost counts for the outer one as well.
    assert events[-1].result.usage.calls == 4
    inner_id = next(i for i in RunStore().ids() if i != events[-1].result.run_id)
    assert list(RunStore().events(inner_id))[-1].result.usage.calls == 2


async def test_what_was_said_before_reaches_the_model():
    made = agent("As I said: 4180.")
    await made.arun("And again?", history=[("How many bolts are there?", "4180")])
    shown = "\n".join(m.text for m in made.model.calls[0])
    assert "How many bolts are there?" in shown
    assert "4180" in shown


async def test_a_planner_may_be_any_async_function():
    asked = []

    async def plan(task: Task):
        asked.append(task)
        return [{"way": "react", "goal": f"Carefully: {task.goal}"}]

    made = agent("Done.", planner=plan)
    assert (await made.arun("Do it.")).answer == "Done."
    assert "Carefully: Do it." in last_text(made.model)
    assert asked[0].tools == ("stock", "price")


async def test_leaving_the_stream_ends_the_run():
    waiting = asyncio.Event()
    ended = asyncio.Event()

    @tool
    async def wait() -> str:
        """Wait for ever."""
        waiting.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return "never"

    stream = agent(call("wait"), tools=(wait,)).stream("Wait.")
    async for event in stream:
        if isinstance(event, ToolCalled):
            await asyncio.wait_for(waiting.wait(), 10)
            break
    await stream.aclose()
    await asyncio.wait_for(ended.wait(), 10)
