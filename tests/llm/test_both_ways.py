"""What holds for a model file whichever way it runs: in this process, or in the ready-made server.

What differs between the two is said in docs/engine.md; each way is skipped where its package is
not installed.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from pydantic import BaseModel, Field

from cogitate.errors import ContextOverflow
from cogitate.llm.decide import choose, complete, decide
from cogitate.llm.llama import ChatLlama
from cogitate.llm.prebuilt import prebuilt_model
from cogitate.llm.remote import explain
from cogitate.tools.base import tool
from tests.conftest import SMALL

COUNT = "Count from one to ten in words, separated by commas."


class Person(BaseModel):
    name: str = Field(max_length=20)
    age: int = Field(ge=0, le=150)
    mood: Literal["good", "坏"]


@tool
def weather(city: str, days: int = 1) -> str:
    """Return the weather of a city.

    Args:
        city: its name.
        days: how many days ahead.
    """
    return f"sunny in {city} for {days}"


@pytest.fixture(scope="module", params=["embedded", "prebuilt"])
def model(request: pytest.FixtureRequest, small_model_path: Path) -> Iterator[BaseChatModel]:
    if request.param == "prebuilt":
        pytest.importorskip("xllamacpp", reason="xllamacpp is not installed")
        yield prebuilt_model(small_model_path, SMALL, None, 0.0)[0]
    else:
        yield ChatLlama(path=small_model_path, name=SMALL, n_ctx=4096)


def test_an_answer_counts_its_tokens_and_says_how_it_ended(model: BaseChatModel):
    reply = model.invoke("What is the capital of France?")
    assert "Paris" in reply.text
    usage = reply.usage_metadata
    assert usage is not None and usage["input_tokens"] > 10
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    assert reply.response_metadata["finish_reason"] == "stop"


def test_the_same_question_again_is_reused(model: BaseChatModel):
    asked = [SystemMessage("You name rivers. " * 20), HumanMessage("Name a river.")]
    model.invoke(asked, max_tokens=4)
    usage = model.invoke(asked, max_tokens=4).usage_metadata
    assert usage is not None
    assert usage["input_token_details"]["cache_read"] > usage["input_tokens"] // 2


def test_an_answer_is_cut_at_its_most_tokens_and_says_so(model: BaseChatModel):
    reply = model.invoke(COUNT, max_tokens=5)
    assert reply.response_metadata["finish_reason"] == "length"
    assert reply.usage_metadata is not None and reply.usage_metadata["output_tokens"] == 5


def test_streaming_gives_what_invoke_gives(model: BaseChatModel):
    model.invoke(COUNT, max_tokens=1)
    whole = model.invoke(COUNT, max_tokens=12)
    chunks = list(model.stream(COUNT, max_tokens=12))
    assert sum(bool(chunk.text) for chunk in chunks) > 4
    assert "".join(chunk.text for chunk in chunks) == whole.text
    used = [chunk.usage_metadata for chunk in chunks if chunk.usage_metadata]
    assert len(used) == 1 and used[0]["output_tokens"] == 12


def test_a_stop_string_ends_an_answer_and_is_not_shown(model: BaseChatModel):
    whole = model.invoke(COUNT, max_tokens=40).text
    reply = model.invoke(COUNT, max_tokens=40, stop=["three"])
    assert "three" in whole.lower() and "two" in reply.text.lower()
    assert "three" not in reply.text
    assert reply.response_metadata["finish_reason"] == "stop"


@pytest.mark.parametrize("choice", ["any", "weather"])
def test_a_demanded_call_is_valid(model: BaseChatModel, choice: str):
    reply = model.bind_tools([weather], tool_choice=choice).invoke("How is the weather in Rome?")
    assert [call["name"] for call in reply.tool_calls] == ["weather"]
    assert "Rome" in weather.invoke(reply.tool_calls[0]["args"])


def test_the_answer_after_a_result_uses_it(model: BaseChatModel):
    bound = model.bind_tools([weather], tool_choice="none")
    call = {"name": "weather", "args": {"city": "Rome"}, "id": "1", "type": "tool_call"}
    asked = [
        HumanMessage("How is the weather in Rome?"),
        AIMessage("", tool_calls=[call]),
        ToolMessage("It is stormy.", tool_call_id="1"),
    ]
    reply = bound.invoke(asked)
    assert "storm" in reply.text.lower() and not reply.tool_calls
    assert reply.usage_metadata is not None


@pytest.mark.parametrize("schema", [Person, Person.model_json_schema()], ids=["class", "schema"])
def test_a_form_is_filled_in_and_validates(model: BaseChatModel, schema: Any):
    asked = "Fill in the form: Ann is 31 and in a good mood."
    found = model.with_structured_output(schema, method="json_schema").invoke(asked)
    person = Person.model_validate(found if isinstance(found, dict) else found.model_dump())
    assert (person.name, person.age) == ("Ann", 31)


async def test_decisions_choices_and_texts_are_made(model: BaseChatModel):
    asked = [HumanMessage("Is Rome in Italy or in Peru?")]
    person = await decide(model, [HumanMessage("Ann is 31, mood good.")], Person, purpose="x")
    assert person.name == "Ann"
    found = await choose(model, asked, ["Peru", "Italy"], purpose="x")
    assert set(found) == {"Peru", "Italy"} and max(found, key=lambda o: found[o]) == "Italy"
    assert "Italy" in await complete(model, asked, purpose="x", max_tokens=24)


def test_a_batch_answers_each_in_its_place(model: BaseChatModel):
    words = ["banana", "moon", "river", "cat"]
    replies = model.batch(
        [f"Repeat this word and nothing else: {word}" for word in words], max_tokens=6
    )
    assert [reply.text.lower().strip(" .") for reply in replies] == words


async def test_many_at_once_get_their_own_answers(model: BaseChatModel):
    words = ["apple", "dog", "sun"]
    replies = await asyncio.gather(
        *(model.ainvoke(f"Repeat this word and nothing else: {w}", max_tokens=6) for w in words)
    )
    assert [reply.text.lower().strip(" .") for reply in replies] == words


async def test_a_cancelled_call_leaves_the_model_at_work(model: BaseChatModel):
    long = asyncio.create_task(model.ainvoke("Write a long story.", max_tokens=900))
    await asyncio.sleep(0.3)
    long.cancel()
    with pytest.raises(asyncio.CancelledError):
        await long
    # 900 tokens take most of a minute: the answer would not come in time behind them.
    assert (await asyncio.wait_for(model.ainvoke("Say: sun.", max_tokens=4), 20)).text


def test_a_prompt_that_does_not_fit_is_an_overflow(model: BaseChatModel):
    # Each way raises an error of its own kind, which `explain` reads.
    with pytest.raises(Exception) as caught:
        model.invoke("word " * 9000)
    assert isinstance(explain(caught.value), ContextOverflow)


def test_tokens_are_counted(model: BaseChatModel):
    count = model.get_num_tokens("The harbour lies open to the west, and the boats come in.")
    assert 8 <= count <= 24
