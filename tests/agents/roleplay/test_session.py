"""What a session shows its roles, what the assistant does, and the seats of persons."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from roleplay_parts import DONE, cannot, do, pair, played, solved

from cogitate import BufferMemory, RolePlay, ScriptedModel, SetupError, shipped_tools, tool
from cogitate.agents.roleplay.values import Role
from cogitate.agents.roleplay.view import KEPT, RoleView

APPLES, RED = solved("apple, pear, plum"), solved("red, green, blue")
PYTHON = shipped_tools(["python"])
BY_PYTHON, BY_WORDS = {"choice": "2"}, {"choice": "1"}


def texts(model: ScriptedModel, head: str) -> list[list[str]]:
    """Return the messages of each call whose first message begins with `head`."""
    return [[m.text for m in call] for call in model.calls if call[0].text.startswith(head)]


async def test_each_role_is_shown_its_last_prompt_with_more_behind_it() -> None:
    play, model = pair(
        *(do("List three fruits."), APPLES, do("List three colours."), RED),
        *(do("List three towns."), solved("Rome, Oslo, Kyiv"), DONE, "all"),
    )
    await play.arun()
    for head in ("You play Editor", "You play Writer"):
        seen = texts(model, head)
        assert len(seen) >= 3
        for before, after in pairwise(seen):
            assert after[: len(before)] == before


async def test_each_prompt_ends_with_the_role_and_what_is_to_be_done() -> None:
    play, model = pair(do("List three fruits."), APPLES, DONE)
    await play.arun()
    users, assistants = texts(model, "You play Editor"), texts(model, "You play Writer")
    assert "You are Editor; the task: Name fruits and colours" in users[-1][-1]
    assert "instruction of Editor: List three fruits." in assistants[0][-1]


async def test_the_idea_is_made_concrete_and_its_numbers_must_stay() -> None:
    play = await played(
        {"task": "List 3 fruits."},
        *(do("List fruits."), APPLES, DONE),
        specify=True,
        task="3 fruits",
    )
    assert play.task == "List 3 fruits."
    play = await played(
        {"task": "List 7 fruits."},
        *(do("List fruits."), APPLES, DONE),
        specify=True,
        task="3 fruits",
    )
    assert play.task == "3 fruits"


async def test_an_idea_with_its_numbers_stands_as_it_is() -> None:
    more = {"specify": True, "task": "3 fruits, 2 colours"}
    assert (await played(do("List fruits."), APPLES, DONE, **more)).task == "3 fruits, 2 colours"


async def test_a_step_that_needs_a_tool_is_not_ticked_off_by_words() -> None:
    steps, yes = {"steps": ["Add 17 and 25."]}, {"choice": "yes"}
    play = await played(
        *(steps, do("Add 17 and 25."), BY_WORDS, solved("The sum is 42."), BY_PYTHON),
        *(do("Add them by a program."), BY_PYTHON, "```python\nprint(17 + 25)\n```"),
        *(solved("By the program: 42."), yes, DONE, "42"),
        tools=PYTHON,
        planner=True,
    )
    assert play.solved
    assert play.turns == 3


async def test_a_result_ticks_off_the_steps_that_were_asked_for_and_no_others() -> None:
    steps, yes = {"steps": ["Name two fruits.", "Write a rhyme about them."]}, {"choice": "yes"}
    play = await played(
        *(steps, do("Name two fruits and write a rhyme about them."), APPLES, yes, yes, DONE),
        planner=True,
    )
    assert (play.turns, play.solved) == (2, True)
    rhyme = (do("Write a rhyme."), solved("An apple a day, a plum in May."), yes)
    play = await played(
        *(steps, do("Name two fruits."), APPLES, yes, *rhyme, DONE, "apple, plum"),
        planner=True,
    )
    assert (play.turns, play.solved) == (3, True)


async def test_what_a_tool_gave_for_just_the_step_is_done_without_asking() -> None:
    play = await played(
        *({"steps": ["Add 17 and 25."]}, do("Add 17 and 25."), BY_PYTHON),
        *("```python\nprint(17 + 25)\n```", solved("The sum is 42."), DONE),
        task="Add 17 and 25.",
        tools=PYTHON,
        planner=True,
    )
    assert (play.turns, play.solved, play.summary) == (2, True, "The sum is 42.")


async def test_what_a_tool_gave_twice_is_a_result_twice() -> None:
    program = "```python\nprint(17 + 25)\n```"
    play = await played(
        *(do("Add 17 and 25."), BY_PYTHON, program, solved("42")),
        *(do("What is the sum, by a program?"), BY_PYTHON, program, solved("42"), DONE, "42"),
        tools=PYTHON,
    )
    assert (play.solved, play.counts.flakes, play.counts.retries) == (True, 0, 0)


async def test_a_solution_is_done_by_a_program_and_holds_what_it_printed() -> None:
    play = await played(
        do("Add 17 and 25."),
        BY_PYTHON,
        "```python\nprint(17 + 25)\n```",
        solved("The sum is 42."),
        DONE,
        tools=PYTHON,
    )
    message = play.messages[1]
    assert (message.tool, message.output, message.ok) == ("python", "42", True)
    assert message.text == "SOLUTION: The sum is 42."
    assert "print(17 + 25)" in message.code


async def test_a_program_that_was_asked_for_is_part_of_the_result() -> None:
    program = "def twice(n):\n    return 2 * n\n\nprint(twice(21))"
    play = await played(
        *(do("Write a Python function that doubles."), BY_PYTHON, f"```python\n{program}\n```"),
        *(solved("42"), DONE),
        tools=PYTHON,
    )
    assert play.messages[1].text == f"SOLUTION: 42\n```python\n{program}\n```"
    assert program in play.summary
    assert play.memo[0]["text"].startswith("42 ```python def twice(n):")


async def test_numbers_from_nowhere_are_replaced_by_what_was_printed() -> None:
    program = "```python\nprint(17 + 25)\n```"
    play = await played(
        do("Add 17 and 25."), BY_PYTHON, program, solved("It is 99."), DONE, tools=PYTHON
    )
    assert play.messages[1].text == "SOLUTION: 42"


async def test_a_program_that_fails_is_mended_and_one_that_never_works_is_a_refusal() -> None:
    bad = "```python\nprint(1 / 0)\n```"
    play = await played(
        *(do("Add 17 and 25."), BY_PYTHON, bad, "```python\nprint(17 + 25)\n```"),
        *(solved("The sum is 42."), DONE),
        tools=PYTHON,
    )
    assert play.messages[1].output == "42"
    play = await played(
        *(do("Add 17 and 25."), BY_PYTHON, bad, bad, bad, solved("The sum is 77.")),
        *(do("List fruits."), BY_WORDS, APPLES, DONE),
        tools=PYTHON,
    )
    assert play.messages[1].status == "cannot"
    assert "ZeroDivisionError" in play.messages[1].text


@tool(effect="read")
def stock(item: str) -> str:
    """Return how many pieces there are of an item.

    Args:
        item: its name.
    """
    return f"{item}: 4180 pieces"


async def test_a_program_that_leaves_a_given_number_out_is_written_again_once() -> None:
    task = "Add 80 cups at 18 for 30 days"
    short = "```python\ncups, price = 80, 18\ndays = 30\nloud = True\nprint(cups * price)\n```"
    whole = short.replace("cups * price", "cups * price * days")
    play = await played(
        *(do(task), BY_PYTHON, short, whole, solved("43200"), DONE), task=task, tools=PYTHON
    )
    assert (play.messages[1].output, play.solved) == ("43200", True)
    play = await played(
        *(do(task), BY_PYTHON, short, short, solved("1440"), DONE), task=task, tools=PYTHON
    )
    assert play.messages[1].output == "1440"


async def test_any_tool_can_be_used_with_arguments_by_its_schema() -> None:
    play = await played(
        *(do("How many bolts are there?"), BY_PYTHON, {"item": "bolts"}),
        *(solved("There are 4180 bolts."), DONE),
        tools=[stock],
    )
    assert play.messages[1].output == "bolts: 4180 pieces"


async def test_a_critic_chooses_among_proposals() -> None:
    other = do("List three animals.")
    play = await played(
        *(do("List three fruits."), other, {"choice": 2, "why": "new"}),
        *(APPLES, RED, {"choice": 1, "why": "right"}),
        *(DONE, DONE),
        critic=True,
    )
    assert play.messages[0].instruction == "List three animals."
    assert play.summary == "apple, pear, plum"


async def test_a_critic_who_names_no_proposal_is_counted() -> None:
    play = await played(
        *(do("List three fruits."), do("List animals."), {"choice": 7, "why": ""}),
        *(APPLES, APPLES, DONE, DONE),
        critic=True,
    )
    assert play.counts.fallbacks == 1
    assert play.messages[0].instruction == "List three fruits."


class Person:
    """Somebody who replies from a list, and keeps what was asked."""

    def __init__(self, *replies: str) -> None:
        self.replies = list(replies)
        self.asked: list[str] = []

    async def __call__(self, question: str) -> str:
        self.asked.append(question)
        return self.replies.pop(0)


async def test_a_person_as_critic_may_edit_a_proposal() -> None:
    person = Person("2", "apple and quince", "1")
    play, model = pair(
        *(do("List fruits."), do("List rare fruits."), APPLES, RED, DONE, DONE), human="critic"
    )
    found = await play.arun(ask=person)
    model.assert_finished()
    assert found.messages[0].instruction == "List rare fruits."
    assert found.messages[1].text == "SOLUTION: apple and quince"
    assert "2) red, green, blue" in person.asked[1]


async def test_a_person_as_user_gives_instructions_and_ends_it() -> None:
    person = Person("List fruits. INPUT: only three", "done")
    play, _ = pair(APPLES, human="user")
    found = await play.arun(ask=person)
    assert found.solved
    assert found.messages[0].text == "INSTRUCTION: List fruits.\nINPUT: only three"
    assert "apple, pear, plum" in person.asked[1]


async def test_a_person_as_assistant_solves_or_says_why_not() -> None:
    person = Person("cannot: no fruits here", "apple")
    play, _ = pair(do("List fruits."), do("List one fruit."), DONE, human="assistant")
    found = await play.arun(ask=person)
    assert [item["outcome"] for item in found.memo] == ["cannot", "done"]


async def test_a_person_who_leaves_ends_the_session_in_order() -> None:
    play, _ = pair(APPLES, human="user")
    found = await play.arun(ask=Person("List fruits.", "q"))
    assert (found.termination, found.result.stopped) == (None, "interrupted")
    assert found.summary == "apple, pear, plum"


async def test_a_seat_without_a_person_is_refused_before_anything_happens() -> None:
    play, model = pair(APPLES, human="user")
    with pytest.raises(SetupError, match="nobody can be asked"):
        await play.arun()
    assert model.calls == []


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"task": " "}, "task is empty"),
        ({"user": "Writer"}, "both roles"),
        ({"max_turns": 0}, "max_turns"),
        ({"assistant": ""}, "no name"),
    ],
)
def test_what_does_not_fit_is_said_before_a_session(more: dict[str, Any], why: str) -> None:
    play, _ = pair()
    with pytest.raises(SetupError, match=why):
        assert replace(play, **more).assistant_role


async def test_the_transcript_is_kept_as_markdown_and_as_json() -> None:
    play = await played(do("List fruits."), APPLES, DONE)
    markdown, data = (Path(path) for path in play.result.artefacts)
    assert "## 1. Writer (assistant)" in markdown.read_text("utf-8")
    kept = json.loads(data.read_text("utf-8"))
    assert (kept["termination"], kept["solved"]) == ("done", True)
    assert kept["messages"][1]["solution"] == "apple, pear, plum"


async def test_each_role_has_a_model_and_a_memory_of_its_own() -> None:
    user = ScriptedModel(replies=[do("List fruits."), DONE])
    assistant = ScriptedModel(replies=[APPLES])
    memory = BufferMemory()
    await memory.remember("Name fruits: she likes quinces")
    play = RolePlay(
        assistant=Role(name="Writer", persona="You are terse."),
        user="Editor",
        task="Name fruits",
        model=ScriptedModel(replies=[]),
        user_model=user,
        assistant_model=assistant,
        assistant_memory=memory,
        specify=False,
    )
    found = await play.arun()
    assert found.solved
    assert "she likes quinces" in found.heads["assistant"]
    assert "she likes quinces" not in found.heads["user"]
    assert "You are terse." in found.heads["assistant"]
    assert len(await memory.recall("Name fruits apple", 5)) == 2


async def test_a_person_s_folder_is_told_to_both(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text("item,price\nlamp,12\ndesk,99\n", "utf-8")
    play, _ = pair(do("List fruits."), BY_WORDS, APPLES, DONE, folder=tmp_path, tools=PYTHON)
    found = await play.arun()
    assert "File prices.csv, a table of 2 rows" in found.heads["assistant"]
    assert "price" in found.heads["user"]


def test_a_conversation_that_is_too_long_shrinks_to_the_memo_and_the_last_messages() -> None:
    view = RoleView("head", room=400)
    for n in range(12):
        view.hear(f"message {n} " + "word " * 10)
        view.keep("asked", f"answer {n}")
    memo: Any = [{"instruction": "List fruits.", "outcome": "done", "text": "apple"}]
    assert view.fits(memo, 50)
    assert view.shrunk == 1
    assert len(view.messages) == KEPT + 2
    assert "List fruits. -> apple" in str(view.messages[0].content)
    assert not RoleView("word " * 400, room=300).fits([], 50)


async def test_what_a_session_cost_is_told_by_seat() -> None:
    play = await played(
        *(do("List fruits."), cannot("none"), cannot("none"), do("List pears."), APPLES, DONE)
    )
    assert play.costs["user"].calls == 3
    assert play.costs["assistant"].calls == 3
    assert play.result.usage.calls == 6
