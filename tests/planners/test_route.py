"""Route: one way after another, until there is evidence or nothing is left."""

from dataclasses import replace

import pytest

from cogitate import Agent, Route, ScriptedModel, shipped_tools, tool
from cogitate.planners.route import SHUT, open_ways
from cogitate.planners.tool_gates import surely_meant, tools_weight
from cogitate.runs.context import within
from cogitate.runs.events import Judged, Planned
from cogitate.tools.survey import survey
from cogitate.values import Task

YES, NO = {"choice": "yes"}, {"choice": "no"}
SHIPPED = tuple(item.name for item in shipped_tools())


@tool(effect="read")
def shelf(part: str) -> str:
    """Return the shelf on which a part lies.

    Args:
        part: the part's name.
    """
    return f"{part}: shelf 4711"


@pytest.fixture
def folder(tmp_path):
    tmp_path /= "mine"  # the runs of the test lie beside it
    tmp_path.mkdir()
    (tmp_path / "sales.csv").write_text("city,amount\nOslo,120.5\nLyon,80\n")
    (tmp_path / "notes.md").write_text("The alarm code of the warehouse is 7731.\n")
    return tmp_path


def task(goal, folder=None, tools=SHIPPED, **more):
    return Task(
        goal=goal, tools=tools, survey=None if folder is None else survey(folder, goal), **more
    )


def asked(model):
    """Return the yes-or-no and other choices that the model was asked for, by their options."""
    fields = [s.schema.model_json_schema()["properties"] for s in model.seen]
    return [sorted(f["choice"]["enum"]) if "choice" in f else None for f in fields]


async def test_without_tools_only_words_are_left_and_no_model_is_asked():
    model = ScriptedModel(replies=[])
    assert await Route(model)(Task(goal="Hello there")) == [
        {"way": "reply", "goal": "Hello there", "why": "what speaks for each way: reply +0.0"}
    ]


def test_ways_need_their_tool_and_their_evidence(folder):
    goal = "What is in there?"
    assert open_ways(task(goal), own=False) == ["compute", "web", "reply"]
    full = task(goal, folder)
    assert open_ways(full, own=True) == ["compute", "tables", "read", "web", "tools", "reply"]
    assert "read" not in open_ways(replace(full, tools=("python",)), own=False)


async def test_the_way_with_the_most_for_it_is_taken(folder):
    model = ScriptedModel(replies=[{"choice": "tables"}, YES, NO])
    steps = await Route(model)(task("Which city has the highest amount?", folder))
    assert [s["way"] for s in steps] == ["tables"]
    model.assert_finished()


async def test_a_way_whose_gate_is_shut_is_not_taken_though_the_model_wants_it(folder):
    model = ScriptedModel(replies=[{"choice": "tables"}, NO, NO])
    steps = await Route(model)(task("Which city has the highest amount?", folder))
    assert steps[0]["way"] != "tables"


async def test_ways_that_were_tried_are_not_offered_again(folder):
    goal = "What is the alarm code of the warehouse?"
    model = ScriptedModel(replies=[{"choice": "read"}, YES, NO, NO])
    given = task(goal, folder, tried=("compute",))
    steps = await Route(model, [shelf])(replace(given, tools=(*given.tools, "shelf")))
    assert steps[0]["way"] != "compute"
    assert all("compute" not in options for options in asked(model) if options)


async def test_nothing_is_left_when_all_ways_were_tried():
    model = ScriptedModel(replies=[])
    every = ("compute", "tables", "read", "web", "tools")
    assert await Route(model)(task("What is it?", tried=every)) == []


async def test_a_failed_search_for_a_place_is_not_tried_otherwise(folder):
    model = ScriptedModel(replies=[])
    given = task("Which file mentions unicorns?", folder, tried=("read",))
    assert await Route(model)(given) == []


async def test_a_question_for_a_place_is_read_without_asking_the_model(folder):
    model = ScriptedModel(replies=[])
    steps = await Route(model)(task("Which file mentions the alarm code?", folder))
    assert [s["way"] for s in steps] == ["read"]


async def test_own_tools_are_a_way_when_their_gate_opens():
    model = ScriptedModel(replies=[{"choice": "tools"}, YES])
    steps = await Route(model, [shelf])(Task(goal="Where are the bolts?", tools=("shelf",)))
    assert [s["way"] for s in steps] == ["tools"]


PARTS = [
    "1. Which file mentions the shelf? 2. Who sold the most?",
    "Which region sold the most, and then convert that to dollars.",
    "East地区的总销售额是多少？然后除以12。",
    "Who keeps the stock? Which file mentions the contract of the farm?",
]


@pytest.mark.parametrize("goal", PARTS)
async def test_a_goal_of_several_parts_is_planned(folder, goal):
    model = ScriptedModel(replies=[])
    steps = await Route(model)(task(goal, folder, tools=("query_tables", "search_files")))
    assert [(s["way"], s["goal"]) for s in steps] == [("plan", goal)]


