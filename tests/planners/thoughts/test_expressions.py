"""The exact check of the game of 24, and the proof that the engine finds every solution."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cogitate import Agent, ScriptedModel
from cogitate.lab.checkers import game24_goal
from cogitate.planners.thoughts import thinking
from cogitate.planners.thoughts.tasks.expressions import can_make, check_expression, value_of
from cogitate.planners.thoughts.tasks.game24 import GameOf24, numbers_of_game

GAMES = Path(__file__).parents[4] / "shared" / "data" / "dev" / "game24.jsonl"
BUILT_IN = [(4, 5, 6, 10), (1, 3, 4, 6), (3, 3, 8, 8), (1, 5, 5, 5), (4, 4, 10, 10), (2, 7, 7, 10)]
COUNTS = st.integers(1, 13)
SIGNS = st.sampled_from("+-*/")


@st.composite
def expressions(draw):
    """Give four numbers and an expression of them that does not divide by zero."""
    numbers = draw(st.lists(COUNTS, min_size=4, max_size=4))
    parts = [str(n) for n in draw(st.permutations(numbers))]
    while len(parts) > 1:
        at = draw(st.integers(0, len(parts) - 2))
        parts[at : at + 2] = [f"({parts[at]} {draw(SIGNS)} {parts[at + 1]})"]
    return numbers, parts[0]


def value(text):
    try:
        return value_of(text)[1]
    except ZeroDivisionError:
        return None


@settings(deadline=None)
@given(expressions())
def test_an_expression_passes_exactly_when_it_makes_the_target(made):
    numbers, text = made
    reached = value(text)
    assert check_expression(text, numbers) == (reached == 24)
    if reached is not None:
        assert check_expression(text, numbers, reached)
        assert not check_expression(text, numbers, reached + Fraction(1, 7))


@settings(deadline=None)
@given(expressions(), COUNTS)
def test_a_number_that_is_used_again_is_rejected(made, more):
    numbers, text = made
    reached = value(f"{text} + {more}")
    assert not check_expression(f"{text} + {more}", numbers, reached or Fraction(0))


@settings(deadline=None)
@given(expressions(), st.integers(0, 3))
def test_a_number_that_is_missing_is_rejected(made, at):
    numbers, text = made
    reached = value(text) or Fraction(0)
    assert not check_expression(text, [*numbers, numbers[at]], reached)
    other = [*numbers[:at], numbers[at] + 1, *numbers[at + 1 :]]
    assert not check_expression(text, other, reached)


@pytest.mark.parametrize(
    "text",
    [
        "4 * 6",
        "24",
        "4 ** 2 + 6 + 2",
        "46 - 22",
        "-4 + 28",
        "4 * 6 * (2 - 1.0)",
        "__import__('os')",
        "4 * (6",
        "4 * 6 * 2 / 0",
        "",
        "(" * 300,
        "4 * 6 if 2 else 1",
    ],
)
def test_what_is_no_plain_expression_of_the_numbers_is_rejected(text):
    assert not check_expression(text, (4, 6, 2, 1))


def test_signs_of_print_and_an_equation_are_read():
    assert check_expression("4 \u00d7 6 \u00f7 (2 \u2212 1) = 24", (1, 2, 4, 6))


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(1, 9), min_size=4, max_size=4))
def test_trying_everything_agrees_with_the_moves_of_the_game(numbers):
    game = GameOf24("", numbers)
    states, solved = [game.initial()], False
    for _ in range(3):
        states = [m.state for s in states for m in game.legal_steps(s)]
        states = list({game.canonical(s): s for s in states}.values())
    solved = any(game.verify(s) for s in states)
    assert solved == can_make(tuple(sorted(Fraction(n) for n in numbers)))


async def test_breadth_first_with_exact_parts_solves_the_built_in_games():
    for numbers in BUILT_IN:
        await solves(numbers)


async def test_breadth_first_with_exact_parts_solves_every_ranked_game():
    if not GAMES.is_file():
        pytest.skip("the games are not here")
    rows = [json.loads(line) for line in GAMES.read_text(encoding="utf-8").splitlines()]
    ranked = [row["numbers"] for row in rows if row["tot_rank"] is not None]
    assert len(ranked) > 30
    for numbers in ranked:
        await solves(numbers)


async def solves(numbers):
    way = thinking("tot", beam=5, generate="program", evaluate="program")
    agent = Agent(model=ScriptedModel(replies=[]), executor=way)
    result = await agent.arun(f"Make 24 from {', '.join(map(str, numbers))}.")
    assert result.stopped == "answered"
    assert check_expression(result.answer, numbers), result.answer


async def test_what_cannot_be_made_is_said_and_not_searched_for_in_vain():
    agent = Agent(model=ScriptedModel(replies=[]), loop="tot")
    result = await agent.arun("用1、1、1、1算出24")
    assert result.ok and "算不出 24" in result.answer


@pytest.mark.parametrize(
    ("goal", "numbers"),
    [
        ("Use 4, 5, 6 and 10 to make 24.", (4, 5, 6, 10)),
        ("Game of 24: 3 3 8 8", (3, 3, 8, 8)),
        ("Use the four numbers 1, 2, 3, 4, each exactly once, to get 24", (1, 2, 3, 4)),
        ("用4\u30015\u30016\u300110得到24", (4, 5, 6, 10)),
        ("24点游戏\uff1a1\uff0c5\uff0c5\uff0c5", (1, 5, 5, 5)),
        ("Make 24 from 24, 1, 1 and 1", (24, 1, 1, 1)),
        ("Make 24 from 1, 1, 1, 8. Give one expression, such as (10 - 4) * 4.", (1, 1, 1, 8)),
        ("用1、1、1、8算出24，写一个算式，例如(10-4)*4。", (1, 1, 1, 8)),
        ("Sort 4, 5, 6, 10", None),
        ("A day has 24 hours. How many have 4, 5, 6 days?", None),
        ("Make 24 from 1, 2, 3, 4 and 5", None),
        ("Make 20 from 1, 2, 3 and 4", None),
    ],
)
def test_a_game_is_recognised_in_two_languages(goal, numbers):
    assert numbers_of_game(goal) == numbers


def test_a_puzzle_of_the_suite_is_recognised():
    assert numbers_of_game(game24_goal({"numbers": [1, 1, 1, 8]})) == (1, 1, 1, 8)
