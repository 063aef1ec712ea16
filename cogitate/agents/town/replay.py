"""Replay: the same day again from the recorded answers, and whether it is the same.

What this module does not know: models; none is asked.
"""

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cogitate.agents.town.checkpoint import ANSWERS, INPUTS, TownFolder
from cogitate.agents.town.clock import DAY, end_of
from cogitate.errors import SetupError

if TYPE_CHECKING:
    from cogitate.agents.town.town import Town


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """What a replay came to."""

    identical: bool
    lines: int
    """Lines of the log that were compared."""
    difference: str = ""
    """The first line that differs, as it was and as it is."""


async def replay(town: "Town", at: str | None = None, day: int | None = None) -> Replayed:
    """Live a town's days again from the record and compare the logs, byte by byte.

    Args:
        town: a town with at least one checkpoint.
        at: the time of a checkpoint to begin from; the beginning (of a fork: where it was
            forked) when left out.
        day: the day of that checkpoint.

    Raises:
        AnswerMissing: the day asks what was not asked before.
        SetupError: there is nothing to replay.
    """
    saved = town.kept.saved()
    if len(saved) < 2:
        raise SetupError(f"the town in {str(town.folder)!r} has not lived an hour yet; run it")
    about = town.kept.about()
    begin = town.kept.saved_at(at, day) if at else None
    if begin is None and "forked" in about:
        begin = next(each for each in saved if each.moment == about["forked"]["moment"])
    end = saved[-1].moment
    if begin is not None and begin.moment == end:
        raise SetupError(f"nothing was lived after {begin.time}; run the town, or begin earlier")
    with tempfile.TemporaryDirectory(prefix="cogitate-replay-") as folder:
        target = TownFolder(Path(folder) / "town")
        if begin is None:
            target.begin({key: value for key, value in about.items() if key != "version"})
        else:
            town.kept.copy(begin, target)
        for name in (ANSWERS, INPUTS):
            if (town.folder / name).exists():
                shutil.copyfile(town.folder / name, target.path / name)
        again = replace(town, folder=target.path, only_recorded=True)
        days, minute = (end - 1) // DAY + 1, (end - 1) % DAY + 1
        await again.arun(days, end_of(minute))
        return _compared(town.kept, target, end)


def _compared(kept: TownFolder, again: TownFolder, end: int) -> Replayed:
    """Compare two logs up to a moment; what was written after the last checkpoint is left out."""
    size = kept.log_bytes(end)
    old, new = kept.log.read_bytes()[:size].splitlines(), again.log.read_bytes().splitlines()
    for one, other in zip(old, new, strict=False):
        if one != other:
            return Replayed(identical=False, lines=len(old), difference=_apart(one, other))
    if len(old) != len(new):
        text = f"{len(old)} lines were written, {len(new)} are"
        return Replayed(identical=False, lines=len(old), difference=text)
    return Replayed(identical=True, lines=len(old))


def _apart(old: bytes, new: bytes) -> str:
    """Return where two lines begin to differ."""
    one, other = old.decode("utf-8", "replace"), new.decode("utf-8", "replace")
    pairs = enumerate(zip(one, other, strict=False))
    same = next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
    begin, end = max(same - 60, 0), same + 120
    number = one.partition(",")[0].removeprefix('{"n": ')
    return f"line {number} was {one[begin:end]!r}, is {other[begin:end]!r}"
