"""The journal of a run: every outcome that its code cannot work out again by itself.

A run is code that does the same each time, plus what models, tools and persons gave it. Each of
these outcomes is a row, on the disk before the code goes on. To go on after a crash, the same
code runs again from its start and takes the recorded outcomes, each where the same is asked
again; what was never recorded happens live. A replay is that with nothing live allowed.

Outcomes are given back in the order in which they came, so that code which works side by side
sees the same order again. What it does not know: models, tools, graphs, and what rows mean.
"""

import asyncio
import threading
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal

from cogitate.errors import ReplayMismatch
from cogitate.runs.marks import (
    ASKING,
    BEGUN,
    END,
    MARKS,
    RUN,
    superseded,
)
from cogitate.runs.rows import Row, Rows, as_plain, digest_of

Mode = Literal["resume", "replay"]

PATIENCE = 0.2
"""Seconds that an outcome waits for one recorded before it, which may never be asked for again."""

_INSIDE: ContextVar[list[int] | None] = ContextVar("cogitate_block", default=None)


class Journal:
    """The rows of one run: those that were recorded, and new ones behind them."""

    def __init__(self, rows: Rows, *, mode: Mode = "resume", turn: Callable[[], int]) -> None:
        """Read what is recorded.

        Args:
            rows: where they are kept.
            mode: whether what was not recorded happens live, or is a mismatch.
            turn: says in which turn the run is.
        """
        self.mode = mode
        self.before_live: Callable[[], Awaitable[None]] | None = None
        """Awaited before something happens live, which it may hold up."""
        self.lost: Callable[[str, Any], None] | None = None
        """Told of the kind and the question of what no row has in a replay; it ends the run."""
        self.passed: Callable[[Row], None] | None = None
        """Told of each mark of a stop or of a new beginning when all rows before it are taken."""
        self.prompts: deque[tuple[int, list[str]]] = deque(maxlen=6)
        """The latest prompts of models with their rows, for new ones that begin like them."""
        self._rows, self._turn = rows, turn
        self._lock = threading.RLock()
        self._listed = rows.load()
        self._last = self._listed[-1].seq if self._listed else 0
        self._waiting: defaultdict[tuple[str, str], deque[Row]] = defaultdict(deque)
        self._left: dict[int, Row] = {}
        self._moved = asyncio.Event()
        self._begun = time.monotonic()
        self._pauses = 0
        self._paused_at: float | None = None
        self._before = self._listed[-1].at if self._listed else 0.0
        self._tick = 0.0
        inner = {seq for row in self._listed for seq in row.data.get("inner", ())}
        over = superseded(self._listed)
        for row in self._listed:
            if row.seq in over:
                continue
            if row.kind not in MARKS:
                self._waiting[row.kind, row.key].append(row)
            if row.seq not in inner and row.kind not in (RUN, ASKING, BEGUN, END):
                self._left[row.seq] = row

    # ------------------------------------------------------------------ the clock of the run

    @property
    def elapsed(self) -> float:
        """Seconds that the run had taken when the last outcome came: the same in a replay."""
        return self._tick

    @property
    def seconds(self) -> float:
        """Seconds that the run has taken, those of earlier processes included."""
        now = time.monotonic() if self._paused_at is None else self._paused_at
        return self._before + now - self._begun

    # ------------------------------------------------------------------ what was recorded

    @property
    def listed(self) -> tuple[Row, ...]:
        """All rows, in order."""
        return tuple(self._listed)

    @property
    def live(self) -> bool:
        """Whether all that was recorded has been taken."""
        return not self._left

    def first(self, kind: str) -> Row | None:
        """Return the first row of a kind."""
        return next((row for row in self._listed if row.kind == kind), None)

    def latest(self, kind: str) -> Row | None:
        """Return the last row of a kind."""
        return next((row for row in reversed(self._listed) if row.kind == kind), None)

    def begin(self) -> None:
        """Go past the marks at the head, when the run's code begins."""
        self._begun = time.monotonic()
        self._pass_marks()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let the run's clock stand still in the body: a person's time is not the run's."""
        if not self._pauses:
            self._paused_at = time.monotonic()
        self._pauses += 1
        try:
            yield
        finally:
            self._pauses -= 1
            if not self._pauses and self._paused_at is not None:
                self._before -= time.monotonic() - self._paused_at
                self._paused_at = None

    # ------------------------------------------------------------------ taking and recording

    def there(self, kind: str, asked: Any) -> bool:
        """Return whether an outcome of what is asked is recorded and not taken."""
        with self._lock:
            return bool(self._waiting.get((kind, digest_of(asked))))

    async def take(
        self, kind: str, asked: Any, *, live: bool = False, shown: Any = None
    ) -> Row | None:
        """Return the next recorded outcome of what is asked; None when it must happen live.

        In a replay, nothing happens live: the run is ended with a mismatch, unless `live` says
        that it has happened already. `shown` is the question for a person, when that is another.
        """
        row = self._claimed(kind, digest_of(asked))
        if row is None:
            if not live:
                if self.before_live is not None:
                    await self.before_live()
                await self._refuse(kind, asked if shown is None else shown)
                await self._caught_up()
            return None
        while any(seq < row.seq for seq in self._left):
            moved, before = self._moved, len(self._left)
            try:
                await asyncio.wait_for(moved.wait(), PATIENCE)
            except TimeoutError:
                if len(self._left) == before:
                    self._overdue(row.seq)
        self._taken(row)
        return row

    def take_now(self, kind: str, asked: Any) -> Row | None:
        """Do what `take` does, from code that cannot wait, such as a thread.

        Raises:
            ReplayMismatch: a replay asked for what was not recorded.
        """
        row = self._claimed(kind, digest_of(asked))
        if row is not None:
            self._taken(row)
        elif self.mode == "replay":
            raise ReplayMismatch(f"nothing is recorded for {kind} {str(asked)[:200]!r}")
        return row

    def record(self, kind: str, asked: Any, data: dict[str, Any]) -> Row:
        """Keep an outcome; it is on the disk when this returns."""
        return self.add(kind, digest_of(asked), data)

    def add(self, kind: str, key: str, data: dict[str, Any]) -> Row:
        """Keep a row under a key."""
        with self._lock:
            self._last += 1
            row = Row(
                seq=self._last,
                kind=kind,
                key=key,
                data=as_plain(data),
                turn=self._turn(),
                at=max(round(self.seconds, 3), self._tick),
            )
            self._rows.add(row)
            self._listed.append(row)
            self._tick = row.at
        inside = _INSIDE.get()
        if inside is not None:
            inside.append(row.seq)
        return row

    @contextmanager
    def block(self) -> Iterator[list[int]]:
        """Gather the numbers of the rows that are recorded in the body."""
        outer, inside = _INSIDE.get(), list[int]()
        token = _INSIDE.set(inside)
        try:
            yield inside
        finally:
            _INSIDE.reset(token)
            if outer is not None:
                outer.extend(inside)

    def untaken(self, kind: str) -> list[Row]:
        """Return the recorded outcomes of a kind that the run's code has not asked for."""
        return [row for row in self._left.values() if row.kind == kind]

    def close(self) -> None:
        """Let go of the rows."""
        self._rows.close()

    # ------------------------------------------------------------------ in order

    def _claimed(self, kind: str, key: str) -> Row | None:
        with self._lock:
            found = self._waiting.get((kind, key))
            return found.popleft() if found else None

    def _taken(self, row: Row) -> None:
        """Note that an outcome was given back, and go past the marks behind it."""
        with self._lock:
            self._left.pop(row.seq, None)
            self._tick = max(self._tick, row.at)
        inside = _INSIDE.get()
        if inside is not None:
            inside.append(row.seq)
        self._pass_marks()
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    def _pass_marks(self) -> None:
        """Tell of the marks which no untaken outcome stands before."""
        while self._left:
            seq = min(self._left)
            row = self._left[seq]
            if row.kind not in MARKS:
                return
            del self._left[seq]
            if self.passed is not None:
                self.passed(row)

    async def _caught_up(self) -> None:
        """Before something happens live, let what runs beside it take its outcomes."""
        before = -1
        while self._left and before != len(self._left):
            before = len(self._left)
            await asyncio.sleep(PATIENCE)
        if self._left:
            self._overdue(self._last + 1)

    def _overdue(self, seq: int) -> None:
        """Wait no longer for rows before `seq`, which the code does not ask for any more."""
        for n in [n for n in self._left if n < seq]:
            row = self._left.pop(n)
            if row.kind in MARKS and self.passed is not None:
                self.passed(row)

    async def _refuse(self, kind: str, asked: Any) -> None:
        """End a replay that asks for more than was recorded."""
        if self.mode != "replay":
            return
        if self.lost is not None:
            self.lost(kind, asked)
        await asyncio.Event().wait()  # until the run is ended

    async def strayed(self, row: Row) -> None:
        """End a run that goes another way than its record, in which `row` comes now."""
        if self.lost is not None:
            self.lost(row.kind, row.data)
        await asyncio.Event().wait()
