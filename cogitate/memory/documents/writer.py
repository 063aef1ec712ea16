"""Writes the chunks of documents into the memory, and takes them out again.

A chunk whose text is there already shares its record; a record is forgotten when the last file
that has its text leaves. Each call is one transaction: what it is to embed is embedded before,
and the embedder's cache has it then. What it does not know: which files there are (ingest.py).
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cogitate.memory.documents.document import Document
from cogitate.memory.documents.manifest import ChunkRow, Entry, Manifest
from cogitate.memory.documents.outcome import Options, Outcome, outcome_of
from cogitate.memory.documents.split import Chunk, Sizes, split
from cogitate.memory.records import Note
from cogitate.memory.storage.tables import Filter

if TYPE_CHECKING:
    from cogitate.memory.stream import MemoryStream

BATCH = 64
"""Chunks that are embedded and written together."""
LONGEST_CONTEXT = 1_000

Row = tuple[str, ChunkRow]
"""The text of a chunk, and what is kept of it beside the text."""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A file that was read and waits to be written together with others."""

    entry: Entry
    rows: Sequence[Row] | None = None
    """Its chunks; None where these stay as they are."""
    more: Iterator[Row] | None = None
    """The rest of them, where there are more than are written together."""
    leaving: Entry | None = None
    """What was known of it, where its chunks are to be taken out first."""


