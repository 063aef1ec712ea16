"""pal: the output is the answer, errors are mended, votes, and what follows without a program."""

import threading

import pytest

from cogitate import Agent, ScriptedModel, shipped_tools
from cogitate.planners.loops.pal import Pal
from cogitate.runs.events import Judged, Observed, Planned
from cogitate.tools.sandbox.session import PythonSession

GOAL = "A tank of 340 litres loses 15% a day. How much is left after 6 days, to one decimal?"
RIGHT = "left = 340 * (1 - 0.15) ** 6\nprint(round(left, 1))"
OTHER = "left = 340\nfor day in range(6):\n    left *= 0.85\nprint(round(left, 1))"


def fenced(code):
    return f"```python\n{code}\n```"


async def ran(*replies, goal=GOAL, way=None, loop="auto"):
    model = ScriptedModel(replies=replies)
    parts = {"executor": way} if way else {"loop": loop}
    agent = Agent(model=model, tools=shipped_tools(["python"]), **parts)
    events = [event async for event in agent.stream(goal)]
    seen = [e for e in events if isinstance(e, Observed)]
    if seen and "confine" in seen[0].text and not seen[0].ok:
        pytest.skip("the kernel of this machine has no Landlock or no seccomp")
    return events[-1].result, events, model


async def test_the_answer_is_what_the_program_printed():
    result, events, model = await ran(fenced(RIGHT), loop="pal")
    assert (result.answer, result.ok) == ("128.2", True)
    assert next(e for e in events if isinstance(e, Planned)).steps[0]["way"] == "pal"
    model.assert_finished()


async def test_a_name_error_is_mended_with_the_line_shown():
    broken = "left = 340 * rate\nprint(left)"
    result, _, model = await ran(fenced(broken), fenced(RIGHT), way=Pal())
    assert result.answer == "128.2"
    shown = model.calls[1][-1].text
    assert "NameError" in shown and "left = 340 * rate" in shown
    model.assert_finished()


async def test_the_same_error_twice_ends_the_repair():
    one, two = "left = 340\nprint(left / 0)", "left = 340 * 1\n\nprint(left / 0)"
    result, _, model = await ran(fenced(one), fenced(two), way=Pal())
    assert result.stopped == "no_evidence" and "no_program" in result.answer
    assert len(model.seen) == 2


async def test_other_errors_are_mended_until_the_attempts_are_used_up():
    broken = [fenced("print(340 / 0)"), fenced("print(340 + '1')"), fenced("print(left)")]
    result, _, model = await ran(*broken, way=Pal())
    assert result.stopped == "no_evidence" and len(model.seen) == 3


async def test_most_of_several_programs_decide():
    wrong = "print(340 * 0.85)"
    result, _, model = await ran(fenced(wrong), fenced(RIGHT), fenced(OTHER), way=Pal(programs=3))
    assert result.answer == "128.2"
    model.assert_finished()


async def test_a_vote_in_which_all_fail_is_a_typed_result_and_no_crash():
    """The reference runner crashes on the empty counter."""
    bad = [fenced(f"print(340 / 0 * {n})") for n in (2, 3, 4)]
    result, _, _ = await ran(*bad, *bad, way=Pal(programs=3))
    assert result.stopped == "no_evidence" and "no_program" in result.answer


async def test_without_a_program_the_loop_goes_on_to_a_chain_of_thought():
    broken = fenced("print(340 / 0)")
    _, events, _ = await ran(
        broken, broken, *["So 340 falls six times.\nAnswer: 128.2"] * 12, loop="pal"
    )
    ways = [e.steps[0]["way"] for e in events if isinstance(e, Planned) and e.steps]
    assert ways[:2] == ["pal", "cot"]
    judged = [e for e in events if isinstance(e, Judged)]
    assert "no_program" in judged[0].advice


async def test_invented_data_is_not_computed_with():
    invented = "tank = 513\nloss = 77\nprint(tank * loss)"
    result, _, model = await ran(fenced(invented), fenced(RIGHT), way=Pal())
    assert result.answer == "128.2" and "513" in model.calls[1][-1].text


async def test_without_the_python_tool_nothing_is_written():
    model = ScriptedModel(replies=())
    result = await Agent(model=model, executor=Pal()).arun(GOAL)
    assert result.stopped == "no_evidence" and "there is no python tool" in result.answer


def test_a_program_without_end_is_stopped_outside_the_main_thread_as_well(tmp_path):
    """The reference stops programs by an alarm signal, which works in the main thread only."""
    found = []

    def work():
        session = PythonSession(tmp_path)
        found.append(session.run("while True:\n    pass", 1.0).status)
        session.close()

    worker = threading.Thread(target=work)
    worker.start()
    worker.join(30)
    if found == ["not_confined"]:
        pytest.skip("the kernel of this machine has no Landlock or no seccomp")
    assert found == ["timeout"]


async def test_a_number_that_is_counted_and_negative_is_written_again():
    goal = "A flock needs 60 cups and gets 15 and 25. How many cups are left for the evening?"
    wrong, right = "print(15 + 25 - 60)", "print(60 - 15 - 25)"
    result, _, model = await ran(fenced(wrong), fenced(right), goal=goal, way=Pal())
    assert result.answer == "20" and "wrong way round" in model.calls[1][-1].text


async def test_a_number_that_may_be_below_zero_is_taken():
    goal = "It is 4 degrees and gets 9 degrees colder. How many degrees below zero, or above?"
    result, _, _ = await ran(fenced("print(4 - 9)"), goal=goal, way=Pal())
    assert result.answer == "-5"


async def test_a_name_in_other_capitals_is_taken_for_the_one_that_is_bound():
    program = "Tank = 340\nleft = tank * 0.85\nprint(left)"
    result, _, model = await ran(fenced(program), way=Pal())
    assert result.answer == "289.0"
    model.assert_finished()
