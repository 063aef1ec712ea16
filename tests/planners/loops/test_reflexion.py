"""reflexion: trials, tests of their own, lessons between them, and what is kept of those."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, ToolMessage

from cogitate import Agent, BufferMemory, ScriptedModel, shipped_tools
from cogitate.planners.base import no_evidence
from cogitate.planners.loops.reflexion import selftests
from cogitate.planners.loops.reflexion.loop import Reflexion
from cogitate.planners.loops.reflexion.selftests import (
    asks_for_code,
    given_tests,
    program_of,
    verdict_of,
)
from cogitate.runs.context import task_of
from cogitate.runs.events import Noted, Observed, ToolCalled

GOAL = "Write a Python function double(x) that doubles a number. double(4) == 8"
TESTS = "```python\nassert double(0) == 0\nassert double(3) == 6\n```"
WRONG = "```python\ndef double(x):\n    return x ** 2\n```"
WORSE = "```python\ndef double(x):\n    return None\n```"
RIGHT = "```python\ndef double(x):\n    return 2 * x\n```"


def lesson(text, applies="general", step=1):
    return {"failed_step": step, "lesson": text, "applies_to": applies}


SQUARE = lesson("Step 1 squared the number. Multiply by two instead.")
OTHER = lesson("Step 2 gave nothing back. Return the product.")


async def ran(*replies, way=None, memory=None, goal=GOAL):
    model = ScriptedModel(replies=replies)
    kind = {"executor": way} if way else {"loop": "reflexion"}
    memory = memory or BufferMemory()
    agent = Agent(model=model, tools=shipped_tools(["python"]), memory=memory, **kind)
    events = [event async for event in agent.stream(goal)]
    seen = [e for e in events if isinstance(e, Observed)]
    if seen and "confine" in seen[0].text and not seen[0].ok:
        pytest.skip("the kernel of this machine has no Landlock or no seccomp")
    return events[-1].result, events, model


async def test_a_function_that_passes_its_tests_is_the_answer():
    result, _, model = await ran(TESTS, RIGHT)
    assert result.ok and "return 2 * x" in result.answer
    assert result.answer.endswith("It passes the example given.\nIt passes 2 tests of its own.")
    model.assert_finished()


async def test_a_test_of_its_own_that_fails_is_told_and_ends_nothing():
    goal = GOAL.partition(". ")[0] + "."
    result, _, _ = await ran(TESTS, WRONG, SQUARE, WRONG, OTHER, WRONG, goal=goal)
    assert result.ok and "Of its own tests, this test fails: assert double(3) == 6" in result.answer


async def test_of_two_tries_the_one_that_no_example_refutes_is_given():
    tests = "```python\nassert double(0) == 0\nassert double(1) == 1\nassert double(4) == 16\n```"
    goal = GOAL + ", double(2) == 4"
    half = "```python\ndef double(x):\n    return x * 2 + (x == 3)\n```"
    result, _, _ = await ran(tests, WRONG, SQUARE, half, OTHER, WRONG, goal=goal)
    assert result.ok and "(x == 3)" in result.answer


def test_a_function_is_written_to_the_file_that_the_goal_names():
    goal = GOAL + " Save it as double.py."
    model = ScriptedModel(replies=[TESTS, RIGHT])
    agent = Agent(model=model, tools=shipped_tools(["python", "write_file"]), loop="reflexion")
    result = agent.run(goal)
    assert result.answer.endswith("It is written to double.py.")
    assert Path(result.artefacts[0]).read_text(encoding="utf-8") == (
        "def double(x):\n    return 2 * x\n"
    )


def test_auto_has_a_function_written_and_tested():
    model = ScriptedModel(replies=[TESTS, RIGHT])
    result = Agent(model=model, tools=shipped_tools(["python"])).run(GOAL)
    assert result.ok and "return 2 * x" in result.answer
    model.assert_finished()


async def test_a_failed_trial_leaves_a_lesson_that_the_next_one_is_shown():
    result, _, model = await ran(TESTS, WRONG, SQUARE, RIGHT)
    assert "return 2 * x" in result.answer
    assert "assert double(4) == 8" in model.calls[2][-1].text  # what was wrong
    assert "Multiply by two instead." in model.calls[3][-1].text
    model.assert_finished()


async def test_a_function_with_names_and_numbers_of_its_own_is_given_as_it_is():
    code = "```python\ndef double(x):\n    return x * 2 if x is not True else 4711 - 4709\n```"
    result, _, _ = await ran(TESTS, code, way=Reflexion())
    assert result.ok and "4711" in result.answer


async def test_plain_retry_shows_neither_lessons_nor_the_last_trial():
    _, _, model = await ran(TESTS, WRONG, RIGHT, way=Reflexion(strategy="none"))
    assert "squared" not in model.calls[2][-1].text and "x ** 2" not in model.calls[2][-1].text
    model.assert_finished()


async def test_the_last_trial_alone_may_be_shown():
    _, _, model = await ran(TESTS, WRONG, RIGHT, way=Reflexion(strategy="last_attempt"))
    assert "x ** 2" in model.calls[2][-1].text and "It failed:" in model.calls[2][-1].text


async def test_the_last_trial_may_be_shown_with_the_newest_lesson():
    way = Reflexion(strategy="last_attempt_and_lesson")
    _, _, model = await ran(TESTS, WRONG, SQUARE, WORSE, OTHER, RIGHT, way=way)
    text = model.calls[5][-1].text
    assert "return None" in text and "Return the product." in text
    assert "Multiply by two" not in text


async def test_the_same_trial_twice_in_a_row_does_not_end_the_run():
    """The reference ends a trial as stuck when one action comes twice in a row."""
    result, events, _ = await ran(TESTS, WRONG, SQUARE, WRONG, OTHER, RIGHT)
    assert "return 2 * x" in result.answer
    assert len([e for e in events if isinstance(e, ToolCalled)]) == 3


async def test_trials_are_bounded_and_the_best_one_is_given():
    result, events, model = await ran(TESTS, WORSE, OTHER, WRONG, SQUARE, WORSE)
    assert "x ** 2" in result.answer  # it passes one test of three
    assert result.stopped == "stalled" and "assert double(4) == 8" in result.answer
    assert len([e for e in events if isinstance(e, ToolCalled)]) == 3
    model.assert_finished()


async def test_up_to_five_tests_are_written_and_those_that_are_none_are_dropped():
    """The reference means five tests and asks for one; invalid ones are dropped there as well."""
    lines = [f"assert double({n}) == {2 * n}" for n in range(5, 12)]
    lines[1:1] = ["assert double(", "print(double(2))", "assert True", "double(2) == 4"]
    tests = "```python\n" + "\n".join(lines) + "\n```"
    _, events, _ = await ran(tests, RIGHT)
    code = next(e for e in events if isinstance(e, ToolCalled)).args["code"]
    assert [f"assert double({n}) == {2 * n}" in code for n in (4, *range(5, 12))] == (
        [True] * 6 + [False] * 2  # the goal's own, and five
    )
    assert "assert True" not in code


async def test_a_lesson_that_repeats_an_earlier_one_is_asked_for_again():
    _, events, model = await ran(TESTS, WRONG, SQUARE, WORSE, SQUARE, OTHER, RIGHT)
    assert any("repeats an earlier one" in e.text for e in events if isinstance(e, Noted))
    assert "known already" in model.calls[5][-1].text
    text = model.calls[6][-1].text
    assert text.count("Multiply by two") == 1 and "Return the product." in text


async def test_a_lesson_cites_a_step_and_an_invalid_one_is_made_by_code():
    broken = AIMessage("be careful")
    _, events, model = await ran(TESTS, WRONG, broken, broken, RIGHT)
    assert "Step 2 went wrong: this test fails" in model.calls[4][-1].text
    assert any("no valid lesson" in e.text for e in events if isinstance(e, Noted))
    vague = lesson("Multiply by two instead.", step=1)
    _, _, model = await ran(TESTS, WRONG, vague, RIGHT)
    assert "Step 1: Multiply by two" in model.calls[3][-1].text


async def test_a_lesson_as_long_as_may_be_does_not_end_the_run_when_its_step_is_added():
    long = lesson("Multiply by two instead. " * 12)
    assert len(long["lesson"]) == 300
    result, _, model = await ran(TESTS, WRONG, long, RIGHT)
    assert result.ok
    assert "Step 1: Multiply by two" in model.calls[3][-1].text
    model.assert_finished()


async def test_a_lesson_that_helped_is_kept_with_its_run_and_step_and_shown_to_other_goals():
    memory = BufferMemory()
    result, _, _ = await ran(TESTS, WRONG, SQUARE, RIGHT, memory=memory)
    kept = [note for note in memory.notes if note.startswith("Lesson")]
    assert kept == [f"Lesson (general; run {result.run_id}, step 1): {SQUARE['lesson']}"]
    goal = "Write a Python function half(x) that takes half of a number. half(4) == 2"
    half = "```python\ndef half(x):\n    return x / 2\n```"
    _, _, model = await ran("```python\nassert half(0) == 0\n```", half, memory=memory, goal=goal)
    assert "Multiply by two instead." in model.calls[1][-1].text


async def test_a_lesson_about_one_goal_alone_is_shown_to_no_other():
    memory = BufferMemory()
    own = lesson("Step 1 squared the number.", applies="this_task")
    await ran(TESTS, WRONG, own, RIGHT, memory=memory)
    assert [note for note in memory.notes if note.startswith("Lesson")] == []


async def test_a_lesson_that_did_not_help_is_not_kept():
    memory = BufferMemory()
    await ran(TESTS, WRONG, SQUARE, WRONG, OTHER, WRONG, memory=memory)
    assert [note for note in memory.notes if note.startswith("Lesson")] == []


# ------------------------------------------------------------------------- trials as whole runs


async def test_other_goals_are_handed_on_and_a_failure_teaches():
    goals, way = [], Reflexion()

    async def works(turn):
        if not task_of():
            return await way(turn)
        goals.append((task_of(), tuple(turn.task.notes)))
        if not any("weigh it again" in note for note in turn.task.notes):
            return no_evidence("the scale was not level")
        return "It weighs 3 kg."

    again = lesson("Step 1 used a scale that was not level, so weigh it again.")
    result, _, _ = await ran(again, way=works, goal="How heavy is it?")
    assert result.answer == "It weighs 3 kg."
    assert [task for task, _ in goals] == ["trial-1", "trial-2"]


# ------------------------------------------------------------------------------------ the tests


@pytest.mark.parametrize(
    ("goal", "found"),
    [
        ("def f(x):\n    >>> f(2)\n    4\n", ["assert f(2) == 4"]),
        ("Write f. f(2) -> 4", ["assert f(2) == 4"]),
        ("写一个函数 f，f('a') 返回 'b'。", ["assert f('a') == 'b'"]),
        ("Write a function f(x) that doubles.", []),
        (
            "Write a function f(x). f([3, 1]) == [1, 3], f('a, b.') -> 'a'. f(0) returns 0.",
            ["assert f([3, 1]) == [1, 3]", "assert f('a, b.') == 'a'", "assert f(0) == 0"],
        ),
        ("Write a function f. f(2) == 2 ** 3", ["assert f(2) == 2 ** 3"]),
        ("Write f. f('abc') is 'a b c'.", ["assert f('abc') == 'a b c'"]),
        ("Write f. f(3) is odd, f(4) should be [2, 2].", ["assert f(4) == [2, 2]"]),
        ("Write f. f(2)是4，f(x)是一个函数", ["assert f(2) == 4"]),
        ("Write f. f(n) returns True for even numbers and False for odd ones.", []),
        ("Write f. f(100) is 10,000 and f(1) returns 10,000.", []),
        ("Write f. f(1) is 2 or 3. f(3) returns 1 less than f(4).", []),
        ("Write f. f(1) returns {[1]: 2}. f(n) 返回 0 表示失败", []),
    ],
)
def test_what_a_goal_shows_is_a_test(goal, found):
    assert given_tests(goal) == found
    assert asks_for_code(goal) or "Write f." in goal


def test_a_goal_that_asks_for_no_code_is_not_taken_for_one():
    assert not asks_for_code("What is the function of the liver?")
    assert not asks_for_code("How heavy is it?")
    assert not asks_for_code("Write a summary of the function of the committee.")
    assert not asks_for_code("What does def foo(x): return x + 1 give for 3?")
    assert not asks_for_code("写一篇关于函数的文章")
    assert not asks_for_code("Which files define the function parse_date?")
    assert not asks_for_code("How many people do we need for the function on Saturday?")
    assert not asks_for_code("Create a calendar entry for the charity function on 3 May.")
    assert not asks_for_code("Write an email to invite Ana to the function.")
    assert not asks_for_code("What does this print?\n\ndef f(x):\n    return x * 2\nprint(f(3))")
    assert not asks_for_code("Write a JavaScript function that adds two numbers.")
    assert not asks_for_code("哪个文件定义了parse函数？") and not asks_for_code(
        "谁实现了这个函数？"
    )
    assert asks_for_code("I need a function that counts the letters of an email address.")


def report(*failures):
    return ToolMessage(
        "", tool_call_id="x", artifact={"stdout": f"\ntests: {json.dumps([0, *failures])}"}
    )


def test_the_goals_own_tests_count_double():
    tests = ["assert f(1) == 1", "assert f(2) == 2"]
    own, example = (
        verdict_of(report("", "", "E"), tests, 1),
        verdict_of(report("", "E", ""), tests, 1),
    )
    assert own.score == pytest.approx(2 / 3) and not own.refuted
    assert example.score == pytest.approx(1 / 3) and example.refuted
    assert verdict_of(report("SyntaxError", "", ""), tests, 1).score == 0
    assert verdict_of(report(""), tests, 1).score == 0  # a report that is too short


def run_of(codes, tests, given):
    """Return what the tests say of some functions, run as the tool runs them."""
    program = program_of(codes, tests, given)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    text = done.stdout.decode()
    return verdict_of(ToolMessage(text, tool_call_id="x"), tests, given), text


def test_of_several_functions_the_one_that_passes_most_is_told_of():
    tests = ["assert f(1) == 2", "assert f(0) == 1", "assert f(5) == 5"]
    codes = ["def f(x: return x", "def f(x):\n    return x", "def f(x):\n    return x + 1"]
    verdict, text = run_of(codes, tests, 1)
    assert (verdict.best, verdict.refuted) == (2, False) and verdict.score == pytest.approx(3 / 4)
    assert text.startswith("def f(x):\n    return x + 1\nassert f(1) == 2\n")
    assert (
        run_of(codes[:2], tests, 1)[0].why == "this test fails: assert f(1) == 2 (AssertionError)"
    )
    assert run_of(codes[:1], tests, 1)[0].why.startswith("the program does not run: SyntaxError")


def test_a_function_without_end_fails_once_and_its_other_tests_with_it(monkeypatch):
    monkeypatch.setattr(selftests, "TEST_SECONDS", 1)
    code = "def f(x):\n    while x:\n        pass\n    return 0"
    began = time.monotonic()
    verdict, text = run_of([code], ["assert f(1) == 0", "assert f(2) == 0", "assert f(0) == 0"], 0)
    assert "it took too long" in verdict.why and verdict.score == 0
    assert text.count("it took too long") == 3
    assert time.monotonic() - began < 2.5
