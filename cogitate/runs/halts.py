"""Where a run was stopped from outside, by a person or by its clock: kept, so that it is exact.

Code looks at many places whether it must stop. Which of them saw it is an outcome like others: a
replay stops there and nowhere else, however fast it is. A place is a task and a number, which are
the same each time. What it does not know: what a run does when it is stopped.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from typing import Any, TypeVar

from cogitate.runs.journal import Journal
from cogitate.runs.marks import HALT
from cogitate.values import StopReason

T = TypeVar("T")
Clock = Callable[[], Coroutine[Any, Any, None]]
Until = Coroutine[Any, Any, StopReason]

QUIET = 5.0
"""Seconds after which work that was stopped is taken to have come to where it was stopped."""
TURNS = 100
"""Turns of the event loop that work has to come from an answer to its next question."""

_PLACE: ContextVar[tuple[object, str]] = ContextVar("cogitate_place", default=(None, ""))


class Stopped(Exception):
    """Raised where work is ended from outside."""

    def __init__(self, reason: StopReason) -> None:
        super().__init__(reason)
        self.reason: StopReason = reason


async def stopped(person: asyncio.Event | None, clock: Clock | None) -> StopReason:
    """Wait until a run is stopped from outside, and say why.

    Args:
        person: set when a person stops it.
        clock: returns when its time is up.
    """
    never = asyncio.Event().wait
    said = asyncio.ensure_future(never() if person is None else person.wait())
    timed = asyncio.ensure_future(never() if clock is None else clock())
    both: set[asyncio.Future[Any]] = {said, timed}
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        return "interrupted" if said.done() else "time"
    finally:
        said.cancel()
        timed.cancel()


async def raced(work: Awaitable[T], until: Until) -> T:
    """Return what `work` returns, unless `until` returns before.

    Raises:
        Stopped: it did.
    """
    doing = asyncio.ensure_future(work)
    try:
        reason = await _first(doing, until)
        if reason is not None:
            raise Stopped(reason)
        return doing.result()
    finally:
        await _ended(doing)


async def _first(doing: asyncio.Future[T], until: Until) -> StopReason | None:
    """Wait for work to be done, or to be stopped; return why it is stopped."""
    waiting = asyncio.ensure_future(until)
    both: set[asyncio.Future[Any]] = {doing, waiting}
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        return None if doing.done() else waiting.result()
    finally:
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


async def _ended(doing: "asyncio.Future[T]") -> None:
    doing.cancel()
    await asyncio.gather(doing, return_exceptions=True)


class Halts:
    """The places of one run at which it was stopped, in its journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._places: Counter[str] = Counter()
        self._over: dict[str, StopReason] = {}
        """Tasks that have been stopped, and why."""
        self._reached: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        """Set where work asks for what it was stopped before getting."""
        self._stopping: set[str] = set()
        """Places at which nothing new is asked for."""
        journal.before_live = self._hold

    def seen(self, task: str, now: bool) -> bool:
        """Return whether a person has stopped the run, as far as this place knows.

        Args:
            task: which task looks; empty in the run itself.
            now: whether a person has.
        """
        if task in self._over:
            return self._over[task] == "interrupted"
        place = self._here(task)
        if self._journal.there(HALT, place):
            row = self._journal.take_now(HALT, place)
            assert row is not None
            self._over[task] = row.data["reason"]
        elif now and self._journal.mode != "replay":
            self._keep(task, place, "interrupted")
        return task in self._over

    async def unless(self, task: str, work: Awaitable[T], until: Until, *, last: bool = False) -> T:
        """Return what `work` returns, unless it is stopped before.

        Args:
            task: which task does it; empty in the run itself.
            work: what is done.
            until: returns when it must stop, and why.
            last: whether these are the last words of a run that is over.

        Raises:
            Stopped: it was.
        """
        place = self._here(task)
        token = _PLACE.set((self, place))
        doing = asyncio.ensure_future(work)
        _PLACE.reset(token)
        try:
            if task in self._over and not last:
                raise Stopped(self._over[task])
            if self._journal.there(HALT, place):
                await self._as_recorded(task, place, doing)
            if self._journal.mode == "replay":
                return await doing
            reason = await _first(doing, until)
            if reason is None or await self._settled(place, doing):
                return doing.result()
            self._keep(task, place, reason)
            raise Stopped(reason)
        finally:
            until.close()
            await _ended(doing)

    async def _settled(self, place: str, doing: "asyncio.Future[T]") -> bool:
        """Let work that just got an answer come to where it asks for the next; is it done?"""
        self._stopping.add(place)
        for _ in range(TURNS):
            if doing.done():
                break
            await asyncio.sleep(0)
        return doing.done()

    async def _as_recorded(self, task: str, place: str, doing: "asyncio.Future[T]") -> None:
        """Let work come to where it was stopped, and stop it."""
        reached = asyncio.ensure_future(self._reached[place].wait())
        both: set[asyncio.Future[Any]] = {doing, reached}
        try:
            await asyncio.wait(both, timeout=QUIET, return_when=asyncio.FIRST_COMPLETED)
        finally:
            reached.cancel()
        row = await self._journal.take(HALT, place)
        assert row is not None
        self._over[task] = row.data["reason"]
        raise Stopped(row.data["reason"])

    async def _hold(self) -> None:
        """Hold work up that asks for what it was stopped before getting."""
        owner, place = _PLACE.get()  # a run within a run has places of its own
        if owner is not self:
            return
        if place in self._stopping or self._journal.there(HALT, place):
            self._reached[place].set()
            await asyncio.Event().wait()  # until it is stopped

    def _here(self, task: str) -> str:
        self._places[task] += 1
        return f"{task} {self._places[task]}"

    def _keep(self, task: str, place: str, reason: StopReason) -> None:
        self._over[task] = reason
        self._journal.record(HALT, place, {"reason": reason, "by_way": False})


__all__ = ["Halts", "Stopped", "raced", "stopped"]
