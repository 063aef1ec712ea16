"""What a town's days cost: model calls and tokens by person and by purpose.

What this module does not know: what was asked.
"""

import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cogitate.agents.town.answers import Answers
from cogitate.agents.town.clock import minutes_of
from cogitate.runs.events import Event, Happened, ModelCalled, RunEnded
from cogitate.values import Usage


@dataclass
class Counts:
    """Sums over model calls."""

    people: dict[str, Usage] = field(default_factory=dict)
    purposes: dict[str, Usage] = field(default_factory=dict)
    seconds: float = 0.0
    ticks: int = 0
    recorded: int = 0
    """Answers that came from the record; their tokens were spent when they were first given."""

    def add(self, event: ModelCalled) -> None:
        """Count a call."""
        who = event.within or "town"
        self.people[who] = self.people.get(who, Usage()) + event.usage
        known = self.purposes.get(event.purpose, Usage())
        self.purposes[event.purpose] = known + event.usage

    @property
    def total(self) -> Usage:
        """All of it."""
        return sum(self.people.values(), Usage())

    def as_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "ticks": self.ticks,
            "seconds": self.seconds,
            "recorded": self.recorded,
            "total": asdict(self.total),
            "people": {who: asdict(self.people[who]) for who in sorted(self.people)},
            "purposes": {name: asdict(self.purposes[name]) for name in sorted(self.purposes)},
        }

    def __add__(self, other: "Counts") -> "Counts":
        """Return the sum of two."""
        return Counts(
            people=_joined(self.people, other.people),
            purposes=_joined(self.purposes, other.purposes),
            seconds=round(self.seconds + other.seconds, 2),
            ticks=self.ticks + other.ticks,
            recorded=self.recorded + other.recorded,
        )


def _joined(left: dict[str, Usage], right: dict[str, Usage]) -> dict[str, Usage]:
    names = dict.fromkeys([*left, *right])
    return {name: left.get(name, Usage()) + right.get(name, Usage()) for name in names}


class Tally:
    """Counts a town that runs, and keeps the counts as often as the town is saved.

    What is lived again after a kill comes from the record; it was not kept before, so that it
    counts once.
    """

    def __init__(self, path: Path, tick: int, answers: Answers) -> None:
        self._path = path
        self._tick = tick
        self._answers = answers
        self._counts = Counts()
        self._since = time.monotonic()

    def take(self, event: Event) -> None:
        """Take in an event of the run."""
        if isinstance(event, ModelCalled):
            self._counts.add(event)
        elif isinstance(event, Happened) and event.line["kind"] == "tick":
            self._counts.ticks += 1
            if (minutes_of(event.line["time"][11:]) + self._tick) % 60 == 0:
                self._keep()
        elif isinstance(event, RunEnded) and event.result.ok and self._counts.ticks:
            self._keep()

    def _keep(self) -> None:
        now, counts = time.monotonic(), self._counts
        counts.seconds = round(now - self._since, 2)
        counts.recorded, self._answers.found = self._answers.found, 0
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(counts.as_dict()) + "\n")
        self._counts, self._since = Counts(), now


def read_counts(path: Path) -> Counts:
    """Return what a town cost, from the lines that were kept hour by hour."""
    total = Counts()
    for row in _rows(path):
        total += Counts(
            people={who: Usage(**usage) for who, usage in row["people"].items()},
            purposes={name: Usage(**usage) for name, usage in row["purposes"].items()},
            seconds=row["seconds"],
            ticks=row["ticks"],
            recorded=row["recorded"],
        )
    return total


def _rows(path: Path) -> Iterable[dict[str, Any]]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]
