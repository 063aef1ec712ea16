"""rewoo, compose and ps as loops: what is called, side by side, again, or not at all."""

import asyncio
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from cogitate import Agent, ScriptedModel, tool
from cogitate.planners import Turn
from cogitate.planners.loops.pipeline.compose import Compose
from cogitate.planners.loops.pipeline.engine import advance
from cogitate.planners.loops.pipeline.modules import MODULES, Expert
from cogitate.planners.loops.pipeline.nodes import Node, signature_of
from cogitate.planners.loops.pipeline.rewoo import Rewoo
from cogitate.planners.loops.pipeline.standing import Policy
from cogitate.runs.events import Asked, ModelCalled, Noted, Observed, TasksChanged, ToolCalled
from cogitate.values import Task

CALLS: list[str] = []


@tool(effect="read")
def weigh(thing: str) -> str:
    """Return the weight of a thing.

    Args:
        thing: what is weighed.
    """
    CALLS.append(thing)
    if thing == "ghost":
        raise ValueError("a ghost cannot be weighed")
    return f"the {thing} weighs {100 + len(thing)} kg"


@tool(effect="read")
def freight(kilos: float) -> str:
    """Return what it costs to send a weight.

    Args:
        kilos: the weight.
    """
    return f"{kilos * 2:.2f} euros"


@tool
def send(text: str) -> str:
    """Send a message.

    Args:
        text: what it says.
    """
    CALLS.append(f"sent {text}")
    return "it was sent"


@pytest.fixture(autouse=True)
def nothing_called():
    CALLS.clear()


def step(name, /, **args):
    return {"tool": name, "args": args}


def agent(*replies, loop="rewoo", tools=(weigh, freight, send), way=None):
    model = ScriptedModel(replies=list(replies))
    return Agent(model=model, tools=list(tools), loop=loop, executor=way)


async def events_of(made, goal, **options):
    return [event async for event in made.stream(goal, **options)]


def whole(path):
    return Path(path).read_text(encoding="utf-8")


def called(events):
    return [(e.tool, e.args) for e in events if isinstance(e, ToolCalled)]


PLAN = {"steps": [step("weigh", thing="cup"), step("freight", kilos="#E1")]}
GOAL = "What does it cost to send the cup?"
SAID = "Sending the cup costs 206.00 euros."


# ------------------------------------------------------------------------------------- rewoo


async def test_two_model_calls_make_the_plan_and_the_answer():
    made = agent(PLAN, SAID)
    events = await events_of(made, GOAL)
    assert called(events) == [("weigh", {"thing": "cup"}), ("freight", {"kilos": 103})]
    assert events[-1].result.answer == SAID
    assert [e.purpose for e in events if isinstance(e, ModelCalled)] == ["plan", "solve"]
    made.model.assert_finished()


async def test_no_placeholder_reaches_a_tool():
    plan = {"steps": [step("weigh", thing="cup"), step("send", text="Note: #E1!")]}
    events = await events_of(agent(plan, "It was sent."), "Weigh the cup and send a note.")
    assert called(events)[-1] == ("send", {"text": "Note: the cup weighs 103 kg!"})
    assert all("#E" not in str(args) for _, args in called(events))


async def test_a_number_that_cannot_be_read_is_no_call():
    plan = {"steps": [step("send", text="hello"), step("freight", kilos="#E1")]}
    events = await events_of(agent(plan), "Send hello and say the freight.")
    assert [name for name, _ in called(events)] == ["send"]
    assert events[-1].result.stopped == "no_evidence"
    assert "holds no number" in events[-1].result.answer


async def test_calls_that_need_nothing_of_each_other_run_side_by_side():
    meet = asyncio.Barrier(2)

    @tool(effect="read")
    async def meeting(name: str) -> str:
        """Wait for the other one.

        Args:
            name: who waits.
        """
        await asyncio.wait_for(meet.wait(), 5)
        return f"{name} met"

    plan = {"steps": [step("meeting", name="Ann"), step("meeting", name="Bob")]}
    made = agent(plan, "Ann met and Bob met.", tools=[meeting])
    events = await events_of(made, "Let Ann meet Bob.")
    assert events[-1].result.answer == "Ann met and Bob met."


