"""What every memory backend must do, and what the buffer does besides.

A new backend proves itself by being added to BACKENDS.
"""

import pytest

from cogitate.memory import BufferMemory, Memory

BACKENDS = [BufferMemory]


async def texts(memory: Memory, query: str, k: int = 5) -> list[str]:
    return [found.text for found in await memory.recall(query, k)]


@pytest.fixture(params=BACKENDS, ids=lambda backend: backend.__name__)
def memory(request) -> Memory:
    return request.param()


class TestMemoryContract:
    async def test_recalls_what_was_told(self, memory):
        await memory.remember("the sky is blue")
        await memory.remember("grass is green")
        assert await texts(memory, "sky colour", k=1) == ["the sky is blue"]

    async def test_keeps_a_note_once(self, memory):
        await memory.remember("a fact")
        await memory.remember("a fact")
        assert await texts(memory, "fact", k=5) == ["a fact"]

    async def test_unknown_query_recalls_nothing(self, memory):
        assert await texts(memory, "anything") == []
        await memory.remember("the sky is blue")
        assert await texts(memory, "grass") == []

    async def test_limit_is_kept(self, memory):
        for number in range(9):
            await memory.remember(f"fact {number}")
        assert len(await texts(memory, "fact", k=3)) == 3
        assert await texts(memory, "fact", k=0) == []

    async def test_recalls_chinese_without_spaces(self, memory):
        await memory.remember("张伟在上海工作")
        await memory.remember("苹果是红色的")
        assert await texts(memory, "谁在上海？") == ["张伟在上海工作"]

    async def test_a_single_chinese_character_does_not_match_everything(self, memory):
        await memory.remember("中国的首都是北京")
        assert await texts(memory, "中午吃什么") == []


async def test_a_rare_word_counts_more_than_a_common_one():
    memory = BufferMemory()
    for note in ("report one", "report two", "report zebra", "report three"):
        await memory.remember(note)
    assert (await texts(memory, "zebra report"))[0] == "report zebra"


async def test_words_that_every_sentence_has_recall_nothing():
    memory = BufferMemory()
    await memory.remember("the sky is blue")
    assert await texts(memory, "what is the weather") == []


async def test_among_equals_the_newest_comes_first():
    memory = BufferMemory()
    await memory.remember("price old")
    await memory.remember("price new")
    assert await texts(memory, "price") == ["price new", "price old"]


async def test_mixed_scripts_are_parted_and_case_is_ignored():
    memory = BufferMemory()
    await memory.remember("用GPT模型写报告")
    assert await texts(memory, "gpt") == ["用GPT模型写报告"]
    assert await texts(memory, "模型") == ["用GPT模型写报告"]


async def test_a_blank_note_is_not_kept():
    memory = BufferMemory()
    await memory.remember("  \n")
    assert memory.notes == []
