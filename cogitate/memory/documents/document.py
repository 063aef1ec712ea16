"""What a file becomes: a document made of parts, or a reason why it was skipped.

The parts of a document tile its text: joined they are the text, so an offset means the same
everywhere. What these do not know: file formats, chunks and where they are kept.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

Format = Literal["pdf", "markdown", "html", "word", "text", "source", "table"]
Form = Literal["prose", "lines"]


@dataclass(frozen=True, kw_only=True)
class Part:
    """A stretch of a document that has one place: a section, a page or a definition."""

    text: str
    headings: tuple[str, ...] = ()
    """The headings above it, the outermost first."""
    page: int | None = None
    """Page, counted from 1; None where the format has no pages."""
    line: int = 1
    """Line of the file on which it starts; of the page's text in a PDF, of the text in Word."""
    form: Form = "prose"
    """`lines`: code, tables and rows, which are kept verbatim and cut between lines only."""
    numbers: tuple[tuple[int, int], ...] = ()
    """First and last line of the file for each line of `text`, where they do not simply follow."""


@dataclass(frozen=True, kw_only=True)
class Document:
    """The text of one file, cleaned. Offsets are those of `text`."""

    path: str
    format: Format
    title: str
    parts: tuple[Part, ...]
    sha256: str
    """Hash of the file's bytes."""
    encoding: str = ""
    remarks: tuple[str, ...] = ()
    """What could not be read although the rest was."""

    @cached_property
    def text(self) -> str:
        """The whole text."""
        return "".join(part.text for part in self.parts)


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """A file that was not read, and why, with the way out where there is one."""

    path: str
    reason: str


class CannotRead(Exception):
    """Raised inside a loader; becomes `Skipped` with its text as the reason."""


@dataclass
class Places:
    """Tells page and lines of an offset of a document's text."""

    parts: Sequence[Part]
    _starts: list[int] = field(default_factory=list)
    _breaks: dict[int, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        start = 0
        for part in self.parts:
            self._starts.append(start)
            start += len(part.text)

    def page(self, offset: int) -> int | None:
        """Return the page on which the character at `offset` stands."""
        return self.parts[self._index(offset)].page

    def lines(self, offset: int) -> tuple[int, int]:
        """Return the first and last line of the file that the character at `offset` is from."""
        index = self._index(offset)
        part = self.parts[index]
        before = bisect_right(self._line_breaks(index), offset - self._starts[index] - 1)
        if part.numbers:
            return part.numbers[min(before, len(part.numbers) - 1)]
        return part.line + before, part.line + before

    def _index(self, offset: int) -> int:
        return max(bisect_right(self._starts, offset) - 1, 0)

    def _line_breaks(self, index: int) -> list[int]:
        if index not in self._breaks:
            text, found, at = self.parts[index].text, [], -1
            while (at := text.find("\n", at + 1)) >= 0:
                found.append(at)
            # Asked in order: the parts before are not needed again.
            self._breaks = {index: found}
        return self._breaks[index]
