"""Why a run ends without being finished, and that it does so in order."""

import asyncio

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, ToolMessage
from pydantic import PrivateAttr

from cogitate import Agent, Limits, ModelError, ScriptedModel, Step, direct, tool
from cogitate.llm.scripted import call
from cogitate.runs.events import ModelCalled, Noted, Observed, RunEnded, ToolCalled

RUNS = []


@pytest.fixture(autouse=True)
def _no_runs():
    RUNS.clear()


@tool(effect="read")
def look(place: str) -> str:
    """Look at a place.

    Args:
        place: where to look.
    """
    RUNS.append(place)
    return f"{place} holds the number {1000 + sum(map(ord, place))}"


class Thinking(BaseChatModel):
    """A model that never answers; `began` is set when it is asked."""

    began: asyncio.Event
    after: int = 0
    """How many calls it answers with a tool call before it falls silent."""

    _calls: int = PrivateAttr(default=0)

    @property
    def _llm_type(self):
        return "thinking"

    def bind_tools(self, tools, **options):
        return self

    def _generate(self, messages, stop=None, run_manager=None, **options):
        raise AssertionError("the loop is async")

    async def _agenerate(self, messages, stop=None, run_manager=None, **options):
        from langchain_core.outputs import ChatGeneration, ChatResult

        if self._calls < self.after:
            self._calls += 1
            message = call("look", place=f"shelf {'abc'[self._calls]}")
            return ChatResult(generations=[ChatGeneration(message=message)])
        self.began.set()
        await asyncio.Event().wait()
        raise AssertionError("it does not get here")


def agent(*replies, tools=(look,), **parts):
    parts.setdefault("planner", direct)
    return Agent(model=ScriptedModel(replies=replies), tools=tools, **parts)


def looks(count):
    return [call("look", place="abcdefghijklm"[index]) for index in range(count)]


def number(place):
    return str(1000 + sum(map(ord, place)))


async def test_the_last_turn_is_for_the_answer():
    made = agent(*looks(2), f"It is {number('b')}.", limits=Limits(steps=3))
    result = await made.arun("Where is it?")
    assert (result.stopped, result.steps) == ("answered", 3)
    assert made.model.seen[-1].tools == ()


async def test_a_model_that_goes_on_calling_is_stopped_at_the_steps_limit():
    made = agent(*looks(9), limits=Limits(steps=3))
    result = await made.arun("Where is it?")
    assert (result.stopped, result.steps) == ("steps", 3)
    assert RUNS == ["a", "b"]
    assert "Not finished" in result.answer and number("b") in result.answer
    assert not result.ok


@pytest.mark.parametrize("most", [1, 2, 3])
async def test_as_many_tool_calls_run_as_are_allowed_and_then_it_answers(most):
    made = agent(*looks(most), "Done.", limits=Limits(tool_calls=most))
    result = await made.arun("Where is it?")
    assert len(RUNS) == most
    assert (result.stopped, result.answer) == ("answered", "Done.")


async def test_a_model_that_calls_beyond_the_limit_of_calls_is_stopped():
    made = agent(*looks(9), limits=Limits(tool_calls=2))
    result = await made.arun("Where is it?")
    assert (result.stopped, len(RUNS)) == ("steps", 2)
    assert number("b") in result.answer


async def test_calls_of_one_turn_beyond_the_limit_are_answered_but_not_run():
    many = AIMessage("", tool_calls=[m.tool_calls[0] for m in looks(4)])
    made = agent(many, "Done.", limits=Limits(tool_calls=2))
    result = await made.arun("Where is it?")
    assert RUNS == ["a", "b"]
    assert result.ok
    shown = [m for m in made.model.calls[-1] if isinstance(m, ToolMessage)]
    assert [m.status for m in shown] == ["success", "success", "error", "error"]
    assert [m.tool_call_id for m in shown] == [c["id"] for c in many.tool_calls]


async def test_the_tokens_limit_ends_the_run():
    made = agent(*looks(9), limits=Limits(tokens=60))
    events = [e async for e in made.stream("Where is it?")]
    result = events[-1].result
    assert result.stopped == "tokens"
    assert result.usage.read + result.usage.written >= 60
    before = [e.usage for e in events if isinstance(e, ModelCalled)][:-1]
    assert sum(u.read + u.written for u in before) < 60


@pytest.mark.parametrize("after", [0, 1])
async def test_the_time_limit_ends_a_model_that_thinks_for_ever(after):
    model = Thinking(began=asyncio.Event(), after=after)
    made = Agent(model=model, tools=(look,), planner=direct, limits=Limits(seconds=1.0))
    result = await asyncio.wait_for(made.arun("Where is it?"), 30)
    assert result.stopped == "time"
    assert model.began.is_set()
    assert result.answer.startswith("Not finished")
    assert ("shelf b" in result.answer) == bool(after)


