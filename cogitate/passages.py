"""What search in documents gives: passages, and how the place of one is said.

Search, tool and answer share this form. It is plain data, so that a checkpoint can hold it.
What it does not know: where passages are kept and how they are found.
"""

from typing import TypedDict


class Passage(TypedDict):
    """One stretch of a document. A number is 0, and a text empty, where there is none."""

    path: str
    title: str
    section: str
    """The headings above it, the outermost first: `Money > Travel`."""
    text: str
    page: int
    """Page on which it begins, from 1."""
    last_page: int
    line: int
    """Line of the file on which it begins, from 1."""
    last_line: int
    before: str
    """What stands before it in the document, cut short."""
    after: str
    score: float
    """How well it fits what was asked, 0 to 1 for our own search."""


def place(passage: Passage, *, chinese: bool = False) -> str:
    """Return where a passage stands: `path, page 3` or `path, lines 4-9`."""
    page = _span(passage["page"], passage["last_page"])
    if page:
        kind = "pages" if "-" in page else "page"
        return (
            f"{passage['path']}，第 {page} 页" if chinese else f"{passage['path']}, {kind} {page}"
        )
    line = _span(passage["line"], passage["last_line"])
    if line:
        kind = "lines" if "-" in line else "line"
        return (
            f"{passage['path']}，第 {line} 行" if chinese else f"{passage['path']}, {kind} {line}"
        )
    return passage["path"]


def heading(passage: Passage) -> str:
    """Return title and section in one line, each heading said once."""
    names = [passage["title"], *passage["section"].split(" > ")]
    return " > ".join(dict.fromkeys(name for name in names if name))


def _span(first: int, last: int) -> str:
    if first <= 0:
        return ""
    return f"{first}-{last}" if last > first else str(first)
