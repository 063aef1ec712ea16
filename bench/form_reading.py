"""Reads tool calls in free text, the chat template's own and ReAct, as kindly as users would.

What it does not know: who wrote the text, and what a call gives.
"""

import ast
import json
import re
from collections.abc import Sequence
from typing import Any

from langchain_core.tools import BaseTool

Call = tuple[str, dict[str, Any]]

_TAGGED = re.compile(r"<tool_call>\s*(.*?)\s*(?:</tool_call>|(?=<tool_call>)|\Z)", re.DOTALL)
_ACTION = re.compile(
    r"Action\s*\d*\s*:[ \t]*(?P<name>[^\n]*)\n+\s*Action\s*\d*\s*Input\s*\d*\s*:(?P<input>.*)",
    re.DOTALL,
)
_FINAL = re.compile(r"Final Answer\s*:(?P<answer>.*)", re.DOTALL)
_NEXT = re.compile(r"\n\s*(?:Thought|Action|Action Input|Question|Observation|Final Answer)\s*:")
_TAG = re.compile(r"</?\w+>")
_FENCE = re.compile(r"```(?:\w*\n)?|~~~")


class Unparsable(Exception):
    """Raised when an output is neither a call nor an answer."""


def read_native(text: str, *, lenient: bool) -> tuple[str, list[Call]]:
    """Return the words of an output and its calls; without calls, the words are the answer.

    Raises:
        Unparsable: there is a call that cannot be read, or nothing at all.
    """
    tagged = _TAGGED.findall(text)
    if tagged:
        calls = [_native_call(body) for body in (tagged[:1] if lenient else tagged)]
        return text.partition("<tool_call>")[0].strip(), calls
    loose = [(at, call) for at, call in objects(text) if _is_call(call)]
    if loose and lenient:
        before = _FENCE.sub("", text[: loose[0][0]]).strip()
        # Small models go on with calls that rest on results they made up: the first is meant.
        return before, [(loose[0][1]["name"], _arguments(loose[0][1]))]
    broken = '"name"' in text and '"arguments"' in text
    if loose or broken or not re.search(r"\w", _TAG.sub("", text)):
        raise Unparsable(text)
    return text.strip(), []


def _native_call(body: str) -> Call:
    found = next((call for _, call in objects(body) if _is_call(call)), None)
    if found is None:
        raise Unparsable(body)
    return found["name"], _arguments(found)


def _is_call(data: Any) -> bool:
    return isinstance(data, dict) and isinstance(data.get("name"), str) and "arguments" in data


def _arguments(call: dict[str, Any]) -> dict[str, Any]:
    args = call["arguments"]
    if isinstance(args, str):
        args = next((data for _, data in objects(args)), None)
    if not isinstance(args, dict):
        raise Unparsable(str(call))
    return args


def objects(text: str) -> list[tuple[int, Any]]:
    """Return the outermost JSON objects in `text`, with where each begins."""
    found, at, decoder = [], text.find("{"), json.JSONDecoder(strict=False)
    while at >= 0:
        try:
            data, end = decoder.raw_decode(text, at)
            found.append((at, data))
        except ValueError:
            end = at + 1
        at = text.find("{", end)
    return found


def read_react(text: str, tools: Sequence[BaseTool]) -> tuple[str, Call | None]:
    """Return the final answer of an output, or its call, whichever stands first.

    Raises:
        Unparsable: it has neither, or the arguments cannot be read.
    """
    action, final = _ACTION.search(text), _FINAL.search(text)
    if final and (action is None or final.start() < action.start()):
        answer = _NEXT.split(final["answer"])[0].strip()
        if not answer:
            raise Unparsable(text)
        return answer, None
    if action is None:
        raise Unparsable(text)
    word = re.search(r"[\w-]+", action["name"])
    name = word[0] if word else ""
    return "", (name, read_input(_NEXT.split(action["input"])[0], name, tools))


def read_input(text: str, name: str, tools: Sequence[BaseTool]) -> dict[str, Any]:
    """Return the arguments that an `Action Input` means: JSON, Python, or the one argument bare.

    Raises:
        Unparsable: it is none of these.
    """
    text = _FENCE.sub("", text).strip()
    for _, data in objects(text):
        return dict(data)
    try:
        data = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        data = text
    if isinstance(data, dict):
        return {str(key): value for key, value in data.items()}
    item = next((tool for tool in tools if tool.name == name), None)
    if item is not None and len(item.args) == 1 and text and "{" not in text:
        bare = data if isinstance(data, str) else text
        return {next(iter(item.args)): bare.splitlines()[0]}
    raise Unparsable(text)
