"""A town that lives, on a terminal: drawn as it goes, stopped by Ctrl-C, with what it cost.

What it does not know: what is drawn, and how a day goes.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, cast

import click

from cogitate.cli.interrupts import on_interrupt
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
    with view, on_interrupt(partial(_ask_to_stop, stop, asyncio.current_task())):
        stream: AsyncIterator[Event] = living.stream(days, until, stop=stop)
        async with aclosing(cast(AsyncGenerator[Event, None], stream)) as events:
            async for event in events:
                view.show(event)
                if isinstance(event, RunEnded):
                    result = event.result
    if result is None:
        raise ModelError("the town ended without a result; `cogitate trace show last` says more")
    return result


def _ask_to_stop(stop: asyncio.Event, task: "asyncio.Task[object] | None") -> None:
    """Take a Ctrl-C: the first stops the town after the present tick, the second at once."""
    if stop.is_set() and task is not None:
        task.cancel()
        return
    stop.set()
    click.echo("\ncogitate: stopping after these ten minutes", err=True)
