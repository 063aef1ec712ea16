"""plan: what is split by code, what is told to whom, and how a plan ends that cannot go on."""

import json

import pytest
from langchain_core.messages import AIMessage

from cogitate import Agent, Limits, ScriptedModel, Step, tool
from cogitate.llm.scripted import call
from cogitate.planners.loops.plan.loop import Progress
from cogitate.planners.loops.plan.restate import restated
from cogitate.planners.loops.plan.split import needs_all, parts_of, refers_back
from cogitate.planners.loops.plan.steps import EXECUTIONS, REPLANS, Job, PlannedStep, sound_jobs
from cogitate.runs.events import ModelCalled, Planned, TasksChanged, ToolCalled

PRICES = {"cup": "7.25", "plate": "19.5"}


@tool(effect="read")
def price(thing: str) -> str:
    """Return the price of a thing in euros.

    Args:
        thing: what is bought.
    """
    if thing not in PRICES:
        raise ValueError(f"{thing} is not sold")
    return f"the {thing} costs {PRICES[thing]} euros"


class Clerk(ScriptedModel):
    """Answers by what it is asked, since steps run side by side."""

    def _next(self, messages, options):
        from cogitate.llm.scripted import Seen

        self._seen.append(Seen(messages=tuple(messages), schema=options.get("schema")))
        text = messages[-1].text
        schema = options.get("schema")
        title = getattr(schema, "__name__", "") if schema else ""
        if title == "PlannedSteps":
            return self._counted(messages, AIMessage(self._plan(text)))
        if title == "Choice":
            return self._counted(messages, AIMessage(json.dumps(self._choice(text, schema))))
        if "Next question:" in text:
            return self._counted(messages, AIMessage(self._restate(text)))
        if messages[0].text.startswith("You are a helpful assistant"):
            return self._counted(messages, AIMessage("I do not know that."))
        if messages[-1].type == "tool":
            return self._counted(messages, AIMessage(messages[-1].text))
        said = " ".join(m.text.lower() for m in messages if m.type == "human")
        thing = next((t for t in ("spoon", "fork", "plate") if t in said), "cup")
        return self._counted(messages, call("price", thing=thing))

    def _plan(self, text):
        return json.dumps({"steps": []})

    def _choice(self, text, schema):
        options = schema.model_fields["choice"].annotation.__args__
        return {"choice": "tools" if "tools" in options else options[0]}

    def _restate(self, text):
        return "nothing that holds 4711"


def agent(kind=Clerk, **parts):
    return Agent(model=kind(replies=()), tools=[price], loop="plan", **parts)


async def events_of(made, goal):
    return [event async for event in made.stream(goal)]


def delegated(events):
    return [e.args for e in events if isinstance(e, ToolCalled) and e.tool == "delegate"]


# ------------------------------------------------------------------------------- the splitting


@pytest.mark.parametrize(
    ("goal", "parts"),
    [
        ("What is 18% of 245.50?", 1),
        ("Which file mentions the shelf, and on which line?", 1),
        ("A shop sells apples. Each costs 2 euros. How much are 7 of them?", 1),
        ("我有3个苹果。吃了一个。还剩几个？", 1),
        ("Translate 'and then there were none' into German.", 1),
        ("Find the total, and then divide it by 12.", 2),
        ("先查East的总销售额，再除以12。", 2),
        ("谁负责盘点？新的茶叶罐由谁设计？", 2),
        ("1. Who is Ben? 2. Where is Rome? 3. What is 3.5 times 2.5?", 3),
        ("一、谁负责盘点？二、预算是多少？", 2),
        ("How much is postage for 3.5 kg to Lisbon? Convert that price to dollars.", 2),
        ("Find the units sold in East and the units sold in West; then give the difference.", 3),
    ],
)
def test_only_what_is_plainly_several_things_is_split(goal, parts):
    assert len(parts_of(goal)) == parts


def test_no_word_of_a_goal_is_lost_by_splitting():
    goal = 'Read "a; b" (the 1. part; all of it)? Find x; then add 3; send it'
    texts = " ".join(part.text for part in parts_of(goal))
    assert all(word in texts for word in ('"a; b"', "(the 1. part; all of it)", "x", "3", "send"))


