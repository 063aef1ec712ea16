"""What can be seen wrong with a program by reading it."""

import pytest

from cogitate.planners.ways.programs import (
    computes,
    foreign_values,
    left_out,
    lists_instead,
    names_of,
    told,
    with_imports,
)

GOAL = "A tank of 340 litres loses 15% a day. How much is left after 6 days, to one decimal?"
RIGHT = "left = 340 * (1 - 0.15) ** 6\nprint(round(left, 1))"
OTHER = "left = 340\nfor day in range(6):\n    left *= 0.85\nprint(round(left, 1))"
INVENTED = "tank = 513\nloss = 77\nprint(tank * loss)"


@pytest.mark.parametrize("code", [RIGHT, OTHER, "import math\nprint(math.sqrt(340))"])
def test_a_program_with_the_goals_numbers_is_sound(code):
    assert foreign_values(code, [GOAL]) == []
    assert computes(code)


@pytest.mark.parametrize(
    "code",
    [
        "print(340 * 0.85)",
        "print(340 * 1.15)",
        "print(340 / 60 / 60 + 3600 + 1000)",
        "print(340 * 273.15)",
        "print([d for d in range(31)][2])",
    ],
)
def test_percentages_known_constants_and_small_numbers_may_be_used(code):
    assert foreign_values(code, [GOAL]) == []


@pytest.mark.parametrize(
    ("code", "values"),
    [
        (INVENTED, ["513", "77"]),
        ("print(340 * 4711)", ["4711"]),
        ("rate = 19\nprint(340 * rate)", ["19"]),
        (
            "sales = {'Lisbon': 3, 'Oslo': 4, 'Bergen': 5}\nprint(max(sales, key=sales.get))",
            ["Lisbon", "Oslo", "Bergen"],
        ),
    ],
)
def test_a_program_that_invents_its_data_is_told_which(code, values):
    assert foreign_values(code, [GOAL]) == values


def test_numbers_written_in_chinese_in_the_goal_are_the_goals():
    assert foreign_values("print(4600 * 0.03)", ["四千六百元，年利率3%，一年利息是多少？"]) == []


@pytest.mark.parametrize("code", ["print(340)", "print('about 340 litres')", "x = 5\nprint(x)"])
def test_a_program_that_prints_what_it_was_told_computes_nothing(code):
    assert not computes(code)


@pytest.mark.parametrize(
    ("code", "text", "only"),
    [
        ("x = 3\nprint('The display is broken' if x else '')", "The display is broken", True),
        ("print('E-4' + 'means a fault')", "E-4means a fault", True),
        ("print('The result is', 3 * 7)", "The result is 21", False),
        ("print(day.strftime('%A'))", "Friday", False),
    ],
)
def test_an_output_that_stands_in_the_program_was_told_not_computed(code, text, only):
    assert told(code, text) is only


@pytest.mark.parametrize(
    ("code", "head"),
    [
        ("x = symbols('x')\nprint(solve(x - 2, x))", "from sympy import solve, symbols\n"),
        ("print(date(2024, 1, 5) + timedelta(3))", "from datetime import date, timedelta\n"),
        ("print(statistics.mean([1, 2]))", "import statistics\n"),
        ("def solve(x):\n    return x\nprint(solve(3))", ""),
        ("from datetime import date\nprint(date.today)", ""),
        ("import math as m\nprint(m.pi)", ""),
        ("from sympy import *\nprint(solve(3))", ""),
        ("print((", ""),
    ],
)
def test_an_import_that_was_forgotten_is_added(code, head):
    assert with_imports(code) == head + code


@pytest.mark.parametrize(
    ("code", "goal", "missing"),
    [
        ("print(date.today().year - 1984)", "How old will I be in 2030?", ["2030"]),
        ("print(2030 - 1984)", "How old will I be in 2030?", []),
        ("print(2040 - 1995)", "到2040年我妹妹多少岁？", []),
        ("print(date(2031, 6, 1))", "How old will she be on 1 June 2031?", []),
        ("print(0.45 * 1250)", "What is 45% of 1,250, in 3 parts?", []),
    ],
)
def test_a_program_that_leaves_out_a_number_of_the_goal_is_seen(code, goal, missing):
    assert left_out(code, goal) == missing


@pytest.mark.parametrize(
    ("goal", "code", "values"),
    [
        ("How much more is a dog than a cat for 10 nights?", "dog_charge = 100\ncat_fee = 50", 2),
        ("How much more is a dog than a cat for 10 nights?", "cat_fee = 10 * 50", 1),
        ("How much more is a dog than a cat for 10 nights?", "feet = 100", 0),
        ("养10天多少钱？", "每天价格 = 20\nprint(每天价格 * 10)", 1),
        ("What are 10 nights at 20 each, 50 cents off?", "price = 20\ncost = 10 * 20", 0),
        ("What are 3 pens at $1.20?", "price = 120\nprint(3 * price / 100)", 0),
        ("A price rises by 10% and falls by 10%. By how much?", "price = 100", 0),
        ("What are 10 nights at 20?", "cost = 0\nfor n in range(10):\n    cost += 20", 0),
        ("What are 10 nights at 20?", "minutes = 60\ncost = minutes * 15", 0),
    ],
)
def test_a_price_that_nobody_named_is_made_up(goal, code, values):
    assert len(foreign_values(code, [goal])) == values


@pytest.mark.parametrize(
    ("goal", "lines", "wrong"),
    [
        ("门封圈用多少次循环后要更换？", 100, True),
        ("How many cycles does the gasket last?", 6, True),
        ("How many cycles does the gasket last?", 5, False),
        ("How many primes are there below 30? List them.", 10, False),
        ("每个月各有多少天？", 12, False),
        ("1到10的平方是什么？", 10, False),
    ],
)
def test_a_list_of_numbers_is_not_how_many_there_are(goal, lines, wrong):
    assert lists_instead(goal, "\n".join(map(str, range(lines)))) is wrong
    assert not lists_instead(goal, "\n".join(f"row {n}" for n in range(lines)))


@pytest.mark.parametrize(
    ("code", "used", "changed"),
    [
        ("x = 3\nprint(x)", {"print"}, {"x"}),
        ("x = x + 1", {"x"}, {"x"}),
        ("x += y", {"x", "y"}, {"x"}),
        ("x = 1\nx += y", {"y"}, {"x"}),
        ("a[0] = b.c", {"a", "b"}, {"a"}),
        ("a.b.append(1)", {"a"}, {"a"}),
        ("print(a.b())", {"a", "print"}, set()),
        ("def f(n):\n    return n + k\nf(2)", {"k"}, {"f"}),
        ("done([n for n in rows])", {"done", "rows"}, set()),
        ("for n in rows:\n    s = n", {"rows"}, {"n", "s"}),
        ("print((", set(), set()),
    ],
)
def test_the_names_that_a_program_uses_and_changes(code, used, changed):
    assert names_of(code) == (used, changed)
