"""The tasks of a run as they stand, rebuilt each turn from the run's messages.

Ids are ours, never a model's; names stay as they were written. A task leaves the queue by being
run or dropped and in no other way, so that no ordering can lose it.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from cogitate.planners.base import DELEGATE
from cogitate.runs.context import current
from cogitate.runs.events import TaskLine, TasksChanged, TaskStatus


@dataclass(kw_only=True)
class BoardTask:
    """One task. `parent` is the id of the task whose result called for it."""

    id: str
    name: str
    why: str = ""
    parent: str = ""
    depth: int = 1
    status: TaskStatus = "queued"
    attempts: int = 0
    result: str = ""
    """What it gave; after a failure, why it gave nothing."""


def new_task(name: str, why: str = "", parent: BoardTask | None = None) -> BoardTask:
    """Return a queued task with an id of its own."""
    depth = parent.depth + 1 if parent else 1
    above = parent.id if parent else ""
    return BoardTask(id=current().fresh_id(), name=name, why=why, parent=above, depth=depth)


@dataclass(kw_only=True)
class Board:
    """All tasks by id, the queue in the order of priority, and what was checked."""

    tasks: dict[str, BoardTask] = field(default_factory=dict)
    queue: list[str] = field(default_factory=list)
    """Ids of queued tasks; the place is the priority, the first one is next."""
    ended: list[str] = field(default_factory=list)
    """Ids in the order in which the tasks ended; a task that ran twice is there twice."""
    checks: list[bool] = field(default_factory=list)
    """Whether the objective was found to be met, check by check."""
    checked_at: int = 0
    """How many tasks had ended at the last check."""

    def add(self, task: BoardTask) -> None:
        """Put a task at the end of the queue; a dropped one is only kept in mind."""
        self.tasks[task.id] = task
        if task.status == "queued":
            self.queue.append(task.id)

    def begin(self, task_id: str) -> None:
        """Take a task from the queue: it is being done."""
        self.tasks[task_id].status = "running"
        self.tasks[task_id].attempts += 1
        self.queue = [queued for queued in self.queue if queued != task_id]

    def end(self, task_id: str, result: str, *, well: bool) -> None:
        """Note what a task gave."""
        task = self.tasks[task_id]
        task.status, task.result = ("done" if well else "failed"), result
        self.ended.append(task_id)

    def queue_again(self, task_id: str) -> None:
        """Put a task that failed back into the queue."""
        self.tasks[task_id].status = "queued"
        self.queue.append(task_id)

    def reorder(self, numbers: Sequence[int]) -> None:
        """Put the queue into the order of `numbers`, which count it from 1.

        Unknown and repeated numbers are ignored; tasks that are not named keep their order at
        the end: whatever a model writes, this is a permutation.
        """
        named = dict.fromkeys(n - 1 for n in numbers if 1 <= n <= len(self.queue))
        places = [*named, *(at for at in range(len(self.queue)) if at not in named)]
        self.queue = [self.queue[at] for at in places]

    @property
    def done(self) -> list[BoardTask]:
        """The tasks that gave a result, in the order in which they ended."""
        return [t for t in map(self.tasks.__getitem__, self.ended) if t.status == "done"]

    @property
    def failed(self) -> list[BoardTask]:
        """The tasks that gave nothing."""
        return [task for task in self.tasks.values() if task.status == "failed"]

    @property
    def waiting(self) -> list[BoardTask]:
        """The queued tasks, the next one first."""
        return [self.tasks[task_id] for task_id in self.queue]

    @property
    def last(self) -> BoardTask | None:
        """The task that ended last."""
        return self.tasks[self.ended[-1]] if self.ended else None

    def event(self) -> TasksChanged:
        """Return the board as an event: what has ended, what runs, what waits, what was dropped."""
        over = [self.tasks[task_id] for task_id in dict.fromkeys(self.ended)]
        running = [task for task in self.tasks.values() if task.status == "running"]
        dropped = [task for task in self.tasks.values() if task.status == "dropped"]
        shown = [*[t for t in over if t.status in ("done", "failed")], *running, *self.waiting]
        return TasksChanged(
            tasks=tuple(
                TaskLine(id=task.id, name=task.name, status=task.status)
                for task in [*shown, *dropped]
            )
        )


def board_of(messages: Sequence[BaseMessage]) -> Board:
    """Return the board that the messages of a step lead to."""
    board = Board()
    running: dict[str, str] = {}
    for message in messages:
        if isinstance(message, AIMessage):
            _apply(board, message.additional_kwargs.get("thinking") or {})
            for call in message.tool_calls:
                if call["name"] == DELEGATE and call["args"].get("task") in board.tasks:
                    running[call["id"] or ""] = call["args"]["task"]
                    board.begin(call["args"]["task"])
        elif isinstance(message, ToolMessage) and message.tool_call_id in running:
            well = message.status != "error"
            board.end(running[message.tool_call_id], message.text, well=well)
    return board


def _apply(board: Board, change: dict[str, Any]) -> None:
    """Carry out what one turn kept."""
    for task in change.get("add", ()):
        board.add(BoardTask(**task))
    for task_id in change.get("again", ()):
        board.queue_again(task_id)
    if "order" in change:
        board.reorder(change["order"])
    if "met" in change:
        board.checks.append(change["met"])
        board.checked_at = len(board.ended)


def as_data(task: BoardTask) -> dict[str, Any]:
    """Return a task as plain data, to be kept in the run's state."""
    return asdict(task)
