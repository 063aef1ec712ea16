"""Brings files into the long-term memory and keeps them in step with the disk.

`index` reads what is new or changed, replaces the chunks of changed files, takes out those of
files that left, and says of every file what became of it. The loop is written once, as the
generator `indexing`. Many small files are one transaction: killed at any moment, the next call
goes on behind the last one. What it does not know: formats (loaders), search (the stream).
Two programs should not index into one scope at the same time.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from cogitate.memory.documents.manifest import Entry, Manifest
from cogitate.memory.documents.outcome import Options, Outcome, Report, outcome_of
from cogitate.memory.documents.reading import Met, Reader
from cogitate.memory.documents.walk import Found, Unseen, absolute, found_at, roots_of, walk
from cogitate.memory.documents.writer import BATCH, Waiting, Writer

if TYPE_CHECKING:
    from cogitate.memory.stream import MemoryStream

Paths = Iterable[str | Path] | str | Path
"""One file or folder, or several."""
BLOCK = 256
"""Files that are looked up together."""
SECONDS = 2.0
"""What was read for as long is written, be it ever so little: so that progress is seen."""


async def index(
    paths: Paths,
    stream: "MemoryStream",
    *,
    options: Options | None = None,
    progress: Callable[[Outcome], None] | None = None,
) -> Report:
    """Bring files and folders into `stream` and return what became of each file.

    Raises:
        SetupError: a path does not exist.
    """
    begun = time.monotonic()
    return await _reported(indexing(paths, stream, options=options), begun, progress)


async def remove(
    paths: Paths,
    stream: "MemoryStream",
    *,
    options: Options | None = None,
) -> Report:
    """Take out what was indexed from files and folders, whether they still exist or not."""
    begun = time.monotonic()
    run = await asyncio.to_thread(_Run, stream, options or Options())
    return await _reported(run.removing(_listed(paths)), begun, None)


async def indexing(
    paths: Paths,
    stream: "MemoryStream",
    *,
    options: Options | None = None,
) -> AsyncIterator[Outcome]:
    """Yield what becomes of each file, as it happens. Stopped half-way, the next call goes on.

    Raises:
        SetupError: a path does not exist.
    """
    roots = roots_of(_listed(paths))
    run = await asyncio.to_thread(_Run, stream, options or Options())
    for root in roots:
        async for outcome in run.root(root):
            yield outcome
    async for outcome in run.rest():
        yield outcome


def _listed(paths: Paths) -> list[str | Path]:
    return [paths] if isinstance(paths, str | Path) else list(paths)


async def _reported(
    outcomes: AsyncIterator[Outcome], begun: float, progress: Callable[[Outcome], None] | None
) -> Report:
    counts: Counter[str] = Counter()
    skipped, remarks, chunks = [], [], 0
    async for outcome in outcomes:
        if progress is not None:
            progress(outcome)
        if outcome.deed == "writing":
            continue
        counts[outcome.deed] += 1
        if outcome.deed == "skipped":
            skipped.append(outcome)
        elif outcome.deed == "indexed":
            chunks += outcome.chunks
            remarks += [outcome] if outcome.reason else []
    return Report(
        counts=dict(counts),
        skipped=tuple(skipped),
        remarks=tuple(remarks),
        chunks=chunks,
        seconds=time.monotonic() - begun,
    )


class _Run:
    """One call of `index` or `remove`."""

    def __init__(self, stream: "MemoryStream", options: Options) -> None:
        self._reader = Reader(options)
        self._manifest = Manifest(stream.store.path, options.scope, stream.store)
        self._writer = Writer(stream, self._manifest, options)

    async def root(self, root: Path) -> AsyncIterator[Outcome]:
        """Yield what becomes of the files below `root`, and of those that left it."""
        seen: set[str] = set()
        unseen: list[str] = []

        def met() -> Iterator[Met]:
            for each in walk(root):
                if isinstance(each, Found):
                    seen.add(each.path)
                elif isinstance(each, Unseen):
                    unseen.append(each.path)
                yield each

        async for outcome in self._files(met()):
            yield outcome
        async for outcome in self._leaving(root, seen, unseen):
            yield outcome

    async def rest(self) -> AsyncIterator[Outcome]:
        """Yield what becomes of files that stood back for one that has left since."""
        while self._writer.again:
            paths, self._writer.again = list(self._writer.again), {}
            there = [each for each in map(found_at, paths) if isinstance(each, Found)]
            async for outcome in self._files(iter(there)):
                yield outcome
        if self._writer.has_forgotten:
            await asyncio.to_thread(self._writer.wipe)

    async def removing(self, paths: Sequence[str | Path]) -> AsyncIterator[Outcome]:
        """Yield the files at and below `paths` as they are taken out."""
        for path in paths:
            async for outcome in self._leaving(absolute(path), set(), ()):
                yield outcome
        async for outcome in self.rest():
            yield outcome

    async def _leaving(
        self, root: Path, seen: set[str], unseen: Sequence[str]
    ) -> AsyncIterator[Outcome]:
        """Yield the files below `root` that were not seen, as they are taken out."""
        left = await asyncio.to_thread(self._left, root, seen, unseen)
        for begin in range(0, len(left), BATCH):
            for outcome in await asyncio.to_thread(
                self._writer.take_out, left[begin : begin + BATCH]
            ):
                yield outcome

    def _left(self, root: Path, seen: set[str], unseen: Sequence[str]) -> list[Entry]:
        return [
            entry
            for entry in self._manifest.entries(str(root))
            if entry.path not in seen and not _at_or_below(entry.path, unseen)
        ]

    async def _files(self, met: Iterator[Met]) -> AsyncIterator[Outcome]:
        """Yield what becomes of files, in order; as many as fit together are one transaction."""
        groups = self._groups(met)
        while group := await asyncio.to_thread(next, groups, None):
            waiting = [each for each in group if isinstance(each, Waiting)]
            if len(waiting) == 1 and await self._is_long(waiting[0]):
                async for outcome in self._long(waiting[0]):
                    yield outcome
                continue
            written = iter(await asyncio.to_thread(self._writer.write, waiting) if waiting else ())
            for each in group:
                yield each if isinstance(each, Outcome) else next(written)

    def _groups(self, met: Iterator[Met]) -> Iterator[list[Outcome | Waiting]]:
        """Yield files as they are read: those together whose chunks make up a batch.

        A file that is longer than a batch comes alone.
        """
        while block := list(islice(met, BLOCK)):
            known = self._manifest.known([each.path for each in block])
            group: list[Outcome | Waiting] = []
            size, begun = 0, time.monotonic()
            for each in block:
                one = self._reader.read(each, known.get(each.path))
                chunks = len(one.rows or ()) if isinstance(one, Waiting) else 0
                if group and (size + chunks > BATCH or time.monotonic() - begun > SECONDS):
                    yield group
                    group, size, begun = [], 0, time.monotonic()
                group.append(one)
                size += chunks
            yield group

    async def _is_long(self, file: Waiting) -> bool:
        if file.more is None:
            return False
        return not await asyncio.to_thread(self._writer.twin, file.entry)

    async def _long(self, file: Waiting) -> AsyncIterator[Outcome]:
        """Write a file in several transactions, and yield how far it is."""
        await asyncio.to_thread(self._writer.begin, file)
        rows = chain(file.rows or (), file.more or ())
        count = 0
        while batch := await asyncio.to_thread(lambda: list(islice(rows, BATCH))):
            await asyncio.to_thread(self._writer.add, batch)
            count += len(batch)
            yield Outcome(path=file.entry.path, deed="writing", chunks=count)
        entry = replace(file.entry, chunks=count)
        await asyncio.to_thread(self._manifest.put, entry)
        yield outcome_of(entry, fresh=True)


def _at_or_below(path: str, folders: Sequence[str]) -> bool:
    return any(path == each or Path(path).is_relative_to(each) for each in folders)
