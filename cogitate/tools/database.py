"""The tables of a folder in an in-memory DuckDB database that can do nothing but be asked.

The files are loaded first; then the database is cut off from files, network, extensions and
its own settings, and every query runs in a read-only transaction with a time limit.
What it does not know: runs and the texts that a model reads (tables.py).
"""

import csv
import re
import tempfile
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from cogitate.errors import UnavailableError
from cogitate.tools.cells import TypedColumn, csv_rows, typed_columns
from cogitate.tools.folder import Folder, decode
from cogitate.tools.grid import cell_text, clip
from cogitate.tools.names import quoted, sql_name
from cogitate.tools.sheets import SheetError, sheets
from cogitate.values import Column, Table

if TYPE_CHECKING:
    import duckdb

MOST_TABLES = 200
MOST_BYTES = 20_000_000
"""Above this size a CSV or JSON file is read by DuckDB as it stands (UTF-8, its own types)."""
MOST_COUNTED = 100_000
"""Rows of a result that are counted; the rest is said to be more."""
QUERY_SECONDS = 20.0
NULL = r"\N"
LIMITS = ("memory_limit='512MB'", "threads=2", "temp_directory=''")
LOCKS = (
    "python_enable_replacements=false",
    "autoinstall_known_extensions=false",
    "autoload_known_extensions=false",
    "enable_external_access=false",
    "lock_configuration=true",
)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a query found: the first rows, and how many there are."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    count: int
    more: bool = False
    """Whether there are more than `count`, which were not counted."""


class QueryError(Exception):
    """Raised when a query is refused, wrong or too slow; holds DuckDB's words in one line."""


def _duckdb() -> Any:
    try:
        import duckdb
    except ImportError as error:
        raise UnavailableError("tables need duckdb; pip install duckdb") from error
    return duckdb


