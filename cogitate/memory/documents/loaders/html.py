"""Web pages: what is said on them, by headings, without menus and footers.

`trafilatura` tells the article from its surroundings; where it finds next to nothing, all text
is taken. Each line keeps the line of the file that it comes from. What it does not know: what
scripts would add to a page.
"""

import re
from collections.abc import Iterator
from typing import Any

from cogitate.errors import UnavailableError
from cogitate.memory.documents.clean import prose, tidy
from cogitate.memory.documents.document import CannotRead, Form, Part
from cogitate.memory.documents.loaders.page_lines import Finder

MOST_CHARACTERS = 10_000_000
LEAST_SHARE = 0.15
"""An article that is a smaller share of the page's text is no article: take everything."""
DROPPED = frozenset("script style noscript template svg iframe object head nav form button".split())
_BLOCKS = frozenset(
    "address article aside blockquote body br dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 "
    "h6 header hr li main ol p pre section summary table tr ul td th caption".split()
)
_LEVEL = re.compile(r"h([1-6])$")
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w.:-]{2,30})", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"<\?xml[^>]{0,200}encoding=[\"']([\w.:-]{2,30})")
Line = tuple[int, str, Form]
"""Level of the heading (0: no heading), text, form."""


def declared_encoding(data: bytes) -> str:
    """Return the encoding that a page names for itself, empty when it names none."""
    found = _CHARSET.search(data[:4_096]) or _XML_ENCODING.search(data[:400])
    name = found[1].decode("ascii", "ignore").lower() if found else ""
    # Pages that say gb2312 are written in its larger successor.
    return "gb18030" if name in ("gb2312", "gbk") else name


def html_parts(text: str) -> tuple[str, list[Part]]:
    """Return the title and the sections of a page.

    Raises:
        CannotRead: it is too long, cannot be parsed or says nothing.
        UnavailableError: the extra `docs` is not installed.
    """
    if len(text) > MOST_CHARACTERS:
        raise CannotRead(
            f"a page of {len(text):,} characters; at most {MOST_CHARACTERS:,} are read: split it"
        )
    text = tidy(text)
    tree = _tree(text)
    every = list(_all_lines(tree))
    lines = list(_article_lines(text))
    if _size(lines) < LEAST_SHARE * _size(every):
        lines = every
    if not _size(lines):
        raise CannotRead("the page holds no text; scripts may write it in a browser")
    title = " ".join("".join(tree.xpath("//head/title[1]//text()")).split())
    return title or next((said for level, said, _ in lines if level), ""), _parts(lines, text)


def _tree(text: str) -> Any:
    try:
        import lxml.html
    except ImportError as error:
        raise _missing("lxml") from error
    try:
        # Bytes, because lxml refuses text that names its own encoding.
        parser = lxml.html.HTMLParser(encoding="utf-8")
        return lxml.html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (ValueError, AssertionError, lxml.etree.LxmlError) as error:
        raise CannotRead(f"the page cannot be parsed ({error})") from error


def _missing(name: str) -> UnavailableError:
    return UnavailableError(
        f'reading web pages needs {name!r}, which is not installed; pip install "cogitate[docs]"'
    )


def _size(lines: list[Line]) -> int:
    return sum(len(said) for _, said, _ in lines)


def _article_lines(text: str) -> Iterator[Line]:
    try:
        import trafilatura
    except ImportError as error:
        raise _missing("trafilatura") from error
    found = trafilatura.bare_extraction(
        text, include_tables=True, include_comments=False, favor_recall=True
    )
    body = getattr(found, "body", None)
    if body is None:
        return
    for node in body:
        yield from _node_lines(node)


def _node_lines(node: Any) -> Iterator[Line]:
    if node.tag == "table":
        for row in node.iter("row"):
            cells = [" ".join("".join(cell.itertext()).split()) for cell in row.iter("cell")]
            yield 0, " | ".join(cells), "lines"
    elif node.tag == "list":
        for item in node.iter("item"):
            yield 0, "- " + " ".join("".join(item.itertext()).split()), "prose"
    elif node.tag in ("quote", "code") and "\n" in (said := "".join(node.itertext()).strip("\n")):
        yield from ((0, line.rstrip(), "lines") for line in said.split("\n"))
    else:
        level = _LEVEL.match(node.get("rend") or "") if node.tag == "head" else None
        yield from (
            (int(level[1]) if level else 0, " ".join(line.split()), "prose")
            for line in _broken(node).split("\n")
        )
    if node.tail and node.tail.strip():
        yield 0, " ".join(node.tail.split()), "prose"


def _broken(node: Any) -> str:
    """Return the text of a paragraph with its line breaks."""
    said = [" ".join((node.text or "").split(" "))]
    for child in node:
        said += ["\n"] if child.tag == "lb" else [_broken(child).replace("\n", " ")]
        said.append((child.tail or "").replace("\n", " "))
    return "".join(said).replace("\r", " ")


def _all_lines(tree: Any) -> Iterator[Line]:
    """Yield all that a page says, block by block."""
    said: list[str] = []
    level = 0
    for is_end, node in _walk(tree):
        if node.tag in _BLOCKS:
            text = " ".join("".join(said).split())
            if text:
                yield level, text, "prose"
            said, heading = [], _LEVEL.match(node.tag)
            level = int(heading[1]) if heading and not is_end else 0
        said.append((node.tail if is_end else node.text) or "")
    if text := " ".join("".join(said).split()):
        yield level, text, "prose"


def _walk(tree: Any) -> Iterator[tuple[bool, Any]]:
    """Yield the elements as they begin and as they end, without those that are not read."""
    todo = [(False, tree)]
    while todo:
        is_end, node = todo.pop()
        if not isinstance(node.tag, str) or node.tag in DROPPED:
            # What follows a comment or a script still belongs to the text around it.
            yield True, _Tail(node.tail)
            continue
        yield is_end, node
        if not is_end:
            todo.append((True, node))
            todo += [(False, child) for child in reversed(list(node))]


class _Tail:
    """The text after an element that is not read."""

    tag = ""
    text = ""

    def __init__(self, tail: str | None) -> None:
        self.tail = tail


def _parts(lines: list[Line], source: str) -> list[Part]:
    finder = Finder(source)
    parts: list[Part] = []
    path: list[tuple[int, str]] = []
    held: list[str] = []
    numbers: list[tuple[int, int]] = []
    before: Form = "prose"

    def close() -> None:
        if held:
            headings = tuple(said for _, said in path)
            text, places = "".join(held), tuple(numbers)
            parts.append(Part(text=text, headings=headings, form=before, numbers=places))
        held.clear()
        numbers.clear()

    for level, said, form in lines:
        if not said.strip():
            continue
        if level or form != before:
            close()
        before = form
        if level:
            path = [*(each for each in path if each[0] < level), (level, said)]
        place = finder.lines(said)
        held.append((prose(said) if form == "prose" else said) + "\n")
        numbers.append(place)
        if form == "prose":
            held.append("\n")
            numbers.append(place)
    close()
    return parts
