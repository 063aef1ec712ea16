"""Several answers to one prompt: what they share, how they end, and what is left of them."""

import re

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableLambda

from cogitate.llm.decide import complete_each
from cogitate.llm.llama import ChatLlama

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


async def test_forks_leave_nothing_behind(small_model: ChatLlama):
    engine = small_model.loaded.engine
    await small_model.agenerate([ASK], several=[0.0], max_tokens=6)
    before = {s for s, tokens in engine.sequences.tokens.items() if tokens}
    found = await small_model.agenerate([ASK], several=[0.0] * 3, max_tokens=6)
    texts = [generation.text for generation in found.generations[0]]
    assert len(texts) == 3 and len(set(texts)) == 1
    assert {s for s, tokens in engine.sequences.tokens.items() if tokens} == before
    assert engine.sequences.live == {}


async def test_there_are_fewer_of_several_where_the_context_has_no_room(small_model: ChatLlama):
    found = await small_model.agenerate(
        [ASK], several=[0.0] * 4, max_tokens=1500, grammar='start: "ab"'
    )
    assert len(found.generations[0]) == 2


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
