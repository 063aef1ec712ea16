"""react and tools: which tools are open, and what is taken for an answer."""

import pytest
from langchain_core.messages import AIMessage, ToolMessage

from cogitate import Agent, ScriptedModel, Step, tool
from cogitate.llm.scripted import call
from cogitate.planners.base import Turn
from cogitate.planners.ways import results
from cogitate.planners.ways.react import React, own_tools
from cogitate.planners.ways.saying import is_chinese
from cogitate.runs.events import Asked, ToolCalled
from cogitate.tools.shipped import shipped_tools
from cogitate.values import Task


@tool(effect="read")
def shelf(part: str) -> str:
    """Return the shelf on which a part lies.

    Args:
        part: the part's name.
    """
    return f"{part}: shelf 4711"


EVERY = (shelf, *shipped_tools())


async def plan(task):
    return [] if task.tried else [Step(way="tools", goal=task.goal)]


def agent(*replies, tools=EVERY):
    return Agent(model=ScriptedModel(replies=replies), tools=tools, planner=plan)


def test_shipped_tools_are_not_the_persons_own():
    assert own_tools([shelf, *shipped_tools()]) == [shelf]


async def test_the_tools_way_offers_the_persons_own_tools_only():
    made = agent(call("shelf", part="bolts"), "They lie on shelf 4711.")
    result = await made.arun("Where are the bolts?")
    assert result.answer == "They lie on shelf 4711."
    assert {seen.tools for seen in made.model.seen} == {("shelf",)}


async def test_without_own_tools_the_way_is_no_evidence():
    made = agent(tools=tuple(shipped_tools()))
    result = await made.arun("Where are the bolts?")
    assert result.stopped == "no_evidence"
    assert made.model.seen == ()


async def test_a_first_call_with_values_from_nowhere_is_not_made():
    made = agent(*[call("shelf", part="9876")] * 2)
    result = await made.arun("Where are the bolts?")
    assert result.stopped == "no_evidence"
    assert "9876" in result.answer


@tool(effect="read")
def payment(loan: float, rate: float, years: int = 1, place: str = "") -> str:
    """Return what is paid.

    Args:
        loan: what is lent.
        rate: interest of a year, as a decimal.
        years: how long; the default is 10.
        place: city and country.
    """
    return f"{loan * rate:.2f} a year, {years} years"


@pytest.mark.parametrize(
    ("goal", "args", "sent"),
    [
        ("What do I pay for 500 at 3%?", {"loan": 500, "rate": 3}, {"loan": 500, "rate": 0.03}),
        ("Pay for 500 at 0.03?", {"loan": 500, "rate": 0.03, "years": 10}, None),
        ("Pay for 500 at 0.03?", {"loan": 500, "rate": 0.03, "years": 11}, "11"),
        ("Pay 2 pi at 0.03?", {"loan": 6.2832, "rate": 0.03}, None),
        ("Pay 500 at 0.03 in Lima", {"loan": 500, "rate": 0.03, "place": "Lima, Peru"}, None),
        ("在利马为500付多少？", {"loan": 500, "rate": 0.03, "place": "Lima, Peru"}, "0.03"),
        ("在利马按3%为500付多少？", {"loan": 500, "rate": 0.03, "place": "Lima, Peru"}, None),
        ("Pay 500 at 0.03", {"loan": 500, "rate": 0.03, "place": "Old Lima, Peru"}, "Lima"),
    ],
)
async def test_values_are_given_as_the_tool_wants_them_and_none_is_made_up(goal, args, sent):
    made = agent(*[call("payment", **args)] * 2, "It is so.", tools=(payment,))
    events = [event async for event in made.stream(goal)]
    called = [event.args for event in events if isinstance(event, ToolCalled)]
    if isinstance(sent, str):
        assert called == [] and sent in events[-1].result.answer
    else:
        assert called == [sent or args]


@pytest.mark.model
async def test_a_small_model_gives_a_percentage_as_the_tool_wants_it(small_model):
    @tool(effect="read")
    def interest(loan: float, rate: float) -> str:
        """Return the interest of a year.

        Args:
            loan: what is lent.
            rate: of a year, as a decimal.
        """
        return f"{loan * rate:.2f}"

    made = Agent(model=small_model, tools=(interest,), planner=plan)
    events = [event async for event in made.stream("What is the interest of 500 at 3%?")]
    assert [e.args for e in events if isinstance(e, ToolCalled)] == [{"loan": 500, "rate": 0.03}]
    assert "15" in events[-1].result.answer


@tool(effect="once")
def lock(door: str) -> str:
    """Lock a door.

    Args:
        door: its name.
    """
    return "ok"


async def refused(model, goal, name, args, *texts, result=""):
    """Return whether an answer to a goal is turned down after calls and their results."""
    messages = []
    for at, text in enumerate(texts or [result]):
        messages.append(AIMessage("", tool_calls=[{"name": name, "args": args, "id": str(at)}]))
        messages.append(ToolMessage(text, name=name, tool_call_id=str(at)))
    turn = Turn(task=Task(goal=goal), model=model, tools=[*EVERY, lock], messages=messages)
    return await results.says_nothing(turn)


