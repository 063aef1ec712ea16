"""What makes a run durable: how its code keeps an outcome, and gets it back when it goes on.

Models, tools, persons and everything else that is not the same each time go through here. What
it does not know: loops and graphs, and what the outcomes mean.
"""

import asyncio
import inspect
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from langchain_core.language_models import BaseChatModel

from cogitate.runs.events import Event, Observed, ToolCalled, read_event
from cogitate.runs.halts import Halts
from cogitate.runs.journal import PATIENCE, Journal
from cogitate.runs.marks import ASKING, BEGUN, STOP
from cogitate.runs.rows import Row, as_json, as_plain, digest_of
from cogitate.runs.seats import Seats
from cogitate.values import Limits, Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cogitate.runs.context import RunContext

M = TypeVar("M", bound=BaseChatModel)
Unknown = Literal["ask", "done", "redo", "skip"]
OnUnknown = Unknown | Callable[[str, dict[str, Any]], Unknown]

MONTH = 30 * 86400.0
ASK = "ask"
TOOL = "tool"
UNKNOWN = (
    "{tool} was called with {args} when the run was cut off, and whether that was done is not "
    "known. Is it done, shall it be done again (redo), or be left (skip)?"
)
DONE = "This was done before the run was cut off; what it gave is not known."
SKIPPED = "This was not done: the run was cut off, and a person decided to leave it."
DECISIONS: dict[str, str] = {"done": DONE, "redo": "", "skip": SKIPPED}


