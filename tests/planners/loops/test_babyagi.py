"""The queue of tasks, and what was wrong with the first loops of this kind."""

import asyncio
import re

import pytest
from langchain_core.messages import AIMessage

from cogitate import Agent, Limits, ScriptedModel
from cogitate.agents.loops import LOOPS
from cogitate.planners import Turn, no_evidence
from cogitate.planners.loops.babyagi import BabyAgi
from cogitate.planners.loops.babyagi.board import Board, board_of, new_task
from cogitate.planners.loops.babyagi.nearness import context_for, nothing_new, twin_of
from cogitate.planners.loops.parts import spread
from cogitate.planners.ways.saying import call
from cogitate.runs.context import RunContext, running, task_of
from cogitate.runs.events import ModelCalled, Noted, RunEnded, TasksChanged, ToolCalled
from cogitate.tools.base import tool

YES, NO = {"choice": "yes"}, {"choice": "no"}


@tool(effect="read")
def look(thing: str) -> str:
    """Look at a thing.

    Args:
        thing: what is looked at.
    """
    return f"{thing.rstrip('?')} is number {len(thing) + 1000}."


def tasks(*names):
    return {"tasks": [{"name": name, "why": "needed"} for name in names]}


def parts(*names):
    return {"parts": list(names)}


def looking(loop, fails=()):
    """Return a way that is `loop` in the run and looks at the goal in a task."""

    async def way(turn: Turn):
        if not task_of():
            return await loop(turn)
        if any(word in turn.task.goal for word in fails):
            return no_evidence("nothing there")
        return turn.good[-1].text if turn.good else call("look", thing=turn.task.goal)

    return way


async def ran(*replies, loop=None, fails=(), goal="Look at both.", **parts):
    model = ScriptedModel(replies=replies)
    made = looking(loop or BabyAgi(), fails)
    agent = Agent(model=model, tools=[look], executor=made, **parts)
    events = [event async for event in agent.stream(goal)]
    return events, events[-1].result, model


def boards(events):
    return [e.tasks for e in events if isinstance(e, TasksChanged)]


def handed(events):
    return [e.args["goal"] for e in events if isinstance(e, ToolCalled) and e.tool == "delegate"]


async def test_tasks_are_done_one_by_one_and_the_answer_is_put_together():
    said = "The cup? is number 1008. The plate? is number 1010."
    replies = [parts("The cup?", "The plate?"), YES, "unsupported 77777"]
    events, result, model = await ran(*replies)
    assert handed(events) == ["The cup?", "The plate?"]
    assert result.stopped == "answered"
    assert "1008" in result.answer and "1010" in result.answer
    assert "77777" not in result.answer and said != result.answer
    model.assert_finished()
    assert [task["status"] for task in boards(events)[-1]] == ["done", "done"]
    assert boards(events)[0][0]["status"] == "running"


async def test_events_of_a_task_carry_its_id():
    events, _, _ = await ran(parts("The cup?"), YES)
    looked = next(e for e in events if isinstance(e, ToolCalled) and e.tool == "look")
    assert looked.within == boards(events)[-1][0]["id"]


async def test_ids_are_ours_and_never_collide():
    first = [new_task("1. The cup?") for _ in range(50)]
    assert len({task.id for task in first}) == 50
    events, _, _ = await ran(parts("1. The cup?", "1. The plate?"), YES, "cup 1011")
    ids = {task["id"] for task in boards(events)[-1]}
    assert len(ids) == 2 and not ids & {"1", "2"}


async def test_a_list_that_does_not_parse_deletes_no_task():
    broken = AIMessage("1. do this\n2. do that")
    replies = [parts("The cup?", "The plate?"), tasks("The spoon?"), broken, broken]
    loop = BabyAgi(completion=False, dedupe=False)
    events, result, _ = await ran(*replies, tasks(), tasks(), "both", loop=loop)
    assert handed(events) == ["The cup?", "The plate?", "The spoon?"]
    assert result.ok


def test_punctuation_of_a_task_stays():
    name = 'How much is "3.5 kg", to 2 decimals (in €)?'
    board = Board()
    board.add(new_task(name))
    assert board.waiting[0].name == name
    assert board.event().tasks[0]["name"] == name


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ([3, 1], "cab d"),
        ([], "abcd"),
        ([9, -1, 0, 4, 4], "dabc"),
        ([2, 1, 4, 3], "badc"),
    ],
)
def test_an_order_is_a_permutation_whatever_was_written(order, names):
    board = Board()
    for name in "abcd":
        board.add(new_task(name))
    board.reorder(order)
    assert "".join(task.name for task in board.waiting) == names.replace(" ", "")


