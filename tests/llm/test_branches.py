"""Several answers to one prompt: what they share, how they end, and what is left of them."""

import re
import threading

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableLambda

from cogitate.llm.branches import write_each
from cogitate.llm.decide import complete_each
from cogitate.llm.draw import Sampling
from cogitate.llm.llama import ChatLlama
from cogitate.llm.loaded import Loaded

ASK = [HumanMessage("Name one fruit and one colour, in five words at most.")]


async def test_greedy_ones_of_several_are_the_same_and_drawn_ones_differ(small_model: ChatLlama):
    # Alone it may come out otherwise: logits depend a little on what is computed beside them.
    several = await complete_each(
        small_model, ASK, temperatures=(0.0, 0.0, 1.5, 1.5, 1.5), purpose="x", max_tokens=16, seed=3
    )
    assert several[0] == several[1] and several[0]
    assert len(set(several)) > 1


async def test_the_prompt_of_several_is_read_once(small_model: ChatLlama):
    long = [HumanMessage("Count the words. " + "red green blue " * 60)]
    found = await small_model.agenerate([long], several=[0.0, 0.9, 0.9], max_tokens=8)
    usages = [g.message.usage_metadata for g in found.generations[0]]
    assert len(usages) == 3
    assert usages[0]["input_tokens"] < 260
    assert [usage["input_tokens"] for usage in usages[1:]] == [0, 0]
    assert 3 <= usages[0]["output_tokens"] <= 24


async def test_each_of_several_ends_at_its_own_stop(small_model: ChatLlama):
    found = await complete_each(
        small_model,
        [HumanMessage("Write a Python program that prints a number.")],
        temperatures=(0.0, 1.0, 1.0),
        purpose="x",
        opening="```python\n",
        stop=["```"],
        max_tokens=80,
    )
    assert len(found) == 3
    assert all(text and "```" not in text for text in found)


async def test_each_of_several_keeps_to_the_grammar(small_model: ChatLlama):
    found = await complete_each(
        small_model,
        ASK,
        temperatures=(0.0, 1.5, 1.5, 1.5),
        purpose="x",
        grammar='start: "<" /[a-z]{3,6}/ ">"',
        max_tokens=16,
    )
    assert len(found) == 4
    assert all(re.fullmatch(r"<[a-z]{3,6}>", text) for text in found)


@pytest.fixture
def loaded(small_model: ChatLlama) -> Loaded:
    return small_model.loaded


def test_forks_leave_nothing_behind(loaded: Loaded):
    engine = loaded.engine
    prompt = engine.tokenize("The capital of France is")
    reading = engine.read(prompt, room=32, cancel=threading.Event())
    before = {s for s, tokens in engine.sequences.tokens.items() if tokens}
    texts: list[list[int]] = [[], [], []]

    def take(which: int, tokens: list[int]) -> bool:
        texts[which] += tokens
        return False

    sampling = Sampling(max_tokens=6)
    write_each(engine, reading, [sampling] * 3, [None] * 3, take, threading.Event())
    assert texts[0] == texts[1] == texts[2]
    assert {s for s, tokens in engine.sequences.tokens.items() if tokens} == before


def test_a_cancelled_writing_stops(loaded: Loaded):
    engine, cancel = loaded.engine, threading.Event()
    reading = engine.read(engine.tokenize("One two three"), room=32, cancel=threading.Event())
    seen: list[int] = []

    def take(which: int, tokens: list[int]) -> bool:
        seen.append(which)
        cancel.set()
        return False

    write_each(engine, reading, [Sampling(max_tokens=30)] * 2, [None] * 2, take, cancel)
    assert seen == [0, 1]


async def test_several_answers_are_seen_by_whoever_counts_the_calls_of_a_run(
    small_model: ChatLlama,
) -> None:
    class Counting(BaseCallbackHandler):
        calls = 0

        def on_llm_end(self, response, **kwargs):
            Counting.calls += 1

    async def ask(_: object) -> list[str]:
        return await complete_each(
            small_model, ASK, temperatures=(0.0, 0.5), purpose="x", max_tokens=4, seed=1
        )

    found = await RunnableLambda(ask).ainvoke(None, {"callbacks": [Counting()]})
    assert (len(found), Counting.calls) == (2, 1)