class Durable:
    """The durable side of one run."""

    def __init__(self, journal: Journal, limits: Limits) -> None:
        self.journal = journal
        self.halts = Halts(journal)
        self.seats = Seats(journal)
        self.on_unknown: OnUnknown = "ask"
        self.decision: str | None = None
        """A reply to the question that the run was waiting with."""
        self.waiting: Callable[[str], None] | None = None
        """Told of a question that nobody is there to answer; it ends the run."""
        self._limits = limits
        self._stopped = False
        self._given_back: defaultdict[str, list[tuple[dict[str, Any], bool]]] = defaultdict(list)
        self._open: defaultdict[str, list[int]] = defaultdict(list)
        ended = {row.data["of"] for row in journal.listed if row.kind == TOOL}
        for row in journal.listed:
            if row.kind == BEGUN and row.seq not in ended:
                self._open[row.key].append(row.seq)

    def heard_of(self, events: Sequence[Event]) -> None:
        """Count calls as begun that the run's events tell of and the journal has lost.

        The newest bytes of a journal may be gone; what they told of may have been done.
        """
        failed = {e.call_id for e in events if isinstance(e, Observed) and not e.ok}
        called = Counter(
            digest_of({"tool": e.tool, "args": e.args})
            for e in events
            if isinstance(e, ToolCalled) and e.call_id not in failed
        )
        begun = Counter(row.key for row in self.journal.listed if row.kind == BEGUN)
        for key, many in (called - begun).items():
            self._open[key] += [0] * many

    # ------------------------------------------------------------------ clock and stops

    def seconds_left(self, raised: dict[str, float]) -> float:
        """Return what is left of the run's time, by the clock of its outcomes."""
        return self._limits.seconds + raised.get("seconds", 0.0) - self.journal.elapsed

    async def time_up(self, raised: dict[str, float], kept: float) -> None:
        """Wait until the run has only `kept` seconds left, by the clock that goes on."""
        left = self.seconds_left(raised) - kept
        while left > 0:
            await asyncio.sleep(min(left, MONTH))
            left = self._limits.seconds + raised.get("seconds", 0.0) - self.journal.seconds - kept

    def stopping(self, reason: str, *, by_way: bool = False) -> None:
        """Keep where the run began to stop; the first time counts."""
        if self.journal.mode == "replay" or self._stopped or not self.journal.live:
            return
        self._stopped = True
        self.journal.add(STOP, reason, {"reason": reason, "by_way": by_way})

    # ------------------------------------------------------------------ models and other outcomes

    def recorded(self, model: M, slot: str) -> M:
        """Return `model` with its answers kept."""
        return self.seats.take(model, slot)

    async def outcome(
        self, context: "RunContext", kind: str, asked: Any, make: Callable[[], Any]
    ) -> Any:
        """Return what `make` gave when it was first asked for, and what happened in it."""
        row = await self.journal.take(kind, asked)
        if row is not None:
            context.usage += Usage(**row.data["usage"])
            for line in row.data["events"]:
                context.emit(read_event(line))
            return row.data["value"]
        before = context.usage
        with self.journal.block() as inner, _gathering() as seen:
            made = make()
            value = await made if inspect.isawaitable(made) else made
        spent = {name: getattr(context.usage, name) - getattr(before, name) for name in _USAGE}
        data = {
            "value": as_plain(value),
            "usage": spent,
            "events": [event.as_json() for event in seen],
            "inner": inner,
        }
        return self.journal.record(kind, asked, data).data["value"]

    # ------------------------------------------------------------------ persons

    async def ask(self, context: "RunContext", question: str, options: tuple[str, ...]) -> str:
        """Return the reply to a question; the question is kept before it is put."""
        asked = {"question": question, "options": list(options)}
        row = await self.journal.take(ASK, asked)
        if row is not None:
            return str(row.data["reply"])
        key = digest_of(asked)
        opened = self.journal.latest(ASKING)
        reply = self._decided(key, opened)
        if reply is None:
            if opened is None or opened.key != key:
                self.journal.add(ASKING, key, asked)
            reply = await self._put(context, question)
        self.journal.record(ASK, asked, {"question": question, "reply": reply})
        return reply

    def _decided(self, key: str, opened: Row | None) -> str | None:
        """Return the reply that was given in advance, when this is the question it is for."""
        if self.decision is None or opened is None or opened.key != key:
            return None
        reply, self.decision = self.decision, None
        return reply

    async def _put(self, context: "RunContext", question: str) -> str:
        person = context.ask.person if isinstance(context.ask, Person) else context.ask
        if person is None:
            if self.waiting is not None:
                self.waiting(question)
            await asyncio.Event().wait()  # until the run is ended
        assert person is not None
        with self.journal.paused():
            return await person(question)

    # ------------------------------------------------------------------ tools

    async def tool(
        self,
        context: "RunContext",
        asked: dict[str, Any],
        effect: str,
        carry_out: Callable[[], Awaitable[dict[str, Any]]],
    ) -> dict[str, Any]:
        """Return how a tool call ended: as it is recorded, or by carrying it out now.

        A call that counts `once` and was begun and never ended is left to a person's decision.

        Args:
            context: the run.
            asked: the tool's name and its arguments.
            effect: what the tool declares.
            carry_out: runs it and returns plain data.
        """
        row = await self.journal.take(TOOL, asked)
        if row is not None:
            await asyncio.sleep(0)  # the calls beside it begin before it ends, as they did
            self._given_back[asked["tool"]].append((asked["args"], row.data["status"] == "ok"))
            return row.data
        key = digest_of(asked)
        opened = self._open.get(key)
        if opened:
            begun = opened.pop(0)
            if effect == "once":
                text = await self._decide(context, asked)
                if text:
                    ok = text == DONE
                    data = {"status": "ok" if ok else "error", "text": text, "artifact": None}
                    return self._ended(asked, begun, effect, data)
        else:
            if effect == "once":
                await self._in_step()
            begun = self.journal.add(BEGUN, key, {**asked, "effect": effect}).seq
        return self._ended(asked, begun, effect, await carry_out())

    async def confirm(self, asked: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """Return how a call ended that is carried out each time: as it is recorded, if it is."""
        row = await self.journal.take(TOOL, asked, live=True)
        return row.data if row is not None else self._ended(asked, 0, "read", data)

    def to_rebuild(self, tool: str, session: bool) -> list[dict[str, Any]]:
        """Return the arguments of recorded calls whose variables are gone, each time once.

        Args:
            tool: the tool's name.
            session: whether it keeps variables from call to call.
        """
        found = self._given_back.pop(tool, []) if session else []
        return [args for args, ok in found if ok]

    def _ended(
        self, asked: dict[str, Any], begun: int, effect: str, data: dict[str, Any]
    ) -> dict[str, Any]:
        kept = {**data, "tool": asked["tool"], "of": begun, "effect": effect}
        return self.journal.record(TOOL, asked, kept).data

    async def _decide(self, context: "RunContext", asked: dict[str, Any]) -> str:
        """Return what to say of a call whose end is unknown; empty when it is to run again."""
        told = self.on_unknown
        if callable(told):
            told = told(asked["tool"], asked["args"])
        if told == "ask":
            question = UNKNOWN.format(tool=asked["tool"], args=as_json(asked["args"]))
            reply = ""
            while reply not in DECISIONS:
                reply = (await self.ask(context, question, tuple(DECISIONS))).strip().lower()
            return DECISIONS[reply]
        return DECISIONS[told]

    async def _in_step(self) -> None:
        """Wait until earlier calls that count `once` were given back.

        A run that has lost its record's way must not do anything twice.
        """
        begun = time.monotonic()
        while left := [row for row in self.journal.untaken(TOOL) if row.data["effect"] == "once"]:
            if time.monotonic() - begun > PATIENCE:
                await self.journal.strayed(left[0])
            await asyncio.sleep(PATIENCE / 20)


def gathered(event: Event) -> None:
    """Add an event to those of the outcome within which it happens."""
    seen = _SEEN.get()
    if seen is not None:
        seen.append(event)


@contextmanager
def _gathering() -> "Iterator[list[Event]]":
    """Gather the events of the body."""
    outer, seen = _SEEN.get(), list[Event]()
    token = _SEEN.set(seen)
    try:
        yield seen
    finally:
        _SEEN.reset(token)
        if outer is not None:
            outer.extend(seen)


class Person:
    """The `ask` of a run that is kept: a reply is recorded, and given back when it goes on."""

    def __init__(self, context: "RunContext", durable: Durable, person: Any) -> None:
        self.person = person
        self._context = context
        self._durable = durable

    async def __call__(self, question: str) -> str:
        """Return the person's reply."""
        return await self._durable.ask(self._context, question, ())

    def taken_back(self) -> bool:
        """Return whether the person has taken an authorisation back since this was last asked."""
        asked = getattr(self.person, "taken_back", None)
        return bool(asked is not None and asked())


_SEEN: ContextVar[list[Event] | None] = ContextVar("cogitate_seen", default=None)
_USAGE = tuple(one.name for one in fields(Usage))
