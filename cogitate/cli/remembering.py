"""The memory that `run` and `chat` have, and what it does when the answer has been given."""

import asyncio
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cogitate.errors import UnavailableError

if TYPE_CHECKING:
    from cogitate.memory import Memory

THINKING = "thinking about what happened; Ctrl-C leaves it for the next time"
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
        from cogitate.memory.segments import load_faiss
        from cogitate.memory.stream import MemoryStream

        load_faiss()
    except (ImportError, UnavailableError) as error:
        if choice == "on":
            return BufferMemory()
        raise UnavailableError(
            f'a memory in a file needs more packages ({error}): pip install "cogitate[memory]"'
        ) from error
    return MemoryStream(None if choice == "on" else Path(choice))


def rest(agent: Any) -> None:
    """Let the memory draw its conclusions, when enough has happened; Ctrl-C leaves it."""
    from cogitate.memory.base import LongTerm

    memory = getattr(agent, "memory", None)
    if not isinstance(memory, LongTerm):
        return

    async def think() -> None:
        task = asyncio.ensure_future(memory.reflect(agent.model))
        await asyncio.wait({task}, timeout=SHORT)
        if not task.done():  # mostly there is nothing to think about
            click.echo(f"cogitate: {THINKING}", err=True)
        await task

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(think())
