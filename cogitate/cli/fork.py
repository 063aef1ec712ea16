"""`cogitate fork RUN --at STEP`: from a step of a recorded run, another run goes on."""

import click

from cogitate.cli.again import again_for, limit_options, limits_from


@click.command()
@click.argument("run", default="last")
@click.option("--at", type=click.IntRange(min=0), required=True, help="The last step that is kept.")
@click.option("--model", metavar="NAME", help="Another model from there on.")
@limit_options
@click.option("--quiet", "-q", is_flag=True, help="No live view on stderr.")
@click.option("--json", "as_json", is_flag=True, help="Print one result object instead.")
def fork(
    run: str,
    at: int,
    model: str | None,
    quiet: bool,
    as_json: bool,
    **limits: tuple[bool, float] | None,
) -> None:
    """Begin a run of its own that is RUN up to the step --at, and goes on from there.

    What was done up to there is taken from the record and not done again.
    """
    from cogitate.agents.running import Going
    from cogitate.cli.resume import go
    from cogitate.runs.record import kept
    from cogitate.runs.store import RunStore

    store = RunStore()
    run_id = store.find(run)
    found = kept(store.root / run_id)
    going = Going(run=run_id, mode="fork", at=at, limits=limits_from(found, limits))
    changes = {} if model is None else {"model": model}
    made = again_for(found, run_id, going, **changes)
    go(made, found.accepted.goal, quiet=quiet, as_json=as_json)
