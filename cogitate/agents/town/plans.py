"""A day as blocks of time that follow one another from midnight to midnight, made by code.

A model proposes activities; here they become a day without gaps or overlaps, with the
commitments at their times. What this module does not know: models and places.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

from cogitate.agents.town.clock import DAY, end_of, hhmm

STEP = 10
"""Minutes of a tick: nothing is planned more finely."""


@dataclass(frozen=True)
class Block:
    """One activity of a day, from one minute of it to another."""

    start: int
    end: int
    what: str
    place: str = ""
    """The path of an arena where it is certain; else it is chosen when the time comes."""
    commitment: str = ""
    """The id of the commitment that it keeps."""
    rest: bool = False
    """Whether one sleeps."""

    @property
    def minutes(self) -> int:
        """How long it lasts."""
        return self.end - self.start

    def line(self) -> str:
        """Return it in words."""
        return f"{hhmm(self.start)}-{end_of(self.end)} {self.what}"

    def as_dict(self) -> dict[str, Any]:
        """Return plain data with times as HH:MM."""
        return {**asdict(self), "start": hhmm(self.start), "end": end_of(self.end)}


@dataclass(frozen=True)
class Piece:
    """A short part of a block."""

    start: int
    end: int
    what: str


@dataclass(frozen=True, kw_only=True)
class Commitment:
    """Something agreed on, with its time and its place."""

    id: str
    """The same for everybody who takes part."""
    what: str
    place: str
    day: int
    start: int
    end: int
    host: str
    """The id of who gives it."""
    source: str = ""
    """The id of the talk in which it was agreed on; empty for the host's own plan."""


def schedule(
    items: Iterable[tuple[int, str]], wake: int, bed: int, words: tuple[str, str]
) -> list[Block]:
    """Return a day from activities with their starts: each lasts until the next one begins.

    Args:
        items: minutes of the day and activities, in any order; what lies outside of the waking
            hours is left out, and so is the second of two at the same time.
        wake: when one gets up.
        bed: when one goes to sleep.
        words: what sleeping is called, and what one does before the first activity.
    """
    asleep, morning = words
    starts = {wake: morning}
    for start, what in sorted(items, key=lambda item: item[0]):
        rounded = start // STEP * STEP
        known = rounded in starts and not (rounded == wake and starts[wake] == morning)
        if wake <= rounded < bed and not known and what.strip():
            starts[rounded] = " ".join(what.split())
    edges = sorted(starts)
    blocks = [Block(0, wake, asleep, rest=True)] if wake else []
    blocks += [
        Block(start, end, starts[start])
        for start, end in zip(edges, [*edges[1:], bed], strict=True)
    ]
    blocks += [Block(bed, DAY, asleep, rest=True)] if bed < DAY else []
    return merged(blocks)


def overlaid(blocks: Sequence[Block], new: Block) -> list[Block]:
    """Return the day with `new` in it: what it covers gives way."""
    found: list[Block] = []
    for block in blocks:
        if block.end <= new.start or block.start >= new.end:
            found.append(block)
            continue
        if block.start < new.start:
            found.append(replace(block, end=new.start))
        if block.end > new.end:
            found.append(replace(block, start=new.end))
    return merged(sorted([*found, new], key=lambda block: block.start))


def merged(blocks: Sequence[Block]) -> list[Block]:
    """Return the blocks with equal neighbours joined."""
    found: list[Block] = []
    for block in blocks:
        before = found[-1] if found else None
        if (
            before
            and before.end == block.start
            and replace(before, start=0, end=0) == replace(block, start=0, end=0)
        ):
            found[-1] = replace(before, end=block.end)
        elif block.minutes > 0:
            found.append(block)
    return found


def with_commitments(blocks: Sequence[Block], due: Iterable[Commitment]) -> list[Block]:
    """Return the day with the commitments at their times, whatever the model had planned."""
    found = list(blocks)
    for each in sorted(due, key=lambda commitment: (commitment.start, commitment.id)):
        found = overlaid(found, Block(each.start, each.end, each.what, each.place, each.id))
    return found


def faults(blocks: Sequence[Block]) -> list[str]:
    """Return what is wrong with a day: gaps, overlaps, a sum that is not 24 hours."""
    wrong = [
        f"{left.line()} and {right.line()} do not meet"
        for left, right in pairwise(blocks)
        if left.end != right.start
    ]
    total = sum(block.minutes for block in blocks)
    return [*wrong, *([f"the day has {total} minutes"] if total != DAY else [])]


def block_at(blocks: Sequence[Block], minute: int) -> Block:
    """Return what is planned for a minute of the day."""
    return next(block for block in blocks if block.start <= minute < block.end)


def hours(blocks: Sequence[Block]) -> list[str]:
    """Return what is mainly done in each of the 24 hours."""
    found = []
    for hour in range(24):
        begin, end = 60 * hour, 60 * hour + 60
        shares = [(min(b.end, end) - max(b.start, begin), -b.start, b.what) for b in blocks]
        found.append(max(shares)[2])
    return found


def fitted(parts: Sequence[tuple[int, str]], start: int, end: int) -> list[Piece]:
    """Return pieces that fill a span of time exactly, in steps of a tick.

    Durations are scaled to the span; what would get less than a tick is left out.
    """
    span = (end - start) // STEP
    kept = [(max(minutes, 1), what) for minutes, what in parts if what.strip()][: max(span, 1)]
    if not kept or span < 1:
        return []
    total = sum(minutes for minutes, _ in kept)
    gone, ends = 0, list[int]()
    for number, (minutes, _) in enumerate(kept, 1):
        gone += minutes
        share = round(span * gone / total)
        floor = (ends[-1] if ends else 0) + 1
        ends.append(min(max(share, floor), span - (len(kept) - number)))
    ends[-1] = span
    begins = [0, *ends[:-1]]
    return [
        Piece(start + STEP * begin, min(start + STEP * until, end), " ".join(what.split()))
        for begin, until, (_, what) in zip(begins, ends, kept, strict=True)
    ]


def clashes(commitments: Iterable[Commitment], new: Commitment) -> list[Commitment]:
    """Return the commitments that a new one cannot be kept beside."""
    return [
        each
        for each in commitments
        if each.id != new.id
        and each.day == new.day
        and each.start < new.end
        and new.start < each.end
    ]
