"""The reading half of a store: records by id, row or filter, and what changed.

What this module does not know: how anything is written.
"""

import json
import math
import sqlite3
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cogitate.errors import SetupError
from cogitate.memory.records import DEFAULT_IMPORTANCE, Record
from cogitate.memory.storage.schema import Durability, connect, translated
from cogitate.memory.storage.tables import (
    READ_FROM,
    Changes,
    Entries,
    Filter,
    Mark,
    Moment,
    marks,
    record_of,
    where,
)
from cogitate.memory.storage.touches import Touches

BLOCK = 5_000
"""Records read at a time."""
FEW = 500
"""Values in one SQL list."""


class StoredRecords:
    """Records and vectors in one SQLite file, to be read."""

    def __init__(self, path: Path | str, durability: Durability = "normal") -> None:
        self.path = Path(path).expanduser().absolute()
        self._connection = connect(self.path, durability)
        self._lock = threading.RLock()
        self._touches = Touches(self._lock)
        self._writes = 0
        self._marked: tuple[Moment | None, Mark] = (None, Mark())
        self._passed: dict[Mark, Mark] = {}  # over our own touches, which are known here

    def close(self) -> None:
        """Close the file, with all that was touched in it."""
        with self._lock:
            try:
                self._touches.settle()
            finally:
                self._touches.drop()
                self._connection.close()

    # -------------------------------------------------------------------------------- records

    def __len__(self) -> int:
        """Return how many records there are, superseded and retracted ones included."""
        with self.reading() as sql:
            return int(sql.execute("SELECT count(*) FROM access").fetchone()[0])

    def is_empty(self) -> bool:
        """Return whether there is no record at all; quicker than counting them."""
        with self.reading() as sql:
            return sql.execute("SELECT 1 FROM records LIMIT 1").fetchone() is None

    def get(self, ids: Collection[str]) -> list[Record]:
        """Return the records of these ids, in order; unknown and forgotten ones are left out."""
        wanted = list(dict.fromkeys(ids))
        found = {r.id: r for part in parts(wanted) for r in self._select("r.id", part)}
        return [found[each] for each in wanted if each in found]

    def one(self, record_id: str) -> Record:
        """Return the record of this id.

        Raises:
            SetupError: there is none.
        """
        found = self.get([record_id])
        if not found:
            raise SetupError(f"there is no memory {record_id!r}; list them to see their ids")
        return found[0]

    def of_rows(self, rows: Collection[int]) -> dict[int, Record]:
        """Return the records of these rows that are still there."""
        return {r.row: r for part in parts(list(rows)) for r in self._select("r.row", part)}

    def expired(self, now: float) -> tuple[set[int], float, float]:
        """Return the rows of active records that have ceased to hold, and from when to when so.

        The answer is the same for every moment at or after the first and before the second.
        """
        ended = "valid_to IS NOT NULL AND valid_to <= ?"
        rows = f"SELECT row FROM records WHERE {ended} AND status = 'active'"
        with self.reading() as sql:
            found = {row for (row,) in sql.execute(rows, (now,))}
            latest = sql.execute(f"SELECT max(valid_to) FROM records WHERE {ended}", (now,))
            next_one = sql.execute("SELECT min(valid_to) FROM records WHERE valid_to > ?", (now,))
            bounds = latest.fetchone()[0], next_one.fetchone()[0]
        return (
            found,
            -math.inf if bounds[0] is None else bounds[0],
            math.inf if bounds[1] is None else bounds[1],
        )

    def records(
        self, chosen: Filter | None = None, *, newest: bool = False, limit: int | None = None
    ) -> Iterator[Record]:
        """Yield the records that a filter lets pass, in the order in which they were kept."""
        condition, values = where(chosen or Filter())
        step, order = ("<", "DESC") if newest else (">", "ASC")
        last, left = (2**62 if newest else 0), (2**62 if limit is None else limit)
        while left > 0:
            block = min(BLOCK, left)
            with self.reading() as sql:
                found = sql.execute(
                    f"{READ_FROM} WHERE {condition} AND r.row {step} ? ORDER BY r.row {order} "
                    "LIMIT ?",
                    (*values, last, block),
                ).fetchall()
                some = self._touches.applied(list(map(record_of, found)))
            yield from some
            if len(found) < block:
                return
            last, left = found[-1][0], left - len(found)

    def rows(self, chosen: Filter) -> list[int]:
        """Return the rows of the records that a filter lets pass."""
        condition, values = where(chosen)
        with self.reading() as sql:
            query = f"SELECT r.row FROM records r WHERE {condition} ORDER BY r.row"
            return [row for (row,) in sql.execute(query, values)]

    def vectors(self, rows: Sequence[int]) -> NDArray[np.float32]:
        """Return the vectors of these rows, which must be there, in order."""
        found: dict[int, bytes] = {}
        with self.reading() as sql:
            for part in parts(list(rows)):
                query = f"SELECT row, vector FROM vectors WHERE row IN ({marks(part)})"
                found.update(sql.execute(query, part).fetchall())
        return np.stack([np.frombuffer(found[row], np.float32) for row in rows])

    def embedder(self) -> tuple[str, int] | None:
        """Return the name and the dimension of the vectors; None while there are none."""
        name, dimension = self.setting("embedder"), self.setting("dimension")
        return (name, int(dimension)) if name and dimension else None

    def setting(self, key: str) -> str | None:
        """Return what is kept under a key beside the records, such as the embedder's name."""
        with self.reading() as sql:
            found = sql.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if found is None else str(found[0])

    def tombstones(self) -> list[tuple[str, str, str, float]]:
        """Return id, kind, reason and time of all that was forgotten."""
        with self.reading() as sql:
            query = "SELECT id, kind, reason, forgotten FROM tombstones ORDER BY forgotten, id"
            return sql.execute(query).fetchall()

    def holding(self, digests: Sequence[bytes]) -> dict[bytes, int]:
        """Return the rows of the active records that say just what these digests stand for."""
        found: dict[bytes, int] = {}
        with self.reading() as sql:
            for part in parts(digests):
                query = (
                    "SELECT digest, row FROM records WHERE status = 'active' "
                    f"AND digest IN ({marks(part)}) ORDER BY row DESC"
                )
                found.update(sql.execute(query, part).fetchall())
        return found

    def moment(self) -> Moment:
        """Return what stays equal while nobody writes: quicker to ask for than a mark."""
        with self.reading() as sql:
            return int(sql.execute("PRAGMA data_version").fetchone()[0]), self._writes

    def mark(self) -> Mark:
        """Return the present moment, to ask later what changed since."""
        with self.reading() as sql:
            moment = self.moment()
            if moment != self._marked[0]:
                found = dict(sql.execute("SELECT name, seq FROM sqlite_sequence").fetchall())
                self._marked = (moment, Mark(found["records"], found["changes"]))
            return self._marked[1]

    def changes_since(self, since: Mark) -> Changes:
        """Return what other threads and processes, and this one, have done since a mark."""
        with self.reading() as sql:
            mark = self.mark()
            since = self._passed.get(since, since)
            if mark.seq == since.seq or not since.row:  # changes of rows that nobody knew
                return Changes(since=since, mark=mark)
            query = "SELECT seq, what, rows FROM changes WHERE seq > ? AND seq <= ? ORDER BY seq"
            found = sql.execute(query, (since.seq, mark.seq)).fetchall()
        changed: dict[int, set[str]] = {}
        for _, what, rows in found:
            for row in json.loads(rows):
                if row <= since.row:
                    changed.setdefault(row, set()).add(what)
        lost = len(found) < mark.seq - since.seq and since != Mark()
        return Changes(since=since, mark=mark, changed=changed, lost=lost)

    def entries(
        self, *, after: int = 0, upto: int = 2**62, rows: Collection[int] | None = None
    ) -> Iterator[Entries]:
        """Yield what an index needs, in blocks: all rows in a range, or those named."""
        columns = (
            "SELECT r.row, v.vector, r.importance, a.last_access, r.kind, r.scope, r.status "
            "FROM records r JOIN access a ON a.row = r.row JOIN vectors v ON v.row = r.row "
        )
        if rows is not None:
            for part in parts(sorted(rows)):
                with self.reading() as sql:
                    named = sql.execute(f"{columns} WHERE r.row IN ({marks(part)})", part)
                    block = self._entries(named.fetchall())
                yield from block
            return
        while True:
            with self.reading() as sql:
                found = sql.execute(
                    f"{columns} WHERE r.row > ? AND r.row <= ? ORDER BY r.row LIMIT ?",
                    (after, upto, BLOCK),
                ).fetchall()
                block = self._entries(found)
            yield from block
            if len(found) < BLOCK:
                return
            after = found[-1][0]

    def problems(self) -> list[str]:
        """Return what is wrong with the file, in words; nothing for one that is in order."""
        with self.reading() as sql:
            checked = [line for (line,) in sql.execute("PRAGMA integrity_check").fetchall()]
            found = [line for line in checked if line != "ok"]
            sql.execute("INSERT INTO lexical (lexical, rank) VALUES ('integrity-check', 0)")
            count = "SELECT count(*) FROM records"
            records = sql.execute(count).fetchone()[0]
            for table, key in (("vectors", "row"), ("access", "row"), ("lexical", "rowid")):
                missing = sql.execute(
                    f"{count} WHERE row NOT IN (SELECT {key} FROM {table})"
                ).fetchone()[0]
                size = sql.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                if missing or size != records:
                    found.append(f"{table}: {size} rows for {records} records, {missing} missing")
        return found

    # ------------------------------------------------------------------------------- plumbing

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Let the body alone use the connection, with SQLite's errors in our words."""
        with self._lock, translated(self.path):
            yield self._connection

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """Let the body see one state of the file, whatever other processes write meanwhile."""
        with self.reading() as sql:
            sql.execute("BEGIN")
            try:
                yield
            finally:
                sql.execute("COMMIT")

    def _select(self, column: str, values: list[Any]) -> list[Record]:
        with self.reading() as sql:
            query = f"{READ_FROM} WHERE {column} IN ({marks(values)})"
            found = sql.execute(query, values).fetchall()
            return self._touches.applied([record_of(row) for row in found])

    def _entries(self, found: list[Sequence[Any]]) -> list[Entries]:
        columns = list(zip(*found, strict=True))
        if not columns:
            return []
        rows, vectors, importance, last_access, kinds, scopes, statuses = columns
        return [
            Entries(
                rows=np.array(rows, np.int64),
                vectors=np.frombuffer(b"".join(vectors), np.float32).reshape(len(rows), -1),
                importance=[DEFAULT_IMPORTANCE if each is None else each for each in importance],
                last_access=list(map(self._touches.latest, rows, last_access)),
                kinds=list(kinds),
                scopes=list(scopes),
                hidden=[status != "active" for status in statuses],
            )
        ]


def parts(values: Sequence[Any]) -> Iterator[list[Any]]:
    """Yield values in lists that SQL takes."""
    for begin in range(0, len(values), FEW):
        yield list(values[begin : begin + FEW])
