"""tables: one query over a real file, mended where it fails, and a sentence that is checked."""

import pytest

from cogitate import Agent, ScriptedModel, Step, shipped_tools
from cogitate.planners.ways.sql.copies import copied_texts, without
from cogitate.planners.ways.sql.hints import (
    as_said,
    foreign_figures,
    hints,
    joined,
    mended,
    quote,
    shared_keys,
    worked_sql,
)
from cogitate.planners.ways.tables import table_list
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


async def test_of_several_tables_that_none_holds_no_query_is_written(folder):
    for name in ("staff", "rooms"):
        (folder / f"{name}.csv").write_text("name,age\nAna,31\nBen,40\n")
    made = agent(folder, NO, NO, NO)
    result = (await made.arun("Who complained most?")).answer
    assert "no table holds what is asked" in result
    made.model.assert_finished()


async def test_days_that_were_copied_from_the_prompt_are_taken_out_of_a_query(folder):
    days = "WHERE day BETWEEN '2025-03-01' AND '2025-03-31' GROUP BY"
    made = agent(folder, fenced(BEST.replace("GROUP BY", days)), YES, "Lyon has 179.25.")
    events = [e async for e in made.stream(GOAL)]
    assert [e.args for e in events if isinstance(e, ToolCalled)] == [{"sql": BEST}]
    assert events[-1].result.answer == "Lyon has 179.25."


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
    assert [quote(n) for n in ("city", "unit price", "城市", "2nd")] == [
        "city",
        '"unit price"',
        "城市",
        '"2nd"',
    ]


def table(name, **columns):
    made = [{"name": n, "type": kind, "examples": [value]} for n, (kind, value) in columns.items()]
    return {"name": name, "file": f"{name}.csv", "columns": made, "rows": 3}


VISITS = table("visits", visit_id=("VARCHAR", "V1"), pet_id=("VARCHAR", "P1"), fee=("BIGINT", "4"))
PETS = table("pets", pet_id=("VARCHAR", "P1"), owner=("VARCHAR", "Ana"), kind=("VARCHAR", "cat"))
BILLS = table("bills", month=("VARCHAR", "2024-07"), cost=("DOUBLE", "4.5"))


def test_tables_join_by_the_key_they_share():
    assert shared_keys(VISITS, PETS) == ["pet_id"]
    assert shared_keys(VISITS, BILLS) == []
    shops = table("shops", shop=("VARCHAR", "Lane"), city=("VARCHAR", "Oslo"))
    sales = table("sales", shop=("VARCHAR", "Lane"), city=("VARCHAR", "Oslo"))
    assert shared_keys(sales, shops) == ["shop"]
    assert "visits JOIN pets USING (pet_id)" in hints([VISITS, PETS, BILLS])
    assert "month LIKE '2024%'" in hints([BILLS])


@pytest.mark.parametrize(
    ("sql", "mended"),
    [
        (
            "SELECT owner, COUNT(*) AS n FROM visits GROUP BY owner",
            "SELECT owner, COUNT(*) AS n FROM visits JOIN pets USING (pet_id) GROUP BY owner",
        ),
        ("SELECT SUM(fee) AS owner FROM visits", None),
        ("SELECT SUM(fee) FROM visits WHERE pet_id = 'owner'", None),
        ("SELECT owner FROM visits JOIN pets USING (pet_id)", None),
        ("SELECT SUM(cost) FROM bills", None),
        ("SELECT 1", None),
    ],
)
def test_a_query_gets_the_table_whose_columns_it_uses(sql, mended):
    assert joined(sql, [VISITS, PETS, BILLS]) == (mended or sql)


@pytest.mark.parametrize(
    ("goal", "word"),
    [
        ("How much higher was it in 2025 than in 2024?", "FILTER"),
        ("猫的诊费比狗的多多少？", "FILTER"),
        ("What percentage of the visits were free?", "100.0 *"),
        ("Which owner came most often?", "JOIN"),
    ],
)
def test_a_question_of_a_known_kind_is_shown_a_query_of_it(goal, word):
    assert word in "\n".join(message.text for message in worked_sql(goal, [VISITS, PETS]))
    assert worked_sql("How many bills are there?", [BILLS]) == []


