"""Cuts a document into chunks: first by its structure, then by size.

A chunk stays inside one section, except that small neighbouring sections share one, and inside
one page, except that a sentence is not cut where a page ends: then it names both pages. What
it does not know: formats, and what is done with the chunks.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from cogitate.errors import SetupError
from cogitate.memory.documents.document import Document, Part, Places
from cogitate.memory.documents.units import COST_OF_TOKEN, Unit, units_of
from cogitate.words import CJK

BARE = 20
"""Most tokens of a section that is a heading and nothing else."""
_BLANK_START = re.compile(r"(?:[^\S\n]*\n)*")
_GOES_ON = re.compile(rf"[^\W\d_{CJK}],?\s*\n\s*[^\W\d_A-Z{CJK}]|[{CJK}，、]\s*\n\s*[{CJK}]")
"""The end of a page and the start of the next one, in the middle of a sentence."""
_ENDS_SENTENCE = re.compile(r"[.!?。！？…]")


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How large chunks are, in tokens: a Chinese character is one, 4 other characters are one."""

    target: int = 220
    most: int = 320
    overlap: int = 40
    """Most tokens of whole sentences that a chunk repeats from the one before. Prose only."""
    small: int = 50
    """A section with fewer shares a chunk with its neighbours."""

    def __post_init__(self) -> None:
        fits = 8 <= self.target <= self.most and 0 <= self.overlap < self.target
        if not fits or not 0 <= self.small <= self.target:
            raise SetupError(
                f"sizes {self!r} do not fit together; 8 <= target <= most, "
                "overlap < target and small <= target are needed"
            )


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """A stretch of a document: `document.text[start:end]` is its text."""

    text: str
    title: str
    headings: tuple[str, ...]
    page: int | None
    """Page on which it begins."""
    last_page: int | None
    """Page on which it ends."""
    line_start: int
    line_end: int
    start: int
    end: int
    id: str
    """sha1 of the document's hash and the offsets, in hexadecimal digits."""

    @property
    def context(self) -> str:
        """Title and section: `title > section > subsection`, each said once."""
        return " > ".join(dict.fromkeys(name for name in (self.title, *self.headings) if name))


@dataclass
class _Group:
    """Neighbouring parts that are packed together."""

    headings: tuple[str, ...]
    page: int | None
    units: list[Unit] = field(default_factory=list)
    overlaps: bool = True

    @property
    def cost(self) -> int:
        return sum(unit.cost for unit in self.units)

    @property
    def is_bare(self) -> bool:
        """Whether this is no more than a heading."""
        return len(self.units) == 1 and self.cost <= BARE * COST_OF_TOKEN


@dataclass(frozen=True)
class _Stretch:
    start: int
    end: int
    cost: int
    headings: tuple[str, ...]
    group: int


def split(document: Document, sizes: Sizes | None = None) -> Iterator[Chunk]:
    """Yield the chunks of a document in order; together they hold all of its text."""
    sizes = sizes or Sizes()
    text, places = document.text, Places(document.parts)
    for stretch in _without_stumps(_stretches(document, sizes), sizes):
        start, end = _trimmed(text, stretch.start, stretch.end)
        if start >= end:
            continue
        identity = f"{document.sha256}:{start}:{end}"
        yield Chunk(
            text=text[start:end],
            title=document.title,
            headings=stretch.headings,
            page=places.page(start),
            line_start=places.lines(start)[0],
            last_page=places.page(end - 1),
            line_end=places.lines(end - 1)[1],
            start=start,
            end=end,
            id=hashlib.sha1(identity.encode(), usedforsecurity=False).hexdigest(),
        )


def _stretches(document: Document, sizes: Sizes) -> Iterator[_Stretch]:
    for number, group in enumerate(_merged(_groups(document, sizes), sizes)):
        yield from _packed(group, sizes, number)


def _groups(document: Document, sizes: Sizes) -> Iterator[_Group]:
    """Yield the parts as groups of one section and one page."""
    held: _Group | None = None
    start = 0
    parts = document.parts
    for index, part in enumerate(parts):
        end = start + len(part.text)
        units = _placed(part, start, sizes)
        if held and held.units and _runs_on(parts[index - 1], part, held.units[-1], units, sizes):
            last, first = held.units[-1], units.pop(0)
            held.units[-1] = replace(last, end=first.end, cost=last.cost + first.cost)
        if held and (held.headings, held.page) == (part.headings, part.page):
            held.units += units
            held.overlaps &= part.form == "prose"
        elif units:
            if held:
                yield held
            held = _Group(part.headings, part.page, units, part.form == "prose")
        start = end
    if held:
        yield held


