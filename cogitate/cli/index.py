"""`cogitate index`: bring documents into the long-term memory and keep them in step.

A file that has not changed is not read again; one that has gone is taken out. Exit codes are
those of `cogitate memory`.
"""

import asyncio
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cogitate.cli.counting import Report as Progress
from cogitate.cli.counting import counting_bar
from cogitate.cli.memory_open import db_option, embeddings_option, json_option, opened
from cogitate.cli.output import write_json, write_table
from cogitate.errors import SetupError

if TYPE_CHECKING:
    from cogitate.memory.documents.collections import Collection, Planned
    from cogitate.memory.documents.outcome import Outcome, Report
    from cogitate.memory.stream import MemoryStream

INDEXES = click.Choice(["auto", "flat", "hnsw", "ivfpq", "lsh"])


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1)
@click.option("--collection", metavar="NAME", help="Keep them apart, as a scope. [default]")
@click.option(
    "--index",
    "kind",
    type=INDEXES,
    help="Search the collection by this FAISS index, and measure what it finds; auto for what "
    "fits its size. [as last time, or auto]",
)
@click.option("--list", "listing", is_flag=True, help="List collections, or files of one.")
@click.option("--remove", is_flag=True, help="Take out PATH..., or a whole --collection.")
@click.option("-q", "--quiet", is_flag=True, help="Print the sums alone, not each file.")
@json_option
@db_option
@embeddings_option
def index(
    paths: tuple[str, ...],
    collection: str | None,
    kind: str | None,
    listing: bool,
    remove: bool,
    quiet: bool,
    as_json: bool,
    db: Path | None,
    embeddings: str,
) -> None:
    """Bring the files and folders PATH... into the memory; say of each what became of it."""
    if listing:
        _list(collection, as_json, db)
        return
    name = collection or "default"
    if not paths and not (remove and collection):
        whole = ", or --collection NAME for all of it" if remove else ""
        raise click.UsageError(f"give files or folders{whole}; --list shows what is indexed")
    outcomes: list[Outcome] = []

    async def work() -> "tuple[Report, Planned]":
        from cogitate.memory.documents.collections import plan

        async with opened(db, embeddings, make=not remove) as stream:
            if remove:
                report = await _removed(stream, paths, name, outcomes)
            else:
                report = await _indexed(stream, paths, name, outcomes)
            return report, await asyncio.to_thread(plan, stream.store, name, kind)

    report, planned = asyncio.run(work())
    if as_json:
        files = [asdict(each) for each in outcomes]
        data = {"counts": report.counts, "chunks": report.chunks, "seconds": report.seconds}
        write_json({"collection": name, **data, "files": files, "index": asdict(planned)})
        return
    _write(report, planned, [] if quiet else outcomes)


async def _indexed(
    stream: "MemoryStream", paths: tuple[str, ...], name: str, outcomes: "list[Outcome]"
) -> "Report":
    from cogitate.memory.documents import Options
    from cogitate.memory.documents import index as bring_in

    total = await asyncio.to_thread(_count, paths)
    with counting_bar("files") as progress:
        told = _Told(outcomes, total, progress)
        return await bring_in(paths, stream, options=Options(scope=name), progress=told)


async def _removed(
    stream: "MemoryStream", paths: tuple[str, ...], name: str, outcomes: "list[Outcome]"
) -> "Report":
    from cogitate.memory.documents import Options, Outcome, remove
    from cogitate.memory.documents.manifest import Manifest

    manifest = Manifest(stream.store.path, name)
    before = await asyncio.to_thread(lambda: [entry.path for entry in manifest.entries()])
    if not before:
        raise SetupError(f"nothing is indexed as {name!r}; `cogitate index --list` shows what is")
    roots = paths or tuple({Path(path).anchor for path in before})
    report = await remove(roots, stream, options=Options(scope=name))
    after = await asyncio.to_thread(lambda: {entry.path for entry in manifest.entries()})
    outcomes += [Outcome(path=path, deed="removed") for path in before if path not in after]
    return report


class _Told:
    """Keeps what became of each file, and draws how far the work is."""

    def __init__(self, outcomes: "list[Outcome]", total: int, progress: Progress) -> None:
        self._outcomes = outcomes
        self._total = total
        self._progress = progress

    def __call__(self, outcome: "Outcome") -> None:
        """Take in one outcome."""
        if outcome.deed != "writing":
            self._outcomes.append(outcome)
        self._progress(min(len(self._outcomes), self._total), self._total)


def _count(paths: tuple[str, ...]) -> int:
    from cogitate.memory.documents.walk import roots_of, walk

    return sum(1 for root in roots_of(paths) for _ in walk(root))


def _write(report: "Report", planned: "Planned", outcomes: "list[Outcome]") -> None:
    rows = []
    for each in outcomes:
        about = [f"{each.chunks:,} chunks"] if each.chunks else []
        rows.append((each.deed, each.path, "; ".join([*about, *filter(None, [each.reason])])))
    if rows:
        write_table(rows)
    counts = ", ".join(f"{count:,} {deed}" for deed, count in sorted(report.counts.items()))
    click.echo(f"{counts or 'no files'}; {report.chunks:,} chunks written, {report.seconds:.1f} s")
    click.echo(_index_line(planned))


def _index_line(planned: "Planned") -> str:
    found = "exact" if planned.kind == "flat" else f"recall@10 {planned.recall:.3f} measured"
    return (
        f"index: {planned.kind} ({planned.why}), {planned.vectors:,} vectors of "
        f"{planned.dimension}, {planned.megabytes:.1f} MB, {found}"
    )


def _list(name: str | None, as_json: bool, db: Path | None) -> None:
    from cogitate.memory.documents.collections import collections
    from cogitate.memory.documents.manifest import Manifest

    with closing(opened(db).store) as store:
        found = collections(store)
        if name is not None:
            if name not in [each.name for each in found]:
                known = ", ".join(each.name for each in found) or "none yet"
                raise SetupError(f"there is no collection {name!r}; there are: {known}")
            entries = list(Manifest(store.path, name).entries())
    if name is not None:
        if as_json:
            write_json([asdict(entry) for entry in entries])
        else:
            write_table([(e.status, e.path, e.reason or f"{e.chunks:,} chunks") for e in entries])
    elif as_json:
        write_json([asdict(each) for each in found])
    elif found:
        write_table([("COLLECTION", "FILES", "CHUNKS", "INDEX"), *map(_line, found)])
    else:
        click.echo("cogitate: nothing indexed yet; `cogitate index PATH` does", err=True)


def _line(held: "Collection") -> tuple[str, ...]:
    files = ", ".join(f"{count:,} {status}" for status, count in sorted(held.files.items()))
    kind = "not planned yet" if held.index is None else held.index.kind
    return held.name, files, f"{held.chunks:,}", kind
