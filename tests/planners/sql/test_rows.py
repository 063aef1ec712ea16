"""What a query says of the rows it finds: how many, and what the first is called."""

import pytest

from cogitate.planners.ways.sql.rows import counting_rows, naming_row

COLUMNS = [("药名", "VARCHAR"), ("类别", "VARCHAR"), ("price", "DOUBLE"), ("supplier", "VARCHAR")]
STOCK = [
    {"name": "stock", "columns": [{"name": n, "type": t, "examples": []} for n, t in COLUMNS]},
    {"name": "prices", "columns": [{"name": "price", "type": "DOUBLE", "examples": []}]},
]


@pytest.mark.parametrize(
    ("sql", "mended"),
    [
        (
            "SELECT COUNT(DISTINCT region) FROM sales WHERE region = 'North'",
            "SELECT COUNT(*) FROM sales WHERE region = 'North'",
        ),
        (
            'SELECT COUNT(distinct "region"), SUM(a) FROM s where "region" = \'WHERE\' AND b > 1',
            "SELECT COUNT(*), SUM(a) FROM s where \"region\" = 'WHERE' AND b > 1",
        ),
        ("SELECT COUNT(DISTINCT day) FROM sales WHERE region = 'North'", None),
        ("SELECT COUNT(DISTINCT region) FROM sales WHERE region = 'A' OR region = 'B'", None),
        ("SELECT COUNT(DISTINCT region) FROM sales WHERE big_region = 'A'", None),
        ("SELECT COUNT(DISTINCT region) FROM sales", None),
    ],
)
def test_rows_are_counted_where_the_column_has_one_value(sql, mended):
    assert counting_rows(sql) == (mended or sql)


@pytest.mark.parametrize(
    ("goal", "sql", "added"),
    [
        (
            "单价最高的是哪一种？",
            "SELECT 类别 FROM stock WHERE price > 1 ORDER BY price LIMIT 1",
            True,
        ),
        ("Which one is dearest?", "SELECT price\nFROM stock\nORDER BY price DESC LIMIT 1;", True),
        (
            "哪个类别里有最贵的？",
            "SELECT 类别, price FROM stock ORDER BY price DESC LIMIT 1",
            False,
        ),
        ("Which is dearest?", 'SELECT "药名" FROM stock ORDER BY price DESC LIMIT 1', False),
        ("Whose supplier is it?", "SELECT supplier FROM stock ORDER BY price DESC LIMIT 1", False),
        ("Say the highest price", "SELECT price FROM stock ORDER BY price DESC LIMIT 1", False),
        ("Which are dear?", "SELECT 类别 FROM stock ORDER BY price DESC LIMIT 3", False),
        ("Which is dearest?", "SELECT 类别 FROM stock GROUP BY 类别 ORDER BY price LIMIT 1", False),
        ("Which is dearest?", "SELECT price FROM prices ORDER BY price DESC LIMIT 1", False),
        ("Which is dearest?", "SELECT MAX(price) FROM stock ORDER BY price LIMIT 1", False),
        (
            "Which?",
            "SELECT 类别 FROM stock JOIN prices USING (id) ORDER BY price LIMIT 1",
            False,
        ),
        ("Which?", "SELECT day FROM stock ORDER BY price LIMIT 1", False),
    ],
)
def test_the_first_row_is_named_where_only_its_kind_is_given(goal, sql, added):
    wanted = sql.replace("SELECT ", 'SELECT "药名", ') if added else sql
    assert naming_row(sql, goal, STOCK) == wanted