async def test_what_the_check_says_goes_back_to_the_planner_once():
    wrong = {"steps": [step("weigh", thing="cup"), step("freight", kilos="#E5")]}
    made = agent(wrong, PLAN, SAID)
    events = await events_of(made, GOAL)
    assert events[-1].result.answer == SAID
    assert "refers to step 5" in made.model.calls[1][-1].text


async def test_a_planner_that_evaluates_to_code_is_only_bad_data():
    bad = AIMessage("[__import__('os').abort()]")
    look_up = [{"choice": "tools"}, {"choice": "yes"}, AIMessage("no")]
    made = agent(bad, bad, *look_up, *[AIMessage("I do not know.")] * 9)
    events = await events_of(made, "What now?")
    assert any("no sound plan" in e.text for e in events if isinstance(e, Noted))
    assert [a["goal"] for n, a in called(events) if n == "delegate"][:1] == ["What now?"]
    assert not events[-1].result.ok


async def test_values_from_nowhere_are_not_planned_with():
    wrong = {"steps": [step("freight", kilos=4711)]}
    made = agent(wrong, {"steps": [step("freight", kilos=55)]}, "It costs 110.00 euros.")
    events = await events_of(made, "What does it cost to send 55 kilos?")
    assert called(events) == [("freight", {"kilos": 55})]


async def test_an_answer_that_adds_to_the_evidence_is_replaced_by_it():
    events = await events_of(agent(PLAN, "It costs 999 euros."), GOAL)
    assert events[-1].result.answer == "206.00 euros"


async def test_equal_calls_are_made_once():
    plan = {
        "steps": [
            step("weigh", thing="cup"),
            step("weigh", thing="cup"),
            step("freight", kilos="#E2"),
        ]
    }
    events = await events_of(agent(plan, SAID), GOAL)
    assert CALLS == ["cup"]
    assert events[-1].result.ok


async def test_a_small_planner_is_offered_few_tools():
    turn = Turn(task=Task(goal="g"), model=ScriptedModel(replies=()), tools=[weigh], messages=())
    assert list(Rewoo(small=True).known(turn)) == ["look_up", "weigh"]
    assert list(Rewoo(small=False).known(turn)) == ["weigh"]


# ----------------------------------------------------------------------------------- failures


def failing(times, error="the scale did not finish in time"):
    left = [times]

    @tool(effect="read")
    def scale(thing: str) -> str:
        """Weigh a thing.

        Args:
            thing: what is weighed.
        """
        CALLS.append(thing)
        if left[0] > 0:
            left[0] -= 1
            raise RuntimeError(error)
        return "103 kg"

    return scale


async def test_a_failing_node_is_tried_once_more():
    """HuggingGPT did not try a failed task again."""
    plan = {"steps": [step("scale", thing="cup")]}
    made = agent(plan, "The cup weighs 103 kg.", tools=[failing(1)])
    events = await events_of(made, "Weigh the cup.")
    assert CALLS == ["cup", "cup"]
    assert events[-1].result.answer == "The cup weighs 103 kg."


async def test_a_node_that_fails_twice_has_failed():
    plan = {"steps": [step("scale", thing="cup")]}
    events = await events_of(agent(plan, tools=[failing(9)]), "Weigh the cup.")
    assert CALLS == ["cup", "cup"]
    assert events[-1].result.stopped == "no_evidence"
    assert "did not finish" in events[-1].result.answer


async def test_arguments_that_a_tool_finds_fault_with_are_mended():
    plan = {"steps": [step("weigh", thing="ghost")]}
    made = agent(plan, {"thing": "cup"}, "The cup weighs 103 kg.")
    events = await events_of(made, "Weigh the ghost, or else the cup.")
    assert CALLS == ["ghost", "cup"]
    assert events[-1].result.ok


