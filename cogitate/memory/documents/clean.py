"""Makes text as it came from a file fit for reading and search, without moving its lines.

Every function but `unwrapped` and `without_repeated` keeps the number of lines, so that line
numbers stay those of the file. What it does not know: formats, and which text is code.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from cogitate.words import CJK

REPEATED_SHARE = 0.6
"""On how many of the pages a line must stand to be a header or a footer."""
FEWEST_PAGES = 3
EDGE_LINES = 3
"""How many lines at the top and at the bottom of a page may be header or footer."""
FULL_LINE = 0.7
"""A line at least this long, as a share of the page's longest, may go on in the next one."""

_LIGATURES = str.maketrans({
    "\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl",
    "\ufb05": "st", "\ufb06": "st",
    "\u00ad": None, "\u200b": None, "\u2060": None, "\ufeff": None, "\u00a0": " ", "\u202f": " ",
    "\u2028": " ", "\u2029": " ", "\x0b": " ", "\x0c": " ", "\x85": " ",
})  # fmt: skip
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_LINE_ENDS = re.compile(r"\r\n?")
_TRAILING = re.compile(r"[ \t\u3000]+$", re.MULTILINE)
_LEADING_WIDE = re.compile(r"^[ \t]*\u3000[ \t\u3000]*", re.MULTILINE)
_RUNS = re.compile(r"(?<=\S)[ \t\u3000]{2,}(?=\S)|(?<=\S)\t(?=\S)")
_HYPHENATED = re.compile(r"(?<![\w-])([^\W\d_]{2,})-\n[ \t]*([^\W\d_A-Z]{2,})([,.;:!?)\]]*)[ \t]*")
_WITH_HYPHEN = re.compile(r"(?<![\w-])[^\W\d_]+-[^\W\d_]+")
_ENDS_SENTENCE = re.compile(r"[.!?。！？…:：;；][\"'”’」』）)\]]*$")
_STARTS_ANEW = re.compile(r"\s*(?:[-*•·▪–]\s|\(?\d{1,3}[.)、]|[一二三四五六七八九十]+、|\|)")
_WIDE_END = re.compile(rf"[{CJK}，、；：）」』”]$")
_WIDE_START = re.compile(rf"[{CJK}，、；：（「『“]")


def tidy(text: str) -> str:
    """Return `text` in NFC, with line ends of one kind and no characters that show nothing."""
    text = _LINE_ENDS.sub("\n", text)
    if text.isascii():
        return _CONTROLS.sub("", text.replace("\x0b", " ").replace("\x0c", " "))
    return _CONTROLS.sub("", unicodedata.normalize("NFC", text.translate(_LIGATURES)))


def prose(text: str) -> str:
    """Return `text` with single spaces inside lines and words that line ends cut made whole.

    The rest of a cut word moves up; the line end stays, after it. A word that stands with its
    hyphen elsewhere in the text keeps it.
    """
    text = _RUNS.sub(" ", _LEADING_WIDE.sub("", _TRAILING.sub("", tidy(text))))
    if "-\n" not in text:
        return text
    with_hyphen = {word.casefold() for word in _WITH_HYPHEN.findall(text)}

    def whole(match: re.Match[str]) -> str:
        first, second, marks = match.groups()
        hyphen = "-" if f"{first}-{second}".casefold() in with_hyphen else ""
        return f"{first}{hyphen}{second}{marks}\n"

    return _HYPHENATED.sub(whole, text)


def verbatim(text: str) -> str:
    """Return code or rows with nothing changed but line ends, marks and trailing spaces."""
    return _TRAILING.sub("", tidy(text))


def unwrapped(text: str) -> str:
    """Return a page's prose with the lines of a paragraph joined. Lines are not kept."""
    lines = [line.strip() for line in prose(text).split("\n")]
    longest = max(map(_width, lines), default=0)
    joined: list[str] = []
    before = ""
    for line in lines:
        if joined and _goes_on(before, line, longest):
            wide = _WIDE_END.search(joined[-1]) and _WIDE_START.match(line)
            joined[-1] += line if wide else f" {line}"
        else:
            joined.append(line)
        before = line
    return "\n".join(joined)


def without_repeated(pages: Sequence[str]) -> list[str]:
    """Return the pages without the headers and footers that stand on at least 60 % of them.

    Only the outer lines of a page are looked at, and numbers in them may differ.
    """
    if len(pages) < FEWEST_PAGES:
        return list(pages)
    split = [page.split("\n") for page in pages]
    edges = [_edges(lines) for lines in split]
    spread = Counter(
        shape for lines, at in zip(split, edges, strict=True) for shape in _shapes(lines, at)
    )
    most = {shape for shape, count in spread.items() if count >= REPEATED_SHARE * len(pages)}
    return [
        "\n".join(line for i, line in enumerate(lines) if i not in at or _shape(line) not in most)
        for lines, at in zip(split, edges, strict=True)
    ]


def _edges(lines: Sequence[str]) -> set[int]:
    filled = [index for index, line in enumerate(lines) if line.strip()]
    return {*filled[:EDGE_LINES], *filled[-EDGE_LINES:]}


def _shapes(lines: Sequence[str], at: set[int]) -> set[str]:
    return {_shape(lines[index]) for index in at}


def _shape(line: str) -> str:
    return re.sub(r"\d+", "#", " ".join(line.split())).casefold()


def _width(line: str) -> int:
    return len(line) + len(re.findall(f"[{CJK}]", line))


def _goes_on(before: str, line: str, longest: int) -> bool:
    if not before or not line or "|" in before or _STARTS_ANEW.match(line):
        return False
    return _width(before) >= FULL_LINE * longest and not _ENDS_SENTENCE.search(before)
