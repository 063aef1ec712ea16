"""How far the first is from the last is code's, from the model's query for the first."""

import duckdb
import pytest

from cogitate.planners.ways.sql.gaps import first_half, with_gap


@pytest.mark.parametrize(
    ("goal", "half"),
    [
        (
            "Which region sold least, and by how much less than the best one?",
            "Which region sold least?",
        ),
        (
            "Which van is the oldest and how much older is it than the newest one?",
            "Which van is the oldest?",
        ),
        ("哪个月的总额最高？比最低的那个月多多少？", "哪个月的总额最高？"),
        ("哪种茶最便宜，比最贵的便宜多少？", "哪种茶最便宜？"),
        ("Which region sold least?", ""),
        ("How much more did Oslo sell than Lyon?", ""),
        ("By how much is the best better than the worst?", ""),
        ("Which region sold least, and who runs it?", ""),
        ("五月比四月多多少？", ""),
    ],
)
def test_the_first_half_of_a_question_stands_alone(goal, half):
    assert first_half(goal) == half


@pytest.mark.parametrize(
    ("sql", "row"),
    [
        (
            "SELECT city, SUM(pay) AS total FROM staff GROUP BY city ORDER BY total LIMIT 1",
            ("Oslo", 3, 6),
        ),
        (
            "SELECT city, SUM(pay) AS total FROM staff GROUP BY city ORDER BY total DESC LIMIT 1",
            ("Rome", 9, 6),
        ),
        ("SELECT city FROM staff GROUP BY city ORDER BY SUM(pay) ASC LIMIT 1;", ("Oslo", 3, 6)),
        ("SELECT pay FROM staff ORDER BY pay DESC LIMIT 1", (5, 4)),
        (
            "SELECT EXTRACT(year FROM day) AS y, SUM(pay) AS n FROM staff GROUP BY y "
            "ORDER BY n LIMIT 1",
            (2024, 5, 2),
        ),
    ],
)
def test_the_distance_to_the_other_end_is_subtracted(sql, row):
    with duckdb.connect() as base:
        base.execute(
            "CREATE TABLE staff AS SELECT * FROM (VALUES ('Rome', 4, DATE '2025-01-01'), "
            "('Rome', 5, DATE '2024-01-01'), ('Oslo', 1, DATE '2025-02-01'), "
            "('Oslo', 2, DATE '2025-03-01')) AS t(city, pay, day)"
        )
        assert base.execute(with_gap(sql)).fetchall() == [row]


def test_a_query_of_another_form_is_left_as_it_is():
    for sql in ("SELECT COUNT(*) FROM staff", "SELECT pay FROM staff ORDER BY pay LIMIT 3"):
        assert with_gap(sql) == sql