async def test_a_node_that_is_skipped_leaves_the_others_alone_and_is_named():
    plan = {"steps": [step("weigh", thing="ghost"), step("weigh", thing="cup")]}
    made = agent(plan, {"thing": "ghost"}, "The cup weighs 103 kg.", way=Compose(recipes=False))
    events = await events_of(made, "Weigh the ghost and the cup.")
    assert events[-1].result.answer == "The cup weighs 103 kg.\nNot found out: ghost"
    boards = [
        {t["id"]: t["status"] for t in e.tasks} for e in events if isinstance(e, TasksChanged)
    ]
    assert boards[-1] == {"step-1": "failed", "step-2": "done"}


async def test_a_node_that_aborts_ends_the_pipeline():
    plan = {
        "steps": [
            step("weigh", thing="ghost"),
            step("weigh", thing="cup"),
            step("freight", kilos="#E2"),
        ]
    }
    way = Compose(recipes=False, on_fail="abort", policy=Policy(retries=0))
    events = await events_of(agent(plan, way=way), "Weigh the ghost and the cup and send it.")
    assert [name for name, _ in called(events)] == ["weigh", "weigh"]
    assert not events[-1].result.ok


async def test_a_run_that_is_taken_up_again_repeats_no_finished_node():
    nodes = [
        Node(id=1, tool="weigh", args={"thing": "cup"}),
        Node(id=2, tool="weigh", args={"thing": "plate"}),
        Node(id=3, tool="freight", args={"kilos": "$1"}),
    ]
    calls = AIMessage(
        "",
        tool_calls=[
            {"name": "weigh", "args": {"thing": "cup"}, "id": "n1-a"},
            {"name": "weigh", "args": {"thing": "plate"}, "id": "n2-b"},
        ],
    )
    kept = [
        HumanMessage("Weigh both and send one."),
        calls,
        ToolMessage("103 kg", tool_call_id="n1-a", name="weigh"),
        ToolMessage("105 kg", tool_call_id="n2-b", name="weigh"),
    ]
    known = {t.name: signature_of(t) for t in (weigh, freight)} | MODULES
    model = ScriptedModel(replies=())
    turn = Turn(task=Task(goal="g"), model=model, tools=[weigh, freight], messages=kept)
    move = await advance(turn, nodes, known, Policy())
    assert [(c["name"], c["args"]) for c in move.tool_calls] == [("freight", {"kilos": 103})]


# ------------------------------------------------------------------------------------ compose


async def test_two_lasting_effects_need_a_persons_yes():
    plan = {"steps": [step("send", text="cup"), step("send", text="plate")]}
    asked = []

    async def yes(question):
        asked.append(question)
        return "yes"

    made = agent(plan, "It was sent.", loop="compose")
    events = await events_of(made, "Send cup and plate.", ask=yes)
    assert CALLS == ["sent cup", "sent plate"]
    assert "send" in asked[0] and any(isinstance(e, Asked) for e in events)


async def test_without_a_yes_nothing_is_done():
    plan = {"steps": [step("send", text="cup"), step("send", text="plate")]}

    async def no(question):
        return "no"

    for options in ({"ask": no}, {}):
        events = await events_of(agent(plan, loop="compose"), "Send cup and plate.", **options)
        assert CALLS == []
        assert not events[-1].result.ok


async def test_a_plan_that_stays_wrong_gives_the_default_pipeline():
    wrong = {"steps": [step("freight", kilos="#E4")]}
    script = [wrong, wrong, {"choice": "tools"}, {"choice": "yes"}]
    made = agent(*script, *[AIMessage("no")] * 12, loop="compose")
    events = await events_of(made, "Weigh the cup.")
    assert [(n, a["goal"]) for n, a in called(events) if n == "delegate"][:1] == [
        ("delegate", "Weigh the cup.")
    ]
    assert any("default pipeline" in e.text for e in events if isinstance(e, Noted))