@pytest.mark.parametrize(
    ("sql", "mended_sql"),
    [
        (
            "SELECT owner, COUNT(*) AS owner total FROM pets GROUP BY owner ORDER BY owner total",
            "SELECT owner, COUNT(*) AS total FROM pets GROUP BY owner ORDER BY total",
        ),
        (
            "SELECT 1 FROM stays WHERE day LIKE '2025%'",
            "SELECT 1 FROM stays WHERE year(day) = 2025",
        ),
        (
            "SELECT 1 FROM stays WHERE day LIKE '2025-06%'",
            "SELECT 1 FROM stays WHERE year(day) = 2025 AND month(day) = 6",
        ),
        ("SELECT 1 FROM bills WHERE month LIKE '2025%'", None),
        ("SELECT SUM(units * sales) AS money FROM pets", "SELECT SUM(sales) AS money FROM pets"),
        ('SELECT SUM(p."金额" * p."数量") FROM pets AS p', 'SELECT SUM(p."金额") FROM pets AS p'),
        ("SELECT SUM(total_price*qty) FROM pets", "SELECT SUM(total_price) FROM pets"),
        ("SELECT SUM(total_units * price) FROM pets", None),
        ("SELECT SUM(units * sales_price) FROM pets", None),
        ("SELECT SUM(quantity * unit_total) FROM pets", None),
        ("SELECT SUM(units * price) FROM pets", None),
        ("SELECT kind, COUNT(*) AS n FROM pets GROUP BY kind", None),
    ],
)
def test_usual_mistakes_of_a_query_are_mended(sql, mended_sql):
    stays = table("stays", day=("DATE", "2025-01-02"), nights=("BIGINT", "3"))
    assert mended(sql, [PETS, BILLS, stays]) == (mended_sql or sql)


@pytest.mark.parametrize(
    ("sql", "goal", "foreign"),
    [
        ("SELECT 1 FROM t WHERE year(d) = 2023", "What was sold in May?", ["2023"]),
        ("SELECT 1 FROM t WHERE d >= '2025-06-01' AND d <= '2025-06-30'", "June 2025?", []),
        ("SELECT ROUND(100.0 * SUM(a) / SUM(b), 2) FROM t", "What percentage?", []),
        ("SELECT 1 FROM t WHERE price > 250", "价格高于二百五十的有几种？", []),
    ],
)
def test_figures_of_a_query_come_from_the_goal(sql, goal, foreign):
    assert foreign_figures(sql, goal) == foreign


def test_a_text_is_written_as_the_goal_writes_it():
    sql = "SELECT COUNT(*) FROM pets WHERE city = 'Portugal' AND kind = 'cat'"
    assert as_said(sql, "住在 Porto 的猫有几只？") == sql.replace("Portugal", "Porto")
    assert as_said(sql, "How many cats live in Portugal?") == sql
    assert as_said(sql, "Which owner is Ines?") == sql


async def test_a_count_of_nothing_for_a_text_is_no_evidence(folder):
    none = [fenced(f"SELECT COUNT(*) FROM sales WHERE city = '{c}'") for c in ("Paris", "Rome")]
    result = await agent(folder, *none).arun("How many sales are there of the small shop?")
    assert result.stopped == "no_evidence"


@pytest.mark.parametrize(
    ("sql", "left"),
    [
        (
            "SELECT SUM(fee) FROM visits WHERE kind IN ('dog') AND owner IN ('Ana', 'Ben')",
            "SELECT SUM(fee) FROM visits WHERE kind IN ('dog')",
        ),
        (
            "SELECT day FROM visits WHERE kind = 'dog' AND \"paid by\" = 'Ana' ORDER BY fee",
            "SELECT day FROM visits WHERE kind = 'dog' ORDER BY fee",
        ),
        ("SELECT SUM(fee) FROM visits WHERE owner = 'Ana'", None),
        ("SELECT SUM(fee) FROM visits WHERE fee > 3 AND owner IN ('Ana', 'Zoe')", None),
        ("SELECT fee FROM visits WHERE fee > 3 AND owner = 'Ana' OR kind = 'cat'", None),
        ("SELECT fee FROM visits WHERE day BETWEEN '2025-01-01' AND '2025-02-01'", None),
    ],
)
def test_a_further_condition_that_was_only_copied_is_left_out(sql, left):
    assert without(sql, ["Ana", "Ben"]) == (left or sql)


def test_an_example_value_that_the_goal_does_not_name_was_copied():
    sql = (
        "SELECT SUM(fee) FROM visits JOIN pets USING (pet_id) WHERE owner = 'Ana' AND kind = 'dog'"
    )
    assert copied_texts(sql, "What do the dogs of all owners cost?", [VISITS, PETS]) == ["Ana"]
    assert copied_texts(sql, "What did Ana pay for dogs?", [VISITS, PETS]) == []
