"""The one place where tools run: a call in, an observation out, and never the end of the run.

Whatever goes wrong with a tool becomes text that the model can act on. Only an interruption
from outside (`CancelledError`, `KeyboardInterrupt`) goes through. So does `exit()` in an async
tool, which asyncio hands to the loop before anybody can catch it.

What it does not know: whether a call makes sense, and how to stop a thread. A sync tool that
runs out of time is left behind in a daemon thread; what must be killable runs in a process.
"""

import asyncio
import difflib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from langchain_core.messages import ToolCall, ToolMessage
from langchain_core.tools import BaseTool, StructuredTool, Tool, ToolException
from pydantic import BaseModel, ValidationError

from cogitate.errors import ToolFailure
from cogitate.keys import redacted
from cogitate.runs.context import current
from cogitate.runs.events import Observed, ToolCalled
from cogitate.tools.base import timeout_of
from cogitate.tools.clip import clip, readable
from cogitate.tools.kept import as_data, kept
from cogitate.tools.permit import INSIDE, Permit, heard, permit
from cogitate.tools.threads import in_thread

Status = Literal["ok", "error", "timeout", "unknown_tool", "bad_arguments", "denied"]

TEXT_LIMIT = 4_000
"""Characters of a result that the model reads; a tool may set `characters` in its metadata."""

GRACE = 1.0
"""Seconds that an async tool has to clean up after it was cancelled."""

FIELDS_SHOWN = 12
CHANGED = "(the person changed the arguments to {arguments!r}) {text}"


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What came of one tool call. `text` is what the model reads, `artefacts` absolute paths."""

    message: ToolMessage
    ok: bool
    text: str
    artefacts: tuple[str, ...] = ()
    seconds: float = 0.0
    status: Status = "ok"


@dataclass(frozen=True, kw_only=True)
class _Outcome:
    """How a call ended, before it is clipped, recorded and put into a message."""

    status: Status
    text: str
    artifact: object = None


async def observe(call: ToolCall, tools: Sequence[BaseTool], *, seconds_left: float) -> Observation:
    """Return what the tool named by `call` gave, or in words why it gave nothing.

    Args:
        call: name, arguments and id, as a model wrote them.
        tools: the tools that may be called.
        seconds_left: what is left of the run; the tool's own limit applies when it is shorter.
    """
    run = current()
    name, arguments = str(call["name"]), call.get("args")
    call_id = call.get("id") or "call"
    item = next((item for item in tools if item.name == name), None)
    given = arguments if isinstance(arguments, dict) else {"": arguments}
    allowed = Permit(arguments=given)
    if item is not None and isinstance(arguments, dict):
        allowed = await permit(item, arguments)
    # Told after the person was asked: what is told of counts as begun when a run goes on.
    run.emit(ToolCalled(call_id=call_id, tool=name, args=allowed.arguments))
    start = time.monotonic()
    outcome = await _outcome(name, arguments, call_id, tools, (allowed, seconds_left))
    seconds = time.monotonic() - start
    limit = int(((item.metadata if item else None) or {}).get("characters", TEXT_LIMIT))
    shown = redacted(outcome.text) or "(the tool returned no text)"
    text = clip(shown, limit, f"{name}-output")
    outside = heard(item, arguments, text)
    ok = outcome.status == "ok"
    artefacts = _artefacts(outcome.artifact, run.workspace)
    run.artefacts.extend(path for path in artefacts if path not in run.artefacts)
    message = ToolMessage(
        content=text,
        name=name,
        tool_call_id=call_id,
        status="success" if ok else "error",
        artifact=outcome.artifact,
        additional_kwargs={"untrusted": True} if outside else {},
    )
    run.emit(
        Observed(call_id=call_id, tool=name, ok=ok, text=text, seconds=seconds, artefacts=artefacts)
    )
    return Observation(
        message=message,
        ok=ok,
        text=text,
        artefacts=artefacts,
        seconds=seconds,
        status=outcome.status,
    )


async def _outcome(
    name: str,
    arguments: object,
    call_id: str,
    tools: Sequence[BaseTool],
    bounds: tuple[Permit, float],
) -> _Outcome:
    """Return how a call ended, within what was permitted and the seconds that are left."""
    allowed, seconds_left = bounds
    item = next((item for item in tools if item.name == name), None)
    if item is None:
        return _Outcome(status="unknown_tool", text=_unknown(name, tools))
    if not isinstance(arguments, dict):
        text = f"the arguments of {name} must be an object, not {arguments!r}; {_fields(item)}"
        return _Outcome(status="bad_arguments", text=text)
    if allowed.refusal:
        return _Outcome(status="denied", text=allowed.refusal)
    # What runs calls of its own minds the run's clock in each of them.
    limit = timeout_of(item) if name in INSIDE else min(timeout_of(item), seconds_left)
    if min(limit, seconds_left) <= 0:
        return _Outcome(status="timeout", text=f"{name} was not run: the run's time is used up")
    call = ToolCall(name=name, args=allowed.arguments, id=call_id, type="tool_call")
    outcome = await _kept(limit, item, call)
    if not allowed.changed:
        return outcome
    return replace(outcome, text=CHANGED.format(arguments=allowed.arguments, text=outcome.text))


async def _kept(limit: float, item: BaseTool, call: ToolCall) -> _Outcome:
    """Run the tool, or return how the run's journal says that it ended."""
    if current().durable is None:
        return await _within(limit, item, call)

    async def carry_out(seconds: float, one: ToolCall) -> dict[str, Any]:
        outcome = await _within(seconds, item, one)
        return as_data(outcome.status, redacted(outcome.text), outcome.artifact)

    data = await kept(limit, item, call, carry_out)
    return _Outcome(status=data["status"], text=data["text"], artifact=data["artifact"])


