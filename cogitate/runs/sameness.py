"""Whether a run happens again the same: its events, and what its models are asked.

What it does not know: the code of runs. It compares, and says what differs.
"""

import difflib
import json
import re
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cogitate.errors import ReplayMismatch
from cogitate.runs.events import Event, RunEnded, TasksChanged
from cogitate.runs.journal import Journal
from cogitate.runs.recorded import MODEL, messages_of
from cogitate.runs.rows import Row, as_json

_ELSEWHERE = re.compile(r'(?<=["\s])[^"\s]*[/\\]runs[/\\]+[\w.-]+[/\\]+files(?=[/\\"\s])')
"""The folder of a run's files where it was when it was recorded: records may be moved."""
SHOWN = 12
"""Lines of a difference that are shown."""


class Sameness:
    """The events that a run has written already, to tell which of those made again are new."""

    def __init__(self, events: Iterable[Event], *files: Path) -> None:
        self._files = [json.dumps(str(path))[1:-1] for path in files]
        self._order = deque(self.form(event) for event in events)
        self._there = Counter(self._order)
        self._held: list[tuple[str, Event]] = []

    def is_there(self, event: Event) -> bool:
        """Return whether the event was written before; each is taken once."""
        form = self.form(event)
        if self._there[form] <= 0:
            return False
        self._there[form] -= 1
        return True

    def in_turn(self, event: Event) -> list[Event]:
        """Return the events whose turn has come with this one, in the order of the record.

        Of what goes on side by side the next event may come before one that was recorded first:
        it is held until that one has come. With the end of the run all are let go.
        """
        self._held.append((self.form(event), event))
        found = []
        while self._order:
            at = next((i for i, (form, _) in enumerate(self._held) if form == self._order[0]), None)
            if at is None:
                break
            self._order.popleft()
            found.append(self._held.pop(at)[1])
        if isinstance(event, RunEnded):
            found += [held for _, held in self._held]
            self._held.clear()
        return found

    def left(self) -> str:
        """Return an event that was written before and not made again; empty when there is none."""
        return next((form[: SHOWN * 40] for form, many in self._there.items() if many > 0), "")

    def nearest(self, event: Event) -> str:
        """Return how the written event that is most like this one differs from it."""
        form = self.form(event)
        left = [text for text, many in self._there.items() if many > 0]
        kind = form[:24]
        near = difflib.get_close_matches(form, [t for t in left if t[:24] == kind], 1, 0.0)
        return difference(near[0] if near else "", form)

    def form(self, event: Event) -> str:
        """Return an event without what is another each time: clocks, drawn names, places."""
        data = {"kind": event.kind, **event.as_dict()}
        for name in ("at", "seconds", "call_id", "run_id"):
            data.pop(name, None)
        if isinstance(event, RunEnded):
            data["result"] = {
                name: value
                for name, value in data["result"].items()
                if name not in ("seconds", "run_id")
            }
        if isinstance(event, TasksChanged):
            data["tasks"] = [{**task, "id": ""} for task in data["tasks"]]
        kind = data.pop("kind")
        text = json.dumps(data, ensure_ascii=False, sort_keys=True, default=str)
        text = text.encode("utf-8", "replace").decode()  # as it is in the file
        for path in self._files:
            text = text.replace(path, "<files>")
        text = _ELSEWHERE.sub("<files>", text)
        return f"{kind} {text}"


def mismatch(journal: Journal, kind: str, asked: Any, shown: Any = None) -> ReplayMismatch:
    """Return what to say when a replay asks for something that was not recorded."""
    told = _lines(shown if shown is not None else asked)
    left = [row for row in journal.untaken(kind)]
    texts = [_lines(_question(row, journal.listed)) for row in left[:50]]
    near = difflib.get_close_matches(told, texts, 1, 0.0)
    if not near:
        return ReplayMismatch(
            f"the run asks for another {kind} than was recorded, and nothing of that kind is left "
            f"in the record:\n{_clip(told)}"
        )
    row = left[texts.index(near[0])]
    return ReplayMismatch(
        f"the run asks for another {kind} than was recorded (the nearest is row {row.seq}, turn "
        f"{row.turn}):\n{difference(near[0], told)}"
    )


def _question(row: Row, rows: Sequence[Row]) -> Any:
    if row.kind == MODEL:
        return {"messages": messages_of(row, rows), "options": row.data["options"]}
    named = ("tool", "args", "question")
    return {name: row.data[name] for name in named if name in row.data} or row.key


def _lines(value: Any) -> str:
    if isinstance(value, Mapping):
        return "\n".join(f"{name}: {_lines(item)}" for name, item in value.items())
    if isinstance(value, list | tuple):
        return "\n".join(_lines(item) for item in value)
    return value if isinstance(value, str) else as_json(value)


def difference(old: str, new: str, names: tuple[str, str] = ("recorded", "now")) -> str:
    """Return the lines in which two texts differ, the first ones of each.

    Args:
        old: one text.
        new: the other.
        names: what they are called.
    """
    before, after = old.replace("\\n", "\n").split("\n"), new.replace("\\n", "\n").split("\n")
    left = {"-": SHOWN // 2 + 1, "+": SHOWN // 2 + 1}  # each has a line that names it
    found = []
    for line in difflib.unified_diff(before, after, *names, lineterm="", n=0):
        if left.get(line[0], 0) > 0:
            left[line[0]] -= 1
            found.append(line[:400])
    return "\n".join(found) or "(no difference in words)"


def _clip(text: str) -> str:
    return text if len(text) <= 1_000 else f"...{text[-1_000:]}"


__all__ = ["Sameness", "difference", "mismatch"]
