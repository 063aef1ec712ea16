"""Word documents (.docx): paragraphs, headings and tables, in the order of the page.

What it does not know: pages (Word lays them out when it shows them), footnotes and drawings.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from cogitate.errors import UnavailableError
from cogitate.memory.documents.clean import prose
from cogitate.memory.documents.document import CannotRead, Form, Part

MOST_UNPACKED = 500_000_000
"""Most bytes that a file may unpack to: a small one can be made to fill the memory."""
_HEADING = re.compile(r"(?:heading|标题|überschrift|titre|título|titolo)\s*(\d)", re.IGNORECASE)
Line = tuple[int, str, Form]
"""Level of the heading (0: no heading), text, form."""


def word_parts(data: bytes) -> tuple[str, list[Part]]:
    """Return the title and the sections of a Word document.

    Raises:
        CannotRead: it is broken or holds no text.
        UnavailableError: the extra `docs` is not installed.
    """
    try:
        import docx
    except ImportError as error:
        raise UnavailableError(
            'reading Word needs "python-docx", which is not installed; pip install "cogitate[docs]"'
        ) from error
    _check_size(data)
    try:
        file = docx.Document(io.BytesIO(data))
        title = " ".join((file.core_properties.title or "").split())
        lines = list(_lines(file))
    except Exception as error:  # a broken file may raise anything in the reader
        what = " ".join(f"{type(error).__name__}: {error}".split())[:120]
        raise CannotRead(f"a broken Word document ({what}); save it again") from error
    parts = _parts(lines)
    if not any(part.text.strip() for part in parts):
        raise CannotRead("the Word document holds no text")
    return title or next((text for level, text, _ in lines if level), ""), parts


def _check_size(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as pack:
            size = sum(each.file_size for each in pack.infolist())
    except Exception as error:  # besides BadZipFile, odd versions and names raise others
        raise CannotRead("a broken Word document (no zip archive); save it again") from error
    if size > MOST_UNPACKED:
        raise CannotRead(f"it unpacks to {size / 1e6:,.0f} MB; at most 500 MB are read")


def _lines(file: Any) -> Iterator[Line]:
    for block in file.iter_inner_content():
        if hasattr(block, "rows"):
            yield from _rows(block)
            continue
        text = " ".join(block.text.split())
        if text:
            yield _level(block), text, "prose"


def _rows(table: Any) -> Iterator[Line]:
    for row in table.rows:
        cells: list[str] = []
        last = None
        for cell in row.cells:
            # A cell that spans several columns is given once for each of them.
            if cell._tc is not last:
                cells.append(" ".join(cell.text.split()))
            last = cell._tc
        if any(cells):
            yield 0, " | ".join(cells), "lines"


def _level(paragraph: Any) -> int:
    name = (paragraph.style.name if paragraph.style is not None else None) or ""
    if name == "Title":
        return 1
    found = _HEADING.match(name)
    return int(found[1]) + 1 if found else 0


def _parts(lines: list[Line]) -> list[Part]:
    parts: list[Part] = []
    path: list[tuple[int, str]] = []
    held: list[str] = []
    number, before = 1, "prose"

    def close(form: Form) -> None:
        nonlocal number
        if held:
            text = "".join(held)
            headings = tuple(said for _, said in path)
            parts.append(Part(text=text, headings=headings, line=number, form=form))
            number += text.count("\n")
            held.clear()

    for level, said, form in lines:
        if level or form != before:
            close("lines" if before == "lines" else "prose")
        before = form
        if level:
            path = [*(each for each in path if each[0] < level), (level, said)]
        held.append(prose(said) + ("\n\n" if form == "prose" else "\n"))
    close("lines" if before == "lines" else "prose")
    return parts
