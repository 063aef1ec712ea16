"""What goes to stdout: answers, tables and JSON, safe for terminals and whole for pipes.

It imports nothing but the standard library, so errors can be said without loading rich.
"""

import json
import sys
import unicodedata
from collections.abc import Sequence
from typing import IO

_JOINERS = "\u200c\u200d"  # they belong to words and emoji, and cannot hide anything
_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


def visible(text: str) -> str:
    """Return `text` with control and direction characters written as escapes.

    Newlines stay; a tab becomes spaces.
    """
    text = text.replace("\r\n", "\n").replace("\t", "    ")
    return "".join(character if _harmless(character) else _escape(character) for character in text)


def _harmless(character: str) -> bool:
    if character == "\n" or character in _JOINERS:
        return True
    return unicodedata.category(character) not in _HIDDEN


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def is_utf(stream: IO[str]) -> bool:
    """Return whether `stream` can take every character."""
    return (getattr(stream, "encoding", None) or "").lower().startswith("utf")


def write_text(text: str, stream: IO[str] | None = None) -> None:
    """Write a text and a newline to stdout: as it is to a pipe, made visible to a person."""
    stream = sys.stdout if stream is None else stream
    if text:
        stream.write((visible(text) if stream.isatty() else text).rstrip("\n") + "\n")
        stream.flush()


def write_json(data: object) -> None:
    """Write one line of JSON that the encoding of stdout cannot spoil."""
    text = json.dumps(data, ensure_ascii=not is_utf(sys.stdout), default=str)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def write_table(rows: Sequence[Sequence[str]]) -> None:
    """Write rows to stdout in columns; the last column takes what room it needs."""
    cells = [[" ".join(visible(cell).split()) for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in list(zip(*cells, strict=True))[:-1]]
    for *row, last in cells:
        padded = [
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ]
        sys.stdout.write("  ".join([*padded, last]).rstrip() + "\n")


def _width(text: str) -> int:
    """Return how many columns a terminal gives to `text`; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
