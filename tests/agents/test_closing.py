"""Near a limit the model is told to finish; at the limit the run says what it has."""

import pytest
from langchain_core.messages import ToolMessage

from cogitate import Agent, Limits, ModelError, ScriptedModel, direct, tool
from cogitate.agents.stops import reserve_of
from cogitate.llm.scripted import call
from cogitate.planners.base import FINISH_PROMPT
from cogitate.runs.events import ModelCalled, Observed, ToolCalled


@tool(effect="read")
def look(place: str) -> str:
    """Look at a place."""
    return f"{place} holds the number {1000 + sum(map(ord, place))}"


def looks(count):
    return [call("look", place="abcdefghijklmnop"[n]) for n in range(count)]


def agent(*replies, **parts):
    parts.setdefault("planner", direct)
    parts.setdefault("tools", (look,))
    return Agent(model=ScriptedModel(replies=replies), **parts)


def told(messages):
    """Return whether the model was told to finish, and by the last message alone."""
    places = [i for i, m in enumerate(messages) if m.text == FINISH_PROMPT]
    assert places in ([], [len(messages) - 1])
    return bool(places)


async def test_at_four_fifths_of_the_steps_the_model_is_told_to_finish_at_the_end():
    made = agent(*looks(9), "Done.", limits=Limits(steps=10))
    await made.arun("Where is it?")
    assert [told(seen) for seen in made.model.calls] == [False] * 7 + [True] * 2 + [False]


@pytest.mark.parametrize(
    "limits", [{"tokens": 900}, {"model_calls": 10}, {"tool_calls": 10}], ids=str
)
async def test_each_limit_tells_the_model_to_finish(limits):
    made = agent(*looks(14), limits=Limits(steps=40, **limits))
    await made.arun("Where is it?")
    seen = [told(messages) for messages in made.model.calls]
    assert True in seen and not seen[0]


async def test_what_the_model_has_read_stays_as_it_was():
    made = agent(*looks(9), "Done.", limits=Limits(steps=10))
    await made.arun("Where is it?")
    for before, after in zip(made.model.calls, made.model.calls[1:], strict=False):
        kept = [m for m in before if m.text != FINISH_PROMPT]
        assert [m.text for m in after[: len(kept)]] == [m.text for m in kept]


async def test_at_the_limit_one_call_says_what_the_results_show():
    made = agent(*looks(3), "The number of c is 1099.", limits=Limits(steps=3))
    events = [event async for event in made.stream("Which number has c?")]
    result = events[-1].result
    assert (result.stopped, result.ok) == ("steps", False)
    assert result.steps == 3
    last = [e for e in events if isinstance(e, ModelCalled)][-1]
    assert last.purpose == "wrap up"
    assert result.usage.calls == 4


async def test_the_last_words_are_marked_as_not_finished():
    made = agent(*looks(3), "The number of b is 1098.", limits=Limits(steps=3))
    result = await made.arun("Which number has b?")
    assert result.answer == "Not finished. So far: The number of b is 1098."


@pytest.mark.parametrize(
    "said",
    ["The number is 77777.", "Ask Professor Moriarty.", "nothing", "", ModelError("it broke")],
    ids=["number", "name", "nothing", "empty", "failure"],
)
async def test_last_words_that_the_results_do_not_hold_are_left_out(said):
    made = agent(*looks(3), said, limits=Limits(steps=3))
    result = await made.arun("Which number has b?")
    assert result.stopped == "steps"
    assert result.answer.startswith("Not finished. The last result was from look: b holds")


async def test_last_words_that_call_a_tool_call_nothing():
    made = agent(*looks(4), limits=Limits(steps=3))
    events = [event async for event in made.stream("Which number has b?")]
    assert events[-1].result.stopped == "steps"
    assert len([e for e in events if isinstance(e, ToolCalled)]) == 2


async def test_where_nothing_was_found_no_model_is_asked():
    made = agent(*looks(2), limits=Limits(steps=1))
    result = await made.arun("Which number has b?")
    assert (result.stopped, result.usage.calls) == ("steps", 1)
    assert result.answer == "Not finished: nothing was found out yet."


async def test_the_last_call_stays_within_the_limit_of_tokens():
    made = agent(*looks(16), "b is 1098.", limits=Limits(tokens=8_000, steps=400, tool_calls=400))
    big = "x " * 1_500

    @tool(effect="read")
    def read(page: int) -> str:
        """Read a page."""
        return f"page {page} {big}"

    replies = [*[call("read", page=n) for n in range(1, 9)], "page 3", "page 4"]
    made = agent(*replies, tools=(read,), limits=Limits(tokens=8_000))
    result = await made.arun("What is on the pages?")
    assert result.stopped == "tokens"
    assert "Not finished" in result.answer


async def test_without_room_in_the_limits_the_answer_is_put_together_by_code():
    made = agent(*looks(9), limits=Limits(tokens=60))
    result = await made.arun("Where is it?")
    assert result.stopped == "tokens"
    assert result.answer.startswith("Not finished")


def test_small_limits_keep_nothing_back():
    small, large = reserve_of(Limits(tokens=100, seconds=1.0)), reserve_of(Limits())
    assert (small.tokens, small.seconds, small.cost) == (0, 0, 0)
    assert (large.tokens, large.seconds) == (1_500, 20.0)
    assert reserve_of(Limits(cost=2.0)).cost == pytest.approx(0.1)


async def test_a_person_who_stops_the_run_at_a_question_ends_it_as_denied():
    @tool(effect="once", permission="ask")
    def pay(amount: int) -> str:
        """Pay."""
        raise AssertionError("it must not run")

    async def ask(question):
        return "stop: enough"

    made = agent(call("pay", amount=3), "Never asked.", tools=(pay,))
    events = [event async for event in made.stream("Pay 3.", ask=ask)]
    result = events[-1].result
    assert (result.stopped, result.usage.calls) == ("denied", 1)
    assert [e.ok for e in events if isinstance(e, Observed)] == [False]


async def test_a_denied_call_is_text_and_the_run_goes_on():
    @tool(effect="once", permission="ask")
    def pay(amount: int) -> str:
        """Pay."""
        raise AssertionError("it must not run")

    made = agent(call("pay", amount=3), "It was not paid.", tools=(pay,))
    result = await made.arun("Pay 3.")
    assert result.stopped != "denied"
    shown = [m for m in made.model.calls[1] if isinstance(m, ToolMessage)]
    assert "nobody can be asked" in shown[0].text
