"""The one way in which runs are driven: agents and role-plays, new ones and recorded ones.

A `Job` says what a run is: how it began, how far it may go, and the code that it runs. The code
may be run again from its start at any time, so it must do the same each time, given the
outcomes of models, tools and persons. `Driver` does the work.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from cogitate.agents.driver import Driver
from cogitate.agents.job import Ending, Going, Job
from cogitate.errors import CogitateError
from cogitate.runs.context import Ask
from cogitate.runs.events import Event, RunEnded
from cogitate.values import Result


async def events_of(
    job: Job,
    *,
    stop: asyncio.Event | None = None,
    ask: Ask | None = None,
    run_id: str | None = None,
    going: Going | None = None,
) -> AsyncGenerator[Event, None]:
    """Yield what happens in a run, as it happens; the last event is `RunEnded`.

    A run that goes on yields only what is new, a replay everything.

    Args:
        job: what is run.
        stop: set it to end the run in order.
        ask: puts a question to the person; None when nobody can be asked.
        run_id: the id of a new run; None makes one.
        going: the record that it goes on from; None begins a new run.

    Raises:
        SetupError: the run cannot go on, or is not one of this job.
        ReplayMismatch: a replay asked for something else than was recorded.
    """
    driver = Driver(job, stop or asyncio.Event(), ask)
    try:
        driver.begin(run_id, going)
        task = asyncio.create_task(driver.drive())
        task.add_done_callback(lambda _: driver.events.put_nowait(None))
        try:
            while (event := await driver.events.get()) is not None:
                yield event
            await task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    finally:
        driver.close()


async def result_of(events: AsyncIterator[Event]) -> Result:
    """Return the result with which events end."""
    result: Result | None = None
    async for event in events:
        if isinstance(event, RunEnded):
            result = event.result
    if result is None:
        raise CogitateError("the run ended without a result")
    return result


__all__ = ["Ending", "Going", "Job", "events_of", "result_of"]
