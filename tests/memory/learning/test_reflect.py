"""Reflection: when it comes, what it stands on, and that it goes on after a stop."""

import asyncio
import json

import pytest

from cogitate.llm import ScriptedModel
from cogitate.memory.records import Note
from cogitate.memory.stream import MemoryStream

EVENTS = [
    "Klaus wrote his thesis all night.",
    "Klaus skipped lunch for the thesis.",
    "Maria lent Klaus her bicycle.",
    "Tom hired a lawyer against the landlord.",
]
ASKED = {"questions": ["What does Klaus want?", "Who helps Klaus?", "What worries Tom?"]}
NONE = {"insights": []}
YES = {"choice": "yes"}


def drawn(*texts: str) -> dict:
    return {"insights": list(texts)}


async def happened(stream: MemoryStream, importance: float = 5) -> dict[str, str]:
    notes = [Note(text=text, importance=importance) for text in EVENTS]
    return {record.id: record.text for record in await stream.remember_many(notes)}


async def order(stream: MemoryStream, question: str) -> list[str]:
    return (await stream.recall(question, 10, touch=False)).texts


async def test_it_waits_for_the_threshold(stream) -> None:
    await happened(stream)
    assert await stream.reflect(ScriptedModel(replies=[]), threshold=21) == []


async def test_an_insight_names_its_evidence(stream) -> None:
    ids = await happened(stream)
    model = ScriptedModel(replies=[ASKED, drawn("Klaus cares about his thesis."), YES, NONE, NONE])
    (found,) = await stream.reflect(model, threshold=20)
    model.assert_finished()
    assert (found.kind, found.depth, found.origin) == ("reflection", 1, "agent")
    # The notes that are nearest to it, whichever a model would name.
    assert {ids[each] for each in found.evidence} == set(EVENTS[:2])
    assert found.importance == 6


async def test_it_comes_once_for_each_threshold(stream) -> None:
    await happened(stream)
    await stream.reflect(ScriptedModel(replies=[ASKED, NONE, NONE, NONE]), threshold=20)
    assert await stream.reflect(ScriptedModel(replies=[]), threshold=20) == []
    await stream.remember("Klaus was given a prize.", importance=10)
    assert await stream.reflect(ScriptedModel(replies=[]), threshold=20) == []


async def test_reflections_and_documents_do_not_count(stream) -> None:
    await stream.remember("Klaus is diligent.", kind="reflection", importance=10)
    await stream.remember("Chapter one.", kind="document", importance=10)
    assert await stream.reflect(ScriptedModel(replies=[]), threshold=10) == []


async def test_a_reflection_on_a_reflection_is_deeper(stream) -> None:
    await happened(stream)
    first = ScriptedModel(replies=[ASKED, drawn("Klaus cares about his thesis."), YES, NONE, NONE])
    await stream.reflect(first, threshold=20)
    await stream.remember("Klaus slept in the library.", importance=10)
    await stream.remember("Klaus forgot his birthday.", importance=10)
    second = ScriptedModel(
        replies=[ASKED, drawn("Klaus lives for the thesis only."), YES, NONE, NONE]
    )
    (found,) = await stream.reflect(second, threshold=20)
    assert found.depth == 2


@pytest.mark.parametrize(
    "text",
    [
        "Bananas contain potassium.",
        "Klaus wrote 12 theses.",
        "Klaus wrote his thesis all night.",
        "Theses are written at night.",
        "Does Klaus write his thesis?",
        "  ",
    ],
)
async def test_what_the_notes_do_not_bear_is_dropped(stream, text) -> None:
    await happened(stream)
    model = ScriptedModel(replies=[ASKED, drawn(text), NONE, NONE])
    assert await stream.reflect(model, threshold=20) == []
    model.assert_finished()


async def test_only_the_first_sentence_of_a_conclusion_counts(stream) -> None:
    await happened(stream)
    long = "Klaus cares about his thesis. He is tireless, and Maria helps him wherever sh"
    model = ScriptedModel(replies=[ASKED, drawn(long), YES, NONE, NONE])
    (found,) = await stream.reflect(model, threshold=20)
    assert found.text == "Klaus cares about his thesis."


async def test_a_question_to_nobody_is_not_asked(stream) -> None:
    await happened(stream)
    asked = {"questions": ["What do you like?", "你喜欢什么？", "Who helps Klaus?"]}
    model = ScriptedModel(replies=[asked, NONE])
    assert await stream.reflect(model, threshold=20) == []
    model.assert_finished()


async def test_a_question_to_you_is_one_about_the_user(stream) -> None:
    await stream.remember_many(
        [Note(text=f"I run {n} miles a week.", importance=9) for n in (7, 8)]
    )
    asked = {"questions": ["What is your aim?", "What worries you?", "你们的目标是什么？"]}
    model = ScriptedModel(replies=[asked, NONE, NONE, NONE])
    await stream.reflect(model, threshold=10)
    shown = [messages[-1].text.splitlines()[-1] for messages in model.calls[1:]]
    assert shown == [
        "Question: What is the user's aim?",
        "Question: What worries the user?",
        "问题：用户的目标是什么？",
    ]


