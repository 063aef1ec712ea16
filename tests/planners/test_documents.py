"""documents: passages of real indexed files, quoted, worded, checked and cited."""

import os

import pytest

from cogitate import Agent, ScriptedModel, Step
from cogitate.memory.documents import index
from cogitate.memory.documents.library import Library
from cogitate.memory.stream import MemoryStream
from cogitate.planners import named
from cogitate.planners.base import Turn
from cogitate.planners.ways.documents import documents, sifted
from cogitate.runs.events import ToolCalled
from cogitate.tools.retrieve import retrieve_tool
from cogitate.values import Task

YES, NO = {"choice": "yes"}, {"choice": "no"}


@pytest.fixture
async def library(tmp_path):
    place = tmp_path / "files"
    place.mkdir()
    (place / "thornby.md").write_text(
        "# Thornby pumping station\n\n## Noise\n\nThe roof was tarred again. At the nearest\n"
        "garden fence 33 decibels were measured at night. Visitors wear boots. "
        "Never open the lid while the buzzer sounds.\n"
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
    monkeypatch.setitem(named.WAYS, "documents", documents)


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


async def test_words_that_lose_a_negation_give_way_to_the_sentence(library):
    quoted = "Never open the lid while the buzzer sounds."
    made = agent(library, quoted, YES, "Open the lid while the buzzer sounds.")
    result = await made.arun("When must the lid of the Thornby pump stay closed?")
    assert result.answer.startswith(f"{quoted} [1]\n")


async def test_what_is_said_of_another_thing_of_the_kind_is_no_answer(library):
    made = agent(library, QUOTED, YES, "诺伯里有多吵？", "NONE")
    result = await made.arun("How loud is Norbury at night?")
    assert result.stopped == "no_evidence"


def _passage(text, **fields):
    empty = {"path": "a.md", "title": "", "section": "", "text": text, "page": 0, "last_page": 0}
    place = {"line": 0, "last_line": 0, "before": "", "after": "", "score": 0.5}
    return {**empty, **place, **fields}


def _turn(goal, *replies):
    model = ScriptedModel(replies=replies)
    task = Task(goal=goal, tools=("retrieve",))
    return Turn(task=task, model=model, tools=[], messages=[])


async def test_each_sentence_is_asked_about_and_the_likeliest_once_more():
    text = "The tea is free. Ben keeps the budget. A stand costs 20 euros."
    turn = _turn("Who looks after the money?", NO, YES, NO, YES, NO, NO)
    found = await sifted(turn, [_passage(text)])
    best = max(found, key=lambda quote: quote.odds)
    assert (best.text, best.odds) == ("Ben keeps the budget.", 20.0)
    turn.model.assert_finished()


async def test_of_a_table_only_the_cells_of_the_named_row_are_asked_about():
    rows = "columns: part, bin, in stock\npart: bolt; bin: A1; in stock: 5\n"
    rows += "part: nut; bin: B2; in stock: 8"
    turn = _turn("How many nuts are left?", NO, YES, YES, NO)
    found = await sifted(turn, [_passage(rows, title="stock")])
    assert [quote.text for quote in found] == ["part: nut; in stock: 8", "part: nut; bin: B2"]
    turn.model.assert_finished()


async def test_what_is_told_of_another_thing_of_the_kind_is_not_even_asked_about():
    def hut(name, hours):
        text = f"From the valley the climb takes {hours} hours."
        return _passage(text, path=f"{name.lower()}.md", title=f"The {name} hut")

    turn = _turn("How long is the hike to the Gamsalm hut?", YES, YES)
    found = await sifted(turn, [hut("Firnblick", 4), hut("Gamsalm", 6)])
    assert [quote.text for quote in found] == ["From the valley the climb takes 6 hours."]
    turn.model.assert_finished()
