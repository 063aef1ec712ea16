"""Keeping notes: embed them, hold them against what is there, store what is new.

What this module does not know: clocks, files and scores.
"""

import threading
import time
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from cogitate.llm.embed import Embedder
from cogitate.memory.gate import (
    NEAR_MOST,
    Block,
    Given,
    Near,
    bars_of,
    is_gated,
    near_rows,
    says_the_same,
)
from cogitate.memory.records import Note, Record
from cogitate.memory.scoring.live import LiveIndex
from cogitate.memory.storage.store import Store
from cogitate.memory.storage.tables import digest_of
from cogitate.memory.storage.transfer import Batch

Vectors = NDArray[np.float32]

TOGETHER = 2_000
"""Most notes of one transaction."""
SECONDS = 10.0
"""No more is embedded before a transaction than takes this long."""
EMBEDDED = 64
FEW = 32
"""So few notes are looked up in the index; for more, all vectors are read from the store."""


class Keeper:
    """What stands between a note and the store."""

    def __init__(
        self,
        store: Store,
        embedder: Embedder,
        live: LiveIndex,
        given: Given,
        lock: threading.RLock,
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._live = live
        self._given = given
        self._lock = lock
        self._bars = bars_of(embedder.name)

    def keep(self, notes: Sequence[Note], now: float) -> list[Record]:
        """Return the record of each note: a new one, or the one that it repeats."""
        kept: list[Record] = []
        while len(kept) < len(notes):
            some = notes[len(kept) : len(kept) + TOGETHER]
            vectors = self._embedded(some)
            with self._lock:
                kept += self._kept(some[: len(vectors)], vectors, now)
        return kept

    def take(self, batch: Batch) -> int:
        """Store the records of an export that are not known here; return how many these were."""
        own = (self._embedder.name, self._embedder.dimension)
        with self._lock:
            self._store.bury(batch.tombstones)
            gone = {stone[0] for stone in self._store.tombstones()}
            known = {record.id for record in self._store.get([r.id for r in batch.records])}
        new = [n for n, r in enumerate(batch.records) if r.id not in known | gone]
        records = [batch.records[n] for n in new]
        if not records:
            return 0
        if own == (batch.embedder, batch.dimension):
            vectors = np.stack([batch.vectors[n] for n in new])
        else:
            vectors = self._embedder.embed_documents([record.indexed for record in records])
        with self._lock:
            self._store.add(records, vectors)
        return len(records)

    def _embedded(self, notes: Sequence[Note]) -> Vectors:
        """Return the vectors of the first notes: of all, unless that takes too long."""
        begun, done = time.monotonic(), 0
        parts: list[Vectors] = []
        while done < len(notes) and (not parts or time.monotonic() - begun < SECONDS):
            some = [note.indexed for note in notes[done : done + EMBEDDED]]
            parts.append(self._embedder.embed_documents(some))
            done += len(some)
        return np.concatenate(parts)

    def _kept(self, notes: Sequence[Note], vectors: Vectors, now: float) -> list[Record]:
        """Store in one transaction what is new, and refresh what is repeated."""
        repeats = self._repeated(notes, vectors)
        with self._store.writing():
            there = self._store.of_rows({row for row in repeats.values() if row > 0})
            # What another process has forgotten meanwhile is not repeated, but new.
            repeats = {n: row for n, row in repeats.items() if row < 0 or row in there}
            new = [n for n in range(len(notes)) if n not in repeats]
            stored = self._store.add([notes[n] for n in new], vectors[new], now)
            kept = dict(zip(new, stored, strict=True))
            for n, repeated in repeats.items():
                row = kept[-1 - repeated].row if repeated < 0 else repeated
                kept[n] = self._store.refresh(row, notes[n], now)
        return [kept[n] for n in range(len(notes))]

    def _repeated(self, notes: Sequence[Note], vectors: Vectors) -> dict[int, int]:
        """Return which notes repeat which row; -1 - n for the row of the new note n."""
        held = self._store.holding([digest_of(note) for note in notes])
        repeats: dict[int, int] = {}
        left: list[int] = []
        for n, note in enumerate(notes):
            if not is_gated(note) or digest_of(note) in held:
                continue  # the store itself sees to exact repetitions
            row = self._given.quoted_by(note.text)
            records = self._store.of_rows([] if row is None else [row])
            if row in records and records[row].status == "active":
                repeats[n] = row
            else:
                left.append(n)
        if left:
            repeats |= self._near_stored(notes, vectors, left)
            left = [n for n in left if n not in repeats]
            repeats |= self._near_each_other(notes, vectors, left)
        return repeats

    def _near_stored(
        self, notes: Sequence[Note], vectors: Vectors, left: Sequence[int]
    ) -> dict[int, int]:
        labels = [(notes[n].kind, notes[n].scope) for n in left]
        if self._live.built and len(left) <= FEW:
            near = [
                self._live.nearest(vectors[n], label, NEAR_MOST)
                for n, label in zip(left, labels, strict=True)
            ]
        else:
            near = near_rows(vectors[list(left)], labels, self._blocks(), self._bars.near)
        rows = {row for pairs in near for row, cosine in pairs if cosine > self._bars.near}
        records = self._store.of_rows(rows)
        texts = {row: record.text for row, record in records.items() if record.status == "active"}
        found = {}
        for n, pairs in zip(left, near, strict=True):
            row = self._same(notes[n].text, pairs, texts)
            if row is not None:
                found[n] = row
        return found

    def _near_each_other(
        self, notes: Sequence[Note], vectors: Vectors, left: Sequence[int]
    ) -> dict[int, int]:
        if len(left) < 2:
            return {}
        labels = [(notes[n].kind, notes[n].scope) for n in left]
        block: Block = (np.array(left, np.int64), vectors[list(left)], labels)
        near = near_rows(vectors[list(left)], labels, [block], self._bars.near, left)
        found: dict[int, int] = {}
        for n, pairs in zip(left, near, strict=True):
            texts = {row: notes[row].text for row, _ in pairs if row not in found}
            row = self._same(notes[n].text, pairs, texts)
            if row is not None and digest_of(notes[row]) != digest_of(notes[n]):
                found[n] = -1 - row
        return found

    def _same(self, text: str, near: Near, texts: dict[int, str]) -> int | None:
        for row, cosine in near:
            if row in texts and says_the_same(text, texts[row], cosine, self._bars):
                return row
        return None

    def _blocks(self) -> Iterator[Block]:
        for entries in self._store.entries():
            active = [n for n, hidden in enumerate(entries.hidden) if not hidden]
            labels = [(entries.kinds[n], entries.scopes[n]) for n in active]
            yield entries.rows[active], entries.vectors[active], labels
