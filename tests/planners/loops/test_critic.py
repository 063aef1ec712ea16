"""critic: answers are verified by tools, corrected while that helps, and left alone in doubt."""

from dataclasses import replace

import pytest
from langchain_core.messages import AIMessage
from pydantic import BaseModel

from cogitate import Agent, ScriptedModel, Step, Task, shipped_tools, tool
from cogitate.agents.loops import LOOPS
from cogitate.planners.critics.case import Case, Finding, criticised
from cogitate.planners.critics.critic import CORRECTIONS, ToolCritic
from cogitate.planners.critics.verifiers import (
    Fits,
    UnitTests,
    code_in,
    opinion,
    programs,
    runs,
    sources,
)
from cogitate.runs.context import RunContext, running
from cogitate.runs.events import Judged, Noted, Observed, ToolCalled

GOAL = "A tank of 340 litres loses 15% a day. How much is left after 6 days, to one decimal?"
RIGHT = "left = 340 * (1 - 0.15) ** 6\nprint(round(left, 1))"
WRONG = "left = 340 * (1 - 0.15 * 6)\nprint(round(left, 1))"


def fenced(code):
    return f"```python\n{code}\n```"


async def no_tool(name, arguments):
    raise AssertionError(f"{name} must not be called")


def gives(*outputs):
    """Return a use of tools that gives the outputs in order; an empty one is a failure."""
    left = list(outputs)

    async def use(name, arguments):
        text = left.pop(0)
        return not text.startswith("Error"), text

    return use


def case(answer, *replies, goal=GOAL, use=no_tool, tools=()):
    return Case(
        task=Task(goal=goal),
        answer=answer,
        model=ScriptedModel(replies=replies),
        use=use,
        tools=frozenset(tools),
    )


def critic(*verifiers, corrections=CORRECTIONS):
    return ToolCritic(
        model=ScriptedModel(replies=()),
        use=no_tool,
        verifiers=verifiers,
        corrections=corrections,
    )


@pytest.fixture
def context(tmp_path):
    events = []
    with running(RunContext(run_id="r", workspace=tmp_path, listener=events.append)) as made:
        yield made, events


# ------------------------------------------------------------------------------- the stop rules


async def objects(case):
    return Finding(problem="contradicted", advice=f"{case.answer} is wrong")


async def test_an_answer_that_nothing_speaks_against_is_accepted(context):
    async def content(case):
        return Finding(problem="ok")

    assert (await critic(content)(Task(goal="Q"), "A")).accepted


async def test_a_critic_that_alternates_two_answers_ends_within_four_rounds(context):
    _, events = context
    judge = critic(objects, corrections=10)
    verdicts = [await judge(Task(goal="Q"), answer) for answer in ("A", "B", "A", "B")]
    assert [v.accepted for v in verdicts][:3] == [False, False, True]
    assert verdicts[2].advice == "oscillation"
    assert any("oscillation" in e.text for e in events if isinstance(e, Noted))


async def test_an_answer_that_comes_unchanged_twice_stands(context):
    judge = critic(objects, corrections=10)
    verdicts = [await judge(Task(goal="Q"), "The same.") for _ in range(3)]
    assert [v.accepted for v in verdicts] == [False, False, True]
    assert verdicts[2].advice == "stable" and verdicts[2].score < 1


async def test_a_critic_that_always_objects_ends_with_the_last_answer(context):
    """The reference uses an undefined name where a long run must give its answer."""
    judge = critic(objects)
    verdicts = [await judge(Task(goal="Q"), f"answer {n}") for n in range(CORRECTIONS + 1)]
    assert [v.accepted for v in verdicts] == [False] * CORRECTIONS + [True]
    assert verdicts[-1].advice == "max_iter"


async def test_what_was_said_of_one_goal_does_not_count_for_another(context):
    judge = critic(objects, corrections=1)
    assert not (await judge(Task(goal="one"), "A")).accepted
    assert not (await judge(Task(goal="two"), "A")).accepted
    assert (await judge(Task(goal="one"), "B")).accepted


async def test_the_loop_ends_when_the_critic_never_agrees():
    async def always(task, answer):
        return await critic(objects)(task, answer)

    async def counts(turn):
        return f"answer {len(turn.task.notes)} {turn.task.feedback[:8]}"

    agent = Agent(model=ScriptedModel(replies=()), executor=counts, critic=always)
    result = await agent.arun("Q")
    assert result.stopped == "accepted"


# ---------------------------------------------------------------------------------- verifiers


async def test_an_invalid_critique_leaves_the_answer_alone_and_is_counted(context):
    _, events = context
    found = await criticised(case("A", AIMessage("no JSON"), AIMessage("none")), "some text")
    assert found.problem == "ok"
    assert [e.text for e in events if isinstance(e, Noted)] == [
        "critic: no valid critique, so the answer is left as it is"
    ]


async def test_a_program_that_gives_the_same_agrees_without_asking_the_model(context):
    made = case("128.2 litres are left.", fenced(RIGHT), use=gives("128.2"), tools=["python"])
    assert (await programs(made)).problem == "ok"
    made.model.assert_finished()


async def test_a_program_that_gives_another_value_is_put_before_the_model(context):
    said = {"why": "the loss compounds", "verdict": "contradicted", "fix_hint": "compound it"}
    made = case("34 are left.", fenced(RIGHT), said, use=gives("128.2"), tools=["python"])
    found = await programs(made)
    assert (found.problem, found.advice) == ("contradicted", "compound it")
    assert "128.2" in made.model.calls[1][-1].text


