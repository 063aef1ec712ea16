"""Cells of text made into typed columns: which row is the header, and what a column holds.

A column becomes numbers, dates, times or booleans only when every non-empty cell of it parses;
otherwise it stays text as it was written. Codes with leading zeros stay text. "12%" becomes 12.
A date such as 03/04/2024 is read month first, unless the column or its file says otherwise.
What it does not know: SQL engines and files (database.py, sheets.py).
"""

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

Row = list[str]
BLANKS = frozenset({"", "na", "n/a", "#n/a", "null", "none", "nan", "-", "--", "—", "–"})
"""What counts as an empty cell in a column of numbers, dates or booleans, in lower case."""
CURRENCIES = "$€£¥￥₹₩元"

_WHOLE = re.compile(r"[-+]?(0|[1-9]\d{0,17})").fullmatch
_NUMBER = re.compile(r"[-+]?(?:(?:0|[1-9]\d{0,17})(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,2})?").fullmatch
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?:0|[1-9]\d{0,17})?(?:\.\d+)?").fullmatch
_COMMA_POINT = re.compile(r"[-+]?(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?").fullmatch
_DRESS = re.compile(
    rf"(?P<open>\()?(?P<sign>[-+])?\s*(?P<front>[{CURRENCIES}])?\s*(?P<inner>[-+])?"
    rf"(?P<digits>[\d.,]*\d)\s*(?P<back>[{CURRENCIES}%])?(?P<close>\))?"
).fullmatch
_DATE_LIKE = re.compile(r"(?=.*\d).{6,20}").fullmatch
_TIME = re.compile(
    r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})[ T](\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,6})?)?(Z|\+00:?00)?"
).fullmatch
_YEAR = re.compile(r"(19|20)\d\d").fullmatch

DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%d.%m.%Y", "%d %b %Y", "%d %B %Y")
DATES_BY_MONTH = ("%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y")


@dataclass(frozen=True, kw_only=True)
class TypedColumn:
    """One column: its name, its SQL type, and its cells as text that casts to the type."""

    name: str
    type: str
    cells: list[str | None]


def csv_rows(text: str, ending: str = ".csv") -> tuple[list[Row], str]:
    """Return the rows of delimited `text` and the delimiter that it uses."""
    delimiter = _delimiter(text, ending)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)), delimiter


def _delimiter(text: str, ending: str) -> str:
    head = "\n".join(text[:65_536].split("\n")[:30])
    best, best_score = "\t" if ending == ".tsv" else ",", 0.0
    for delimiter in dict.fromkeys([best, ",", ";", "\t", "|"]):
        try:
            reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
            widths = Counter(len(row) for row in reader if row)
        except csv.Error:
            continue
        width, rows = max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
        score = 0.0 if width < 2 else rows / widths.total() + min(width, 50) / 1_000
        if score > best_score + 1e-9:
            best, best_score = delimiter, score
    return best


def typed_columns(rows: list[Row], *, delimiter: str = ",") -> list[TypedColumn]:
    """Return the columns of a sheet: blank edges and title lines dropped, header found.

    An empty list means that the sheet holds nothing.
    """
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        return []
    filled = [sum(1 for cell in row if cell.strip()) for row in rows[:200]]
    usual = Counter(filled).most_common(1)[0][0]
    # Lines such as "Report for May" above a table fill fewer cells than its rows do.
    first = next((i for i, n in enumerate(filled) if 2 * n >= usual and (n > 1 or usual < 3)), 0)
    rows = rows[first:]
    width = max(len(row) for row in rows)
    rows = [row + [""] * (width - len(row)) for row in rows]
    names, body = (rows[0], rows[1:]) if _is_header(rows) else ([""] * width, rows)
    columns = list(zip(*body, strict=True)) if body else [()] * width
    kept = [i for i in range(width) if names[i].strip() or any(columns[i])]
    labels = unique_names([names[i] or f"column{i + 1}" for i in kept])
    return [
        _typed(label, [cell.strip() for cell in columns[i]], delimiter)
        for label, i in zip(labels, kept, strict=True)
    ]


def _is_header(rows: list[Row]) -> bool:
    first = [cell.strip() for cell in rows[0] if cell.strip()]
    values = sum(1 for cell in first if _is_value(cell) and not _YEAR(cell))
    return values == 0 or (len(rows) > 1 and 2 * values < len(first))


