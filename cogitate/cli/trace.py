"""`cogitate trace`: the runs that are kept, what happened in each, and what it thought of."""

import sys
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import click

from cogitate.cli.output import write_table

if TYPE_CHECKING:
    from cogitate.runs.events import Event


@click.group()
def trace() -> None:
    """List the runs, or show what happened in one."""


@trace.command("list")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True)
def list_runs(limit: int) -> None:
    """List the newest runs, the newest first."""
    from cogitate.runs.store import RunStore

    rows = [
        (
            row.run_id,
            datetime.fromtimestamp(row.when).strftime("%Y-%m-%d %H:%M"),
            row.stopped,
            f"{row.seconds:.1f} s",
            row.goal if len(row.goal) <= 70 else f"{row.goal[:70]}...",
        )
        for row in RunStore().list(limit)
    ]
    if not rows:
        click.echo("cogitate: no runs yet; `cogitate run GOAL` makes one", err=True)
        return
    write_table(rows)


@trace.command("show")
@click.argument("run")
@click.option("--json", "as_json", is_flag=True, help="Print the events, one JSON object a line.")
@click.option("--prompts", is_flag=True, help="Also show what the model was shown.")
def show_run(run: str, as_json: bool, prompts: bool) -> None:
    """Show what happened in RUN: an id, the start of one, or `last`."""
    from cogitate.cli.run import write_event
    from cogitate.runs.events import RunEnded
    from cogitate.runs.store import RunStore

    store = RunStore()
    run_id = store.find(run)
    if as_json:
        for event in store.events(run_id):
            write_event(event)
        return
    from cogitate.cli.view import console_for, draw

    console, ended = console_for(sys.stdout), False
    for event in store.events(run_id):
        for line in draw(event, prompts=prompts, answer=True):
            console.print(line)
        ended = isinstance(event, RunEnded)
    if not ended:
        click.echo(f"cogitate: this run is {store.row(run_id).stopped}", err=True)


@trace.command("thoughts")
@click.argument("run", default="last")
@click.option(
    "--format",
    "form",
    type=click.Choice(["tree", "json", "mermaid"]),
    default="tree",
    show_default=True,
    help="How the graph is written.",
)
def show_thoughts(run: str, form: str) -> None:
    """Show the graph of thoughts of RUN: an id, the start of one, or `last`."""
    from cogitate.errors import SetupError
    from cogitate.planners.thoughts import export
    from cogitate.runs.store import FILES, RunStore

    store = RunStore()
    run_id = store.find(run)
    written = export.files_in(store.root / run_id / FILES)
    if not written:
        raise SetupError(
            f"the run {run_id!r} left no thoughts; `cogitate run --loop tot GOAL` makes some"
        )
    draw = {"tree": export.as_tree, "json": export.as_json, "mermaid": export.as_mermaid}[form]
    for path in written:
        click.echo(draw(export.read_file(path)), nl=False)


@trace.command("diff")
@click.argument("first")
@click.argument("second")
def show_difference(first: str, second: str) -> None:
    """Show where two runs part: the first event that differs, and how.

    Clocks, ids, places, what it cost, and where a run was gone on with are left out. Exit code 0:
    they are the same, 1: they differ.
    """
    from cogitate.runs.events import Resumed
    from cogitate.runs.sameness import Sameness, difference
    from cogitate.runs.store import RunStore

    store = RunStore()
    forms = []
    for name in (first, second):
        run_id = store.find(name)
        same = Sameness((), store.workspace(run_id))
        events = (event for event in store.events(run_id) if not isinstance(event, Resumed))
        forms.append([same.form(_without_cost(event)) for event in events])
    one, other = forms
    pairs = zip(one, other, strict=False)
    at = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
    if at == len(one) == len(other):
        click.echo(f"the same: {at} events")
        return
    from cogitate.cli.output import write_text

    click.echo(f"the same up to event {at} of {len(one)} and {len(other)}; then:")
    ends = ["(no more events)" if at >= len(events) else events[at] for events in forms]
    write_text(difference(ends[0], ends[1], (first, second)))
    click.get_current_context().exit(1)


def _without_cost(event: "Event") -> "Event":
    """Return an event without what it cost: that depends on what a model still had in memory."""
    from cogitate.runs.events import ModelCalled, RunEnded
    from cogitate.values import Usage

    if isinstance(event, ModelCalled):
        return replace(event, usage=Usage())
    if isinstance(event, RunEnded):
        return replace(event, result=replace(event.result, usage=Usage(), cost=0.0))
    return event