def _placed(part: Part, start: int, sizes: Sizes) -> list[Unit]:
    units = units_of(part.text, part.form, sizes.most * COST_OF_TOKEN)
    return [
        replace(unit, start=unit.start + start, end=unit.end + start) if start else unit
        for unit in units
    ]


def _runs_on(before: Part, part: Part, last: Unit, units: list[Unit], sizes: Sizes) -> bool:
    """Return whether a sentence goes on over the end of a page."""
    if part.page == before.page or not units or {before.form, part.form} != {"prose"}:
        return False
    fits = last.cost + units[0].cost <= sizes.most * COST_OF_TOKEN
    begun = part.text[: units[0].end - units[0].start].rstrip()
    seam = f"{before.text[-20:].rstrip()}\n{begun[:20]}"
    return fits and bool(_GOES_ON.search(seam)) and bool(_ENDS_SENTENCE.search(begun[-3:]))


def _merged(groups: Iterator[_Group], sizes: Sizes) -> Iterator[_Group]:
    """Yield the groups, small neighbours of one page as one."""
    small, target = sizes.small * COST_OF_TOKEN, sizes.target * COST_OF_TOKEN
    held: _Group | None = None
    for group in groups:
        if held is None:
            held = group
            continue
        above = group.headings[: len(held.headings)] == held.headings
        both = held.cost + group.cost
        fits = both <= target and min(held.cost, group.cost) < small
        # A heading with next to nothing below it goes with its first subsection.
        if held.page == group.page and (fits or (held.cost < small and above)):
            headings = _common(held.headings, group.headings)
            if above and (not fits or held.is_bare):
                headings = group.headings
            units = [*held.units, *group.units]
            held = _Group(headings, held.page, units, held.overlaps and group.overlaps)
        else:
            yield held
            held = group
    if held:
        yield held


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    count = 0
    while count < min(len(one), len(other)) and one[count] == other[count]:
        count += 1
    return one[:count]


def _packed(group: _Group, sizes: Sizes, number: int) -> Iterator[_Stretch]:
    """Yield stretches of whole units, each up to the target, none above the most."""
    target, most = sizes.target * COST_OF_TOKEN, sizes.most * COST_OF_TOKEN
    held: list[Unit] = []
    cost = 0
    for unit in group.units:
        both = cost + unit.cost
        # Near the target a paragraph's end is the better place.
        full = both > most or (both > target and 2 * cost >= target)
        if held and (full or (unit.opens and 4 * cost >= 3 * target)):
            yield _Stretch(held[0].start, held[-1].end, cost, group.headings, number)
            held = _overlap(held, sizes, most - unit.cost) if group.overlaps else []
            cost = sum(each.cost for each in held)
        held.append(unit)
        cost += unit.cost
    if held:
        yield _Stretch(held[0].start, held[-1].end, cost, group.headings, number)


def _overlap(held: list[Unit], sizes: Sizes, room: int) -> list[Unit]:
    """Return the last units of a stretch that the next one repeats: never all of them."""
    left = min(sizes.overlap * COST_OF_TOKEN, room)
    kept: list[Unit] = []
    for unit in reversed(held[1:]):
        left -= unit.cost
        if left < 0:
            break
        kept.append(unit)
    return kept[::-1]


def _without_stumps(stretches: Iterator[_Stretch], sizes: Sizes) -> Iterator[_Stretch]:
    """Yield the stretches, a short last one of a section joined to the one before."""
    small = (sizes.small + sizes.overlap) * COST_OF_TOKEN
    held: _Stretch | None = None
    for stretch in stretches:
        # What the two share is counted twice: joined they never cost more than this sum.
        fits = held is not None and held.cost + stretch.cost <= sizes.most * COST_OF_TOKEN
        if held and held.group == stretch.group and stretch.cost < small and fits:
            held = replace(held, end=stretch.end, cost=held.cost + stretch.cost)
            continue
        if held:
            yield held
        held = stretch
    if held:
        yield held


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the stretch without blank lines before it and blank space after it."""
    found = _BLANK_START.match(text, start, end)
    start = found.end() if found else start
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
