"""The tool `query_tables`: one SQL query over the tables of the person's folder.

What a small model needs to mend its query stands in every refusal: the engine's words, the
tables and columns that there are, and, when nothing matches, values that do exist.
"""

import difflib
import re
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cogitate.errors import ToolFailure
from cogitate.runs.context import current
from cogitate.tools.base import tool
from cogitate.tools.database import Answer, Database, QueryError
from cogitate.tools.folder import NO_FOLDER, Folder, closest
from cogitate.tools.grid import clip, grid, plain
from cogitate.tools.names import sql_text
from cogitate.values import Column, Table
from cogitate.words import content_words

MOST_ROWS = 50
MOST_TABLES_NAMED = 8
MOST_COLUMNS_NAMED = 30
MOST_VALUES = 8
SHOWN = 3
"""Examples of a column."""
NAMED = 0.5
"""Share of a value's words that a goal must hold to name it: Hannah is Hannah Weiss."""
LONGEST = 40
"""Characters of a value that is a name, and no text."""

_STRING = re.compile(r"'((?:[^']|'')*)'")
_WORDS = re.compile(r'"(?:[^"]|"")+"|\w+')
_UNKNOWN = re.compile(r'(?:Referenced (?:column|table)|Table with name|column) "?([^"]+?)"? ')


