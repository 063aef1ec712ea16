"""PDF: the text of each page, its tables as rows, its bookmarks as headings.

Lines of a paragraph are joined, running headers and footers left out. What it does not know:
text in pictures (that needs OCR), and the order of columns where the file does not tell it.
"""

import io
import logging
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cogitate.errors import UnavailableError
from cogitate.memory.documents.clean import unwrapped, without_repeated
from cogitate.memory.documents.document import CannotRead, Part

SECONDS = 120.0
"""Longest time for one file: a broken page can keep a reader busy for hours."""
FEWEST_CHARACTERS = 20
"""A page with fewer, and with a picture, is taken for a scan."""
MOST_BARE = 0.5
"""Share of scanned pages above which the file is not indexed."""
OCR = "needs OCR: its pages are pictures without text; run it through ocrmypdf, then index it again"
_GAP = re.compile(r" {3,}")
_NO_TITLE = re.compile(r"(?i)untitled|\(?anonymous\)?|microsoft word - .*|.*\.(docx?|tex|dvi|indd)")
LONGEST_CELL = 40


@dataclass(frozen=True)
class _Page:
    text: str
    bare: bool
    failed: bool = False


def pdf_parts(data: bytes) -> tuple[str, list[Part], tuple[str, ...]]:
    """Return title, pages and remarks on what could not be read.

    Raises:
        CannotRead: it is encrypted, broken, scanned, or holds no text.
        UnavailableError: the extra `docs` is not installed.
    """
    reader = _opened(data)
    pages = _pages(reader)
    bare = [number for number, page in enumerate(pages, 1) if page.bare]
    if not pages:
        raise CannotRead("the PDF has no pages")
    if len(bare) > MOST_BARE * len(pages):
        raise CannotRead(OCR)
    if not any(page.text.strip() for page in pages):
        raise CannotRead("no text could be taken from its pages")
    texts = [unwrapped(text) for text in without_repeated([page.text for page in pages])]
    failed = [number for number, page in enumerate(pages, 1) if page.failed]
    remarks = [f"{_listed(bare)} left out: pictures without text"] if bare else []
    remarks += [f"{_listed(failed)} left out: broken"] if failed else []
    return _title(reader), _parts(texts, _bookmarks(reader)), tuple(remarks)


def _opened(data: bytes) -> Any:
    try:
        import pypdf
    except ImportError as error:
        raise UnavailableError(
            'reading PDF needs "pypdf", which is not installed; pip install "cogitate[docs]"'
        ) from error
    # A library stays silent: what matters is in the reason or in the remarks.
    logging.getLogger("pypdf").addHandler(logging.NullHandler())
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        # Many files are locked against changes only, and open with an empty password.
        if reader.is_encrypted and not reader.decrypt(""):
            raise CannotRead("encrypted: it needs a password; save a copy without one")
        len(reader.pages)
    except CannotRead:
        raise
    except pypdf.errors.DependencyError as error:
        raise UnavailableError(
            'this encrypted PDF needs "cryptography"; pip install "cogitate[docs]"'
        ) from error
    except Exception as error:  # a broken file may raise anything in the reader
        raise CannotRead(f"a broken PDF ({_short(error)}); print it to PDF again") from error
    return reader


def _pages(reader: Any) -> list[_Page]:
    end = time.monotonic() + SECONDS
    pages: list[_Page] = []
    for page in reader.pages:
        if time.monotonic() > end:
            raise CannotRead(
                f"reading takes longer than {SECONDS:.0f} seconds "
                f"({len(pages)} of {len(reader.pages)} pages were read); split it"
            )
        pages.append(_page(page))
    return pages


def _page(page: Any) -> _Page:
    try:
        text = page.extract_text()
        bare = len(text.strip()) < FEWEST_CHARACTERS and _has_picture(page)
    except Exception:  # noqa: BLE001 - a broken page may raise anything; the others are kept
        return _Page(text="", bare=False, failed=True)
    return _Page(text="" if bare else _with_rows(text, page), bare=bare)