def test_a_list_that_does_not_count_from_one_is_none():
    assert len(parts_of("Between 3. May and 4. June, how many days?")) == 1


def test_a_very_long_list_stays_bounded():
    goal = " ".join(f"What is {n} plus {n}?" for n in range(30))
    assert len(parts_of(goal)) == 8


def test_parts_say_whether_they_speak_of_what_comes_before():
    first, second = parts_of("Find the total, and then divide it by 12.")
    assert not refers_back(first) and refers_back(second)
    assert needs_all(parts_of("Find the cup's price; find the plate's; give the difference.")[-1])


# ------------------------------------------------------------------------------- carrying it out


async def test_a_goal_of_one_step_is_handed_on_as_it_is():
    events = await events_of(agent(), "How much is the cup?")
    assert [d["goal"] for d in delegated(events)] == ["How much is the cup?"]
    assert events[-1].result.answer == "the cup costs 7.25 euros"


async def test_independent_steps_run_side_by_side_and_are_told_nothing():
    class Apart(Clerk):
        def _choice(self, text, schema):
            found = super()._choice(text, schema)
            return {"choice": "no"} if text.startswith("First:") else found

    events = await events_of(agent(Apart), "How much is the cup? How much is the plate?")
    calls = [e.call_id for e in events if isinstance(e, ToolCalled) and e.tool == "delegate"]
    assert len(calls) == 2
    assert [d["notes"] for d in delegated(events)] == [[], []]
    first = next(i for i, e in enumerate(events) if e.within)
    started = [i for i, e in enumerate(events) if isinstance(e, ToolCalled) and not e.within]
    assert max(started) < first  # both were begun before anything happened in either
    assert "7.25" in events[-1].result.answer and "19.5" in events[-1].result.answer


async def test_a_step_is_told_only_the_results_that_it_names():
    class Chained(Clerk):
        def _choice(self, text, schema):
            found = super()._choice(text, schema)
            return {"choice": "no"} if text.startswith("First:") else found

    goal = "1. How much is the cup? 2. How much is the plate? 3. then buy it with the fork?"
    PRICES["fork"] = "3"
    try:
        events = await events_of(agent(Chained), goal)
    finally:
        del PRICES["fork"]
    told = {d["task"]: d["goal"] for d in delegated(events)}
    assert "19.5" in told["step-3"] and "7.25" not in told["step-3"]


async def test_a_restated_step_holds_the_value_and_needs_no_notes():
    class Restating(Clerk):
        def _restate(self, text):
            return "How much is the plate with 7.25 euros off?"

    events = await events_of(agent(Restating), "How much is the cup? Then take that off the plate.")
    last = delegated(events)[-1]
    assert last["goal"] == "How much is the plate with 7.25 euros off?"
    assert last["notes"] == []


async def test_a_restated_step_with_a_value_from_nowhere_is_not_taken():
    events = await events_of(agent(), "How much is the cup? Then add the plate to it.")
    last = delegated(events)[-1]
    assert last["goal"] == "the cup costs 7.25 euros. add the plate to it."


async def test_a_restated_step_that_asks_for_nothing_is_not_taken():
    class Losing(Clerk):
        def _restate(self, text):
            return "At most 7.25 euros for 3 cups?"

    events = await events_of(agent(Losing), "How much is the cup? How much is that for 3 cups?")
    assert delegated(events)[-1]["goal"] == (
        "the cup costs 7.25 euros. How much is that for 3 cups?"
    )


@pytest.mark.parametrize(
    ("said", "goal"),
    [
        ("每位客人3克茶，一共多少克？", "九月5日最多来24位客人。 每位客人3克茶，一共多少克？"),
        ("24位客人每位3克茶，一共多少克？", "24位客人每位3克茶，一共多少克？"),
    ],
)
async def test_a_part_with_figures_of_its_own_is_told_one_of_those_that_were_found(said, goal):
    known = [("最多来多少客人？", "九月5日最多来24位客人。")]
    part = "每位客人3克茶，一共多少克？"
    assert await restated(ScriptedModel(replies=[said]), part, known, [part]) == goal


