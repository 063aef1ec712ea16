"""The text of a web page: title, headings, paragraphs, lists and tables, without its machinery.

What it does not know: which part of a page is the article, and what scripts would add to it.
"""

import time
from html.parser import HTMLParser

from cogitate.errors import ToolFailure

DROPPED = frozenset({"script", "style", "noscript", "template", "svg", "iframe", "object", "nav"})
BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "br", "dd", "details", "div", "dl", "dt",
    "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
    "li", "main", "ol", "p", "pre", "section", "summary", "table", "tr", "ul",
})  # fmt: skip
HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}
SECONDS = 2.0
"""Longest time for one page: broken HTML can keep a parser busy for hours."""


def html_to_text(html: str) -> tuple[str, str]:
    """Return the title and the text of a page.

    Raises:
        ToolFailure: it cannot be read in a moment, or not at all.
    """
    title, text = _read(html, DROPPED)
    # An unclosed <nav> would hide the whole page.
    return (title, text) if text else _read(html, DROPPED - {"nav"})


def _read(html: str, dropped: frozenset[str]) -> tuple[str, str]:
    reader = _Reader(dropped)
    try:
        reader.feed(html)
        reader.close()
    except (AssertionError, RecursionError) as error:
        raise ToolFailure("the page's HTML is broken and cannot be read") from error
    return " ".join("".join(reader.title).split()), _tidy("".join(reader.parts))


def _tidy(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.split("\n"))
    kept = [line.rstrip("| ") for line in lines]
    return "\n".join(line for line in kept if line.strip("#- "))


class _Reader(HTMLParser):
    """Collects text as the parser meets it."""

    def __init__(self, dropped: frozenset[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.title: list[str] = []
        self.parts: list[str] = []
        self._dropped = dropped
        self._inside = ""
        self._depth = 0
        self._in_title = False
        self._in_pre = False
        self._end = time.monotonic() + SECONDS

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._watch()
        if self._depth:
            self._depth += tag == self._inside
        elif tag in self._dropped:
            self._inside, self._depth = tag, 1
        elif tag == "title":
            self._in_title = not self.title
        elif tag in ("td", "th"):
            self.parts.append(" | " if self.parts and self.parts[-1] != "\n" else "")
        elif tag in BLOCKS:
            self._in_pre |= tag == "pre"
            mark = HEADINGS.get(tag, "-" if tag == "li" else "")
            self.parts.append(f"\n{mark} " if mark else "\n")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self._dropped:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        self._watch()
        if self._depth:
            self._depth -= tag == self._inside
        elif tag == "title":
            self._in_title = False
        elif tag in BLOCKS:
            self._in_pre &= tag != "pre"
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        self._watch()
        if self._depth:
            return
        if self._in_title:
            self.title.append(data)
        else:
            # A line break in the source is a space on the page.
            self.parts.append(data if self._in_pre else data.replace("\n", " "))

    def handle_comment(self, data: str) -> None:
        self._watch()

    def _watch(self) -> None:
        if time.monotonic() > self._end:
            raise ToolFailure("the page's HTML is too tangled to be read")
