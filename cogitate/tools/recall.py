"""The tool `recall`: what was remembered in earlier runs, and long results of this one.

Siblings may not import each other, so the memory is handed in: anything with an async
`recall(query, k)` whose hits have a `text`.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from langchain_core.tools import BaseTool

from cogitate.errors import ToolFailure
from cogitate.runs.context import current
from cogitate.tools.base import tool

POINTER = re.compile(r"result-\d+")
MOST = 6
LONGEST = 4_000
"""Most characters of a result that are read back at once."""

Search = Callable[[str, int], Awaitable[Sequence[str]]]


def recall_tool(search: Search) -> BaseTool:
    """Return the tool `recall` over a memory.

    Args:
        search: gives at most so many notes for a query, each as a line.
    """

    @tool(effect="read", result="content_and_artifact")
    async def recall(query: str) -> tuple[str, dict[str, Any]]:
        """Search what was remembered in earlier conversations, or read a result of this run again.

        Args:
            query: what to look for, or the name of a result such as result-3.
        """
        named = POINTER.search(query)
        if named:
            return _result(named[0]), {"notes": []}
        if not query.strip():
            raise ToolFailure("no query was given; say what to look for")
        notes = list(await search(query, MOST))
        if not notes:
            raise ToolFailure("nothing that was remembered has to do with it")
        return "\n".join(f"- {note}" for note in notes), {"notes": notes}

    return recall


def _result(name: str) -> str:
    results = current().results
    if name not in results:
        there = ", ".join(results) or "none"
        raise ToolFailure(f"there is no {name}; results of this run: {there}")
    text = results[name]
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}\n(first {LONGEST} of {len(text)} characters)"


__all__ = ["recall_tool"]
