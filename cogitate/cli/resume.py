"""`cogitate resume [RUN]`: a run that was cut off, stopped or interrupted goes on."""

import asyncio
import sys
from typing import Any

import click

from cogitate.cli.again import again_for, limit_options, limits_from


@click.command()
@click.argument("run", default="last")
@limit_options
@click.option(
    "--on-unknown",
    type=click.Choice(["ask", "done", "redo", "skip"]),
    default="ask",
    show_default=True,
    help="What becomes of a call that counts once, was begun, and whose end is not known.",
)
@click.option("--reply", metavar="TEXT", help="The answer to the question that the run waits with.")
@click.option("--quiet", "-q", is_flag=True, help="No live view on stderr.")
@click.option("--json", "as_json", is_flag=True, help="Print one result object instead.")
def resume(
    run: str,
    on_unknown: Any,
    reply: str | None,
    quiet: bool,
    as_json: bool,
    **limits: tuple[bool, float] | None,
) -> None:
    """Go on with RUN: an id, the start of one, or `last`.

    What it did is taken from its record; no call that ended is made twice. A run that
    stopped at a limit needs more of it, such as --max-steps +10.
    """
    from cogitate.agents.running import Going
    from cogitate.runs.record import kept
    from cogitate.runs.store import RunStore

    store = RunStore()
    run_id = store.find(run)
    found = kept(store.root / run_id)
    going = Going(
        run=run_id, limits=limits_from(found, limits), on_unknown=on_unknown, decision=reply
    )
    go(again_for(found, run_id, going), found.accepted.goal, quiet=quiet, as_json=as_json)


def go(made: Any, goal: str, *, quiet: bool, as_json: bool) -> None:
    """Drive a run that goes on, print its answer, and leave with its exit code."""
    from cogitate.cli.output import write_json, write_text
    from cogitate.cli.run import EXIT_CODES, drive, say_why
    from cogitate.cli.view import View
    from cogitate.keys import redacted

    view = View(None if quiet else sys.stderr)
    result = asyncio.run(drive(made, goal, view))
    if as_json:
        write_json({**result.as_dict(), "answer": redacted(result.answer)})
    else:
        write_text(redacted(result.answer))
    say_why(result)
    click.get_current_context().exit(EXIT_CODES[result.stopped])