async def test_an_empty_queue_ends_the_run_and_no_stale_result_makes_tasks():
    replies = [parts("The cup?"), NO, {"tasks": []}]
    events, result, model = await ran(*replies)
    assert handed(events) == ["The cup?"]
    assert result.ok and "1008" in result.answer
    model.assert_finished()


async def test_the_objective_is_checked_and_yes_twice_in_a_row_ends_the_run():
    names = ["The cup?", "The plate?", "The spoon?", "The knife?"]
    replies = [parts("The cup?"), NO, tasks(*names[1:]), YES, YES, "cup 1008, plate 1010, spoon"]
    events, result, _ = await ran(*replies, loop=BabyAgi(every=1, dedupe=False))
    assert handed(events) == names[:3]
    assert result.stopped == "answered"
    assert [t["status"] for t in boards(events)[-1]] == ["done", "done", "done", "dropped"]


async def test_the_objective_is_not_met_while_a_part_of_it_waits():
    replies = [parts("The cup?", "The plate?"), YES, "cup 1008 plate 1010"]
    events, result, model = await ran(*replies, loop=BabyAgi(every=1))
    assert handed(events) == ["The cup?", "The plate?"]
    assert result.ok
    model.assert_finished()


async def test_a_creator_that_repeats_itself_is_stopped():
    replies = [parts("The cup?"), NO, tasks("the CUP", "The cup.")]
    events, result, _ = await ran(*replies)
    assert handed(events) == ["The cup?"]
    dropped = [e.text for e in events if isinstance(e, Noted) and e.text.startswith("task dropped")]
    assert len(dropped) == 2 and "like 'The cup?'" in dropped[0]
    assert result.ok


async def test_without_dedupe_a_repeating_creator_is_stopped_by_results_that_say_nothing_new():
    bare = BabyAgi(dedupe=False, completion=False, deepest=9)
    again = [parts("The cup?"), *[tasks("The cup?")] * 3]
    events, result, model = await ran(*again, loop=bare)
    assert handed(events) == ["The cup?"] * 4
    assert result.stopped == "stalled" and "said nothing new" in result.answer
    assert not any("objective met" in e.purpose for e in events if isinstance(e, ModelCalled))
    model.assert_finished()


async def test_the_number_of_tasks_is_bounded():
    names = ["The cup?", "The plate?", "The spoon?"]
    events, result, _ = await ran(parts(*names), "x", loop=BabyAgi(most_tasks=2))
    assert handed(events) == names[:2]
    assert result.stopped == "steps" and "2 tasks were done" in result.answer


async def test_tasks_nest_at_most_four_deep():
    replies = [parts("Cup?"), NO]
    for made in [tasks(word) for word in ("Plate?", "Spoon?", "Knife?", "Fork?")]:
        replies += [made, NO]
    events, _, _ = await ran(*replies[:-1], "all", loop=BabyAgi(dedupe=False))
    assert handed(events) == ["Cup?", "Plate?", "Spoon?", "Knife?"]
    assert any("it is 5 deep" in e.text for e in events if isinstance(e, Noted))


async def test_a_task_with_numbers_from_nowhere_is_dropped():
    replies = [parts("Look at number 4711?", "The cup?"), YES]
    events, _, _ = await ran(*replies)
    assert handed(events) == ["The cup?"]


async def test_three_failures_in_a_row_stop_the_run():
    names = ["Cup one?", "Plate two?", "Spoon three?"]
    replies = [parts(*names), {"tasks": []}, {"tasks": []}]
    events, result, _ = await ran(*replies, loop=BabyAgi(dedupe=False), fails=["?"])
    assert handed(events) == names
    assert result.stopped == "stalled"
    assert "3 tasks in a row failed" in result.answer


async def test_what_failed_is_tried_once_more_when_there_is_more_to_go_on():
    names = ["The broken one?", "The cup?"]
    replies = [parts(*names), {"tasks": []}, NO, {"tasks": []}, NO, {"tasks": []}]
    events, result, _ = await ran(*replies, loop=BabyAgi(dedupe=False), fails=["broken"])
    assert handed(events) == ["The broken one?", "The cup?", "The broken one?"]
    assert result.stopped == "stalled"  # a part is missing, and the answer says which
    assert "The broken one?" in result.answer and "1008" in result.answer


