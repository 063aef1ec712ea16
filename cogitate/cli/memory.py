"""`cogitate memory`: look into the long-term memory, and put right what is in it.

Exit codes: 0 done; 1 an audit found something; 2 the file is damaged, no memory or of
another embedder, a path cannot be read or written, an id is not known, or a value does not
fit; 3 a package is missing, the disk is full or another program keeps the file busy.
"""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from cogitate.cli.memory_open import (
    date_option,
    db_option,
    embeddings_option,
    json_option,
    opened,
    read_text,
    secret_option,
    unless_secret,
)
from cogitate.cli.memory_whole import (
    audit_memory,
    export_memory,
    import_memory,
    path,
    rebuild,
    tidy_memory,
)
from cogitate.cli.output import write_json, write_text

if TYPE_CHECKING:
    from cogitate.memory.options import RecallOptions
    from cogitate.memory.records import Kind, Recalled, Record
    from cogitate.memory.storage.store import Forgotten

KINDS = click.Choice(["observation", "reflection", "plan", "chat", "fact", "document"])
STATUSES = click.Choice(["active", "superseded", "retracted", "all"])
IMPORTANCE = click.FloatRange(1, 10)
REASON = "asked for on the command line"


@click.group()
def memory() -> None:
    """Add to the long-term memory, search it, and see or change what it holds."""


@memory.command("add")
@click.argument("text")
@click.option("--kind", type=KINDS, default="observation", show_default=True)
@click.option("--importance", type=IMPORTANCE, help="1 to 10; by rules unless given.")
@click.option("--context", default="", help="Text that is searched with it and never shown.")
@click.option("--scope", default="default", show_default=True)
@click.option("--pin", is_flag=True, help="Keep it from being tidied away.")
@secret_option
@json_option
@db_option
@embeddings_option
def add(
    text: str,
    kind: str,
    importance: float | None,
    context: str,
    scope: str,
    pin: bool,
    secret: bool,
    as_json: bool,
    db: Path | None,
    embeddings: str,
) -> None:
    """Remember TEXT (`-` reads it from stdin) and print its id."""
    from cogitate.memory.records import Note

    whole = Note(
        text=unless_secret(read_text(text), secret),
        kind=cast("Kind", kind),
        importance=importance,
        context=unless_secret(context, secret),
        scope=scope,
    )

    async def work() -> "tuple[Record, bool]":
        async with opened(db, embeddings, make=True) as stream:
            begun = stream.clock()
            record = await stream.remember(whole)
            if pin:
                await stream.pin(record.id)
                record = await stream.get(record.id) or record
            return record, (record.created or 0.0) < begun

    record, repeated = asyncio.run(work())
    if as_json:
        write_json({**record.as_dict(), "repeated": repeated})
        return
    write_text(record.id)
    if repeated:
        click.echo("cogitate: this was known already; it counts as said again", err=True)


@memory.command("list")
@click.option("--kind", "kinds", type=KINDS, multiple=True, help="Only these. Repeatable.")
@click.option("--scope", "scopes", multiple=True, help="Only these. Repeatable.")
@click.option("--status", type=STATUSES, default="active", show_default=True)
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True)
@click.option("--oldest", is_flag=True, help="The oldest first.")
@json_option
@db_option
def list_records(
    kinds: tuple[str, ...],
    scopes: tuple[str, ...],
    status: str,
    limit: int,
    oldest: bool,
    as_json: bool,
    db: Path | None,
) -> None:
    """List what is remembered, the newest first."""
    from cogitate.cli.memory_view import write_records

    async def work() -> "tuple[Record, ...]":
        async with opened(db) as stream:
            found = await stream.list(
                kinds or None,
                scopes=scopes or None,
                statuses=None if status == "all" else (status,),
                newest=not oldest,
                limit=limit,
            )
            return tuple(found)

    records = asyncio.run(work())
    if as_json:
        write_json([record.as_dict() for record in records])
    elif records:
        write_records(records)
    else:
        click.echo("cogitate: nothing found; `cogitate memory add TEXT` keeps a note", err=True)


