"""The run that is going on: its folders, its events and what it has opened.

Tools and nodes reach it by `current()`, so that a tool is a plain value that can be listed,
shared between agents and called alone. What it does not know: models, graphs and limits.
"""

import asyncio
import hashlib
import inspect
import math
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

from langchain_core.language_models import BaseChatModel

from cogitate.errors import SetupError
from cogitate.runs.approval import Safety
from cogitate.runs.durable import MONTH, Durable
from cogitate.runs.events import Asked, Event, without_keys
from cogitate.runs.halts import raced, stopped
from cogitate.runs.ledger import Ledger
from cogitate.values import Usage

Sandbox = Literal["confined", "monty", "none"]
Ask = Callable[[str], Awaitable[str]]
T = TypeVar("T")
Model = TypeVar("Model", bound=BaseChatModel)


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
    safety: Safety = field(default_factory=Safety)
    """What may be called, and what was heard from outside."""
    price: Callable[[str, Usage], float] | None = None
    """What a model call costs, by the model's name; None where nothing is counted."""
    cost: float = 0.0
    """What the run's model calls have cost so far, in the currency of its prices."""
    spent_elsewhere: float = 0.0
    """What other runs have spent within the window of the limits."""
    ledger: Ledger | None = None
    """Where what is spent is kept for the window; None where no window is limited."""
    closing: bool = False
    """Whether the run is over and only its last words are being written."""
    durable: Durable | None = None
    """Keeps what cannot be worked out again; None outside of a run that is kept."""
    raised: dict[str, float] = field(default_factory=dict)
    """What was added to the limits, by their names, when the run went on."""
    _tasks: int = 0
    _names: int = 0
    _opened: dict[str, Any] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def emit(self, event: Event) -> None:
        """Stamp `event` and hand it to the listener, from any thread."""
        if self.listener is not None:
            with self._lock:
                self.listener(without_keys(replace(event, at=time.time(), within=_WITHIN.get())))

    def opened(self, name: str, make: Callable[[], T]) -> T:
        """Return what was opened under `name` in this run, made on first use.

        A `close()` method of it is called when the run ends.
        """
        with self._lock:
            if name not in self._opened:
                self._opened[name] = make()
            found: T = self._opened[name]
            return found

    def fresh_id(self) -> str:
        """Return a name that this run has not used; it is the same when the run goes on."""
        with self._lock:
            self._names += 1
            return hashlib.sha256(str(self._names).encode()).hexdigest()[:32]

    def next_task(self) -> str:
        """Return a name for a task that is handed on without one."""
        with self._lock:
            self._tasks += 1
            return f"task-{self._tasks}"

    def seconds_left(self) -> float:
        """Return how many seconds the run may still take; a month when it has no limit.

        In a run that is kept, its clock goes on with each outcome, so a replay sees the same.
        """
        if self.durable is not None:
            return min(self.durable.seconds_left(self.raised), MONTH)
        return min(self.deadline - time.monotonic(), MONTH)

    def is_stopped(self) -> bool:
        """Return whether a person has stopped the run; a replay sees it at the same place."""
        now = self.stop is not None and self.stop.is_set()
        return now if self.durable is None else self.durable.halts.seen(task_of(), now)

    async def unless_stopped(self, work: Awaitable[T], kept: float | None = None) -> T:
        """Return what `work` returns, unless the run is stopped before.

        Args:
            work: what is done.
            kept: seconds that its clock must still have; None: its clock does not stop it.

        Raises:
            Stopped: a person stopped it, or its time is up; `reason` says which.
        """
        durable = self.durable
        until = stopped(self.stop, None if kept is None else partial(self._time_up, kept))
        if durable is None:
            return await raced(work, until)
        return await durable.halts.unless(task_of(), work, until, last=self.closing)

    async def _time_up(self, kept: float) -> None:
        if self.durable is not None:
            await self.durable.time_up(self.raised, kept)
        else:
            await asyncio.sleep(max(self.seconds_left() - kept, 0.0))

    def recorded(self, model: Model, slot: str) -> Model:
        """Return `model` with its answers kept in the run's journal, if it has one.

        Args:
            model: any chat model; what is given back is of the same class.
            slot: which seat of the run it has, such as `model` or `critic`.
        """
        return model if self.durable is None else self.durable.recorded(model, slot)

    async def outcome(self, kind: str, asked: Any, make: Callable[[], Any]) -> Any:
        """Return what `make` gives, kept in the journal: when the run goes on, it is not made anew.

        Args:
            kind: what kind of outcome it is, such as `recall`.
            asked: what it depends on, as plain data.
            make: gives plain data, at once or awaited; it is called in this run at most once.
        """
        if self.durable is not None:
            return await self.durable.outcome(self, kind, asked, make)
        made = make()
        return await made if inspect.isawaitable(made) else made

    async def put(self, question: str) -> str | None:
        """Return the person's reply, None where nobody can be asked; its time is not the run's."""
        if self.ask is None:
            return None
        begun = time.monotonic()
        reply = await self.ask(question)
        self.deadline += time.monotonic() - begun
        self.emit(Asked(question=question, reply=reply))
        return reply

    async def ask_durably(self, question: str, options: Sequence[str] = ()) -> str:
        """Return the person's reply; where nobody is there the run ends, and waits for it.

        Args:
            question: what the person is asked; it is kept before it is put.
            options: what may be replied, when that is not free.
        """
        if self.durable is None:
            if self.ask is None:
                raise SetupError(f"nobody can be asked {question!r} outside of a run")
            return await self.ask(question)
        return await self.durable.ask(self, question, tuple(options))

    def stopping(self, reason: str, *, by_way: bool = False) -> None:
        """Note that the run is about to stop: what follows is not kept by one that goes on.

        Args:
            reason: why it stops.
            by_way: whether its last move chose to stop; one that goes on makes it anew.
        """
        if self.durable is not None and not self.closing:
            self.durable.stopping(reason, by_way=by_way)

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