async def test_a_task_is_told_the_results_that_bear_on_it():
    with running(RunContext(run_id="r", workspace=__import__("pathlib").Path("."))):
        done = []
        for word in ("cup", "plate", "spoon", "harbour", "mountain", "river", "weather"):
            task = new_task(f"What colour is the {word}?")
            task.status, task.result = "done", f"The {word} is blue."
            done.append(task)
        notes = await context_for("How high is the mountain?", "Describe the kitchen.", done)
    assert len(notes) == 5
    assert "What colour is the mountain? -> The mountain is blue." in notes


async def test_results_that_say_what_was_said_are_nothing_new():
    with running(RunContext(run_id="r", workspace=__import__("pathlib").Path("."))):
        old = ["East sold the most, 19403.7.", "Ines is in charge of the shop."]
        assert await nothing_new([*old, *[old[0]] * 3])
        assert not await nothing_new([*old, old[0], old[0], "West sold 6803.7."])
        assert not await nothing_new(old)


async def test_tasks_that_differ_in_one_word_are_not_twins():
    with running(RunContext(run_id="r", workspace=__import__("pathlib").Path("."))):
        known = [new_task("Which region has the highest sales?")]
        model = ScriptedModel(replies=[NO])
        assert await twin_of(model, "Which region has the lowest sales?", known) is None
        same = await twin_of(model, "which region has the highest sales", known)
        assert same is known[0]


async def test_the_limits_end_it_in_order_with_what_was_found():
    names = [f"The {word}?" for word in ("cup", "plate", "spoon")]
    replies = [parts(*names), "cup and plate"]
    limits = Limits(steps=10)
    events, result, _ = await ran(*replies, limits=limits, loop=BabyAgi(dedupe=False))
    assert result.stopped == "steps"
    assert "1008" in result.answer
    assert result.steps <= 10
    assert isinstance(events[-1], RunEnded)


async def test_an_interrupt_leaves_what_was_found():
    stop = asyncio.Event()

    async def interrupts(turn: Turn):
        if task_of() and "plate" in turn.task.goal:
            stop.set()
            await asyncio.Event().wait()
        return await looking(BabyAgi(dedupe=False))(turn)

    model = ScriptedModel(replies=[parts("The cup?", "The plate?")])
    agent = Agent(model=model, tools=[look], executor=interrupts)
    events = [event async for event in agent.stream("Look at both.", stop=stop)]
    assert events[-1].result.stopped == "interrupted"
    assert "1008" in events[-1].result.answer


def test_the_board_is_rebuilt_from_messages_alone():
    assert board_of([]).tasks == {}
    assert LOOPS["babyagi"].ways == ("babyagi",)
    assert re.fullmatch(r"[0-9a-f]{32}", new_task("a").id)


@pytest.mark.parametrize(
    ("part", "goal", "parts"),
    [
        (
            "How long does each module take?",
            "Compare the json, csv and sqlite3 modules",
            [f"How long does the {name} module take?" for name in ("json", "csv", "sqlite3")],
        ),
        (
            "What does each of the vans carry?",
            "Compare the red and blue vans.",
            ["What does the red van carry?", "What does the blue van carry?"],
        ),
        (
            "What does each shop sell?",
            "Compare the red and blue vans.",
            ["What does each shop sell?"],
        ),
        (
            "What do both vans carry?",
            "Compare the red and blue vans.",
            ["What do both vans carry?"],
        ),
        (
            "What is the difference between the red, green and blue vans for city trips?",
            "Write a page comparing the red, green and blue vans.",
            [
                f"What is there to say about the {colour} van?"
                for colour in ("red", "green", "blue")
            ],
        ),
        (
            "Compare the East and West regions by sales.",
            "Compare the East and West regions by sales.",
            [
                "What is there to say about the East region by sales?",
                "What is there to say about the West region by sales?",
            ],
        ),
        (
            "What is the difference between the sales of the East and West regions?",
            "Compare the East and West regions.",
            ["What is the difference between the sales of the East and West regions?"],
        ),
    ],
)
def test_a_part_that_speaks_of_each_is_one_part_for_each(part, goal, parts):
    assert spread(part, goal) == parts
