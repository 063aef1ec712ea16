"""A tool call in the journal of its run: begun, ended, and given back when the run goes on.

What it does not know: how a tool runs, and whether it may.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from langchain_core.messages import ToolCall
from langchain_core.tools import BaseTool

from cogitate.errors import SetupError
from cogitate.runs.context import current
from cogitate.runs.rows import as_plain
from cogitate.tools.base import effect_of, timeout_of
from cogitate.tools.clip import readable
from cogitate.tools.permit import INSIDE

LARGEST = 400_000
"""Characters of a result that are kept at all."""
CarryOut = Callable[[float, ToolCall], Awaitable[dict[str, Any]]]


async def kept(limit: float, item: BaseTool, call: ToolCall, carry_out: CarryOut) -> dict[str, Any]:
    """Return how a call ended: as the run's journal says, or as it ends now.

    A program that calls tools, and a task that was handed on, are run again: what they called is
    in the journal, and their own variables are not. How they ended is taken from there.

    Args:
        limit: seconds that it may take.
        item: the tool.
        call: the call.
        carry_out: runs a call of the tool for so many seconds, and gives plain data.
    """
    durable = current().durable
    if durable is None:
        raise SetupError("this run keeps no journal")
    asked = as_plain({"tool": item.name, "args": call["args"]})
    if item.name in INSIDE:
        return await durable.confirm(asked, await carry_out(limit, call))

    async def live() -> dict[str, Any]:
        for earlier in durable.to_rebuild(item.name, (item.metadata or {}).get("session", False)):
            again = ToolCall(name=item.name, args=earlier, id="again", type="tool_call")
            await carry_out(timeout_of(item), again)
        return await carry_out(limit, call)

    return await durable.tool(current(), asked, effect_of(item), live)


def as_data(status: str, text: str, artifact: object) -> dict[str, Any]:
    """Return an outcome as plain data; an artifact that is none is left out."""
    try:
        plain = json.loads(json.dumps(artifact))
    except (TypeError, ValueError, RecursionError):
        plain = None
    files = plain.get("files") if isinstance(plain, dict) else None
    folder = str(current().workspace)
    names = [str(f).removeprefix(folder).lstrip("/\\") for f in files or () if isinstance(f, str)]
    text = readable(text)[:LARGEST]
    return {"status": status, "text": text, "artifact": plain, "files": names}