async def test_greetings_and_questions_are_not_shown_to_the_model(stream) -> None:
    await happened(stream)
    said = ["Hi Klaus, how are you?", "Klaus: What now? And Maria?", "Klaus: Thanks, Maria!"]
    await stream.remember_many([Note(text=text, kind="chat") for text in said])
    model = ScriptedModel(replies=[ASKED, NONE, NONE, NONE])
    await stream.reflect(model, threshold=20)
    shown = [messages[-1].text for messages in model.calls]
    assert all(EVENTS[0] in text for text in shown[:2])
    assert not any(text in seen for text in said for seen in shown)


async def test_what_a_model_is_shown_is_bounded(stream) -> None:
    long = [
        f"Klaus wrote page {n}. " + f"It is about town {n} and its rents. " * 9 for n in range(60)
    ]
    await stream.remember_many(long)
    model = ScriptedModel(replies=[ASKED, NONE, NONE, NONE])
    await stream.reflect(model, threshold=20)
    shown = [messages[-1].text for messages in model.calls]
    assert len(shown) == 4 and max(map(len, shown)) < 5_000 and "page 59" in shown[0]


async def test_only_greetings_are_no_reason_to_ask(stream) -> None:
    await stream.remember_many([Note(text=f"Hello {n}?", importance=9) for n in range(4)])
    assert await stream.reflect(ScriptedModel(replies=[]), threshold=20) == []
    assert await stream.reflect(ScriptedModel(replies=[]), threshold=20) == []


async def test_what_the_model_itself_denies_is_dropped(stream) -> None:
    await happened(stream)
    insight = drawn("Klaus is a librarian.")
    model = ScriptedModel(replies=[ASKED, insight, {"choice": "no"}, NONE, NONE])
    assert await stream.reflect(model, threshold=20) == []


async def test_a_parse_failure_stores_nothing(stream) -> None:
    from langchain_core.messages import AIMessage

    await happened(stream)
    model = ScriptedModel(replies=[AIMessage("gibberish"), AIMessage("more")])
    assert await stream.reflect(model, threshold=20) == []
    assert not list(stream.store.records(None))[len(EVENTS) :]
    assert await stream.reflect(ScriptedModel(replies=[]), threshold=20) == []


async def test_after_a_stop_it_goes_on_where_it_was(stream, tmp_path, ticking) -> None:
    await happened(stream)
    first = drawn("Klaus cares about his thesis.")
    stopped = ScriptedModel(replies=[ASKED, first, YES, KeyError("power")])
    with pytest.raises(KeyError):
        await stream.reflect(stopped, threshold=20)
    async with MemoryStream(tmp_path / "mind.db", embeddings="hashed", clock=ticking) as again:
        rest = ScriptedModel(replies=[NONE, NONE])
        assert await again.reflect(rest, threshold=20) == []
        rest.assert_finished()
        kinds = [record.kind for record in again.store.records()]
        assert kinds.count("reflection") == 1


async def test_in_the_background_it_can_be_cancelled(stream) -> None:
    await happened(stream)
    task = asyncio.create_task(stream.reflect(ScriptedModel(replies=[]), threshold=20))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    insight = drawn("Klaus cares about his thesis.")
    model = ScriptedModel(replies=[ASKED, insight, YES, NONE, NONE])
    assert len(await stream.reflect(model, threshold=20)) == 1


async def test_two_at_once_keep_one_reflection(stream, tmp_path, ticking) -> None:
    await happened(stream)
    insight = drawn("Klaus cares about his thesis.")
    models = [ScriptedModel(replies=[ASKED, insight, YES, NONE, NONE]) for _ in range(2)]
    async with MemoryStream(tmp_path / "mind.db", embeddings="hashed", clock=ticking) as other:
        found = await asyncio.gather(
            stream.reflect(models[0], threshold=20), other.reflect(models[1], threshold=20)
        )
    assert sum(len(each) for each in found) == 1


async def test_an_insight_from_untrusted_text_is_marked(stream) -> None:
    await stream.remember_many([Note(text=t, importance=5, untrusted=True) for t in EVENTS])
    insight = drawn("Klaus cares about his thesis.")
    (found,) = await stream.reflect(
        ScriptedModel(replies=[ASKED, insight, YES, NONE, NONE]), threshold=20
    )
    assert found.untrusted


async def test_its_state_is_kept_in_the_store(stream) -> None:
    await happened(stream)
    await stream.reflect(ScriptedModel(replies=[ASKED, NONE, NONE, NONE]), threshold=20)
    state = json.loads(stream.store.setting("reflection:default"))
    assert (state["upto"], state["target"]) == (len(EVENTS), 0)
