"""The driver of a run: its folder and journal, its context, its events, and how it ends.

What it does not know: what the code of a run does.
"""

import asyncio
import contextlib
from dataclasses import replace
from typing import Any, cast

from langchain_core.runnables.config import merge_configs, var_child_runnable_config

from cogitate.agents.absent import absent_like
from cogitate.agents.job import Ending, Going, Job
from cogitate.agents.opening import Record
from cogitate.errors import CogitateError, ReplayMismatch
from cogitate.llm.remote import explain
from cogitate.runs.context import Ask, RunContext, running
from cogitate.runs.durable import Durable, Person, gathered
from cogitate.runs.events import Event, Resumed, RunEnded
from cogitate.runs.marks import END, RESUMED, STOP
from cogitate.runs.meter import Meter
from cogitate.runs.record import Accepted
from cogitate.runs.rows import Row
from cogitate.runs.sameness import mismatch
from cogitate.runs.store import RunStore
from cogitate.values import Result

WAITING = "Waiting for an answer to: {question}"


class Driver:
    """One run on its way, from its acceptance to its end."""

    _context: RunContext

    def __init__(self, job: Job, stop: asyncio.Event, ask: Ask | None) -> None:
        self.events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._stop = stop
        self._person = ask
        self._loop = asyncio.get_running_loop()
        self._close = contextlib.ExitStack()
        self._record = Record(job, self._close, person=ask is not None, turn=self._turn)
        self._cut: asyncio.Future[Ending] = self._loop.create_future()
        """Set to end the code from outside: with an ending, or an error."""

    # ------------------------------------------------------------------ on its way

    def _turn(self) -> int:
        return self._context.turns

    def begin(self, run_id: str | None, going: Going | None) -> None:
        """Open the record of a new run, or of one that goes on, and make its context.

        Raises:
            SetupError: it cannot go on, or this is not what it was.
        """
        record = self._record
        record.begin(run_id) if going is None else record.go_on(going)
        self._job = job = record.job
        self._writes = record.folder is not None
        self._journal = record.journal
        self._durable = Durable(self._journal, job.limits)
        self._durable.heard_of(record.heard)
        self._durable.seats.absent = absent_like
        self._context = RunContext(
            run_id=record.run_id,
            workspace=record.workspace,
            folder=job.folder,
            sandbox=job.sandbox,
            offline=job.offline,
            listener=self._listen,
            stop=self._stop,
            durable=self._durable,
        )
        begun = Accepted.of(self._journal.listed)
        self._put_person(begun.person)
        self._started = replace(job.started, run_id=record.run_id, model=begun.parts["model"])
        if job.prepare is not None:
            job.prepare(self._context)
        if going is not None:
            self._durable.on_unknown = going.on_unknown
            self._durable.decision = going.decision
        self._durable.waiting = self._wait
        self._journal.passed = self._passed
        self._journal.lost = self._lost

    def _listen(self, event: Event) -> None:
        gathered(event)
        told = self._record.there is not None and self._record.there.is_there(event)
        new = not told or (self._writes and isinstance(event, RunEnded))
        if new and not self._writes:
            assert self._record.there is not None
            near = self._record.there.nearest(event)
            self._end_with(ReplayMismatch(f"the replay makes an event that was not:\n{near}"))
        if new and self._record.folder is not None:
            self._record.folder.append(event)
        shown = [event] if new else []
        if not self._writes and self._record.there is not None:
            shown = self._record.there.in_turn(event)
        for one in shown:
            self._loop.call_soon_threadsafe(self.events.put_nowait, one)

    def _put_person(self, there: bool) -> None:
        """Let the code see a person where there was one."""
        person = Person(self._context, self._durable, self._person)
        self._context.ask = person if there else None

    def _passed(self, row: Row) -> None:
        """Do what a mark in the record says, when all before it was taken."""
        if row.kind == STOP:
            return
        for name, more in row.data["raised"].items():
            self._context.raised[name] = self._context.raised.get(name, 0) + more
        self._durable.seats.go_on()
        self._put_person(row.data["person"])
        self._context.emit(
            Resumed(run_id=self._context.run_id, recorded=row.data["from"] - 1, why=row.data["why"])
        )

    def _lost(self, kind: str, asked: Any) -> None:
        """End a replay that asks for what was not recorded."""
        self._end_with(mismatch(self._journal, kind, asked))

    def _end_with(self, found: Ending | Exception) -> None:
        if self._cut.done():
            return
        if isinstance(found, Ending):
            self._cut.set_result(found)
        else:
            self._cut.set_exception(found)

    def _wait(self, question: str) -> None:
        """End the run until a person answers a question."""
        answer = WAITING.format(question=question)
        self._end_with(Ending(answer=answer, stopped="interrupted"))

    async def drive(self) -> None:
        """Run the code to its end, and write how it ended."""
        context = self._context
        with running(context):
            # A run within a run: what it costs counts for the outer one as well.
            config = merge_configs(var_child_runnable_config.get(), {"callbacks": [Meter(context)]})
            token = var_child_runnable_config.set(config)
            watch = asyncio.ensure_future(self._leave_replay())
            ending = Ending(answer="", stopped="model_error")
            over = False
            try:
                context.emit(self._started)
                self._journal.begin()
                ending = await self._body()
                over = True
            except ReplayMismatch:
                raise
            except Exception as error:
                over = self._writes
                raise explain(error) from error
            finally:
                watch.cancel()
                var_child_runnable_config.reset(token)
                if over:
                    self._finish(ending)

    async def _body(self) -> Ending:
        """Return how the code ends, or how it was ended from outside."""
        code = asyncio.ensure_future(self._job.body(self._context))
        try:
            await asyncio.wait({code, self._cut}, return_when=asyncio.FIRST_COMPLETED)
            if self._cut.done():
                return self._cut.result()
            return code.result()
        finally:
            code.cancel()
            await asyncio.gather(code, return_exceptions=True)

    async def _leave_replay(self) -> None:
        """End a replay that a person stops: in its record it was not."""
        await self._stop.wait()
        if not self._writes:
            self._end_with(CogitateError("the replay was interrupted"))

    def _finish(self, ending: Ending) -> None:
        context = self._context
        if self._writes:
            self._journal.add(END, "", {"stopped": ending.stopped, "answer": ending.answer})
        result = Result(
            run_id=context.run_id,
            answer=ending.answer,
            stopped=ending.stopped,
            steps=context.turns,
            usage=context.usage,
            artefacts=tuple(dict.fromkeys(map(self._kept_at, context.artefacts))),
            seconds=round(self._journal.seconds if self._writes else self._journal.elapsed, 2),
            cost=round(context.cost, 6),
        )
        context.emit(RunEnded(result=result))
        if not self._writes:
            self._check_replay()

    def _check_replay(self) -> None:
        """See that a replay made all that was, and nothing else."""
        if self._cut.done() and self._cut.exception() is not None:
            raise cast(BaseException, self._cut.exception())
        there = self._record.there
        # What a run did before it was gone on with may have been taken back.
        if there is not None and self._journal.latest(RESUMED) is None and (left := there.left()):
            raise ReplayMismatch(f"the replay leaves out an event that was:\n{left}")

    def _kept_at(self, path: str) -> str:
        """Return where a file of the run is kept, which in a replay is not where it was made."""
        here, place = str(self._context.workspace), RunStore().workspace(self._context.run_id)
        return path if self._writes else path.replace(here, str(place), 1)

    def close(self) -> None:
        """Close what was opened."""
        if not self._cut.done():
            self._cut.cancel()
        elif not self._cut.cancelled():
            self._cut.exception()  # seen
        self._close.close()
