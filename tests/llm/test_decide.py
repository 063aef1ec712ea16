import math
from typing import Literal

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from pydantic import BaseModel, Field, field_validator

from cogitate.errors import ModelError, SetupError
from cogitate.llm.decide import choose, complete, decide, short
from cogitate.llm.llama import ChatLlama
from cogitate.llm.scripted import ScriptedModel

ASK = [HumanMessage("Which way for: how much is 17 times 4?")]


class Way(BaseModel):
    way: Literal["compute", "search"]
    reason: str = Field("", max_length=40)


class Even(BaseModel):
    number: int = Field(ge=0, le=9)

    @field_validator("number")
    @classmethod
    def be_even(cls, number: int) -> int:
        if number % 2:
            raise ValueError("the number must be even")
        return number


async def test_a_real_model_decides(small_model: ChatLlama):
    assert isinstance(await decide(small_model, ASK, Way, purpose="route"), Way)


async def test_a_cut_decision_takes_the_fallback_or_is_a_model_error(small_model: ChatLlama):
    fallback = Way(way="search")
    taken = await decide(small_model, ASK, Way, purpose="route", fallback=fallback, max_tokens=3)
    assert taken is fallback
    with pytest.raises(ModelError, match=r"no valid decision 'route'.*limit of 3 tokens"):
        await decide(small_model, ASK, Way, purpose="route", max_tokens=3)


async def test_what_the_form_cannot_say_is_repaired_by_a_real_model(small_model: ChatLlama):
    found = await decide(
        small_model,
        [HumanMessage("Fill in the number 4.")],
        Even,
        purpose="even",
        fallback=Even(number=0),
    )
    assert found.number % 2 == 0


async def test_a_wrong_decision_is_repaired_once_with_the_validators_words():
    model = ScriptedModel(replies=[AIMessage('{"number": 3}'), Even(number=4)])
    assert (await decide(model, ASK, Even, purpose="even")).number == 4
    model.assert_finished()
    first, second = model.calls
    assert second[: len(first)] == first
    assert second[-2].text == '{"number": 3}'
    assert "number: Value error, the number must be even" in second[-1].text


async def test_words_instead_of_json_are_repaired():
    model = ScriptedModel(replies=[AIMessage("I would search."), Way(way="search")])
    assert (await decide(model, ASK, Way, purpose="route")).way == "search"


async def test_two_wrong_decisions_take_the_fallback():
    model = ScriptedModel(replies=[AIMessage('{"number": 3}'), AIMessage('{"number": 5}')])
    fallback = Even(number=2)
    assert await decide(model, ASK, Even, purpose="even", fallback=fallback) is fallback
    model.assert_finished()


async def test_two_wrong_decisions_without_a_fallback_are_a_model_error():
    model = ScriptedModel(replies=[AIMessage('{"number": 3}'), AIMessage("")])
    with pytest.raises(ModelError, match="no valid decision 'even': it: Invalid JSON"):
        await decide(model, ASK, Even, purpose="even")


async def test_a_failing_model_is_not_asked_to_repair():
    model = ScriptedModel(replies=[ModelError("the server is gone")])
    with pytest.raises(ModelError, match="the server is gone"):
        await decide(model, ASK, Way, purpose="route", fallback=Way(way="search"))
    model.assert_finished()


def test_what_is_wrong_is_said_in_a_line():
    with pytest.raises(ValueError) as caught:
        Way.model_validate({"way": "x", "reason": 1})
    assert short(caught.value) == (
        "way: Input should be 'compute' or 'search'; reason: Input should be a valid string"
    )
    assert short(ValueError("one\ntwo")) == "one"


# ---------------------------------------------------------------- choose


async def test_the_choice_comes_with_log_probabilities(small_model: ChatLlama):
    question = [HumanMessage("Is water wet? Answer yes or no.")]
    found = await choose(small_model, question, ["no", "yes", "purple"], purpose="wet")
    assert set(found) == {"no", "yes", "purple"}
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert list(found)[-1] == "purple"
    assert sum(math.exp(value) for value in found.values()) <= 1.0 + 1e-9


async def test_a_choice_is_read_from_the_opening_on(small_model: ChatLlama):
    question = [HumanMessage("What colour is grass?")]
    colours = [" red", " green", " blue"]
    found = await choose(
        small_model, question, colours, purpose="colour", opening="The grass is the colour"
    )
    assert next(iter(found)) == " green"
    unopened = await choose(small_model, question, colours, purpose="colour")
    assert found[" green"] > unopened[" green"] + 1


async def test_a_choice_costs_one_forward_pass_and_no_token(small_model: ChatLlama):
    bound = small_model.bind(options=["yes", "no"])
    reply = await bound.ainvoke("Is water wet?")
    assert reply.text in ("yes", "no")
    assert reply.usage_metadata["output_tokens"] == 0
    again = await bound.ainvoke("Is water wet?")
    assert again.usage_metadata["input_token_details"]["cache_read"] == (
        again.usage_metadata["input_tokens"] - 1
    )


async def test_options_that_begin_alike_are_told_apart_by_all_they_say(small_model: ChatLlama):
    question = [HumanMessage("Which city is the capital of France?")]
    for options in (["Paradise", "Paris", "Parma"], ["Par", "Paris", "Paris in Texas"]):
        found = await choose(small_model, question, options, purpose="city")
        assert set(found) == set(options)
        assert next(iter(found)) == "Paris"


async def test_the_same_option_twice_is_one(small_model: ChatLlama):
    assert list(await choose(small_model, ASK, ["a", "a"], purpose="route")) == ["a"]


async def test_an_empty_option_is_a_setup_error(small_model: ChatLlama):
    with pytest.raises(SetupError, match="hold an empty one"):
        await choose(small_model, ASK, ["yes", ""], purpose="route")


async def test_no_options_are_a_setup_error(small_model: ChatLlama):
    for model in (small_model, ScriptedModel(replies=[])):
        with pytest.raises(SetupError, match="no options to choose from for 'route'"):
            await choose(model, ASK, [], purpose="route")


async def test_another_model_decides_for_one_option():
    model = ScriptedModel(replies=[{"choice": "b"}])
    found = await choose(model, ASK, ["a", "b", "c"], purpose="letter")
    assert found == {"b": 0.0, "a": -10.0, "c": -10.0}
    assert next(iter(found)) == "b"


async def test_another_model_that_decides_for_none_gets_the_first_option():
    model = ScriptedModel(replies=[AIMessage("none of them"), AIMessage('{"choice": "d"}')])
    assert next(iter(await choose(model, ASK, ["a", "b"], purpose="letter"))) == "a"


# ---------------------------------------------------------------- complete


async def test_a_completion_leaves_out_the_opening_and_the_stop(small_model: ChatLlama):
    question = [HumanMessage("Write a Python program that prints hello.")]
    text = await complete(
        small_model,
        question,
        purpose="program",
        opening="```python\n",
        stop=["```"],
        max_tokens=60,
    )
    assert "print" in text and "```" not in text
    compile(text, "program", "exec")


@pytest.mark.parametrize(
    "reply", ["```python\nprint(1)\n```", "Sure:\n```\nprint(1)\n```\nDone.", "```py\nprint(1)"]
)
async def test_the_fence_of_another_model_is_taken_off(reply: str):
    model = ScriptedModel(replies=[reply])
    assert await complete(model, ASK, purpose="p", opening="```python\n") == "print(1)"


async def test_a_repeated_opening_of_another_model_is_taken_off():
    model = ScriptedModel(replies=["SELECT 1 "])
    assert await complete(model, ASK, purpose="q", opening="SELECT") == " 1"
