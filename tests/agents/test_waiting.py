"""A question about a tool may be answered another day: the run waits on disk and goes on."""

import pytest

from cogitate import Agent, ScriptedModel, direct, tool
from cogitate.llm.scripted import call
from cogitate.runs.approval import Decision, Policy

PAID: list[int] = []


@pytest.fixture(autouse=True)
def _nothing_paid():
    PAID.clear()


@tool(effect="once", permission="ask")
def pay(amount: int) -> str:
    """Pay an amount."""
    PAID.append(amount)
    return f"paid {amount}"


def agent():
    replies = [call("pay", amount=30), "It came to 30."]
    return Agent(
        model=ScriptedModel(replies=replies),
        tools=(pay,),
        planner=direct,
        policy=Policy(default="wait"),
    )


async def test_where_nobody_is_there_the_run_waits_and_nothing_is_done():
    made = agent()
    result = await made.arun("Pay 30.")
    assert (result.stopped, PAID) == ("interrupted", [])
    assert "May pay run with" in result.answer


@pytest.mark.parametrize(
    ("decision", "paid"),
    [
        (Decision(do="yes"), [30]),
        (Decision(do="edit", arguments={"amount": 3}), [3]),
        (Decision(do="no", why="too dear"), []),
    ],
    ids=["yes", "edit", "no"],
)
async def test_the_run_goes_on_with_the_answer(decision, paid):
    waiting = await agent().arun("Pay 30.")
    result = await agent().aresume(waiting.run_id, decision=str(decision))
    assert paid == PAID
    assert result.run_id == waiting.run_id
    assert result.stopped in ("answered", "no_evidence")


async def test_an_answer_that_stops_ends_the_run_as_denied():
    waiting = await agent().arun("Pay 30.")
    result = await agent().aresume(waiting.run_id, decision="stop: enough")
    assert (result.stopped, PAID) == ("denied", [])


async def test_a_run_that_is_over_is_not_paid_for_again():
    waiting = await agent().arun("Pay 30.")
    await agent().aresume(waiting.run_id, decision="yes")
    assert PAID == [30]
