"""calls: all calls in one decision, none where no tool fits, and what is made of their results."""

import json

import llguidance
import pytest
from langchain_core.messages import AIMessage
from langchain_core.utils.function_calling import convert_to_openai_tool

from cogitate import Agent, ScriptedModel, ToolFailure, tool
from cogitate.llm.scripted import call
from cogitate.planners.base import Turn
from cogitate.planners.loops.calls.fitting import fitting_tools
from cogitate.planners.loops.calls.numbers import (
    listed_out,
    merged,
    unused_numbers,
)
from cogitate.planners.loops.calls.writing import MOST, calls_grammar, written_calls
from cogitate.runs.events import ToolCalled
from cogitate.values import Task

WEIGHTS = {"A7": 13.5, "B2": 20.25}


@tool(effect="read")
def weight(parcel: str, unit: str = "kg") -> float:
    """Return the weight of a parcel.

    Args:
        parcel: its name.
        unit: kg or lb.
    """
    if parcel not in WEIGHTS:
        raise ToolFailure(f"there is no parcel {parcel!r}")
    return WEIGHTS[parcel]


def asked(*calls):
    return AIMessage("", tool_calls=[one for each in calls for one in each.tool_calls])


async def ran(goal, *replies, tools=(weight,)):
    model = ScriptedModel(replies=replies)
    events = [e async for e in Agent(model=model, tools=tools, loop="calls").stream(goal)]
    made = [e.args for e in events if isinstance(e, ToolCalled)]
    return events[-1].result, made, model


async def test_several_calls_of_one_decision_run_and_are_answered_together():
    both = asked(call("weight", parcel="A7"), call("weight", parcel="B2"))
    result, made, model = await ran(
        "How heavy are A7 and B2?", both, "A7 weighs 13.5 kg and B2 20.25 kg."
    )
    assert [one["parcel"] for one in made] == ["A7", "B2"]
    assert result.ok and "13.5" in result.answer and "20.25" in result.answer
    assert "weight(parcel=B2) = 20.25" in model.calls[-1][-1].text
    model.assert_finished()


async def test_a_call_that_is_written_twice_is_made_once():
    twice = asked(call("weight", parcel="A7"), call("weight", parcel="A7"))
    result, made, _ = await ran("How heavy is A7?", twice, "A7 weighs 13.5 kg.")
    assert len(made) == 1 and result.answer == "A7 weighs 13.5 kg."


async def test_no_call_is_an_end_without_evidence():
    result, made, _ = await ran("Who painted the ceiling?", "Michelangelo did.")
    assert result.stopped == "no_evidence" and made == []


async def test_a_call_that_rests_on_nothing_in_the_request_is_not_made():
    result, made, _ = await ran("How heavy is my parcel?", call("weight", parcel="Z99"))
    assert made == [] and "the goal gives no tool what it needs" in result.answer


async def test_a_call_is_made_of_whose_needed_value_the_request_says_a_part():
    _, made, _ = await ran("How heavy is the parcel A7?", call("weight", parcel="A7, Hall"), "13.5")
    assert made


async def test_what_is_optional_and_not_asked_for_is_left_to_the_tool():
    _, made, _ = await ran(
        "How heavy is A7?", call("weight", parcel="A7", unit="lb"), "A7 weighs 13.5."
    )
    assert made == [{"parcel": "A7"}]


@tool(effect="read")
def factorial(number: int) -> int:
    """Return the factorial of a number.

    Args:
        number: a whole number.
    """
    return {5: 120, 10: 3628800}[number]


async def test_a_number_that_the_request_does_not_hold_is_written_again():
    both = asked(call("factorial", number=5), call("factorial", number=10))
    result, made, model = await ran(
        "Find the factorial of 5,10.",
        call("factorial", number=510),
        both,
        "They are 120 and 3628800.",
        tools=(factorial,),
    )
    assert [one["number"] for one in made] == [5, 10] and result.ok
    assert "510" in model.calls[1][-1].text
    model.assert_finished()


async def test_a_call_that_was_left_out_is_seen_by_the_numbers_that_no_call_uses():
    both = asked(call("factorial", number=5), call("factorial", number=10))
    said = "They are 120 and 3628800."
    _, made, model = await ran(
        "Find the factorial of 5, and that of 10 too.",
        call("factorial", number=5),
        both,
        said,
        tools=(factorial,),
    )
    assert [one["number"] for one in made] == [5, 10]
    assert "also gives 10" in model.calls[1][-1].text


async def test_what_is_written_again_counts_only_when_it_is_better():
    goal = "Find the factorial of 5, on page 10."
    one = call("factorial", number=5)
    _, made, model = await ran(goal, one, one, "It is 120.", tools=(factorial,))
    assert [each["number"] for each in made] == [5]
    model.assert_finished()


