"""Two usual forms of a tool call, as free text: the chat template's own, and ReAct.

Both are read as kindly as their users would: broken output is sent back once with a hint, and
the last turn asks for the answer. What is written is raw text of the same engine, with the same
cache, as `ChatLlama` has; no grammar holds it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import ToolCall
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from bench.form_reading import Call, Unparsable, read_native, read_react
from cogitate import ChatLlama, Usage
from cogitate.llm.engine import BATCH
from cogitate.llm.form import describe
from cogitate.llm.rows import Row
from cogitate.tools.observe import observe

TURNS = 5
TOKENS = 256
"""Most tokens of one turn."""

NATIVE_PROMPT = "You are a helpful assistant. Use the functions to answer the user's question."
NATIVE_LAST = "Answer now in words, from the results above. Do not call a function."
NATIVE_HINT = (
    "That could not be read. Write each call as "
    '<tool_call>\n{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call>, '
    "or give the answer in words."
)

REACT_PROMPT = """\
Answer the question as best you can, in the language of the question. You can use these tools:
{tools}

Use this format:

Question: the question that you must answer
Thought: think about what to do
Action: the tool to use, one of {names}
Action Input: the arguments of the tool as a JSON object
Observation: the result of the tool
... (Thought/Action/Action Input/Observation can repeat)
Thought: I now know the final answer.
Final Answer: the answer to the question

An example:

Question: What is Aisha Rahman's phone number?
Thought: I should look her up in the directory.
Action: directory
Action Input: {{"name": "Aisha Rahman"}}
Observation: Aisha Rahman: phone 4450, room A-311
Thought: I now know the final answer.
Final Answer: Aisha Rahman's phone number is 4450."""
REACT_LAST = " I now know the final answer.\nFinal Answer:"
REACT_HINT = (
    "That could not be read. Write 'Action:' with the tool's name and 'Action Input:' with a "
    "JSON object of its arguments, or 'Final Answer:' with the answer."
)


@dataclass(kw_only=True)
class Attempt:
    """What one form made of one task."""

    answer: str | None = None
    """None when it ended without one."""
    calls: list[Call] = field(default_factory=list)
    unparsable: int = 0
    """Outputs that were neither a call nor an answer."""
    usage: Usage = field(default_factory=Usage)
    outputs: list[str] = field(default_factory=list)


class Writer:
    """Raw text from the model that a ChatLlama has loaded, greedy, by its own chat template."""

    def __init__(self, model: ChatLlama) -> None:
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        self.loaded = model.loaded
        engine = self.loaded.engine
        self._formatter = Jinja2ChatFormatter(
            template=engine.metadata("tokenizer.chat_template") or "",
            eos_token=engine.special("eos"),
            bos_token=engine.special("bos"),
        )

    def render(
        self, messages: Sequence[dict[str, Any]], tools: list[dict[str, Any]] | None = None
    ) -> str:
        """Return the prompt of a conversation, with `tools` as the template shows them."""
        shown: Any = list(messages)
        offered: Any = tools
        return str(self._formatter(messages=shown, tools=offered).prompt)

    async def write(self, prompt: str, attempt: Attempt, stop: str = "") -> str:
        """Return what the model writes after `prompt`, up to `stop`; `attempt` takes the cost."""
        job = self.loaded.scheduler.worker.submit(self._write, prompt, stop)
        text, usage = await asyncio.wrap_future(job)
        attempt.usage += usage
        attempt.outputs.append(text)
        return text

    def _write(self, prompt: str, stop: str) -> tuple[str, Usage]:
        engine = self.loaded.engine
        tokens = engine.tokenize(prompt)
        reading = engine.place(tokens, TOKENS)
        assert reading is not None  # nothing else is at work
        raw, text, written, rest = b"", "", 0, tokens[reading.reused :]
        try:
            while rest and written < TOKENS:
                for start in range(0, len(rest), BATCH):
                    engine.decode([Row(reading.sequence, rest[start : start + BATCH])])
                token = int(engine.logits().argmax())
                rest = [] if engine.is_end(token) else [token]
                written += len(rest)
                raw += b"".join(engine.piece(token) for token in rest)
                text = raw.decode("utf-8", "ignore")
                if stop and stop in text:
                    text = text[: text.index(stop)]
                    break
        finally:
            engine.release(reading)
        used = Usage(read=reading.read, reused=reading.reused, written=written, calls=1)
        return text, used


async def _result(call: Call, tools: Sequence[BaseTool], attempt: Attempt) -> str:
    attempt.calls.append(call)
    written = ToolCall(name=call[0], args=call[1], id=f"call-{len(attempt.calls)}")
    return (await observe(written, tools, seconds_left=60.0)).text


# -------------------------------------------------------------------- native


async def native(
    writer: Writer, tools: Sequence[BaseTool], goal: str, *, lenient: bool = False
) -> Attempt:
    """Return what the model makes of `goal` by its own template for tools.

    Args:
        writer: what writes.
        tools: what it may call.
        goal: what is asked.
        lenient: take the first call of an output, also where it stands outside of its tags.
    """
    attempt = Attempt()
    listed = [convert_to_openai_tool(tool) for tool in tools]
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": NATIVE_PROMPT},
        {"role": "user", "content": goal},
    ]
    for turn in range(TURNS):
        if turn == TURNS - 1:
            messages.append({"role": "user", "content": NATIVE_LAST})
        text = await writer.write(writer.render(messages, listed), attempt)
        try:
            words, calls = read_native(text, lenient=lenient)
        except Unparsable:
            attempt.unparsable += 1
            if attempt.unparsable > 1:
                return attempt
            messages.append({"role": "assistant", "content": text})
            messages.append({"role": "user", "content": NATIVE_HINT})
            continue
        if not calls:
            attempt.answer = words
            return attempt
        shown = [{"function": {"name": name, "arguments": args}} for name, args in calls]
        messages.append({"role": "assistant", "content": words, "tool_calls": shown})
        for call in calls:
            messages.append({"role": "tool", "content": await _result(call, tools, attempt)})
    return attempt


# -------------------------------------------------------------------- ReAct


async def react(writer: Writer, tools: Sequence[BaseTool], goal: str) -> Attempt:
    """Return what the model makes of `goal` in ReAct text: one assistant turn that goes on."""
    attempt = Attempt()
    listing = "\n".join(describe(convert_to_openai_tool(tool)) for tool in tools)
    names = ", ".join(tool.name for tool in tools)
    system = REACT_PROMPT.format(tools=listing, names=names)
    messages = [
        {"role": "system", "content": system},
        {"role": "user", "content": f"Question: {goal}"},
    ]
    pad = writer.render(messages) + "Thought:"
    for turn in range(TURNS):
        opening = REACT_LAST if turn == TURNS - 1 else ""
        text = opening + await writer.write(pad + opening, attempt, stop="Observation:")
        try:
            answer, call = read_react(text, tools)
            if call is None:
                attempt.answer = answer
                return attempt
            seen = await _result(call, tools, attempt)
        except Unparsable:
            attempt.unparsable += 1
            if attempt.unparsable > 1:
                return attempt
            seen = REACT_HINT
        pad += f"{text.rstrip()}\nObservation: {seen}\nThought:"
    return attempt
