"""The run that is going on: its folders, its events and what it has opened.

Tools and nodes reach it by `current()`, so that a tool is a plain value that can be listed,
shared between agents and called alone. What it does not know: models, graphs and limits.
"""

import asyncio
import math
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from cogitate.runs.events import Event
from cogitate.values import Usage

Sandbox = Literal["confined", "monty", "none"]
Ask = Callable[[str], Awaitable[str]]
T = TypeVar("T")


@dataclass(kw_only=True)
class RunContext:
    """One run, from its acceptance to its end. Closing it closes what it opened."""

    run_id: str
    workspace: Path
    """Where tools write files. Exists."""
    folder: Path | None = None
    """The person's folder, to be read only; None when none was given."""
    sandbox: Sandbox = "confined"
    offline: bool = False
    """Whether tools must leave the network alone."""
    listener: Callable[[Event], None] | None = None
    stop: asyncio.Event | None = None
    """Set by a person who wants the run to end in order."""
    deadline: float = math.inf
    """When the run must end, on the clock of `time.monotonic`."""
    usage: Usage = field(default_factory=Usage)
    """What the run's model calls have cost so far."""
    artefacts: list[str] = field(default_factory=list)
    """Absolute paths of the files that tools wrote, in order."""
    results: dict[str, str] = field(default_factory=dict)
    """What tools gave in this run, by a name such as result-3, to be read back."""
    turns: int = 0
    """Turns of the acting model so far, those of tasks that were handed on included."""
    calls: int = 0
    """Tool calls so far, likewise."""
    ask: Ask | None = None
    """Puts a question to the person and returns the reply; None when nobody can be asked."""
    _opened: dict[str, Any] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def emit(self, event: Event) -> None:
        """Stamp `event` and hand it to the listener, from any thread."""
        if self.listener is not None:
            with self._lock:
                self.listener(replace(event, at=time.time(), within=_WITHIN.get()))

    def opened(self, name: str, make: Callable[[], T]) -> T:
        """Return what was opened under `name` in this run, made on first use.

        A `close()` method of it is called when the run ends.
        """
        with self._lock:
            if name not in self._opened:
                self._opened[name] = make()
            found: T = self._opened[name]
            return found

    def seconds_left(self) -> float:
        """Return how many seconds the run may still take; a month when it has no limit."""
        return min(self.deadline - time.monotonic(), 30 * 86400.0)

    def close(self) -> None:
        """Close everything that was opened, the last one first."""
        with self._lock:
            while self._opened:
                _, thing = self._opened.popitem()
                close = getattr(thing, "close", None)
                if close is not None:
                    close()


_WITHIN: ContextVar[str] = ContextVar("cogitate_task", default="")
_CURRENT: ContextVar[RunContext | None] = ContextVar("cogitate_run", default=None)


def current() -> RunContext:
    """Return the run that is going on, or a bare one in a temporary folder outside of any run."""
    found = _CURRENT.get()
    if found is None:
        workspace = Path(tempfile.mkdtemp(prefix="cogitate-"))
        found = RunContext(run_id="none", workspace=workspace)
        _CURRENT.set(found)
    return found


def task_of() -> str:
    """Return the task that was handed on and in which this code runs; empty in the run itself."""
    return _WITHIN.get()


@contextmanager
def within(task: str) -> Iterator[None]:
    """Mark the events of the body as those of a task that was handed on."""
    token = _WITHIN.set(task)
    try:
        yield
    finally:
        _WITHIN.reset(token)


@contextmanager
def running(context: RunContext) -> Iterator[RunContext]:
    """Make `context` the current run for the body, and close it afterwards."""
    token = _CURRENT.set(context)
    try:
        yield context
    finally:
        _CURRENT.reset(token)
        context.close()
