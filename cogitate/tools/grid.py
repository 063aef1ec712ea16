"""Rows of a query as text for a small model to read, and as plain data for a trace.

What it does not know: where the rows come from.
"""

import math
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

MOST_CELL = 120
"""Most characters of a cell among several rows."""
MOST_SINGLE = 1_000
"""Most characters of a cell of a single row."""
MOST_TEXT = 6_000
"""Most characters of a grid; rows beyond it are left out and counted."""
MOST_PLAIN = 2_000


def number_text(value: float) -> str:
    """Return `value` without the noise of binary fractions, and without an exponent if it can.

    A number that needs at most six decimals is written in full; others are rounded to about
    six digits, with at least two decimals.
    """
    if not math.isfinite(value):
        return str(value)
    size = abs(value)
    if size >= 1e15 or 0 < size < 1e-6:
        return f"{value:.6g}"
    if value == round(value, 6) and size >= 1:
        return f"{value:.6f}".rstrip("0").rstrip(".")
    digits = math.floor(math.log10(size)) + 1 if size else 1
    text = f"{value:.{max(2, 6 - digits)}f}"
    return text.rstrip("0").rstrip(".")


def cell_text(value: Any) -> str:
    """Return one cell as text, NULL for nothing."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | Decimal):
        return number_text(float(value))
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.isoformat(sep=" ")
    if isinstance(value, dict | list | tuple):
        return str(plain(value))
    return str(plain(value))


def plain(value: Any) -> Any:
    """Return `value` as JSON can hold it; long texts are clipped."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float | Decimal):
        number = float(value)
        return number if math.isfinite(number) else str(number)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, timedelta | str):
        return clip(str(value), MOST_PLAIN)
    if isinstance(value, bytes):
        return value[:100].hex()
    return clip(str(value), MOST_PLAIN)


def clip(text: str, most: int) -> str:
    """Return `text`, or its beginning and an ellipsis when it has more than `most` characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def grid(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> tuple[str, int]:
    """Return the rows as text, and how many of them it shows.

    One row is written as "column: value" lines, several as aligned columns.
    """
    if len(rows) == 1:
        cells = [clip(_one_line(cell_text(value)), MOST_SINGLE) for value in rows[0]]
        lines = [f"{name}: {cell}" for name, cell in zip(columns, cells, strict=True)]
        return clip("\n".join(lines), MOST_TEXT), 1
    table = [[_one_line(name) for name in columns]]
    table += [[clip(_one_line(cell_text(value)), MOST_CELL) for value in row] for row in rows]
    widths = [max(_width(row[i]) for row in table) for i in range(len(columns))]
    lines, size = [], 0
    for row in table:
        padded = (
            cell + " " * (wide - _width(cell)) for cell, wide in zip(row, widths, strict=True)
        )
        line = " | ".join(padded).rstrip()
        size += len(line) + 1
        if size > MOST_TEXT and len(lines) > 1:
            break
        lines.append(clip(line, MOST_TEXT))
    return "\n".join(lines), len(lines) - 1


def _one_line(text: str) -> str:
    return " ".join(text.split()) if "\n" in text or "\r" in text or "\t" in text else text


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
