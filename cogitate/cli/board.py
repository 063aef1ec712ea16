"""The task board of a run: drawn live below the events on a terminal, as plain lines elsewhere.

What it does not know: how tasks come about; it draws what `TasksChanged` says.
"""

import time
from collections.abc import Sequence
from typing import Literal

from rich.console import Console, ConsoleOptions, RenderResult
from rich.spinner import Spinner
from rich.text import Text

from cogitate.cli.output import visible
from cogitate.runs.events import TaskLine

MARKS = {"queued": "[ ]", "running": "[>]", "done": "[x]", "failed": "[!]", "dropped": "[-]"}
"""How each task of a board stands."""
STYLES = {"queued": "dim", "running": "bold", "done": "green", "failed": "red", "dropped": "dim"}
LIVE = 10
"""Most tasks of the live board: it must not fill the screen."""
COLUMNS = 100


class TaskBoard:
    """The tasks as they stand."""

    def __init__(self) -> None:
        self._tasks: tuple[TaskLine, ...] = ()

    def change(self, tasks: Sequence[TaskLine]) -> list[TaskLine]:
        """Take the tasks as they stand now; return those that are new or stand otherwise."""
        before = {task["id"]: task["status"] for task in self._tasks}
        self._tasks = tuple(tasks)
        return [task for task in tasks if before.get(task["id"]) != task["status"]]

    def name_of(self, task_id: str) -> str:
        """Return the name of a task, its id when it is on no board."""
        return next((t["name"] for t in self._tasks if t["id"] == task_id), task_id)

    def live(self) -> list[Text]:
        """Return the lines of the live board: what runs, what waits, the last that ended."""
        over = [t for t in self._tasks if t["status"] in ("done", "failed")]
        now = [t for t in self._tasks if t["status"] in ("running", "queued")]
        room = max(LIVE - len(now), 2)
        lines = [task_text(task) for task in [*over[-room:], *now[:LIVE]]]
        left = len(over) + len(now) - len(lines)
        more = f" ({left} not shown)" if left else ""
        head = Text(f"tasks  {len(over)} of {len(over) + len(now)} over{more}", "dim")
        return [head, *lines] if self._tasks else []


def task_text(task: TaskLine) -> Text:
    """Return one task as a line."""
    name = visible(" ".join(task["name"].split()))
    shown = name if len(name) <= COLUMNS else f"{name[:COLUMNS]}..."
    return Text(f"  {MARKS[task['status']]} {shown}", STYLES[task["status"]])


def indented(line: Text) -> Text:
    """Return a drawn line as part of a task."""
    return Text("\n").join([Text("  ").append_text(part) for part in line.split("\n")])


class Waiting:
    """The task board, and a spinner with the seconds that have passed."""

    def __init__(
        self, what: str, spinner: Literal["dots", "line"], board: Sequence[Text] = ()
    ) -> None:
        self._what = what
        self._since = time.monotonic()
        self._spinner = Spinner(spinner)
        self._board = board

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        seconds = time.monotonic() - self._since
        self._spinner.update(text=Text(f"{self._what} ({seconds:.0f} s)", "dim"))
        yield from self._board
        yield self._spinner
