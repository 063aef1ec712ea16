"""Any question: the loops from end to end on scripts, and once on the small model."""

import json
from pathlib import Path

import pytest

from cogitate import Agent, ScriptedModel, shipped_tools
from cogitate.planners.thoughts import thinking
from cogitate.planners.thoughts.export import FILE, as_mermaid, as_tree, files_in, read_file
from cogitate.planners.thoughts.tasks.question import Question
from cogitate.runs.context import RunContext
from cogitate.runs.events import ModelCalled, Noted, Observed

GOAL = "A box holds 40 pens in 5 rows. How many pens does a row hold?"
YES, NO = {"choice": "yes"}, {"choice": "no"}


async def ran(loop, replies, goal=GOAL, **parts):
    model = ScriptedModel(replies=replies)
    agent = Agent(model=model, loop=loop, **parts)
    events = [event async for event in agent.stream(goal)]
    return events[-1].result, events, model


def graph(result):
    return json.loads(Path(result.artefacts[0]).read_text(encoding="utf-8"))


async def test_standard_is_one_call_and_its_answer():
    result, _, model = await ran("standard", ["Answer: 8"])
    assert (result.answer, result.stopped) == ("8", "answered")
    assert len(model.seen) == 1
    assert "without reasoning" in model.calls[0][0].text


async def test_a_chain_gives_the_last_answer_that_it_names():
    result, _, _ = await ran("cot", ["40 / 5 = 8\nAnswer: **8**\n"])
    assert result.answer == "8"
    assert graph(result)["thoughts"][1]["state"]["steps"] == ["40 / 5 = 8"]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("40 / 5 = 8\n\u7b54\u6848\uff1a8", "8"),
        ("So it is \\(\\boxed{8}\\)", "8"),
        ("step 1: it is 8", "it is 8"),
        ("Answer: first 7\nno\nAnswer: 8", "8"),
        ("She answered 5 of 13 questions.\n13 - 5 = 8\n8", "8"),
    ],
)
def test_answers_are_found_in_what_models_write(text, answer):
    task = Question(GOAL, style="chain")
    assert task.answer(task.read(task.initial(), text)[0].state) == answer


async def test_the_answer_of_most_chains_is_taken_and_numbers_count_by_value():
    replies = ["Answer: 7", "Answer: 8", "so\nAnswer: 8.0", "Answer: 9", "Answer: 8 pens"]
    result, events, model = await ran("sc", replies)
    assert result.answer == "8"
    model.assert_finished()
    notes = [e.text for e in events if isinstance(e, Noted)]
    assert "thoughts: 3 of 5 thoughts give this answer" in notes
    assert [t["score"] for t in graph(result)["thoughts"][1:]] == [1, 3, 3, 1, 3]


async def test_chains_without_any_text_are_no_answer():
    result, _, _ = await ran("sc", [""] * 5)
    assert result.stopped == "no_evidence"


async def test_a_game_that_is_answered_wrongly_is_no_answer():
    result, _, _ = await ran("cot", ["Answer: 4 + 5 + 6 + 10"], "Make 24 from 4, 5, 6, 10.")
    assert result.stopped == "no_evidence" and "4 + 5 + 6 + 10" in result.answer


async def test_a_vote_takes_no_expression_that_fails_the_check():
    wrong = "Answer: 4 + 5 + 6 + 10"
    right = "Answer: (4 * 5) - (6 - 10)"
    result, _, _ = await ran("sc", [wrong, wrong, right, wrong, wrong], "Make 24 of 4, 5, 6, 10.")
    assert result.ok and result.answer == "(4 * 5) - (6 - 10)"


async def test_a_tree_judges_steps_and_follows_the_best():
    replies = [
        *("40 - 5 = 35", "40 / 5 = 8", "40 - 5 = 35"),  # the third is there already
        *(NO, YES),
        *("Answer: 35", "Answer: 35", "Answer: 35"),  # of the second best only after the best
        *("Answer: 8", "Answer: 8", "Answer: 8"),
        *(NO, YES),
    ]
    order = [*replies[:5], *replies[8:11], *replies[5:8], YES, NO]
    result, _, model = await ran("tot", order)
    model.assert_finished()
    assert result.answer == "8"
    data = graph(result)
    assert data["counts"]["duplicates"] == 1 + 2 + 2


async def test_a_tree_of_proposals_asks_once_for_several_steps():
    way = thinking("tot", generate="propose", branches=3, beam=1)
    lines = "1. 40 - 5 = 35\n2. 40 / 5 = 8\n3. 5 * 40 = 200"
    result, _, model = await ran("auto", [lines, NO, YES, NO, "Answer: 8", YES], executor=way)
    model.assert_finished()
    assert result.answer == "8"