async def test_the_board_of_tasks_shows_how_the_steps_stand():
    events = await events_of(agent(), "How much is the cup? Then add the plate to it.")
    boards = [[t["status"] for t in e.tasks] for e in events if isinstance(e, TasksChanged)]
    assert boards[0] == ["running", "queued"]
    assert boards[-1] == ["done", "done"]


# ------------------------------------------------------------------------------- planning anew


class Failing(Clerk):
    """Has a plan for each failure: first for a thing that is not sold either, then for one."""

    plans: tuple[str, ...] = ("spoon", "plate")

    def _plan(self, text):
        if not text.startswith("Goal") or "Failed" not in text:
            return json.dumps({"steps": []})
        done = sum("Failed:" in s.messages[-1].text for s in self._seen)
        thing = self.plans[min(done, len(self.plans)) - 1]
        return json.dumps({"steps": [{"question": f"Price of the {thing} ({done})?", "needs": []}]})


async def test_a_step_that_fails_is_planned_anew():
    events = await events_of(agent(Failing), "How much is the spoon or the plate?")
    assert events[-1].result.ok
    assert "19.5" in events[-1].result.answer
    assert len({d["task"] for d in delegated(events)}) == len(delegated(events))


async def test_a_plan_that_never_gets_further_ends_after_three_new_plans():
    class Never(Failing):
        plans: tuple[str, ...] = ("spoon",)

    made = agent(Never, limits=Limits(steps=200, tool_calls=200, rounds=8))
    events = await events_of(made, "How much is the spoon?")
    assert events[-1].result.stopped == "no_evidence"
    assert len(delegated(events)) == 1 + REPLANS <= EXECUTIONS
    assert "is not sold" in events[-1].result.answer


async def test_what_was_found_before_the_end_is_said():
    class Apart(Clerk):
        def _choice(self, text, schema):
            found = super()._choice(text, schema)
            return {"choice": "no"} if text.startswith("First:") else found

    events = await events_of(agent(Apart), "How much is the cup? How much is the spoon?")
    result = events[-1].result
    assert result.stopped == "no_evidence"
    assert "7.25" in result.answer and "spoon" in result.answer


def test_the_ready_steps_are_a_new_list_and_the_plan_is_not_touched():
    jobs = (Job(1, "a"), Job(2, "b"), Job(3, "c", (1,)))
    found = Progress(jobs, {}, {}, 0, 0, False)
    for job in found.ready():
        found.done[job.number] = "x"
    assert [job.number for job in found.jobs] == [1, 2, 3]
    assert [job.number for job in found.ready()] == [3]


def test_ids_are_ours_and_planned_steps_may_not_bring_values_of_their_own():
    steps = [
        PlannedStep(question="What is the total of May?", needs=[7]),
        PlannedStep(question="What is 4711 plus it?", needs=[1]),
        PlannedStep(question="Who is Albert?", needs=[1]),
        PlannedStep(question="what is the total of may?", needs=[]),
        PlannedStep(question="Divide it by 12.", needs=[1, 1, 3]),
    ]
    jobs = sound_jobs(steps, "The total of May, divided by 12", first=1)
    assert jobs == [Job(1, "What is the total of May?"), Job(2, "Divide it by 12.", (1,))]


async def test_a_broken_plan_is_repaired_once_and_then_is_one_step():
    class Broken(Clerk):
        def _plan(self, text):
            return "__import__('os').abort()"

    made = agent(Broken)
    events = await events_of(made, "How much is the cup?")
    plans = [e for e in events if isinstance(e, ModelCalled) and e.purpose == "plan"]
    assert len(plans) == 2
    assert events[-1].result.answer == "the cup costs 7.25 euros"


async def test_the_last_turn_ends_in_words():
    made = agent(limits=Limits(steps=3))
    events = await events_of(made, "How much is the cup? Then add the plate to it.")
    assert not events[-1].result.ok
    assert [e.steps[0] for e in events if isinstance(e, Planned) and not e.within] == [
        Step(way="plan", goal="How much is the cup? Then add the plate to it.")
    ]