async def _within(limit: float, item: BaseTool, call: ToolCall) -> _Outcome:
    """Run the tool for at most `limit` seconds.

    Not `asyncio.wait_for`: it would mix up the tool's own TimeoutError with ours, and wait for
    ever for a tool that swallows its cancellation.
    """
    task = asyncio.ensure_future(_run(item, call))
    try:
        done, _ = await asyncio.wait({task}, timeout=limit)
        if not done:
            task.cancel()
            await asyncio.wait({task}, timeout=GRACE)
    except asyncio.CancelledError:
        task.cancel()
        raise
    if not done:
        text = f"{item.name} did not finish within {limit:g} seconds and was given up on"
        return _Outcome(status="timeout", text=text)
    if task.cancelled():
        return _Outcome(status="error", text=f"{item.name} cancelled itself; try another way")
    return task.result()


async def _run(item: BaseTool, call: ToolCall) -> _Outcome:
    try:
        if _is_sync(item):
            returned = await in_thread(lambda: item.invoke(call))
        else:
            returned = await item.ainvoke(call)
    except ValidationError as error:
        if error.title != _schema_title(item):
            return _Outcome(status="error", text=_in_words(error))
        return _Outcome(status="bad_arguments", text=_bad_arguments(item, error))
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise
    except BaseException as error:  # noqa: BLE001 - a tool's failure, even exit(), is text
        return _Outcome(status="error", text=_in_words(error))
    return _read(returned)


def _is_sync(item: BaseTool) -> bool:
    """Return whether LangChain would run the tool in the loop's executor, which we do not want."""
    kind = type(item)
    if kind.ainvoke not in (BaseTool.ainvoke, StructuredTool.ainvoke, Tool.ainvoke):
        return False
    if isinstance(item, StructuredTool | Tool):
        return item.coroutine is None
    return kind._arun is BaseTool._arun


def _read(returned: object) -> _Outcome:
    """Return the text and the data of what LangChain made of a tool's result."""
    artifact = getattr(returned, "artifact", None)
    content = returned.content if isinstance(returned, ToolMessage) else returned
    failed = isinstance(returned, ToolMessage) and returned.status == "error"
    if isinstance(artifact, dict) and artifact.get("status", "ok") != "ok":
        failed = True
    status: Status = "error" if failed else "ok"
    return _Outcome(status=status, text=_as_text(content), artifact=artifact)


def _as_text(content: object) -> str:
    """Return a result as text: text as it is, text blocks joined, anything else as JSON."""
    if content == "null":
        return "(the tool returned nothing)"
    if isinstance(content, str):
        return content
    if isinstance(content, list) and content:
        blocks = [block.get("text") if isinstance(block, dict) else None for block in content]
        if all(isinstance(text, str) for text in blocks):
            return "\n".join(map(str, blocks))
    try:
        return json.dumps(content, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):
        return str(content)


def _in_words(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - an exception whose own __str__ fails
        text = ""
    if isinstance(error, ToolFailure | ToolException) and text:
        return text
    return f"{type(error).__name__}: {text or 'the tool said no more'}"


def _unknown(name: str, tools: Sequence[BaseTool]) -> str:
    names = [item.name for item in tools]
    if not names:
        return f"there is no tool {name!r}; no tools can be called now: answer in words"
    close = difflib.get_close_matches(name.lower(), names, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(close)}? " if close else ""
    return f"there is no tool {name!r}; {hint}The tools are: {', '.join(names)}"


def _schema_title(item: BaseTool) -> str:
    schema = item.args_schema
    return schema.__name__ if isinstance(schema, type) else item.get_input_schema().__name__


def _bad_arguments(item: BaseTool, error: ValidationError) -> str:
    problems = []
    for detail in error.errors(include_url=False)[:FIELDS_SHOWN]:
        place = ".".join(str(part) for part in detail["loc"]) or "the arguments"
        got = "" if detail["type"] == "missing" else f" (got {_short(detail.get('input'))})"
        problems.append(f"{place}: {detail['msg']}{got}")
    return f"bad arguments for {item.name}: {'; '.join(problems)}. {_fields(item)}"


def _short(value: object) -> str:
    text = readable(repr(value))
    return text if len(text) <= 80 else text[:77] + "..."


def _fields(item: BaseTool) -> str:
    """Return what the tool expects: each field with its type and whether it must be given."""
    shown = item.tool_call_schema
    if isinstance(shown, dict):
        schema = shown
    elif isinstance(shown, type) and issubclass(shown, BaseModel):
        schema = shown.model_json_schema()
    else:
        schema = {"properties": item.args}
    required = schema.get("required", [])
    fields = [
        f"{name} ({_type(field)}{', required' if name in required else ''})"
        for name, field in list(schema.get("properties", {}).items())[:FIELDS_SHOWN]
    ]
    return f"Expected: {', '.join(fields) or 'no arguments'}"


def _type(field: dict[str, Any]) -> str:
    if "enum" in field:
        return "one of " + ", ".join(map(repr, field["enum"]))
    options = [option.get("type", "any") for option in field.get("anyOf", [])]
    return " or ".join(options) or str(field.get("type", "any"))


def _artefacts(artifact: object, workspace: Path) -> tuple[str, ...]:
    files = artifact.get("files") if isinstance(artifact, dict) else None
    if not isinstance(files, list | tuple):
        return ()
    return tuple(dict.fromkeys(str(workspace / str(file)) for file in files))
