"""The memory stream: everything an agent has seen, said and concluded, found again by score.

    async with MemoryStream() as memory:
        await memory.remember("The deploy of 3 May failed: the disk was full.")
        hits = await memory.recall("why did the deploy fail?")

The truth is a SQLite file; the index in RAM follows it, so that several processes may share
one memory. What is done with a model is in `thinking.py`. What this module does not know:
models and prompts.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self, Unpack

from cogitate.home import home
from cogitate.llm.embed import Embedder, load_embeddings
from cogitate.memory.gate import GIVEN_MOST, Given
from cogitate.memory.keep import Keeper
from cogitate.memory.learning.importance import weighed
from cogitate.memory.learning.thinking import Thinking
from cogitate.memory.options import NoteFields, RecallOptions, StreamOptions
from cogitate.memory.records import Hit, Note, Parts, Recalled, Record, checked
from cogitate.memory.scoring.index import Scored
from cogitate.memory.scoring.live import LiveIndex, Look
from cogitate.memory.scoring.score import DECAY, Weights, weights_of
from cogitate.memory.storage.rebuild import Progress, rebuild
from cogitate.memory.storage.store import Filter, Forgotten, Store
from cogitate.memory.storage.transfer import export_lines, read_batches

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings


class MemoryStream(Thinking):
    """Notes in, the most telling ones out. Its methods may be awaited at the same time."""

    def __init__(
        self,
        path: Path | str | None = None,
        *,
        embeddings: "str | Embeddings | Embedder" = "auto",
        **options: Unpack[StreamOptions],
    ) -> None:
        self.weights = weights_of(options.get("weights", "default"))
        self.clock: Callable[[], float] = options.get("clock", time.time)
        self._decay = options.get("decay", DECAY)
        self._embeddings = embeddings
        place = home() / "memory" / "memory.db" if path is None else path
        self.store = Store(place, options.get("durability", "normal"))
        self._lock = threading.RLock()
        self._given = Given()
        self._told: dict[int, str] = {}  # what was recalled and `_given` has not heard of yet
        self._opened: tuple[Embedder, LiveIndex, Keeper] | None = None

    @property
    def embedder(self) -> Embedder:
        """What embeds here, loaded when first asked for."""
        return self._open()[0]

    # ------------------------------------------------------------------------------ remember

    async def remember(self, note: str | Note, **fields: Unpack[NoteFields]) -> Record:
        """Keep a note and return its record; a repetition refreshes the record it repeats.

        Raises:
            SetupError: the note is blank, too long, or a field of it cannot be kept.
        """
        whole = Note(text=note, **fields) if isinstance(note, str) else replace(note, **fields)
        return (await self.remember_many([whole]))[0]

    async def remember_many(self, notes: Iterable[str | Note]) -> "Sequence[Record]":
        """Keep notes and return their records, in order. Many at once are quicker.

        Every 2,000 of them, or those of 10 seconds, are one transaction.
        """
        whole = [checked(weighed(Note(text=n) if isinstance(n, str) else n)) for n in notes]
        return await asyncio.to_thread(lambda: self._keeper().keep(whole, self.clock()))

    async def supersede(
        self, old_id: str, note: str | Note, **fields: Unpack[NoteFields]
    ) -> Record:
        """Keep `note` in place of an older record, which held until now."""
        whole = Note(text=note, **fields) if isinstance(note, str) else replace(note, **fields)
        whole = checked(weighed(whole))

        def work() -> Record:
            vector = self._open()[0].embed_documents([whole.indexed])[0]
            with self._lock:
                return self.store.replace(old_id, whole, vector, self.clock())

        return await asyncio.to_thread(work)

    # -------------------------------------------------------------------------------- recall

    async def recall(self, query: str, k: int = 5, **options: Unpack[RecallOptions]) -> Recalled:
        """Return the `k` records of the highest score for `query`, the best first.

        What is returned counts as accessed now (in the file: within a second), unless
        `touch=False` or `as_of` is given.
        """
        return await asyncio.to_thread(self._recall, query, k, options)

    def _recall(self, query: str, k: int, options: RecallOptions) -> Recalled:
        if self._opened is None and self.store.is_empty():
            return Recalled()  # nothing to look for: the embedder need not be loaded
        embedder, live, _ = self._open()
        now, weights = options.get("now"), options.get("weights")
        look = Look(
            query=query,
            vector=embedder.embed_query(query),
            weights=weights_of(weights or self.weights),
            now=self.clock() if now is None else now,
            k=k,
            kinds=options.get("kinds"),
            scopes=options.get("scopes"),
            as_of=options.get("as_of"),
            explain=options.get("explain", False),
        )
        with self._lock:
            found = live.search(look)
            records = self.store.of_rows([hit.row for hit in (*found.hits, *found.below)])
            hits = _hits(found.hits, records, look.weights)
            self._told.update((hit.record.row, hit.text) for hit in hits)
            while len(self._told) > GIVEN_MOST:
                del self._told[next(iter(self._told))]
            if hits and options.get("touch", True) and look.as_of is None:
                live.touched({h.record.row: max(h.record.last_access, look.now) for h in hits})
                self.store.touch_soon([hit.record.row for hit in hits], look.now)
            below = _hits(found.below, records, look.weights)
        return Recalled(hits=hits, proven=found.proven, below=below)

    # ------------------------------------------------------------------------- single records

    async def get(self, record_id: str) -> Record | None:
        """Return the record of this id; None when there is none, or no longer."""
        return next(iter(await asyncio.to_thread(self.store.get, [record_id])), None)

    async def touch(self, ids: Collection[str], now: float | None = None) -> None:
        """Count records as accessed."""
        moment = self.clock() if now is None else now

        def work() -> None:
            self.store.touch([record.row for record in self.store.get(ids)], moment)

        await asyncio.to_thread(work)

    async def pin(self, record_id: str, on: bool = True) -> None:
        """Keep a record from being tidied away, or no longer."""
        await asyncio.to_thread(self.store.pin, record_id, on)

    async def forget(
        self, ids: str | Collection[str], reason: str, *, wipe: bool = True
    ) -> Forgotten:
        """Delete records for good; what stays is a tombstone with the reason.

        Reflections and facts whose whole evidence this was are retracted; those that stand on
        other records, too, are listed as `derived`. `wipe=False` is quicker for many calls, but
        words may lie in the file until the next call with `wipe`.
        """
        named = [ids] if isinstance(ids, str) else list(ids)

        def work() -> Forgotten:
            with self._lock:
                for record in self.store.get(named):
                    self._told.pop(record.row, None)
                    self._given.drop(record.row)
                return self.store.forget(named, reason, now=self.clock(), wipe=wipe)

        return await asyncio.to_thread(work)

    async def edit(
        self, record_id: str, *, text: str | None = None, importance: float | None = None
    ) -> Record:
        """Give a record another text or importance, and return it as it is now."""

        def work() -> Record:
            if text is not None:
                changed = checked(replace(self.store.one(record_id), text=text))
                vector = self._open()[0].embed_documents([changed.indexed])[0]
                self.store.edit(record_id, text, vector)
            if importance is not None:
                self.store.set_importance({record_id: importance})
            return self.store.one(record_id)

        return await asyncio.to_thread(work)

    # -------------------------------------------------------------------------- whole memory

    async def export(self, target: Path | str | IO[str]) -> int:
        """Write all records as lines of JSON, and return how many lines these are."""

        def work() -> int:
            if not isinstance(target, str | Path):
                return _write(export_lines(self.store), target)
            with open(target, "w", encoding="utf-8") as file:
                return _write(export_lines(self.store), file)

        return await asyncio.to_thread(work)

    async def import_(self, source: Path | str | IO[str]) -> int:
        """Take in an export and return how many records were new.

        Records whose ids are there already, or were forgotten here, are passed over. Vectors
        are taken over when they are of the embedder in use, and made anew when not.
        """

        def work() -> int:
            if not isinstance(source, str | Path):
                return self._import(source)
            with open(source, encoding="utf-8") as file:
                return self._import(file)

        return await asyncio.to_thread(work)

    def _import(self, lines: Iterable[str]) -> int:
        return sum(map(self._keeper().take, read_batches(lines)))

    async def rebuild(self, progress: Progress | None = None) -> int:
        """Embed all texts anew with this stream's embedder; return how many were embedded.

        Interrupted, it goes on where it was when it is called again.
        """
        embedder = load_embeddings(self._embeddings)
        done = await asyncio.to_thread(rebuild, self.store, embedder, progress)
        self._opened = None
        return done

    async def list(
        self,
        kinds: Collection[str] | None = None,
        *,
        scopes: Collection[str] | None = None,
        statuses: Collection[str] | None = ("active",),
        newest: bool = True,
        limit: int | None = None,
    ) -> "Sequence[Record]":
        """Return records by the order in which they were kept, the newest first."""
        chosen = Filter(kinds=kinds, scopes=scopes, statuses=statuses)
        found = self.store.records(chosen, newest=newest, limit=limit)
        return await asyncio.to_thread(tuple, found)

    def close(self) -> None:
        """Close the file; all that was remembered is in it already, what was recalled is now."""
        self.store.close()

    async def __aenter__(self) -> Self:
        """Return the stream itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the stream."""
        self.close()

    def _open(self) -> tuple[Embedder, LiveIndex, Keeper]:
        """Return what needs the embedder, loaded when first used."""
        with self._lock:
            if self._opened is None:
                embedder = load_embeddings(self._embeddings)
                self.store.use_embedder(embedder.name, embedder.dimension)
                live = LiveIndex(self.store, embedder, self._decay)
                keeper = Keeper(self.store, embedder, live, self._given, self._lock)
                self._opened = (embedder, live, keeper)
            return self._opened

    def _keeper(self) -> Keeper:
        """Return what keeps notes, which knows all that was recalled."""
        with self._lock:
            for row, text in self._told.items():
                self._given.add(row, text)
            self._told.clear()
            return self._open()[2]


def _hits(
    found: Sequence[Scored], records: Mapping[int, Record], weights: Weights
) -> tuple[Hit, ...]:
    names = ("relevance", "dense", "lexical", "importance", "recency")
    shares = {name: getattr(weights, name) for name in names if name != "lexical"}
    return tuple(
        Hit(
            record=records[hit.row],
            score=hit.score,
            parts=Parts(**{name: getattr(hit, name) for name in names}, weights=shares),
        )
        for hit in found
        if hit.row in records  # another process may have forgotten it just now
    )


def _write(lines: Iterable[str], file: IO[str]) -> int:
    count = 0
    for line in lines:
        file.write(line)
        count += 1
    return count
