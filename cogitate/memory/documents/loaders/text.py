"""Plain text, Markdown and reStructuredText: sections by headings, code kept verbatim.

What it does not know: the encoding (encoding.py) and how large a chunk may be (split.py).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from cogitate.memory.documents.clean import prose, verbatim
from cogitate.memory.documents.document import Form, Part

_HASHES = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_FENCE = re.compile(r"[ \t]{0,8}(`{3,}|~{3,})")
_UNDERLINE = re.compile(r"([=\-~^\"'`*+#:.])\1{2,}[ \t]*$")
_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title:[ \t]*(.+?)[ \t]*$", re.MULTILINE)
_MARKUP = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}")
_ROW = re.compile(r"[ \t]*\|.*\|[ \t]*$")
LONGEST_HEADING = 200


@dataclass
class _Sections:
    """Collects lines into parts; a new one begins at a heading and where the form changes."""

    parts: list[Part] = field(default_factory=list)
    path: list[tuple[int, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    form: Form = "prose"
    line: int = 1
    title: str = ""

    def head(self, level: int, text: str) -> None:
        self.close()
        self.path = [*(each for each in self.path if each[0] < level), (level, text)]
        if level == 1 and not self.title:
            self.title = text

    def add(self, line: str, form: Form) -> None:
        if form != self.form and self.lines:
            self.close()
        self.form = form
        self.lines.append(line)

    def close(self) -> None:
        if self.lines:
            text = "".join(self.lines)
            headings = tuple(text for _, text in self.path)
            part = Part(text=text, headings=headings, line=self.line, form=self.form)
            self.parts.append(part)
            self.line += len(self.lines)
        self.lines, self.form = [], "prose"


def plain_parts(text: str) -> list[Part]:
    """Return plain text as one part."""
    return [Part(text=prose(text))]


def markdown_parts(text: str) -> tuple[str, list[Part]]:
    """Return the title and the sections of Markdown. Fenced code and tables are verbatim."""
    text = verbatim(text)
    front = _FRONT_MATTER.match(text)
    title = _FRONT_TITLE.search(front[1]) if front else None
    sections = _Sections(title=title[1].strip("\"'") if title else "")
    fence = ""
    for line, below in _with_next(text, after=front.end() if front else 0):
        mark = _FENCE.match(line)
        if fence or mark:
            sections.add(line, "lines")
            fence = _fence_after(fence, mark[1] if mark else "", line)
            continue
        if (found := _HASHES.match(line.rstrip("\n"))) and found[2]:
            sections.head(len(found[1]), _plain(found[2]))
        elif re.fullmatch(r"(?:={3,}|-{3,})\s*", below) and _may_be_heading(line):
            sections.head(1 if below[0] == "=" else 2, _plain(line))
        sections.add(line, "lines" if _ROW.match(line) else "prose")
    sections.close()
    front_part = [Part(text=text[: front.end()], form="lines")] if front else []
    shift = text[: front.end()].count("\n") if front else 0
    return sections.title, [*front_part, *(_prose_part(part, shift) for part in sections.parts)]


def rst_parts(text: str) -> tuple[str, list[Part]]:
    """Return the title and the sections of reStructuredText: a new mark is a deeper level."""
    sections = _Sections()
    marks: list[str] = []
    for line, below in _with_next(verbatim(text)):
        under = _UNDERLINE.match(below)
        if under and _may_be_heading(line) and len(below.rstrip()) >= len(line.rstrip()):
            if under[1] not in marks:
                marks.append(under[1])
            sections.head(marks.index(under[1]) + 1, _plain(line))
        sections.add(line, "prose")
    sections.close()
    return sections.title, [_prose_part(part, 0) for part in sections.parts]


def _fence_after(fence: str, mark: str, line: str) -> str:
    """Return the open fence after a line; a fence is closed by one that is not shorter."""
    if not fence:
        return mark
    closes = mark.startswith(fence) and not line.strip().strip(mark[:1])
    return "" if closes else fence


def _prose_part(part: Part, shift: int) -> Part:
    # Indented code keeps its form because prose() leaves what stands at the start of a line.
    text = prose(part.text) if part.form == "prose" else part.text
    return Part(text=text, headings=part.headings, line=part.line + shift, form=part.form)


def _with_next(text: str, after: int = 0) -> Iterator[tuple[str, str]]:
    lines = text[after:].split("\n")
    last = len(lines) - 1
    for index, line in enumerate(lines):
        if index < last:
            yield line + "\n", lines[index + 1]
        elif line:
            yield line, ""


def _may_be_heading(line: str) -> bool:
    text = line.strip()
    if not text or len(text) > LONGEST_HEADING or text[0] in "|>":
        return False
    return not line.startswith("    ") and not _UNDERLINE.match(text)


def _plain(heading: str) -> str:
    return _MARKUP.sub(lambda match: match[1] or "", heading).strip()[:LONGEST_HEADING]
