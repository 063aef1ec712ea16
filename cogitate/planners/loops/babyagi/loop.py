"""babyagi: do the first task of the queue, think of further ones, order them, until it is enough.

After BabyAGI (Y. Nakajima, 2023), without its defects: ids are ours, an ordering cannot lose a
task, a task that asks for what another does is dropped, the context is looked up for the task at
hand, and there are six reasons to stop. Each task is a run of its own with all tools.
"""

from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage

from cogitate.planners.base import Turn, go_on, hand_on, no_evidence
from cogitate.planners.grounding import unsupported_numbers
from cogitate.planners.loops.babyagi.asking import further_tasks, is_met, order_of
from cogitate.planners.loops.babyagi.board import Board, BoardTask, as_data, board_of, new_task
from cogitate.planners.loops.babyagi.nearness import context_for, nothing_new, twin_of
from cogitate.planners.loops.closing import put_together, stop_with
from cogitate.planners.loops.pages import is_written, wanted_file, write_page, written
from cogitate.planners.loops.parts import parts_of
from cogitate.planners.outputs import only_saves
from cogitate.runs.context import current
from cogitate.runs.events import Noted
from cogitate.values import StopReason

FAILURES = 3
"""Failures in a row that end the run."""
MET_TWICE = 2
SPENT = 0.9
"""Share of the run's limits after which only the answer is put together."""


@dataclass(frozen=True, kw_only=True)
class BabyAgi:
    """The loop with its settings; `babyagi` is the one with the defaults."""

    dedupe: bool = True
    """Whether new tasks that ask for what another one does are dropped."""
    completion: bool = True
    """Whether the objective is checked to be met, and new tasks are thought of only when it is
    not; without it new tasks are thought of after every task."""
    most_tasks: int = 25
    every: int = 3
    """Tasks between two checks."""
    deepest: int = 4

    async def __call__(self, turn: Turn) -> AIMessage:
        """Return the next task as a run of its own, or the answer put together."""
        board, change = board_of(turn.messages), dict[str, Any]()
        if is_written(turn):
            return written(turn)
        if board.tasks:
            current().emit(board.event())
            stop = await self._must_stop(turn, board)
            if stop or await self._is_met(turn, board, change):
                return await self._close(turn, board, stop)
            if self._wants_more(board):
                await self._create(turn, board, change)
        else:
            parts = await parts_of(turn)
            for part in [part for part in parts if not only_saves(part)] or parts:
                self._add(board, change, new_task(part))
        if not board.queue:
            self._try_again(board, change)
        if not board.queue:
            return await self._close(turn, board, None)
        return await self._begin(turn, board, change)

    async def _begin(self, turn: Turn, board: Board, change: dict[str, Any]) -> AIMessage:
        task = board.waiting[0]
        notes = await context_for(task.name, turn.task.goal, board.done)
        move = hand_on(task.name, notes=[*turn.task.notes[:3], *notes], tasks=[task.id])
        # What says nothing new is judged here, over several results.
        move.additional_kwargs["confirms"] = True
        board.begin(task.id)
        current().emit(board.event())
        partial = "\n".join(f"- {each.result}" for each in board.done)
        return go_on(move, partial=partial, **change)

    async def _must_stop(self, turn: Turn, board: Board) -> tuple[StopReason, str] | None:
        """Return why the run must end before the objective is met."""
        last = [board.tasks[task_id].status for task_id in board.ended[-FAILURES:]]
        if turn.last or turn.spent >= SPENT:
            return turn.tightest, "the limits of the run are nearly used up"
        if last == ["failed"] * FAILURES:
            return "stalled", f"{FAILURES} tasks in a row failed"
        if len(board.ended) >= self.most_tasks:
            return "steps", f"{self.most_tasks} tasks were done"
        if await nothing_new([task.result for task in board.done]):
            return "stalled", "the last results said nothing new"
        return None

    async def _is_met(self, turn: Turn, board: Board, change: dict[str, Any]) -> bool:
        """Return whether the objective is met: by two checks in a row, or one with none waiting.

        While a part of the objective waits it is not, whatever a model says.
        """
        due = len(board.ended) - board.checked_at >= self.every or not board.queue
        again = bool(board.checks) and board.checks[-1]
        waits = any(not task.parent for task in board.waiting)
        if not self.completion or not board.done or waits or not (due or again):
            return False
        met = await is_met(turn.critic, turn.task.goal, board)
        board.checks.append(met)
        change["met"] = met
        return met and (not board.queue or board.checks[-MET_TWICE:] == [True] * MET_TWICE)

    def _wants_more(self, board: Board) -> bool:
        """Return whether further tasks are to be thought of."""
        if not self.completion:
            return True
        failed = board.last is not None and board.last.status == "failed"
        return failed or not board.queue

    async def _create(self, turn: Turn, board: Board, change: dict[str, Any]) -> None:
        """Put further tasks into the queue and order it; one that is not new is dropped."""
        waiting, parent = len(board.queue), board.last
        for wanted in await further_tasks(turn, board):
            task = new_task(wanted.name.strip(), wanted.why, parent)
            why = await self._refused(turn, board, task)
            if why:
                task.status = "dropped"
                current().emit(Noted(text=f"task dropped: {task.name!r} ({why})"))
            self._add(board, change, task)
        if waiting and len(board.queue) > waiting:
            order = await order_of(turn, [task.name for task in board.waiting])
            board.reorder(order)
            change["order"] = order

    async def _refused(self, turn: Turn, board: Board, task: BoardTask) -> str:
        """Return why a task is not taken, empty when it is."""
        if task.depth > self.deepest:
            return f"it is {task.depth} deep"
        known = [turn.task.goal, *turn.task.notes, *(each.result for each in board.done)]
        if invented := unsupported_numbers(task.name, known):
            return f"{invented[0]} comes from nowhere"
        others = [each for each in board.tasks.values() if each.status != "dropped"]
        twin = await twin_of(turn.planner, task.name, others) if self.dedupe else None
        return f"like {twin.name!r}" if twin else ""

    def _add(self, board: Board, change: dict[str, Any], task: BoardTask) -> None:
        change.setdefault("add", []).append(as_data(task))
        board.add(task)

    def _try_again(self, board: Board, change: dict[str, Any]) -> None:
        """Queue a failed task once more when there are results now that it did not have."""
        for task in board.failed:
            since = board.ended[board.ended.index(task.id) + 1 :]
            if task.attempts == 1 and any(board.tasks[i].status == "done" for i in since):
                board.queue_again(task.id)
                change.setdefault("again", []).append(task.id)
                return

    async def _close(
        self, turn: Turn, board: Board, stop: tuple[StopReason, str] | None
    ) -> AIMessage:
        """Return the answer put together from the results, or the stop with what there is."""
        for task in board.waiting:
            task.status = "dropped"
        board.queue = []
        current().emit(board.event())
        met = bool(board.checks) and board.checks[-1]
        if not board.done:
            if stop:
                return stop_with("", *stop)
            failed = "; ".join(task.result[:120] for task in board.failed[-FAILURES:])
            return no_evidence(f"no task gave a result: {failed}")
        text = await put_together(turn, [task.result for task in board.done])
        if stop is None and board.failed and not met:
            names = "; ".join(task.name for task in board.failed)
            stop = ("stalled", f"no answer was found to: {names}")
        if stop and not met:
            return stop_with(text, *stop)
        name = "" if turn.last else wanted_file(turn)
        if not name:
            return AIMessage(text)
        page = await write_page(turn, name, [(task.name, task.result) for task in board.done])
        return go_on(page, partial=text, answer=text)


babyagi = BabyAgi()
