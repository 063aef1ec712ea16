"""Ways back to the plan: the critic, the steps, and what memory keeps."""

from cogitate import Agent, BufferMemory, Limits, ScriptedModel, Step, Verdict, direct
from cogitate.runs.events import Judged, Planned


def agent(*replies, **parts):
    parts.setdefault("planner", again)
    return Agent(model=ScriptedModel(replies=replies), **parts)


async def again(task):
    return [Step(way="react", goal=task.goal)]


class Strict:
    """Accepts the answer that holds a word."""

    def __init__(self, word):
        self.word, self.read = word, []

    async def __call__(self, task, answer):
        self.read.append((task.goal, answer))
        return Verdict(accepted=self.word in answer, advice=f"say {self.word}")


async def test_the_critic_sends_the_work_back_until_it_accepts():
    asked = []

    async def plan(task):
        asked.append((task.feedback, task.tried))
        return await again(task)

    critic = Strict("please")
    made = agent("Pay.", "Pay, please.", critic=critic, planner=plan)
    events = [e async for e in made.stream("Write a reminder.")]
    result = events[-1].result
    assert (result.stopped, result.answer) == ("accepted", "Pay, please.")
    assert critic.read == [
        ("Write a reminder.", "Pay."),
        ("Write a reminder.", "Pay, please."),
    ]
    assert asked == [("", ()), ("say please", ())]
    assert [e.accepted for e in events if isinstance(e, Judged)] == [False, True]
    assert [e.why for e in events if isinstance(e, Planned)] == ["", "say please"]


async def test_rounds_are_bounded():
    for rounds in (1, 3):
        made = agent(*["No."] * 9, critic=Strict("please"), limits=Limits(rounds=rounds))
        result = await made.arun("Write a reminder.")
        assert len(made.model.seen) == rounds
        assert result.stopped == "no_evidence"
        assert "say please" in result.answer


async def test_without_a_critic_an_answer_is_answered_and_not_accepted():
    assert (await agent("Hello.").arun("Say hello.")).stopped == "answered"


async def test_a_plan_without_steps_ends_without_a_model_call():
    async def nothing(task):
        return []

    made = agent("Hello.", planner=nothing)
    result = await made.arun("Say hello.")
    assert (result.stopped, result.steps) == ("no_evidence", 0)
    assert made.model.seen == ()


async def test_each_step_is_worked_on_and_knows_what_the_ones_before_found():
    async def plan(task):
        return [Step(way="react", goal="the first half"), Step(way="react", goal="the other")]

    made = agent("Half one.", "Half two.", planner=plan)
    result = await made.arun("Do both halves.")
    assert (result.answer, result.steps) == ("Half one.\nHalf two.", 2)
    first, second = ("\n".join(m.text for m in shown) for shown in made.model.calls)
    assert "the first half" in first and "Half one." not in first
    assert "the other" in second and "Half one." in second


async def test_an_accepted_answer_is_remembered_and_another_is_not():
    memory = BufferMemory()
    await agent("The door is green.", memory=memory).arun("What colour is the door?")
    refused = agent("No.", memory=memory, critic=Strict("please"), limits=Limits(rounds=1))
    await refused.arun("Who painted the fence?")
    assert memory.notes == ["What colour is the door? -> The door is green."]


async def test_what_was_remembered_is_recalled_only_for_a_goal_that_shares_half_of_its_words():
    memory = BufferMemory(["What colour is the door? -> The door is green."])
    for goal, known in (
        ("Which colour has the door?", True),
        ("How many customers ordered a door last year in Lyon?", False),
    ):
        made = agent("Well.", memory=memory)
        await made.arun(goal)
        shown = "\n".join(m.text for m in made.model.calls[0])
        assert ("The door is green." in shown) is known, goal


async def test_a_planner_sees_no_folder_as_no_survey_and_a_folder_as_one(tmp_path):
    seen = []

    async def plan(task):
        seen.append(task.survey)
        return await again(task)

    (tmp_path / "box").mkdir()
    (tmp_path / "box" / "notes.txt").write_text("The key lies under the mat.\n")
    await agent("Well.", planner=plan).arun("Where is the key?")
    await agent("Well.", planner=plan, folder=tmp_path / "box").arun("Where is the key?")
    assert seen[0] is None
    assert [f["path"] for f in seen[1]["files"]] == ["notes.txt"]
    assert seen[1]["hits"][0]["line"] == 1


async def test_the_direct_planner_leaves_everything_to_the_acting_model():
    made = agent("Well.", planner=direct)
    events = [e async for e in made.stream("Do it.")]
    planned = [e for e in events if isinstance(e, Planned)]
    assert [[s["way"] for s in e.steps] for e in planned] == [["act"]]


async def test_an_answer_that_was_turned_down_is_not_lost_when_the_correction_fails():
    async def once(task):
        return [] if task.feedback else await again(task)

    made = agent("Pay by Friday.", critic=Strict("please"), planner=once)
    result = await made.arun("Write a reminder.")
    assert result.stopped == "no_evidence" and not result.ok
    said = "This answer was turned down and could not be corrected: Pay by Friday. (say please)"
    assert said in result.answer


async def test_a_turned_down_answer_is_forgotten_when_a_better_one_is_accepted():
    async def two(task):
        return [Step(way="react", goal="first"), Step(way="react", goal="second")]

    replies = ["Pay.", "Pay, please.", "No.", "No.", "No."]
    made = agent(*replies, critic=Strict("please"), planner=two, limits=Limits(rounds=3))
    result = await made.arun("Write two reminders.")
    assert "Pay. (say" not in result.answer and "No. (say please)" in result.answer
