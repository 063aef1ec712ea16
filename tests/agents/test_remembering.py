"""What an agent takes from its long-term memory, and what it leaves there."""

import pytest

from cogitate import Agent, ScriptedModel, Step, shipped_tools
from cogitate.agents.remembering import hands
from cogitate.llm.llama import ChatLlama
from cogitate.memory import BufferMemory
from cogitate.runs.events import Planned, ToolCalled

pytest.importorskip("faiss")

from cogitate.memory.stream import MemoryStream

YES, NO = {"choice": "yes"}, {"choice": "no"}
DAY = 86_400.0


@pytest.fixture
async def memory(tmp_path):
    async with MemoryStream(
        tmp_path / "m.db", embeddings="hashed", clock=lambda: 20_500 * DAY
    ) as stream:
        yield stream


async def reply_only(task):
    return [] if task.tried else [Step(way="reply", goal=task.goal)]


async def test_a_fact_that_is_told_is_kept(memory):
    model = ScriptedModel(replies=["Noted.", *[YES] * 4])
    made = Agent(model=model, planner=reply_only, memory=memory)
    assert (await made.arun("My sister Ines lives in Braga.")).ok
    facts = [record.text for record in await memory.list(["fact"])]
    assert any("Braga" in text for text in facts)


async def test_a_run_with_a_secret_in_it_is_not_kept(memory):
    made = Agent(model=ScriptedModel(replies=["Done."]), planner=reply_only, memory=memory)
    await made.arun("My password is hunter2kq, what is it backwards?")
    assert not await memory.list()


async def test_a_question_is_not_kept_as_a_fact(memory):
    made = Agent(model=ScriptedModel(replies=["In Braga."]), planner=reply_only, memory=memory)
    await made.arun("Where does my sister live?")
    assert not await memory.list(["fact"])


async def test_a_note_that_says_it_is_the_answer_with_its_day(memory):
    await memory.remember("The alarm code of the warehouse is 7731.", kind="fact")
    model = ScriptedModel(replies=[YES, YES, "The alarm code is 7731."])
    made = Agent(model=model, tools=shipped_tools(folder=False, offline=True), memory=memory)
    events = [e async for e in made.stream("What is the alarm code of the warehouse?")]
    assert [s["way"] for e in events if isinstance(e, Planned) for s in e.steps] == ["remembered"]
    assert [e.tool for e in events if isinstance(e, ToolCalled)] == ["recall"]
    assert events[-1].result.answer.startswith("The alarm code is 7731. (remembered on 2026-02-1")


async def test_what_was_forgotten_is_not_used(memory):
    kept = await memory.remember("The alarm code of the warehouse is 7731.", kind="fact")
    await memory.forget([kept.id], "no longer true")
    made = Agent(model=ScriptedModel(replies=["I do not know."]), planner=reply_only, memory=memory)
    result = await made.arun("What is the alarm code of the warehouse?")
    assert "7731" not in result.answer


async def test_only_a_long_term_memory_brings_the_tool_recall(memory):
    model = ScriptedModel(replies=[])
    names = [tool.name for tool in hands(Agent(model=model, memory=memory))]
    assert names == ["recall"]
    assert list(hands(Agent(model=model, memory=BufferMemory()))) == []


@pytest.mark.model
async def test_a_correction_of_what_is_known_is_noted(small_model: ChatLlama, memory):
    await memory.remember("Our trip to Bergen begins on 14 June 2027.", kind="fact")
    made = Agent(model=small_model, tools=shipped_tools(folder=False, offline=True), memory=memory)
    events = [e async for e in made.stream("Sorry, the trip to Bergen begins on 21 June 2027.")]
    assert [s["way"] for e in events if isinstance(e, Planned) for s in e.steps] == ["noted"]
    facts = [record.text for record in await memory.list(["fact"])]
    assert any("21 June 2027" in text for text in facts)


async def test_a_small_model_uses_in_a_later_run_what_it_was_told(small_model: ChatLlama, tmp_path):
    tools = shipped_tools(folder=False, offline=True)
    async with MemoryStream(tmp_path / "m.db") as stream:
        await Agent(model=small_model, tools=tools, memory=stream).arun(
            "My sister Ines lives in Braga."
        )
    async with MemoryStream(tmp_path / "m.db") as stream:
        later = Agent(model=small_model, tools=tools, memory=stream)
        result = await later.arun("In which city does my sister live?")
    assert "Braga" in result.answer
