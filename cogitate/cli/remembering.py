"""The memory that `run` and `chat` have, and what it does when the answer has been given."""

import asyncio
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cogitate.errors import CogitateError, UnavailableError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.tools import BaseTool

    from cogitate.memory import Memory
    from cogitate.memory.base import LongTerm

THINKING = "thinking about what happened; Ctrl-C leaves it for the next time"
MOST_RATED = 3
"""Records that are rated after one run; the others wait for the next."""
SHORT = 0.3
"""Seconds after which a person is told what is being waited for."""


def open_memory(choice: str) -> "Memory":
    """Return the memory of `--memory`: on, off, or a file.

    `on` is the long-term memory in the data folder, and where the packages that it stands on
    are not installed, one that lasts as long as the process.

    Raises:
        SetupError: the file is no memory, or cannot be opened.
        UnavailableError: a file was named and the packages are not installed.
    """
    from cogitate.memory import BufferMemory

    if choice == "off":
        return BufferMemory()
    try:
        from cogitate.memory.scoring.segments import load_faiss
        from cogitate.memory.stream import MemoryStream

        load_faiss()
    except (ImportError, UnavailableError) as error:
        if choice == "on":
            return BufferMemory()
        raise UnavailableError(
            f'a memory in a file needs more packages ({error}): pip install "cogitate[memory]"'
        ) from error
    return MemoryStream(None if choice == "on" else Path(choice))


def document_tools(memory: object) -> "list[BaseTool]":
    """Return the tool `retrieve` over the documents that were indexed into a memory, if any.

    With several collections the largest is asked; the others by `cogitate index --list`.
    """
    from cogitate.memory.base import LongTerm

    if not isinstance(memory, LongTerm):
        return []
    from cogitate.memory.documents.collections import collections
    from cogitate.memory.documents.library import Library
    from cogitate.memory.stream import MemoryStream
    from cogitate.tools.retrieve import retrieve_tool

    if not isinstance(memory, MemoryStream):
        return []
    held = [found for found in collections(memory.store) if found.chunks]
    if not held:
        return []
    largest = max(held, key=lambda found: found.chunks)
    return [retrieve_tool(Library(memory, largest.name))]


def rest(agent: Any) -> None:
    """Let the memory draw its conclusions, when enough has happened; Ctrl-C leaves it."""
    from cogitate.memory.base import LongTerm

    memory = getattr(agent, "memory", None)
    if not isinstance(memory, LongTerm):
        return

    async def think() -> None:
        task = asyncio.ensure_future(_conclude(memory, agent.model))
        await asyncio.wait({task}, timeout=SHORT)
        if not task.done():  # mostly there is nothing to think about
            click.echo(f"cogitate: {THINKING}", err=True)
        await task

    with contextlib.suppress(KeyboardInterrupt, CogitateError):
        asyncio.run(think())


async def _conclude(memory: "LongTerm", model: "BaseChatModel") -> None:
    """Rate what no rule knows, a few at a time, and reflect when enough has happened."""
    await memory.rate(model, MOST_RATED)
    await memory.reflect(model)