@dataclass
class Writer:
    """Keeps records and manifest of one scope in step. It may be used by one thread at a time."""

    stream: "MemoryStream"
    manifest: Manifest
    options: Options
    again: dict[str, None] = field(default_factory=dict)
    """Files that stood back for one that has left since: they are to be read."""
    has_forgotten: bool = False
    """Whether records were forgotten, whose words may still lie in the memory's file."""

    def write(self, files: Sequence[Waiting]) -> list[Outcome]:
        """Write files in place of what was known of them, and return what became of each."""
        leaving = [each.leaving for each in files if each.leaving]
        self._vectors(self._new(self._told_apart(files)[1]))
        self._vectors(self._heirs(leaving)[1])
        with self.stream.store.writing():
            if leaving:
                self.take_out(leaving)
            entries, rows = self._told_apart(files)
            self.add(rows)
            self.manifest.put(*entries)
        for entry in entries:
            self.again.pop(entry.path, None)
        pairs = zip(files, entries, strict=True)
        return [outcome_of(entry, fresh=each.rows is not None) for each, entry in pairs]

    def begin(self, file: Waiting) -> None:
        """Take out what was known of a long file; should the program die, it is begun anew."""
        with self.stream.store.writing():
            if file.leaving:
                self.take_out([file.leaving])
            self.manifest.put(replace(file.entry, status="begun"))

    def add(self, rows: Sequence[Row]) -> None:
        """Write chunks, and records of the texts that have none, in one transaction."""
        self._vectors(self._new(rows))
        with self.stream.store.writing():
            notes = self._new(rows)
            vectors, now = self._vectors(notes), self.stream.clock()
            records = self.stream.store.add([*notes.values()], vectors, now) if notes else []
            made = {key: record.id for key, record in zip(notes, records, strict=True)}
            held = made | self.manifest.records_of({row.text_sha1 for _, row in rows})
            self.manifest.add_chunks(
                # The first chunk of a new text is the one that its record was made for.
                replace(row, record=held[row.text_sha1], owner=bool(made.pop(row.text_sha1, "")))
                for _, row in rows
            )

    def twin(self, entry: Entry) -> str:
        """Return an indexed file with the same bytes, empty when there is none."""
        return self.manifest.twin(entry.sha256, entry.path)

    def _told_apart(self, files: Sequence[Waiting]) -> tuple[list[Entry], list[Row]]:
        """Return what will be known of files, and the chunks of those that repeat no other."""
        first: dict[str, str] = {}
        entries: list[Entry] = []
        rows: list[Row] = []
        for each in files:
            entry = each.entry
            if each.rows is not None:
                twin = first.get(entry.sha256) or self.twin(entry)
                if twin:
                    entry = replace(entry, status="duplicate", reason=f"the same as {twin}")
                else:
                    first[entry.sha256] = entry.path
                    entry = replace(entry, chunks=len(each.rows))
                    rows += each.rows
            entries.append(entry)
        return entries, rows

    def _new(self, rows: Sequence[Row]) -> dict[str, Note]:
        """Return a note of each text that has no record yet, by its hash."""
        kept = self.manifest.records_of({row.text_sha1 for _, row in rows})
        notes: dict[str, Note] = {}
        for text, row in rows:
            if row.text_sha1 not in kept and row.text_sha1 not in notes:
                notes[row.text_sha1] = self._note(text, row)
        return notes

    def _vectors(self, notes: Mapping[str, Note]) -> NDArray[np.float32]:
        if not notes:
            return np.empty((0, 0), np.float32)  # the embedder need not be loaded
        return self.stream.embedder.embed_documents([note.indexed for note in notes.values()])

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

    def take_out(self, entries: Sequence[Entry]) -> list[Outcome]:
        """Forget the records of files, and make those anew that other files share."""
        self._vectors(self._heirs(entries)[1])
        store = self.stream.store
        with store.writing():
            heirs, notes = self._heirs(entries)
            vectors, now = self._vectors(notes), self.stream.clock()
            counts = [self._forget(entry) for entry in entries]
            for (old, note), vector in zip(notes.items(), vectors, strict=True):
                new = store.add([note], vector.reshape(1, -1), now)[0]
                self.manifest.hand_over(old, new.id, *heirs[old])
            twins = [
                twin
                for entry in entries
                if entry.status == "indexed"
                for twin in self.manifest.twins(entry.sha256)
            ]
            for twin in twins:
                self.manifest.drop(twin)
        self.has_forgotten |= any(counts)
        self.again |= dict.fromkeys(twins)
        for entry in entries:
            self.again.pop(entry.path, None)
        return [
            Outcome(path=entry.path, deed="removed", chunks=count)
            for entry, count in zip(entries, counts, strict=True)
        ]

    def wipe(self) -> None:
        """Overwrite what forgotten records have left in the memory's file."""
        self.stream.store.wipe()

    def _forget(self, entry: Entry) -> int:
        """Forget the records that were made for a file; return how many chunks it had."""
        rows = self.manifest.chunks(entry.path)
        own = [row.record for row in rows if row.owner] + self._strays(entry)
        reason = f"{entry.path} has changed or left"
        self.stream.store.forget(own, reason, now=self.stream.clock(), wipe=False)
        self.manifest.drop(entry.path)
        return len(rows)

    def _heirs(
        self, entries: Sequence[Entry]
    ) -> tuple[dict[str, tuple[str, int]], dict[str, Note]]:
        """Return which chunks of other files take over records, and the notes of these."""
        paths = [entry.path for entry in entries]
        owned = [row.record for path in paths for row in self.manifest.chunks(path) if row.owner]
        heirs: dict[str, tuple[str, int]] = {}
        notes: dict[str, Note] = {}
        for record in self.stream.store.get(owned):
            heir = self.manifest.heir(record.id, paths)
            if heir is not None:
                path, row = heir
                heirs[record.id] = (path, row.number)
                notes[record.id] = self._note(record.text, row)
        return heirs, notes

    def _strays(self, entry: Entry) -> list[str]:
        """Return the records of a begun file, also those that no chunk names."""
        if entry.status != "begun":
            return []
        chosen = Filter(kinds=("document",), scopes=(self.options.scope,))
        found = self.stream.store.records(chosen)
        return [record.id for record in found if record.meta.get("path") == entry.path]


def rows_of(read: Document, sizes: Sizes) -> Iterator[tuple[str, ChunkRow]]:
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