async def test_programs_that_fail_or_invent_say_nothing(context):
    made = case("34", fenced("print(340 / 0)"), use=gives("Error: division"), tools=["python"])
    assert await programs(made) is None
    made = case("34", fenced("print(513 * 77)"), tools=["python"])
    assert await programs(made) is None


async def test_a_goal_that_rests_on_notes_is_not_worked_out_from_itself_alone(context):
    made = case("34", goal="How much are 3 of the 5 left?", tools=["python"])
    task = Task(goal=made.task.goal, notes=("One costs 7 euros.",))
    assert await programs(replace(made, task=task)) is None
    told = "The last answer was turned down: It compounds."
    task = Task(goal=GOAL, notes=(told,), feedback="It compounds.")
    again = case("128.2", fenced(RIGHT), use=gives("128.2"), tools=["python"])
    assert (await programs(replace(again, task=task))).problem == "ok"


async def test_sources_are_looked_up_and_judged(context):
    said = {"why": "Lille, not Lyon", "verdict": "contradicted", "fix_hint": "It is Lille."}
    made = case(
        "Lyon", said, goal="Where?", use=gives("The team moved to Lille."), tools=["retrieve"]
    )
    assert (await sources(made)).advice == "It is Lille."
    assert await sources(case("Lyon", goal="Where?")) is None


async def test_a_second_look_at_the_same_sources_shows_what_was_not_shown_yet(context):
    said = {"why": "fine", "verdict": "ok"}
    found = "a" * 400 + "the rest of it"
    made = case("Lyon", said, goal="Where?", use=gives(found), tools=["retrieve"])
    await sources(replace(made, turned_down=1))
    assert made.model.calls[0][-1].text.endswith("Evidence:\nthe rest of it")


async def test_a_program_in_an_answer_is_run_without_its_comments(context):
    text = "```python\n# this is surely right\nprint(1 / 0)\n```"
    found = await runs(
        case(text, use=gives("Error at line 1: ZeroDivisionError"), tools=["python"])
    )
    assert found.problem == "runtime_error"
    assert code_in(text) == "print(1 / 0)"


async def test_unit_tests_name_the_one_that_fails(context):
    text = "```python\ndef f(x):\n    return x\n```"
    tests = UnitTests(["assert f(1) == 1", "assert f(2) == 4"])
    found = await tests(case(text, use=gives("ok", "Error: AssertionError")))
    assert found.problem == "contradicted" and "assert f(2) == 4" in found.advice
    assert (await tests(case(text, use=gives("ok", "ok")))).problem == "ok"
    assert (await tests(case("no code"))).problem == "incomplete"


class City(BaseModel):
    name: str
    people: int


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ('{"name": "Lille", "people": 3}', "ok"),
        ('Here: {"name": "Lille", "people": "many"}', "wrong_type"),
        ("Lille", "wrong_type"),
    ],
)
async def test_json_is_held_against_its_schema(answer, problem, context):
    assert (await Fits(City)(case(answer))).problem == problem


async def test_a_list_fits_the_schema_of_a_list():
    row = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    rows = {"type": "array", "items": row}
    assert (await Fits(rows)(case('They are [{"a": 1}, {"a": 2}].'))).problem == "ok"
    assert (await Fits(rows)(case('[{"b": 1}]'))).problem == "wrong_type"


async def test_without_a_tool_the_model_is_asked_only_as_a_control(context):
    said = {"why": "sounds odd", "verdict": "unsupported"}
    assert (await opinion(case("A", said))).problem == "unsupported"
    from cogitate.planners.critics.critic import DEFAULT

    assert opinion not in DEFAULT


# ------------------------------------------------------------------------------------ the loop


async def plan(task):
    return [] if task.tried else [Step(way="compute", goal=task.goal)]


async def test_a_wrong_answer_is_corrected_with_what_the_check_found():
    said = {"why": "it compounds", "verdict": "contradicted", "fix_hint": "The loss compounds."}
    replies = [
        *(fenced(WRONG), "34.0 litres are left."),
        *(fenced(RIGHT), said),
        *(fenced(RIGHT), "128.2 litres are left.", fenced(RIGHT)),
    ]
    model = ScriptedModel(replies=replies)
    agent = Agent(model=model, tools=shipped_tools(["python"]), planner=plan, loop="critic")
    events = [event async for event in agent.stream(GOAL)]
    seen = [e for e in events if isinstance(e, Observed)]
    if "confine" in seen[0].text and not seen[0].ok:
        pytest.skip("the kernel of this machine has no Landlock or no seccomp")
    result = events[-1].result
    assert (result.answer, result.stopped) == ("128.2 litres are left.", "accepted")
    assert [e.accepted for e in events if isinstance(e, Judged)] == [False, True]
    assert "The loss compounds." in model.calls[4][-1].text
    assert len([e for e in events if isinstance(e, ToolCalled)]) == 4
    model.assert_finished()


async def test_the_critic_calls_no_tool_that_has_an_effect():
    sent = []

    @tool(effect="once")
    def retrieve(query: str) -> str:
        """Find passages, and bill for it.

        Args:
            query: what is looked for.
        """
        sent.append(query)
        return "found"

    async def says(turn):
        return "hello"

    agent = Agent(model=ScriptedModel(replies=()), tools=[retrieve], executor=says, loop="critic")
    result = await agent.arun("Say hello.")
    assert (result.answer, sent) == ("hello", [])
    assert LOOPS["critic"].critic is not None
