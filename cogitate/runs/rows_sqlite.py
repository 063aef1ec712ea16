"""The rows of a run in a SQLite file of its own, `journal.db` in the run's folder.

One table of rows, one of long texts. A row is on the disk when `add` returns (write-ahead log,
`synchronous=FULL`); those of tools that may be called again are with the operating system. A
file of another program or of a newer version is refused, and so is one that is damaged elsewhere
than at its end.
"""

import sqlite3
import threading
from pathlib import Path

from cogitate.errors import SetupError
from cogitate.runs.rows import VERSION, Row, pack, unpack

APPLICATION = 0x636F6769
"""SQLite's mark of whose file it is: "cogi"."""

TABLES = 2
NEVER = "this run was cut off before anything of it was kept; run it anew"

_TABLES = """
begin;
create table rows(
  seq integer primary key, kind text not null, key text not null, turn integer not null,
  at real not null, data text not null, digest text not null);
create table texts(hash text primary key, text text not null) without rowid;
commit;
"""


class SqliteRows:
    """Rows in one SQLite file. Used by one process at a time, from any of its threads."""

    def __init__(self, path: Path, *, new: bool = False) -> None:
        """Open the file at `path`; a `new` one is made.

        Raises:
            SetupError: it cannot be opened, is damaged, or is no journal of this version.
        """
        self.path = path
        self._lock = threading.RLock()
        self._last = ""
        self._full = True
        if not new and not path.is_file():
            raise SetupError(f"{path.name} is not there: nothing of this run was kept; run it anew")
        try:
            self._base = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise self._damaged(error) from error
        try:
            self._make() if new else self._check()
        except sqlite3.Error as error:
            self._base.close()
            raise self._damaged(error) from error
        except SetupError:
            self._base.close()
            raise

    def _make(self) -> None:
        self._base.execute("pragma journal_mode=wal")
        self._base.execute("pragma synchronous=full")
        self._base.execute(f"pragma application_id={APPLICATION}")
        self._base.execute(f"pragma user_version={VERSION}")
        self._base.executescript(_TABLES)

    def _check(self) -> None:
        (whose,) = self._base.execute("pragma application_id").fetchone()
        (version,) = self._base.execute("pragma user_version").fetchone()
        (tables,) = self._base.execute("select count(*) from sqlite_master").fetchone()
        if (whose, version, tables) == (0, 0, 0) or (whose == APPLICATION and tables < TABLES):
            raise SetupError(NEVER)
        if whose != APPLICATION:
            raise SetupError(f"{str(self.path)!r} is not a journal of cogitate; it was left alone")
        if not 1 <= version <= VERSION:
            raise SetupError(
                f"{str(self.path)!r} is a journal of version {version}, and this cogitate knows "
                f"up to {VERSION}; use the newer cogitate that wrote it"
            )
        (sound,) = self._base.execute("pragma quick_check(1)").fetchone()
        if sound != "ok":
            raise self._damaged(ValueError(sound))
        self._base.execute("pragma synchronous=full")

    def load(self) -> list[Row]:
        """Return the rows in order, without a damaged last one.

        Raises:
            SetupError: the file is damaged elsewhere than in its last row.
        """
        try:
            texts = dict(self._base.execute("select hash, text from texts").fetchall())
            listed = self._base.execute(
                "select seq, kind, key, turn, at, data, digest from rows order by seq"
            ).fetchall()
        except sqlite3.Error as error:
            raise self._damaged(error) from error
        found: list[Row] = []
        self._last = ""
        for seq, kind, key, turn, at, data, digest in listed:
            row = unpack(
                Row(seq=seq, kind=kind, key=key, turn=turn, at=at), data, digest, self._last, texts
            )
            if row is None or seq != len(found) + 1:
                if len(listed) - len(found) > 1:
                    raise self._damaged(ValueError(f"row {len(found) + 1} was changed"))
                self._drop(seq)
                break
            self._last = digest
            found.append(row)
        return found

    def add(self, row: Row) -> None:
        """Keep one row more; it is on the disk when this returns.

        Raises:
            SetupError: the disk is full or the file is gone.
        """
        packed = pack(row, self._last)
        try:
            with self._lock:
                self._sync(row.data.get("effect", "once") == "once")
                self._base.execute("begin immediate")
                for name, text in packed.texts.items():
                    self._base.execute("insert or ignore into texts values(?,?)", (name, text))
                self._base.execute(
                    "insert into rows values(?,?,?,?,?,?,?)",
                    (row.seq, row.kind, row.key, row.turn, row.at, packed.text, packed.digest),
                )
                self._base.execute("commit")
                self._last = packed.digest
        except sqlite3.Error as error:
            raise SetupError(
                f"cannot write to {str(self.path)!r} ({error}); make room, or set COGITATE_HOME"
            ) from error

    def _sync(self, full: bool) -> None:
        """Choose whether the next row waits for the disk, or only for the operating system.

        What a tool gave that may be called again need not outlive a loss of power by itself.
        """
        if full != self._full:
            self._base.execute(f"pragma synchronous={'full' if full else 'normal'}")
            self._full = full

    def _drop(self, seq: int) -> None:
        """Take the damaged last row away."""
        try:
            self._base.execute("delete from rows where seq >= ?", (seq,))
        except sqlite3.Error as error:
            raise self._damaged(error) from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._base.close()

    def _damaged(self, error: Exception) -> SetupError:
        return SetupError(
            f"the journal {str(self.path)!r} is damaged ({error}); this run cannot go on from it. "
            "Its events and files are where they were; run the goal anew"
        )
