"""Ways to the tool calls of a request: ours, llama-cpp-python's two chat handlers, ReAct text.

Each gives the calls of one case. What it does not know: whether they are right.
"""

import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from bench.form_reading import Unparsable, objects, read_react
from bench.form_text import REACT_HINT, REACT_PROMPT, Writer
from bench.form_text import Attempt as Written
from cogitate import ChatLlama
from cogitate.lab.attempts import Method, attempt
from cogitate.lab.calls import Call
from cogitate.lab.functions import DONE, recording_tools
from cogitate.lab.suites import Case
from cogitate.llm.cores import usable_cores
from cogitate.llm.form import describe
from cogitate.values import Usage

OURS, ONE, HANDLER, LENIENT, REACT = "ours", "one a turn", "handler", "handler, lenient", "react"
CHATML = "handler, chatml"
FORMS = (OURS, ONE, HANDLER, LENIENT, CHATML, REACT)
CONTEXT = 4096
TOKENS = 512
SYSTEM = "You are a helpful assistant. Call functions where they fit the request."
"""For the handler that shows its functions in the system message only."""


@dataclass(kw_only=True)
class Given:
    """What one form made of one case."""

    calls: list[Call] = field(default_factory=list)
    text: str = ""
    """What was written, where it is free text."""
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0
    error: str = ""


Form = Callable[[Case], Awaitable[Given]]


def forms_of(model: ChatLlama) -> dict[str, Form]:
    """Return the forms by name."""
    writer, handler = Writer(model), Handler(model)
    chatml = Handler(model, "chatml-function-calling", SYSTEM)
    return {
        OURS: lambda case: by_loop(model, case, "calls"),
        ONE: lambda case: by_loop(model, case, "bare"),
        HANDLER: lambda case: handler.calls(case, lenient=False),
        LENIENT: lambda case: handler.calls(case, lenient=True),
        CHATML: lambda case: chatml.calls(case, lenient=False),
        REACT: lambda case: by_react(writer, case),
    }


def moves_of(case: Case) -> int:
    """Return how many moves a form may make that writes one call a turn."""
    wanted = len(case.data["ground_truth"])
    return 1 if wanted <= 1 else wanted + 1


async def by_loop(model: ChatLlama, case: Case, loop: str) -> Given:
    """Return the calls of a loop, as `cogitate eval bfcl` scores them."""
    found = await attempt(case, Method(loop=loop, model=model))
    return Given(
        calls=list(found.calls),
        text=found.answer,
        usage=found.usage,
        seconds=found.seconds,
        error=found.error,
    )


# ------------------------------------------------------------- llama-cpp-python's chat handler


class Handler:
    """llama-cpp-python's chat completion over the same file.

    By the file's own template, which leaves calls in the text; or by one of the library's chat
    formats: "chatml-function-calling" constrains name and arguments with grammars of its own. The
    reply to a case is kept: what differs between the two readings is the reading.
    """

    def __init__(self, model: ChatLlama, chat_format: str | None = None, system: str = "") -> None:
        self.path = str(model.path)
        self.chat_format = chat_format
        self.system = [{"role": "system", "content": system}] if system else []
        self._llama: Any = None
        self._kept: tuple[str, dict[str, Any], Given] | None = None

    async def calls(self, case: Case, *, lenient: bool) -> Given:
        """Return the calls of the reply.

        Args:
            case: what is asked.
            lenient: read calls out of the text as well, wherever they stand in it; else those
                that the library gives.
        """
        if self._kept is None or self._kept[0] != case.id:
            self._kept = (case.id, *self._reply(case))
        _, message, given = self._kept
        if not lenient:
            return replace(given, calls=_parsed(message))
        return replace(given, calls=_parsed(message) or read_calls(given.text))

    def _reply(self, case: Case) -> tuple[dict[str, Any], Given]:
        began = time.monotonic()
        tools: Any = [convert_to_openai_tool(tool) for tool in recording_tools(case.data)]
        messages: Any = [*self.system, {"role": "user", "content": case.goal}]
        try:
            reply: Any = self._loaded().create_chat_completion(
                messages=messages,
                tools=tools,
                tool_choice="auto",
                temperature=0.0,
                max_tokens=TOKENS,
            )
        except ValueError as error:  # arguments that never end reach the end of the window
            return {}, Given(error=str(error), seconds=time.monotonic() - began)
        message, used = reply["choices"][0]["message"], reply["usage"]
        usage = Usage(read=used["prompt_tokens"], written=used["completion_tokens"], calls=1)
        text = message.get("content") or ""
        return message, Given(text=text, usage=usage, seconds=time.monotonic() - began)

    def _loaded(self) -> Any:
        if self._llama is None:
            from llama_cpp import Llama

            self._llama = Llama(
                self.path,
                n_ctx=CONTEXT,
                n_threads=usable_cores(),
                chat_format=self.chat_format,
                verbose=False,
            )
        return self._llama


def _parsed(message: dict[str, Any]) -> list[Call]:
    """Return the calls that the library parsed."""
    found: list[Call] = []
    for call in message.get("tool_calls") or ():
        try:
            args = json.loads(call["function"]["arguments"] or "{}")
        except ValueError:
            continue
        found.append({call["function"]["name"]: args})
    return found


def read_calls(text: str) -> list[Call]:
    """Return all calls in a text, each once: objects with a name and arguments, tags or not."""
    flat: list[Any] = []
    for _, data in objects(text):
        flat += data if isinstance(data, list) else [data]
    found: list[Call] = []
    for data in flat:
        args = data.get("arguments") if isinstance(data, dict) else None
        if isinstance(args, dict) and isinstance(data.get("name"), str):
            call = {data["name"]: args}
            found += [call] if call not in found else []
    return found


# ---------------------------------------------------------------------------------- ReAct text


async def by_react(writer: Writer, case: Case) -> Given:
    """Return the actions of a ReAct text: thoughts, actions, and "Done." as each observation."""
    began, used = time.monotonic(), Written()
    tools: Sequence[BaseTool] = recording_tools(case.data)
    shown = [
        {"role": "system", "content": _react_prompt(tools)},
        {"role": "user", "content": f"Question: {case.goal}"},
    ]
    pad = writer.render(shown) + "Thought:"
    given = Given()
    for _ in range(moves_of(case)):
        text = await writer.write(pad, used, stop="Observation:")
        try:
            _, call = read_react(text, tools)
            if call is None:
                break
            given.calls.append({call[0]: call[1]})
            seen = DONE
        except Unparsable:
            used.unparsable += 1
            if used.unparsable > 1:
                break
            seen = REACT_HINT
        pad += f"{text.rstrip()}\nObservation: {seen}\nThought:"
    text = "\n".join(used.outputs)
    return replace(given, text=text, usage=used.usage, seconds=time.monotonic() - began)


def _react_prompt(tools: Sequence[BaseTool]) -> str:
    listing = "\n".join(describe(convert_to_openai_tool(tool)) for tool in tools)
    return REACT_PROMPT.format(tools=listing, names=", ".join(tool.name for tool in tools))
