"""The memory that `run` and `chat` have, and what it does when the answer has been given."""

import asyncio
import contextlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cogitate.errors import CogitateError, SetupError, UnavailableError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.tools import BaseTool

    from cogitate.memory import Memory
    from cogitate.memory.base import LongTerm
    from cogitate.memory.stream import MemoryStream

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


def document_tools(memory: object, names: Sequence[str] = ()) -> "list[BaseTool]":
    """Return the tool `retrieve` over the documents that were indexed into a memory, if any.

    Args:
        memory: where they were indexed.
        names: the collections that are asked; empty for all, the largest 8 of more.

    Raises:
        SetupError: there is no collection of a name.
    """
    from cogitate.memory.base import LongTerm

    if isinstance(memory, LongTerm):
        from cogitate.memory.stream import MemoryStream

        if isinstance(memory, MemoryStream):
            return _over_collections(memory, names)
    if names:
        raise SetupError(f"there are no collections without a memory; leave {names[0]!r} out")
    return []


def _over_collections(memory: "MemoryStream", names: Sequence[str]) -> "list[BaseTool]":
    from cogitate.memory.documents.collections import collections
    from cogitate.memory.documents.library import Library
    from cogitate.memory.documents.manifest import Manifest
    from cogitate.tools.retrieve import retrieve_tool
    from cogitate.tools.sources import MOST_ASKED, Together

    held = {found.name: found.chunks for found in collections(memory.store) if found.chunks}
    for name in names:
        if name not in held:
            known = ", ".join(sorted(held)) or "none; `cogitate index` makes one"
            raise SetupError(f"there is no collection {name!r}; there is {known}")
    asked = list(dict.fromkeys(names)) or sorted(held, key=lambda name: -held[name])[:MOST_ASKED]
    if len(asked) <= 1:
        return [retrieve_tool(Library(memory, name)) for name in asked]
    paths = [e.path for name in asked for e in Manifest(memory.store.path, name).entries()]
    # Told from one folder, so that files of two collections never have the same name.
    root = common_folder(paths)
    libraries = {name: Library(memory, name, root=root or None) for name in asked}
    return [retrieve_tool(Together(libraries, memory.embedder))]


def common_folder(paths: Iterable[str]) -> str:
    """Return the folder that all paths lie in; empty where there is none, as on two drives."""
    try:
        return os.path.commonpath([os.path.dirname(path) for path in paths])
    except ValueError:
        return ""


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
