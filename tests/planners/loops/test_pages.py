"""Files as results: which goals ask for one, what the page may say, and that it is written once."""

import pytest

from cogitate import Agent, ScriptedModel, shipped_tools, tool
from cogitate.planners.base import Turn
from cogitate.planners.loops.autogpt import AutoGpt
from cogitate.planners.loops.babyagi import BabyAgi
from cogitate.planners.loops.pages import page_of, wanted_file
from cogitate.planners.outputs import only_saves
from cogitate.planners.ways.saying import call
from cogitate.runs.context import task_of
from cogitate.runs.events import ToolCalled
from cogitate.values import Survey, Task

YES = {"choice": "yes"}


@tool(effect="read")
def look(thing: str) -> str:
    """Look at a thing.

    Args:
        thing: what is looked at.
    """
    return f"{thing.rstrip('?')} is number {len(thing) + 1000}."


def turn_of(goal, tools=None, files=()):
    listed = [{"path": path, "kind": "text", "size": 1} for path in files]
    survey = Survey(files=listed, tables=[], hits=[]) if files else None
    tools = shipped_tools(["write_file"]) if tools is None else tools
    return Turn(task=Task(goal=goal, survey=survey), model=None, tools=tools, messages=[])


@pytest.mark.parametrize(
    ("goal", "name"),
    [
        ("Compare both vans and save it to vans.md.", "vans.md"),
        ("Write the three prices into prices.txt", "prices.txt"),
        ("Write a one-page comparison of json and csv", "page.md"),
        ("查出两个仓库的库存，写入 库存.md", "库存.md"),
        ("写一份关于库存的报告", "report.md"),
        ("Write a report called ../../etc/report.md", "report.md"),
        ("What does notes.md say of the vans?", ""),
        ("Write a haiku", ""),
        ("How many pages does the report have?", ""),
    ],
)
def test_a_goal_names_the_file_that_it_wants(goal, name):
    assert wanted_file(turn_of(goal)) == name


def test_a_file_that_is_there_is_no_file_to_be_written():
    assert wanted_file(turn_of("Make a table of the sales in sales.md", files=["sales.md"])) == ""


def test_without_the_tool_no_file_is_wanted():
    assert wanted_file(turn_of("Save it to vans.md", tools=[look])) == ""


@pytest.mark.parametrize(
    ("part", "alone"),
    [
        ("Write the results to vans.md.", True),
        ("Finally save everything in vans.md", True),
        ("把结果写入 库存.md", True),
        ("Write the price of the red van to vans.md.", False),
        ("What does the red van carry?", False),
    ],
)
def test_a_part_that_only_saves_is_no_task(part, alone):
    assert only_saves(part) is alone


FINDINGS = [("What does the red van carry?", "It carries 900 kg."), ("The blue one?", "1,150 kg.")]


def test_a_page_says_only_what_findings_hold_and_where_each_line_is_from():
    said = "# Vans\n- The red van carries 900 kg.\n- The red van costs 12,000 euros.\nSo it goes."
    page = page_of(said, "Compare the vans", FINDINGS)
    assert "- The red van carries 900 kg. [1]" in page
    assert "12,000" not in page and "So it goes" not in page
    assert page.startswith("# Vans\n") and "2. The blue one? 1,150 kg." in page


def test_a_sentence_that_says_more_than_the_findings_is_left_out_of_its_line():
    said = "# Vans\n- The red van carries 900 kg. It is quick, quiet and easy to park."
    assert "- The red van carries 900 kg. [1]\n" in page_of(said, "Compare the vans", FINDINGS)
    said = "# 车\n- 红色的车能装900公斤。它又快又安静，停车也容易。"
    page = page_of(said, "比较两辆车", [("红色的车能装多少？", "红色的车能装900公斤。")])
    assert "- 红色的车能装900公斤。 [1]\n" in page and "停车" not in page


def test_a_page_without_a_single_sound_line_still_holds_the_findings():
    page = page_of("", "比较两辆车", FINDINGS)
    assert page.startswith("# 比较两辆车") and "## 依据" in page and "900 kg" in page


async def test_babyagi_writes_the_file_that_the_objective_asks_for():
    async def way(turn):
        if not task_of():
            return await BabyAgi()(turn)
        return turn.good[-1].text if turn.good else call("look", thing=turn.task.goal)

    goal = "Look at the cup and the plate and write what you find to found.md."
    parts = {"parts": ["The cup?", "The plate?", "Write the results to found.md."]}
    replies = [
        parts,
        YES,
        "The cup? is 1008, the plate? 1010.",
        "# Found\n- The cup is number 1008.",
    ]
    model = ScriptedModel(replies=replies)
    tools = [look, *shipped_tools(["write_file"])]
    agent = Agent(model=model, tools=tools, executor=way)
    events = [event async for event in agent.stream(goal)]
    result = events[-1].result
    wrote = [e.args for e in events if isinstance(e, ToolCalled) and e.tool == "write_file"]
    assert [one["path"] for one in wrote] == ["found.md"] and result.stopped == "answered"
    assert len(result.artefacts) == 1
    text = wrote[0]["text"]
    assert "- The cup is number 1008. [1]" in text and "2. The plate?" in text
    assert "found.md" in result.answer
    model.assert_finished()


async def test_autogpt_writes_the_file_when_every_goal_is_ticked():
    async def way(turn):
        if not task_of():
            return await AutoGpt()(turn)
        return turn.good[-1].text if turn.good else call("look", thing=turn.task.goal)

    replies = [
        {"parts": ["The cup?", "The plate?"]},
        *[{"choice": "1"}, {"question": "The cup?"}, YES],
        *[{"choice": "1"}, {"question": "The plate?"}, YES],
        "The cup? is 1008, the plate? 1010.",
        "# Found\n- The cup is number 1008.",
    ]
    model = ScriptedModel(replies=replies)
    agent = Agent(model=model, tools=[look, *shipped_tools(["write_file"])], executor=way)
    events = [event async for event in agent.stream("Look around and save it to found.md.")]
    wrote = [e.args for e in events if isinstance(e, ToolCalled) and e.tool == "write_file"]
    assert [one["path"] for one in wrote] == ["found.md"]
    assert "- The cup is number 1008. [1]" in wrote[0]["text"]
    assert events[-1].result.stopped == "answered" and "found.md" in events[-1].result.answer
    model.assert_finished()
