"""The rows of an Excel file (.xlsx), read with the standard library.

It knows strings, numbers, booleans and dates (by the number format), as they were saved.
What it does not know: formulas (it reads their saved results), .xls files and passwords.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

MOST_PART = 200_000_000
"""Most bytes of one part of the file when it is unpacked."""
MOST_CELLS = 1_000_000
MOST_COLUMNS = 1_000
LAST_DAY = 2_958_465
"""Excel's number for 31 December 9999."""
DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
"""Excel's built-in number formats that show a date or a time (ECMA-376, 18.8.30)."""


class SheetError(ValueError):
    """Raised when a file is no readable .xlsx file; says what is wrong with it."""


def sheets(path: Path) -> dict[str, list[list[str]]]:
    """Return the rows of each sheet of `path` by its name, every cell as text.

    Raises:
        SheetError: the file is broken, protected or too large.
    """
    try:
        with zipfile.ZipFile(path) as book:
            strings = [_text(item) for item in _items(book, "xl/sharedStrings.xml", "si")]
            dates = _date_styles(book)
            epoch = _epoch(book)
            return {name: _rows(book, part, strings, dates, epoch) for name, part in _parts(book)}
    except SheetError:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        ElementTree.ParseError,
        RuntimeError,
        EOFError,
    ) as error:
        raise SheetError(f"not a readable .xlsx file ({error})") from error
    except (KeyError, IndexError, ValueError, OverflowError) as error:
        raise SheetError(f"a damaged .xlsx file ({error})") from error


def _open(book: zipfile.ZipFile, part: str) -> IO[bytes]:
    if book.getinfo(part).file_size > MOST_PART:
        raise SheetError(f"{part} unpacks to more than {MOST_PART // 1_000_000} MB")
    return book.open(part)


def _items(book: zipfile.ZipFile, part: str, tag: str) -> Iterator[ElementTree.Element]:
    """Yield the elements called `tag` of a part, one at a time; none when it is not there."""
    if part not in book.namelist():
        return
    with _open(book, part) as file:
        for _, element in ElementTree.iterparse(file):
            if _tag(element) == tag:
                yield element
                element.clear()


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rsplit("}", 1)[-1]


def _text(element: ElementTree.Element) -> str:
    """Return all text in `element`, less the pronunciation marks of Asian text."""
    if _tag(element) == "rPh":
        return ""
    own = element.text or "" if _tag(element) == "t" else ""
    return own + "".join(_text(child) for child in element)


def _parts(book: zipfile.ZipFile) -> list[tuple[str, str]]:
    """Return the name of each sheet and the part that holds it, in the order of the tabs."""
    targets = {
        item.get("Id", ""): item.get("Target", "")
        for item in _items(book, "xl/_rels/workbook.xml.rels", "Relationship")
    }
    found: list[tuple[str, str]] = []
    for item in _items(book, "xl/workbook.xml", "sheet"):
        link = next((value for key, value in item.items() if key.endswith("}id")), "")
        target = targets.get(link, "")
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if part in book.namelist() and "worksheets/" in part:
            found.append((item.get("name", "sheet"), part))
    if not found:
        raise SheetError("it holds no sheets")
    return found


def _epoch(book: zipfile.ZipFile) -> datetime:
    old_mac = any(
        item.get("date1904") in ("1", "true")
        for item in _items(book, "xl/workbook.xml", "workbookPr")
    )
    return datetime(1904, 1, 1) if old_mac else datetime(1899, 12, 30)


def _date_styles(book: zipfile.ZipFile) -> set[int]:
    """Return the numbers of the cell styles that show a date."""
    custom = {
        int(item.get("numFmtId", 0))
        for item in _items(book, "xl/styles.xml", "numFmt")
        if re.search(r"[ymdhs]", re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", item.get("formatCode", "")))
    }
    for formats in _items(book, "xl/styles.xml", "cellXfs"):
        numbers = [int(item.get("numFmtId", 0)) for item in formats]
        return {i for i, number in enumerate(numbers) if number in DATE_FORMATS | custom}
    return set()


def _rows(
    book: zipfile.ZipFile, part: str, strings: list[str], dates: set[int], epoch: datetime
) -> list[list[str]]:
    rows: list[list[str]] = []
    count = 0
    for row in _items(book, part, "row"):
        count += len(row)
        if count > MOST_CELLS:
            raise SheetError(f"more than {MOST_CELLS:,} cells")
        cells: list[str] = []
        for cell in row:
            place = _column(cell.get("r", ""), len(cells))
            if place >= MOST_COLUMNS:
                continue
            cells += [""] * (place - len(cells))
            cells.append(_cell(cell, strings, dates, epoch))
        rows.append(cells)
    return rows


def _column(reference: str, following: int) -> int:
    """Return the place of a cell such as "AB12", from 0."""
    letters = re.match(r"[A-Z]{1,3}", reference)
    if letters is None:
        return following
    place = 0
    for letter in letters.group():
        place = place * 26 + ord(letter) - 64
    return place - 1


def _cell(cell: ElementTree.Element, strings: list[str], dates: set[int], epoch: datetime) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return _text(cell)
    value = next((child.text or "" for child in cell if _tag(child) == "v"), "")
    if kind == "s" and value:
        return strings[int(value)]
    if kind == "b":
        return "true" if value == "1" else "false"
    if kind == "e":
        return ""
    if kind != "n" or not value:
        return value
    number = float(value)
    if int(cell.get("s", 0)) in dates and 0 <= number <= LAST_DAY:
        return _moment(number, epoch)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def _moment(number: float, epoch: datetime) -> str:
    moment = epoch + timedelta(seconds=round(number * 86_400))
    if number < 1:  # a time of day
        return moment.strftime("%H:%M:%S")
    return moment.strftime("%Y-%m-%d" if number.is_integer() else "%Y-%m-%d %H:%M:%S")