class OpenTables:
    """The tables of a folder, loaded again when one of its files changes."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._state: tuple[tuple[str, int, int], ...] = ()
        self._database: Database | None = None

    def fresh(self) -> Database:
        """Return the database of the files as they are now."""
        with self._lock:
            state = _state(self.folder)
            if self._database is None or state != self._state:
                self.close()
                self._database, self._state = Database(self.folder), state
            return self._database

    def close(self) -> None:
        """Close the database, if it was opened."""
        if self._database is not None:
            self._database.close()
            self._database = None


def tables_of(folder: Folder | Path, goal: str = "") -> list[Table]:
    """Return the tables in the CSV, TSV, Parquet, JSON and Excel files of `folder`.

    A file that cannot be read has no table; `query_tables` says why. Of each text column the
    values that `goal` names come first among its examples: what is shown is what gets copied.
    """
    database = Database(folder if isinstance(folder, Folder) else Folder(folder))
    try:
        words = set(content_words(goal))
        return [_speaking(table, words, database) for table in database.tables]
    finally:
        database.close()


def _speaking(table: Table, words: set[str], database: Database) -> Table:
    """Return a table whose examples begin with the values that the words of a goal name."""
    columns = []
    for column in table["columns"]:
        named: list[str] = []
        if words and column["type"] == "VARCHAR":
            named = named_values(_values(database, table, column), words)
        shown = [*named, *(value for value in column["examples"] if value not in named)]
        columns.append(Column(name=column["name"], type=column["type"], examples=shown[:SHOWN]))
    return Table(name=table["name"], file=table["file"], columns=columns, rows=table["rows"])


def named_values(values: Iterable[str], words: set[str]) -> list[str]:
    """Return the values that some words name, in full or by half, the fullest first.

    A figure is no name: the 2026 of a goal is not the month 2026-03.
    """
    shares = {}
    for value in values:
        words_of = content_words(value) if len(value) <= LONGEST else []
        own = [word for word in words_of if not word[0].isdigit()]
        if own and (share := sum(word in words for word in own) / len(own)) >= NAMED:
            shares[value] = share
    return sorted(shares, key=lambda value: -shares[value])[:SHOWN]


def _values(database: Database, table: Table, column: Column) -> list[str]:
    try:
        return database.values(table["name"], column["name"])
    except QueryError:  # a huge table: it took too long
        return []


def describe_tables(tables: Iterable[Table], *, columns: int = MOST_COLUMNS_NAMED) -> str:
    """Return one line a table, ready for a prompt, with quotes where SQL needs them.

    For example `sales(region VARCHAR e.g. North, amount DOUBLE e.g. 120.5)  -- sales.csv, 24 rows`.
    """
    return "\n".join(_describe(table, columns) for table in tables)


@tool(effect="read", timeout=30, result="content_and_artifact")
def query_tables(sql: str) -> tuple[str, dict[str, Any]]:
    """Ask the tables of the folder (CSV, TSV, Excel, Parquet, JSON) by one SQL query.

    Counts, sums, averages and comparisons over rows are done exactly. Only reading is allowed.

    Args:
        sql: one DuckDB SELECT statement, for example
            SELECT region, SUM(amount) FROM sales GROUP BY region
    """
    folder = current().folder
    if folder is None:
        raise ToolFailure(NO_FOLDER)
    opened = current().opened("tables", lambda: OpenTables(Folder(folder)))
    database = opened.fresh()
    if not database.tables:
        raise ToolFailure(f"the folder holds no tables{_unread(database, ' (', ')')}")
    try:
        answer = database.query(sql.strip(), most=MOST_ROWS)
    except QueryError as error:
        raise ToolFailure(_repair(str(error), sql, database)) from error
    return _answer_text(answer, sql, database), {
        "status": "ok",
        "columns": answer.columns,
        "rows": [[plain(value) for value in row] for row in answer.rows],
        "count": answer.count,
    }


def _state(folder: Folder) -> tuple[tuple[str, int, int], ...]:
    found: list[tuple[str, int, int]] = []
    for info in folder.files():
        if info["kind"] == "table":
            try:
                about = (folder.root / info["path"]).stat()
            except OSError:  # gone since it was listed
                continue
            found.append((info["path"], about.st_mtime_ns, about.st_size))
    return tuple(found)


def _describe(table: Table, most: int) -> str:
    shown = [_column(column) for column in table["columns"][:most]]
    if len(table["columns"]) > most:
        shown.append(f"and {len(table['columns']) - most} more columns")
    rows = f"{table['rows']:,} row{'' if table['rows'] == 1 else 's'}"
    return f"{sql_text(table['name'])}({', '.join(shown)})  -- {table['file']}, {rows}"


def _column(column: Column) -> str:
    text = f"{sql_text(column['name'])} {clip(column['type'], 60)}"
    return f"{text} e.g. {column['examples'][0]}" if column["examples"] else text


def _answer_text(answer: Answer, sql: str, database: Database) -> str:
    unread = _unread(database, "\n(", ")")
    if not answer.rows:
        return f"no row matches{_existing_values(sql, database)}{unread}"
    text, shown = grid(answer.columns, answer.rows)
    count = f"more than {answer.count:,}" if answer.more else f"{answer.count:,}"
    if answer.count > 1:
        part = f"first {shown} of " if shown < answer.count else ""
        text += f"\n({part}{count} rows)"
    nothing = answer.count == 1 and all(value in (None, 0) for value in answer.rows[0])
    hint = _existing_values(sql, database) if nothing else ""
    return f"{text}\n(perhaps no row matched{hint}){unread}" if hint else f"{text}{unread}"


def _existing_values(sql: str, database: Database) -> str:
    """Return values that the text columns of the query hold, the closest to its strings first."""
    strings = [text.replace("''", "'") for text in _STRING.findall(sql)]
    if not strings:
        return ""
    words = _words_of(_STRING.sub("''", sql))
    lines: list[str] = []
    for table in database.tables:
        for column in table["columns"]:
            named = table["name"].lower() in words and column["name"].lower() in words
            if not named or column["type"] != "VARCHAR" or len(lines) >= 4:
                continue
            values = _closest_values(database.values(table["name"], column["name"]), strings)
            lines.append(f"{sql_text(column['name'])} holds: {', '.join(values)}")
    return "; " + "; ".join(lines) if lines else ""


def _closest_values(values: list[str], strings: list[str]) -> list[str]:
    def likeness(value: str) -> float:
        folded = value.casefold()[:200]
        ratios = (
            difflib.SequenceMatcher(None, text.casefold().strip("%"), folded).ratio()
            for text in strings[:5]
        )
        return max(ratios)

    best = sorted(values, key=likeness, reverse=True)[:MOST_VALUES]
    shown = [repr(clip(value, 40)) for value in best]
    return shown if len(values) <= MOST_VALUES else [*shown, f"… ({len(values)} values)"]


def _repair(why: str, sql: str, database: Database) -> str:
    unknown = _UNKNOWN.search(why)
    names = [table["name"] for table in database.tables]
    columns = [column["name"] for table in database.tables for column in table["columns"]]
    lines = [why]
    if unknown is not None:
        near = difflib.get_close_matches(unknown.group(1).lower(), {*names, *columns}, 4, 0.5)
        if near:
            lines.append(f"closest names: {', '.join(map(sql_text, near))}")
    words = _words_of(sql)
    wanted = unknown.group(1) if unknown else " ".join(words)
    order = [name for name in names if name in words]
    order += [name for name in closest(wanted, names, len(names)) if name not in order]
    by_name = {table["name"]: table for table in database.tables}
    lines.append("tables there are:")
    lines.append(describe_tables(by_name[name] for name in order[:MOST_TABLES_NAMED]))
    if len(order) > MOST_TABLES_NAMED:
        lines.append(f"and {len(order) - MOST_TABLES_NAMED} more tables")
    return "\n".join(lines) + _unread(database, "\n(", ")")


def _words_of(sql: str) -> set[str]:
    return {word.strip('"').replace('""', '"').lower() for word in _WORDS.findall(sql)}


def _unread(database: Database, before: str, after: str) -> str:
    """Return which files could not be read and why, or nothing when all were."""
    if not database.failures:
        return ""
    shown = [f"{path}: {why}" for path, why in list(database.failures.items())[:3]]
    more = len(database.failures) - len(shown)
    return f"{before}not read: {'; '.join(shown)}{f'; and {more} more' if more else ''}{after}"
