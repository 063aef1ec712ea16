"""Which files were indexed, from which bytes, into which records: two tables beside the records.

`documents` has a row for each file, `document_chunks` one for each chunk. A chunk whose text is
in the store already shares the record, so a record may have several chunks. What it does not
know: how files are read and how records are kept.

The file must be a memory already: these tables are added to those of the records.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cogitate.memory.storage.schema import BUSY_SECONDS, transaction, translated

if TYPE_CHECKING:
    from cogitate.memory.storage.store import Store

_TABLES = """
CREATE TABLE IF NOT EXISTS documents (
    path TEXT NOT NULL, scope TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL,
    modified INTEGER NOT NULL, seen INTEGER NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL,
    title TEXT NOT NULL, format TEXT NOT NULL, recipe TEXT NOT NULL, chunks INTEGER NOT NULL,
    PRIMARY KEY (scope, path)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS documents_by_hash ON documents (scope, sha256);
CREATE TABLE IF NOT EXISTS document_chunks (
    scope TEXT NOT NULL, path TEXT NOT NULL, number INTEGER NOT NULL, chunk TEXT NOT NULL,
    text_sha1 TEXT NOT NULL, record TEXT NOT NULL, owner INTEGER NOT NULL, place TEXT NOT NULL,
    PRIMARY KEY (scope, path, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS document_chunks_by_text ON document_chunks (scope, text_sha1);
CREATE INDEX IF NOT EXISTS document_chunks_by_record ON document_chunks (record);
"""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What is known of one file. Status: begun, indexed, duplicate or skipped."""

    path: str
    sha256: str = ""
    size: int = 0
    modified: int = 0
    """Nanoseconds since the epoch, as the file system says."""
    seen: int = 0
    """When it was read, in nanoseconds since the epoch."""
    status: str = "indexed"
    reason: str = ""
    title: str = ""
    format: str = ""
    recipe: str = ""
    """How it was cut; another recipe means that it is cut anew."""
    chunks: int = 0


@dataclass(frozen=True, kw_only=True)
class ChunkRow:
    """One chunk of a file and the record that holds its text."""

    number: int
    chunk: str
    text_sha1: str
    record: str
    owner: bool = True
    """Whether the record was made for this chunk, and so names its place."""
    place: dict[str, Any] = field(default_factory=dict)
    """The record's `context` and `meta`, had it been made for this chunk."""


def make_tables(path: Path) -> None:
    """Make the two tables in the SQLite file at `path`, where they are missing."""
    with _opened(path) as connection:
        connection.executescript(_TABLES)


@dataclass
class Manifest:
    """The two tables, for one scope. Every call is a transaction of its own.

    With a `store`, a call within one of its transactions is part of that, and quicker.
    """

    path: Path
    scope: str = "default"
    store: "Store | None" = None

    def __post_init__(self) -> None:
        make_tables(self.path)

    def entry(self, path: str) -> Entry | None:
        """Return what is known of a file."""
        rows = self._read(f"SELECT {_FIELDS} FROM documents WHERE scope = ? AND path = ?", path)
        return Entry(**rows[0]) if rows else None

    def known(self, paths: Collection[str]) -> dict[str, Entry]:
        """Return what is known of files, by path, a few hundred at most."""
        rows = self._read(
            f"SELECT {_FIELDS} FROM documents WHERE scope = ? AND path IN ({_marks(paths)})",
            *paths,
        )
        return {row["path"]: Entry(**row) for row in rows}

    def entries(self, under: str = "") -> Iterator[Entry]:
        """Yield the files at or below a path, in the order of paths; all files for empty."""
        last = ""
        while True:
            rows = self._read(
                f"SELECT {_FIELDS} FROM documents WHERE scope = ? AND path > ? "
                "AND (? = '' OR path = ? OR substr(path, 1, ?) = ?) ORDER BY path LIMIT 500",
                *(last, under, under, len(_below(under)), _below(under)),
            )
            yield from (Entry(**row) for row in rows)
            if not rows:
                return
            last = rows[-1]["path"]

    def stamp(self) -> tuple[int, int, int]:
        """Return what changes when files come, change or leave: it costs no reading of them."""
        row = self._read(
            "SELECT count(*) AS n, total(chunks) AS chunks, max(seen) AS seen FROM documents "
            "WHERE scope = ?"
        )[0]
        return int(row["n"]), int(row["chunks"]), int(row["seen"] or 0)

    def twin(self, sha256: str, path: str) -> str:
        """Return another indexed file with the same bytes, empty when there is none."""
        rows = self._read(
            f"SELECT path FROM documents {_BY_HASH} WHERE scope = ? AND sha256 = ? "
            "AND path <> ? AND status = 'indexed' LIMIT 1",
            *(sha256, path),
        )
        return str(rows[0]["path"]) if rows else ""

    def twins(self, sha256: str) -> list[str]:
        """Return the files that were left out because their bytes are those of another."""
        rows = self._read(
            f"SELECT path FROM documents {_BY_HASH} WHERE scope = ? AND sha256 = ? "
            "AND status = 'duplicate'",
            sha256,
        )
        return [row["path"] for row in rows]

    def put(self, *entries: Entry) -> None:
        """Keep what is known of files, in place of what was."""
        insert = f"INSERT OR REPLACE INTO documents (scope, {_FIELDS}) VALUES (?, {_marks(_NAMES)})"
        self._write([(insert, [getattr(each, name) for name in _NAMES]) for each in entries])

    def drop(self, path: str) -> None:
        """Forget a file and its chunks."""
        self._write(
            [
                ("DELETE FROM document_chunks WHERE scope = ? AND path = ?", [path]),
                ("DELETE FROM documents WHERE scope = ? AND path = ?", [path]),
            ]
        )

    def add_chunks(self, rows: Iterable[ChunkRow]) -> None:
        """Keep chunks of the files that their places name."""
        insert = (
            f"INSERT OR REPLACE INTO document_chunks (scope, path, {_CHUNK_FIELDS}) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        )
        self._write([(insert, [row.place["meta"]["path"], *_values(row)]) for row in rows])

    def chunks(self, path: str) -> list[ChunkRow]:
        """Return the chunks of a file in order."""
        rows = self._read(
            f"SELECT {_CHUNK_FIELDS} FROM document_chunks WHERE scope = ? AND path = ? "
            "ORDER BY number",
            path,
        )
        return [_chunk_row(row) for row in rows]

    def heir(self, record: str, without: Sequence[str]) -> tuple[str, ChunkRow] | None:
        """Return a file that has a chunk in `record`, and that chunk; none of those `without`."""
        rows = self._read(
            f"SELECT path, {_CHUNK_FIELDS} FROM document_chunks {_BY_RECORD} "
            f"WHERE scope = ? AND record = ? AND path NOT IN ({_marks(without)}) "
            "ORDER BY path, number LIMIT 1",
            *(record, *without),
        )
        return (rows[0]["path"], _chunk_row(rows[0])) if rows else None

    def hand_over(self, record: str, new: str, path: str, number: int) -> None:
        """Make chunk `number` of `path` the owner of `new`, which stands for `record` from now."""
        change = (
            f"UPDATE document_chunks {_BY_RECORD} SET record = ?2, "
            "owner = (path = ?3 AND number = ?4) WHERE scope = ?1 AND record = ?5"
        )
        self._write([(change, [new, path, number, record])])

    def records_of(self, texts: Collection[str]) -> dict[str, str]:
        """Return the records that hold texts already, by the sha1 of the text."""
        rows = self._read(
            f"SELECT text_sha1, record FROM document_chunks c {_BY_TEXT} "
            "JOIN records r ON r.id = c.record "
            f"WHERE c.scope = ? AND text_sha1 IN ({_marks(texts)})",
            *texts,
        )
        return {row["text_sha1"]: row["record"] for row in rows}

    def counts(self) -> dict[str, int]:
        """Return how many files there are of each status, and how many `chunks` and `records`."""
        files = self._read(
            "SELECT status, count(*) AS n FROM documents WHERE scope = ? GROUP BY status"
        )
        chunks = self._read(
            "SELECT count(*) AS n, count(DISTINCT record) AS records FROM document_chunks "
            "WHERE scope = ?"
        )[0]
        found = {row["status"]: row["n"] for row in files}
        return {**found, "chunks": chunks["n"], "records": chunks["records"]}

    def _read(self, sql: str, *values: object) -> list[sqlite3.Row]:
        opened = _opened(self.path) if self.store is None else self.store.reading()
        with opened as connection:
            cursor = connection.cursor()
            cursor.row_factory = sqlite3.Row
            return cursor.execute(sql, (self.scope, *values)).fetchall()

    def _write(self, deeds: Sequence[tuple[str, Sequence[object]]]) -> None:
        with self._writing() as connection:
            for sql, values in deeds:
                connection.execute(sql, (self.scope, *values))

    def _writing(self) -> AbstractContextManager[sqlite3.Connection]:
        return _changing(self.path) if self.store is None else self.store.writing()


# Without statistics SQLite prefers the primary key, and reads a whole scope for one file.
_BY_HASH = "INDEXED BY documents_by_hash"
_BY_TEXT = "INDEXED BY document_chunks_by_text"
_BY_RECORD = "INDEXED BY document_chunks_by_record"
_NAMES = tuple(Entry.__dataclass_fields__)
_FIELDS = ", ".join(_NAMES)
_CHUNK_FIELDS = "number, chunk, text_sha1, record, owner, place"


def _values(row: ChunkRow) -> list[object]:
    place = json.dumps(row.place, ensure_ascii=False)
    return [row.number, row.chunk, row.text_sha1, row.record, int(row.owner), place]


def _chunk_row(row: sqlite3.Row) -> ChunkRow:
    return ChunkRow(
        number=row["number"],
        chunk=row["chunk"],
        text_sha1=row["text_sha1"],
        record=row["record"],
        owner=bool(row["owner"]),
        place=json.loads(row["place"]),
    )


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))


def _below(path: str) -> str:
    return path.rstrip("/\\") + ("\\" if "\\" in path and "/" not in path else "/")


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with translated(path), closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as opened:
        opened.isolation_level = None
        opened.execute("PRAGMA secure_delete = ON")
        yield opened


@contextmanager
def _changing(path: Path) -> Iterator[sqlite3.Connection]:
    with _opened(path) as opened, transaction(opened):
        yield opened
