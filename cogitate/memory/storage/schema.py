"""The file that memory lives in: its tables, how it is opened, and what its errors mean.

One SQLite database in WAL mode. Other modules may keep tables of their own in it. What this
module does not know: what the tables hold.
"""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from cogitate.errors import CogitateError, SetupError, UnavailableError

Durability = Literal["normal", "full"]

APPLICATION = 0x436F4D65
"""`PRAGMA application_id` of a memory: tells it from other SQLite files."""
SCHEMA = 1
"""`PRAGMA user_version`: rises when the tables change."""
BUSY_SECONDS = 30.0
"""How long to wait for another process that writes."""

TABLES = """
CREATE TABLE records (
  row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, text TEXT NOT NULL,
  kind TEXT NOT NULL, importance REAL, context TEXT NOT NULL, origin TEXT NOT NULL,
  run TEXT NOT NULL, step TEXT NOT NULL, tool TEXT NOT NULL, evidence TEXT NOT NULL,
  depth INTEGER NOT NULL, subject TEXT NOT NULL, attribute TEXT NOT NULL, created REAL NOT NULL,
  valid_from REAL NOT NULL, valid_to REAL, scope TEXT NOT NULL, untrusted INTEGER NOT NULL,
  meta TEXT NOT NULL, pinned INTEGER NOT NULL, status TEXT NOT NULL, superseded_by TEXT NOT NULL,
  digest BLOB NOT NULL);
CREATE INDEX records_digest ON records (digest);
CREATE INDEX records_created ON records (created);
CREATE INDEX records_subject ON records (subject, attribute) WHERE subject <> '';
CREATE INDEX records_ending ON records (valid_to) WHERE valid_to IS NOT NULL;
CREATE TABLE vectors (row INTEGER PRIMARY KEY, vector BLOB NOT NULL);
CREATE TABLE vectors_next (row INTEGER PRIMARY KEY, vector BLOB NOT NULL);
CREATE TABLE access (
  row INTEGER PRIMARY KEY, last_access REAL NOT NULL, uses INTEGER NOT NULL, size REAL NOT NULL);
CREATE VIRTUAL TABLE lexical USING fts5 (
  text, context, detail=column, tokenize="unicode61 remove_diacritics 0 tokenchars '.,'");
CREATE VIRTUAL TABLE postings USING fts5vocab (lexical, instance);
CREATE TABLE sources (source TEXT NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (source, row))
  WITHOUT ROWID;
CREATE TABLE tombstones (
  id TEXT PRIMARY KEY, row INTEGER NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL,
  forgotten REAL NOT NULL);
CREATE TABLE changes (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT NOT NULL, rows TEXT NOT NULL);
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO sqlite_sequence (name, seq) VALUES ('records', 0), ('changes', 0);
"""


def connect(path: Path, durability: Durability = "normal") -> sqlite3.Connection:
    """Return a connection to the memory at `path`, made if it is not there.

    Raises:
        SetupError: the file is not a memory of this version, is damaged, or may not be written.
    """
    with translated(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists() and not path.is_file():
                what = "a folder" if path.is_dir() else "no plain file"
                raise SetupError(f"{str(path)!r} is {what}; give a file for the memory")
        except OSError as error:
            raise SetupError(_no_rights(path, error.strerror or str(error))) from error
        connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            _prepare(connection, path, durability)
        except BaseException:
            connection.close()
            raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path, durability: Durability) -> None:
    level = {"normal": "NORMAL", "full": "FULL"}.get(durability)
    if level is None:
        raise SetupError(f"unknown durability {durability!r}; choose 'normal' or 'full'")
    if _number(connection, "application_id") != APPLICATION:
        _create(connection, path)
    version = _number(connection, "user_version")
    if version != SCHEMA:
        raise SetupError(
            f"the memory {str(path)!r} has schema {version!r} and this cogitate knows {SCHEMA}; "
            "upgrade cogitate, or choose another file"
        )
    _log_ahead(connection)
    connection.execute(f"PRAGMA synchronous = {level}")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA cache_size = -32000")
    with transaction(connection):  # asks for the right to write now, not at the first note
        pass


def _create(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables, unless another process does it at the same time."""
    _refuse_foreign(connection, path)  # before anything of it is changed
    _log_ahead(connection)
    with transaction(connection):
        if _number(connection, "application_id") == APPLICATION:
            return
        _refuse_foreign(connection, path)
        for statement in TABLES.split(";\n"):
            if statement.strip():
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {SCHEMA}")


def _refuse_foreign(connection: sqlite3.Connection, path: Path) -> None:
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables and _number(connection, "application_id") != APPLICATION:
        raise SetupError(
            f"{str(path)!r} is a database of another program; choose another file for memory"
        )


def _log_ahead(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log. SQLite does not wait for other processes here, so we do."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            busy = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > deadline:
                raise
        time.sleep(0.01)


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Run the body as one transaction that is the only one writing; undo it when it fails."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's errors in the body into ours, each with the way out."""
    try:
        yield
    except sqlite3.Error as error:
        raise _meaning(path, error) from error
    except json.JSONDecodeError as error:  # in a row: nobody else writes JSON there
        raise _damaged(path, error) from error


def _meaning(path: Path, error: sqlite3.Error) -> CogitateError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    name = str(path)
    if code == sqlite3.SQLITE_NOTADB:
        return SetupError(f"{name!r} is not a memory (no SQLite database); choose another file")
    if code == sqlite3.SQLITE_CORRUPT or "decode" in str(error):  # a text that is none
        return _damaged(path, error)
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return SetupError(_no_rights(path, str(error)))
    if code == sqlite3.SQLITE_FULL:
        return UnavailableError(f"the disk of {name!r} is full; free some room and try again")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return UnavailableError(
            f"another process has been writing to {name!r} for {BUSY_SECONDS:.0f} s; "
            "try again when it is done"
        )
    return UnavailableError(f"the memory {name!r} failed: {error}; is its disk in order?")


def _damaged(path: Path, error: Exception) -> SetupError:
    return SetupError(
        f"the memory {str(path)!r} is damaged ({str(error)[:80]!r}); "
        "move it away and import your last export"
    )


def _no_rights(path: Path, why: str) -> str:
    return (
        f"cannot write the memory {str(path)!r} ({why}); "
        "choose a path in a folder that you may write to, or set COGITATE_HOME"
    )