async def test_the_time_limit_ends_a_tool_that_waits_for_ever():
    @tool
    async def wait() -> str:
        """Wait for ever."""
        await asyncio.Event().wait()
        return "never"

    made = agent(call("wait"), tools=(wait,), limits=Limits(seconds=1.0))
    events = [e async for e in made.stream("Wait.")]
    assert events[-1].result.stopped == "time"
    assert [e.ok for e in events if isinstance(e, Observed)] == [False]


@pytest.mark.parametrize("after", [0, 1])
async def test_a_person_stops_a_model_that_thinks(after):
    stop, model = asyncio.Event(), Thinking(began=asyncio.Event(), after=after)
    made = Agent(model=model, tools=(look,), planner=direct)
    events = []

    async def follow():
        async for event in made.stream("Where is it?", stop=stop):
            events.append(event)

    running = asyncio.create_task(follow())
    await asyncio.wait_for(model.began.wait(), 20)
    stop.set()
    await asyncio.wait_for(running, 20)
    result = events[-1].result
    assert isinstance(events[-1], RunEnded)
    assert result.stopped == "interrupted"
    assert result.answer.startswith("Not finished")
    assert ("shelf b" in result.answer) == bool(after)


async def test_a_run_that_was_stopped_before_it_began_calls_nothing():
    stop = asyncio.Event()
    stop.set()
    made = agent("Hello.")
    events = [e async for e in made.stream("Say hello.", stop=stop)]
    assert events[-1].result.stopped == "interrupted"
    assert made.model.seen == ()


async def test_a_model_that_fails_ends_the_run_in_order():
    made = agent(call("look", place="a"), ModelError("the backend broke"))
    result = await made.arun("Where is it?")
    assert result.stopped == "model_error"
    assert number("a") in result.answer


# ------------------------------------------------------------------------------------ loop guard


async def test_a_call_that_was_made_before_is_answered_with_a_hint_and_not_run_again():
    made = agent(call("look", place="a"), call("look", place="a"), f"{number('a')}.")
    events = [e async for e in made.stream("Where is it?")]
    assert RUNS == ["a"]
    assert events[-1].result.ok
    assert len([e for e in events if isinstance(e, ToolCalled)]) == 1
    hint = [m for m in made.model.calls[-1] if isinstance(m, ToolMessage)][-1]
    assert hint.status == "error" and "already" in hint.text
    assert len([e for e in events if isinstance(e, Noted)]) == 1


@pytest.mark.parametrize("mended", ["WHERE city = 'Lyon'", "if x:\n    print(x)"])
async def test_a_call_mended_in_case_or_indentation_is_run(mended):
    written = mended.lower().replace("    ", "   ")
    made = agent(call("look", place=written), call("look", place=mended), "Done.")
    assert (await made.arun("Where is it?")).ok
    assert [written, mended] == RUNS


async def test_three_repeats_of_a_call_end_the_run_as_a_loop():
    made = agent(*[call("look", place="a") for _ in range(9)])
    result = await made.arun("Where is it?")
    assert (result.stopped, result.steps, RUNS) == ("loop", 4, ["a"])
    assert number("a") in result.answer


async def test_other_calls_with_the_same_result_are_a_loop_as_well():
    @tool(effect="read")
    def find(word: str) -> str:
        """Find a word.

        Args:
            word: the word.
        """
        return "nothing there"

    made = agent(*[call("find", word=w) for w in "abcdefgh"], tools=(find,))
    result = await made.arun("Where is it?")
    assert (result.stopped, result.steps) == ("loop", 4)


async def test_something_new_between_repeats_begins_the_count_anew():
    again = [call("look", place="a") for _ in range(3)]
    more = [call("look", place="a") for _ in range(2)]
    made = agent(*again, call("look", place="b"), *more, "Done.")
    assert (await made.arun("Where is it?")).stopped == "answered"


async def test_a_new_step_begins_with_a_clean_count():
    async def two(task):
        return [Step(way="react", goal="first"), Step(way="react", goal="second")]

    again = [call("look", place="a") for _ in range(3)]
    made = agent(*again, "One.", *[call("look", place="a") for _ in range(3)], "Two.", planner=two)
    result = await made.arun("Do both.")
    assert (result.stopped, result.answer) == ("answered", "One.\nTwo.")
    assert RUNS == ["a", "a"]
