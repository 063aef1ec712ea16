import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.runnables import Runnable
from pydantic import BaseModel

from cogitate.errors import ContextOverflow, SetupError
from cogitate.llm.llama import ChatLlama
from cogitate.tools.base import tool

ENDLESS = "start: /[a-z ]{3000}/"
COUNT = "Count from one to thirty in words, one a line."


class Unit(Enum):
    METRE = "m"
    FOOT = "ft"


class Person(BaseModel):
    name: str
    age: int


@tool
def 面积(宽: float, 高: float) -> float:
    """返回矩形的面积。

    Args:
        宽: 米。
        高: 米。
    """
    return 宽 * 高


@tool
def now() -> str:
    """Return the time of day."""
    return "noon"


@tool
def python(code: str) -> str:
    """Run a Python program.

    Args:
        code: the program.
    """
    return code


@tool
def length(value: float, unit: Unit, to: Literal["cm", "inch"], digits: int = 2) -> str:
    """Convert a length.

    Args:
        value: how long.
        unit: of the value.
        to: the unit that is wanted.
        digits: after the point.
    """
    return f"{value} {unit} {to} {digits}"


@tool
def save(person: Person, tags: list[str], points: dict[str, int]) -> str:
    """Save a person.

    Args:
        person: who.
        tags: words.
        points: by game.
    """
    return f"{person} {tags} {points}"


TOOLS = [面积, now, python, length, save]


def joined(model: Runnable[Any, AIMessage], question: Any, **options: Any) -> AIMessageChunk:
    """Return the sum of what is streamed."""
    whole: Any = None
    for chunk in model.stream(question, **options):
        whole = chunk if whole is None else whole + chunk
    return whole


# ---------------------------------------------------------------- text


def test_an_answer_counts_its_tokens(small_model: ChatLlama):
    reply = small_model.invoke("What is the capital of France?", max_tokens=30)
    assert "Paris" in reply.text
    usage = reply.usage_metadata
    assert usage is not None
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    assert usage["output_tokens"] == small_model.get_num_tokens(reply.text)
    assert usage["input_tokens"] > small_model.get_num_tokens("What is the capital of France?")
    about = reply.response_metadata
    assert (about["model_name"], about["finish_reason"]) == ("qwen2.5-coder-0.5b", "stop")
    assert about["first_token_seconds"] > 0 and about["tokens_per_second"] > 1


def test_the_same_question_again_reads_one_token(small_model: ChatLlama):
    small_model.invoke("Name a river.", max_tokens=4)
    usage = small_model.invoke("Name a river.", max_tokens=4).usage_metadata
    assert usage is not None
    assert usage["input_token_details"]["cache_read"] == usage["input_tokens"] - 1


def test_an_answer_that_is_cut_says_so(small_model: ChatLlama):
    reply = small_model.invoke(COUNT, max_tokens=5)
    assert reply.response_metadata["finish_reason"] == "length"
    assert reply.usage_metadata is not None and reply.usage_metadata["output_tokens"] == 5


def test_streaming_gives_what_invoke_gives(small_model: ChatLlama):
    small_model.invoke(COUNT, max_tokens=1)  # read in one piece, the prompt's sums differ a little
    whole = small_model.invoke(COUNT, max_tokens=16)
    chunks = list(small_model.stream(COUNT, max_tokens=16))
    assert len(chunks) > 8
    assert "".join(chunk.text for chunk in chunks) == whole.text
    summed = joined(small_model, COUNT, max_tokens=16)
    assert summed.response_metadata.keys() == whole.response_metadata.keys()
    for key in ("finish_reason", "model_name"):
        assert summed.response_metadata[key] == whole.response_metadata[key]
    assert summed.usage_metadata is not None and whole.usage_metadata is not None
    assert summed.usage_metadata["total_tokens"] == whole.usage_metadata["total_tokens"]


def test_characters_that_are_split_over_tokens_come_whole(small_model: ChatLlama):
    bound = small_model.bind(grammar="start: /[🦜🧮龘𠮷]{5}/")
    pieces = [chunk.text for chunk in bound.stream("Birds")]
    spoken = "".join(pieces)
    assert len(spoken) == 5 and set(spoken) <= set("🦜🧮龘𠮷")
    assert spoken == bound.invoke("Birds").text
    engine = small_model.loaded.engine
    assert not all(is_text(engine.piece(token)) for token in engine.tokenize(spoken))


def is_text(piece: bytes) -> bool:
    try:
        piece.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_a_limit_within_a_character_leaves_it_out(small_model: ChatLlama):
    texts = [
        small_model.bind(grammar='start: "🦜🦜🦜"', max_tokens=most).invoke("Birds").text
        for most in range(1, 6)
    ]
    assert all("🦜🦜🦜".startswith(text) for text in texts)