def _has_picture(page: Any) -> bool:
    resources = page.get("/Resources")
    objects = resources.get_object().get("/XObject") if resources is not None else None
    inside = objects.get_object().values() if objects is not None else ()
    return any(each.get_object().get("/Subtype") == "/Image" for each in inside)


def _with_rows(text: str, page: Any) -> str:
    """Return `text` with the cells of a table's row, one a line there, joined by bars."""
    lines = [line.strip() for line in text.split("\n")]
    short = sum(1 for line in lines if 0 < len(line) <= LONGEST_CELL)
    if short < 4:
        return text
    try:
        layout = page.extract_text(extraction_mode="layout")
    except Exception:  # noqa: BLE001 - a second look, which not every font bears; rows stay lines
        return text
    rows = [_GAP.split(line.strip()) for line in layout.split("\n")]
    return "\n".join(_joined(lines, [row for row in rows if len(row) > 1]))


def _joined(lines: list[str], rows: Sequence[list[str]]) -> list[str]:
    firsts: dict[str, list[list[str]]] = {}
    for row in rows:
        cells = [cell.strip() for cell in row]
        firsts.setdefault(cells[0], []).append(cells)
    out: list[str] = []
    at = 0
    while at < len(lines):
        row = next(
            (cells for cells in firsts.get(lines[at], ()) if lines[at : at + len(cells)] == cells),
            [lines[at]],
        )
        out.append(" | ".join(row))
        at += len(row)
    return out


def _title(reader: Any) -> str:
    try:
        title = str((reader.metadata or {}).get("/Title") or "").strip()
    except Exception:  # noqa: BLE001 - broken metadata is no reason to lose the file
        return ""
    return "" if _NO_TITLE.fullmatch(title) else " ".join(title.split())


def _bookmarks(reader: Any) -> dict[int, list[tuple[int, str]]]:
    """Return depth and text of the bookmarks, by the index of their page."""
    found: dict[int, list[tuple[int, str]]] = {}

    def collect(entries: Any, depth: int) -> None:
        for entry in entries:
            if isinstance(entry, list):
                collect(entry, depth + 1)
            else:
                page = reader.get_destination_page_number(entry)
                title = " ".join(str(entry.title).split())
                if page is not None and page >= 0 and title:
                    found.setdefault(page, []).append((depth, title))

    try:
        collect(reader.outline, 1)
    except Exception:  # noqa: BLE001 - broken bookmarks are no reason to lose the file
        return {}
    return found


def _parts(texts: Sequence[str], bookmarks: dict[int, list[tuple[int, str]]]) -> list[Part]:
    parts: list[Part] = []
    path: list[tuple[int, str]] = []
    for index, text in enumerate(texts):
        text = text.strip("\n") + "\n"
        at, line = 0, 1
        for depth, title in bookmarks.get(index, []):
            begin = _heading_at(text, title, at)
            piece = text[at : max(begin, at)]
            if piece.strip():
                parts.append(_part(piece, path, index, line))
                line += piece.count("\n")
                at = begin
            path = [*(each for each in path if each[0] < depth), (depth, title)]
        parts.append(_part(text[at:], path, index, line))
    return [part for part in parts if part.text]


def _part(text: str, path: list[tuple[int, str]], index: int, line: int) -> Part:
    headings = tuple(title for _, title in path)
    return Part(text=text, headings=headings, page=index + 1, line=line)


def _heading_at(text: str, title: str, after: int) -> int:
    """Return where the heading's line begins, or `after` when the page does not show it."""
    words = r"\s+".join(map(re.escape, title.split()))
    found = re.compile(rf"^.{{0,12}}{words}", re.MULTILINE).search(text, after)
    return found.start() if found else after


def _listed(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:10])) + (", ..." if len(numbers) > 10 else "")
    return f"page {shown}" if len(numbers) == 1 else f"pages {shown}"


def _short(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:120]
