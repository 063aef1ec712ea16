"""inline: text that pauses at a mark, and whose results all come from tools."""

import json

import pytest
from langchain_core.messages import HumanMessage

from cogitate import Agent, Limits, ScriptedModel, shipped_tools, tool
from cogitate.planners.loops.inline import Inline
from cogitate.planners.loops.marks import marks_of, shortened
from cogitate.runs.events import ModelCalled, Observed, ToolCalled


@tool(effect="read")
def capital(country: str) -> str:
    """Return the capital of a country.

    Args:
        country: its name.
    """
    return {"France": "Paris"}.get(country, f"unknown country {country}")


def agent(*replies, tools=()):
    tools = [*shipped_tools(["calculate"]), *tools]
    return Agent(model=ScriptedModel(replies=replies), tools=tools, loop="inline")


async def calls_of(made, goal):
    events = [e async for e in made.stream(goal)]
    asked = [(e.tool, e.args) for e in events if isinstance(e, ToolCalled)]
    results = [e.text for e in events if isinstance(e, Observed)]
    return asked, results, events[-1].result


async def test_the_text_goes_on_after_the_result_of_the_tool():
    made = agent(
        "There are [[calc: 14*36]] 504 screws.", "There are [[calc: 14*36 -> 504]] 504 screws."
    )
    asked, results, result = await calls_of(made, "14 boxes of 36 screws?")
    assert asked == [("calculate", {"expression": "14*36"})] and results == ["504"]
    assert result.answer == "There are 504 screws."


async def test_what_the_model_wrote_as_a_result_is_not_believed():
    made = agent("It is [[calc: 2+2 -> 5]] 5.", "It is [[calc: 2+2 -> 4]] 4.")
    asked, results, result = await calls_of(made, "How much is 2+2?")
    assert (asked, results) == ([("calculate", {"expression": "2+2"})], ["4"])
    assert result.answer == "It is 4."


async def test_an_unknown_mark_and_a_repeated_call_are_left_out():
    made = agent(
        "It is [[teleport: home]] so",
        "[[calc: 2+2]]",
        "[[calc: 2+2 -> 4]] again [[calc: 2+2]]",
        "4.",
    )
    asked, _, result = await calls_of(made, "How much is 2+2?")
    assert len(asked) == 1
    assert result.ok and "[[" not in result.answer


async def test_what_is_left_out_is_not_written_again_and_again():
    made = agent("Well [[teleport: home]]", "so [[calc: 2+2]]", "4", "4.")
    asked, _, result = await calls_of(made, "How much is 2+2?")
    # The text that led to the call is kept for the next turn, what was left out included.
    assert asked == [("calculate", {"expression": "2+2"})]
    assert result.answer == "Well so 4"


async def test_a_repeated_call_is_answered_from_its_first_result_without_another_one():
    made = agent("a [[calc: 2+2]]", "b [[calc: 2+2]]", "c 4.")
    asked, _, result = await calls_of(made, "How much is 2+2?")
    assert len(asked) == 1 and result.answer == "a b c 4."
    made.model.assert_finished()


async def test_brackets_in_a_call_and_in_its_result_are_no_end_of_the_answer():
    @tool(effect="read")
    def ordered(text: str) -> str:
        """Return numbers in order.

        Args:
            text: the numbers.
        """
        return str(sorted(json.loads(text)))

    made = agent("In order [[ordered: [3, 1, 2]]]", "they are [1, 2, 3].", tools=[ordered])
    asked, results, result = await calls_of(made, "Sort 3, 1, 2.")
    assert (asked, results) == ([("ordered", {"text": "[3, 1, 2]"})], ["[1, 2, 3]"])
    assert result.answer == "In order they are [1, 2, 3]."


async def test_there_are_at_most_three_calls_in_an_answer():
    texts = [f"a [[calc: {n}+1]]" for n in range(3)]
    made = agent(*texts, "and so on [[calc: 9+9]] more")
    asked, _, result = await calls_of(made, "Add 1 to 0, 1, 2 and 9+9.")
    assert len(asked) == 3
    assert result.answer.endswith("and so on more")


async def test_an_own_tool_with_one_text_can_be_called_by_its_name():
    made = agent("It is [[capital: France]]", "Paris.", tools=[capital])
    asked, results, result = await calls_of(made, "What is the capital of France?")
    assert (asked, results) == ([("capital", {"country": "France"})], ["Paris"])
    assert "Paris" in result.answer


async def test_the_next_turn_sees_what_the_tool_gave():
    made = agent("It is [[calc: 3*3]]", "9.")
    await made.arun("How much is 3*3?")
    assert isinstance(made.model.calls[1][-1], HumanMessage)


def test_marks_are_for_tools_with_one_required_text():
    marks = marks_of([*shipped_tools(["calculate", "python"]), capital])
    assert marks == {
        "calc": ("calculate", "expression"),
        "code": ("python", "code"),
        "capital": ("capital", "country"),
    }


@pytest.mark.parametrize("text", ["a\nb", "x" * 1000])
def test_results_are_one_short_line(text):
    assert "\n" not in shortened(text) and len(shortened(text)) <= 400


async def test_a_model_that_tells_no_places_is_left_to_begin_its_calls_by_itself():
    model = ScriptedModel(replies=["There are 504 screws. That is all."])
    made = Agent(model=model, tools=shipped_tools(["calculate"]), executor=Inline(start_within=3))
    asked, _, result = await calls_of(made, "14 boxes of 36 screws?")
    assert asked == [] and result.answer == "There are 504 screws. That is all."


@pytest.mark.model
async def test_a_call_is_begun_where_the_mark_is_likely_enough(small_model):
    goal = "A shelf holds 23 boxes of 17 screws. How many screws are there?"
    way = Inline(start_within=10**6)  # among so many tokens the mark always is
    tools, few = shipped_tools(["calculate"]), Limits(steps=2)
    made = Agent(model=small_model, tools=tools, executor=way, limits=few)
    events = [event async for event in made.stream(goal)]
    asked = [e for e in events if isinstance(e, ModelCalled)]
    assert [e.purpose for e in asked[:3]] == ["inline", "inline-start", "inline"]
    assert "[[" not in asked[2].text  # the call was begun for the model
    assert any(isinstance(e, ToolCalled) for e in events)
