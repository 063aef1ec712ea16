"""`cogitate loops`: the loops by name, one a line."""

import click

from cogitate.cli.output import write_json, write_text


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one object: name to summary.")
def loops(as_json: bool) -> None:
    """List the loops that `cogitate run --loop NAME` can pursue a goal by."""
    from cogitate.agents.loops import LOOPS

    if as_json:
        write_json({name: loop.summary for name, loop in LOOPS.items()})
        return
    width = max(map(len, LOOPS))
    for name, loop in LOOPS.items():
        write_text(f"{name:<{width}}  {loop.summary}")
