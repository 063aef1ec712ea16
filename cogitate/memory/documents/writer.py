"""Writes the chunks of a document into the memory, and takes them out again.

A chunk whose text is there already shares its record; a record is forgotten when the last file
that has its text leaves. What it does not know: which files there are (ingest.py).
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from cogitate.memory.documents.document import Document
from cogitate.memory.documents.manifest import ChunkRow, Entry, Manifest
from cogitate.memory.documents.outcome import Options
from cogitate.memory.documents.split import Chunk, Sizes, split
from cogitate.memory.records import Note

if TYPE_CHECKING:
    from cogitate.memory.stream import MemoryStream

BATCH = 64
"""Chunks that are embedded and written together."""
LONGEST_CONTEXT = 1_000


@dataclass(frozen=True)
class Writer:
    """Keeps records and manifest of one scope in step."""

    stream: "MemoryStream"
    manifest: Manifest
    options: Options

    async def write(self, read: Document) -> AsyncIterator[int]:
        """Write the chunks of a document and yield how many have been, batch by batch."""
        rows = _rows(read, self.options.sizes)
        count = 0
        while batch := await asyncio.to_thread(lambda: list(islice(rows, BATCH))):
            keys = {row.text_sha1 for _, row in batch}
            kept = await asyncio.to_thread(self.manifest.records_of, keys)
            fresh = {row.text_sha1: (text, row) for text, row in batch if row.text_sha1 not in kept}
            notes = [self._note(text, row) for text, row in fresh.values()]
            records = await self.stream.remember_many(notes) if notes else []
            made = {key: record.id for key, record in zip(fresh, records, strict=True)}
            owners = {id(row) for _, row in fresh.values()}
            done = [
                replace(
                    row,
                    record=kept.get(row.text_sha1) or made[row.text_sha1],
                    owner=id(row) in owners,
                )
                for _, row in batch
            ]
            await asyncio.to_thread(self.manifest.add_chunks, read.path, done)
            count += len(done)
            yield count

    def _note(self, text: str, row: ChunkRow) -> Note:
        return Note(
            text=text,
            kind="document",
            context=row.place["context"],
            origin="document",
            scope=self.options.scope,
            untrusted=True,
            meta=row.place["meta"],
        )

    async def take_out(self, entry: Entry) -> int:
        """Forget a file's records, hand over those that others share; return how many chunks."""
        manifest, path = self.manifest, entry.path
        # Begun: should the program die in here, the next run starts over with this file.
        await asyncio.to_thread(manifest.put, replace(entry, status="begun"))
        rows = await asyncio.to_thread(manifest.chunks, path)
        own = [row.record for row in rows if row.owner]
        if entry.status == "begun":
            own += await asyncio.to_thread(self._strays, path)
        alone = []
        for record in dict.fromkeys(own):
            heir = await asyncio.to_thread(manifest.heir, record, path)
            if heir is None or not await self._hand_over(record, *heir):
                alone.append(record)
        if alone:
            reason = f"{path} has changed or left"
            await self.stream.forget(alone, reason, wipe=False)
        await asyncio.to_thread(manifest.drop, path)
        return len(rows)

    async def wipe(self) -> None:
        """Overwrite what forgotten records have left in the memory's file."""
        await asyncio.to_thread(self.stream.store.wipe)

    def _strays(self, path: str) -> list[str]:
        """Return the records of a file that were written just before the program died."""
        from cogitate.memory.storage.tables import Filter

        chosen = Filter(kinds=("document",), scopes=(self.options.scope,))
        found = self.stream.store.records(chosen)
        return [record.id for record in found if record.meta.get("path") == path]

    async def _hand_over(self, record: str, path: str, row: ChunkRow) -> bool:
        """Make the record anew for another file's chunk. False when the record is gone."""
        old = await self.stream.get(record)
        entry = await asyncio.to_thread(self.manifest.entry, path)
        if old is None or entry is None:
            return False
        await asyncio.to_thread(self.manifest.put, replace(entry, status="begun"))
        await self.stream.forget([record], f"its text is kept for {path}", wipe=False)
        new = (await self.stream.remember_many([self._note(old.text, row)]))[0]
        await asyncio.to_thread(self.manifest.hand_over, record, new.id, path, row.number)
        await asyncio.to_thread(self.manifest.put, entry)
        return True


def _rows(read: Document, sizes: Sizes) -> Iterator[tuple[str, ChunkRow]]:
    """Yield the chunks of a document as text and row, each knowing its neighbours."""
    previous: Chunk | None = None
    held: Chunk | None = None
    number = 0
    for chunk in split(read, sizes):
        if held is not None:
            yield held.text, _row(read, number, held, (previous, chunk))
            number += 1
        previous, held = held, chunk
    if held is not None:
        yield held.text, _row(read, number, held, (previous, None))


def _row(
    read: Document, number: int, chunk: Chunk, around: tuple[Chunk | None, Chunk | None]
) -> ChunkRow:
    before, after = around
    meta = {
        "path": read.path,
        "title": read.title,
        "section": " > ".join(chunk.headings),
        "format": read.format,
        "page": chunk.page,
        "last_page": chunk.last_page,
        "line_start": chunk.line_start,
        "line_end": chunk.line_end,
        "start": chunk.start,
        "end": chunk.end,
        "doc": read.sha256,
        "chunk": chunk.id,
        "number": number,
        "previous": before.id if before else "",
        "next": after.id if after else "",
    }
    return ChunkRow(
        number=number,
        chunk=chunk.id,
        text_sha1=hashlib.sha1(chunk.text.encode(), usedforsecurity=False).hexdigest(),
        record="",
        place={"context": chunk.context[:LONGEST_CONTEXT], "meta": meta},
    )
