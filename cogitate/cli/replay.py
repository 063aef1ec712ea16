"""`cogitate replay RUN`: a recorded run happens again, without a model and without the network."""

import click

from cogitate.cli.again import again_for


@click.command()
@click.argument("run", default="last")
@click.option("--quiet", "-q", is_flag=True, help="No live view on stderr.")
@click.option("--json", "as_json", is_flag=True, help="Print one result object instead.")
def replay(run: str, quiet: bool, as_json: bool) -> None:
    """Run RUN again from its record: an id, the start of one, or `last`.

    All that models, tools and persons gave is taken from the record; nothing is asked or called.
    Where the code goes another way than it did, it ends with the nearest difference.
    """
    from cogitate.agents.running import Going
    from cogitate.cli.resume import go
    from cogitate.runs.record import kept
    from cogitate.runs.store import RunStore

    store = RunStore()
    run_id = store.find(run)
    found = kept(store.root / run_id)
    made = again_for(found, run_id, Going(run=run_id, mode="replay"))
    go(made, found.accepted.goal, quiet=quiet, as_json=as_json)