@pytest.mark.parametrize("stop", [["three"], [", three"], ["o, th"], ["nothing", "four", "three"]])
def test_a_stop_string_is_not_shown_even_when_split_over_tokens(
    small_model: ChatLlama, stop: list[str]
):
    bound = small_model.bind(grammar='start: "one, two, three, four, five"')
    whole = "one, two, three, four, five"
    expected = min((whole.split(s)[0] for s in stop), key=len)
    reply = bound.invoke("Count", stop=stop)
    assert reply.text == expected
    assert reply.response_metadata["finish_reason"] == "stop"
    pieces = [chunk.text for chunk in bound.stream("Count", stop=stop)]
    assert "".join(pieces) == expected


def test_an_answer_can_be_opened(small_model: ChatLlama):
    reply = small_model.bind(opening="The colour is:").invoke(
        "What colour is grass? One word.", max_tokens=4
    )
    assert "reen" in reply.text


def test_the_same_seed_gives_the_same_text_and_another_one_another(small_model: ChatLlama):
    small_model.invoke("Invent a name for a cat.", max_tokens=1)

    def drawn(seed: int) -> str:
        options = {"temperature": 1.0, "seed": seed, "max_tokens": 8}
        return small_model.invoke("Invent a name for a cat.", **options).text

    first = [drawn(seed) for seed in (1, 2, 3)]
    assert [drawn(seed) for seed in (1, 2, 3)] == first
    assert len(set(first)) > 1


def test_too_long_a_prompt_is_an_overflow(small_model: ChatLlama):
    with pytest.raises(ContextOverflow, match="exceed the context of 4096"):
        small_model.invoke("word " * 5000)
    with pytest.raises(ContextOverflow, match="exceed the context of 4096"):
        list(small_model.stream("word " * 5000))


def test_the_context_bounds_an_answer_and_not_the_other_way(small_model: ChatLlama):
    reply = small_model.bind(max_tokens=1_000_000).invoke("Say yes.", stop=["es", "."])
    assert reply.text


def test_two_names_of_one_file_share_one_loaded_model(
    small_model: ChatLlama, small_model_path: Path, tmp_path: Path
):
    link = tmp_path / "模型.gguf"
    link.symlink_to(small_model_path)
    assert ChatLlama(path=link, n_ctx=4096).loaded is small_model.loaded


# ---------------------------------------------------------------- tools


PEOPLE = "Ann is 31 and 1.7 m tall, tagged vip, with 5 points at chess."


@pytest.mark.parametrize("chosen", TOOLS, ids=lambda item: item.name)
def test_a_call_of_any_tool_is_valid(small_model: ChatLlama, chosen: Any):
    bound = small_model.bind_tools(TOOLS, tool_choice=chosen.name)
    # A program has no bound of its own: about people a 0.5B writes on until it is cut.
    asked = "Print 7 times 6." if chosen.name == "python" else PEOPLE
    reply = bound.invoke(asked)
    assert reply.text == ""
    assert [call["name"] for call in reply.tool_calls] == [chosen.name]
    chosen.invoke(reply.tool_calls[0]["args"])
    assert reply.tool_calls[0]["id"]


def test_an_open_choice_is_one_valid_call_or_the_final_answer(small_model: ChatLlama):
    bound = small_model.bind_tools(TOOLS)
    for question in ("How late is it?", "Say hello.", "3.5 米宽 4 米高的房间，面积多少？"):
        reply = bound.invoke(question)
        assert len(reply.tool_calls) + bool(reply.text) == 1
        by_name = {item.name: item for item in TOOLS}
        for call in reply.tool_calls:
            by_name[call["name"]].invoke(call["args"])


@pytest.mark.parametrize("choice", ["any", "required"])
def test_any_demands_a_call(small_model: ChatLlama, choice: str):
    assert small_model.bind_tools(TOOLS, tool_choice=choice).invoke("Say hello.").tool_calls


def test_none_demands_the_final_answer_and_reads_the_tools_no_more(small_model: ChatLlama):
    small_model.bind_tools(TOOLS, tool_choice="now").invoke("How late is it?")
    reply = small_model.bind_tools(TOOLS, tool_choice="none").invoke("How late is it?")
    assert reply.text and not reply.tool_calls
    usage = reply.usage_metadata
    assert usage is not None
    assert usage["input_tokens"] - usage["input_token_details"]["cache_read"] == 1


def test_a_choice_that_is_no_tool_is_refused_before_any_call(small_model: ChatLlama):
    with pytest.raises(SetupError, match=r"tool_choice is 'nobody'.*'now'"):
        small_model.bind_tools([now], tool_choice="nobody")


def test_a_program_is_written_in_a_fence(small_model: ChatLlama):
    bound = small_model.bind_tools([python], tool_choice="any")
    reply = bound.invoke("Print the word 'hello' twice, on two lines.")
    code = reply.tool_calls[0]["args"]["code"]
    assert "print" in code and "```" not in code
    compile(code, "code", "exec")


