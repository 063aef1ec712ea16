"""A query is read beside its goal: what it lacks or invents is said in words for a model."""

import pytest

from cogitate.planners.ways.sql.faults import fault_of

SALES = [
    {
        "name": "sales",
        "file": "sales.csv",
        "rows": 9,
        "columns": [
            {"name": "day", "type": "DATE", "examples": ["2025-01-02"]},
            {"name": "region", "type": "VARCHAR", "examples": ["North"]},
            {"name": "amount", "type": "DOUBLE", "examples": ["4.5"]},
        ],
    }
]
WORST = "SELECT region, SUM(amount) AS total FROM sales GROUP BY region ORDER BY total LIMIT 1"
GAP = (
    "SELECT region, SUM(amount) AS total, MAX(SUM(amount)) OVER () - SUM(amount) AS less "
    "FROM sales GROUP BY region ORDER BY total LIMIT 1"
)


@pytest.mark.parametrize(
    "goal",
    [
        "Which region sold least, and by how much less than the best one?",
        "How much cheaper was the North than the South?",
        "哪个地区卖得最少？比最好的少多少？",
        "一月比二月多卖了多少？",
    ],
)
def test_a_difference_that_is_asked_for_is_subtracted(goal):
    assert "subtract" in fault_of(WORST, goal, SALES)
    assert fault_of(GAP, goal, SALES) == ""


@pytest.mark.parametrize(
    "goal",
    [
        "How many loans were kept longer than in the North?",
        "比北区高的有几笔？",
        "Which region sold least?",
        "哪个地区卖得最少？",
    ],
)
def test_a_comparison_in_a_condition_is_no_difference(goal):
    assert fault_of(WORST, goal, SALES) == ""


@pytest.mark.parametrize(
    ("goal", "unit"),
    [
        ("Which month brought in most?", "month"),
        ("哪个月卖得最多？", "month"),
        ("按年列出总额", "year"),
        ("On which weekday do we sell most?", "dayname"),
    ],
)
def test_a_query_that_groups_by_whole_days_is_no_answer_for_months(goal, unit):
    sql = "SELECT day, SUM(amount) AS total FROM sales\nGROUP BY day\nORDER BY total DESC\nLIMIT 1"
    assert f"{unit}(day)" in fault_of(sql, goal, SALES)
    right = sql.replace("SELECT day", f"SELECT {unit}(day)").replace("BY day", f"BY {unit}(day)")
    assert fault_of(right, goal, SALES) == ""
    assert fault_of(sql, "On which day did we sell most?", SALES) == ""
    hidden = f"SELECT * FROM (SELECT date(day) AS {unit}, SUM(amount) FROM sales GROUP BY {unit})"
    assert f"{unit}(day)" in fault_of(hidden, goal, SALES)


def test_a_figure_may_come_from_a_note():
    sql = "SELECT SUM(amount) FROM sales WHERE amount > 250"
    assert "250" in fault_of(sql, "What do the large sales come to?", SALES)
    assert fault_of(sql, "What do the large sales come to?", SALES, "Large is above 250.") == ""


def test_a_total_that_is_asked_for_is_summed():
    single = "SELECT region, amount AS total FROM sales ORDER BY amount LIMIT 1"
    assert "SUM" in fault_of(single, "Which region sold least in all?", SALES)
    assert "SUM" in fault_of(single, "哪个地区的总额最低？", SALES)
    assert fault_of(WORST, "哪个地区的总额最低？", SALES) == ""
    assert fault_of(single, "What was the smallest sale?", SALES) == ""
    kept = "SELECT total_amount FROM sales ORDER BY total_amount LIMIT 1"
    assert fault_of(kept, "What is the lowest total amount?", SALES) == ""


def test_a_month_is_not_its_first_day():
    sql = "SELECT COUNT(*) FROM sales WHERE day = '2026-05-01' AND amount > 28"
    assert "month(d) = 5" in fault_of(sql, "How many sales of May 2026 are above 28?", SALES)
    assert "month(d) = 5" in fault_of(sql, "2026年五月超过28的有几笔？", SALES)
    assert fault_of(sql, "How many sales of May 1st, 2026 are above 28?", SALES) == ""
    assert fault_of(sql, "2026年五月一日超过28的有几笔？", SALES) == ""
    span = sql.replace("= '2026-05-01'", ">= '2026-05-01' AND day <= '2026-05-31'")
    assert fault_of(span, "How many sales of May 2026 are above 28?", SALES) == ""


@pytest.mark.parametrize(
    ("goal", "day", "wrong"),
    [
        ("What did we sell after the middle of 2025?", "2025-03-12", True),
        ("2025年卖了多少？", "2025-03-12", True),
        ("What did we sell from 12 March 2025 on?", "2025-03-12", False),
        ("What did we sell from July 2025 on?", "2025-07-01", False),
        ("What did we sell after the fair?", "2025-03-12", False),
        ("What did we sell after the middle of 2025?", "2025-06-15", False),
    ],
)
def test_an_example_day_that_the_goal_does_not_name_is_a_fault(goal, day, wrong):
    days = {"name": "day", "type": "DATE", "examples": ["2025-03-12", "2025-07-01"]}
    tables = [{**SALES[0], "columns": [days, *SALES[0]["columns"][1:]]}]
    found = fault_of(f"SELECT SUM(amount) FROM sales WHERE day >= '{day}'", goal, tables)
    assert ("does not name the day" in found) is wrong
