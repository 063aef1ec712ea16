"""A town that lives, on a terminal: drawn as it goes, stopped by Ctrl-C, with what it cost.

What it does not know: what is drawn, and how a day goes.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING, cast

import click

from cogitate.cli.output import write_json, write_text
from cogitate.cli.run import EXIT_CODES
from cogitate.errors import ModelError
from cogitate.runs.events import Event, RunEnded
from cogitate.values import Result

if TYPE_CHECKING:
    from cogitate.agents.town import Town


def lived(
    living: "Town", days: int | None, until: str | None, *, quiet: bool, as_json: bool
) -> int:
    """Let a town live, drawn as it does; return the exit code."""
    from cogitate.agents.town.counts import read_counts
    from cogitate.agents.town.diary import read_log
    from cogitate.agents.town.metrics import metrics
    from cogitate.cli.town_view import cost_lines

    result = asyncio.run(_drive(living, days, until, quiet))
    cost = read_counts(living.kept.counts)
    if as_json:
        came = metrics(living.file, list(read_log(living.kept.log)))
        write_json(
            {
                **result.as_dict(),
                "folder": str(living.folder),
                "cost": cost.as_dict(),
                "metrics": came.as_dict(),
            }
        )
    else:
        write_text(result.answer)
        write_text("\n".join(cost_lines(cost)))
    return EXIT_CODES[result.stopped]


async def _drive(living: "Town", days: int | None, until: str | None, quiet: bool) -> Result:
    from cogitate.cli.town_view import TownView

    stop = asyncio.Event()
    view = TownView(living.file, None if quiet else sys.stderr)
    result: Result | None = None
    with view, _interruptible(stop):
        stream: AsyncIterator[Event] = living.stream(days, until, stop=stop)
        async with aclosing(cast(AsyncGenerator[Event, None], stream)) as events:
            async for event in events:
                view.show(event)
                if isinstance(event, RunEnded):
                    result = event.result
    if result is None:
        raise ModelError("the town ended without a result; `cogitate trace show last` says more")
    return result


@contextmanager
def _interruptible(stop: asyncio.Event) -> Iterator[None]:
    """Let Ctrl-C stop the town after the present tick, and a second one at once."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()

    def on_interrupt() -> None:
        if stop.is_set() and task is not None:
            task.cancel()
            return
        stop.set()
        click.echo("\ncogitate: stopping after these ten minutes", err=True)

    try:
        loop.add_signal_handler(signal.SIGINT, on_interrupt)
    except (NotImplementedError, RuntimeError, ValueError):
        yield  # Windows, or not the main thread: Ctrl-C raises KeyboardInterrupt as ever
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
