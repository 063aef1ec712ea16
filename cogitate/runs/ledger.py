"""What runs have spent, by the hour: one small SQLite file that several processes may write.

    spent.db: spent(run, number, at, cost)   one row a model call that had a price

A call is entered once: a run that goes on after a crash enters its first calls again under the
same numbers, and they are left as they are.
"""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from cogitate.errors import SetupError
from cogitate.home import home, writable_folder

FILE = "spent.db"
VERSION = 1
APPLICATION = 0x636F6773
WAIT = 10.0
"""Seconds to wait for another process that writes."""
KEPT = 400 * 86_400.0
"""Seconds after which a row is dropped."""


class Ledger:
    """What was spent, kept in the data folder."""

    def __init__(self, path: Path | None = None) -> None:
        """Use the file at `path`, or `spent.db` in the data folder; it is made when needed."""
        self.path = home() / FILE if path is None else path

    def enter(self, run: str, number: int, cost: float) -> None:
        """Keep what call `number` of `run` cost; one that is there already stays as it is.

        Raises:
            SetupError: the file cannot be written to, or is no such ledger.
        """
        now = time.time()
        with closing(self._open()) as base, base:
            base.execute(
                "INSERT OR IGNORE INTO spent VALUES (?, ?, ?, ?)", (run, number, now, cost)
            )
            base.execute("DELETE FROM spent WHERE at < ?", (now - KEPT,))

    def within(self, seconds: float, *, without: str = "") -> float:
        """Return what was spent in the last `seconds`.

        Args:
            seconds: how far to look back.
            without: a run that is left out.

        Raises:
            SetupError: the file is there and cannot be read.
        """
        if not self.path.exists():
            return 0.0
        with closing(self._open()) as base:
            asked = "SELECT coalesce(sum(cost), 0) FROM spent WHERE at >= ? AND run != ?"
            found = base.execute(asked, (time.time() - seconds, without)).fetchone()
        return float(found[0])

    def _open(self) -> sqlite3.Connection:
        try:
            if not self.path.parent.exists():
                writable_folder()
                self.path.parent.mkdir(parents=True, exist_ok=True)
            base = sqlite3.connect(self.path, timeout=WAIT)
        except (sqlite3.Error, OSError) as error:
            raise SetupError(f"cannot open {str(self.path)!r} ({error})") from error
        try:
            self._prepare(base)
        except sqlite3.Error as error:
            base.close()
            raise SetupError(
                f"{str(self.path)!r} is not a ledger of spending ({error}); move it away"
            ) from error
        except SetupError:
            base.close()
            raise
        return base

    def _prepare(self, base: sqlite3.Connection) -> None:
        found = base.execute("PRAGMA application_id").fetchone()[0]
        version = base.execute("PRAGMA user_version").fetchone()[0]
        if (found, version) == (APPLICATION, VERSION):
            return
        tables = base.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if found not in (0, APPLICATION) or version > VERSION or (tables and found == 0):
            raise SetupError(
                f"{str(self.path)!r} is another program's or a newer version's; move it away"
            )
        with base:
            base.execute("BEGIN IMMEDIATE")
            base.execute(
                "CREATE TABLE IF NOT EXISTS spent (run TEXT NOT NULL, number INTEGER NOT NULL, "
                "at REAL NOT NULL, cost REAL NOT NULL, PRIMARY KEY (run, number))"
            )
            base.execute("CREATE INDEX IF NOT EXISTS spent_at ON spent (at)")
            base.execute(f"PRAGMA application_id = {APPLICATION}")
            base.execute(f"PRAGMA user_version = {VERSION}")


__all__ = ["Ledger"]
