from typing import Literal

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool
from pydantic import BaseModel, ValidationError

from cogitate.errors import ScriptError
from cogitate.llm.scripted import ScriptedModel, call


class Choice(BaseModel):
    way: Literal["compute", "search"]
    steps: int = 1


SCHEMA = {
    "title": "choice",
    "type": "object",
    "properties": {
        "way": {"enum": ["compute", "search"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "size": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "inner": {"$ref": "#/$defs/Inner"},
    },
    "required": ["way"],
    "$defs": {"Inner": {"type": "object", "properties": {"n": {"type": "number"}}}},
}


@tool
def area(width: float) -> str:
    """Return the area."""
    return str(width)


def test_replies_come_in_order_and_calls_are_recorded():
    model = ScriptedModel(replies=["one", AIMessage("two")])
    assert model.invoke("a").text == "one"
    assert model.invoke([HumanMessage("b")]).text == "two"
    assert [messages[0].text for messages in model.calls] == ["a", "b"]
    model.assert_finished()


def test_running_past_the_script_is_an_error():
    model = ScriptedModel(replies=["one"])
    model.invoke("a")
    with pytest.raises(ScriptError, match="call 2 to a script of 1 replies; it was shown 'again'"):
        model.invoke("again")


def test_replies_that_are_left_are_an_error():
    model = ScriptedModel(replies=["one", "two"])
    model.invoke("a")
    with pytest.raises(ScriptError, match=r"1 of 2 replies were not asked for.*'two'"):
        model.assert_finished()


def test_bound_tools_are_seen_and_share_the_script():
    model = ScriptedModel(replies=[call("area", width=2), "done"])
    reply = model.bind_tools([area]).invoke("a")
    assert reply.tool_calls[0]["args"] == {"width": 2}
    assert model.invoke("b").text == "done"
    assert [seen.tools for seen in model.seen] == [("area",), ()]


def test_each_call_has_an_id_of_its_own():
    ids = {call("area").tool_calls[0]["id"] for _ in range(5)}
    assert len(ids) == 5


def test_the_same_reply_twice_is_two_messages():
    reply = call("area", width=1)
    model = ScriptedModel(replies=[reply, reply])
    first, second = model.invoke("a"), model.invoke("b")
    assert first is not second
    assert first.id != second.id
    assert reply.usage_metadata is None


@pytest.mark.parametrize("reply", [Choice(way="search"), {"way": "search"}, '{"way": "search"}'])
def test_a_decision_is_an_object_of_its_schema(reply):
    model = ScriptedModel(replies=[reply])
    assert model.with_structured_output(Choice).invoke("a") == Choice(way="search")
    assert model.seen[0].schema is Choice


def test_a_decision_by_json_schema_is_a_dict():
    reply = {"way": "search", "tags": ["x"], "size": None, "inner": {"n": 1.5}}
    model = ScriptedModel(replies=[reply])
    assert model.with_structured_output(SCHEMA).invoke("a") == reply


@pytest.mark.parametrize(
    ("schema", "reply"),
    [
        (Choice, {"way": "guess"}),
        (Choice, {}),
        (Choice, {"way": "search", "unknown": 1}),
        (Choice, "words"),
        (SCHEMA, {"way": "guess"}),
        (SCHEMA, {"tags": []}),
        (SCHEMA, {"way": "search", "unknown": 1}),
        (SCHEMA, {"way": "search", "tags": [1]}),
        (SCHEMA, {"way": "search", "size": "big"}),
        (SCHEMA, {"way": "search", "inner": {"n": True}}),
        (SCHEMA, "words"),
    ],
)
def test_a_reply_that_does_not_fit_its_schema_is_an_error(schema, reply):
    model = ScriptedModel(replies=[reply])
    with pytest.raises(ScriptError, match="reply 1 does not fit"):
        model.with_structured_output(schema, include_raw=True).invoke("a")


def test_an_object_where_words_were_asked_for_is_an_error():
    with pytest.raises(ScriptError, match="asked for words"):
        ScriptedModel(replies=[{"way": "search"}]).invoke("a")


def test_a_broken_decision_can_be_scripted_as_a_message():
    model = ScriptedModel(replies=[AIMessage("{"), AIMessage("{")])
    found = model.with_structured_output(Choice, include_raw=True).invoke("a")
    assert found["parsed"] is None
    assert isinstance(found["parsing_error"], ValidationError)
    assert found["raw"].text == "{"
    with pytest.raises(ValidationError):
        model.with_structured_output(Choice).invoke("a")


def test_an_exception_is_raised_and_counts_as_a_reply():
    model = ScriptedModel(replies=[TimeoutError("slow"), "fine"])
    with pytest.raises(TimeoutError, match="slow"):
        model.invoke("a")
    assert model.invoke("a").text == "fine"
    model.assert_finished()


def test_usage_is_four_characters_a_token():
    usage = ScriptedModel(replies=["12345678"]).invoke("1234").usage_metadata
    assert usage == {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}


def test_a_stream_gives_the_same_message_in_pieces():
    message = AIMessage("some words", tool_calls=call("area", width=2).tool_calls)
    whole = ScriptedModel(replies=[message]).invoke("a")
    chunks = list(ScriptedModel(replies=[message]).stream("a"))
    joined = chunks[0]
    for chunk in chunks[1:]:
        joined += chunk
    assert len(chunks) == 3
    assert joined.text == whole.text == "some words"
    assert joined.tool_calls == whole.tool_calls
    assert joined.usage_metadata == whole.usage_metadata


async def test_it_works_in_a_loop_too():
    model = ScriptedModel(replies=["one", Choice(way="compute")])
    assert (await model.ainvoke("a")).text == "one"
    assert (await model.with_structured_output(Choice).ainvoke("b")).way == "compute"
