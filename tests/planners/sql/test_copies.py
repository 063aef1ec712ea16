"""copies: what a query asks for although the goal does not speak of it is taken out."""

import pytest

from cogitate.planners.ways.sql.copies import undated

PLAIN = "Which region sold least?"


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        ("WHERE day BETWEEN '2025-03-01' AND '2025-03-31'", ""),
        ("WHERE day BETWEEN '2025-03-01' AND '2025-03-31' AND shop = 'N'", "WHERE shop = 'N'"),
        ("WHERE shop = 'N' AND year(day) = 2025 AND month(day) = 3", "WHERE shop = 'N'"),
        ("WHERE day >= '2025-01-01' AND day < '2025-04-01'", ""),
        ("WHERE shop = 'N' OR day = '2025-01-01'", "WHERE shop = 'N' OR day = '2025-01-01'"),
        ("WHERE shop = 'N' AND month LIKE '2025%'", "WHERE shop = 'N'"),
        ("WHERE month LIKE '2025-03-%'", ""),
        ("WHERE shop LIKE 'N2025%'", "WHERE shop LIKE 'N2025%'"),
        ("WHERE month(day) = 12 + 1", "WHERE month(day) = 12 + 1"),
        ("WHERE day >= '2025-01-01'::date", "WHERE day >= '2025-01-01'::date"),
        ("WHERE day = '2025-01-01' OR shop = 'N'", "WHERE day = '2025-01-01' OR shop = 'N'"),
    ],
)
def test_days_are_taken_out_where_a_goal_says_nothing_of_time(condition, left):
    sql = f"SELECT region, SUM(units) AS total FROM sales {condition} GROUP BY region"
    plain = f"SELECT region, SUM(units) AS total FROM sales {left} GROUP BY region"
    assert undated(sql, PLAIN).split() == plain.split()


@pytest.mark.parametrize(
    "goal",
    [
        "Which region sold least in March?",
        "Which region sold least in 2025?",
        "Which region sold least last month?",
        "Which region sold least in Dec?",
        "Which region sold least on Christmas Day?",
        "Which orders are due tomorrow?",
        "哪些药品明天过期？",
        "哪个地区三月卖得最少？",
        "哪个地区最近卖得最少？",
    ],
)
def test_days_stay_where_a_goal_speaks_of_time(goal):
    sql = "SELECT region FROM sales WHERE day BETWEEN '2025-03-01' AND '2025-03-31'"
    assert undated(sql, goal) == sql
