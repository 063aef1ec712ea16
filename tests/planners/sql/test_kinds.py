"""kinds: a query that groups by another kind of thing than the goal asks for."""

import pytest

from cogitate import ScriptedModel
from cogitate.planners.ways.sql.kinds import _GROUPED, another_kind
from cogitate.values import Column, Table

BOOKS = Table(
    name="books",
    file="books.csv",
    rows=60,
    columns=[
        Column(name="subject", type="VARCHAR", examples=["cooking", "history"]),
        Column(name="added on", type="DATE", examples=["2025-01-03"]),
    ],
)
SQL = "SELECT subject, COUNT(*) AS n FROM books GROUP BY {by} ORDER BY n DESC LIMIT 1"


@pytest.mark.parametrize(
    ("by", "column"),
    [
        ("subject", "subject"),
        ("b.subject", "subject"),
        ('"added on"', "added on"),
        ("month(day)", None),
        ("subject, year", None),
    ],
)
def test_the_column_is_the_one_that_the_query_groups_by(by, column):
    match = _GROUPED.search(SQL.format(by=by))
    assert (match and (match["quoted"] or match["plain"])) == column


async def test_a_model_that_copies_no_examples_is_not_asked():
    model = ScriptedModel(replies=[])
    assert await another_kind(model, SQL.format(by="subject"), "Which language?", [BOOKS]) == ""


@pytest.mark.model
@pytest.mark.parametrize(
    ("goal", "column", "values", "found"),
    [
        ("谁的工资最高？", "product", ["chair", "table"], "product"),
        ("Who sold most?", "staff", ["Ana", "Ben"], ""),
    ],
)
async def test_a_column_of_another_kind_is_told(small_model, goal, column, values, found):
    shown = Column(name=column, type="VARCHAR", examples=values)
    table = Table(name="sales", file="sales.csv", rows=9, columns=[shown])
    sql = f"SELECT {column}, SUM(pay) AS n FROM sales GROUP BY {column} ORDER BY n DESC LIMIT 1"
    assert await another_kind(small_model, sql, goal, [table]) == found
