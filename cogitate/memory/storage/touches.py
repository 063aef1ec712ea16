"""Accesses that wait to be written: a recall answers first, and what it gave out is counted soon.

All that come within LATEST seconds are one transaction, in a thread of its own; closing the
store, and the end of the program, write at once. A killed process loses those of the last
moment, which other processes have not seen either; nothing else ever waits. What this module
does not know: tables.
"""

import atexit
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from weakref import WeakSet

from cogitate.errors import CogitateError
from cogitate.memory.records import Record

LATEST = 1.0
"""Seconds after which an access is in the file."""

Accesses = Mapping[int, tuple[float, int]]
"""By row: the latest moment, and how many there were."""
Write = Callable[[Accesses], None]


class Touches:
    """The accesses of one store that are not in its file yet. Callers hold the store's lock."""

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self._waiting: dict[int, tuple[float, int]] = {}
        self._write: Write | None = None
        self._thread: threading.Thread | None = None
        self._hurry = threading.Event()
        _OPEN.add(self)

    def add(self, rows: Iterable[int], now: float, write: Write) -> None:
        """Let rows wait to be counted as used; `write` is called with all that wait, soon."""
        for row in rows:
            latest, uses = self._waiting.get(row, (now, 0))
            self._waiting[row] = (max(latest, now), uses + 1)
        self._write = write
        if self._thread is None:
            self._thread = threading.Thread(target=self._later, name="touches", daemon=True)
            self._thread.start()

    def settle(self) -> None:
        """Write what waits, at once."""
        with self._lock:
            if self._waiting and self._write is not None:
                self._write(self._waiting)
            self._waiting, self._write = {}, None

    def drop(self) -> None:
        """Let go of what still waits, and of the thread: the file is closed."""
        self._waiting, self._write = {}, None
        self._hurry.set()

    def latest(self, row: int, last_access: float) -> float:
        """Return the last access of a row, when the file says `last_access`."""
        return max(self._waiting.get(row, (last_access, 0))[0], last_access)

    def applied(self, records: list[Record]) -> list[Record]:
        """Return records from the file as they are with what waits."""
        return [self._applied(each) for each in records] if self._waiting else records

    def _applied(self, record: Record) -> Record:
        if record.row not in self._waiting:
            return record
        latest, uses = self._waiting[record.row]
        latest = max(latest, record.last_access)
        return replace(record, last_access=latest, uses=record.uses + uses)

    def _later(self) -> None:
        self._hurry.wait(LATEST)
        with self._lock:
            self._thread = None
            with suppress(CogitateError):  # they wait on: for the next ones, or for the end
                self.settle()


_OPEN: "WeakSet[Touches]" = WeakSet()


def _settle_all() -> None:
    for touches in list(_OPEN):
        with suppress(CogitateError):
            touches.settle()


atexit.register(_settle_all)