def test_a_streamed_call_is_the_call(small_model: ChatLlama):
    bound = small_model.bind_tools(TOOLS, tool_choice="面积")
    question = "A room is 3.5 m wide and 4 m high."
    whole, streamed = bound.invoke(question), joined(bound, question)
    assert streamed.text == "" and len(streamed.tool_calls) == 1
    assert streamed.tool_calls[0]["args"] == whole.tool_calls[0]["args"]
    assert streamed.tool_calls[0]["name"] == "面积"
    assert streamed.response_metadata["finish_reason"] == "stop"


def test_a_call_that_is_cut_is_invalid_and_never_runs(small_model: ChatLlama):
    bound = small_model.bind_tools([save], tool_choice="any").bind(max_tokens=9)
    for reply in (bound.invoke("Save Ann."), joined(bound, "Save Ann.")):
        assert reply.tool_calls == []
        assert reply.response_metadata["finish_reason"] == "length"
        assert "cut at the limit of 9 tokens" in str(reply.invalid_tool_calls[0])


def test_a_stop_string_does_not_cut_a_call(small_model: ChatLlama):
    bound = small_model.bind_tools([now], tool_choice="any")
    assert bound.invoke("How late is it?", stop=["args", "now"]).tool_calls


def test_a_result_is_read_after_the_call_without_reading_both_again(small_model: ChatLlama):
    bound = small_model.bind_tools([now])
    asked = [HumanMessage("How late is it?")]
    call = small_model.bind_tools([now], tool_choice="now").invoke(asked)
    result = ToolMessage("noon", tool_call_id=call.tool_calls[0]["id"], name="now")
    reply = bound.bind(tool_choice="none").invoke([*asked, call, result])
    assert "noon" in reply.text.lower()
    usage = reply.usage_metadata
    assert usage is not None
    assert usage["input_tokens"] - usage["input_token_details"]["cache_read"] < 40


# ---------------------------------------------------------------- at once


async def test_async_answers_are_the_same(small_model: ChatLlama):
    alone = small_model.invoke("What is the capital of France?", max_tokens=8).text
    assert (await small_model.ainvoke("What is the capital of France?", max_tokens=8)).text == alone
    pieces = [
        chunk.text
        async for chunk in small_model.astream("What is the capital of France?", max_tokens=8)
    ]
    assert "".join(pieces) == alone


async def test_a_batch_answers_each_as_alone(small_model: ChatLlama):
    questions = [f"Repeat this number and nothing else: {n}" for n in ("4172", "905", "33")]
    alone = [small_model.invoke(question, max_tokens=6).text for question in questions]
    batch = await small_model.abatch(questions, max_tokens=6)
    assert [reply.text for reply in batch] == alone


def test_many_threads_get_the_answers_they_get_alone(small_model: ChatLlama):
    # Clear answers: how a prompt is split between cache and reading moves the logits a little.
    # A number has no capitals to choose between, as a word has.
    numbers = ["4172", "905", "33", "7681"]
    questions = [f"Repeat this number and nothing else: {number}" for number in numbers] * 2
    alone = [small_model.invoke(question, max_tokens=6).text for question in questions[:4]]
    assert [answer.strip(" .") for answer in alone] == numbers
    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(small_model.invoke, q, max_tokens=6) for q in questions]
        assert [future.result().text for future in futures] == alone * 2


async def test_a_cancelled_call_frees_the_worker_at_once(small_model: ChatLlama):
    endless = small_model.bind(grammar=ENDLESS, max_tokens=3000)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(endless.ainvoke("Write."), 0.5)
    # 3,000 tokens would take minutes: the next answer would never come in time.
    reply = await asyncio.wait_for(small_model.ainvoke("Name a colour.", max_tokens=4), 20)
    assert reply.text


async def test_a_cancelled_call_that_waits_never_starts(small_model: ChatLlama):
    gate = threading.Event()
    small_model.loaded.scheduler.worker.submit(gate.wait, 30)
    endless = small_model.bind(grammar=ENDLESS, max_tokens=3000)
    waiting = asyncio.create_task(endless.ainvoke("Write."))
    for _ in range(50):  # long enough to be handed to the worker, which is held at the gate
        await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    gate.set()
    assert (await asyncio.wait_for(small_model.ainvoke("Name a colour.", max_tokens=4), 20)).text


async def test_a_stream_that_is_left_frees_the_worker(small_model: ChatLlama):
    endless = small_model.bind(grammar=ENDLESS, max_tokens=3000)
    for _ in endless.stream("Write."):
        break
    stream = endless.astream("Write.")
    await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined]
    del stream
    reply = await asyncio.wait_for(small_model.ainvoke("Name a colour.", max_tokens=4), 20)
    assert reply.text
