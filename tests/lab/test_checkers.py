"""What is asked and how it is checked: puzzles, programs, choices, words, calls."""

import pytest

from cogitate.errors import UnavailableError
from cogitate.lab.checkers import (
    choices_goal,
    game24_goal,
    own_goal,
    score_calls,
    score_choice,
    score_fever,
    score_game24,
    score_number,
    score_own,
    score_program,
    score_short,
)
from cogitate.lab.game24 import expression_in, makes_24
from cogitate.lab.hidden_tests import program_in


@pytest.mark.parametrize(
    ("expression", "numbers", "right"),
    [
        ("8 * (1 + (1 + 1))", [1, 1, 1, 8], True),
        ("(10 - 4) * (9 - 5)", [4, 5, 9, 10], True),
        ("8 / (3 - 8 / 3)", [3, 3, 8, 8], True),  # floats miss it
        ("4 * 6", [4, 6, 1, 1], False),
        ("4 * 6 * 1 * 1 * 1", [4, 6, 1, 1], False),
        ("2 ** 4 + 8", [2, 4, 8], False),
        ("-(1 - 25)", [1, 25], False),
        ("24", [24, 1], False),
        ("12 / 0", [12, 0], False),
        ("__import__('os')", [1, 2], False),
        ("12 + 12 +", [12, 12], False),
    ],
)
def test_24_is_checked_by_exact_arithmetic(expression, numbers, right):
    assert makes_24(expression, numbers) is right


@pytest.mark.parametrize(
    ("answer", "expression"),
    [
        ("(10 - 4) × (9 − 5) = 24", "(10 - 4) * (9 - 5)"),
        ("Try 1 + 2 = 3.\nAnswer: 8*(1+1+1)", "8*(1+1+1)"),
        ("It is \\(6 \\times 4\\) in all.", "6 * 4"),
        ("6x4", "6*4"),
        ("24", None),
        ("There is no way.", None),
    ],
)
def test_the_last_expression_of_an_answer_counts(answer, expression):
    assert expression_in(answer) == expression


def test_a_list_of_guesses_earns_its_last_line_only():
    data = {"numbers": [4, 6, 1, 1]}
    assert score_game24(data, "4*6*1*1\n4+6+1+1").correct is False
    assert score_game24(data, "4+6+1+1\n4*6*1*1").correct is True
    assert score_game24(data, "I do not know").given is None
    assert "4, 6, 1, 1" in game24_goal(data)


PROMPT = 'import math\n\ndef area(r):\n    """Return the area of a circle."""\n'
CASE = {
    "prompt": PROMPT,
    "entry_point": "area",
    "test": "def check(candidate):\n    assert abs(candidate(2) - 12.566) < 0.01\n",
}


@pytest.mark.parametrize(
    "answer",
    [
        "Here it is:\n```python\ndef area(r):\n    return math.pi * r ** 2\n```\nGood luck.",
        "import math\ndef area(r):\n    return math.pi * r ** 2",
        "Sure. Here:\ndef area(r):\n    return math.pi * r ** 2",
        "    return math.pi * r ** 2\n",
        "```python\n    return math.pi * r ** 2\n```",
    ],
)
def test_a_program_is_found_however_it_is_given(answer):
    program = program_in(answer, PROMPT, "area")
    space = {"__name__": "x"}
    exec(program, space)
    assert space["area"](2) == pytest.approx(12.566, abs=0.001)


def test_words_are_no_program():
    assert program_in("I cannot do that.", PROMPT, "area") is None


@pytest.mark.parametrize(
    ("body", "right"),
    [
        ("return math.pi * r * r", True),
        ("return r", False),
        ("raise SystemExit(0)", False),
        ("import os; os._exit(0)", False),
    ],
)
def test_hidden_tests_run_in_the_sandbox_and_cannot_be_left_early(body, right):
    try:
        found = score_program(CASE, f"```python\ndef area(r):\n    {body}\n```")
    except UnavailableError:
        pytest.skip("the kernel of this machine has no Landlock or no seccomp")
    assert found.correct is right, found.why
    assert bool(found.why) is not right


def test_numbers_are_exact_when_whole():
    def scored(right, answer):
        return score_number({"question": "How much in 7 days?", "answer": right}, answer)

    assert scored(18, "She makes $18.00 a day.").correct
    assert scored(18, "She makes $18 in 7 days.").correct
    assert not scored(18, "18.01").correct
    assert scored(0.3333, "0.33335").correct
    assert scored(3, "no idea").given is None


def test_choices_are_shown_and_read():
    data = {"question": "Which?", "choices": ["red", "blue"], "answer": "blue"}
    assert choices_goal(data).splitlines()[1] == "Choices: (A) red (B) blue"
    assert score_choice(data, "It is blue.").correct
    assert not score_choice(data, "(A)").correct
    assert score_choice(data, "green").given is None
    claim = {"claim": "x", "label": "NOT ENOUGH INFO"}
    assert score_fever(claim, "There is not enough info.").correct


def test_a_sentence_is_no_exact_match_but_covers_the_answer():
    found = score_short({"answer": "Ada Lovelace"}, "It was Ada Lovelace.")
    assert not found.correct
    assert found.scores["covers"] == 1.0
    assert found.scores["f1"] == pytest.approx(2 / 3)


def test_a_case_of_ones_own_is_checked_by_what_its_answer_is():
    assert score_own({"question": "?", "answer": 7}, "It is 7").correct
    assert score_own({"question": "?", "answer": "Ada"}, "It was Ada.").correct
    assert score_own({"question": "?", "answer": ["Ada", "Bob"]}, "It was Bob.").correct
    own = {"question": "?", "choices": ["yes", "no"], "answer": "no"}
    assert score_own(own, "(B)").correct
    assert own_goal(own).startswith("?\nChoices: (A) yes")


def test_calls_are_checked_under_names_without_dots():
    function = {"name": "math.add", "description": "Add."}
    function["parameters"] = {"type": "object", "properties": {"a": {"type": "integer"}}}
    data = {
        "tools": [{"type": "function", "function": function}],
        "ground_truth": [{"math.add": {"a": [1]}}],
    }
    assert score_calls(data, ({"math_add": {"a": 1}},)).correct
    wrong = score_calls(data, ({"math_add": {"a": 2}},))
    assert not wrong.correct and wrong.scores["names"] == 1.0
    assert "a is 2" in wrong.why
