"""What model calls cost: summed up for the run and told as events."""

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables.config import var_child_runnable_config

from cogitate import ScriptedModel, Usage
from cogitate.llm.decide import trace_as
from cogitate.llm.scripted import call
from cogitate.runs.context import RunContext
from cogitate.runs.meter import Meter, usage_of


@pytest.fixture
def heard():
    return []


@pytest.fixture
def run(tmp_path, heard):
    return RunContext(run_id="r", workspace=tmp_path, listener=heard.append)


def config(run, purpose=None):
    return {**(trace_as(purpose) if purpose else {}), "callbacks": [Meter(run)]}


def counted(text, read, written, reused=0):
    usage = {
        "input_tokens": read,
        "output_tokens": written,
        "total_tokens": read + written,
        "input_token_details": {"cache_read": reused},
    }
    return AIMessage(text, usage_metadata=usage)


async def test_calls_are_summed_and_named(run, heard):
    model = ScriptedModel(replies=[counted("one", 100, 5, 60), counted("two", 120, 7, 110)])
    await model.ainvoke([HumanMessage("first")], config(run, "route"))
    await model.ainvoke([HumanMessage("second")], config(run))
    assert run.usage == Usage(read=50, reused=170, written=12, calls=2)
    assert [(e.purpose, e.text) for e in heard] == [("route", "one"), ("model", "two")]
    assert heard[0].usage == Usage(read=40, reused=60, written=5, calls=1)
    assert heard[0].prompt == "[human] first"
    assert all(e.seconds >= 0 for e in heard)


async def test_a_tool_call_is_told_with_its_arguments(run, heard):
    await ScriptedModel(replies=[call("look", place="shed")]).ainvoke("go", config(run))
    assert "look" in heard[0].text and "shed" in heard[0].text


async def test_a_stream_is_one_call(run, heard):
    model = ScriptedModel(replies=[counted("a few words", 10, 3)])
    text = "".join([chunk.text async for chunk in model.astream("go", config(run))])
    assert text == "a few words"
    assert [e.text for e in heard] == ["a few words"]
    assert run.usage == Usage(read=10, written=3, calls=1)


async def test_a_call_that_fails_costs_nothing_and_is_no_event(run, heard):
    with pytest.raises(RuntimeError):
        await ScriptedModel(replies=[RuntimeError("no")]).ainvoke("go", config(run))
    assert heard == []
    assert run.usage == Usage()


def test_a_message_without_usage_counts_as_a_call():
    assert usage_of(AIMessage("x")) == Usage(calls=1)
    assert usage_of(HumanMessage("x")) == Usage(calls=1)


async def test_a_bound_model_s_call_is_counted_once(run, heard):
    token = var_child_runnable_config.set({"callbacks": [Meter(run)]})
    try:
        bound = ScriptedModel(replies=[counted("one", 100, 5)]).bind(stop=["\n"])
        await bound.ainvoke([HumanMessage("first")], trace_as("program"))
    finally:
        var_child_runnable_config.reset(token)
    assert run.usage == Usage(read=100, written=5, calls=1)
    assert [event.purpose for event in heard] == ["program"]
