"""pal, codeact, critic and reflexion with a real model of 0.5B: each runs from end to end."""

import pytest

from cogitate import Agent, shipped_tools, tool
from cogitate.planners.grounding import numbers_in
from cogitate.planners.loops.pal import Pal
from cogitate.planners.loops.reflexion.loop import Reflexion
from cogitate.runs.events import Noted, Observed

pytestmark = pytest.mark.model


@tool(effect="read")
def weight(parcel: str) -> float:
    """Return the weight of a parcel in kilograms.

    Args:
        parcel: its name.
    """
    return {"A7": 13.5}.get(parcel, 20.25)


async def events_of(agent, goal):
    events = [event async for event in agent.stream(goal)]
    seen = [e for e in events if isinstance(e, Observed)]
    if any("could not be confined" in e.text for e in seen):
        pytest.skip("the kernel of this machine has no Landlock or no seccomp")
    return events, events[-1].result


async def test_pal_with_the_critic_gives_what_a_program_printed(small_model):
    tools = shipped_tools(["python"])
    agent = Agent(model=small_model, tools=tools, executor=Pal(), loop="critic")
    events, result = await events_of(agent, "How much is 347 times 29?")
    assert result.ok and 10063 in [n.value for n in numbers_in(result.answer)]
    assert any(isinstance(e, Noted) and e.text.startswith("critic: ") for e in events)


async def test_codeact_calls_tools_from_a_program_or_ends_in_order(small_model):
    agent = Agent(model=small_model, tools=[weight], loop="codeact")
    events, result = await events_of(agent, "How heavy are the parcels A7 and B2 together?")
    assert result.stopped in ("answered", "no_evidence")
    assert any(isinstance(e, Observed) and e.tool == "run_code" for e in events)
    assert not result.ok or "33.75" in result.answer or "weigh" in result.answer


async def test_reflexion_writes_and_tests_a_function(small_model):
    agent = Agent(model=small_model, tools=shipped_tools(["python"]), executor=Reflexion(trials=2))
    goal = "Write a Python function double(x) that doubles a number. double(4) == 8"
    events, result = await events_of(agent, goal)
    assert result.ok and "def double" in result.answer
    assert any(isinstance(e, Observed) and "tests:" in e.text for e in events)
