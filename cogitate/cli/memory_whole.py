"""The commands of `memory` about all of it: audit, tidy, export, import, rebuild."""

import asyncio
import sys
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from cogitate.cli.counting import counting_bar
from cogitate.cli.memory_open import (
    STDIO,
    db_option,
    embeddings_option,
    file_errors,
    json_option,
    opened,
    place_of,
    refuse_existing,
)
from cogitate.cli.output import write_json, write_table

if TYPE_CHECKING:
    from cogitate.memory.learning.audit import Report
    from cogitate.memory.learning.tidy import Tidied


@click.command("audit")
@click.option(
    "--unused-days",
    type=click.FloatRange(min=0),
    default=90.0,
    show_default=True,
    help="How old an unimportant record is that was never recalled.",
)
@json_option
@db_option
def audit_memory(unused_days: float, as_json: bool, db: Path | None) -> int:
    """Say what is wrong with the memory; nothing is changed. Exit code 1 if anything is.

    It looks for a damaged file, duplicates, junk, secrets, contradictions, and records that
    nobody ever used.
    """

    async def work() -> "tuple[list[str], Report]":
        from cogitate.memory.learning.audit import audit

        async with opened(db) as stream:
            broken = await asyncio.to_thread(stream.store.problems)
            return broken, await audit(stream, unused_days=unused_days)

    broken, report = asyncio.run(work())
    if as_json:
        findings = [asdict(each) for each in report.findings]
        write_json({"records": report.records, "file": broken, "findings": findings})
    else:
        rows = [("file", "", each) for each in broken]
        rows += [(each.fault, " ".join(each.ids), each.why) for each in report.findings]
        if rows:
            write_table(rows)
        counts = ", ".join(f"{count:,} {fault}" for fault, count in sorted(report.counts.items()))
        click.echo(
            f"{report.records:,} records looked at; {counts or 'nothing is wrong'}", err=True
        )
    return 1 if broken or report.findings else 0


@click.command("tidy")
@click.option(
    "--model",
    metavar="NAME",
    help="Also let this model merge near-duplicates and sum up old days; `default` is the "
    "embedded one. Without it only plain repetitions are merged.",
)
@click.option("--old-days", type=click.FloatRange(min=0), default=7.0, show_default=True)
@json_option
@db_option
@embeddings_option
def tidy_memory(
    model: str | None, old_days: float, as_json: bool, db: Path | None, embeddings: str
) -> None:
    """Merge what repeats itself. Pinned records and documents stay as they are."""

    async def work() -> "Tidied":
        from cogitate.memory.learning.tidy import tidy

        chat = None
        if model is not None:
            from cogitate.llm.load import load_model

            chat = load_model(None if model == "default" else model)
        async with opened(db, embeddings) as stream:
            return await tidy(stream, chat, old_days=old_days)

    done = asyncio.run(work())
    data = {
        "merged": [record.id for record in done.merged],
        "superseded": list(done.superseded),
        "summaries": [record.id for record in done.summaries],
    }
    if as_json:
        write_json(data)
        return
    rows = [("merged", each.id, each.text) for each in done.merged]
    rows += [("summary", each.id, each.text) for each in done.summaries]
    if rows:
        write_table(rows)
    click.echo(f"cogitate: {len(done.superseded):,} records superseded", err=True)


@click.command("export")
@click.argument("target", metavar="[FILE]", default=STDIO)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@db_option
def export_memory(target: str, force: bool, db: Path | None) -> None:
    """Write all of the memory to FILE, or to stdout, as lines of JSON. Nothing is lost."""
    refuse_existing(target, force)

    async def work() -> int:
        async with opened(db) as stream:
            with file_errors(target, "write"):
                return await stream.export(sys.stdout if target == STDIO else target)

    lines = asyncio.run(work())
    click.echo(f"cogitate: {lines:,} lines written", err=True)


@click.command("import")
@click.argument("source", metavar="FILE")
@json_option
@db_option
@embeddings_option
def import_memory(source: str, as_json: bool, db: Path | None, embeddings: str) -> None:
    """Take in an export from FILE (`-` is stdin). What is known or forgotten here is left out."""

    async def work(lines: IO[str]) -> int:
        async with opened(db, embeddings, make=True) as stream:
            return await stream.import_(lines)

    with file_errors(source, "read"):
        if source == STDIO:
            new = asyncio.run(work(sys.stdin))
        else:
            with open(source, encoding="utf-8") as file:
                new = asyncio.run(work(file))
    if as_json:
        write_json({"new": new})
    else:
        click.echo(f"{new:,} new records")


@click.command("rebuild")
@json_option
@db_option
@embeddings_option
def rebuild(as_json: bool, db: Path | None, embeddings: str) -> None:
    """Embed all texts anew, with another embedder. Interrupted, it goes on where it was."""

    async def work() -> tuple[int, tuple[str, int] | None]:
        async with opened(db, embeddings) as stream:
            with counting_bar("embedding") as report:
                done = await stream.rebuild(report)
            return done, stream.store.embedder()

    done, embedder = asyncio.run(work())
    name, dimension = embedder or ("none", 0)
    if as_json:
        write_json({"embedded": done, "embedder": name, "dimension": dimension})
    else:
        click.echo(f"{done:,} texts embedded with {name} ({dimension} numbers each)")


@click.command("path")
@db_option
def path(db: Path | None) -> None:
    """Print where the memory is kept."""
    click.echo(str(place_of(db)))
