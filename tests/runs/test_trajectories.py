"""The trace alone is enough to build the messages of a run again, as training data has them."""

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from cogitate import Agent, ScriptedModel, tool
from cogitate.llm.scripted import call
from cogitate.runs.events import ModelCalled, Observed, RunEnded, RunStarted, ToolCalled
from cogitate.runs.store import RunStore


@tool(effect="read")
def capital(country: str) -> str:
    """Return the capital of a country.

    Args:
        country: its name.
    """
    return {"Peru": "Lima"}.get(country, f"there is no {country}")


def trajectory(events):
    """Return goal, thoughts with calls, results and answer; results are not to be trained on."""
    messages, thought = [], ""
    for event in events:
        match event:
            case RunStarted():
                messages.append(HumanMessage(event.goal))
            case ModelCalled():
                thought = event.text
            case ToolCalled():
                asked = {"name": event.tool, "args": event.args, "id": event.call_id}
                messages.append(AIMessage(thought, tool_calls=[asked]))
            case Observed():
                messages.append(ToolMessage(event.text, tool_call_id=event.call_id))
            case RunEnded():
                messages.append(AIMessage(event.result.answer))
    return messages


async def test_a_trajectory_is_rebuilt_from_the_kept_events():
    moves = [call("capital", country="Atlantis"), call("capital", country="Peru"), "It is Lima."]
    model = ScriptedModel(replies=moves)
    agent = Agent(model=model, tools=[capital], loop="act")
    async for _ in agent.stream("What is the capital of Peru?", run_id="r"):
        pass
    found = trajectory(RunStore().events("r"))
    assert [type(m).__name__[:2] for m in found] == ["Hu", "AI", "To", "AI", "To", "AI"]
    assert found[0].text == "What is the capital of Peru?" and found[-1].text == "It is Lima."
    seen = [m for m in model.calls[-1] if isinstance(m, AIMessage | ToolMessage)]
    for kept, shown in zip(found[1:-1], seen, strict=True):
        assert isinstance(kept, type(shown))
        if isinstance(shown, AIMessage):
            assert [c["args"] for c in kept.tool_calls] == [c["args"] for c in shown.tool_calls]
        else:
            assert (kept.text, kept.tool_call_id) == (shown.text, shown.tool_call_id)