async def test_a_question_with_its_own_follow_up_is_one_question(folder):
    model = ScriptedModel(replies=[{"choice": "tables"}, YES])
    goal = "Which region sold the most, and how much was sold?"
    steps = await Route(model)(task(goal, folder, tools=("query_tables", "search_files")))
    assert [s["way"] for s in steps] == ["tables"]


async def test_a_task_that_was_handed_on_is_not_cut_again(folder):
    model = ScriptedModel(replies=[{"choice": "tables"}, YES, YES])
    with within("task-1"):
        steps = await Route(model)(task(PARTS[0], folder, tools=("query_tables", "search_files")))
    assert "plan" not in [s["way"] for s in steps]


async def test_a_way_without_evidence_falls_through_to_the_next_one(folder):
    replies = [
        # tables first; its query finds nothing, and the model has no other one
        *({"choice": "tables"}, YES, NO),
        *["```sql\nSELECT city FROM sales WHERE city = 'Nowhere'\n```"] * 2,
        # then read, which finds the line
        *({"choice": "read"}, NO),
        *(YES, YES),
        "The alarm code is 7731.",
    ]
    model = ScriptedModel(replies=replies)
    tools = [t for t in shipped_tools() if t.name != "web_search"]
    made = Agent(model=model, tools=tools, folder=folder)
    events = [e async for e in made.stream("What is the highest alarm code of the warehouse?")]
    ways = [e.steps[0]["way"] for e in events if isinstance(e, Planned)]
    assert ways == ["tables", "read"]
    assert [e.accepted for e in events if isinstance(e, Judged)] == [False, True]
    assert events[-1].result.ok
    assert "7731" in events[-1].result.answer and "notes.md" in events[-1].result.answer


async def test_a_run_in_which_every_way_is_shut_ends_without_evidence(folder):
    # It is searched for in Chinese as well; of the lines nearest in meaning none says it.
    model = ScriptedModel(replies=["哪个文件提到独角兽？", *[NO] * 6])
    made = Agent(model=model, tools=shipped_tools(), folder=folder)
    result = await made.arun("Which file mentions unicorns?")
    assert result.stopped == "no_evidence"
    assert "I found nothing" in result.answer


async def test_a_numbered_list_is_planned_without_asking_what_can_be_computed(folder):
    model = ScriptedModel(replies=[])
    goal = "1. Which city sold most? 2. What is 17 times 23? 3. What is the alarm code?"
    steps = await Route(model)(task(goal, folder))
    assert [(step["way"], step["goal"]) for step in steps] == [("plan", goal)]
    assert not model.seen


async def test_what_is_known_besides_does_not_keep_a_goal_from_being_computed():
    model = ScriptedModel(replies=[{"choice": "compute"}, YES])
    known = ("2025-03-05: Returned tins go on the blue shelf.",)
    steps = await Route(model)(task("What is 17 times 23?", notes=known, tools=("python",)))
    assert steps[0]["way"] == "compute"
    assert model.seen[-1].messages[-1].text == "What is 17 times 23?"
    model.assert_finished()


async def test_what_lacks_a_number_may_be_computed_with_what_is_known():
    model = ScriptedModel(replies=[{"choice": "compute"}, NO, YES])
    known = ("2025-03-05: The hall costs 240 euros a month.",)
    goal = "What does the hall cost in a year?"
    steps = await Route(model)(task(goal, notes=known, tools=("python",)))
    assert steps[0]["way"] == "compute"
    told = model.seen[-1].messages[-1].text
    assert told == f"The hall costs 240 euros a month. {goal}"
    model.assert_finished()


@pytest.mark.parametrize(
    ("fits", "computes", "meant"),
    [(4.5, -0.6, True), (3.3, 0.9, True), (1.8, 0.7, False), (2.3, 1.8, False), (1.4, 2.7, False)],
)
def test_where_a_goal_could_be_computed_a_tool_is_surely_meant_only_by_a_much_surer_gate(
    fits, computes, meant
):
    assert surely_meant(fits, computes) == meant
    assert tools_weight(fits) > SHUT["tools"]  # a run of its own may try it all the same


def test_a_tool_that_does_not_fit_is_left_out_whatever_else_there_is():
    assert tools_weight(-2.0) <= SHUT["tools"]
    assert not surely_meant(-2.0, -3.0)


async def test_a_goal_that_could_not_be_computed_may_still_be_one_for_a_tool():
    goal = "On which shelf are 3 of the 7 bolts?"
    made = task(goal, tools=("python", "shelf"), tried=("compute",))
    model = ScriptedModel(replies=[{"choice": "tools"}, YES, YES])
    steps = await Route(model, tools=[shelf])(made)
    assert [step["way"] for step in steps] == ["tools"]
    model.assert_finished()