@pytest.mark.model
async def test_no_answer_is_given_where_no_result_says_it(monkeypatch, small_model):
    """The odds are those that a 1.5B gave, and for the last case a 0.5B."""
    odds = {"4711": 1.15, "1 + 1": -4.8, "13.5": -0.7, "20.25": -0.5}

    async def holds(model, text, goal):
        found = [value for key, value in odds.items() if key in text]
        return found[0] if len(found) == 1 else 1.8

    monkeypatch.setattr(results, "holds", holds)
    where = "Where are the bolts?"
    found = {"name": "shelf", "args": {"part": "bolts"}, "result": "bolts: shelf 4711"}
    reckoned = {"name": "calculate", "args": {"expression": "1 + 1"}, "result": "2"}
    assert not await refused(small_model, where, **found)
    assert await refused(small_model, where, **reckoned)
    assert await refused(small_model, where, "shelf", {}, "13.5")
    assert not await refused(small_model, where, "shelf", {}, "13.5", "20.25")
    assert not await refused(small_model, where, "shelf", {}, "1 + 1 " * 200)
    assert not await refused(small_model, "Lock the back door.", "lock", {}, "1 + 1")
    odds["1 + 1"] = -1.9
    assert not await refused(small_model, where, **reckoned)


@pytest.mark.model
async def test_the_answer_of_a_model_that_cannot_judge_is_let_through(small_model):
    found = ("shelf", {"part": "bolts"}, "bolts: shelf 4711")
    assert not await refused(small_model, "Where are the bolts?", *found)


@pytest.mark.model
async def test_a_small_model_answers_in_the_goal_s_language(small_model):
    @tool(effect="read")
    def tables(hour: int) -> str:
        """返回某个钟点还有几张空桌。"""
        return "3 tables are free"

    result = await Agent(model=small_model, tools=(tables,), planner=plan).arun(
        "20点还有几张空桌？"
    )
    assert result.ok and "3" in result.answer and is_chinese(result.answer)


@tool(effect="read")
def price(city: str) -> str:
    """Return the price of a parcel.

    Args:
        city: Faro or Porto.
    """
    return {"Faro": "15.0", "Porto": "8.7"}[city]


async def test_code_subtracts_two_results_where_their_difference_is_asked_for():
    said = "Faro is 6.3 dearer than Porto."
    made = agent(call("price", city="Faro"), call("price", city="Porto"), said, tools=[price])
    result = await made.arun("How much dearer is a parcel to Faro than one to Porto?")
    assert result.answer == said
    shown = [seen.messages[-1].text for seen in made.model.seen]
    assert shown[-1] == "The difference between the two results is 6.3."
    assert "difference between" not in shown[1]  # one figure is no difference


@tool
def mass(thing: str) -> str:
    """Return what a thing weighs.

    Args:
        thing: crate or stamp.
    """
    return {"crate": "5 kg", "stamp": "3 g"}[thing]


async def test_results_in_two_units_are_not_subtracted():
    made = agent(call("mass", thing="crate"), call("mass", thing="stamp"), "It is.", tools=[mass])
    await made.arun("How much heavier is the crate than the stamp?")
    assert "difference between" not in made.model.seen[-1].messages[-1].text


async def test_words_without_a_call_are_no_answer_of_the_tools_way():
    result = await agent("Somewhere.").arun("Where are the bolts?")
    assert result.stopped == "no_evidence"


async def thought_over(*replies, person):
    """Run react with thoughts that a person may replace; return the calls and the model."""
    model = ScriptedModel(replies=replies)
    said = iter(person)

    async def ask(question: str) -> str:
        return next(said)

    made = Agent(model=model, tools=[shelf], executor=React(edits=True))
    events = [event async for event in made.stream("Where are the bolts?", ask=ask)]
    calls = [event.args for event in events if isinstance(event, ToolCalled)]
    return calls, model, events


def thinking(text, part):
    return AIMessage(text, tool_calls=call("shelf", part=part).tool_calls)


async def test_a_thought_that_a_person_replaces_leads_to_another_call():
    replies = [thinking("I look for nuts.", "nuts"), thinking("Bolts.", "bolts"), "On shelf 4711."]
    calls, model, events = await thought_over(*replies, person=["Look for the bolts.", ""])
    assert calls == [{"part": "bolts"}]
    assert "Thought: Look for the bolts." in model.calls[1][-1].text
    assert [e.reply for e in events if isinstance(e, Asked)] == ["Look for the bolts."]
    assert "Thought: Look for the bolts." in str(model.calls[2])  # it stays in the conversation


async def test_a_thought_that_a_person_keeps_costs_no_further_call():
    replies = [thinking("I look for bolts.", "bolts"), "On shelf 4711."]
    calls, model, _ = await thought_over(*replies, person=[""])
    assert calls == [{"part": "bolts"}]
    model.assert_finished()


def test_what_ships_is_known_to_the_ways():
    import importlib

    from cogitate.planners.ways.react import react
    from cogitate.tools import shipped

    known = importlib.import_module(react.__module__).SHIPPED
    assert known == set(shipped.SHIPPED) | {"recall", "retrieve"}