async def test_a_small_planner_chooses_a_recipe_by_its_number():
    model = ScriptedModel(
        replies=[
            {"choice": "4"},
            {"choice": "yes"},
            {"steps": [step("weigh", thing="cup")]},
            "The cup weighs 103 kg.",
        ]
    )
    made = Agent(model=model, tools=[weigh], executor=Compose(recipes=True))
    events = await events_of(made, "Weigh the cup.")
    assert called(events) == [("weigh", {"thing": "cup"})]
    assert events[-1].result.ok


async def test_a_long_result_is_kept_whole_in_a_file_and_shown_in_part():
    @tool(effect="read")
    def report() -> str:
        """Return the report."""
        return "begin " + "x" * 3000 + " end"

    plan = {"steps": [step("report"), step("summarise", text="$1")]}
    made = agent(plan, "A report.", "A report.", tools=[report], way=Compose(recipes=False))
    events = await events_of(made, "Shorten the report.")
    shown = made.model.calls[1][-1].text
    assert len(shown) < 1000 and "all of it is in result-" in shown
    [path] = events[-1].result.artefacts
    assert whole(path).endswith(" end")


async def test_the_planner_chooses_the_expert_of_a_module():
    short, long = ScriptedModel(replies=["Short."]), ScriptedModel(replies=["Long."])
    experts = (Expert(about="writes long", model=long), Expert(about="writes short", model=short))
    plan = {"steps": [step("weigh", thing="cup"), step("summarise", text="$1")]}
    way = Compose(recipes=False, policy=Policy(experts=experts))
    made = agent(plan, {"choice": "2"}, "Short.", way=way)
    await events_of(made, "Weigh the cup and shorten it.")
    short.assert_finished()
    assert long.seen == ()


async def test_modules_see_all_results_when_the_cache_is_shared():
    plan = {
        "steps": [
            step("weigh", thing="cup"),
            step("weigh", thing="plate"),
            step("solve", question="How heavy?", facts="$2"),
        ]
    }
    for shared in (True, False):
        way = Compose(recipes=False, policy=Policy(shared=shared))
        made = agent(plan, "105 kg", "The plate weighs 105 kg.", way=way)
        await events_of(made, "How heavy are cup and plate?")
        assert ("103" in made.model.calls[1][-1].text) is shared


async def test_keys_of_the_environment_are_never_shown(monkeypatch, capsys):
    """Chameleon printed the API key."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-to-be-seen")
    events = await events_of(agent(PLAN, SAID), GOAL)
    shown = capsys.readouterr()
    assert "sk-not-to-be-seen" not in "".join(e.as_json() for e in events) + shown.out + shown.err
    assert shown.out == ""


async def test_every_result_is_observed_in_the_one_place_for_it():
    events = await events_of(agent(PLAN, SAID), GOAL)
    assert [e.tool for e in events if isinstance(e, Observed)] == ["weigh", "freight"]


# ----------------------------------------------------------------------------------------- ps


async def test_plan_and_solve_takes_one_call_and_one_to_extract():
    work = "price = 3 euros, count = 4\n1. multiply\n3 * 4 = 12.5\nAnswer: 12.5 euros"
    made = agent(work, "It costs 12.5 euros.", loop="ps", tools=())
    events = await events_of(made, "Four cups at 3 euros?")
    assert events[-1].result.answer == "It costs 12.5 euros."
    assert [e.purpose for e in events if isinstance(e, ModelCalled)] == ["ps", "answer"]


async def test_an_extraction_with_another_value_is_not_taken():
    made = agent("2 * 21.5 = 43\nAnswer: 43", "It is 44.", loop="ps", tools=())
    assert (await made.arun("Twice 21.5?")).answer == "43"