def _is_value(cell: str) -> bool:
    if not any(character.isdigit() for character in cell):
        return False
    return bool(_DRESS(cell)) or _time(cell) is not None or _date_format([cell], ",") is not None


def unique_names(names: list[str]) -> list[str]:
    """Return `names` cleaned, with repeated ones (SQL ignores case) numbered from 2."""
    found: list[str] = []
    taken: set[str] = set()
    for name in names:
        clean = " ".join(unicodedata.normalize("NFC", name).replace('"', "'").split())[:120]
        label, number = clean or "column", 1
        while label.casefold() in taken:
            number += 1
            label = f"{clean}_{number}"
        taken.add(label.casefold())
        found.append(label)
    return found


def _typed(name: str, cells: list[str], delimiter: str) -> TypedColumn:
    values = [cell for cell in cells if cell.lower() not in BLANKS]
    made = _converter(values, delimiter) if values else None
    if made is None:
        return TypedColumn(name=name, type="VARCHAR", cells=[cell or None for cell in cells])
    kind, convert = made
    typed = [None if cell.lower() in BLANKS else convert(cell) for cell in cells]
    return TypedColumn(name=name, type=kind, cells=typed)


def _converter(values: list[str], delimiter: str) -> tuple[str, Callable[[str], str | None]] | None:
    """Return the SQL type that all of `values` parse as and the way there; None for text."""
    if all(map(_WHOLE, values)):
        return "BIGINT", str
    if all(map(_NUMBER, values)):
        return "DOUBLE", str
    if {value.lower() for value in values[:100]} <= {"true", "false"}:
        whole = all(value.lower() in ("true", "false") for value in values)
        return ("BOOLEAN", str.lower) if whole else None
    if _dressed(values):
        return _number_type(values, _undress), _undress
    if delimiter == ";" and all(map(_COMMA_POINT, values)):
        return "DOUBLE", lambda value: value.replace(".", "").replace(",", ".")
    return _moment(values, delimiter)


def _dressed(values: list[str]) -> bool:
    """Return whether all are numbers with thousands separators, one currency or percent."""
    signs: set[str] = set()
    for value in values:
        match = _DRESS(value)
        if match is None or bool(match["open"]) != bool(match["close"]):
            return False
        if not match["digits"] or not _GROUPED(match["digits"]):
            return False
        signs.update(sign.replace("￥", "¥") for sign in (match["front"], match["back"]) if sign)
    return len(signs) <= 1


def _undress(value: str) -> str:
    match = _DRESS(value)
    digits = match["digits"].replace(",", "") if match else value
    minus = match and (match["open"] or "-" in (match["sign"], match["inner"]))
    return f"-{digits}" if minus else digits


def _number_type(values: list[str], plain: Callable[[str], str]) -> str:
    return "BIGINT" if all(_WHOLE(plain(value)) for value in values) else "DOUBLE"


def _moment(values: list[str], delimiter: str) -> tuple[str, Callable[[str], str | None]] | None:
    if not all(map(_DATE_LIKE, values[:100])):
        return None
    distinct = list(dict.fromkeys(values))
    pattern = _date_format(distinct, delimiter)
    if pattern is not None:
        dates = {value: datetime.strptime(value, pattern).date().isoformat() for value in distinct}
        return "DATE", dates.get
    times = {value: _time(value) for value in distinct}
    if all(times.values()):
        whole_days = all(time and time.endswith("00:00:00") for time in times.values())
        return "DATE" if whole_days else "TIMESTAMP", times.get
    return None


def _date_format(values: list[str], delimiter: str) -> str | None:
    formats = [*DATES, *DATES_BY_MONTH]
    if delimiter == ";":  # a decimal comma's neighbours write the day first
        formats.remove("%d/%m/%Y")
        formats.insert(0, "%d/%m/%Y")
    for pattern in formats:
        if all(_parses(value, pattern) for value in values):
            return pattern
    return None


def _parses(value: str, pattern: str) -> bool:
    try:
        datetime.strptime(value, pattern)
    except ValueError:
        return False
    return True


def _time(value: str) -> str | None:
    """Return the moment that `value` names as ISO text; None when it names none."""
    match = _TIME(value)
    if match is None:
        return None
    year, month, day, hour, minute = (int(part) for part in match.groups()[:5])
    try:
        moment = datetime(year, month, day, hour, minute, int(match[6] or 0))
    except ValueError:
        return None
    return moment.isoformat(sep=" ") + (match[7] or "")