async def test_calls_that_all_failed_are_written_once_more_with_the_errors():
    result, made, model = await ran(
        "How heavy is A7, the parcel a7?",
        call("weight", parcel="a7"),
        call("weight", parcel="A7"),
        "A7 weighs 13.5 kg.",
    )
    assert [one["parcel"] for one in made] == ["a7", "A7"] and result.ok
    assert "there is no parcel 'a7'" in model.calls[1][-1].text
    model.assert_finished()


async def test_failing_twice_ends_the_run_in_order():
    wrong = [call("weight", parcel="C3"), call("weight", parcel="c3")]
    result, _, model = await ran("How heavy is C3, the parcel c3?", *wrong)
    assert result.stopped == "no_evidence" and "the calls failed" in result.answer
    model.assert_finished()


async def test_of_several_calls_the_failed_one_is_named_beside_the_answer():
    both = asked(call("weight", parcel="A7"), call("weight", parcel="C3"))
    result, _, _ = await ran("How heavy are A7 and C3?", both, "A7 weighs 13.5 kg.")
    assert "A7 weighs 13.5 kg." in result.answer and "weight(parcel=C3) failed" in result.answer


def written_call(**args):
    return {"name": "weight", "args": args}


def test_an_exponent_is_no_number_that_a_call_must_use():
    one = [written_call(parcel="9.8")]
    assert unused_numbers(one, "It falls at 9.8 m/s^2 or 9.8 m/s**2 for 5 s") == ["5"]


def test_a_call_that_differs_in_what_is_optional_alone_adds_that_to_the_first():
    found, same = [written_call(parcel="A7")], written_call(parcel="A7", unit="lb")
    whole = merged(found, [same, written_call(parcel="B2")], [weight])
    assert whole == [same, written_call(parcel="B2")]
    both = [written_call(parcel="A7", unit="kg"), same]
    assert merged(both, [same, written_call(parcel="A7")], [weight]) == both


def accepts(grammar, text):
    tokenizer = llguidance.LLTokenizer("byte")
    matcher = llguidance.LLMatcher(tokenizer, llguidance.LLMatcher.grammar_from_lark(grammar))
    return matcher.consume_tokens(tokenizer.tokenize_str(text)) and matcher.is_accepting()


def written(count):
    one = {"tool": "weight", "args": {"parcel": "A7"}}
    return json.dumps([one] * count)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        (written(1), True),
        (written(MOST), True),
        (written(MOST + 1), False),
        ("[]", False),
        ('[{"tool": "other", "args": {}}]', False),
        ('[{"tool": "weight", "args": {"parcel": 7}}]', False),
    ],
)
def test_the_grammar_is_a_list_of_valid_calls(text, fits):
    grammar = calls_grammar([convert_to_openai_tool(weight)])
    assert accepts(grammar, text.removeprefix("[")) is fits


@pytest.mark.model
async def test_a_small_model_writes_calls_that_parse_and_refuses_what_no_tool_does(small_model):
    task = Task(goal="How heavy are the parcels A7 and B2?")
    turn = Turn(task=task, model=small_model, tools=[weight], messages=[])
    found = await written_calls(turn, [weight])
    assert [(one["name"], one["args"]["parcel"]) for one in found][:1] == [("weight", "A7")]
    assert await fitting_tools(small_model, [weight], "Who painted the ceiling?") == ([], False)


@pytest.mark.parametrize(
    ("goal", "args", "values"),
    [
        ("What is owed after 10, 20 and 30 years?", {"years": 10}, [10, 20, 30]),
        ("What is owed after 10, 20 and 30 years?", {"years": 20}, [20, 10, 30]),
        ("What is owed at 4%, 5% or 6%?", {"years": 0.04}, [0.04, 0.05, 0.06]),
        ("What is owed after 5,10 and 20 years?", {"years": 5}, [5, 10, 20]),
        ("10年、20年和30年后是多少？", {"years": 10}, [10]),
        ("分别算出10、20和30年的结果", {"years": 10}, [10, 20, 30]),
        ("Is a triangle with sides 3, 4 and 5 right?", {"sides": [3, 4, 5]}, []),
        ("What is the mean of 3, 4 and 5?", {"a": 3, "b": 4, "years": 5}, [5]),
        ("What do 400,000 and 3 loans cost?", {"years": 7}, [7]),
    ],
)
def test_a_list_of_numbers_of_which_a_call_holds_one_is_a_call_for_each(goal, args, values):
    found = listed_out([{"name": "owed", "args": args}], goal)
    assert [one["args"]["years"] for one in found if "years" in one["args"]] == values
    assert len(found) == max(len(values), 1)


def test_calls_that_hold_every_number_of_a_list_stay_as_they_are():
    each = [{"name": "owed", "args": {"years": n, "rate": r}} for n in (10, 20) for r in (4, 5)]
    assert listed_out(each, "At 4 and 5 percent, after 10 and 20 years?") == each
    more = listed_out(each[:2], "At 4 and 5 percent, after 10 and 20 years?")
    assert more == each
