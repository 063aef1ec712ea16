"""What a query says of the rows it finds: how many there are, and what the first is called.

A small model counts the different values of the column that it has fixed, and names the kind of
the dearest thing instead of the thing. Both can be seen from the query. What it does not know: the
data.
"""

import re
from collections.abc import Sequence

from cogitate.planners.ways.sql.ends import SORTED
from cogitate.values import Table
from cogitate.words import content_words

_TEXT = re.compile(r"'(?:[^']|'')*'")
_DISTINCT = re.compile(r"\bCOUNT\(\s*DISTINCT\s+(\"[^\"]+\"|\w+)\s*\)", re.IGNORECASE)
_WHERE = re.compile(r"\bWHERE\b", re.IGNORECASE)
_EITHER = re.compile(r"\bOR\b", re.IGNORECASE)
_ROW = re.compile(
    r"SELECT\s+(?P<columns>[^();]+?)\s+FROM\s+(?P<table>\"[^\"]+\"|\w+)(?!\w|\s*,)", re.IGNORECASE
)
_SEVERAL = re.compile(r"\b(JOIN|GROUP\s+BY|UNION|SELECT)\b", re.IGNORECASE)
_WHICH = re.compile(r"\b(which|what|who|whose)\b|[哪谁]|什么", re.IGNORECASE)


def counting_rows(sql: str) -> str:
    """Return a query that counts rows where it counts the values of a column that it has fixed."""
    conditions = _WHERE.split(_TEXT.sub("''", sql), maxsplit=1)[1:]
    if not conditions or _EITHER.search(conditions[0]):
        return sql

    def rows(match: re.Match[str]) -> str:
        fixed = rf"(?<![\w.]){re.escape(match[1])}\s*=\s*''"
        return "COUNT(*)" if re.search(fixed, conditions[0]) else match[0]

    return _DISTINCT.sub(rows, sql)


def naming_row(sql: str, goal: str, tables: Sequence[Table]) -> str:
    """Return a query that gives the name of the first of sorted rows, where it gives only its kind.

    The name is the first text of the table. A text that the goal names by its column is enough.
    """
    row = _ROW.match(sql)
    if row is None or not SORTED.search(sql) or not _WHICH.search(goal):
        return sql
    if _SEVERAL.search(sql, row.end()):
        return sql
    name = row["table"].strip('"').lower()
    columns = next((t["columns"] for t in tables if t["name"].lower() == name), [])
    texts = [column["name"] for column in columns if column["type"] == "VARCHAR"]
    given = {one.strip().strip('"').lower() for one in row["columns"].split(",")}
    shown, words = [text for text in texts if text.lower() in given], content_words(goal)
    asked = any(word in words for text in shown for word in content_words(text))
    if not texts or asked or texts[0] in shown or not given <= {c["name"].lower() for c in columns}:
        return sql
    at = row.start("columns")
    return f'{sql[:at]}"{texts[0]}", {sql[at:]}'


__all__ = ["counting_rows", "naming_row"]