@memory.command("search")
@click.argument("query")
@click.option("-k", "--limit", type=click.IntRange(min=1), default=5, show_default=True)
@click.option("--kind", "kinds", type=KINDS, multiple=True, help="Only these. Repeatable.")
@click.option("--scope", "scopes", multiple=True, help="Only these. Repeatable.")
@click.option(
    "--weights",
    type=click.Choice(["default", "paper", "smallville"]),
    help="How much relevance, importance and recency count.",
)
@date_option("--as-of", help="Search what held on this day, superseded records included.")
@click.option("--explain", is_flag=True, help="Draw each part of the score, and what just missed.")
@click.option("--touch", is_flag=True, help="Count what is found as used, as an agent's search.")
@json_option
@db_option
@embeddings_option
def search(
    query: str,
    limit: int,
    kinds: tuple[str, ...],
    scopes: tuple[str, ...],
    weights: str | None,
    as_of: float | None,
    explain: bool,
    touch: bool,
    as_json: bool,
    db: Path | None,
    embeddings: str,
) -> None:
    """Find what is remembered about QUERY, the highest score first."""
    from cogitate.cli.memory_view import as_data, write_explained, write_hits

    chosen: RecallOptions = {
        "weights": weights,
        "kinds": kinds or None,
        "scopes": scopes or None,
        "explain": explain,
        "touch": touch,
        "as_of": as_of,
    }
    if not (query := read_text(query)).strip():
        raise click.UsageError("the query is empty; `cogitate memory list` shows what there is")

    async def work() -> "Recalled":
        async with opened(db, embeddings) as stream:
            return await stream.recall(query, limit, **chosen)

    found = asyncio.run(work())
    if as_json:
        write_json({"query": query, **as_data(found)})
    elif not found:
        click.echo("cogitate: nothing found; `cogitate memory list` shows what there is", err=True)
    elif explain:
        write_explained(found)
    else:
        write_hits(found)


@memory.command("show")
@click.argument("record_id", metavar="ID")
@json_option
@db_option
def show(record_id: str, as_json: bool, db: Path | None) -> None:
    """Show all that is known of the record ID; the start of an id is enough."""
    from cogitate.cli.memory_ids import find
    from cogitate.cli.memory_view import write_record

    async def work() -> "Record":
        async with opened(db) as stream:
            return await find(stream, record_id)

    record = asyncio.run(work())
    if as_json:
        write_json(record.as_dict())
    else:
        write_record(record)


@memory.command("edit")
@click.argument("record_id", metavar="ID")
@click.option("--text", help="The new text; `-` reads it from stdin.")
@click.option("--importance", type=IMPORTANCE)
@secret_option
@json_option
@db_option
@embeddings_option
def edit(
    record_id: str,
    text: str | None,
    importance: float | None,
    secret: bool,
    as_json: bool,
    db: Path | None,
    embeddings: str,
) -> None:
    """Give the record ID another text or importance."""
    from cogitate.cli.memory_ids import find

    if text is None and importance is None:
        raise click.UsageError("nothing to change; give --text or --importance")
    new = None if text is None else unless_secret(read_text(text), secret)

    async def work() -> "Record":
        async with opened(db, embeddings) as stream:
            record = await find(stream, record_id)
            return await stream.edit(record.id, text=new, importance=importance)

    record = asyncio.run(work())
    if as_json:
        write_json(record.as_dict())
    else:
        write_text(record.id)


@memory.command("pin")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option("--off", is_flag=True, help="Let them be tidied away again.")
@db_option
def pin(ids: tuple[str, ...], off: bool, db: Path | None) -> None:
    """Keep the records ID... from being tidied away."""
    from cogitate.cli.memory_ids import find

    async def work() -> None:
        async with opened(db) as stream:
            for record in [await find(stream, each) for each in ids]:
                await stream.pin(record.id, not off)
                write_text(record.id)

    asyncio.run(work())


@memory.command("forget")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option("--reason", default=REASON, show_default=True, help="What the tombstone says.")
@json_option
@db_option
def forget(ids: tuple[str, ...], reason: str, as_json: bool, db: Path | None) -> None:
    """Delete the records ID... for good: text, vector and words. A tombstone stays."""
    from cogitate.cli.memory_ids import find

    async def work() -> "Forgotten":
        async with opened(db) as stream:
            named = [(await find(stream, each)).id for each in ids]
            return await stream.forget(named, reason)

    gone = asyncio.run(work())
    if as_json:
        write_json({"forgotten": gone.ids, "retracted": gone.retracted, "look_again": gone.derived})
        return
    write_text("\n".join(gone.ids))
    if gone.retracted:
        click.echo(f"cogitate: retracted, drawn from it: {' '.join(gone.retracted)}", err=True)
    if gone.derived:
        said = " ".join(gone.derived)
        click.echo(f"cogitate: stands on others, too; look whether it repeats it: {said}", err=True)


for _command in (audit_memory, tidy_memory, export_memory, import_memory, rebuild, path):
    memory.add_command(_command)
