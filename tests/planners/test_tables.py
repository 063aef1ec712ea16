"""tables: one query over a real file, mended where it fails, and a sentence that is checked."""

import pytest

from cogitate import Agent, ScriptedModel, Step, shipped_tools
from cogitate.planners.ways.tables import quoted, table_list
from cogitate.runs.events import Observed, ToolCalled
from cogitate.tools.survey import survey

YES, NO = {"choice": "yes"}, {"choice": "no"}
BEST = "SELECT city, SUM(amount) AS total FROM sales GROUP BY city ORDER BY total DESC LIMIT 1"
GOAL = "Which city has the highest total amount?"


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "mine"
    place.mkdir()
    rows = ["city,amount", "Oslo,120.5", "Lyon,80", "Oslo,41", "Lyon,99.25"]
    (place / "sales.csv").write_text("\n".join(rows) + "\n")
    return place


async def plan(task):
    return [] if task.tried else [Step(way="tables", goal=task.goal)]


def agent(folder, *replies):
    model = ScriptedModel(replies=replies)
    return Agent(model=model, tools=shipped_tools(), planner=plan, folder=folder)


def fenced(sql):
    return f"```sql\n{sql}\n```"


async def test_a_query_gives_the_answer(folder):
    made = agent(folder, fenced(BEST), YES, "Lyon has the highest total, 179.25.")
    events = [e async for e in made.stream(GOAL)]
    assert events[-1].result.ok
    assert events[-1].result.answer == "Lyon has the highest total, 179.25."
    assert [e.args for e in events if isinstance(e, ToolCalled)] == [{"sql": BEST}]
    made.model.assert_finished()


async def test_a_query_that_fails_is_mended_with_its_error_shown(folder):
    wrong = fenced("SELECT town FROM sales")
    made = agent(folder, wrong, fenced(BEST), YES, "Lyon has 179.25.")
    events = [e async for e in made.stream(GOAL)]
    assert [e.ok for e in events if isinstance(e, Observed)] == [False, True]
    assert events[-1].result.answer == "Lyon has 179.25."
    shown = made.model.calls[1]
    assert "town" in shown[-1].text


async def test_a_query_that_the_model_does_not_stand_by_is_no_evidence(folder):
    result = await agent(folder, fenced(BEST), NO).arun("Who is the manager of the highest city?")
    assert result.stopped == "no_evidence"


async def test_queries_without_rows_are_no_evidence(folder):
    empty = [fenced(f"SELECT city FROM sales WHERE city = '{c}'") for c in ("A", "B")]
    result = await agent(folder, *empty).arun(GOAL)
    assert result.stopped == "no_evidence"
    assert not result.ok


async def test_a_sentence_that_changes_the_figure_is_replaced_by_the_row(folder):
    result = await agent(folder, fenced(BEST), YES, "Lyon has 197.25.").arun(GOAL)
    assert "179.25" in result.answer and "197.25" not in result.answer


async def test_without_a_table_there_is_no_evidence(tmp_path):
    place = tmp_path / "empty"
    place.mkdir()
    result = await agent(place).arun(GOAL)
    assert result.stopped == "no_evidence"
    assert "no table" in result.answer


async def test_the_model_is_shown_the_tables_with_their_columns(folder):
    made = agent(folder, fenced(BEST), YES, "Lyon has 179.25.")
    await made.arun(GOAL)
    shown = made.model.calls[0][-1].text
    assert all(word in shown for word in ("sales", "city", "amount", "Oslo"))
    assert table_list(survey(folder, GOAL)) == "sales(city, amount)"


def test_a_name_that_is_no_plain_word_is_quoted():
    assert [quoted(n) for n in ("city", "unit price", "城市", "2nd")] == [
        "city",
        '"unit price"',
        "城市",
        '"2nd"',
    ]
