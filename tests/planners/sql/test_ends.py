"""The end of a sorted column that a question means is asked for in plain words."""

import pytest

from cogitate import ScriptedModel
from cogitate.planners.ways.sql.ends import Sorting, meant_end, sorting_of, turned

STAFF = [
    {
        "name": "staff",
        "file": "staff.csv",
        "rows": 3,
        "columns": [
            {"name": "name", "type": "VARCHAR", "examples": ["Ana"]},
            {"name": "joined", "type": "DATE", "examples": ["2025-01-02"]},
            {"name": "pay", "type": "DOUBLE", "examples": ["4.5"]},
        ],
    }
]
NEWEST = "SELECT name, joined FROM staff ORDER BY joined DESC LIMIT 1"
OLDEST = "SELECT name, joined FROM staff ORDER BY joined ASC LIMIT 1"


@pytest.mark.parametrize(
    ("sql", "sorting"),
    [
        (NEWEST, Sorting("joined", date=True, last=True)),
        ("SELECT name FROM staff ORDER BY pay LIMIT 1;", Sorting("pay", date=False, last=False)),
        ("SELECT name FROM staff ORDER BY pay DESC LIMIT 3", None),
        ("SELECT name FROM staff ORDER BY pay DESC, name LIMIT 1", None),
        ("SELECT MAX(pay) FROM staff", None),
    ],
)
def test_only_a_query_that_takes_the_first_row_has_an_end(sql, sorting):
    assert sorting_of(sql, STAFF) == sorting


def test_a_query_is_turned_to_the_other_end():
    assert turned(NEWEST) == OLDEST
    assert turned(OLDEST) == NEWEST
    assert turned("SELECT name FROM staff ORDER BY pay LIMIT 1").endswith("pay DESC LIMIT 1")


async def test_who_is_there_longest_has_the_earliest_date():
    model = ScriptedModel(replies=[{"choice": "earliest"}])
    found = await meant_end(model, [NEWEST, OLDEST, NEWEST], "Who is with us longest?", STAFF)
    assert found == [OLDEST] * 3  # asked once for the column
    assert model.calls[0][-1].text == "Q: Who is with us longest?\nSorted by: joined (date)"


async def test_an_end_that_fits_is_left_and_other_queries_cost_nothing():
    model = ScriptedModel(replies=[{"choice": "highest"}])
    queries = ["SELECT COUNT(*) FROM staff", "SELECT name FROM staff ORDER BY pay DESC LIMIT 1"]
    assert await meant_end(model, queries, "Who earns most?", STAFF) == queries
    model.assert_finished()
