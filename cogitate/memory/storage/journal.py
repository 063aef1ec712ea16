"""How a store writes: transactions, the log of changes, settings, and what was used when.

What this module does not know: notes and what a record holds.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from cogitate.memory.storage.schema import transaction
from cogitate.memory.storage.touches import Accesses
from cogitate.memory.storage.worded import StoredWords

LOGGED = 10_000
"""Changes that are told of; who has missed more reads everything anew."""
PASSED = 8
"""Own touches that followers of this store skip, the latest ones."""


class Journal(StoredWords):
    """A file that is written in transactions, each told of in a log."""

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Run the body as one transaction, which may be part of a larger one."""
        with self.reading() as sql:
            if sql.in_transaction:
                yield sql
                return
            try:
                with transaction(sql):
                    yield sql
            finally:
                self._writes += 1

    def touch(self, rows: Sequence[int], now: float) -> None:
        """Count rows as used now."""
        with self.writing():
            self._used({row: (now, 1) for row in rows})

    def touch_soon(self, rows: Sequence[int], now: float) -> None:
        """Count rows as used now, in the file within a moment.

        What this store reads says so at once. The caller's index is to know it already: the
        write is no change that `changes_since` tells of.
        """
        with self._lock:
            self._touches.add(rows, now, self._write_touches)

    def settle(self) -> None:
        """Write what was touched at once, so that other processes see it."""
        self._touches.settle()

    # ---------------------------------------------------- inside of a transaction from here on

    def log(self, rows: Iterable[int], what: str) -> None:
        """Let other threads and processes know what has changed."""
        entry = (what, json.dumps(list(rows)))
        self._writes += 1
        sql = self._connection
        seq = sql.execute("INSERT INTO changes (what, rows) VALUES (?, ?)", entry).lastrowid or 0
        if seq % 1_000 == 0:
            sql.execute("DELETE FROM changes WHERE seq <= ?", (seq - LOGGED,))

    def set(self, settings: Mapping[str, str]) -> None:
        """Keep settings beside the records."""
        pairs = list(settings.items())
        self._connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", pairs)

    def _used(self, accesses: Accesses) -> None:
        update = "last_access = max(last_access, ?), uses = uses + ?"
        pairs = [(latest, uses, row) for row, (latest, uses) in accesses.items()]
        self._connection.executemany(f"UPDATE access SET {update} WHERE row = ?", pairs)
        self.log(accesses, "touch")

    def _write_touches(self, accesses: Accesses) -> None:
        with self.writing():
            before = self.mark()
            self._used(accesses)
            after = self.mark()
        self._passed = {was: after if now == before else now for was, now in self._passed.items()}
        self._passed = dict(list(self._passed.items())[-PASSED:]) | {before: after}
