"""`cogitate roleplay generate`: sessions in bulk, with a line for each on stderr."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cogitate.cli.interrupts import on_interrupt
from cogitate.cli.output import write_json
from cogitate.cli.roleplay import load, settings_of, tools_of
from cogitate.errors import SetupError

if TYPE_CHECKING:
    from cogitate.agents.roleplay import Play


async def generate_all(options: dict[str, Any]) -> int:
    """Make what is missing, export everything; return the exit code."""
    from cogitate.agents.roleplay.export import Filters, export
    from cogitate.agents.roleplay.generate import Generation

    generation = Generation(
        assistants=read_roles(options["assistants"], "assistant_role"),
        users=read_roles(options["users"], "user_role"),
        tasks=options["tasks"],
        model=load(options, options["model"]),
        out=options["out"],
        parallel=options["parallel"],
        tools=tools_of(options),
        licence=options["licence"],
        more=settings_of(options),
    )
    all_keys, stop = generation.keys(), asyncio.Event()

    def report(key: tuple[int, int, int], play: "Play") -> None:
        if not options["quiet"]:
            names = f"{play.assistant.name} + {play.user.name}"
            ended = play.termination or play.result.stopped
            name = "_".join(map(str, key))
            click.echo(f"{name} {names}: {ended}, {play.turns} turns", err=True)

    with on_interrupt(stop.set):
        made = await generation.run(stop=stop, report=report)
    found = export(options["out"], Filters(turns=options["min_turns"]))
    left = len(all_keys) - found["sessions"]
    write_json({"made": made, "wanted": len(all_keys), "left": left, **found})
    return 130 if stop.is_set() else 0


def read_roles(path: Path, kind: str) -> tuple[str, ...]:
    """Return the roles of a file: a name a line, or JSONL rows with a `value`.

    Args:
        path: the file.
        kind: of rows with a `list`, those of this list are taken, or all when there are none.

    Raises:
        SetupError: it cannot be read, or names no role.
    """
    try:
        lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"{str(path)!r} cannot be read ({error})") from error
    lines = [line for line in lines if line and not line.startswith("#")]
    if lines and lines[0].startswith("{"):
        try:
            rows = [json.loads(line) for line in lines]
            chosen = [row for row in rows if row.get("list", kind) == kind] or rows
            lines = [str(row["value"]) for row in chosen]
        except (ValueError, KeyError, AttributeError) as error:
            raise SetupError(f"{path}: not rows with a `value` ({error})") from error
    if not lines:
        raise SetupError(f"{path}: there is no role in it; write a name a line")
    return tuple(dict.fromkeys(lines))
