"""Brings files into the long-term memory and keeps them in step with the disk.

`index` reads what is new or changed, replaces the chunks of changed files, takes out those of
files that left, and says of every file what became of it. The loop is written once, as the
generator `indexing`. What it does not know: formats (loaders), search (the stream). Two
programs should not index into one scope at the same time.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from cogitate.errors import UnavailableError
from cogitate.memory.documents.document import Document, Skipped
from cogitate.memory.documents.loaders import load
from cogitate.memory.documents.manifest import Entry, Manifest
from cogitate.memory.documents.outcome import Deed, Options, Outcome, Report
from cogitate.memory.documents.walk import Found, Unseen, absolute, found_at, roots_of, walk
from cogitate.memory.documents.writer import BATCH, Writer

if TYPE_CHECKING:
    from cogitate.memory.stream import MemoryStream

Paths = Iterable[str | Path] | str | Path
"""One file or folder, or several."""
SETTLED = 2_000_000_000
"""Nanoseconds that a file must be old when it is read, for its time stamp to be trusted."""


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
        self._options = options
        self._manifest = Manifest(stream.store.path, options.scope)
        self._writer = Writer(stream, self._manifest, options)
        self._again: list[str] = []
        self._forgot = False

    async def root(self, root: Path) -> AsyncIterator[Outcome]:
        """Yield what becomes of the files below `root`, and of those that left it."""
        seen: set[str] = set()
        unseen: list[str] = []
        walking = walk(root)
        while met := await asyncio.to_thread(lambda: list(islice(walking, BATCH))):
            for each in met:
                if isinstance(each, Found):
                    seen.add(each.path)
                    async for outcome in self._file(each):
                        yield outcome
                    continue
                if isinstance(each, Unseen):
                    unseen.append(each.path)
                yield Outcome(path=each.path, deed="skipped", reason=each.reason)
        for entry in await asyncio.to_thread(self._left, root, seen, unseen):
            yield await self._take_out(entry)

    async def rest(self) -> AsyncIterator[Outcome]:
        """Yield what becomes of files that stood back for one that has left since."""
        while self._again:
            path = self._again.pop(0)
            found = await asyncio.to_thread(found_at, path)
            if isinstance(found, Found):
                async for outcome in self._file(found):
                    yield outcome
        if self._forgot:
            await self._writer.wipe()

    async def removing(self, paths: Sequence[str | Path]) -> AsyncIterator[Outcome]:
        """Yield the files at and below `paths` as they are taken out."""
        for path in paths:
            for entry in await asyncio.to_thread(self._left, absolute(path), set(), ()):
                yield await self._take_out(entry)
        async for outcome in self.rest():
            yield outcome

    def _left(self, root: Path, seen: set[str], unseen: Sequence[str]) -> list[Entry]:
        return [
            entry
            for entry in self._manifest.entries(str(root))
            if entry.path not in seen and not _at_or_below(entry.path, unseen)
        ]

    async def _file(self, found: Found) -> AsyncIterator[Outcome]:
        known = await asyncio.to_thread(self._manifest.entry, found.path)
        if known and self._is_as_known(known, found):
            yield _same(known)
            return
        seen = time.time_ns()
        read = await asyncio.to_thread(self._load, found.path)
        if isinstance(read, Skipped):
            yield await self._skip(read, found, known, seen)
        elif isinstance(read, UnavailableError):
            yield Outcome(path=found.path, deed="skipped", reason=str(read))
        else:
            entry = self._entry(read, found, seen)
            async for outcome in self._document(read, entry, known):
                yield outcome

    def _load(self, path: str) -> Document | Skipped | UnavailableError:
        try:
            return load(path, most_bytes=self._options.most_bytes)
        except UnavailableError as error:
            return error

    def _is_as_known(self, known: Entry, found: Found) -> bool:
        stamp = (known.size, known.modified, known.recipe)
        settled = known.seen - known.modified > SETTLED and known.status != "begun"
        return settled and stamp == (found.size, found.modified, self._recipe(known.status))

    def _recipe(self, status: str) -> str:
        # A file that was too large is looked at again when the limit changes.
        limit = f":{self._options.most_bytes}" if status == "skipped" else ""
        return self._options.recipe + limit

    def _entry(self, read: Document, found: Found, seen: int) -> Entry:
        return Entry(
            path=found.path,
            sha256=read.sha256,
            size=found.size,
            modified=found.modified,
            seen=seen,
            reason="; ".join(read.remarks),
            title=read.title,
            format=read.format,
            recipe=self._options.recipe,
        )

    async def _skip(self, read: Skipped, found: Found, known: Entry | None, seen: int) -> Outcome:
        if known:
            await self._take_out(known)
        entry = Entry(
            path=found.path,
            size=found.size,
            modified=found.modified,
            seen=seen,
            status="skipped",
            reason=read.reason,
            recipe=self._recipe("skipped"),
        )
        await asyncio.to_thread(self._manifest.put, entry)
        return Outcome(path=found.path, deed="skipped", reason=read.reason)

    async def _document(
        self, read: Document, entry: Entry, known: Entry | None
    ) -> AsyncIterator[Outcome]:
        manifest = self._manifest
        same = known is not None and (known.sha256, known.recipe) == (entry.sha256, entry.recipe)
        if known and same and known.status in ("indexed", "duplicate"):
            entry = replace(known, modified=entry.modified, size=entry.size, seen=entry.seen)
            if known.status == "indexed" or manifest.twin(entry.sha256, entry.path):
                await asyncio.to_thread(manifest.put, entry)
                yield _same(entry)
                return
        if known:
            await self._take_out(known)
        twin = await asyncio.to_thread(manifest.twin, entry.sha256, entry.path)
        if twin:
            entry = replace(entry, status="duplicate", reason=f"the same as {twin}")
            await asyncio.to_thread(manifest.put, entry)
            yield Outcome(path=entry.path, deed="duplicate", reason=entry.reason)
            return
        await asyncio.to_thread(manifest.put, replace(entry, status="begun"))
        count = 0
        async for count in self._writer.write(read):
            if count % BATCH == 0:
                yield Outcome(path=entry.path, deed="writing", chunks=count)
        entry = replace(entry, chunks=count)
        await asyncio.to_thread(manifest.put, entry)
        yield Outcome(path=entry.path, deed="indexed", reason=entry.reason, chunks=count)

    async def _take_out(self, entry: Entry) -> Outcome:
        chunks = await self._writer.take_out(entry)
        self._forgot |= chunks > 0
        if entry.status == "indexed":
            twins = await asyncio.to_thread(self._manifest.twins, entry.sha256)
            for twin in twins:
                await asyncio.to_thread(self._manifest.drop, twin)
            self._again += twins
        return Outcome(path=entry.path, deed="removed", chunks=chunks)


def _same(entry: Entry) -> Outcome:
    deeds: dict[str, Deed] = {"skipped": "skipped", "duplicate": "duplicate"}
    return Outcome(
        path=entry.path,
        deed=deeds.get(entry.status, "unchanged"),
        reason=entry.reason,
        chunks=entry.chunks,
    )


def _at_or_below(path: str, folders: Sequence[str]) -> bool:
    return any(path == each or Path(path).is_relative_to(each) for each in folders)