class Database:
    """The tables of `folder`, loaded when it is made.

    `tables` lists them; `failures` says for each file that could not be read why not.
    """

    def __init__(self, folder: Folder) -> None:
        self.tables: list[Table] = []
        self.failures: dict[str, str] = {}
        self._engine = _duckdb()
        self._connection: duckdb.DuckDBPyConnection = self._engine.connect(":memory:")
        self._closing = weakref.finalize(self, self._connection.close)
        self._lock = threading.Lock()
        for setting in LIMITS:
            self._connection.execute(f"SET {setting}")
        self._load(folder)
        for setting in LOCKS:
            self._connection.execute(f"SET {setting}")

    def close(self) -> None:
        """Close the database; what it held is gone."""
        with self._lock:
            self._closing()

    def query(self, sql: str, *, most: int = 50, seconds: float = QUERY_SECONDS) -> Answer:
        """Return what one read-only statement finds.

        Raises:
            QueryError: it is not one, it is wrong, or it takes longer than `seconds`.
        """
        self._check(sql)
        with self._lock, self._interrupted_after(seconds) as late:
            try:
                return self._ask(sql, most)
            except self._engine.Error as error:
                why = _first_part(str(error))
                if late.is_set():
                    why = f"the query was stopped after {seconds:g} seconds; make it smaller"
                raise QueryError(why) from error

    def values(self, table: str, column: str, most: int = 500) -> list[str]:
        """Return distinct values of a text column, the most frequent first."""
        found = self.query(
            f"SELECT {quoted(column)} FROM {quoted(table)} WHERE {quoted(column)} IS NOT NULL "
            "GROUP BY 1 ORDER BY count(*) DESC, 1",
            most=most,
            seconds=5.0,
        )
        return [str(row[0]) for row in found.rows]

    def _check(self, sql: str) -> None:
        try:
            statements = self._engine.extract_statements(sql)
        except self._engine.Error as error:
            raise QueryError(_first_part(str(error))) from error
        if len(statements) != 1:
            raise QueryError(f"give exactly one statement, not {len(statements)}")
        kind = statements[0].type
        if kind != self._engine.StatementType.SELECT:
            raise QueryError(
                f"{kind.name} is refused: only SELECT, WITH, SUMMARIZE and DESCRIBE may run here"
            )

    def _ask(self, sql: str, most: int) -> Answer:
        connection = self._connection
        connection.execute("BEGIN TRANSACTION READ ONLY")
        try:
            connection.execute(sql)
            columns = [part[0] for part in connection.description or []]
            rows = connection.fetchmany(most)
            count = len(rows)
            while count <= MOST_COUNTED and (batch := connection.fetchmany(2_000)):
                count += len(batch)
            more = count > MOST_COUNTED
            count = min(count, MOST_COUNTED)
            return Answer(columns=columns, rows=rows, count=count, more=more)
        finally:
            self._roll_back()

    def _roll_back(self) -> None:
        """End the transaction, also when an interrupt that comes late hits the ending itself."""
        for _ in range(3):
            try:
                self._connection.execute("ROLLBACK")
                return
            except self._engine.Error as error:
                if "no transaction" in str(error):
                    return

    @contextmanager
    def _interrupted_after(self, seconds: float) -> Iterator[threading.Event]:
        late = threading.Event()

        def stop() -> None:
            late.set()
            self._connection.interrupt()

        timer = threading.Timer(seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            yield late
        finally:
            timer.cancel()
            # The timer's thread must not be the last to hold the connection: closed in a daemon
            # thread at the interpreter's end, DuckDB aborts the process.
            timer.join()

    def _load(self, folder: Folder) -> None:
        with tempfile.TemporaryDirectory(prefix="cogitate-tables-") as scratch:
            for info in folder.files():
                if info["kind"] != "table":
                    continue
                if len(self.tables) >= MOST_TABLES:
                    self.failures[info["path"]] = f"more than {MOST_TABLES} tables"
                    continue
                try:
                    self._load_file(folder.root / info["path"], info["path"], Path(scratch))
                except (SheetError, OSError, ValueError, csv.Error) as error:
                    self.failures[info["path"]] = clip(_first_part(str(error)), 200)
                except self._engine.Error as error:
                    self.failures[info["path"]] = clip(_first_part(str(error)), 200)

    def _load_file(self, path: Path, relative: str, scratch: Path) -> None:
        ending, stem = path.suffix.lower(), PurePosixPath(relative).stem
        if path.stat().st_size == 0:
            raise ValueError("the file is empty")
        if ending == ".xlsx":
            book = sheets(path)
            for name, rows in book.items():
                label = stem if len(book) == 1 else f"{stem}_{name}"
                source = relative if len(book) == 1 else f"{relative} (sheet {name})"
                if columns := typed_columns(rows):
                    self._store(self._name(label), source, columns, scratch)
        elif ending in (".csv", ".tsv") and path.stat().st_size <= MOST_BYTES:
            text = decode(path.read_bytes())
            if text is None:
                raise ValueError("the file is not text")
            lines = text.replace("\r\n", "\n").replace("\r", "\n")
            found, delimiter = csv_rows(lines, ending)
            columns = typed_columns(found, delimiter=delimiter)
            if not columns:
                raise ValueError("the file holds no rows")
            self._store(self._name(stem), relative, columns, scratch)
        else:
            self._read(self._name(stem), relative, _readable(path, scratch), ending)

    def _store(self, name: str, file: str, columns: list[TypedColumn], scratch: Path) -> None:
        kinds = ", ".join(f"{quoted(column.name)} {column.type}" for column in columns)
        self._connection.execute(f"CREATE TABLE {quoted(name)} ({kinds})")
        if columns[0].cells:
            source = scratch / "rows.csv"
            with source.open("w", encoding="utf-8", newline="") as out:
                writer = csv.writer(out, lineterminator="\n")
                cells = ((NULL if c is None else c for c in column.cells) for column in columns)
                writer.writerows(zip(*cells, strict=True))
            try:
                self._connection.execute(
                    f"COPY {quoted(name)} FROM '{source}' (FORMAT csv, AUTO_DETECT false, "
                    f"HEADER false, DELIMITER ',', QUOTE '\"', ESCAPE '\"', NULLSTR '{NULL}')"
                )
            except self._engine.Error:
                self._connection.execute(f"DROP TABLE {quoted(name)}")
                raise
        self._describe(name, file)

    def _read(self, name: str, file: str, source: Path, ending: str) -> None:
        reader = {".parquet": "read_parquet(?)", ".csv": "read_csv(?, sample_size=-1)"}.get(
            ending, "read_csv(?, sample_size=-1)" if ending == ".tsv" else "read_json(?)"
        )
        self._connection.execute(
            f"CREATE TABLE {quoted(name)} AS SELECT * FROM {reader}", [str(source)]
        )
        self._describe(name, file)

    def _describe(self, name: str, file: str) -> None:
        connection = self._connection
        connection.execute(f"SELECT * FROM {quoted(name)} LIMIT 200")
        heads = [(part[0], str(part[1])) for part in connection.description or []]
        sample = connection.fetchall()
        columns = [
            Column(name=head, type=kind, examples=_examples([row[i] for row in sample]))
            for i, (head, kind) in enumerate(heads)
        ]
        counted = connection.execute(f"SELECT count(*) FROM {quoted(name)}").fetchone()
        rows = int(counted[0]) if counted else 0
        self.tables.append(Table(name=name, file=file, columns=columns, rows=rows))

    def _name(self, label: str) -> str:
        base = sql_name(label)
        taken = {table["name"] for table in self.tables}
        name, number = base, 1
        while name in taken:
            number += 1
            name = f"{base}_{number}"
        return name


def _readable(path: Path, scratch: Path) -> Path:
    """Return a path with the content of `path` that holds no wildcard and is UTF-8."""
    ending = path.suffix.lower()
    source = scratch / f"source{ending}"
    source.unlink(missing_ok=True)
    if ending != ".parquet" and path.stat().st_size <= MOST_BYTES:
        text = decode(path.read_bytes())
        if text is None:
            raise ValueError("the file is not text")
        source.write_text(text, encoding="utf-8")
    else:
        source.symlink_to(path.resolve())
    return source


def _examples(values: list[Any]) -> list[str]:
    distinct = dict.fromkeys(cell_text(value) for value in values if value is not None)
    return [clip(" ".join(text.split()), 40) for text in distinct][:3]


def _first_part(message: str) -> str:
    """Return an engine's message without the drawing of where it went wrong."""
    return " ".join(re.split(r"\n\s*\n|\nLINE \d", message, maxsplit=1)[0].split())