async def test_a_graph_splits_answers_votes_and_combines():
    parts = {"parts": ["How many pens?", "How many rows?"]}
    replies = [
        parts,
        *("Answer: 40", "Answer: 40", "Answer: 41"),
        *("Answer: 4", "Answer: 5", "Answer: 5"),
        *("40 / 5 = 8\nAnswer: 8", "Answer: 8", "Answer: 35"),
    ]
    result, _, model = await ran("got", replies)
    model.assert_finished()
    assert result.answer == "8"
    combined = model.calls[-1][-1].text
    assert "40" in combined and "5" in combined and "41" not in combined
    merged = [t for t in graph(result)["thoughts"] if t["op"] == "aggregate"]
    assert all(len(t["parents"]) == 2 for t in merged)


async def test_a_goal_that_is_not_split_is_answered_whole():
    replies = ["no json", "none", *["Answer: 8"] * 3]
    from langchain_core.messages import AIMessage

    replies[:2] = [AIMessage("no json"), AIMessage("none")]
    result, events, _ = await ran("got", replies)
    assert result.answer == "8"
    assert any("named no parts" in e.text for e in events if isinstance(e, Noted))


async def test_programs_are_run_and_the_result_of_most_is_said():
    def fenced(code):
        return f"```python\n{code}\n```"

    right, wrong = fenced("print(40 / 5)"), fenced("print(40 - 5)")
    replies = [right, wrong, right, right, fenced("print(40 /)"), "A row holds 8 pens."]
    result, events, _ = await ran("pot", replies, tools=shipped_tools(["python"]))
    seen = [e for e in events if isinstance(e, Observed)]
    if any("confine" in e.text and not e.ok for e in seen):
        pytest.skip("the kernel of this machine has no Landlock or no seccomp")
    assert len(seen) == 3  # equal programs are run once
    assert result.answer == "A row holds 8 pens."


async def test_programs_that_all_fail_are_corrected_once():
    broken, right = "```python\nprint(40 /)\n```", "```python\nprint(40 / 5)\n```"
    replies = [*[broken] * 5, right, right, "A row holds 8 pens."]
    result, events, model = await ran("pot", replies, tools=shipped_tools(["python"]))
    seen = [e for e in events if isinstance(e, Observed)]
    if any("confine" in e.text and not e.ok for e in seen):
        pytest.skip("the kernel of this machine has no Landlock or no seccomp")
    assert "SyntaxError" in model.calls[5][-1].text
    assert result.answer == "A row holds 8 pens."


async def test_programs_without_the_python_tool_are_refused():
    result, _, _ = await ran("pot", [])
    assert result.stopped == "no_evidence" and "python tool" in result.answer


async def test_the_graph_is_drawn_as_a_tree_and_in_mermaid(tmp_path):
    result, _, _ = await ran("sc", ["Answer: 8", 'Answer: "7"', *["Answer: 8"] * 3])
    data = read_file(Path(result.artefacts[0]))
    tree = as_tree(data)
    assert tree.startswith("sc: 6 thoughts")
    assert "\u251c\u2500 t1 Answer: 8 [4] *" in tree and "\u2514\u2500 t5" in tree
    drawn = as_mermaid(data)
    assert drawn.startswith("flowchart TD\n") and "t0 -->|generate| t1" in drawn
    assert '"7"' not in drawn
    workspace = Path(result.artefacts[0]).parent
    assert [p.name for p in files_in(workspace)] == [FILE]
    assert list(files_in(tmp_path)) == []
    assert RunContext(run_id="x", workspace=workspace).artefacts == []


@pytest.mark.model
async def test_a_vote_of_the_small_model_counts_its_tokens(small_model):
    agent = Agent(model=small_model, executor=thinking("sc", branches=2))
    events = [e async for e in agent.stream("How much is 12 + 5?")]
    result = events[-1].result
    calls = [e for e in events if isinstance(e, ModelCalled)]
    assert result.usage.written > 0 and calls[0].purpose == "thought"
    assert result.ok and len(graph(result)["thoughts"]) == 3


@pytest.mark.model
async def test_a_tree_on_the_small_model_makes_24(small_model):
    way = thinking("tot", beam=1, levels=3, evaluate="vote")
    result = await Agent(model=small_model, executor=way).arun("Make 24 from 1, 2, 3, 4.")
    assert result.stopped in ("answered", "no_evidence")
    assert result.usage.calls > 0
