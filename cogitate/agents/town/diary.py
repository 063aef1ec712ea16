"""The town's log: one JSON object a line, in the order in which things happened.

It holds game time only, no clock of the machine and no count of tokens, so that the same day
gives the same bytes. `docs/towns.md` lists the kinds of lines. What this module does not know:
what is worth a line.
"""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cogitate.agents.town.clock import Clock

LOG = "town.jsonl"
Line = dict[str, Any]


class Diary:
    """The log of a town, written as it happens."""

    def __init__(
        self, path: Path, clock: Clock, listener: Callable[[Line], None] | None = None
    ) -> None:
        self.path = path
        self.clock = clock
        self.count = sum(1 for _ in read_log(path)) if path.exists() else 0
        self.listener = listener
        self._file = path.open("ab", buffering=0)

    def write(self, lines: list[Line]) -> None:
        """Append lines, now; each gets its number."""
        whole = []
        for line in lines:
            self.count += 1
            whole.append({"n": self.count, **line})
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in whole)
        rest = memoryview(text.encode("utf-8", "replace"))
        while rest:
            rest = rest[self._file.write(rest) :]
        if self.listener is not None:
            for line in whole:
                self.listener(line)

    def size(self) -> int:
        """Return how many bytes are written."""
        return self.path.stat().st_size

    def close(self) -> None:
        """Let go of the file; all of it is on disk then."""
        os.fsync(self._file.fileno())
        self._file.close()


class Page:
    """The lines that one part of a tick brings, put into the log later, in a fixed order."""

    def __init__(self, clock: Clock, who: str = "") -> None:
        self.lines: list[Line] = []
        self._clock = clock
        self._who = who

    def add(self, kind: str, **data: Any) -> None:
        """Add a line about the person of this page, if it is a person's."""
        who = {"who": self._who} if self._who else {}
        self.lines.append({"time": self._clock.stamp(), "kind": kind, **who, **data})

    def taken(self) -> list[Line]:
        """Return the lines, and begin anew."""
        found, self.lines = self.lines, []
        return found


def read_log(path: Path) -> Iterator[Line]:
    """Yield the lines of a log; a torn last one, left by a kill, is left out."""
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield json.loads(line)
