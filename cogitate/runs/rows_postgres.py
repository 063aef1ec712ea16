"""The rows of runs in a PostgreSQL database, named by `COGITATE_JOURNAL=postgresql://...`.

The tables are like those in a file, with the run's id in front. A run that goes on is locked in
the database, so that no second process goes on with it from another machine. It stands on
psycopg alone: checkpoints of LangGraph keep the state of a graph, and a row here is one outcome
of a run's code, which the same code can be run on again.
What it does not know: events and files, which stay in the run's folder.
"""

import threading
from typing import Any
from urllib.parse import urlsplit

from cogitate.errors import SetupError, UnavailableError
from cogitate.runs.rows import VERSION, Row, pack, unpack

_TABLES = """
create table if not exists cogitate_journal(version integer not null);
create table if not exists cogitate_rows(
  run text not null, seq integer not null, kind text not null, key text not null,
  turn integer not null, at double precision not null, data text not null, digest text not null,
  primary key(run, seq));
create table if not exists cogitate_texts(
  run text not null, hash text not null, text text not null, primary key(run, hash));
"""
_LOCK = "select pg_try_advisory_lock(hashtextextended('cogitate ' || %s, 0))"


class PostgresRows:
    """The rows of one run in a database. Used by one process at a time, from any thread."""

    def __init__(self, url: str, run: str, *, new: bool = False, write: bool = True) -> None:
        """Connect to the database at `url`.

        Args:
            url: `postgresql://user@host/name`.
            run: the run's id.
            new: whether the run begins.
            write: whether rows will be added; such a run is locked.

        Raises:
            UnavailableError: psycopg is not installed, or the database is not there.
            SetupError: the run is there already, or goes on elsewhere, or is of a newer version.
        """
        self._run, self._last = run, ""
        self._lock = threading.RLock()
        self._place = urlsplit(url).hostname or "the local database"
        self._psycopg = _library()
        try:
            self._base = self._psycopg.connect(url, connect_timeout=10, autocommit=True)
        except self._psycopg.Error as error:
            line = str(error).strip().split("\n")[0]
            raise UnavailableError(
                f"the journal's database at {self._place} cannot be reached ({line}); "
                "start it, or take COGITATE_JOURNAL away"
            ) from error
        try:
            self._check(new, write)
        except SetupError:
            self._base.close()
            raise
        except self._psycopg.Error as error:
            self._base.close()
            raise self._failed(error) from error

    def _check(self, new: bool, write: bool) -> None:
        with self._base.transaction():
            self._base.execute("select pg_advisory_xact_lock(7309432)")
            self._base.execute(_TABLES)
            found = self._base.execute("select version from cogitate_journal").fetchone()
            if found is None:
                self._base.execute("insert into cogitate_journal values(%s)", (VERSION,))
        if found is not None and found[0] > VERSION:
            raise SetupError(
                f"the journal at {self._place} is of version {found[0]}, and this cogitate knows "
                f"up to {VERSION}; use the newer one"
            )
        if write and not self._one(_LOCK, self._run):
            raise SetupError(f"the run {self._run!r} is going on in another process")
        there = self._one("select count(*) from cogitate_rows where run = %s", self._run)
        if new and there:
            raise SetupError(f"there is a run {self._run!r} in the database already")
        if not new and not there:
            raise SetupError(f"the journal at {self._place} holds nothing of {self._run!r}")

    def _one(self, query: str, value: Any) -> Any:
        return self._base.execute(query, (value,)).fetchone()[0]

    def load(self) -> list[Row]:
        """Return the rows in order.

        Raises:
            SetupError: a row is not what was written.
        """
        try:
            texts = dict(
                self._base.execute(
                    "select hash, text from cogitate_texts where run = %s", (self._run,)
                ).fetchall()
            )
            listed = self._base.execute(
                "select seq, kind, key, turn, at, data, digest from cogitate_rows "
                "where run = %s order by seq",
                (self._run,),
            ).fetchall()
        except self._psycopg.Error as error:
            raise self._failed(error) from error
        found: list[Row] = []
        self._last = ""
        for seq, kind, key, turn, at, data, digest in listed:
            head = Row(seq=seq, kind=kind, key=key, turn=turn, at=at)
            row = unpack(head, data, digest, self._last, texts)
            if row is None or seq != len(found) + 1:
                raise SetupError(f"row {len(found) + 1} of {self._run!r} was changed; run it anew")
            self._last = digest
            found.append(row)
        return found

    def add(self, row: Row) -> None:
        """Keep one row more; it is committed when this returns.

        Raises:
            SetupError: the database does not take it.
        """
        packed = pack(row, self._last)
        values = (row.seq, row.kind, row.key, row.turn, row.at, packed.text, packed.digest)
        try:
            with self._lock, self._base.transaction():
                for name, text in packed.texts.items():
                    self._base.execute(
                        "insert into cogitate_texts values(%s,%s,%s) on conflict do nothing",
                        (self._run, name, text),
                    )
                self._base.execute(
                    "insert into cogitate_rows values(%s,%s,%s,%s,%s,%s,%s,%s)",
                    (self._run, *values),
                )
        except self._psycopg.Error as error:
            raise self._failed(error) from error
        self._last = packed.digest

    def close(self) -> None:
        """Close the connection, which gives the run free."""
        with self._lock:
            self._base.close()

    def _failed(self, error: Exception) -> SetupError:
        line = str(error).strip().split("\n")[0]
        return SetupError(f"the journal's database at {self._place} failed: {line}")


def _library() -> Any:
    try:
        import psycopg
    except ImportError as error:
        raise UnavailableError(
            'a journal in PostgreSQL needs psycopg; run: pip install "cogitate[postgres]"'
        ) from error
    return psycopg
