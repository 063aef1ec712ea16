"""Self-consistency as the first of two ways: where too few chains agree, the next one follows."""

from cogitate import Agent, ScriptedModel
from cogitate.llm.scripted import call
from cogitate.planners.thoughts import thinking
from cogitate.tools.pages import page_tools

QUESTION = "From which class does the error of json derive?"
PAGES = {"json": "The error of json derives from ValueError."}


def chains(*answers):
    return [f"It is written there.\nAnswer: {answer}" for answer in answers]


async def test_chains_that_agree_answer_at_once():
    model = ScriptedModel(replies=chains("ValueError", "ValueError", "ValueError", "OSError", "x"))
    made = Agent(model=model, tools=page_tools(PAGES), loop="sc-react")
    assert "ValueError" in (await made.arun(QUESTION)).answer


async def test_where_fewer_than_half_agree_react_follows():
    react = [call("search", title="json"), "It derives from ValueError."]
    model = ScriptedModel(replies=[*chains("A1", "B1", "C1", "D1", "E1"), *react])
    made = Agent(model=model, tools=page_tools(PAGES), loop="sc-react")
    assert (await made.arun(QUESTION)).answer == "It derives from ValueError."
    model.assert_finished()


async def test_where_react_finds_nothing_the_majority_is_taken():
    react = [call("search", title="nowhere"), "It derives from TypeError."]
    model = ScriptedModel(replies=[*react, *chains("ValueError", "ValueError", "A", "B", "C")])
    made = Agent(model=model, tools=page_tools(PAGES), loop="react-sc")
    assert "ValueError" in (await made.arun(QUESTION)).answer


async def test_without_agreement_asked_for_the_first_of_a_tie_is_taken():
    model = ScriptedModel(replies=chains("A1", "B1", "C1", "D1", "E1"))
    result = await Agent(model=model, executor=thinking("sc")).arun("Which letter?")
    assert result.ok
