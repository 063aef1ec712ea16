"""Tasks that a run hands on: own plans and messages, shared limits, events and usage."""

import asyncio

import pytest

from cogitate import Agent, Limits, ScriptedModel, SetupError, tool
from cogitate.llm.scripted import call
from cogitate.planners import Turn, go_on, hand_on, no_evidence
from cogitate.runs.events import ModelCalled, Observed, Planned, RunEnded, ToolCalled


@tool(effect="read")
def weigh(thing: str) -> str:
    """Weigh a thing.

    Args:
        thing: what is weighed.
    """
    return f"{thing} weighs {1000 + len(thing)} g"


async def events_of(agent, goal="Weigh both."):
    return [event async for event in agent.stream(goal)]


def result_of(events):
    return next(event.result for event in events if isinstance(event, RunEnded))


async def both(turn: Turn):
    """Hand two goals on and put the answers together."""
    if turn.model is None:
        raise AssertionError
    if not turn.results:
        return hand_on(
            "Weigh the cup.", "Weigh the plate.", tasks=["one", "two"], notes=["Be quick."]
        )
    if len(turn.good) < 2:
        return no_evidence(turn.results[0].text)
    return " and ".join(result.text for result in turn.good)


class Weigher(ScriptedModel):
    """Answers by what it is asked, since tasks run side by side."""

    def _next(self, messages, options):
        goal = "cup" if "cup" in messages[-1].text + str(messages) else "plate"
        self._seen.append(messages)
        if any(m.type == "tool" for m in messages):
            from langchain_core.messages import AIMessage

            return self._counted(messages, AIMessage(f"{goal} weighs {1000 + len(goal)} g"))
        return self._counted(messages, call("weigh", thing=goal))


def weigher(**parts):
    return Agent(model=Weigher(replies=()), tools=[weigh], executor=parts.pop("executor"), **parts)


async def inner(turn: Turn):
    """In the run itself hand on, in a task weigh."""
    from cogitate.runs.context import task_of

    if not task_of():
        return await both(turn)
    if turn.good:
        return turn.good[-1].text
    return call("weigh", thing="cup" if "cup" in turn.task.goal else "plate")


async def test_tasks_have_their_own_messages_and_their_answers_come_back_as_results():
    found = result_of(await events_of(weigher(executor=inner)))
    assert found.stopped == "answered"
    assert found.answer == "cup weighs 1003 g and plate weighs 1005 g"


async def test_events_say_in_which_task_they_happened():
    events = await events_of(weigher(executor=inner))
    assert {e.within for e in events if isinstance(e, ToolCalled) and e.tool == "weigh"} == {
        "one",
        "two",
    }
    assert [e.within for e in events if isinstance(e, Planned)].count("") == 1
    assert events[-1].within == ""


async def test_turns_and_calls_of_tasks_count_for_the_run():
    events = await events_of(weigher(executor=inner))
    assert result_of(events).steps == 2 + 2 * 2
    limited = weigher(executor=inner, limits=Limits(steps=4))
    stopped = result_of(await events_of(limited))
    assert not stopped.ok and stopped.steps <= 5


async def test_a_task_that_fails_is_an_error_that_the_way_reads():
    async def fails(turn: Turn):
        from cogitate.runs.context import task_of

        if task_of():
            return no_evidence("the scale is broken")
        if not turn.results:
            return hand_on("Weigh the cup.")
        assert turn.results[0].status == "error"
        return no_evidence(turn.results[0].text)

    events = await events_of(weigher(executor=fails))
    assert result_of(events).stopped == "no_evidence"
    assert any(isinstance(e, Observed) and "the scale is broken" in e.text for e in events)


async def test_a_model_call_in_a_task_is_counted_once():
    async def asks(turn: Turn):
        from cogitate.runs.context import task_of

        if task_of():
            await turn.model.ainvoke("How heavy?")
            return "It is heavy."
        return "done" if turn.results else hand_on("Ask.")

    agent = Agent(model=ScriptedModel(replies=["Heavy."]), executor=asks)
    events = await events_of(agent)
    called = [e for e in events if isinstance(e, ModelCalled)]
    assert (len(called), result_of(events).usage.calls) == (1, 1)
    assert called[0].within


async def test_models_are_not_shown_the_tool_that_hands_on():
    agent = Agent(model=ScriptedModel(replies=["Nothing."]), tools=[weigh], loop="react")
    await agent.arun("Weigh it.")
    assert agent.model.seen[0].tools == ("weigh",)


async def test_calls_without_an_effect_run_side_by_side():
    meet = asyncio.Barrier(2)

    @tool(effect="read")
    async def wait(name: str) -> str:
        """Wait for the other one.

        Args:
            name: who waits.
        """
        await asyncio.wait_for(meet.wait(), 5)
        return f"{name} met"

    async def two(turn: Turn):
        if turn.results:
            return " ".join(r.text for r in turn.good) or no_evidence("they did not meet")
        first, second = call("wait", name="a"), call("wait", name="b")
        first.tool_calls.extend(second.tool_calls)
        return first

    agent = Agent(model=ScriptedModel(replies=()), tools=[wait], executor=two)
    assert (await agent.arun("Meet.")).answer == "a met b met"


async def test_a_way_that_goes_on_thinking_is_asked_again_with_what_it_kept():
    async def counts(turn: Turn):
        number = len(turn.thoughts)
        if number == 3:
            return f"counted {[t['number'] for t in turn.thoughts]}"
        return go_on(number=number, partial=f"at {number}")

    agent = Agent(model=ScriptedModel(replies=()), executor=counts)
    assert (await agent.arun("Count.")).answer == "counted [0, 1, 2]"


async def test_a_way_that_is_stopped_while_thinking_leaves_the_best_so_far():
    async def forever(turn: Turn):
        return go_on(partial=f"thought number {len(turn.thoughts)}")

    agent = Agent(model=ScriptedModel(replies=()), executor=forever, limits=Limits(steps=3))
    result = await agent.arun("Think.")
    assert result.stopped == "steps"
    assert result.answer == "Not finished. The best so far: thought number 2"


def test_an_unknown_loop_is_refused_with_the_nearest_name():
    with pytest.raises(SetupError, match="did you mean 'react'"):
        Agent(model=ScriptedModel(replies=()), loop="reakt")
