"""The town's time: days and minutes, never the time of the machine.

A moment is a whole number of minutes since the first midnight, so that plain integers compare
and subtract. What this module does not know: who lives in the town.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from cogitate.errors import SetupError

DAY = 24 * 60
"""Minutes of a day."""
_TIME = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")


def minutes_of(text: str) -> int:
    """Return the minute of the day that a time such as 18:30 stands for; 24:00 is 1440.

    Raises:
        SetupError: it is no time of a day.
    """
    found = _TIME.fullmatch(text.strip())
    minute = int(found[1]) * 60 + int(found[2]) if found else DAY + 1
    if minute > DAY:
        raise SetupError(f"{text!r} is no time of a day; write it as HH:MM, such as 18:30")
    return minute


def last_moment(days: int | None, until: str | None, tick: int) -> int:
    """Return the moment at which a town stops: the end of a day, or a time of it.

    Raises:
        SetupError: there is no such day or time, or it is within a tick.
    """
    if days is not None and days < 1:
        raise SetupError(f"{days!r} days cannot be lived; give 1 or more")
    end = DAY * ((days or 1) - 1) + (minutes_of(until) if until else DAY)
    if end % tick:
        raise SetupError(f"a town stops at full {tick} minutes, not at {until!r}")
    return end


def hhmm(moment: int) -> str:
    """Return the time of day of a moment, as HH:MM."""
    return f"{moment % DAY // 60:02d}:{moment % 60:02d}"


def end_of(minute: int) -> str:
    """Return the end of a span of a day, as HH:MM; midnight is 24:00."""
    return "24:00" if minute == DAY else hhmm(minute)


@dataclass
class Clock:
    """What time it is in the town."""

    first: date
    moment: int = 0
    """Minutes since the midnight at which the first day began."""

    @property
    def day(self) -> int:
        """The day, counted from 1."""
        return self.moment // DAY + 1

    @property
    def minute(self) -> int:
        """The minute of the day."""
        return self.moment % DAY

    @property
    def date(self) -> date:
        """The date of today."""
        return self.first + timedelta(days=self.day - 1)

    def stamp(self, moment: int | None = None) -> str:
        """Return a moment as it stands in the log, such as 2026-03-02T18:30."""
        at = self.moment if moment is None else moment
        return f"{self.first + timedelta(days=at // DAY)}T{hhmm(at)}"

    def seconds(self) -> float:
        """Return now as seconds since the epoch, which memories are dated with."""
        return self.begun() + 60.0 * self.moment

    def begun(self) -> float:
        """Return the first midnight as seconds since the epoch."""
        return datetime.combine(self.first, time(), UTC).timestamp()

    def moment_of(self, seconds: float) -> int:
        """Return the moment that stands in a memory as seconds."""
        return round((seconds - self.begun()) / 60)
