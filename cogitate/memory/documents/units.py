"""The smallest stretches of text that a chunk is built of: sentences, lines, rows.

The units of a part tile it, blank space included. Sentences end at . ! ? and 。！？; lines are
cut only when one is longer than a chunk may be. What it does not know: parts and headings.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from cogitate.memory.documents.document import Form
from cogitate.words import CJK

COST_OF_TOKEN = 4
"""Costs are whole numbers: a Chinese character counts 4, any other 1; 4 make a token."""

_WIDE = re.compile(f"[{CJK}]")
_CLOSING = "\"'”’」』）)\\]】》"
_SENTENCE_END = re.compile(
    rf"[。！？!?…]+[{_CLOSING}]*\s*|[.]+[{_CLOSING}]*\s+|\n\s*\n\s*|\n(?=\s*(?:[-*•·▪]\s|\d{{1,3}}[.)]\s|\|))"
)
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|No|Nos|Fig|Figs|Eq|Sec|Ch|Vol|pp?|vs|etc|cf|"
    r"al|approx|Inc|Ltd|Co|Corp|Dept|e\.g|i\.e|ca|Nr|bzw|z\.B)\.$"
)
_ITEM_NUMBER = re.compile(r"(?:^|\n)\s*\d{1,3}\.$")
_BREAKS = ("\n", ("；", ";"), ("，", ",", "、", "|"), " ")
"""Where an over-long unit is cut, the best place first."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch of a text, with the blank space after it."""

    start: int
    end: int
    cost: int
    opens: bool = False
    """Whether a paragraph, or a definition after a blank line, begins here."""


def cost_of(text: str) -> int:
    """Return what `text` costs, in quarters of a token."""
    if text.isascii():
        return len(text)
    return len(text) + (COST_OF_TOKEN - 1) * len(_WIDE.findall(text))


def tokens(text: str) -> int:
    """Return about how many tokens `text` has: a Chinese character is one, 4 others are one."""
    return -(-cost_of(text) // COST_OF_TOKEN)


def units_of(text: str, form: Form, most: int) -> Iterator[Unit]:
    """Yield the units of `text` in order, none dearer than `most`."""
    ends = _line_ends(text) if form == "lines" else _sentence_ends(text)
    start = 0
    opens = True
    for end in ends:
        if end <= start:
            continue
        yield from _cut(text, start, end, most, opens)
        opens = text.count("\n", _tail(text, start, end), end) > 1
        start = end


def _tail(text: str, start: int, end: int) -> int:
    """Return where the blank space at the end of a stretch begins."""
    while end > start and text[end - 1].isspace():
        end -= 1
    return end


def _line_ends(text: str) -> Iterator[int]:
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        at = len(text) if end < 0 else end + 1
        # Blank lines belong to the line before them.
        while at < len(text) and text[at] == "\n":
            at += 1
        yield at


def _sentence_ends(text: str) -> Iterator[int]:
    for match in _SENTENCE_END.finditer(text):
        if text[match.start()] == ".":
            before = text[max(match.start() - 12, 0) : match.start() + 1]
            is_number = _ITEM_NUMBER.search(before)
            if (is_number or _ABBREVIATION.search(before)) and "\n\n" not in match[0]:
                continue
        yield match.end()
    yield len(text)


def _cut(text: str, start: int, end: int, most: int, opens: bool) -> Iterator[Unit]:
    """Yield a stretch as one unit, or as several when it costs too much."""
    # A window bounds the work where one line is the whole file.
    while end - start > most or cost_of(text[start:end]) > most:
        cut = _best_cut(text, start, _affordable(text, start, min(end, start + most), most))
        yield Unit(start, cut, cost_of(text[start:cut]), opens)
        start, opens = cut, False
    yield Unit(start, end, cost_of(text[start:end]), opens)


def _affordable(text: str, start: int, end: int, most: int) -> int:
    """Return the furthest offset up to `end` whose stretch costs at most `most`."""
    low, high = start + 1, end
    while low < high:
        middle = (low + high + 1) // 2
        if cost_of(text[start:middle]) <= most:
            low = middle
        else:
            high = middle - 1
    return low


def _best_cut(text: str, start: int, end: int) -> int:
    # A cut in the first half would leave a stump.
    least = start + (end - start) // 2
    for marks in _BREAKS:
        found = max(text.rfind(mark, least, end) for mark in marks)
        if found >= least:
            return found + 1
    while end > least + 1 and end < len(text) and unicodedata.combining(text[end]):
        end -= 1
    return end
