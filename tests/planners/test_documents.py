"""documents: passages of real indexed files, quoted, worded, checked and cited."""

import os

import pytest

from cogitate import Agent, ScriptedModel, Step
from cogitate.memory.documents import index
from cogitate.memory.documents.library import Library
from cogitate.memory.stream import MemoryStream
from cogitate.planners import ways
from cogitate.planners.ways.documents import documents, meant, sentences, telling
from cogitate.runs.events import ToolCalled
from cogitate.tools.retrieve import retrieve_tool

YES, NO = {"choice": "yes"}, {"choice": "no"}


@pytest.fixture
async def library(tmp_path):
    place = tmp_path / "files"
    place.mkdir()
    (place / "thornby.md").write_text(
        "# Thornby pumping station\n\n## Noise\n\nThe roof was tarred again. At the nearest\n"
        "garden fence 33 decibels were measured at night. Visitors wear boots.\n"
    )
    (place / "redgrave.md").write_text(
        "# Redgrave pumping station\n\n## Noise\n\nAt the garden fence 47 decibels were measured.\n"
    )
    (place / "茶园.txt").write_text(
        "半月田茶园年度小结\n\n杀青时锅温控制在164度，由老师傅凭手感判断。\n", encoding="utf-8"
    )
    for path in place.iterdir():
        os.utime(path, (1_700_000_000, 1_700_000_000))
    async with MemoryStream(tmp_path / "memory.db", embeddings="hashed") as stream:
        await index(place, stream)
        yield Library(stream, root=place)


@pytest.fixture(autouse=True)
def _known(monkeypatch):
    monkeypatch.setitem(ways.WAYS, "documents", documents)


async def plan(task):
    return [] if task.tried else [Step(way="documents", goal=task.goal)]


def agent(library, *replies):
    model = ScriptedModel(replies=replies)
    return Agent(model=model, tools=[retrieve_tool(library, k=1)], planner=plan)


QUOTED = "At the nearest garden fence 33 decibels were measured at night."


async def test_an_answer_is_cited_with_file_and_lines(library):
    made = agent(library, QUOTED, YES, "At Thornby 33 decibels were measured at night.")
    result = await made.arun("How loud is Thornby at night?")
    assert result.ok
    assert result.answer == (
        "At Thornby 33 decibels were measured at night [1].\nSources:\n[1] thornby.md, lines 1-6"
    )


async def test_words_that_the_passage_does_not_say_give_way_to_its_own(library):
    made = agent(library, QUOTED, YES, "The pumps of Thornby are painted green every summer.")
    result = await made.arun("How loud is Thornby at night?")
    assert result.answer.startswith(f"{QUOTED} [1]\n")


async def test_a_chinese_goal_is_answered_and_cited_in_chinese(library):
    copied = "杀青时锅温控制在164度，由老师傅凭手感判断。"
    made = agent(library, copied, YES, "半月田杀青时锅温是164度。")
    result = await made.arun("半月田炒茶的锅温是多少？")
    assert result.ok
    assert result.answer.split("\n")[:2] == ["半月田杀青时锅温是164度 [1]。", "来源："]
    assert "茶园.txt，第 1" in result.answer


async def test_in_vain_the_goal_is_translated_once_and_then_there_is_no_evidence(library):
    made = agent(library, "NONE", "桑比有多吵？", "NONE")
    events = [e async for e in made.stream("How old is the oak of Thornby?")]
    asked = [e.args["query"] for e in events if isinstance(e, ToolCalled)]
    assert asked == ["How old is the oak of Thornby?", "桑比有多吵？"]
    assert events[-1].result.stopped == "no_evidence"
    made.model.assert_finished()


async def test_a_sentence_that_does_not_answer_is_not_taken(library):
    made = agent(library, QUOTED, NO, "桑比的橡树几岁？", "NONE")
    result = await made.arun("How old is the oak of Thornby?")
    assert result.stopped == "no_evidence"


def test_what_was_copied_is_found_as_it_stands_in_the_text():
    text = "Money\n\nBen keeps\nthe budget for it. The tea is free.\nDELAY = 3\n"
    assert meant("Ben keeps the budget.", text) == "Ben keeps the budget for it."
    assert meant("DELAY = 3", text) == "DELAY = 3"
    assert meant("NONE", text) == ""
    assert meant("Anna paints the stand in red.", text) == ""
    assert meant("Money", text) == ""


def test_wrapped_lines_are_joined_and_lines_are_offered_too():
    assert sentences("杀青时锅温\n控制在164度。") == [
        "杀青时锅温控制在164度。",
        "杀青时锅温",
        "控制在164度。",
    ]


def test_the_row_that_alone_has_a_word_of_the_goal_is_found_in_tables_only():
    rows = "part: bolt; in stock: 5\npart: coupling; in stock: 567\npart: nut; in stock: 8"
    table = {"path": "stock Pinewood.csv", "title": "stock Pinewood", "section": "", "text": rows}
    goal = "How many pieces of the coupling are left in the Pinewood store?"
    assert telling(goal, table) == "part: coupling; in stock: 567"
    assert telling("How many are left in stock?", table) == ""
    assert telling(goal, {**table, "text": "A coupling is old.\nThe nut is new."}) == ""
